"""Sets of names, as of tools, by which rows are linked, and which of them can be held back at what loss of rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Names = frozenset[str]


@dataclass
class HeldNames:
    """Names whose rows are held back, grown set by set within what may be held and what may be lost.

    Args:
        names_of_rows: the names that link each row to others; rows without one are left out.
        fraction: share of these rows to hold back, 0 to 1.
    """

    names_of_rows: Sequence[Names]
    fraction: float
    names: set[str] = field(default_factory=set)
    rows: int = 0
    lost: int = 0

    def __post_init__(self) -> None:
        self.rows_of_name: dict[str, list[int]] = {}
        for row, names in enumerate(self.names_of_rows):
            for name in names:
                self.rows_of_name.setdefault(name, []).append(row)
        self.target = max(1, round(self.fraction * sum(map(bool, self.names_of_rows))))

    def hold_all(self, sets: Iterable[Names]) -> None:
        """Hold back each set in turn that keeps rows held, and rows lost, within the target.

        The most used name of a set that does not is refused in later sets too. So the work grows with the rows, also
        where thousands of sets contain a name that half of all rows have.
        """
        refused: set[str] = set()
        for names in sets:
            if self.rows >= self.target:
                return
            new = names - self.names
            if new and new.isdisjoint(refused) and not self._hold(new):
                refused.add(max(sorted(new), key=lambda name: len(self.rows_of_name[name])))

    def _hold(self, new: Names) -> bool:
        """Hold back rows with new names too, and return whether that is within the target."""
        touched = {row for name in new for row in self.rows_of_name[name]}
        lost_before = sum(not self.names.isdisjoint(self.names_of_rows[row]) for row in touched)
        gained = sum(self.names_of_rows[row] - new <= self.names for row in touched)
        rows, lost = self.rows + gained, self.lost - lost_before + len(touched) - gained
        if rows > self.target or lost > self.target:
            return False
        self.names |= new
        self.rows, self.lost = rows, lost
        return True


def components(names_of_rows: Sequence[Names], rng: random.Random) -> list[Names]:
    """List the sets of names that rows link, in a random order.

    >>> sorted(map(sorted, components([frozenset("ab"), frozenset("bc"), frozenset("d")], random.Random(0))))
    [['a', 'b', 'c'], ['d']]
    """
    parent = {name: name for names in names_of_rows for name in sorted(names)}

    def find(name: str) -> str:
        while parent[name] != name:
            parent[name] = name = parent[parent[name]]
        return name

    for names in names_of_rows:
        for first, second in pairwise(sorted(names)):
            parent[find(second)] = find(first)
    members: dict[str, list[str]] = {}
    for name in parent:
        members.setdefault(find(name), []).append(name)
    components = [frozenset(group) for group in members.values()]
    rng.shuffle(components)
    return components


def cheapest_sets(names_of_rows: Sequence[Names], rng: random.Random) -> list[Names]:
    """List the sets of names of single rows, those first that the fewest other rows share in part.

    >>> names = [frozenset("a"), frozenset("ab"), frozenset("ab"), frozenset("bc")]
    >>> ["".join(sorted(names)) for names in cheapest_sets(names, random.Random(0))]  # 1 / 2, 1 / 1, 2 / 1 others a row
    ['ab', 'a', 'bc']
    """
    uses = Counter(name for names in names_of_rows for name in names)
    rows = Counter(names for names in names_of_rows if names)
    sets = list(rows)
    rng.shuffle(sets)
    return sorted(sets, key=lambda names: sum(uses[name] - rows[names] for name in names) / rows[names])


def number_alike(values: Iterable[object]) -> list[int]:
    """Number values, equal ones alike; their text says what is equal.

    >>> number_alike([{"a": 1}, {"b": 2}, {"a": 1}])
    [0, 1, 0]
    """
    numbers: dict[str, int] = {}
    return [numbers.setdefault(repr(value), len(numbers)) for value in values]
