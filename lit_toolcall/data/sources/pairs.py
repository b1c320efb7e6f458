"""Pairs of answers to one question: the files that `pairs` writes, and UltraFeedback's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.reading.calls import check_length, read_offer
from lit_toolcall.data.sources.reading.examples import is_list_text, note_repeated, read_answer_calls, with_keys_beside
from lit_toolcall.data.sources.reading.fields import read_structure
from lit_toolcall.data.sources.reading.files import Row, file_stem
from lit_toolcall.data.sources.reading.messages import LinkedMessage, order_results, read_message
from lit_toolcall.data.sources.reading.values import RowError, row_errors
from lit_toolcall.data.sources.reading.written_calls import settle_calls
from lit_toolcall.data.sources.source import PreferenceSource, RowFile, check_different, keep_rows
from lit_toolcall.json_values import clip
from lit_toolcall.types import Message, Preference, Role, Tool


class Pairs(RowFile, PreferenceSource):
    """Reads `{"chosen", "rejected"}` beside `messages`, `prompt` or `query`; `tools`, `id`, `reason`, `origins` may be
    there.

    The question is a text or a list of messages. An answer is a text, calls, one message, or a list of messages: the
    assistant's turns with the tools' results between them. Where answers repeat the question's messages before their
    own, as UltraFeedback's do, these are left out; without a question, it is what both answers begin with. Calls of an
    answer need not fit the tools.
    """

    def read_preferences(self, ledger: Ledger) -> Iterator[Preference]:
        return keep_rows(self.rows(), self.preference_of, self.limit, ledger)

    def preference_of(self, row: Row) -> Preference:
        """Make the preference of one row.

        Raises:
            RowError: with the reason, for the ledger.
        """
        value = row.value
        if not isinstance(value, dict) or not {"chosen", "rejected"} <= value.keys():
            raise RowError(f"a pair must be an object with `chosen` and `rejected`, this is {clip(repr(value), 40)}")
        tools = read_offer(value)
        chosen, rejected = (_read_turns(value, key, "assistant", tools) for key in ("chosen", "rejected"))
        question = _read_question(value, tools)
        if not question:
            question = _common_beginning(chosen, rejected)
        chosen, rejected = (
            _without(question, answer, key) for answer, key in ((chosen, "chosen"), (rejected, "rejected"))
        )
        check_different(chosen, rejected)
        question = tuple(order_results(with_keys_beside(value, [LinkedMessage(message) for message in question])))
        identity, reason = value.get("id"), value.get("reason")
        return Preference(
            id=f"{file_stem(self.path)}:{row.number}" if identity is None else str(identity),
            tools=tools,
            messages=question,
            chosen=chosen,
            rejected=rejected,
            reason="" if reason is None else str(reason),
            place=row.place,
            origins=_read_origins(read_structure(value, "origins")),
        )


def _read_origins(entry: Any) -> tuple[str, ...]:
    if entry is not None and not isinstance(entry, list):
        raise RowError(f"`origins` must be a list of ids, not {clip(repr(entry), 40)}")
    return tuple(str(part) for part in entry or ())


def _read_question(value: Mapping[str, Any], tools: Sequence[Tool]) -> tuple[Message, ...]:
    for key in ("messages", "prompt", "query"):
        question = _read_turns(value, key, "user", tools) if value.get(key) else ()
        if question and question[-1].role != "assistant":  # UltraFeedback's `messages` end with the chosen answer
            note_repeated(value, [turn.content for turn in question])
            return question
    return ()


def _read_turns(value: Mapping[str, Any], field: str, role: Role, tools: Sequence[Tool]) -> tuple[Message, ...]:
    """Read a text, a message or a list of messages, also as JSON text; a text is one message of the role.

    Calls that stand in a text are read as calls, unless the message says `as_written`: an answer that a model gave, in
    its own spelling. In a rejected answer a text that looks like a call and cannot be read as one stays a text.
    """
    entry = value[field]
    if isinstance(entry, str) and is_list_text(entry):
        entry = read_structure(value, field)
    entries = entry if isinstance(entry, list) else [entry]
    if not entries:
        raise RowError(f"`{field}` is empty")
    wrapped = [
        {"role": role, "content": part} if isinstance(part, str) and not is_list_text(part) else part
        for part in entries
    ]
    with row_errors(f"`{field}`"):
        if role == "assistant" and all(
            isinstance(part, dict) and not {"role", "content"} & part.keys() for part in wrapped
        ):
            return (read_answer_calls(wrapped),)
        turns = [
            (turn, isinstance(part, dict) and part.get("as_written") is True)
            for number, part in enumerate(wrapped, start=1)
            for turn in read_message(part, number)
        ]
        messages = order_results([turn for turn, _ in turns])
        written = {id(turn.message) for turn, as_written in turns if as_written}
        return tuple(
            message if id(message) in written else settle_calls(message, tools, keep_broken=field == "rejected")
            for message in messages
        )


def _common_beginning(chosen: tuple[Message, ...], rejected: tuple[Message, ...]) -> tuple[Message, ...]:
    length = 0
    while length < min(len(chosen), len(rejected)) and chosen[length] == rejected[length]:
        length += 1
    if not length:
        raise RowError(
            "no question: a pair has `messages`, `prompt` or `query`, or its answers begin with the same messages"
        )
    return chosen[:length]


def _without(question: tuple[Message, ...], answer: tuple[Message, ...], field: str) -> tuple[Message, ...]:
    """Take an answer's own turns.

    Raises:
        RowError: it has none, or they are not the assistant's with tools' results between them.
    """
    own = answer[len(question) :] if answer[: len(question)] == question else answer
    if not own or {own[0].role, own[-1].role} != {"assistant"} or {turn.role for turn in own} - {"assistant", "tool"}:
        raise RowError(f"`{field}` must be the assistant's turns, with tools' results between them and none at the end")
    if not any(turn.calls or turn.content for turn in own if turn.role == "assistant"):
        raise RowError(f"`{field}` is empty; give calls or an answer in words")
    if not all(turn.trained for turn in own):
        raise RowError(f"`{field}` has a turn that is not to be trained; pairs compare whole answers")
    check_length([call for turn in own for call in turn.calls])
    return own
