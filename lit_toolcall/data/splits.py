"""Validation rows held back from training rows: at random, or so that no validation tool occurs in training."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Generic, NamedTuple

from lit_toolcall.data.linked_names import HeldNames, Names, cheapest_sets, components, number_alike
from lit_toolcall.data.sources.ledger import Rejection
from lit_toolcall.json_values import clip
from lit_toolcall.types import Example, Preference, Row, UserError

ENOUGH = 0.8
"""A split that loses nothing is taken where it holds back at least this part of the rows that were asked for."""


class Split(NamedTuple, Generic[Row]):
    """Rows for training and for validation, each in the order they came in, and the rows that fit neither.

    The note says, as a sentence, what was done otherwise than asked for.
    """

    train: list[Row]
    validation: list[Row]
    dropped: list[Rejection]
    note: str = ""


def split_random(examples: Sequence[Example], fraction: float, seed: int) -> Split[Example]:
    """Hold back a random share of rows, at least one.

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
    """Hold back rows whose tools, on offer or called in any turn, occur in no training row under any spelling.

    First whole groups of rows that are linked by common tools are held back, which changes no row. Where the groups
    are too large for that, the groups are those that are linked by the tools that they call; tools that a row offers
    and does not call leave it where the other side has them, so that a validation row may keep few tools besides those
    that it calls. Where these are too large as well, rows that call tools of both sides are dropped, the cheapest
    first and never more than were to be held back. So there may be fewer validation rows than asked for.

    Args:
        examples: the rows.
        fraction: share of the rows to hold back, 0 to 1.
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
        raise UserError("no row offers or calls a tool, so none can be unseen: split at random")
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
    """Hold back a random share of the questions with all their pairs, at least one.

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
            f"data.validation_fraction={fraction} must lie between 0 and 1; or name sources in data.validation"
        )
    groups = _group_alike(pairs)
    if len(groups) < 2:
        raise UserError(
            "the pairs ask one question, or questions that belong together, so none can be held back: name "
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
            f"data.validation_fraction={fraction} asks for, since their questions belong together: name data.validation"
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
        raise UserError(f"validation_fraction={fraction} must lie between 0 and 1, or name data.validation")
    if rows < 2:
        raise UserError(f"{rows} rows cannot be split into training and validation: add rows or name data.validation")


def _checked(split: Split[Example], fraction: float) -> Split[Example]:
    for side, rows in (("validation", split.validation), ("training", split.train)):
        if not rows:
            raise UserError(
                f"no row is left for {side} with validation_fraction={fraction} and tools unseen in training, because "
                "the rows' tools link them all: add rows with other tools, change the fraction, or split at random"
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
