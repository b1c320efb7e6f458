"""Kinds `tools` and `order`: how many tools are on offer, and the order of tools and of their arguments."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.distractors import put_among
from lit_toolcall.robustness.transformation import (
    Outcome,
    Surroundings,
    list_called_before,
    list_expected_tools,
)
from lit_toolcall.types import Example, Tool


def offer_tools(example: Example, around: Surroundings, rng: Random, count: int) -> Outcome:
    """Offer exactly `count` tools, the expected ones among them.

    Tools are added from the other questions, at random places: none that is like an expected one (`are_alike`), since
    there would be two right answers, and none whose name has the words of another's. Where the pool has no more, the
    question has fewer, and is counted. Else tools are dropped that neither the answer nor an earlier turn calls. A
    question whose right answer calls no tool, or any, is left out: a tool that is added might be the one that it lacks.
    """
    expected = set(list_expected_tools(example))
    if not expected:
        return Outcome(None, "no expected tool")
    if not expected <= {tool.name for tool in example.tools}:
        return Outcome(None, "an expected tool is not on offer")
    names = expected.union(list_called_before(example))
    needed = [place for place, tool in enumerate(example.tools) if tool.name in names]
    if len(needed) > count:
        return Outcome(None, "it needs more tools")
    missing = count - len(example.tools)
    if missing < 0:
        others = [place for place in range(len(example.tools)) if place not in needed]
        kept = sorted([*needed, *rng.sample(others, len(others))[: count - len(needed)]])
        return Outcome(replace(example, tools=tuple(example.tools[place] for place in kept)))
    right = [tool for tool in example.tools if tool.name in expected]
    drawn = around.pool.draw_unlike(missing, right, example.tools, rng)
    note = "fewer tools: no more fit" if len(drawn) < missing else ""
    return Outcome(replace(example, tools=put_among(drawn, example.tools, rng)), note)


def shuffle_tools(example: Example, _: Surroundings, rng: Random) -> Outcome:
    """Offer the tools in another order."""
    if len(example.tools) < 2:
        return Outcome(None, "fewer than two tools")
    return Outcome(replace(example, tools=tuple(example.tools[place] for place in _reorder(len(example.tools), rng))))


def shuffle_arguments(example: Example, _: Surroundings, rng: Random) -> Outcome:
    """Describe each tool's arguments in another order."""
    tools = tuple(_shuffle_arguments(tool, rng) for tool in example.tools)
    changed = any(
        list(old.parameters.get("properties", {})) != list(new.parameters.get("properties", {}))
        for old, new in zip(example.tools, tools, strict=True)
    )
    return Outcome(replace(example, tools=tools)) if changed else Outcome(None, "no tool with two arguments")


def _shuffle_arguments(tool: Tool, rng: Random) -> Tool:
    properties = tool.parameters.get("properties", {})
    if len(properties) < 2:
        return tool
    names = list(properties)
    shuffled = [names[place] for place in _reorder(len(names), rng)]
    parameters = {**tool.parameters, "properties": {name: properties[name] for name in shuffled}}
    if "required" in parameters:
        required = parameters["required"]
        unlisted = [name for name in required if name not in properties]
        parameters["required"] = [*(name for name in shuffled if name in required), *unlisted]
    return replace(tool, parameters=parameters)


def _reorder(count: int, rng: Random) -> list[int]:
    """Draw an order of two or more that is not the one they have."""
    before = list(range(count))
    order = before
    while order == before:
        order = rng.sample(before, count)
    return order
