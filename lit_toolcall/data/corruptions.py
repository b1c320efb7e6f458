"""Right calls made wrong, each in one way that has a name in `Problem`.

The checker of the metrics gives each the name that was intended. Everything is drawn from the row: its question, its
tools, its calls. They serve preference pairs, and tests of what names problems; `text_corruptions` has the problems of
texts that cannot be read.
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
from lit_toolcall.data.near_values import Respelling, add_or_drop_unit, reformat, respell, round_off
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


def is_respelled(value: Any, other: Any) -> bool:
    """Tell whether two texts have the same letters and digits, or two numbers lie close: not plainly another value.

    >>> is_respelled("St. Ives", "st ives"), is_respelled(98.6, 99.0), is_respelled("Oslo", "Osl")
    (True, True, False)
    """
    if isinstance(value, str) and isinstance(other, str):
        letters = ["".join(filter(str.isalnum, text.casefold())) for text in (value, other)]
        return letters[0] == letters[1]
    if isinstance(value, float) or isinstance(other, float):
        return math.isclose(value, other, rel_tol=0.06)
    return False


def give_plainly_other_values(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Give an argument another value that is not the right one in another spelling or rounded."""
    for wrong in give_other_values(spot, rng):
        changed = [name for name, value in wrong.arguments.items() if value != spot.call.arguments[name]]
        if not any(is_respelled(spot.call.arguments[name], wrong.arguments[name]) for name in changed):
            yield wrong


def give_near_values(respelling: Respelling) -> Variants:
    """Make variants that give an argument the right value in another spelling."""

    def give(spot: Spot, rng: Random) -> Iterator[ToolCall]:
        for name in shuffled(list(spot.call.arguments), rng):
            for value in shuffled(respelling(spot.call.arguments[name]), rng):
                yield spot.replace_value(name, value)

    return give


