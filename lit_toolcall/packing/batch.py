"""The one batch type: trees packed flat, without padding, each shared beginning once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby

import torch
from torch import Tensor

from lit_toolcall.packing.trees import Tree, count_untrained, shared_prefix_length

MIN_SHARED_TOKENS = 16
"""Shorter common beginnings are repeated: a chunk of its own costs one attention call per layer."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive tokens of a packed batch that see the same earlier ranges, and themselves causally.

    Args:
        start, end: the tokens `start` to `end - 1`.
        sees: ranges `(start, end)` of the ancestors, all of which each token of the chunk sees.
    """

    start: int
    end: int
    sees: tuple[tuple[int, int], ...] = ()

    @property
    def past(self) -> int:
        """Number of ancestor tokens, which is the position of the chunk's first token."""
        return sum(end - start for start, end in self.sees)


@dataclass(frozen=True)
class PackedBatch:
    """Trees packed for one forward pass.

    Args:
        input_ids: (1, T) token ids.
        position_ids: (1, T); a branch's positions continue those of its trunk, whatever lies between them.
        chunks: which tokens see which, in the order of the tokens.
        target_indices: (R,) indices of the tokens whose hidden states predict a trained token.
        target_ids: (R,) the trained tokens.
        weights: (R,) their weights.
        branch: (R,) which branch each belongs to, counted over the trees in their order.
        branches: number of branches.
        rows: the numbers of the trees' rows in the data set.
        step_weight: sum of the weights of the whole optimizer step, all ranks' micro-batches together.
        step_examples: number of trees of the whole optimizer step, likewise.
    """

    input_ids: Tensor
    position_ids: Tensor
    chunks: tuple[Chunk, ...]
    target_indices: Tensor
    target_ids: Tensor
    weights: Tensor
    branch: Tensor
    branches: int
    rows: tuple[int, ...]
    step_weight: float
    step_examples: int

    def to(self, device: torch.device | str, non_blocking: bool = False) -> PackedBatch:
        """Copy the tensors to a device; `chunks` stay on the host, where attention reads them."""
        moved = {
            name: getattr(self, name).to(device, non_blocking=non_blocking)
            for name in ("input_ids", "position_ids", "target_indices", "target_ids", "weights", "branch")
        }
        return replace(self, **moved)

    @property
    def tokens(self) -> int:
        """Tokens of the forward pass, shared ones counted once."""
        return self.input_ids.shape[1]

    @property
    def examples(self) -> int:
        """Number of trees."""
        return len(self.rows)


@dataclass(frozen=True)
class TreePath:
    """A trunk with one of its branches, from the first token to the last.

    Args:
        ids: token ids.
        weights: one per token, 0 over the trunk.
        branch: the branch's number in its batch.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    branch: int

    @cached_property
    def untrained(self) -> int:
        """Number of tokens before the first trained one, which other paths may share."""
        return count_untrained(self.weights)


def list_paths(trees: Sequence[Tree]) -> list[TreePath]:
    """List every path of the trees, branches numbered in their order."""
    paths: list[TreePath] = []
    for tree in trees:
        for branch in tree.branches:
            ids, weights = tree.trunk + branch.ids, (0.0,) * len(tree.trunk) + branch.weights
            paths.append(TreePath(ids, weights, len(paths)))
    return paths


@dataclass
class _Packer:
    """Lays paths out as chunks, shared beginnings once."""

    ids: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)
    ranges: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """For each branch the ranges of its path, from the root to the leaf."""

    def lay(self, paths: Sequence[TreePath], depth: int, sees: tuple[tuple[int, int], ...]) -> None:
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
        chunk = Chunk(len(self.ids), len(self.ids) + len(ids), sees)
        self.chunks.append(chunk)
        self.ids.extend(ids)
        self.positions.extend(range(chunk.past, chunk.past + len(ids)))
        return chunk.start, chunk.end


def _shared_untrained(paths: Sequence[TreePath]) -> int:
    """Count the leading tokens that sorted paths share and that none of them trains, leaving each one of its own."""
    limit = min(min(path.untrained, len(path.ids) - 1) for path in paths)
    return min(limit, shared_prefix_length(paths[0].ids, paths[-1].ids))


def _groups_after(paths: Sequence[TreePath], shared: int) -> Iterator[list[TreePath]]:
    """Group sorted paths by the untrained token after the shared ones; a path that trains it stands alone."""
    for trained, group in groupby(paths, key=lambda path: (path.untrained <= shared, path.ids[shared])):
        if trained[0]:
            yield from ([path] for path in group)
        else:
            yield list(group)


def pack_trees(trees: Sequence[Tree], global_batch: Sequence[Tree] | None = None) -> PackedBatch:
    """Pack trees into one flat batch in which each shared beginning stands once.

    Beginnings are shared within a tree (its trunk) and between trees (one tool list, one instruction).

    Args:
        trees: at least one.
        global_batch: all trees of the optimizer step that these are part of; where None, these are all.
    """
    global_batch = trees if global_batch is None else global_batch
    paths = list_paths(trees)
    packer = _Packer()
    packer.lay(sorted(paths, key=lambda path: path.ids), depth=0, sees=())
    indices: list[int] = []
    targets: list[int] = []
    weights: list[float] = []
    branch: list[int] = []
    for path in paths:
        of_path = [index for start, end in packer.ranges[path.branch] for index in range(start, end)]
        for number, weight in enumerate(path.weights):
            if weight:
                indices.append(of_path[number - 1])
                targets.append(path.ids[number])
                weights.append(weight)
                branch.append(path.branch)
    return PackedBatch(
        input_ids=torch.tensor([packer.ids]),
        position_ids=torch.tensor([packer.positions]),
        chunks=tuple(packer.chunks),
        target_indices=torch.tensor(indices),
        target_ids=torch.tensor(targets),
        weights=torch.tensor(weights),
        branch=torch.tensor(branch),
        branches=len(paths),
        rows=tuple(tree.row for tree in trees),
        step_weight=sum(tree.weight for tree in global_batch),
        step_examples=len(global_batch),
    )
