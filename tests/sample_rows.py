"""Rows in the two shapes of JSON lines, for several tests."""

from __future__ import annotations

from typing import Any

WEATHER = {
    "name": "get_weather",
    "description": "Weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
TIME = {
    "name": "get_time",
    "description": "",
    "parameters": {"type": "object", "properties": {}, "required": []},
}
PAPER_ROW = {
    "query": "Weather in Oslo?",
    "tools": [WEATHER, TIME],
    "expected_output": {"function": "get_weather", "arguments": {"city": "Oslo"}},
}


def openai_row(arguments: Any = '{"city": "Oslo"}', **changes: Any) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": arguments}}
    return {
        "messages": [
            {"role": "user", "content": "Weather in Oslo?"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
        ],
        "tools": [{"type": "function", "function": WEATHER}],
    } | changes
