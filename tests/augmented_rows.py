"""Rows that the tests of augmentations share, and what every augmented row must keep."""

from __future__ import annotations

from typing import Any

from lit_toolcall.schema import find_call_problem, tool_from_dict
from lit_toolcall.types import Example, Message, Tool, ToolCall


def tool(name: str, description: str, **properties: Any) -> Tool:
    """A tool all of whose arguments are required but those that have a default."""
    required = [key for key, schema in properties.items() if "default" not in schema]
    return tool_from_dict(
        {
            "name": name,
            "description": description,
            "parameters": {"type": "object", "properties": properties, "required": required},
        }
    )


TEXT = {"type": "string"}
WEATHER = tool("get_weather", "Weather forecast.", city=TEXT, day_count={"type": "integer", "default": 1})
TIME = tool("clock.now", "Hour and minute.", zone=TEXT)
MUSIC = tool("playSong", "Starts an album.", title=TEXT, volume={"type": "integer", "default": 5})


def row(identity: str, query: str, calls: list[ToolCall], tools: list[Tool]) -> Example:
    content = "" if calls else "I cannot do that."
    return Example(identity, tuple(tools), (Message("user", query),), Message("assistant", content, tuple(calls)))


OSLO = row("oslo", "What is the weather in Oslo?", [ToolCall("get_weather", {"city": "Oslo"})], [WEATHER, TIME])
LIMA = row("lima", "Show the forecast for Lima.", [ToolCall("get_weather", {"city": "Lima"})], [WEATHER])
SONG = row("song", "Play Blue Moon.", [ToolCall("playSong", {"title": "Blue Moon", "volume": 7})], [MUSIC])
NONE = row("none", "Order a pizza.", [], [TIME])
ROWS = [OSLO, LIMA, SONG, NONE]


def calls_of(example: Example) -> tuple[ToolCall, ...]:
    assert example.answer is not None
    return example.answer.calls


def check_rows(rows: list[Example]) -> None:
    assert len({example.id for example in rows}) == len(rows)
    for example in rows:
        names = [tool.name for tool in example.tools]
        assert len(set(names)) == len(names)
        for each in example.tools:
            renormalised = tool_from_dict({"name": each.name, "parameters": each.parameters})
            assert renormalised.parameters == each.parameters
        for call in calls_of(example):
            assert find_call_problem(call, example.tools) is None, example.id
