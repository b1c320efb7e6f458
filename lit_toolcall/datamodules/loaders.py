"""Loaders that a trainer iterates over: micro-batches in training, a rank's shard of rows in validation and test."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Generic, TypeVar

from lit_toolcall.data.curriculum import Curriculum, order_rows
from lit_toolcall.packing import PackedBatch, Tree, cut_global_batches, pack_trees, shuffle_rows, split_global_batch
from lit_toolcall.types import UserError

T = TypeVar("T")


@dataclass(frozen=True)
class Shard:
    """A rank's part of the rows.

    Args:
        rank: this process, from 0.
        ranks: number of processes.
    """

    rank: int = 0
    ranks: int = 1

    def of(self, rows: Sequence[T], what: str) -> list[T]:
        """Take this rank's rows, each row on one rank only.

        Raises:
            UserError: there are fewer rows than ranks; Lightning would skip the loop on some, and the others wait.

        >>> Shard(1, 2).of("abcde", "letters")
        ['b', 'd']
        """
        if len(rows) < self.ranks:
            raise UserError(
                f"{len(rows)} {what} are too few for {self.ranks} devices: add rows or lower trainer.devices"
            )
        return list(rows[self.rank :: self.ranks])


@dataclass(frozen=True)
class RowOrder:
    """The order of the rows in each epoch; the same on every rank.

    Args:
        prompt_keys: one key per row, equal where prompts begin alike, as over one list of tools.
        group_rows: rows of a group with equal keys; groups are shuffled. 1 is plain shuffling.
        seed: of the shuffling.
        curriculum: how easy rows come first, if they do.
        scores: how hard each row is, for a curriculum.
    """

    prompt_keys: Sequence[Hashable]
    group_rows: int
    seed: int
    curriculum: Curriculum | None = None
    scores: Sequence[float] = ()

    def of_epoch(self, epoch: int) -> list[int]:
        """List the row numbers of an epoch, in order."""
        if self.curriculum is None:
            return shuffle_rows(self.prompt_keys, self.group_rows, self.seed, epoch)
        return order_rows(self.scores, self.curriculum, self.prompt_keys, self.group_rows, self.seed, epoch)


class MicroBatchLoader:
    """Yields one rank's micro-batches, one optimizer step after the other; the order depends on seed and epoch alone.

    Args:
        trees: all training rows, the same on every rank.
        order: of the rows in each epoch.
        global_batch_size: rows of one optimizer step, over all ranks.
        micro_batches: micro-batches of an optimizer step on each rank.
        shard: this rank.
        progress: asked at the start of each epoch: the epoch's number, and how many micro-batches of it were trained on
            before this process began.
    """

    def __init__(
        self,
        trees: Sequence[Tree],
        order: RowOrder,
        global_batch_size: int,
        micro_batches: int,
        shard: Shard,
        progress: Callable[[], tuple[int, int]],
    ) -> None:
        self.trees = trees
        self.order = order
        self.global_batch_size = global_batch_size
        self.micro_batches = micro_batches
        self.shard = shard
        self.progress = progress

    def __len__(self) -> int:
        """Count the micro-batches of an epoch, those before a restart included."""
        return len(self._cut(range(len(self.trees)))) * self.micro_batches

    def __iter__(self) -> Iterator[PackedBatch]:
        epoch, done = self.progress()
        assert done % self.micro_batches == 0, "a run resumes at the start of an optimizer step"
        for rows in self._list_steps(epoch)[done // self.micro_batches :]:
            yield from self._pack(rows)

    def _list_steps(self, epoch: int) -> list[list[int]]:
        return self._cut(self.order.of_epoch(epoch))

    def _cut(self, rows: Sequence[int]) -> list[list[int]]:
        return cut_global_batches(rows, self.global_batch_size, self.micro_batches * self.shard.ranks)

    def _pack(self, rows: Sequence[int]) -> list[PackedBatch]:
        groups = [[self.trees[row]] for row in rows]
        if self.order.group_rows > 1:
            alike = groupby(rows, key=lambda row: self.order.prompt_keys[row])
            groups = [[self.trees[row] for row in group] for _, group in alike]
        trees = [tree for group in groups for tree in group]
        parts = split_global_batch(groups, self.micro_batches * self.shard.ranks)
        return [pack_trees(part, trees) for part in parts[self.shard.rank :: self.shard.ranks]]


class Batches(Generic[T]):
    """Yields batches that are made already; Lightning would take a plain list for a list of loaders.

    Args:
        batches: in their order.
    """

    def __init__(self, batches: Sequence[T]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[T]:
        return iter(self.batches)


def pack_validation(trees: Sequence[Tree], batch_size: int, shard: Shard) -> Batches[PackedBatch]:
    """Pack this rank's shard of the validation rows, each row on one rank only.

    Rows whose prompts begin alike meet in a batch, and no row is repeated to even out the ranks.
    """
    mine = shard.of(sorted(trees, key=lambda tree: tree.trunk), "validation rows")
    starts = range(0, len(mine), batch_size)
    return Batches([pack_trees(mine[start : start + batch_size]) for start in starts])
