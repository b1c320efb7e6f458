#!/usr/bin/env bash
# The experiments of docs/studies/preferences.md: one SFT model, pairs of its answers, and DPO with each loss and seed, each a line.
# Hours on two CPU cores; what is done already is kept (remove a folder of runs/study to make it anew):
# `preference_study.sh [LINE SEED] ...`, all of them without arguments.
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
[ -f $study/paper_pairs/pairs.jsonl ] || $run pairs --config study/paper_pairs.yaml
sampled=$study/paper_pairs/sampled.jsonl  # both answers are the model's own, as in the paper
grep -v '"scores": {"chosen": \[\]' $study/paper_pairs/pairs.jsonl > $sampled

model=--model.init_args data=--data.init_args
settings() {  # of one line of the table
    case $1 in
        ours) ;;
        paper)  # its own pairs and steps; a tenth as many as in the paper, at ten times the rate
            echo "$model.loss null $model.loss Sigmoid $model.optimizer.init_args.lr 5.0e-4 $data.tool_group_size 4"
            echo "$data.train.init_args.path $sampled"
            ;;
        *) echo "$model.loss null $model.loss $1" ;;  # our pairs and steps, the loss's own defaults
    esac
}

more=$(cat <<'EOF'
[{class_path: JsonLines, init_args: {path: "demo:train.jsonl", tools_path: "demo:tools.jsonl", skip: 840, limit: 320}},
 {class_path: SealTools, init_args: {path: ../shared/data/seal-tools/test_in_domain.jsonl,
                                     tools_path: ../shared/data/seal-tools/tool.jsonl, limit: 80}}]
EOF
)
augment="[{class_path: JoinCalls, init_args: {most: 2, fraction: 0.7}}]"

train() {  # LINE SEED
    local folder=$study/$1-$2 config=study/dpo.yaml
    if [ "$1" = sft_more ]; then config=study/sft.yaml; fi
    [ -f "$folder/metrics.json" ] && return
    local both="--config $config $data.seed $2 --seed_everything $2 --trainer.default_root_dir $folder" go_on=
    if [ -f "$folder/checkpoints/last.ckpt" ]; then go_on="--ckpt_path $folder/checkpoints/last.ckpt"; fi
    # shellcheck disable=SC2046,SC2086
    if [ "$1" = sft_more ]; then  # no preferences: as many steps of SFT on the known answers to the pairs' questions
        $run fit $both $go_on $model.init_adapter $study/sft/checkpoints/last.ckpt $model.optimizer.init_args.lr 5.0e-4 \
            $data.global_batch_size 4 $data.tool_group_size 1 --trainer.max_epochs null --trainer.max_steps 100 $data.train "$more" $data.augment "$augment"
    else
        $run fit $both $go_on $(settings "$1")
    fi
    # shellcheck disable=SC2086
    $run test $both --ckpt_path "$folder/checkpoints/last.ckpt"
}

if [ $# -eq 0 ]; then
    for seed in 1 2; do
        for line in paper ours sft_more Sigmoid SigmoidSFT DPOP IPO Hinge Robust SigmoidNorm CallAware; do train $line $seed; done
    done
fi
while [ $# -ge 2 ]; do train "$1" "$2"; shift 2; done

done_runs=$(ls -d $study/*-[0-9]/metrics.json 2>/dev/null | xargs -r -n 1 dirname)
$run compare --table $study/sft $done_runs
