"""Schemas with fewer optional arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.augmentation import Augmentation, is_trainable
from lit_toolcall.data.augment.schemas import has_plain_parameters, list_descriptions
from lit_toolcall.data.augment.spelling import quotes_name
from lit_toolcall.types import Example, Tool, ToolCall


class DropOptional(Augmentation):
    """Takes optional arguments that no call of the row uses out of the schemas: each with an even chance.

    Those that a call uses stay, and so do those that another description speaks of.

    Args:
        fraction: fraction of the rows that it applies to, 0 to 1.
    """

    def __init__(self, fraction: float = 0.2) -> None:
        super().__init__(fraction)

    def augment(self, examples: Sequence[Example], rng: Random) -> list[Example]:
        return [
            _drop_from_row(example, rng) if is_trainable(example) and self.is_picked(rng) else example
            for example in examples
        ]


def _drop_from_row(example: Example, rng: Random) -> Example:
    assert example.answer is not None
    calls = [call for turn in (*example.messages, example.answer) for call in turn.calls]
    return replace(example, tools=tuple(_drop_from_tool(tool, calls, rng) for tool in example.tools))


def _drop_from_tool(tool: Tool, calls: Sequence[ToolCall], rng: Random) -> Tool:
    if not has_plain_parameters(tool):
        return tool
    drawn = [name for name in _list_unused(tool, calls) if rng.random() < 0.5]
    dropped = set(drawn) - _find_quoted(drawn, tool)
    properties = {name: part for name, part in tool.parameters.get("properties", {}).items() if name not in dropped}
    return replace(tool, parameters={**tool.parameters, "properties": properties}) if dropped else tool


def _find_quoted(names: Sequence[str], tool: Tool) -> set[str]:
    """Find the arguments that a description other than their own speaks of."""
    properties = tool.parameters.get("properties", {})
    bare = replace(tool, parameters={**tool.parameters, "properties": {}})
    texts = [(None, "\n".join(list_descriptions(bare)))]
    texts += [(name, "\n".join(list_descriptions(Tool("", "", part)))) for name, part in properties.items()]
    return {name for name in names if any(quotes_name(text, name) for owner, text in texts if owner != name)}


def _list_unused(tool: Tool, calls: Sequence[ToolCall]) -> list[str]:
    required = tool.parameters.get("required", [])
    used = {name for call in calls if call.name == tool.name for name in call.arguments}
    return [name for name in tool.parameters.get("properties", {}) if name not in required and name not in used]
