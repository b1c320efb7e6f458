"""Trees of token ids: a prompt (the trunk) with one or more answers (the branches)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True)
class Branch:
    """An answer.

    Args:
        ids: token ids.
        weights: one per token; 0 for a token that is context only, such as a tool's result. At least one is not 0.
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
        row: the number of its row in the data set.
    """

    trunk: tuple[int, ...]
    branches: tuple[Branch, ...]
    row: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        assert self.trunk, "a tree needs a trunk"
        assert self.branches, "a tree needs a branch"

    @property
    def tokens(self) -> int:
        """Tokens of a forward pass: what branches have in common before they are trained counts once."""
        branches = sorted(self.branches, key=lambda branch: branch.ids)
        shared = sum(_count_shared(*neighbours) for neighbours in pairwise(branches))
        return len(self.trunk) + sum(len(branch.ids) for branch in branches) - shared

    @property
    def weight(self) -> float:
        """Sum of all trained tokens' weights."""
        return sum(sum(branch.weights) for branch in self.branches)


def count_untrained(weights: Sequence[float]) -> int:
    """Count the tokens before the first trained one.

    >>> count_untrained([0.0, 0.0, 1.0, 0.0])
    2
    """
    return next(index for index, weight in enumerate(weights) if weight)


def _count_shared(first: Branch, second: Branch) -> int:
    untrained = min(count_untrained(first.weights), count_untrained(second.weights))
    return min(untrained, shared_prefix_length(first.ids, second.ids))


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
