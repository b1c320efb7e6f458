"""The rows of each optimizer step: in which order, cut into global batches, split into micro-batches."""

from __future__ import annotations

import random
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from lit_toolcall.packing.trees import Tree, shared_prefix_length


@dataclass(frozen=True)
class RowIdentity:
    """The training rows and all that their order depends on.

    Equal identities give the same optimizer steps in every epoch, on any number of devices and micro-batches.

    Args:
        rows: number of training rows.
        rows_hash: of their token ids and weights, in their order.
        seed: of the shuffling.
        global_batch_size: rows of one optimizer step.
        tool_group_size: rows of a group with the same available tools.
        curriculum: its settings as text; `None` where there is none.
    """

    rows: int
    rows_hash: str
    seed: int
    global_batch_size: int
    tool_group_size: int
    curriculum: str


def cut_global_batches(rows: Sequence[int], global_batch_size: int, parts: int) -> list[list[int]]:
    """Cut the rows of an epoch into global batches, those of one optimizer step each; the last may be shorter.

    A last one with fewer rows than `parts` joins the one before, so that no micro-batch is empty.

    Args:
        rows: row numbers in the order of training.
        global_batch_size: rows of one optimizer step.
        parts: micro-batches of a step, over all ranks.

    >>> cut_global_batches([0, 1, 2, 3, 4], global_batch_size=2, parts=2)
    [[0, 1], [2, 3, 4]]
    """
    batches = [list(rows[start : start + global_batch_size]) for start in range(0, len(rows), global_batch_size)]
    if len(batches) > 1 and len(batches[-1]) < parts:
        rest = batches.pop()
        batches[-1].extend(rest)
    return batches


def split_global_batch(groups: Sequence[Sequence[Tree]], parts: int) -> list[list[Tree]]:
    """Split a global batch into micro-batches of token counts as equal as whole groups allow, none empty.

    The longest group goes to the lightest part first (Graham's rule: at most 4/3 of the best split). Groups stay whole,
    so that what their prompts share is computed once, unless there are fewer of them than parts.

    Args:
        groups: the trees of the step, at least `parts` of them; those of a group begin alike.
        parts: number of micro-batches.
    """
    if len(groups) < parts:
        groups = [[tree] for group in groups for tree in group]
    assert 0 < parts <= len(groups)
    split: list[list[Tree]] = [[] for _ in range(parts)]
    load = [0] * parts
    for tokens, group in sorted(((count_packed_tokens(group), group) for group in groups), key=lambda pair: -pair[0]):
        lightest = min(range(parts), key=lambda part: (load[part], len(split[part]), part))
        split[lightest].extend(group)
        load[lightest] += tokens
    return split


def count_packed_tokens(group: Sequence[Tree]) -> int:
    """Count the tokens of a batch of trees in which their common beginning stands once.

    >>> from lit_toolcall.packing.trees import Branch
    >>> answer = Branch((9,), (1.0,))
    >>> count_packed_tokens([Tree((1, 2, 3), (answer,)), Tree((1, 2, 4), (answer,))])  # 2 shared, 2 * 2 of their own
    6
    """
    trunks = sorted(tree.trunk for tree in group)
    shared = shared_prefix_length(trunks[0], trunks[-1])
    return shared + sum(tree.tokens - shared for tree in group)


def shuffle_rows(prompt_keys: Sequence[Hashable], group_rows: int, seed: int, epoch: int) -> list[int]:
    """Order row numbers for one epoch; the same for the same seed and epoch, on every rank.

    Args:
        prompt_keys: one key per row, equal where prompts begin alike and can be shared in a batch.
        group_rows: rows of a group with equal keys; groups are shuffled. 1 is plain shuffling.

    >>> sorted(shuffle_rows("abab", group_rows=1, seed=1, epoch=0))
    [0, 1, 2, 3]
    >>> "".join("abab"[row] for row in shuffle_rows("abab", group_rows=2, seed=1, epoch=0)) in ("aabb", "bbaa")
    True
    """
    choose = random.Random(f"{seed}:{epoch}")
    order = list(range(len(prompt_keys)))
    choose.shuffle(order)
    groups: list[list[int]] = []
    open_groups: dict[Hashable, list[int]] = {}
    for row in order:
        group = open_groups.get(prompt_keys[row], [])
        if not group or len(group) == group_rows:
            group = open_groups[prompt_keys[row]] = []
            groups.append(group)
        group.append(row)
    choose.shuffle(groups)
    return [row for group in groups for row in group]