def break_bounds(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Give an argument a value beyond a bound of its schema."""
    for name in shuffled(list(spot.call.arguments), rng):
        for value in shuffled(beyond_bounds(spot.call.arguments[name], spot.properties.get(name, {})), rng):
            yield spot.replace_value(name, value)


def beyond_bounds(value: Any, schema: Mapping[str, Any]) -> list[Any]:
    """List values of the same kind that a schema's bounds rule out.

    >>> beyond_bounds(5, {"type": "integer", "minimum": 1}), beyond_bounds("ab", {"type": "string", "maxLength": 3})
    ([0], ['abab'])
    """
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        below = [schema[key] - 1 for key in ("minimum", "exclusiveMinimum") if key in schema]
        return below + [schema[key] + 1 for key in ("maximum", "exclusiveMaximum") if key in schema]
    if isinstance(value, str | list):
        least, most = ("minLength", "maxLength") if isinstance(value, str) else ("minItems", "maxItems")
        shorter = [value[: schema[least] - 1]] if schema.get(least) else []
        longer = [value * (schema[most] // len(value) + 1)] if most in schema and value else []
        return shorter + longer
    return []


def call_unknown_tools(spot: Spot, rng: Random) -> Iterator[ToolCall]:
    """Call a tool under a name near its own that no tool has."""
    name = spot.tool.name
    near = [rename(name, "snake", rng), rename(name, "camel", rng), f"{name}s", f"get_{name}", f"{name}_v2"]
    for wrong in shuffled(near, rng):
        yield replace(spot.call, name=wrong)


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


def corrupt(example: Example, problem: Problem, rng: Random) -> tuple[ToolCall, ...] | None:
    """Make a row's answer wrong in one way.

    Args:
        example: a row whose answer is known and fits its tools.
        problem: one of the keys of `CORRUPTIONS`.
        rng: decides what goes wrong; the same state gives the same calls.

    Returns:
        At least one call; None where the row's answer cannot be wrong in that way (no choices, a single call), or where
        it is not known, breaks its own tools, or is scored by a benchmark.

    >>> from lit_toolcall.types import Message, Tool
    >>> tool = Tool("wait", "", {"properties": {"seconds": {"type": "integer"}}, "required": ["seconds"]})
    >>> right = Message("assistant", "", (ToolCall("wait", {"seconds": 5}),))
    >>> corrupt(Example("1", (tool,), (), right), Problem.MISSING_ARGUMENT, Random(0))
    (ToolCall(name='wait', arguments={}),)
    """
    return CORRUPTIONS[problem](example, rng) if is_corruptible(example) else None


def is_corruptible(example: Example) -> bool:
    """Tell whether a row's answer is known, fits its tools, and is not scored by a benchmark."""
    if example.answer is None or example.bfcl is not None:
        return False
    return all(find_call_problem(call, example.tools) is None for call in example.answer.calls)


def _calls(example: Example) -> tuple[ToolCall, ...]:
    assert example.answer is not None
    return example.answer.calls


def _spoil_one(variants: Variants, *found: Problem | None) -> Corruption:
    """Make a corruption: one call becomes its first variant in which the schema's checker finds one of these problems.

    Where it finds None, the call fits its tool and is wrong only beside the right one.
    """

    def spoil(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
        calls = _calls(example)
        for index in shuffled(range(len(calls)), rng):
            tool = next(tool for tool in example.tools if tool.name == calls[index].name)
            for wrong in variants(Spot(calls[index], tool, example), rng):
                finding = find_call_problem(wrong, example.tools)
                if (finding and finding[0]) in found:
                    return (*calls[:index], wrong, *calls[index + 1 :])
        return None

    return spoil


_give_other_value = _spoil_one(give_other_values, None)
_give_plainly_other_value = _spoil_one(give_plainly_other_values, None)
_call_other_tool = _spoil_one(call_other_tools, None)


def _repeat(example: Example, rng: Random) -> tuple[ToolCall, ...]:
    return (rng.choice(_calls(example)),)


def _call_too_often(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    """Add a call: the same once more, one with another value, or one of another tool."""
    calls = _calls(example)
    if not calls:
        return None
    ways = shuffled([_repeat, _give_other_value, _call_other_tool], rng)
    found = next(wrong for way in ways if (wrong := way(example, rng)))
    more = next((wrong for wrong in found if wrong not in calls), found[0])
    return (*calls, more)


def _call_once_more(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    """Add a call that differs from all others: one with another value, or one of another tool."""
    calls = _calls(example)
    for way in shuffled([_give_plainly_other_value, _call_other_tool], rng):
        others = [wrong for wrong in way(example, rng) or () if wrong not in calls]
        if others:
            return (*calls, others[0])
    return None


def _call_again(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    """Make one of the calls again, up to five times."""
    calls = _calls(example)
    return (*calls, *_repeat(example, rng) * rng.randint(1, 5)) if calls else None


def _leave_out_call(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    calls = _calls(example)
    if len(calls) < 2:
        return None
    index = rng.randrange(len(calls))
    return (*calls[:index], *calls[index + 1 :])


def _call_unwanted(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    if _calls(example):
        return None
    calls = (make_call(tool, {}, example, rng) for tool in shuffled(example.tools, rng))
    fitting = next((call for call in calls if find_call_problem(call, example.tools) is None), None)
    return None if fitting is None else (fitting,)


CORRUPTIONS: Mapping[Problem, Corruption] = {
    Problem.TYPE: _spoil_one(give_other_types, Problem.TYPE),
    Problem.ENUM: _spoil_one(give_no_choices, Problem.ENUM),
    Problem.ARGUMENT_NAME: _spoil_one(misname_arguments, Problem.ARGUMENT_NAME),
    # An optional argument that is expected may be left out for its schema, and is missing all the same; so with extra.
    Problem.MISSING_ARGUMENT: _spoil_one(leave_out_arguments, Problem.MISSING_ARGUMENT, None),
    Problem.EXTRA_ARGUMENT: _spoil_one(add_arguments, Problem.EXTRA_ARGUMENT, None),
    Problem.WRONG_TOOL: _call_other_tool,
    Problem.EXTRA_CALL: _call_once_more,
    Problem.MISSING_CALL: _leave_out_call,
    Problem.UNWANTED_CALL: _call_unwanted,
    Problem.VALUE: _give_plainly_other_value,
    Problem.UNKNOWN_TOOL: _spoil_one(call_unknown_tools, Problem.UNKNOWN_TOOL),
    Problem.CONSTRAINT: _spoil_one(break_bounds, Problem.CONSTRAINT),
    Problem.REPETITION: _call_again,
    Problem.VALUE_CASE: _spoil_one(give_near_values(respell), None),
    Problem.VALUE_UNIT: _spoil_one(give_near_values(add_or_drop_unit), None),
    Problem.VALUE_FORMAT: _spoil_one(give_near_values(reformat), None),
    Problem.VALUE_ROUNDING: _spoil_one(give_near_values(round_off), None),
}

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
