"""The one batch type: flat, without padding, each shared prompt once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import torch
from torch import Tensor

from lit_toolcall.packing.trees import Path, Run, Tree, list_paths, shared_prefix_length

MIN_SHARED_TOKENS = 16
"""Shorter common beginnings are repeated: a run of its own costs one attention call a layer."""


@dataclass(frozen=True)
class PackedBatch:
    """Trees packed for one forward pass.

    Args:
        input_ids: (1, T) token ids.
        position_ids: (1, T); a branch's positions go on from its trunk's end, whatever lies between them.
        runs: which tokens see which, in the order of the tokens.
        target_rows: (R,) rows of the hidden states that predict a trained token.
        target_ids: (R,) the trained tokens.
        weights: (R,) their weights.
        branch: (R,) which branch each belongs to, counted over the trees in their order.
        branches: number of branches.
        rows: the trees' numbers in their data set.
        window_weight: sum of the weights of the whole window, all ranks' micro-batches together.
        step_examples: number of trees of the whole window.
    """

    input_ids: Tensor
    position_ids: Tensor
    runs: tuple[Run, ...]
    target_rows: Tensor
    target_ids: Tensor
    weights: Tensor
    branch: Tensor
    branches: int
    rows: tuple[int, ...]
    window_weight: float
    step_examples: int

    def to(self, device: torch.device | str, non_blocking: bool = False) -> PackedBatch:
        """Copy the tensors to a device; `runs` stay on the host, where attention reads them."""
        moved = {
            name: getattr(self, name).to(device, non_blocking=non_blocking)
            for name in ("input_ids", "position_ids", "target_rows", "target_ids", "weights", "branch")
        }
        return replace(self, **moved)

    @property
    def tokens(self) -> int:
        """Tokens that the model runs over, shared ones counted once."""
        return self.input_ids.shape[1]

    @property
    def examples(self) -> int:
        """Number of trees."""
        return len(self.rows)


@dataclass
class _Packer:
    """Lays paths out as runs, shared beginnings once."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    ranges: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """For each branch the ranges of its path, from the root to the leaf."""

    def lay(self, paths: Sequence[Path], depth: int, sees: tuple[tuple[int, int], ...]) -> None:
        """Lay out paths that share their first `depth` tokens, which lie at the ranges `sees`."""
        if len(paths) == 1:
            path = paths[0]
            self.ranges[path.branch] = (*sees, self._add(path.ids[depth:], sees))
            return
        shared = _shared_untrained(paths)
        if shared - depth >= MIN_SHARED_TOKENS:
            sees = (*sees, self._add(paths[0].ids[depth:shared], sees))
            depth = shared
        for group in _groups_after(paths, shared):
            self.lay(group, depth, sees)

    def _add(self, ids: Sequence[int], sees: tuple[tuple[int, int], ...]) -> tuple[int, int]:
        run = Run(len(self.ids), len(self.ids) + len(ids), sees)
        self.runs.append(run)
        self.ids.extend(ids)
        self.positions.extend(range(run.past, run.past + len(ids)))
        return run.start, run.end


def _shared_untrained(paths: Sequence[Path]) -> int:
    """Count the leading tokens that sorted paths share and that none of them trains, leaving each one of its own."""
    limit = min(min(path.untrained, len(path.ids) - 1) for path in paths)
    return min(limit, shared_prefix_length(paths[0].ids, paths[-1].ids))


def _groups_after(paths: Sequence[Path], shared: int) -> Iterator[list[Path]]:
    """Group sorted paths by the untrained token after the shared ones; a path that trains it stands alone."""
    for trained, group in groupby(paths, key=lambda path: (path.untrained <= shared, path.ids[shared])):
        if trained[0]:
            yield from ([path] for path in group)
        else:
            yield list(group)


def pack_trees(trees: Sequence[Tree], window: Sequence[Tree] | None = None) -> PackedBatch:
    """Pack trees into one flat batch in which each shared beginning stands once.

    Beginnings are shared within a tree (its trunk) and between trees (one tool list, one instruction).

    Args:
        trees: at least one.
        window: all trees of the optimizer step that these are part of; where None, these are all.
    """
    window = trees if window is None else window
    paths = list_paths(trees)
    packer = _Packer()
    packer.lay(sorted(paths, key=lambda path: path.ids), depth=0, sees=())
    rows: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    branch: list[int] = []
    for path in paths:
        packed_rows = [row for start, end in packer.ranges[path.branch] for row in range(start, end)]
        for index, weight in enumerate(path.weights):
            if weight:
                rows.append(packed_rows[index - 1])
                targets.append(path.ids[index])
                weights.append(weight)
                branch.append(path.branch)
    return PackedBatch(
        input_ids=torch.tensor([packer.ids]),
        position_ids=torch.tensor([packer.positions]),
        runs=tuple(packer.runs),
        target_rows=torch.tensor(rows),
        target_ids=torch.tensor(targets),
        weights=torch.tensor(weights),
        branch=torch.tensor(branch),
        branches=len(paths),
        rows=tuple(tree.row for tree in trees),
        window_weight=sum(tree.weight for tree in window),
        step_examples=len(window),
    )
