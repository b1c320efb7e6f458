#!/usr/bin/env bash
# The figures of docs/studies/evaluation.md: the quickstart's model and its base over BFCL, and the model's robustness.
# Hours on two CPU cores; each command goes on where it was stopped: `evaluation_study.sh [RUN_FOLDER]`, by default the
# newest run of quickstart.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
export TOKENIZERS_PARALLELISM=false OMP_NUM_THREADS=1
tuned=${1:-$(ls -d runs/quickstart-*/tuned | tail -1)}
base=.cache/SmolLM2-135M-Instruct
study=runs/evaluation

non_live='[simple_python,multiple,parallel,parallel_multiple,irrelevance]'
live='[live_simple,live_multiple,live_parallel,live_parallel_multiple,live_irrelevance,live_relevance]'

ask() {  # MODEL FOLDER OPTIONS
    local model=$1 folder=$2
    shift 2
    # two processes of one thread each are faster than one of two
    .venv/bin/python -m lit_toolcall eval "$model" --out "$study/$folder" --accelerator cpu --devices 2 --max_new_tokens 128 "$@"
}

ask "$tuned" tuned_non_live --suite bfcl --categories "$non_live"
ask "$tuned" tuned_live --suite bfcl --categories "$live" --fraction 0.5
ask "$tuned" tuned_robust --suite robust --limit 10
ask "$base" base_non_live --suite bfcl --categories "$non_live"
ask "$base" base_live --suite bfcl --categories "$live" --fraction 0.5

for part in non_live live; do
    .venv/bin/python -m lit_toolcall compare "$study/base_$part" "$study/tuned_$part"
done
