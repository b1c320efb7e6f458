"""The ledger of a source: how many rows it took, and which it rejected and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

MAX_REASON_CHARACTERS = 400
"""A ledger holds a reason for each row of a file, and a broken row may quote megabytes of itself."""

MAX_UNREAD_KEYS = 200
"""Names of keys that a ledger counts; hostile rows may each have others."""
MAX_KEY_CHARACTERS = 60
OTHER_KEYS = "(others)"


@dataclass(frozen=True)
class Rejection:
    """One row that was not taken."""

    place: str
    """`file:line`, or `file:row N` where the file is not one row a line."""
    reason: str
    """A sentence that names what is wrong and the cure."""

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass
class Ledger:
    """Every row that a source met: how many it took, and which it rejected and why."""

    kept: int = 0
    rejected: list[Rejection] = field(default_factory=list)
    unread: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many kept rows of a file have a key that nothing reads, by (file, key)."""

    def reject(self, place: str, reason: str) -> None:
        """Note a row that is not taken, its place and reason shortened and escaped."""
        self.rejected.append(Rejection(write_place(place), write_reason(reason)))

    def note_unread(self, place: str, keys: Iterable[str]) -> None:
        """Count the keys of a kept row that nothing reads."""
        for key in keys:
            named = write_place(place).rpartition(":")[0], write_key(key)
            if named not in self.unread and len(self.unread) >= MAX_UNREAD_KEYS:
                named = named[0], OTHER_KEYS
            self.unread[named] += 1


def escape(text: str) -> str:
    """Write what a terminal would act on as an escape.

    >>> escape("a\\x1b[2J")
    'a\\\\x1b[2J'
    """
    return text if text.isprintable() else "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def write_place(place: str) -> str:
    """Write where a row stands; the name of its file may hold anything."""
    return escape(place)


def write_key(key: str) -> str:
    """Write a key of a row, shortened."""
    return escape(key if len(key) <= MAX_KEY_CHARACTERS else f"{key[:MAX_KEY_CHARACTERS]}...")


def write_reason(reason: str) -> str:
    """Return a reason on one line, as long as a sentence, with what a terminal would act on escaped.

    >>> write_reason("the keys are a\\nb and \\x1b[2J")
    'the keys are a b and \\\\x1b[2J'
    """
    start = reason[: 2 * MAX_REASON_CHARACTERS]
    line = escape(" ".join(start.split()))
    whole = len(start) == len(reason) and len(line) <= MAX_REASON_CHARACTERS
    return line if whole else f"{line[:MAX_REASON_CHARACTERS]}..."


def write_rejections(rejected: Sequence[Rejection], path: Path) -> None:
    """Write rejected rows as JSON lines."""
    lines = [json.dumps(asdict(rejection), ensure_ascii=False) for rejection in rejected]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
