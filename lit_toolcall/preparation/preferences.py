"""Rows of preference optimization: one question with a chosen and a rejected answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lit_toolcall.data.linked_names import number_alike
from lit_toolcall.data.sources import Ledger, PreferenceSource
from lit_toolcall.data.splits import Split, split_by_question
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Tree
from lit_toolcall.preparation.settings import Recipe
from lit_toolcall.preparation.truncation import shorten
from lit_toolcall.prompting import Renderer, RowProblem, encode_preference
from lit_toolcall.types import Example, Message, Preference, UserError


@dataclass(frozen=True)
class PreferenceRecipe(Recipe[Preference]):
    """How preferences are read, split and encoded; the settings are those of every recipe."""

    def read(self, source: PreferenceSource, ledger: Ledger) -> Iterator[Preference]:
        return source.read_preferences(ledger)

    def hold_back(self, rows: Sequence[Preference]) -> Split[Preference]:
        return split_by_question(rows, self.validation_fraction, self.seed)

    def encode(self, renderer: Renderer, row: Preference) -> Tree:
        return encode_preference(renderer, row)

    def encode_all(
        self, renderer: Renderer, rows: Sequence[Preference]
    ) -> Iterator[tuple[Preference, Tree | RowProblem]]:
        for pair in rows:
            try:
                yield pair, encode_preference(renderer, pair)
            except (CallSyntaxError, UserError) as problem:
                yield pair, problem

    def shorten(self, row: Preference) -> Iterator[Preference]:
        calls = tuple(call for answer in (row.chosen, row.rejected) for turn in answer for call in turn.calls)
        for shorter in shorten(replace(as_question(row), answer=Message("assistant", "", calls))):
            yield replace(row, tools=shorter.tools, messages=shorter.messages)

    def as_question(self, row: Preference) -> Example:
        return as_question(row)

    def list_messages(self, row: Preference) -> Sequence[Message]:
        return (*row.messages, *row.chosen, *row.rejected)


def as_question(pair: Preference) -> Example:
    """Take a pair's question, with the chosen answer's first turn as the right one."""
    return Example(pair.id, pair.tools, pair.messages, pair.chosen[0], place=pair.place)


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
