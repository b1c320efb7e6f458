"""A small test set for the tests of robustness."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lit_toolcall.types import BfclQuestion, Example, Message, Tool, ToolCall

SUBJECTS = (
    "weather", "recipe", "flight", "triangle", "stock", "novel", "song", "train", "garden", "planet",
    "museum", "river", "poem", "robot", "castle", "doctor", "turtle", "violin", "cheese", "volcano",
)  # fmt: skip


def make_tool(name: str, description: str = "", **arguments: str) -> Tool:
    """Make a tool whose arguments are all required: `make_tool("f", n="integer")`."""
    properties = {key: {"type": kind, "description": f"Which {key}."} for key, kind in arguments.items()}
    return Tool(name, description, {"type": "object", "properties": properties, "required": list(properties)})


def make_question(number: int, extra_tools: int = 0, calls: int = 1) -> Example:
    """Make a question about one subject for each call, whose tools are not alike."""
    subjects = [SUBJECTS[(number + step) % len(SUBJECTS)] for step in range(calls + extra_tools)]
    tools = [_make_finder(each) for each in subjects]
    made = [ToolCall(f"find_{each}", {f"{each}_name": "Blue Moon", f"{each}_rank": 3}) for each in subjects[:calls]]
    wanted = " and ".join(subjects[:calls])
    query = f"Please search every {wanted} called Blue Moon with place 3 among 'those here'."
    return Example(f"q{number}", tuple(tools), (Message("user", query),), Message("assistant", "", tuple(made)))


def _make_finder(subject: str) -> Tool:
    words = f"{subject}ology {subject}ing {subject}ist {subject}ful"  # enough of its own to be like no other
    return make_tool(f"find_{subject}", words, **{f"{subject}_name": "string", f"{subject}_rank": "integer"})


def as_bfcl(example: Example, category: str = "parallel_multiple") -> Example:
    """Give a question the docs and the accepted values that BFCL would have for it."""
    functions: tuple[dict[str, Any], ...] = tuple(
        {"name": tool.name, "description": tool.description, "parameters": {**tool.parameters, "type": "dict"}}
        for tool in example.tools
    )
    assert example.answer is not None
    truth = tuple({call.name: {key: [value] for key, value in call.arguments.items()}} for call in example.answer.calls)
    return replace(example, bfcl=BfclQuestion(category, functions, truth))
