"""Questions for `test` and `predict`, and evaluation rows for the leakage check: all of them, or an error."""

from __future__ import annotations

from collections.abc import Sequence

from lit_toolcall.data.sources import JsonLines, Ledger, Source
from lit_toolcall.data.sources.source import RowFile, read_rows_at
from lit_toolcall.json_values import list_names
from lit_toolcall.types import Example, UserError


def read_questions(sources: Sequence[Source]) -> list[Example]:
    """Read every question of a test.

    Raises:
        UserError: no source is named, a row cannot be read, there is none, or an id occurs twice.
    """
    if not sources:
        raise UserError("data.test names no source: give at least one, such as Bfcl, or JsonLines with a path")
    questions = read_every_row(sources, "data.test")
    check_ids(questions)
    return questions


def check_answers(questions: Sequence[Example], sources: Sequence[Source]) -> None:
    """Refuse questions for a test of which some could not be scored, so that no figure is of a part of them.

    Raises:
        UserError: a question has no known answer; with what its row holds instead.
    """
    unanswered = [question for question in questions if question.answer is None and question.bfcl is None]
    if not unanswered:
        return
    first = unanswered[0]
    keys = _list_keys(first.place, sources)
    raise UserError(
        f"data.test: {len(unanswered):,} of {len(questions):,} rows have no answer that can be scored, the first: "
        f"{first.place}{f', with the keys {list_names(keys)}' if keys else ''}: give each an `expected_output`, or "
        "an assistant's message at its end; `predict` answers questions without a score"
    )


def _list_keys(place: str, sources: Sequence[Source]) -> list[str]:
    """List the keys of the row at a place; none where its source is not one row an example."""
    for source in sources:
        rows = source.rows() if isinstance(source, RowFile) else ()
        rows = read_rows_at(source.path) if isinstance(source, JsonLines) else rows
        row = next((row for row in rows if row.place == place), None)
        if row is not None and isinstance(row.value, dict):
            return list(row.value)
    return []


def read_every_row(sources: Sequence[Source], setting: str) -> list[Example]:
    """Read sources of which no row may be skipped silently.

    Args:
        sources: read in order.
        setting: that names them, for the error.

    Raises:
        UserError: a row cannot be read, or there is none.
    """
    ledger = Ledger()
    rows = [example for source in sources for example in source.read(ledger)]
    if ledger.rejected:
        raise UserError(f"{setting}: {len(ledger.rejected):,} rows cannot be read, the first: {ledger.rejected[0]}")
    if not rows:
        raise UserError(f"{setting} holds no row: give sources with at least one, or change their skip and limit")
    return rows


def check_ids(questions: Sequence[Example]) -> None:
    """Refuse questions whose predictions could not be told apart.

    Raises:
        UserError: an id occurs twice.
    """
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise UserError(f"{question.place}: the id {question.id!r} occurs twice among the test rows: rename one")
        seen.add(question.id)
