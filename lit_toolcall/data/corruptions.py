"""Right calls made wrong, each in one way that has a name in `Problem`.

The checker of the metrics gives each the name that was intended. Everything is drawn from the row: its question, its
tools, its calls. They serve preference pairs.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from lit_toolcall.data.augment.schemas import has_choices
from lit_toolcall.data.augment.spelling import rename
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Problem, Tool, ToolCall

_QUOTED_OR_NAME = re.compile(r"\"([^\"\n]{1,60})\"|(?<=[a-z,] )([A-Z][\w-]{1,30}(?: [A-Z][\w-]{1,30}){0,3})")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,9}(?:\.\d{1,9})?(?![\w,]|\.\d)")
_DIGITS = re.compile(r"[0-9]{1,9}")
_STOCK: Mapping[str, tuple[Any, ...]] = {
    "string": ("default", "all", "none", "unknown"),
    "integer": (1, 5, 10),
    "number": (0.5, 1, 10),
    "boolean": (True, False),
    "array": ([],),
    "object": ({},),
    "null": (None,),
}
"""Values of arguments for which the question offers nothing."""


def values_said(text: str) -> list[Any]:
    """List what a text offers as values: quoted words, names, numbers.

    >>> values_said('Put "jazz" on in Oslo Central for 20 minutes.')
    ['jazz', 'Oslo Central', 20]
    """
    words = [quoted or name for quoted, name in _QUOTED_OR_NAME.findall(text)]
    numbers = [float(number) if "." in number else int(number) for number in _NUMBER.findall(text)]
    return [*words, *numbers]


def make_value(schema: Mapping[str, Any], said: Sequence[Any], rng: Random) -> Any:
    """Make a value of a schema: one of its choices, its default, something that was said, else one out of the air.

    Where nothing that is tried fits the schema, the last of it comes back.

    >>> make_value({"type": "array", "items": {"type": "integer"}}, ["jazz", 20], Random(0))
    [20]
    """
    tool = Tool("f", "", {"properties": {"value": schema}})
    candidates = _propose(schema, said, rng)
    fitting = (value for value in candidates if find_call_problem(ToolCall("f", {"value": value}), [tool]) is None)
    return next(fitting, candidates[-1])


def _propose(schema: Mapping[str, Any], said: Sequence[Any], rng: Random) -> list[Any]:
    proposed = shuffled(schema.get("enum", []), rng)
    proposed += [schema[key] for key in ("const", "default") if key in schema]
    if isinstance(schema.get("items"), Mapping):
        proposed.append([make_value(schema["items"], said, rng)])
    if "properties" in schema:
        required, properties = schema.get("required", []), schema["properties"]
        proposed.append({name: make_value(properties.get(name, {}), said, rng) for name in required})
    for part in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        proposed.append(make_value(part, said, rng))
    types = schema.get("type", ["string"])
    stock = [value for name in ([types] if isinstance(types, str) else types) for value in _STOCK[name]]
    return [*proposed, *shuffled(said, rng), *shuffled(stock, rng)]


def shuffled(values: Sequence[Any], rng: Random) -> list[Any]:
    """Return the values in a random order."""
    return rng.sample(list(values), len(values))


def other_types(value: Any) -> list[Any]:
    """List a value as other types, as models confuse them: a number as text, a list as its only item, and so on.

    >>> other_types(5), other_types(["a", "b"])
    (['5', 5.0, [5]], ['a, b', 'a', ['a, b'], '["a", "b"]'])
    """
    if isinstance(value, bool):
        return [json.dumps(value), str(value), int(value)]
    if isinstance(value, int | float):
        return [str(value), float(value), [value]]
    if isinstance(value, str):
        return [*([int(value)] if _DIGITS.fullmatch(value) else []), [value], {"value": value}]
    if isinstance(value, list):
        texts = ", ".join(map(str, value))
        return [texts, *value[:1], [texts], json.dumps(value, ensure_ascii=False)]
    if isinstance(value, dict):
        return [json.dumps(value, ensure_ascii=False), list(value.values())]
    return [str(value), "null"]


def other_choices(value: Any) -> list[Any]:
    """List values that look like a choice, most of which are none.

    >>> other_choices("celsius")
    ['CELSIUS', 'Celsius', 'celsiuss', 'celsiu', 'celsius_default', 'other']
    >>> other_choices([1, 2])
    [[1, 3], [1, 4]]
    """
    if isinstance(value, str):
        spellings = [value.upper(), value.lower(), value.title(), f"{value}s", value[:-1], f"{value}_default", "other"]
        return [spelling for spelling in spellings if spelling != value]
    if isinstance(value, list) and value:
        return [[*value[:-1], other] for other in other_choices(value[-1])]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value + 1, value * 2]
    return []


def near_values(value: Any) -> list[Any]:
    """List other values of the same kind, as models get them wrong: off by one, a word short, one item less.

    >>> near_values(5), near_values("New York")
    ([6, 4, 50], ['New', 'York'])
    """
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, value * 10]
    if isinstance(value, float):
        return [near for near in (value + 1, value * 10, value / 10) if math.isfinite(near)]
    if isinstance(value, str):
        return _near_texts(value)
    if isinstance(value, list):
        shorter = [value[1:], value[:-1], value[::-1]] if len(value) > 1 else []
        return shorter + [[*value[:-1], near] for item in value[-1:] for near in near_values(item)]
    if isinstance(value, dict):
        return [{**value, name: near} for name, item in value.items() for near in near_values(item)]
    return []


def _near_texts(text: str) -> list[str]:
    found = _DIGITS.search(text)
    if found:
        number = str(int(found.group()) + 1).zfill(len(found.group()))
        return [text[: found.start()] + number + text[found.end() :]]
    rest = text.partition(" ")[2]
    if rest.strip():
        return [text.rpartition(" ")[0], rest]
    return [f"{text}{text[-1]}", text[:-1]] if len(text) > 1 else ["unknown"]


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
        """Collect the arguments of the other available tools that this tool does not have, with their schemas."""
        others = [tool.parameters.get("properties", {}) for tool in self.example.tools]
        return {name: schema for other in others for name, schema in other.items() if name not in self.properties}


Corruption = Callable[[Example, Random], tuple[ToolCall, ...] | None]
"""Makes the wrong calls of a row; None where the row has nothing to get wrong in that way."""
Variants = Callable[[Spot, Random], Iterator[ToolCall]]
"""Yields wrong calls in place of one call, some of which may not be wrong in the intended way."""


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
    """Call another available tool, with the same values where its arguments have the same names."""
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


def is_corruptible(example: Example) -> bool:
    """Tell whether a row's answer is known, fits its tools, and is not scored by a benchmark."""
    if example.answer is None or example.bfcl is not None:
        return False
    return all(find_call_problem(call, example.tools) is None for call in example.answer.calls)


