"""Questions for `test` and `predict`: all of them, or an error."""

from __future__ import annotations

from collections.abc import Sequence

from lit_toolcall.data.sources import Ledger, Source
from lit_toolcall.types import Example, UserError


def read_questions(sources: Sequence[Source]) -> list[Example]:
    """Read every question.

    Raises:
        UserError: no source is named, or a row cannot be read.
    """
    if not sources:
        raise UserError("data.test names no source: give at least one, such as Bfcl, or JsonLines with a path")
    ledger = Ledger()
    questions = [example for source in sources for example in source.read(ledger)]
    check_questions(questions, ledger)
    return questions


def check_questions(questions: list[Example], ledger: Ledger) -> None:
    """Refuse a test that would silently skip rows.

    Raises:
        UserError: a row was rejected, no row is left, or an id occurs twice.
    """
    if ledger.rejected:
        raise UserError(f"{len(ledger.rejected)} test rows cannot be read, the first: {ledger.rejected[0]}")
    if not questions:
        raise UserError("data.test holds no question")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise UserError(f"{question.place}: the id {question.id!r} occurs twice among the test rows: rename one")
        seen.add(question.id)
