"""Validation rows held back from training rows: at random, or so that no validation tool occurs in training."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from typing import Generic, NamedTuple

from lit_toolcall.data.sources.ledger import Rejection
from lit_toolcall.json_values import clip
from lit_toolcall.types import Example, Preference, RowT, UserError

ENOUGH = 0.8
"""A split that loses nothing is taken where it holds back at least this part of the rows that were asked for."""


class Split(NamedTuple, Generic[RowT]):
    """Rows for training and for validation, each in the order they came in, and the rows that fit neither.

    The note says, as a sentence, how it differs from what was asked for.
    """

    train: list[RowT]
    validation: list[RowT]
    dropped: list[Rejection]
    note: str = ""


def split_random(examples: Sequence[Example], fraction: float, seed: int) -> Split[Example]:
    """Hold back a random fraction of the rows, at least one.

    Raises:
        UserError: the fraction is 0, or leaves no row for training.
    """
    _check_fraction(fraction, len(examples))
    held = set(random.Random(seed).sample(range(len(examples)), max(1, round(fraction * len(examples)))))
    if len(held) == len(examples):
        raise UserError(
            f"validation_fraction={fraction} leaves none of {len(examples)} rows for training: lower it or add rows"
        )
    train, validation = ([row for number, row in enumerate(examples) if (number in held) == side] for side in (0, 1))
    return Split(train, validation, [])


def split_unseen_tools(examples: Sequence[Example], fraction: float, seed: int) -> Split[Example]:
    """Hold back rows whose tools, available or called in any turn, occur in no training row under any spelling.

    First whole groups of rows that are linked by common tools are held back, which changes no row. Where the groups
    are too large for that, the groups are those that are linked by the tools that they call; tools that a row offers
    and does not call leave it where the other side has them, so that a validation row may keep few tools besides those
    that it calls. Where these are too large as well, rows that call tools of both sides are dropped, the cheapest
    first and never more than were to be held back. So there may be fewer validation rows than asked for.

    Args:
        examples: the rows.
        fraction: fraction of the rows to hold back, 0 to 1.
        seed: of the choice among equally good groups.

    Raises:
        UserError: the fraction is 0, there are no tools, or they link all rows.
    """
    _check_fraction(fraction, len(examples))
    rng = random.Random(seed)
    offered = [frozenset(map(spell_alike, (tool.name for tool in row.tools))) for row in examples]
    called = [_called_names(row) for row in examples]
    linked = [names | calls for names, calls in zip(offered, called, strict=True)]
    if not any(linked):
        raise UserError("no row offers or calls a tool, so none can be unseen: set validation_split to random")
    whole = HeldNames(linked, fraction)
    whole.hold_all(components(linked, rng))
    if whole.rows >= ENOUGH * whole.target:
        sides = [bool(names & whole.names) if names else rng.random() < fraction for names in linked]
        return _checked(_place(examples, sides), fraction)
    parts = HeldNames(called, fraction)
    parts.hold_all(components(called, rng))
    if parts.rows < ENOUGH * parts.target:
        parts.hold_all(cheapest_sets(called, rng))
    if not parts.names:
        return _checked(Split(list(examples), [], []), fraction)
    return _checked(_split_by_calls(examples, offered, called, parts.names, fraction, rng), fraction)


def split_by_question(pairs: Sequence[Preference], fraction: float, seed: int) -> Split[Preference]:
    """Hold back a random fraction of the questions with all their pairs, at least one.

    All pairs of a question are on one side, and so are questions made of the same row, such as a request alone and
    joined with another (`JoinCalls`), as far as `origins` tells. So where most questions are joined, few of these are
    held back, or more pairs than asked for, which the split's note says.

    Raises:
        UserError: the fraction is 0, or there are too few questions.

    >>> from lit_toolcall.types import Message
    >>> pairs = [Preference(id, (), (Message("user", id[0]),), (), ()) for id in ("a1", "a2", "b1")]
    >>> split = split_by_question(pairs, fraction=0.3, seed=0)  # 1 of 2 questions
    >>> [[pair.id for pair in side] for side in (split.train, split.validation)]
    [['a1', 'a2'], ['b1']]
    """
    if not 0 < fraction < 1:
        raise UserError(
            f"data.validation_fraction={fraction} must lie between 0 and 1, or name sources in data.validation"
        )
    groups = _group_alike(pairs)
    if len(groups) < 2:
        raise UserError(
            "all pairs ask one question, or questions made of the same rows, so none can be held back: name sources in "
            "data.validation"
        )
    room = max(1, round(fraction * len(pairs)))
    random.Random(seed).shuffle(groups)
    groups.sort(key=lambda group: max(len(group) - room, 0))  # those that fit first, then the least too large
    held: set[int] = set()
    for group in groups[:-1]:
        if not held or len(held) + len(group) <= room:
            held.update(group)
    note = ""
    if len(held) > room:
        note = (
            f"{len(held)} of {len(pairs)} pairs are held back for validation, more than "
            f"data.validation_fraction={fraction} asks for, since their questions are made of the same rows: name "
            "sources in data.validation"
        )
    train, validation = ([pair for row, pair in enumerate(pairs) if (row in held) == side] for side in (False, True))
    return Split(train, validation, [], note)


@lru_cache(maxsize=2**17)
def spell_alike(name: str) -> str:
    """Spell a tool's name without case, dots, underscores or other signs.

    >>> spell_alike("math.get_GCD"), spell_alike("Math GetGcd"), spell_alike("$")
    ('mathgetgcd', 'mathgetgcd', '$')
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "", folded) or folded


