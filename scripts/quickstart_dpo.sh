#!/usr/bin/env bash
# Continues from the quickstart's model: pairs of its own answers, DPO, and its BFCL scores before and after.
set -euo pipefail
cd "$(dirname "$0")/.."
export TOKENIZERS_PARALLELISM=false
# as in quickstart.sh
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=268435456

python=.venv/bin/python
tuned=$(ls -d runs/quickstart-*/tuned 2>/dev/null | tail -n 1 || true)
if [ ! -f "$tuned/checkpoints/last.ckpt" ] || [ ! -f "$tuned/metrics.json" ]; then
    echo "there is no quickstart's model yet: run scripts/quickstart.sh first" >&2
    exit 2
fi
runs=${tuned%/tuned}
from="--model.init_args.init_adapter $tuned/checkpoints/last.ckpt"
dpo=$runs/dpo-$(date +%Y%m%d-%H%M%S)
echo; echo "1/3  the tuned model answers, and its answers become pairs"
if [ ! -f "$runs/pairs/pairs.jsonl" ]; then  # what an earlier start has made is kept
    $python -m lit_toolcall pairs --config quickstart_pairs.yaml $from --trainer.default_root_dir "$runs/pairs"
fi
echo; echo "2/3  it learns to prefer the better ones"
$python -m lit_toolcall fit --config quickstart_dpo.yaml $from --trainer.default_root_dir "$dpo" \
    --data.init_args.train "[{class_path: Pairs, init_args: {path: $runs/pairs/pairs.jsonl}}]"
echo; echo "3/3  it answers again"
$python -m lit_toolcall test --config quickstart_dpo.yaml --trainer.default_root_dir "$dpo" \
    --ckpt_path "$dpo/checkpoints/last.ckpt"
echo
$python -m lit_toolcall compare "$tuned" "$dpo"
