#!/usr/bin/env bash
# The experiments of docs/preferences.md: one SFT model, pairs of its answers, and DPO with each loss and seed.
# Hours on two CPU cores; what is done already is kept: `preference_study.sh [LOSS SEED] ...`, all of them without arguments.
set -euo pipefail
cd "$(dirname "$0")/.."
export TOKENIZERS_PARALLELISM=false
# as in quickstart.sh
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=17179869184:glibc.malloc.top_pad=268435456
run=".venv/bin/python -m lit_toolcall"
study=runs/study

[ -f $study/sft/checkpoints/last.ckpt ] || $run fit --config study/sft.yaml
[ -f $study/sft/metrics.json ] || $run test --config study/sft.yaml --ckpt_path $study/sft/checkpoints/last.ckpt
[ -f $study/pairs/pairs.jsonl ] || $run pairs --config study/pairs.yaml
grep -v '"scores": {"chosen": \[\]' $study/pairs/pairs.jsonl > $study/pairs/sampled.jsonl  # both answers are the model's own

settings() {  # of one line of the table; the losses' own defaults
    local model=--model.init_args data=--data.init_args
    case $1 in
        ours) ;;
        paper) echo "$model.loss sigmoid $model.loss_arguments null $data.train.init_args.path $study/pairs/sampled.jsonl" ;;
        *) echo "$model.loss $1 $model.loss_arguments null" ;;
    esac
}

train() {  # LOSS SEED
    local folder=$study/$1-$2
    [ -f "$folder/metrics.json" ] && return
    # shellcheck disable=SC2046
    [ -f "$folder/checkpoints/last.ckpt" ] || $run fit --config study/dpo.yaml $(settings "$1") \
        --data.init_args.seed "$2" --seed_everything "$2" --trainer.default_root_dir "$folder"
    $run test --config study/dpo.yaml --trainer.default_root_dir "$folder" --ckpt_path "$folder/checkpoints/last.ckpt"
}

if [ $# -eq 0 ]; then
    for seed in 1 2; do
        for loss in paper ours sigmoid sigmoid_sft dpop ipo hinge robust sigmoid_norm call_aware; do train $loss $seed; done
    done
fi
while [ $# -ge 2 ]; do train "$1" "$2"; shift 2; done

done_runs=$(ls -d $study/*-[0-9]/metrics.json 2>/dev/null | xargs -r -n 1 dirname)
.venv/bin/python scripts/compare_preferences.py $study/sft $done_runs
