"""The format of Hermes and Qwen: a `<tool_call>` block with a JSON object for each call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lit_toolcall.formats.base import CallFormat
from lit_toolcall.formats.json_calls import read_call_object
from lit_toolcall.formats.json_text import check_length, read_json, write_json
from lit_toolcall.formats.round_trip import check_round_trip
from lit_toolcall.formats.thoughts import Span, find_end
from lit_toolcall.types import ToolCall


class Hermes(CallFormat):
    """One block a call; arguments that were encoded to JSON twice are read too."""

    name: ClassVar[str] = "hermes"
    start: ClassVar[str] = "<tool_call>"
    stop: ClassVar[str | None] = None
    markers: ClassVar[tuple[str, ...]] = ("<tool_call>", "</tool_call>")
    instruction: ClassVar[str] = (
        'Call tools like this: <tool_call>\n{"name": "name", "arguments": {"argument": value}}\n</tool_call>'
        ", one block a call. If no tool fits, answer in words."
    )

    def render(self, calls: Sequence[ToolCall]) -> str:
        rows = [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]
        text = "\n".join(f"<tool_call>\n{write_json(row, self.markers)}\n</tool_call>" for row in rows)
        check_round_trip(calls, text, self.parse)
        return text

    def read(self, text: str) -> tuple[ToolCall, ...]:
        _, start, blocks = text.partition(self.start)
        if not start:
            return ()
        check_length(blocks)
        return tuple(
            read_call_object(read_json(block.partition("</tool_call>")[0]), "arguments")
            for block in blocks.split(self.start)
        )

    def find_calls(self, text: str, position: int) -> Span | None:
        start = text.find(self.start, position)
        return None if start < 0 else (start, find_end(text, "</tool_call>", start))
