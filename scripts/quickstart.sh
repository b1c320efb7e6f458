#!/usr/bin/env bash
# Fine-tunes SmolLM2-135M on the project's demonstration data and prints its BFCL scores before and after.
set -euo pipefail
cd "$(dirname "$0")/.."
export TOKENIZERS_PARALLELISM=false
# Keep freed memory and use large pages: a third more training steps a second on CPU (glibc; others ignore it).
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=268435456

scripts/setup_venv.sh
python=.venv/bin/python
$python scripts/convert_quickstart_model.py .cache/SmolLM2-135M-Instruct

runs=runs/quickstart-$(date +%Y%m%d-%H%M%S)
echo; echo "1/3  the base model answers"
$python -m lit_toolcall test --config quickstart.yaml --trainer.default_root_dir "$runs/base"
echo; echo "2/3  fine-tuning"
$python -m lit_toolcall fit --config quickstart.yaml --trainer.default_root_dir "$runs/tuned"
echo; echo "3/3  the tuned model answers"
$python -m lit_toolcall test --config quickstart.yaml --trainer.default_root_dir "$runs/tuned" \
    --ckpt_path "$runs/tuned/checkpoints/last.ckpt"
echo
$python -m lit_toolcall compare "$runs/base" "$runs/tuned"
