"""Counts of rows as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_BARS = 20


@dataclass(frozen=True)
class Bar:
    """A number of rows, or of arguments."""

    label: str
    count: int


@dataclass(frozen=True)
class Chart:
    """A bar chart; its bars in order."""

    title: str
    bars: tuple[Bar, ...]

    @property
    def total(self) -> int:
        """Sum of the bars' counts."""
        return sum(bar.count for bar in self.bars)

    @property
    def highest(self) -> int:
        """Count of the longest bar; 0 without bars."""
        return max((bar.count for bar in self.bars), default=0)


def count_bars(values: Iterable[str]) -> tuple[Bar, ...]:
    """Count names, the most frequent first; beyond `MAX_BARS` of them the rest is one bar.

    >>> count_bars(["string", "integer", "string"])
    (Bar(label='string', count=2), Bar(label='integer', count=1))
    """
    counts = Counter(values)
    bars = [Bar(name, counts[name]) for name in sorted(counts, key=lambda name: (-counts[name], name))]
    if len(bars) <= MAX_BARS:
        return tuple(bars)
    return (*bars[: MAX_BARS - 1], Bar("(others)", sum(bar.count for bar in bars[MAX_BARS - 1 :])))


def histogram(values: Sequence[int]) -> tuple[Bar, ...]:
    """Count whole numbers, each by itself or in ranges of a round width, at most `MAX_BARS` of them.

    Ranges without a number in them are shown, so that the bars stand to scale.

    >>> [(bar.label, bar.count) for bar in histogram([0, 2, 2])]
    [('0', 1), ('1', 0), ('2', 2)]
    >>> [(bar.label, bar.count) for bar in histogram([3, 55, 61])]
    [('0-4', 1), ('5-9', 0), ('10-14', 0), ('15-19', 0), ('20-24', 0), ('25-29', 0), ('30-34', 0), ('35-39', 0), \
('40-44', 0), ('45-49', 0), ('50-54', 0), ('55-59', 1), ('60-64', 1)]
    """
    if not values:
        return ()
    width = _round_width(min(values), max(values))
    counts = Counter(value // width for value in values)
    return tuple(Bar(_label(number * width, width), counts[number]) for number in range(min(counts), max(counts) + 1))


def _round_width(least: int, most: int) -> int:
    """Choose 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            width = factor * power
            if most // width - least // width < MAX_BARS:
                return width
        power *= 10


def _label(first: int, width: int) -> str:
    return f"{first:,}" if width == 1 else f"{first:,}-{first + width - 1:,}"
