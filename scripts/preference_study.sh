#!/usr/bin/env bash
# The experiments of docs/preferences.md: one SFT model, pairs of its answers, and DPO with each loss and seed, each a line.
# Hours on two CPU cores; what is done already is kept: `preference_study.sh [LINE SEED] ...`, all of them without arguments.
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

model=--model.init_args data=--data.init_args
settings() {  # of one line of the table; the losses' own defaults
    case $1 in
        ours) ;;
        paper) echo "$model.loss sigmoid $model.loss_arguments null $data.train.init_args.path $study/pairs/sampled.jsonl" ;;
        *) echo "$model.loss $1 $model.loss_arguments null" ;;
    esac
}

train() {  # LINE SEED
    local folder=$study/$1-$2 config=study/dpo.yaml
    if [ "$1" = sft_more ]; then config=study/sft.yaml; fi
    local both="$data.seed $2 --seed_everything $2 --trainer.default_root_dir $folder"
    [ -f "$folder/metrics.json" ] && return
    # shellcheck disable=SC2046,SC2086
    if [ -f "$folder/checkpoints/last.ckpt" ]; then
        echo "$folder is trained"
    elif [ "$1" = sft_more ]; then  # no preferences: as many steps of SFT on the known answers to the pairs' questions
        $run fit --config $config $both $model.init_adapter $study/sft/checkpoints/last.ckpt \
            $model.optimizer.init_args.lr 5.0e-4 $data.window_examples 4 --trainer.max_epochs null --trainer.max_steps 100 \
            $data.train "[{class_path: JsonLines, init_args: {path: 'demo:train.jsonl', tools_path: 'demo:tools.jsonl', skip: 840, limit: 480}}]"
    else
        $run fit --config $config $both $(settings "$1")
    fi
    # shellcheck disable=SC2086
    $run test --config $config $both --ckpt_path "$folder/checkpoints/last.ckpt"
}

if [ $# -eq 0 ]; then
    for seed in 1 2; do
        for line in paper ours sft_more sigmoid sigmoid_sft dpop ipo hinge robust sigmoid_norm call_aware; do train $line $seed; done
    done
fi
while [ $# -ge 2 ]; do train "$1" "$2"; shift 2; done

done_runs=$(ls -d $study/*-[0-9]/metrics.json 2>/dev/null | xargs -r -n 1 dirname)
.venv/bin/python scripts/compare_preferences.py $study/sft $done_runs
