"""The format of Llama 3: `{"name": .., "parameters": {..}}`, several calls with `; ` between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from lit_toolcall.formats.call_format import CallFormat
from lit_toolcall.formats.json_calls import read_call_object, read_json_values, write_json
from lit_toolcall.formats.thoughts import Span
from lit_toolcall.types import ToolCall

_TAG = "<|python_tag|>"
# Without a marker, an object that begins a line with a key of a call tells calls from words.
_OBJECT = r"""(?=\{\s*+"(?:name|parameters|arguments|type|function)")"""
_OPENING = re.compile(rf"(?:^[ \t]*+|<\|python_tag\|>\s*+){_OBJECT}", re.MULTILINE)
_BEGINNING = re.compile(rf"\s*+{_OBJECT}")


class Llama3Json(CallFormat):
    """One object a call, from the start of a line on.

    The separator is that of vLLM's `llama3_json` and SGLang's `llama3` parsers. Read are also what these and the
    models know: `<|python_tag|>` before the calls, `arguments` for `parameters`, `"type": "function"` beside the name.
    """

    start: ClassVar[str] = "{"
    instruction: ClassVar[str] = (
        'Call tools like this: {"name": "name", "parameters": {"argument": value}}, with "; " between several calls. '
        "If no tool fits, answer in words."
    )

    def write(self, calls: Sequence[ToolCall]) -> str:
        objects = [{"name": call.name, "parameters": dict(call.arguments)} for call in calls]
        return "; ".join(write_json(each, (_TAG,)) for each in objects)

    def read(self, text: str) -> tuple[ToolCall, ...]:
        return tuple(_read_object(value) for value, _ in self._read_placed(text))

    def find_each_call(self, text: str) -> list[Span]:
        return [span for _, span in self._read_placed(text)]

    def _read_placed(self, text: str) -> list[tuple[Any, Span]]:
        opening = _OPENING.search(text)
        if opening is None:
            return []
        begin = opening.end()
        placed = read_json_values(text[begin:], separator=";")
        return [(value, (begin + start, begin + end)) for value, (start, end) in placed]

    def find_calls(self, text: str, position: int) -> Span | None:
        opening = _OPENING.search(text, position)
        return None if opening is None else (opening.start(), len(text))

    def begins_calls(self, text: str, position: int) -> Span | None:
        return None if _BEGINNING.match(text, position) is None else (position, len(text))


def _read_object(value: Any) -> ToolCall:
    if isinstance(value, dict) and value.get("type") == "function":
        value = {key: part for key, part in value.items() if key != "type"}
    key = "arguments" if isinstance(value, dict) and "arguments" in value else "parameters"
    return read_call_object(value, key)
