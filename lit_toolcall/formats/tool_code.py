"""The paper's format: `<|tool_code|>`, then one `name(**{json})` a line, then `<|end|>`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lit_toolcall.formats.call_format import CallFormat, check_length, fail, strip_span
from lit_toolcall.formats.json_calls import write_json
from lit_toolcall.formats.literals import read_call
from lit_toolcall.formats.thoughts import Span, find_end
from lit_toolcall.json_values import excerpt
from lit_toolcall.types import ToolCall


class ToolCode(CallFormat):
    """All calls in one block, one a line; read both as `name(**{json})` and as `name(argument=literal)`."""

    start: ClassVar[str] = "<|tool_code|>"
    stop: ClassVar[str | None] = "<|end|>"
    markers: ClassVar[tuple[str, ...]] = ("<|tool_code|>", "<|end|>")
    instruction: ClassVar[str] = (
        'Call tools like this: <|tool_code|>\nname(**{"argument": value})\n<|end|>, one call a line. '
        "If no tool fits, answer in words."
    )

    def write(self, calls: Sequence[ToolCall]) -> str:
        lines = [f"{call.name}(**{write_json(dict(call.arguments), self.markers)})" for call in calls]
        return "\n".join([self.start, *lines, "<|end|>"])

    def read(self, text: str) -> tuple[ToolCall, ...]:
        return tuple(_read_line(text[start:end]) for start, end in self.find_each_call(text))

    def find_each_call(self, text: str) -> list[Span]:
        block = self.find_calls(text, 0)
        if block is None:
            return []
        begin = block[0] + len(self.start)
        lines = text[begin : block[1]].partition("<|end|>")[0]
        check_length(lines)
        spans = []
        for line in lines.split("\n"):
            if line.strip():
                spans.append(strip_span(text, (begin, begin + len(line))))
            begin += len(line) + 1
        return spans or fail(f"no call after {self.start}")

    def find_calls(self, text: str, position: int) -> Span | None:
        start = text.find(self.start, position)
        return None if start < 0 else (start, find_end(text, "<|end|>", start))


def _read_line(line: str) -> ToolCall:
    call = read_call(line)
    if ToolCode.start in call.name:
        fail(f"a name that holds {ToolCode.start}: {excerpt(call.name)}")
    return call
