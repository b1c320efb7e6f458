"""Glaive's function calling rows, version 2: a system text with the tools, and a chat as one text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.reading.calls import read_call
from lit_toolcall.data.sources.reading.examples import make_example, read_schemas
from lit_toolcall.data.sources.reading.fields import decode_values, read_id, read_object, read_text, recheck
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.reading.values import RowError, row_errors
from lit_toolcall.data.sources.source import RowSource
from lit_toolcall.formats.call_format import refuse
from lit_toolcall.formats.literals import LiteralReader
from lit_toolcall.json_values import clip, unique_keys
from lit_toolcall.types import Example, Message, Role, Tool, ToolCall

HUB_ID = "glaiveai/glaive-function-calling-v2"
ROLES: Mapping[str, Role] = {"USER": "user", "ASSISTANT": "assistant", "FUNCTION RESPONSE": "tool"}
SYSTEM_MARK = "SYSTEM:"
CALL_MARK = "<functioncall>"
TURN_END = "<|endoftext|>"
INSTRUCTION = re.compile(
    r"You are an? helpful assistant (?:with|who has) access to the following functions"
    r"(?:\. Use them if required| to help the user, you can use the functions if needed)?\s*+-?"
)
"""What stands before the tools in the published rows: that there are tools, which a renderer says itself."""

_TOOLS_START = re.compile(r"[{\[]")
_SPEAKER = re.compile(r"^[ \t]*+(USER|ASSISTANT|FUNCTION RESPONSE):", re.MULTILINE)
_OPENING = re.compile(r"\s*+'(?=\s*+\{)")
_CLOSING = re.compile(r"\s*+'")


class Glaive(RowSource):
    """Reads `{"system", "chat"}`: the tools are JSON objects one after another in `system`, the chat has speakers.

    A call is written `<functioncall> {"name": "f", "arguments": '{"a": "it's"}'}`: the arguments are JSON between
    single quotes, so the whole is no JSON; where they end is read from the JSON, so that an apostrophe in it, with
    or without a backslash, ends nothing. Nothing is evaluated. Several calls in a turn are parallel calls.

    The last turn of the assistant is the answer, and what follows it is left out. An argument's text takes the type
    that its tool declares where it says exactly such a value. The sentence before the tools is left out; any other
    text of `system` becomes the system message.

    Rejected are calls and tools that cannot be read, text after a call or after `<|endoftext|>`, and answers whose
    calls do not fit the tools.

    Args:
        path: a file of JSON lines, a `.json` file with one array of rows such as the published
            `glaive-function-calling-v2.json`, a `.parquet` file, or a dataset id on the Hugging Face hub.
        split: the hub dataset's split.
        limit: examples to take at most; all where it is not given.
        config: the hub dataset's config, for one that has several.
    """

    def __init__(
        self, path: str = HUB_ID, split: str = "train", limit: int | None = None, config: str | None = None
    ) -> None:
        super().__init__(path, split, limit, config)

    def example_of(self, row: Row) -> Example:
        fields = read_object(row)
        tools, told = read_system(read_text(fields, "system"))
        turns = [Message("system", told)] if told else []
        turns += _turns(read_text(fields, "chat"), tools)
        return make_example(row, read_id(fields, self.path, row.number), turns, tools, category="")


def read_system(text: str) -> tuple[tuple[Tool, ...], str]:
    """Read the tools out of a system text, and what else it says.

    >>> tools, told = read_system('SYSTEM: It is noon. -\\n{"name": "now", "parameters": {}}\\n\\n{"name": "today"}\\n')
    >>> [tool.name for tool in tools], told
    (['now', 'today'], 'It is noon. -')

    Raises:
        RowError: tools that cannot be used.
    """
    text = text.strip().removeprefix(SYSTEM_MARK).strip()
    found = _TOOLS_START.search(text)
    start = len(text) if found is None else found.start()
    told = INSTRUCTION.sub("", text[:start]).strip()
    with row_errors("the tools in `system`"):
        entries = decode_values(text[start:])
    return read_schemas(entries), told


def _turns(chat: str, tools: Sequence[Tool]) -> Iterator[Message]:
    marks = list(_SPEAKER.finditer(chat))
    before = chat[: marks[0].start()] if marks else chat
    if before.strip():
        raise RowError(f"`chat` must begin with USER:, ASSISTANT: or FUNCTION RESPONSE:, not {clip(before, 40)!r}")
    ends = [mark.start() for mark in marks[1:]] + [len(chat)]
    for number, (mark, end) in enumerate(zip(marks, ends, strict=True), start=1):
        text = chat[mark.end() : end].strip()
        with row_errors(f"turn {number} of `chat`"):
            yield _answer(text, tools) if mark[1] == "ASSISTANT" else Message(ROLES[mark[1]], text)


def _answer(text: str, tools: Sequence[Tool]) -> Message:
    text, _, rest = text.partition(TURN_END)
    if rest.strip():
        raise RowError(f"text after {TURN_END}: {clip(rest.strip(), 40)!r}")
    said, *calls = text.split(CALL_MARK)
    return Message("assistant", said.strip(), tuple(read_function_call(call, tools) for call in calls))


def read_function_call(text: str, tools: Sequence[Tool]) -> ToolCall:
    r"""Read a call as Glaive writes it, in time linear in the text.

    >>> read_function_call('''{"name": "note", "arguments": '{"text": "it's", "who": "O\\'Neill"}'}''', ())
    ToolCall(name='note', arguments={'text': "it's", 'who': "O'Neill"})

    Raises:
        RowError: anything but one call.
    """
    with row_errors(f"the call {clip(text.strip(), 60)!r} cannot be read"):
        fields = recheck(_read_fields(LiteralReader(text)))
    return read_call(fields, "name", "arguments", tools)


def _read_fields(reader: LiteralReader) -> dict[str, Any]:
    pairs: list[tuple[str, Any]] = []
    reader.expect("{")
    while not reader.skip("}"):
        key = reader.value(1)
        if not isinstance(key, str):
            raise RowError(f"a key that is no text, before {reader.rest()}")
        reader.expect(":")
        pairs.append((key, _read_field(reader)))
        if not reader.skip(","):
            reader.expect("}")
            break
    reader.end()
    return unique_keys(pairs, refuse)


def _read_field(reader: LiteralReader) -> Any:
    opening = _OPENING.match(reader.text, reader.position)
    if opening is None:
        return reader.value(1)
    reader.move(opening.end())
    value = reader.value(1)
    closing = _CLOSING.match(reader.text, reader.position)
    if closing is None:
        raise RowError(f"expected ' after the arguments, found {reader.rest()}")
    reader.move(closing.end())
    return value
