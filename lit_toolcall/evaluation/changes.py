"""What changed between two evaluations of the same questions, question by question, as a table that is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

MOST_CHARACTERS = 300
"""Of a cell; what is longer is cut."""
ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"} | {sign: f"\\{sign}" for sign in "\\`*_[]$"}
)
NAMES = {(True, True): "still right", (True, False): "broken", (False, True): "fixed", (False, False): "still wrong"}
"""By whether the answer was right before, and whether it is now."""
ORDER = ("broken", "fixed", "still wrong", "new", "still right", "not scored")


@dataclass(frozen=True)
class Change:
    """One question in two evaluations.

    Args:
        change: `fixed`, `broken`, `still wrong`, `still right`; `not scored` where the right answer is not known; `new`
            where it was not asked or not scored before.
        id: of the question.
        question: the user's last words.
        expected: the expected calls, as JSON; empty where they are not known.
        before: the answer before.
        now: the answer now.
        problem: what is wrong with it now.
    """

    change: str
    id: str
    question: str
    expected: str
    before: str
    now: str
    problem: str


COLUMNS = tuple(field.name for field in fields(Change))


def list_changes(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> list[Change]:
    """Compare the lines of two evaluations, what broke first.

    Args:
        before: lines of `predictions.jsonl`.
        now: the same of the later one.

    >>> wrong, right = ({"id": "1", "correct": each, "text": "f()", "question": []} for each in (False, True))
    >>> [change.change for change in list_changes([wrong], [right]) + list_changes([], [wrong])]
    ['fixed', 'new']
    """
    known = {line["id"]: line for line in before}
    changes = [_compare(known.get(line["id"]), line) for line in now]
    return sorted(changes, key=lambda change: ORDER.index(change.change))


def _compare(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> Change:
    said = [turn["content"] for turn in now["question"] if turn["role"] == "user"]
    expected = now.get("expected")
    return Change(
        change=_name_change(None if before is None else before["correct"], now["correct"]),
        id=now["id"],
        question=said[-1] if said else "",
        expected="" if expected is None else json.dumps(expected, ensure_ascii=False),
        before="" if before is None else before["text"],
        now=now["text"],
        problem=now.get("problem") or "",
    )


def _name_change(was_right: bool | None, is_right: bool | None) -> str:
    if is_right is None:
        return "not scored"
    return "new" if was_right is None else NAMES[was_right, is_right]


def count_changes(changes: Sequence[Change]) -> dict[str, int]:
    """Count the changes of each kind."""
    return {name: sum(change.change == name for change in changes) for name in ORDER}


def write_table(changes: Sequence[Change]) -> str:
    """Write changes as a table in Markdown; what a model wrote stays text.

    >>> print(write_table([Change("fixed", "1", "a|b", "", "", "<b>x", "")]).splitlines()[-1])
    | fixed | 1 | a&#124;b |  |  | &lt;b&gt;x |  |
    """
    rows = ["| " + " | ".join(COLUMNS) + " |", "| --- " * len(COLUMNS) + "|"]
    return "\n".join(rows + ["| " + " | ".join(map(_write_cell, astuple(change))) + " |" for change in changes])


def _write_cell(text: str) -> str:
    """Write a text on one line, so that no Markdown, HTML or control character of it works."""
    cut = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}..."
    return " ".join("".join(each if each.isprintable() else " " for each in cut).split()).translate(ESCAPES)
