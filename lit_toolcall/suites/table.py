"""The table of suites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lit_toolcall.data.bfcl_small import draw_small
from lit_toolcall.data.sources import ApiBank, Bfcl
from lit_toolcall.data.sources.api_bank.source import HUB_ID
from lit_toolcall.data.sources.bfcl import ANSWERED, UNANSWERED
from lit_toolcall.multi_turn import CATEGORIES, Entry, read_entries
from lit_toolcall.preparation.questions import read_questions
from lit_toolcall.types import Example

ROBUST_CATEGORIES = ("simple_python", "multiple", "parallel_multiple", "live_multiple")


@dataclass(frozen=True)
class Suite:
    """A test set with a name.

    Args:
        help: what it asks, in one line.
        questions: reads its questions; takes the folder or file of its data, None for what is installed or on the hub,
            and the seed of what it draws.
        dialogues: reads its dialogues of several turns, in the same way; None for a suite without.
        is_robust: whether its questions are asked in changed forms too.
        limit: questions of each category that are drawn, where the user gives none.
    """

    help: str
    questions: Callable[[str | None, int], list[Example]] = lambda _path, _seed: []
    dialogues: Callable[[str | None], list[Entry]] | None = None
    is_robust: bool = False
    limit: int | None = None


def read_bfcl(path: str | None, _seed: int = 0) -> list[Example]:
    """Read every single-turn category of BFCL."""
    return read_questions([Bfcl(categories=(*ANSWERED, *UNANSWERED), path=path)])


def read_bfcl_small(path: str | None, seed: int) -> list[Example]:
    """Draw the 400 questions of `bfcl-small`."""
    questions = read_bfcl(path)
    ids: dict[str, list[str]] = {}
    for question in questions:
        ids.setdefault(question.category, []).append(question.id)
    drawn = set(draw_small(ids, seed))
    return [question for question in questions if question.id in drawn]


def read_dialogues(path: str | None) -> list[Entry]:
    """Read BFCL's four categories of several turns."""
    return [entry for category in CATEGORIES for entry in read_entries(category, path)]


def read_api_bank(path: str | None, _seed: int = 0) -> list[Example]:
    """Read API-Bank's test rows, calls and responses."""
    return read_questions([ApiBank(path or HUB_ID, split="test")])


def read_robust(path: str | None, _seed: int = 0) -> list[Example]:
    """Read the questions of BFCL that `robust` changes."""
    return read_questions([Bfcl(categories=ROBUST_CATEGORIES, path=path)])


SUITES = {
    "bfcl": Suite("BFCL, every single-turn category", read_bfcl),
    "bfcl-small": Suite("400 of its questions, which estimate its official figures", read_bfcl_small),
    "bfcl-multi-turn": Suite("BFCL's dialogues of several turns, over simulated APIs", dialogues=read_dialogues),
    "api-bank": Suite("API-Bank's test rows, calls and responses", read_api_bank),
    "robust": Suite("questions of BFCL, changed in ways that change no answer", read_robust, is_robust=True, limit=25),
    "all": Suite("`bfcl` and `bfcl-multi-turn`", read_bfcl, read_dialogues),
}
"""By name. Adding a suite is one entry."""
