"""The rows of a run: alike for one seed in every process and on every rank, others for another seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from lit_toolcall.data.curriculum import Curriculum
from lit_toolcall.datamodules.loaders import MicroBatchLoader, RowOrder, Shard
from lit_toolcall.datamodules.sft import count_prompt_tokens
from lit_toolcall.packing import Branch, Tree

ORDERS = {
    "shuffled": RowOrder(range(60), 1, seed=5),
    "grouped": RowOrder([row % 9 for row in range(60)], 3, seed=5),
    "stages": RowOrder(range(60), 1, 5, Curriculum("stages"), [float(row * 7 % 60) for row in range(60)]),
    "pool": RowOrder([row % 9 for row in range(60)], 3, 5, Curriculum("root"), [float(row) for row in range(60)]),
}


def rows_of(order: RowOrder, ranks: int = 1, done: int = 0, epoch: int = 0) -> list[set[int]]:
    """The rows of each window, over all ranks, from the micro-batch `done` on."""
    trees = [Tree((1,) * (3 + row % 5), (Branch((row + 10,), (1.0,)),)) for row in range(60)]
    windows: list[set[int]] = []
    for rank in range(ranks):
        loader = MicroBatchLoader(trees, order, 8, 2, Shard(rank, ranks), lambda: (epoch, done))
        for number, batch in enumerate(loader):
            if not number % 2 and not rank:
                windows.append(set())
            windows[number // 2] |= {int(row) - 10 for row in batch.target_ids}
    return windows


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_two_ranks_see_the_windows_of_one(order: RowOrder) -> None:
    windows = rows_of(order)
    assert rows_of(order, ranks=2) == windows
    assert sorted(row for window in windows for row in window) == list(range(60))


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_going_on_in_mid_epoch_sees_exactly_the_rows_left(order: RowOrder) -> None:
    for epoch in (0, 1):
        windows = rows_of(order, epoch=epoch)
        assert rows_of(order, done=6, epoch=epoch) == windows[3:]
    assert rows_of(order, epoch=0) != rows_of(order, epoch=1)


def test_a_long_dialogue_has_a_long_prompt() -> None:
    answer = (1.0, 1.0)
    in_place = Tree((1, 2, 3), (Branch((4, 5, 6, 7, 8), (*answer, 0.0, *answer)),))
    assert count_prompt_tokens(in_place) == 3 + 2 + 1  # the trunk, the first answer, the question between them
    apart = Tree((1,), (Branch((2, 3, 4), (0.0, *answer)), Branch((2, 5, 6, 7, 8), (0.0, 0.0, 0.0, *answer))))
    assert count_prompt_tokens(apart) == 1 + 3
    assert count_prompt_tokens(Tree((1, 2), (Branch((3, 4), answer),))) == 2


MIXED = {
    "train": [
        {
            "class_path": "Mixture",
            "init_args": {
                "rows": 60,
                "parts": [
                    {"source": {"class_path": "JsonLines", "init_args": {"path": "demo:train.jsonl"}}, "weight": 2.0},
                    {
                        "source": {"class_path": "JsonLines", "init_args": {"path": "demo:validation.jsonl"}},
                        "weight": 1.0,
                        "limit": 30,
                    },
                ],
            },
        }
    ],
    "validation_split": "unseen_tools",
    "validation_fraction": 0.1,
    "augment": [
        {"class_path": name}
        for name in ("JoinCalls", "RemoveRightTool", "RenameTools", "DropOptional", "AddDistractors", "ShuffleTools")
    ],
    "curriculum": {"pacing": "root"},
}


def dump_rows(config: Path, folder: Path, seed: int, hash_seed: str) -> list[str]:
    """Prepare rows in a process of its own, and read what was written."""
    cache = folder / f"cache-{seed}-{hash_seed}"
    values = ["--data.init_args.seed", str(seed), "--data.init_args.cache_dir", str(cache)]
    command = [sys.executable, "-m", "lit_toolcall", "inspect", "--config", str(config), *values]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, timeout=120, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    (rows,) = cache.glob("*/train/rows.jsonl")
    validation = rows.parents[1] / "validation" / "rows.jsonl"
    return [*rows.read_text().splitlines(), *validation.read_text().splitlines()]


def names(lines: Sequence[str]) -> list[str]:
    return [json.loads(line)["id"] for line in lines]


@pytest.mark.slow
def test_equal_seeds_give_equal_rows_in_every_process(make_config, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = make_config()
    config = yaml.safe_load(path.read_text())
    for part in MIXED["train"][0]["init_args"]["parts"]:  # type: ignore[index]
        part["source"]["init_args"]["tools_path"] = "demo:tools.jsonl"
    config["data"]["init_args"] |= MIXED
    path.write_text(yaml.safe_dump(config))
    first, again, other = (
        dump_rows(path, tmp_path, seed, hash_seed) for seed, hash_seed in ((1, "1"), (1, "2"), (2, "1"))
    )
    assert first == again
    assert names(first) != names(other)
    assert len(first) > 55
