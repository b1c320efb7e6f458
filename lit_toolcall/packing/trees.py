"""What is trained on, as token ids: a prompt (the trunk) with one or more answers (the branches)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise


@dataclass(frozen=True)
class Branch:
    """An answer.

    Args:
        ids: token ids.
        weights: one weight a token; 0 for a token that is context only, such as a tool's result. At least one is not.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        assert len(self.ids) == len(self.weights)
        assert any(self.weights), "a branch without a trained token"


@dataclass(frozen=True)
class Tree:
    """A prompt with its answers: one for SFT, two (chosen, rejected) for DPO.

    Args:
        trunk: the prompt's token ids; never trained. At least one: it predicts the answers' first token.
        branches: the answers.
        row: its number in its data set.
    """

    trunk: tuple[int, ...]
    branches: tuple[Branch, ...]
    row: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        assert self.trunk, "a tree needs a trunk"
        assert self.branches, "a tree needs a branch"

    @property
    def tokens(self) -> int:
        """Tokens that the model runs over: what branches have in common before they are trained counts once."""
        branches = sorted(self.branches, key=lambda branch: branch.ids)
        shared = sum(_count_shared(*neighbours) for neighbours in pairwise(branches))
        return len(self.trunk) + sum(len(branch.ids) for branch in branches) - shared

    @property
    def weight(self) -> float:
        """Sum of all trained tokens' weights."""
        return sum(sum(branch.weights) for branch in self.branches)


@dataclass(frozen=True)
class Run:
    """Consecutive tokens of a packed batch that see the same earlier ranges, and themselves causally.

    Args:
        start, end: the tokens `start` to `end - 1`.
        sees: ranges `(start, end)` of the ancestors, all of which each token of the run sees.
    """

    start: int
    end: int
    sees: tuple[tuple[int, int], ...] = ()

    @property
    def past(self) -> int:
        """Number of ancestor tokens, which is the position of the run's first token."""
        return sum(end - start for start, end in self.sees)


@dataclass(frozen=True)
class Path:
    """A trunk with one of its branches, from the first token to the last.

    Args:
        ids: token ids.
        weights: one a token, 0 over the trunk.
        branch: the branch's number in its batch.
    """

    ids: tuple[int, ...]
    weights: tuple[float, ...]
    branch: int

    @cached_property
    def untrained(self) -> int:
        """How many tokens stand before the first trained one: what other paths may share."""
        return _count_untrained(self.weights)


def _count_untrained(weights: Sequence[float]) -> int:
    return next(index for index, weight in enumerate(weights) if weight)


def _count_shared(first: Branch, second: Branch) -> int:
    untrained = min(_count_untrained(first.weights), _count_untrained(second.weights))
    return min(untrained, shared_prefix_length(first.ids, second.ids))


def list_paths(trees: Sequence[Tree]) -> list[Path]:
    """List every path of the trees, branches numbered in their order."""
    paths: list[Path] = []
    for tree in trees:
        for branch in tree.branches:
            ids, weights = tree.trunk + branch.ids, (0.0,) * len(tree.trunk) + branch.weights
            paths.append(Path(ids, weights, len(paths)))
    return paths


def shared_prefix_length(first: Sequence[int], second: Sequence[int]) -> int:
    """Count the leading tokens that two sequences have in common.

    >>> shared_prefix_length([1, 2, 3], [1, 2, 4, 5])
    2
    """
    length = 0
    for left, right in zip(first, second, strict=False):
        if left != right:
            break
        length += 1
    return length
