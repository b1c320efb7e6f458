"""Which calls, arguments and tools of an answer are the expected ones, and how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lit_toolcall.metrics.assignment import best_assignment
from lit_toolcall.metrics.expected import equals_at, equals_expected, list_mandatory
from lit_toolcall.schema.references import root_place
from lit_toolcall.types import Tool, ToolCall


class Counts(NamedTuple):
    """Hits among what was predicted and what was expected."""

    hits: int = 0
    predicted: int = 0
    expected: int = 0

    @property
    def are_all_right(self) -> bool:
        """Whether just what is expected is predicted, and be it nothing."""
        return self.hits == self.predicted == self.expected


@dataclass(frozen=True)
class Pair:
    """A call, the expected call of the same name that it stands for, and their tool's schema."""

    call: ToolCall
    expected: ToolCall
    schema: Mapping[str, Any]

    @property
    def is_exact(self) -> bool:
        return equals_expected(self.call.arguments, self.expected.arguments, self.schema)

    @property
    def right_arguments(self) -> int:
        place = root_place(self.schema)
        return sum(
            name in self.expected.arguments and equals_at(value, self.expected.arguments[name], place.property(name))
            for name, value in self.call.arguments.items()
        )

    @property
    def optional_arguments(self) -> int:
        """How many arguments are given that might have been left out."""
        names = self.expected.arguments.keys() - set(list_mandatory(self.expected.arguments))
        return len(names & self.call.arguments.keys())


def pair_calls(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> list[Pair]:
    """Pair calls with expected calls of the same name, one to one, in whatever order they stand.

    Of all pairings the one with the most right arguments is taken, and among equals the one with the most
    exact calls. A call without a partner is left out.

    Example:
        >>> one, two = ToolCall("f", {"a": 1}), ToolCall("f", {"a": 2})
        >>> [pair.is_exact for pair in pair_calls([one, two], [two, one], tools=[])]
        [True, True]
    """
    schemas = {tool.name: tool.parameters for tool in tools}
    pairs = [[Pair(call, wanted, schemas.get(call.name, {})) for wanted in expected] for call in calls]
    # Larger than what the pairs' existence and exactness add up to, so that right arguments come first.
    scale = 2 * (len(calls) + 1)
    gains = [[_gain(pair, scale) for pair in row] for row in pairs]
    return [
        pairs[row][column]
        for row, column in enumerate(best_assignment(gains))
        if column is not None and gains[row][column] > 0
    ]


def _gain(pair: Pair, scale: int) -> int:
    if pair.call.name != pair.expected.name:
        return 0
    return pair.right_arguments * scale + 1 + pair.is_exact


def is_exact_match(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> bool:
    """Tell whether the calls are exactly the expected ones, in any order.

    Example:
        >>> is_exact_match([ToolCall("f", {"a": 1})], [ToolCall("f", {"a": 1.0})], tools=[])
        False
        >>> is_exact_match([], [], tools=[])
        True
    """
    pairs = pair_calls(calls, expected, tools)
    return len(pairs) == len(calls) == len(expected) and all(pair.is_exact for pair in pairs)


def count_arguments(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> Counts:
    """Count (argument, value) pairs over calls paired by name.

    An argument that may be left out is expected only where it is given. The arguments of a call without a
    partner are all wrong, those of an expected call without one all missing.

    Example:
        >>> count_arguments([ToolCall("f", {"a": 1, "b": 2})], [ToolCall("f", {"a": 1, "c": 3})], tools=[])
        Counts(hits=1, predicted=2, expected=2)
    """
    pairs = pair_calls(calls, expected, tools)
    return Counts(
        hits=sum(pair.right_arguments for pair in pairs),
        predicted=sum(len(call.arguments) for call in calls),
        expected=sum(len(list_mandatory(wanted.arguments)) for wanted in expected)
        + sum(pair.optional_arguments for pair in pairs),
    )


def count_tools(calls: Sequence[ToolCall], expected: Sequence[ToolCall]) -> Counts:
    """Count tool names, a name as often as it is called.

    Example:
        >>> count_tools([ToolCall("f", {}), ToolCall("f", {})], [ToolCall("f", {}), ToolCall("g", {})])
        Counts(hits=1, predicted=2, expected=2)
    """
    predicted = Counter(call.name for call in calls)
    wanted = Counter(call.name for call in expected)
    return Counts((predicted & wanted).total(), len(calls), len(expected))
