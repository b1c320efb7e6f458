"""Right calls made wrong in each way that has a name in `Problem`, for tests of what names problems."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from random import Random
from typing import Any

from near_spellings import Respelling, add_or_drop_unit, reformat, respell, round_off

from lit_toolcall.data import corruptions as of_pairs
from lit_toolcall.data.augment.spelling import rename
from lit_toolcall.data.corruptions import (
    Corruption,
    Spot,
    Variants,
    call_other_tool,
    expected_calls_of,
    give_other_values,
    is_corruptible,
    repeat_call,
    shuffled,
    spoil_one,
)
from lit_toolcall.types import Example, Problem, ToolCall


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


_give_plainly_other_value = spoil_one(give_plainly_other_values, None)


def _call_once_more(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    """Add a call that differs from all others: one with another value, or one of another tool."""
    calls = expected_calls_of(example)
    for way in shuffled([_give_plainly_other_value, call_other_tool], rng):
        others = [wrong for wrong in way(example, rng) or () if wrong not in calls]
        if others:
            return (*calls, others[0])
    return None


def _call_again(example: Example, rng: Random) -> tuple[ToolCall, ...] | None:
    """Make one of the calls again, up to five times."""
    calls = expected_calls_of(example)
    return (*calls, *repeat_call(example, rng) * rng.randint(1, 5)) if calls else None


CORRUPTIONS: Mapping[Problem, Corruption] = {
    **of_pairs.CORRUPTIONS,
    Problem.EXTRA_CALL: _call_once_more,
    Problem.VALUE: _give_plainly_other_value,
    Problem.UNKNOWN_TOOL: spoil_one(call_unknown_tools, Problem.UNKNOWN_TOOL),
    Problem.CONSTRAINT: spoil_one(break_bounds, Problem.CONSTRAINT),
    Problem.REPETITION: _call_again,
    Problem.VALUE_CASE: spoil_one(give_near_values(respell), None),
    Problem.VALUE_UNIT: spoil_one(give_near_values(add_or_drop_unit), None),
    Problem.VALUE_FORMAT: spoil_one(give_near_values(reformat), None),
    Problem.VALUE_ROUNDING: spoil_one(give_near_values(round_off), None),
}


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
