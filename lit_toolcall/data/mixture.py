"""Several sources read as one: drawn by weights, without repeating a row, in an order that the seed fixes."""

from __future__ import annotations

import heapq
import inspect
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.source import PreferenceSource, Source
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, UserError


@dataclass(frozen=True)
class MixturePart:
    """One source of a mixture.

    Args:
        source: where its rows are.
        weight: its part of the mixture's rows, relative to the other weights; 0 takes none.
        limit: rows to take at most, drawn by the mixture's seed; no limit by default.
    """

    source: Source
    weight: float = 1.0
    limit: int | None = None

    def __post_init__(self) -> None:
        check_ranges(type(self), weight=self.weight, limit=self.limit)


class Mixture(Source):
    """Mixes sources by weights as far as the rows last; no row is taken twice.

    A part that runs out leaves its fraction to the others, by their weights. The drawn rows and their order depend on
    the seed alone; a larger `rows` draws the same rows and more. The parts are interleaved evenly, so that the first
    rows have about the same fractions as all of them. Ids that occur in two parts are preceded by the part's number,
    from 1.
    The ledger counts every row that could be read, drawn or not: the fraction of rejected rows is that of the files.

    Args:
        parts: the sources with their weights.
        rows: examples to take from all parts together, fewer where the parts hold fewer; all by default.
        seed: seed of the draw.
    """

    def __init__(self, parts: list[MixturePart], rows: int | None = None, seed: int = 0) -> None:
        weights = [part.weight for part in parts]
        if not parts:
            raise UserError("a mixture without parts has no rows: give parts, each with a source")
        if not any(weights):
            raise UserError("all weights of a mixture are 0: give at least one part a weight above 0")
        check_ranges(type(self), rows=rows, seed=seed)
        if rows is None and len({weight for weight in weights if weight}) > 1:
            given = ", ".join(map(str, weights))
            raise UserError(f"a mixture's weights {given} change nothing while all rows are taken: set its rows")
        self.parts = parts
        self.rows = rows
        self.seed = seed
        self._read: list[dict[str, Any]] = []

    def read(self, ledger: Ledger) -> Iterator[Example]:
        read: list[list[Example]] = []
        rejected: list[int] = []
        for part in self.parts:
            before = len(ledger.rejected)
            read.append(list(part.source.read(ledger)))
            rejected.append(len(ledger.rejected) - before)
        available = [
            len(rows) if part.limit is None else min(part.limit, len(rows))
            for part, rows in zip(self.parts, read, strict=True)
        ]
        taken = allocate_rows([part.weight for part in self.parts], available, self.rows)
        self._read = [
            {"read": len(rows), "rejected": bad, "taken": count}
            for rows, bad, count in zip(read, rejected, taken, strict=True)
        ]
        drawn = []
        for number, (rows, count) in enumerate(zip(make_ids_differ(read), taken, strict=True), start=1):
            random.Random(f"{self.seed}:{number}").shuffle(rows)
            drawn.append(rows[:count])
        yield from interleave(drawn)

    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in super().settings().items() if name != "_read"}

    @property
    def is_fixed(self) -> bool:
        return all(part.source.is_fixed for part in self.parts)

    def describe(self) -> dict[str, Any]:
        """Describe the mixture in plain JSON values, after it was read."""
        assert self._read, "a mixture is described after reading"
        parts = [
            describe_source(part.source) | {"weight": part.weight, "limit": part.limit} | counts
            for part, counts in zip(self.parts, self._read, strict=True)
        ]
        return {"rows": self.rows, "seed": self.seed, "taken": sum(part["taken"] for part in parts), "parts": parts}


def describe_source(source: Source | PreferenceSource) -> dict[str, Any]:
    """Name a source's class, and those of its settings that are plain values; a mixture inside another in full."""
    settings = source.describe() if isinstance(source, Mixture) else _plain_settings(source)
    return {"class": f"{type(source).__module__}.{type(source).__qualname__}", "settings": settings}


def _plain_settings(source: Source | PreferenceSource) -> dict[str, Any]:
    kept = source.settings()
    settings = {name: kept[name] for name in inspect.signature(type(source)).parameters if name in kept}
    return {name: _to_json(value) for name, value in settings.items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, str | int | float | bool | PurePath)


def _to_json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    return str(value) if isinstance(value, PurePath) else value


def allocate_rows(weights: Sequence[float], available: Sequence[int], rows: int | None) -> list[int]:
    """Allot rows by weights as far as each part's rows last.

    Each next row goes to the part that lags its weight most (Webster's method of seats by votes).

    Args:
        weights: one per part, at least 0; a part of weight 0 gets nothing.
        available: the rows of each part.
        rows: rows to allot; as many as there are where None.

    >>> allocate_rows([3.0, 1.0], [100, 100], 8), allocate_rows([3.0, 1.0], [4, 100], 8)
    ([6, 2], [4, 4])
    """
    taken = [0] * len(weights)
    queue = [(0.5 / weight, part) for part, weight in enumerate(weights) if weight and available[part]]
    heapq.heapify(queue)
    left = sum(available) if rows is None else rows
    while queue and left:
        _, part = heapq.heappop(queue)
        taken[part] += 1
        left -= 1
        if taken[part] < available[part]:
            heapq.heappush(queue, ((taken[part] + 0.5) / weights[part], part))
    return taken


def interleave(parts: Sequence[Sequence[Example]]) -> Iterator[Example]:
    """Yield all rows, those of each part spread evenly from the first to the last."""
    places = [((index + 0.5) / len(rows), part, index) for part, rows in enumerate(parts) for index in range(len(rows))]
    for _, part, index in sorted(places):
        yield parts[part][index]


def make_ids_differ(parts: Sequence[Sequence[Example]]) -> list[list[Example]]:
    """Put the part's number, from 1, before each id that occurs in two parts; an id's repetition in one part stays.

    >>> row, other = (Example(id, (), (), None) for id in ("a", "b"))
    >>> [[row.id for row in rows] for rows in make_ids_differ([[row, other], [row]])]
    [['1:a', 'b'], ['2:a']]
    """
    names = [{row.id: row.id for row in rows} for rows in parts]
    # A new name may be an id that another row has already; that row is then renamed too.
    while clashing := _find_clashing(names):
        for number, id in clashing:
            names[number][id] = f"{number + 1}:{id}"
    return [
        [row if named[row.id] == row.id else replace(row, id=named[row.id]) for row in rows]
        for named, rows in zip(names, parts, strict=True)
    ]


def _find_clashing(names: Sequence[dict[str, str]]) -> list[tuple[int, str]]:
    """List (part, id) of the ids that still have their own name, which another id or part uses too."""
    uses = Counter(name for named in names for name in named.values())
    return [
        (part, id) for part, named in enumerate(names) for id, name in named.items() if name == id and uses[name] > 1
    ]
