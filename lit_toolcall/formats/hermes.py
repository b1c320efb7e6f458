"""The format of Hermes and Qwen: a `<tool_call>` block with a JSON object for each call."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from lit_toolcall.formats.call_format import CallFormat, check_length, strip_span
from lit_toolcall.formats.json_calls import read_call_object, read_json, write_json
from lit_toolcall.formats.thoughts import Span
from lit_toolcall.types import ToolCall

_STRING_OR_TAG = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|(?P<tag></?tool_call>)', re.DOTALL)
"""A string of JSON, in which a tag is text, or a tag; a string that is never closed runs to the end."""


class Hermes(CallFormat):
    """One block a call; arguments that were encoded to JSON twice are read too."""

    start: ClassVar[str] = "<tool_call>"
    markers: ClassVar[tuple[str, ...]] = ("<tool_call>", "</tool_call>")
    instruction: ClassVar[str] = (
        'Call tools like this: <tool_call>\n{"name": "name", "arguments": {"argument": value}}\n</tool_call>'
        ", one block a call. If no tool fits, answer in words."
    )

    def write(self, calls: Sequence[ToolCall]) -> str:
        objects = [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]
        return "\n".join(f"<tool_call>\n{write_json(each, self.markers)}\n</tool_call>" for each in objects)

    def read(self, text: str) -> tuple[ToolCall, ...]:
        check_length(text[text.find(self.start) :] if self.start in text else "")
        blocks = (text[start:end] for start, end in self._find_blocks(text))
        return tuple(read_call_object(read_json(block), "arguments") for block in blocks)

    def _find_blocks(self, text: str) -> Iterator[Span]:
        start = text.find(self.start)
        while start >= 0:
            start += len(self.start)
            end, _ = _find_tag(text, start)
            yield start, end
            start = text.find(self.start, end)

    def find_each_call(self, text: str) -> list[Span]:
        return [strip_span(text, block) for block in self._find_blocks(text)]

    def find_calls(self, text: str, position: int) -> Span | None:
        start = text.find(self.start, position)
        return None if start < 0 else (start, _find_tag(text, start + len(self.start))[1])


def _find_tag(text: str, position: int) -> Span:
    """Return where a block's JSON ends and its closing tag; a block without one ends with the next or with the text.

    >>> _find_tag('{"a": "</tool_call>"}</tool_call>', 0)
    (21, 33)
    """
    tags = (found for found in _STRING_OR_TAG.finditer(text, position) if found["tag"])
    tag = next(tags, None)
    if tag is None:
        return len(text), len(text)
    return tag.start(), tag.end() if tag["tag"].startswith("</") else tag.start()