def _called_names(row: Example) -> Names:
    turns = row.messages if row.answer is None else (*row.messages, row.answer)
    return frozenset(spell_alike(call.name) for turn in turns for call in turn.calls)


def _check_fraction(fraction: float, rows: int) -> None:
    if not 0 < fraction < 1:
        raise UserError(f"validation_fraction={fraction} must lie between 0 and 1, or name sources in data.validation")
    if rows < 2:
        raise UserError(
            f"{rows} rows cannot be split into training and validation: add rows or name sources in data.validation"
        )


def _checked(split: Split[Example], fraction: float) -> Split[Example]:
    for side, rows in (("validation", split.validation), ("training", split.train)):
        if not rows:
            raise UserError(
                f"validation_split=unseen_tools leaves no row for {side} at validation_fraction={fraction}, because "
                "shared tools link all rows: add rows with other tools, change the fraction, or split at random"
            )
    return split


def _split_by_calls(
    examples: Sequence[Example],
    offered: Sequence[Names],
    called: Sequence[Names],
    held: set[str],
    fraction: float,
    rng: random.Random,
) -> Split[Example]:
    """Place rows by the tools that they call, and take off their offers what they do not call and the other side has.

    Args:
        held: called names that only validation rows may have.
    """
    sides = [None if calls & held and not calls <= held else bool(calls & held) for calls in called]
    for row in _choose_rows_in_words(offered, called, held, fraction, rng):
        sides[row] = True
    # A tool that nobody calls stays in training where a row in words offers it, which could otherwise lose all tools.
    trained = {
        name
        for names, calls, side in zip(offered, called, sides, strict=True)
        if side is False
        for name in calls or names - held
    }
    own = held | {name for names, side in zip(offered, sides, strict=True) if side for name in names - trained}
    return _place([_keep_tools(row, own, side) for row, side in zip(examples, sides, strict=True)], sides)


def _choose_rows_in_words(
    offered: Sequence[Names], called: Sequence[Names], held: set[str], fraction: float, rng: random.Random
) -> list[int]:
    """Choose the rows without calls for validation: all that offer held tools alone, then such as offer one of them."""
    rows = [row for row, calls in enumerate(called) if not calls]
    bound = [row for row in rows if offered[row] and offered[row] <= held]
    able = [row for row in rows if not offered[row] or (offered[row] & held and not offered[row] <= held)]
    rng.shuffle(able)
    return bound + able[: max(0, round(fraction * len(rows)) - len(bound))]


def _keep_tools(row: Example, own: set[str], side: bool | None) -> Example:
    """Leave a validation row its side's own tools, and a training row all others."""
    tools = tuple(tool for tool in row.tools if side is None or (spell_alike(tool.name) in own) == side)
    return row if len(tools) == len(row.tools) else replace(row, tools=tools)


def _place(examples: Sequence[Example], sides: Sequence[bool | None]) -> Split[Example]:
    split: Split[Example] = Split([], [], [])
    for row, side in zip(examples, sides, strict=True):
        if side is None:
            names = ", ".join(call.name for turn in (*row.messages, row.answer) if turn for call in turn.calls)
            reason = f"it calls tools of training and of validation rows, which must have none in common: {clip(names)}"
            split.dropped.append(Rejection(row.place, reason))
        else:
            (split.validation if side else split.train).append(row)
    return split


def _group_alike(pairs: Sequence[Preference]) -> list[list[int]]:
    """List the pairs' rows in groups that have neither a question nor an origin in common, by their first rows."""
    questions = [f"question {number}" for number in number_alike((pair.tools, pair.messages) for pair in pairs)]
    marks = [
        frozenset((question, *(f"origin {origin}" for origin in pair.origins)))
        for question, pair in zip(questions, pairs, strict=True)
    ]
    linked = components(marks, random.Random(0))
    group_of = {mark: number for number, group in enumerate(linked) for mark in group}
    groups: dict[int, list[int]] = {}
    for row, question in enumerate(questions):
        groups.setdefault(group_of[question], []).append(row)
    return list(groups.values())


Names = frozenset[str]


@dataclass
class HeldNames:
    """Names whose rows are held back, grown set by set within what may be held and what may be lost.

    Args:
        names_of_rows: the names that link each row to others; rows without one are left out.
        fraction: fraction of these rows to hold back, 0 to 1.
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
        """Hold back each set, in order, that keeps the rows held and the rows lost within the target.

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
