"""Solved examples in the prompt: the rows nearest to a question, as earlier turns of its dialogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lit_toolcall.data.leakage import QUERY_KINDS, LeakageIndex, split_words
from lit_toolcall.ranges import check_number, count_of
from lit_toolcall.retrieval.bm25 import Bm25, split_terms
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Message, Tool

MAX_TRIED = 1000
"""Rows, the nearest first, that are looked at for one question."""


class ShotIndex:
    """Solved rows, looked up by what is asked.

    Rows of one question and its answer are kept. One with an earlier dialogue would not be understood without it, and
    one with a system message would bring its instructions along.

    Args:
        rows: of the training data, or of one's own; never of the test set.

    Attributes:
        rows: those that are kept.
    """

    def __init__(self, rows: Iterable[Example]) -> None:
        self.rows = tuple(row for row in rows if [each.role for each in row.messages] == ["user"] and row.answer)
        self._ranking = Bm25(split_terms(row.messages[0].content) for row in self.rows)

    def find(self, example: Example, shots: int) -> list[Example]:
        """Find the nearest rows that can stand before a question, the nearest first.

        A row is passed over

        - where it is the question: its id, one of the ids that it is made of, or its words;
        - where it nearly is, but for a few words, by the rule of the leakage check;
        - where its calls do not fit the tools on offer: a call of a tool that the model is not shown would teach it to
          make some up, and a tool that is added for the row's sake would change the question;
        - where it is answered in words and did not offer all tools of the question: one of them might have fitted;
        - where a nearer one has the same question.
        """
        asked = "\n".join(message.content for message in example.messages if message.role == "user")
        questions = LeakageIndex([example])
        seen = {split_words(asked)} | {split_words(each.content) for each in example.messages if each.role == "user"}
        found: list[Example] = []
        for number in self._ranking.rank(split_terms(asked))[:MAX_TRIED]:
            row = self.rows[number]
            words = split_words(row.messages[0].content)
            if words in seen or _shares_origin(row, example) or not can_show(row, example.tools):
                continue
            leak = questions.find(row)
            if leak is not None and leak.kind in QUERY_KINDS:
                continue
            seen.add(words)
            found.append(row)
            if len(found) == shots:
                break
        return found


def add_shots(example: Example, index: ShotIndex, shots: int) -> Example:
    """Put solved rows before a question, as earlier turns of its dialogue, the nearest one last.

    The question's tools stay as they are. It gets fewer rows, or none, where no more of them can be shown.

    Args:
        example: the question, after tools were retrieved for it.
        index: the solved rows.
        shots: how many of them at most.

    Raises:
        UserError: `shots` is out of range.

    >>> from lit_toolcall.types import ToolCall
    >>> tool = Tool("add", "", {"properties": {"a": {"type": "integer"}}})
    >>> row = Example("r", (tool,), (Message("user", "Add 1"),), Message("assistant", "", (ToolCall("add", {"a": 1}),)))
    >>> question = Example("q", (tool,), (Message("user", "Add 2"),), None)
    >>> [message.role for message in add_shots(question, ShotIndex([row]), 1).messages]
    ['user', 'assistant', 'user']
    """
    check_number("shots", shots, count_of(high=1000))
    turns: list[Message] = []
    for row in reversed(index.find(example, shots)):
        assert row.answer is not None, "the index keeps no other"
        turns += [*row.messages, replace(row.answer, trained=False)]
    first = next((number for number, each in enumerate(example.messages) if each.role != "system"), 0)
    return replace(example, messages=(*example.messages[:first], *turns, *example.messages[first:]))


def can_show(row: Example, tools: tuple[Tool, ...]) -> bool:
    """Tell whether a row's answer is right with these tools on offer: its calls fit them, or it knew them all."""
    if row.answer is None:
        return False
    if not row.answer.calls:
        return all(tool in row.tools for tool in tools)
    return all(find_call_problem(call, tools) is None for call in row.answer.calls)


def _shares_origin(row: Example, example: Example) -> bool:
    """Tell whether both are made of one row; a transformed question is named `ORIGINAL@KIND=LEVEL`."""
    origins = {row.id, *row.origins}
    return bool(origins & {example.id, *example.origins}) or any(example.id.startswith(f"{each}@") for each in origins)
