"""Right answers made wrong, each in one way that has a name in `Problem`.

The checker of the metrics gives each the name that was intended. Everything is drawn from the row: its question, its
tools, its calls. They serve preference pairs, and tests of what names problems.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from random import Random

from lit_toolcall.data import wrong_calls
from lit_toolcall.data.wrong_calls import Spot, make_call
from lit_toolcall.data.wrong_values import shuffled
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Problem, ToolCall

Corruption = Callable[[Example, Random], tuple[ToolCall, ...] | None]
"""Makes the wrong calls of a row; None where the row has nothing to get wrong in that way."""
Variants = Callable[[Spot, Random], Iterator[ToolCall]]
"""Yields wrong calls in place of one call, some of which may not be wrong in the intended way."""


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
    if example.answer is None or example.bfcl is not None:
        return None
    if any(find_call_problem(call, example.tools) is not None for call in example.answer.calls):
        return None
    return CORRUPTIONS[problem](example, rng)


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


_give_other_value = _spoil_one(wrong_calls.give_other_values, None)
_call_other_tool = _spoil_one(wrong_calls.call_other_tools, None)


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
    Problem.TYPE: _spoil_one(wrong_calls.give_other_types, Problem.TYPE),
    Problem.ENUM: _spoil_one(wrong_calls.give_no_choices, Problem.ENUM),
    Problem.ARGUMENT_NAME: _spoil_one(wrong_calls.misname_arguments, Problem.ARGUMENT_NAME),
    # An optional argument that is expected may be left out for its schema, and is missing all the same; so with extra.
    Problem.MISSING_ARGUMENT: _spoil_one(wrong_calls.leave_out_arguments, Problem.MISSING_ARGUMENT, None),
    Problem.EXTRA_ARGUMENT: _spoil_one(wrong_calls.add_arguments, Problem.EXTRA_ARGUMENT, None),
    Problem.WRONG_TOOL: _call_other_tool,
    Problem.EXTRA_CALL: _call_too_often,
    Problem.MISSING_CALL: _leave_out_call,
    Problem.UNWANTED_CALL: _call_unwanted,
    Problem.VALUE: _give_other_value,
}
