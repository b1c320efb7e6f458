"""Pairs of answers to one question: the files that `pairs` writes, and UltraFeedback's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lit_toolcall.data.sources.base import Ledger
from lit_toolcall.data.sources.files import Row, RowError, clip, file_stem
from lit_toolcall.data.sources.preferences import PreferenceSource, check_different
from lit_toolcall.data.sources.row_source import RowFile, keep_rows
from lit_toolcall.data.sources.rows import check_length, read_message, read_offer
from lit_toolcall.types import Message, Preference


class Pairs(RowFile, PreferenceSource):
    """Reads `{"chosen", "rejected"}` beside `messages` or `prompt`; `tools`, `id`, `reason`, `origins` may be there.

    The question is a text or a list of messages. An answer is a text, one message, or a list of messages: the
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
        chosen, rejected = (_read_messages(value[key], "assistant", key) for key in ("chosen", "rejected"))
        question = _read_question(value)
        if not question:
            question = _common_beginning(chosen, rejected)
        chosen, rejected = (
            _without(question, answer, key) for answer, key in ((chosen, "chosen"), (rejected, "rejected"))
        )
        check_different(chosen, rejected)
        identity, reason = value.get("id"), value.get("reason")
        return Preference(
            id=f"{file_stem(self.path)}:{row.number}" if identity is None else str(identity),
            tools=read_offer(value),
            messages=question,
            chosen=chosen,
            rejected=rejected,
            reason="" if reason is None else str(reason),
            place=row.place,
            origins=_read_origins(value.get("origins")),
        )


def _read_origins(entry: Any) -> tuple[str, ...]:
    if entry is not None and not isinstance(entry, list):
        raise RowError(f"`origins` must be a list of ids, not {clip(repr(entry), 40)}")
    return tuple(str(part) for part in entry or ())


def _read_question(value: Mapping[str, Any]) -> tuple[Message, ...]:
    for key in ("messages", "prompt"):
        question = _read_messages(value[key], "user", key) if value.get(key) else ()
        if question and question[-1].role != "assistant":  # UltraFeedback's `messages` end with the chosen answer
            return question
    return ()


def _read_messages(entry: Any, role: str, field: str) -> tuple[Message, ...]:
    """Read a text, a message or a list of messages; a text is one message of the role."""
    entries = entry if isinstance(entry, list) else [entry]
    if not entries:
        raise RowError(f"`{field}` is empty")
    wrapped = [{"role": role, "content": part} if isinstance(part, str) else part for part in entries]
    try:
        return tuple(read_message(part, number) for number, part in enumerate(wrapped, start=1))
    except RowError as error:
        raise RowError(f"`{field}`: {error}") from None


def _common_beginning(chosen: tuple[Message, ...], rejected: tuple[Message, ...]) -> tuple[Message, ...]:
    length = 0
    while length < min(len(chosen), len(rejected)) and chosen[length] == rejected[length]:
        length += 1
    if not length:
        raise RowError("no question: a pair has `messages` or `prompt`, or its answers begin with the same messages")
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
    check_length([call for turn in own for call in turn.calls])
    return own
