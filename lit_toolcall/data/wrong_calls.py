"""Wrong calls in place of a right one: the variants among which the corruptions choose.

Some of what is yielded is not wrong in the intended way, such as text where text is expected; who asks has to check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from lit_toolcall.data.augment.words import rename
from lit_toolcall.data.wrong_values import (
    has_choices,
    make_value,
    near_values,
    other_choices,
    other_types,
    shuffled,
    values_said,
)
from lit_toolcall.types import Example, Tool, ToolCall

INVENTED_ARGUMENTS = ("format", "language", "verbose", "limit", "include_details")
"""Arguments that are given to tools that do not have them."""


@dataclass(frozen=True)
class Spot:
    """A call that goes wrong, its tool, and the row around it."""

    call: ToolCall
    tool: Tool
    example: Example

    @property
    def properties(self) -> Mapping[str, Any]:
        """The tool's arguments with their schemas."""
        found: Mapping[str, Any] = self.tool.parameters.get("properties", {})
        return found

    def replace_value(self, name: str, value: Any) -> ToolCall:
        """Return the call with another value of an argument, or with one argument more."""
        return replace(self.call, arguments={**self.call.arguments, name: value})

    def is_default(self, name: str, value: Any) -> bool:
        """Tell whether giving an argument this value says the same as leaving it out."""
        schema = self.properties.get(name, {})
        return "default" in schema and bool(value == schema["default"])

    def arguments_beside(self) -> dict[str, Mapping[str, Any]]:
        """Collect the arguments of the other tools on offer that this tool does not have, with their schemas."""
        others = [tool.parameters.get("properties", {}) for tool in self.example.tools]
        return {name: schema for other in others for name, schema in other.items() if name not in self.properties}


def give_other_types(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Give an argument a value of another type."""
    for name in shuffled(list(spot.call.arguments), rng):
        for value in shuffled(other_types(spot.call.arguments[name]), rng):
            yield spot.replace_value(name, value)


def give_no_choices(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Give an argument that has choices something else."""
    for name in shuffled(list(spot.call.arguments), rng):
        if has_choices(spot.properties.get(name, {})):
            for value in shuffled(other_choices(spot.call.arguments[name]), rng):
                yield spot.replace_value(name, value)


def give_other_values(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Give an argument another value: a near one, a choice, one of another argument, or one that was said."""
    said = [*said_in(spot.example), *spot.call.arguments.values()]
    for name in shuffled(list(spot.call.arguments), rng):
        value = spot.call.arguments[name]
        alike = [other for other in said if type(other) is type(value)]
        choices = spot.properties.get(name, {}).get("enum", [])
        for other in shuffled([*near_values(value), *choices, *alike], rng):
            # 5 and 5.0 are one number to the checker, as they are to Python.
            if other != value:
                yield spot.replace_value(name, other)


def said_in(example: Example) -> list[Any]:
    """List what the user's last turn offers as values."""
    return values_said(next((turn.content for turn in reversed(example.messages) if turn.role == "user"), ""))


def misname_arguments(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Give a required argument under a name near its own, or under one of another tool's."""
    given = spot.call.arguments
    for name in shuffled(spot.tool.parameters.get("required", []), rng):
        near = [rename(name, "snake", rng), rename(name, "camel", rng), f"{name}s", f"{name}_value"]
        for wrong in shuffled([*near, *list(spot.arguments_beside())[:2]], rng):
            if wrong not in given:
                yield replace(spot.call, arguments={wrong if key == name else key: given[key] for key in given})


def leave_out_arguments(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Leave an argument out that says something."""
    given = spot.call.arguments
    for name in shuffled(list(given), rng):
        if not spot.is_default(name, given[name]):
            yield replace(spot.call, arguments={key: given[key] for key in given if key != name})


def add_arguments(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Give an optional argument that nobody asked for, one of another tool, or one that no tool has."""
    invented = {rng.choice(INVENTED_ARGUMENTS): {"type": "string"}}
    for properties in shuffled([spot.properties, spot.arguments_beside(), invented], rng):
        for name in shuffled([name for name in properties if name not in spot.call.arguments], rng):
            value = make_value(properties[name], said_in(spot.example), rng)
            if not spot.is_default(name, value):
                yield spot.replace_value(name, value)


def call_other_tools(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Call another tool on offer, with the same values where its arguments have the same names."""
    for other in shuffled(spot.example.tools, rng):
        if other.name != spot.tool.name:
            yield make_call(other, spot.call.arguments, spot.example, rng)


def make_call(tool: Tool, given: Mapping[str, Any], example: Example, rng: Random) -> ToolCall:
    """Call a tool with what is given for arguments of the same names, and with made-up values for required ones."""
    said = [*given.values(), *said_in(example)]
    properties = tool.parameters.get("properties", {})
    required = tool.parameters.get("required", [])
    made = {name: make_value(properties.get(name, {}), said, rng) for name in required if name not in given}
    values = {**made, **given}
    return ToolCall(
        tool.name, {name: values[name] for name in dict.fromkeys((*properties, *required)) if name in values}
    )
