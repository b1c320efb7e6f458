"""How hard a pair of answers is to tell apart."""

from __future__ import annotations

from collections.abc import Sequence

from lit_toolcall.packing.trees import shared_prefix_length


def closeness(chosen: Sequence[int], rejected: Sequence[int]) -> float:
    """Tell how near two answers are, 0 (nothing in common at either end) to 1; near pairs are hard.

    The tokens that both begin and end with, as a share of the longer answer: a call with one wrong value is near to the
    right one, words in place of a call are far from it.

    >>> closeness([1, 2, 3, 9], [1, 5, 3, 9])  # 1, 3 and 9 are shared
    0.75
    >>> closeness([1, 2, 2], [1, 2])  # no token counts twice
    0.6666666666666666
    >>> closeness([1, 2], [3])
    0.0
    """
    before = shared_prefix_length(chosen, rejected)
    behind = shared_prefix_length(chosen[before:][::-1], rejected[before:][::-1])
    return (before + behind) / max(len(chosen), len(rejected))
