"""Hermes' function calling rows, version 1: ShareGPT with tools, calls and results between tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.reading.calls import read_call
from lit_toolcall.data.sources.reading.examples import Speech, make_example, read_schemas, read_speeches, read_text_turn
from lit_toolcall.data.sources.reading.fields import decode_value, decode_values, read_id, read_object
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.reading.values import RowError, row_errors
from lit_toolcall.data.sources.source import RowSource
from lit_toolcall.json_values import clip
from lit_toolcall.types import Example, Message, Role, Tool, ToolCall

HUB_ID = "NousResearch/hermes-function-calling-v1"
ROLES: Mapping[str, Role] = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "tool": "tool",
}
TAGS = ("<tools>", "<tool_call>", "<tool_response>")
INSTRUCTIONS = frozenset(
    {
        "You are a function calling AI model.",
        "You may call one or more functions to assist with the user query.",
        "If available tools are not relevant in assisting with user query, just respond in natural conversational"
        " language.",
        "Don't make assumptions about what values to plug into functions.",
        "Don't make assumptions about what values to plug into json schema.",
        "Here are the available tools:",
    }
)
"""What the published rows say about calling, beside the sentences with tags in them; a renderer says it itself."""

_TOOLS = re.compile(r"<tools>\s*+(?=[\[{])")
_SENTENCE = re.compile(r".+?(?:[.:!?]\s++|\Z)", re.DOTALL)


class HermesRows(RowSource):
    """Reads `{"conversations": [{"from", "value"}], "tools"}` with `<tool_call>{...}</tool_call>` in the text of `gpt`.

    The tools stand as a list, or as one object a line, between `<tools>` and `</tools>` in the system turn; where
    they do not, in the field `tools`. Calls, tools and that field are JSON, or literals in Python's quotes as older
    rows have them; nothing is evaluated. Several calls in a turn are parallel calls. Each `<tool_response>` becomes a
    result of its own, as it was printed. The last turn of the assistant is the answer, and what follows it is left
    out. An argument's text takes the type that its tool declares where it says exactly such a value.

    The system turn's sentences on how to call are left out; any other becomes the system message.

    Rejected are tags without an end, text between or after calls, calls that cannot be read (of the structured
    extractions many have `name` inside of `arguments`), and answers whose calls do not fit the tools.

    Args:
        path: a file of JSON lines, a `.json` file with one array of rows such as the published `func-calling.json`,
            a `.parquet` file, or a dataset id on the Hugging Face hub.
        split: the hub dataset's split.
        limit: examples to take at most; all where it is not given.
        config: the hub dataset's config, such as `func_calling_singleturn`, `func_calling`, `glaive_func_calling`.
    """

    def __init__(
        self,
        path: str = HUB_ID,
        split: str = "train",
        limit: int | None = None,
        config: str | None = "func_calling_singleturn",
    ) -> None:
        super().__init__(path, split, limit, config)

    def example_of(self, row: Row) -> Example:
        fields = read_object(row)
        speeches = read_speeches(fields, ROLES)
        tools, told = _read_tools(fields, speeches)
        turns = [*(Message("system", text) for text in told), *_turns(speeches, tools)]
        category = fields.get("category")
        return make_example(
            row, read_id(fields, self.path, row.number), turns, tools, category if isinstance(category, str) else ""
        )


def _read_tools(fields: Mapping[str, Any], speeches: Sequence[Speech]) -> tuple[tuple[Tool, ...], list[str]]:
    """Return the tools of the system turns, or else of the field, and what else the system turns say."""
    entries: list[Any] = []
    told = []
    for speech in filter(lambda speech: ROLES[speech.speaker] == "system", speeches):
        found, rest = read_system(read_text_turn(speech.value))
        entries += found
        told += [rest] if rest else []
    given = fields.get("tools")
    if not entries and isinstance(given, str) and given.strip():
        return read_schemas(_decode(given, "`tools`")), told
    return read_schemas(entries or given), told


def read_system(text: str) -> tuple[list[Any], str]:
    """Read the tools out of a system turn as they are, and what else it says.

    >>> read_system("It is noon. Call the functions in <tools> </tools>.\\n<tools>\\n[{'name': 'now'}]\\n</tools>")
    ([{'name': 'now'}], 'It is noon.')

    Raises:
        RowError: tools that do not end, or that cannot be read.
    """
    start = _TOOLS.search(text)
    if start is None:
        return [], text.strip()
    end = text.find("</tools>", start.end())
    if end < 0:
        raise RowError("<tools> in the system turn is not closed")
    entries = _decode(text[start.end() : end], "<tools>")
    after = text[end + len("</tools>") :].strip()
    own = [sentence for sentence in _SENTENCE.findall(text[: start.start()]) if _is_own(sentence)]
    told = ["".join(own).strip(), "" if "<tool_call>" in after else after]
    return entries, "\n".join(part for part in told if part)


def _is_own(sentence: str) -> bool:
    """Tell whether a sentence of a system turn says more than how to call."""
    words = " ".join(sentence.split())
    return bool(words) and words not in INSTRUCTIONS and not any(tag in words for tag in TAGS)


def _decode(text: str, what: str) -> list[Any]:
    with row_errors(what):
        return decode_values(text)


def _turns(speeches: Sequence[Speech], tools: Sequence[Tool]) -> Iterator[Message]:
    for number, speech in enumerate(speeches, start=1):
        with row_errors(f"turn {number} ({speech.speaker})"):
            role, text = ROLES[speech.speaker], read_text_turn(speech.value)
            if role == "assistant":
                said, blocks = cut_blocks(text, "tool_call")
                yield speech.mark(Message(role, said, tuple(_read_call(block, tools) for block in blocks)))
            elif role == "tool":
                yield from (Message(role, result) for result in _results(text))
            elif role == "user":
                yield Message(role, text)


def _results(text: str) -> list[str]:
    said, blocks = cut_blocks(text, "tool_response")
    if said and blocks:
        raise RowError(f"text before <tool_response>: {clip(said, 40)!r}")
    return blocks or [said]


def cut_blocks(text: str, tag: str) -> tuple[str, list[str]]:
    """Return the text before the first tag, and what stands inside of each.

    >>> cut_blocks("Let me see. <tool_call> {} </tool_call>", "tool_call")
    ('Let me see.', ['{}'])

    Raises:
        RowError: a tag that is not closed or not opened, or text between or after them.
    """
    said, *parts = text.split(f"<{tag}>")
    blocks = []
    for part in parts:
        block, closing, after = part.partition(f"</{tag}>")
        if not closing:
            raise RowError(f"<{tag}> is not closed: {clip(part.strip(), 40)!r}")
        if after.strip():
            raise RowError(f"text after </{tag}>: {clip(after.strip(), 40)!r}")
        blocks.append(block.strip())
    if f"</{tag}>" in said:
        raise RowError(f"</{tag}> is not opened: {clip(said.strip(), 40)!r}")
    return said.strip(), blocks


def _read_call(block: str, tools: Sequence[Tool]) -> ToolCall:
    # Structured extractions write the line breaks around a call as a backslash and an n.
    block = block.removeprefix("\\n").removesuffix("\\n")
    with row_errors("<tool_call>"):
        return read_call(decode_value(block), "name", "arguments", tools)
