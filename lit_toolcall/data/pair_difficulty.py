"""How hard a pair of answers is to tell apart."""

from __future__ import annotations

from collections.abc import Sequence

from lit_toolcall.losses.pairs import find_difference


def closeness(chosen: Sequence[int], rejected: Sequence[int]) -> float:
    """Tell how near two answers are, 0 (nothing in common at either end) to 1; near pairs are hard.

    The tokens that both begin and end with, as a share of the longer answer: a call with one wrong value is near to the
    right one, words in place of a call are far from it.

    >>> closeness([1, 2, 3, 9], [1, 5, 3, 9])  # 1, 3 and 9 are shared
    0.75
    >>> closeness([1, 2], [3])
    0.0
    """
    return sum(find_difference(chosen, rejected)) / max(len(chosen), len(rejected))