def expected_calls_of(example: Example) -> tuple[ToolCall, ...]:
    """Return the right calls of a row whose answer is known."""
    assert example.answer is not None
    return example.answer.calls


def spoil_one(variants: Variants, *found: Problem | None) -> Corruption:
    """Make a corruption: one call becomes its first variant in which the schema's checker finds one of these problems.

    Where it finds None, the call fits its tool and is wrong only beside the right one.
    """

    def spoil(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
        calls = expected_calls_of(example)
        for index in shuffled(range(len(calls)), rng):
            tool = next(tool for tool in example.tools if tool.name == calls[index].name)
            for wrong in variants(Spot(calls[index], tool, example), rng):
                finding = find_call_problem(wrong, example.tools)
                if (finding and finding[0]) in found:
                    return (*calls[:index], wrong, *calls[index + 1 :])
        return None

    return spoil


_give_other_value = spoil_one(give_other_values, None)
call_other_tool = spoil_one(call_other_tools, None)


def repeat_call(example: Example, rng: Random) -> tuple[ToolCall, ...]:
    """Return one of the right calls."""
    return (rng.choice(expected_calls_of(example)),)


def _call_too_often(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    """Add a call: the same once more, one with another value, or one of another tool."""
    calls = expected_calls_of(example)
    if not calls:
        return None
    ways = shuffled([repeat_call, _give_other_value, call_other_tool], rng)
    found = next(wrong for way in ways if (wrong := way(example, rng)))
    more = next((wrong for wrong in found if wrong not in calls), found[0])
    return (*calls, more)


def _leave_out_call(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    calls = expected_calls_of(example)
    if len(calls) < 2:
        return None
    index = rng.randrange(len(calls))
    return (*calls[:index], *calls[index + 1 :])


def _call_unwanted(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    if expected_calls_of(example):
        return None
    calls = (make_call(tool, {}, example, rng) for tool in shuffled(example.tools, rng))
    fitting = next((call for call in calls if find_call_problem(call, example.tools) is None), None)
    return None if fitting is None else (fitting,)


CORRUPTIONS: Mapping[Problem, Corruption] = {
    Problem.TYPE: spoil_one(give_other_types, Problem.TYPE),
    Problem.ENUM: spoil_one(give_no_choices, Problem.ENUM),
    Problem.ARGUMENT_NAME: spoil_one(misname_arguments, Problem.ARGUMENT_NAME),
    # An optional argument that is expected may be left out for its schema, and is missing all the same; so with extra.
    Problem.MISSING_ARGUMENT: spoil_one(leave_out_arguments, Problem.MISSING_ARGUMENT, None),
    Problem.EXTRA_ARGUMENT: spoil_one(add_arguments, Problem.EXTRA_ARGUMENT, None),
    Problem.WRONG_TOOL: call_other_tool,
    Problem.MISSING_CALL: _leave_out_call,
    Problem.UNWANTED_CALL: _call_unwanted,
}
"""Those whose calls the checker gives one name."""

PAIR_CORRUPTIONS: tuple[Corruption, ...] = (
    *(CORRUPTIONS[problem] for problem in (Problem.TYPE, Problem.ENUM, Problem.ARGUMENT_NAME)),
    *(CORRUPTIONS[problem] for problem in (Problem.MISSING_ARGUMENT, Problem.EXTRA_ARGUMENT, Problem.WRONG_TOOL)),
    _call_too_often,
    *(CORRUPTIONS[problem] for problem in (Problem.MISSING_CALL, Problem.UNWANTED_CALL)),
    _give_other_value,
)
"""The errors that are put into rejected answers of preference pairs: what models of calls get wrong most.

A call too often may be a repeated one, and another value a near one: the checker names them.
"""
