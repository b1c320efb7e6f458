"""The format of Hermes and Qwen: a `<tool_call>` block with a JSON object for each call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from lit_toolcall.formats.base import CallFormat, CallSyntaxError
from lit_toolcall.formats.json_text import check_length, excerpt, read_json, write_json
from lit_toolcall.formats.round_trip import check_round_trip
from lit_toolcall.types import Problem, ToolCall


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

    def parse(self, text: str) -> tuple[ToolCall, ...]:
        _, start, blocks = text.partition(self.start)
        if not start:
            return ()
        check_length(blocks)
        return tuple(_read_block(block.partition("</tool_call>")[0]) for block in blocks.split(self.start))


def _read_block(block: str) -> ToolCall:
    row = read_json(block)
    if not isinstance(row, dict) or set(row) != {"name", "arguments"}:
        _fail(f'not an object with "name" and "arguments" alone: {excerpt(block.strip())}')
    name, arguments = row["name"], row["arguments"]
    if not isinstance(name, str) or not name:
        _fail(f"a name that is not a string: {excerpt(block.strip())}")
    if isinstance(arguments, str):
        arguments = read_json(arguments)
    if not isinstance(arguments, dict):
        _fail(f"arguments that are not an object: {excerpt(block.strip())}")
    return ToolCall(name, arguments)


def _fail(detail: str) -> Any:
    raise CallSyntaxError(Problem.SYNTAX, detail)
