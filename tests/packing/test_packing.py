"""Packed equals plain, and splitting a global batch never changes its gradient."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from lit_toolcall.attention import PACKED_ATTENTION
from lit_toolcall.datamodules.loaders import MicroBatchLoader, RowOrder, Shard
from lit_toolcall.losses import answer_loss, branch_logps, token_logps
from lit_toolcall.models.forward import answer_logits
from lit_toolcall.packing import Branch, PackedBatch, Tree, cut_global_batches, pack_trees, split_global_batch

ARCHITECTURES = ["llama", "qwen2", "gemma3", "phi3"]


def random_ids(count: int, rng: random.Random) -> tuple[int, ...]:
    return tuple(rng.randrange(3, 97) for _ in range(count))


def random_trees(seed: int = 0, trees: int = 6) -> list[Tree]:
    """Trees of one to three branches; half of them begin with the same 30 tokens, some answers alike at first."""
    rng = random.Random(seed)
    shared = random_ids(30, rng)
    made = []
    for index in range(trees):
        trunk = (shared if index % 2 else ()) + random_ids(rng.randrange(3, 40), rng)
        first = random_ids(2, rng)
        answers = [first + random_ids(rng.randrange(1, 12), rng) for _ in range(rng.randrange(1, 4))]
        made.append(Tree(trunk, tuple(Branch(answer, (1.0,) * len(answer)) for answer in answers)))
    return made


def packed_logps(model: PreTrainedModel, batch: PackedBatch) -> Tensor:
    model.set_attn_implementation(PACKED_ATTENTION)
    logps = token_logps(answer_logits(model, batch), batch.target_ids)
    return branch_logps(logps * batch.weights, batch.branch, batch.branches)


def plain_logps(model: PreTrainedModel, trees: list[Tree]) -> Tensor:
    """One plain forward an answer, with transformers' own eager attention."""
    model.set_attn_implementation("eager")
    sums = []
    for tree in trees:
        for branch in tree.branches:
            ids = torch.tensor([tree.trunk + branch.ids])
            logits = model(input_ids=ids, use_cache=False).logits[0, len(tree.trunk) - 1 : -1]
            logps = token_logps(logits, torch.tensor(branch.ids))
            sums.append((logps * torch.tensor(branch.weights)).sum())
    return torch.stack(sums)


def gradients(model: PreTrainedModel) -> Tensor:
    grads = [p.grad.flatten() for p in model.parameters() if p.grad is not None]
    model.zero_grad()
    return torch.cat(grads)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_packed_answers_equal_plain_ones(architecture: str, tiny_model: Callable[..., PreTrainedModel]) -> None:
    model, trees = tiny_model(architecture), random_trees()
    batch = pack_trees(trees)
    assert batch.tokens < sum(len(tree.trunk) * len(tree.branches) for tree in trees)  # trunks were shared
    packed = packed_logps(model, batch)
    packed.sum().backward()
    packed_gradients = gradients(model)
    plain = plain_logps(model, trees)
    plain.sum().backward()
    torch.testing.assert_close(packed, plain, atol=1e-4, rtol=0)
    torch.testing.assert_close(packed_gradients, gradients(model), atol=1e-4, rtol=1e-4)


def test_tokens_of_weight_zero_are_context_only(tiny_model: Callable[..., PreTrainedModel]) -> None:
    model = tiny_model("llama")
    tree = Tree((3, 4, 5), (Branch((6, 7, 8, 9), (1.0, 0.0, 0.0, 0.5)),))
    batch = pack_trees([tree])
    assert batch.target_ids.tolist() == [6, 9]
    assert batch.target_indices.tolist() == [2, 5]  # the tokens before tokens 3 and 6
    torch.testing.assert_close(packed_logps(model, batch), plain_logps(model, [tree]), atol=1e-5, rtol=0)


def test_a_trained_token_is_never_shared() -> None:
    tree = Tree(tuple(range(3, 40)), (Branch((50, 51, 52), (1.0,) * 3), Branch((50, 51, 53), (1.0,) * 3)))
    batch = pack_trees([tree])
    assert batch.tokens == 37 + 3 + 3
    assert batch.target_ids.tolist() == [50, 51, 52, 50, 51, 53]


def test_rows_over_one_tool_list_share_it() -> None:
    tools = tuple(range(3, 43))
    trees = [Tree((*tools, query), (Branch((60 + query,), (1.0,)),)) for query in (1, 2, 3)]
    assert pack_trees(trees).tokens == 40 + 3 * 2


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("parts", [2, 4])
@pytest.mark.parametrize("groups", [1, 2, 8])
def test_micro_batches_never_change_the_gradient(
    architecture: str, parts: int, groups: int, tiny_model: Callable[..., PreTrainedModel]
) -> None:
    model, trees = tiny_model(architecture), random_trees(trees=8)
    model.set_attn_implementation(PACKED_ATTENTION)

    def step(split: list[list[Tree]]) -> Tensor:
        for part in split:
            batch = pack_trees(part, trees)
            logps = token_logps(answer_logits(model, batch), batch.target_ids)
            answer_loss(logps, batch.weights, batch.step_weight).backward()
        return gradients(model)

    size = 8 // groups
    split_trees = split_global_batch([trees[start : start + size] for start in range(0, 8, size)], parts)
    whole, split = step([trees]), step(split_trees)
    assert (whole - split).norm() / whole.norm() < 1e-6


def test_micro_batches_are_balanced_and_complete() -> None:
    trees = random_trees(trees=32)
    split = split_global_batch([[tree] for tree in trees], 4)
    sizes = [sum(tree.tokens for tree in part) for part in split]
    assert max(sizes) < 1.1 * min(sizes)
    assert sorted(tree.trunk for part in split for tree in part) == sorted(tree.trunk for tree in trees)


def test_rows_that_begin_alike_stay_in_one_micro_batch() -> None:
    trees = random_trees(trees=8)
    groups = [trees[:3], trees[3:6], trees[6:]]
    parts = split_global_batch(groups, 2)
    assert all(any(all(tree in part for tree in group) for part in parts) for group in groups)
    assert min(map(len, split_global_batch(groups, 4))) > 0


def test_groups_keep_rows_of_one_tool_list_in_one_micro_batch_and_lose_none() -> None:
    keys = [row % 5 for row in range(40)]
    trees = [Tree((*range(10, 40), 50 + key), (Branch((100 + row,), (1.0,)),)) for row, key in enumerate(keys)]
    loader = MicroBatchLoader(
        trees,
        RowOrder(keys, group_rows=4, seed=1),
        global_batch_size=8,
        micro_batches=2,
        shard=Shard(),
        progress=lambda: (0, 0),
    )
    batches = list(loader)
    assert len(batches) == len(loader) == 10
    rows = [[int(target) - 100 for target in batch.target_ids] for batch in batches]
    assert sorted(row for batch in rows for row in batch) == list(range(40))
    assert all(len({keys[row] for row in batch}) == 1 for batch in rows)


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_a_short_last_step_has_all_its_micro_batches(parts: int) -> None:
    for rows in range(parts, 60):
        batches = cut_global_batches(list(range(rows)), global_batch_size=8, parts=parts)
        assert [row for batch in batches for row in batch] == list(range(rows))
        assert all(len(batch) >= parts for batch in batches)
