"""Questions of `test`, `predict` and validation pairs, and evaluation rows for the leakage check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lit_toolcall.data.sources import JsonLines, Ledger, Source
from lit_toolcall.data.sources.source import RowFile, read_rows_at
from lit_toolcall.data.splits import number_alike
from lit_toolcall.json_values import list_names
from lit_toolcall.preparation.recipes import as_question
from lit_toolcall.prompting import Renderer
from lit_toolcall.types import Example, Message, Preference, UserError


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
    """Refuse questions of which some cannot be scored, so that every rate is over all of them.

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
    """Read sources whose every row must be readable.

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


def list_questions(pairs: Sequence[Preference], renderer: Renderer) -> list[Example]:
    """List the questions of pairs, each once, with the calls of a chosen answer that stands there as text read."""
    first: dict[int, Preference] = {}
    for number, pair in zip(number_alike((pair.tools, pair.messages) for pair in pairs), pairs, strict=True):
        first.setdefault(number, pair)
    return [_read_calls(as_question(pair), renderer) for pair in first.values()]


def _read_calls(question: Example, renderer: Renderer) -> Example:
    assert question.answer is not None
    calls = () if question.answer.calls else renderer.parse(question.answer.content).calls
    return replace(question, answer=Message("assistant", "", calls)) if calls else question
