"""Windows: the examples of one optimizer step, and their split into micro-batches of nearly equal size."""

from __future__ import annotations

import random
from collections.abc import Sequence

from lit_toolcall.packing.trees import Tree


def cut_windows(rows: Sequence[int], window_examples: int, parts: int) -> list[list[int]]:
    """Cut rows into windows of `window_examples`; the last may be shorter.

    A last window with fewer rows than `parts` joins the one before, so that no micro-batch is empty.

    Args:
        rows: row numbers in the order of training.
        window_examples: rows of one optimizer step.
        parts: micro-batches of a window, over all ranks.

    >>> cut_windows([0, 1, 2, 3, 4], window_examples=2, parts=2)
    [[0, 1], [2, 3, 4]]
    """
    windows = [list(rows[start : start + window_examples]) for start in range(0, len(rows), window_examples)]
    if len(windows) > 1 and len(windows[-1]) < parts:
        rest = windows.pop()
        windows[-1].extend(rest)
    return windows


def split_window(trees: Sequence[Tree], parts: int) -> list[list[Tree]]:
    """Split a window into micro-batches of nearly equal token counts, none empty.

    The longest tree goes to the lightest part first (Graham's rule: at most 4/3 of the best split).

    Args:
        trees: the window's examples, at least `parts` of them.
        parts: number of micro-batches.
    """
    assert 0 < parts <= len(trees)
    split: list[list[Tree]] = [[] for _ in range(parts)]
    load = [0] * parts
    for tree in sorted(trees, key=lambda tree: -tree.tokens):
        lightest = min(range(parts), key=lambda part: (load[part], len(split[part]), part))
        split[lightest].append(tree)
        load[lightest] += tree.tokens
    return split


def shuffle_rows(rows: int, seed: int, epoch: int) -> list[int]:
    """Order row numbers for one epoch; the same for the same seed and epoch, on every rank.

    >>> sorted(shuffle_rows(4, seed=1, epoch=0))
    [0, 1, 2, 3]
    """
    order = list(range(rows))
    random.Random(f"{seed}:{epoch}").shuffle(order)
    return order
