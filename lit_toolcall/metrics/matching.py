"""The calls that an answer should make, and which of its calls, arguments and tools match them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from lit_toolcall.json_values import equal_json
from lit_toolcall.metrics.bfcl_ast import LANGUAGES, PYTHON, Language, items_of
from lit_toolcall.schema.references import Place, root_place
from lit_toolcall.types import BfclQuestion, Example, Tool, ToolCall


@dataclass(frozen=True)
class OneOf:
    """Stands among expected arguments where BFCL accepts several values."""

    values: tuple[Any, ...]
    may_be_absent: bool


def expected_calls(example: Example) -> tuple[ToolCall, ...] | None:
    """Return the calls of an exact answer, with a `OneOf` for each set of values that BFCL accepts.

    Returns:
        None where any call counts as right; no calls where none is expected.
    """
    if example.bfcl is not None and example.bfcl.ground_truth is not None:
        return tuple(_read_accepted(example.bfcl))
    return None if example.answer is None else example.answer.calls


def read_values(calls: Sequence[ToolCall], example: Example) -> Sequence[ToolCall]:
    """Return calls with the values that BFCL reads in their texts, where its question is in Java or JavaScript.

    The expected values of such a question are values, not texts. What is not a text there equals none of them.
    """
    language = None if example.bfcl is None else LANGUAGES.get(example.bfcl.category)
    if example.bfcl is None or language is None:
        return calls
    documented = {docs["name"]: docs["parameters"]["properties"] for docs in example.bfcl.functions}
    return [replace(call, arguments=_read_texts(call, documented.get(call.name, {}), language)) for call in calls]


def _read_texts(call: ToolCall, documented: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {name: _read_text(value, documented.get(name, {}), language) for name, value in call.arguments.items()}


def _read_text(text: Any, docs: Mapping[str, Any], language: Language) -> Any:
    if type(text) is not str:
        return _NOT_A_TEXT
    try:
        return language.read_value(text, docs)
    except ValueError:  # too long, or of a type that BFCL cannot read
        return _NOT_A_TEXT


_NOT_A_TEXT = object()
"""Equals no expected value."""


def _as_declared(accepted: Any, docs: Mapping[str, Any], language: Language) -> Any:
    """Return an accepted value with floats where the docs declare them: some of BFCL's are integers there."""
    if isinstance(accepted, list) and docs.get("type") in language.of_items:
        return [_as_declared(item, items_of(docs), language) for item in accepted]
    is_float = type(accepted) is int and language.types.get(str(docs.get("type"))) is float
    return float(accepted) if is_float else accepted


def _read_accepted(question: BfclQuestion) -> Iterator[ToolCall]:
    language = LANGUAGES.get(question.category, PYTHON)
    parameters = {docs["name"]: docs["parameters"] for docs in question.functions}
    for gold in question.ground_truth or ():
        for name, accepted in gold.items():
            required = parameters.get(name, {}).get("required", ())
            documented = parameters.get(name, {}).get("properties", {})
            arguments = {
                argument: _make_one_of(values, documented.get(argument, {}), argument in required, language)
                for argument, values in accepted.items()
                # BFCL refuses an argument that the docs do not know, even where gold says that it may be
                # given.
                if argument in documented or "" not in values
            }
            yield ToolCall(name, arguments)


def _make_one_of(accepted: Sequence[Any], docs: Mapping[str, Any], is_required: bool, language: Language) -> OneOf:
    """Read `""` as "may be left out" unless the argument is required, and as a value where it is a string."""
    declared = accepted if language is PYTHON else [_as_declared(value, docs, language) for value in accepted]
    values = tuple(_unfold(value) for value in declared if value != "" or docs.get("type") in ("string", "String"))
    return OneOf(values, may_be_absent="" in accepted and not is_required)


def _unfold(accepted: Any) -> Any:
    """Replace lists of accepted values in a dict, or in a list of dicts, by `OneOf`; BFCL goes no deeper."""
    if isinstance(accepted, dict):
        return {key: OneOf(tuple(values), may_be_absent="" in values) for key, values in accepted.items()}
    if isinstance(accepted, list):
        return [_unfold(item) if isinstance(item, dict) else item for item in accepted]
    return accepted


def list_mandatory(arguments: Mapping[str, Any]) -> list[str]:
    """Return the names of the expected arguments that an answer may not leave out.

    Example:
        >>> list_mandatory({"a": 1, "b": OneOf((2,), may_be_absent=True)})
        ['a']
    """
    return [name for name, part in arguments.items() if not (isinstance(part, OneOf) and part.may_be_absent)]


def equals_expected(value: Any, expected: Any, schema: Mapping[str, Any]) -> bool:
    """Tell whether a JSON value is the expected one, strictly: the same case, the same types, lists in order.

    JSON has one type for numbers, so 5 and 5.0 are equal where the schema says `number`, be it in an alternative, in a
    schema that it refers to or inside a list; where it says `integer` alone, or nothing, they differ. True is never 1.

    Args:
        value: what the call gives.
        expected: a JSON value, in which a `OneOf` may stand for any part.
        schema: the value's JSON Schema, which its references are looked up in; `{}` where there is none.

    Example:
        >>> equals_expected(5, 5.0, {"type": "number"}), equals_expected(5, 5.0, {"type": "integer"})
        (True, False)
        >>> equals_expected({"a": 1}, {"a": 1, "b": OneOf((2,), may_be_absent=True)}, {})
        True
    """
    return equals_at(value, expected, root_place(schema))


def equals_at(value: Any, expected: Any, place: Place) -> bool:
    """Tell the same of a value at a place inside a tool's schema."""
    if isinstance(expected, OneOf):
        return any(equals_at(value, one, place) for one in expected.values)
    if isinstance(expected, Mapping):
        return (
            isinstance(value, Mapping)
            and has_expected_names(value, expected)
            and all(equals_at(value[name], expected[name], place.property(name)) for name in value)
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(equals_at(value[i], one, place.item(i)) for i, one in enumerate(expected))
        )
    if {type(value), type(expected)} == {int, float}:
        return equal_json(value, expected) and place.takes_number()
    return type(value) is type(expected) and equal_json(value, expected)


def has_expected_names(names: Iterable[str], expected: Mapping[str, Any]) -> bool:
    """Tell whether all arguments are there that may not be left out, and none but the expected ones."""
    return set(list_mandatory(expected)) <= set(names) <= expected.keys()


def best_assignment(gains: Sequence[Sequence[int]]) -> list[int | None]:
    """Assign rows to columns, one to one, so that the gains have the largest sum.

    The Hungarian method with potentials, O(smaller side^2 * larger side): Kuhn, Naval Research Logistics Quarterly 2
    (1955) 83-97. An answer that repeats itself has hundreds of calls where a few are expected.

    Args:
        gains: a matrix of numbers that are not negative, every row equally long.

    Returns:
        Each row's column; None for a row beyond the number of columns.

    Example:
        >>> best_assignment([[3, 2], [2, 0]])  # 2 + 2, where taking the 3 first would end at 3 + 0
        [1, 0]
    """
    if gains and len(gains) > len(gains[0]):
        rows = _assign_fewer_rows(list(zip(*gains, strict=True)))
        columns = {row: column for column, row in enumerate(rows)}
        return [columns.get(row) for row in range(len(gains))]
    return list(_assign_fewer_rows(gains))


def _assign_fewer_rows(gains: Sequence[Sequence[int]]) -> list[int]:
    """Return each row's column; there are no more rows than columns."""
    columns = len(gains[0]) if gains else 0
    # Costs, counted from 1: row 0 and column 0 stand for "not assigned yet".
    costs = [[0] * (columns + 1), *([0, *(-gain for gain in gains_of_row)] for gains_of_row in gains)]
    row_potentials, column_potentials = [0] * len(costs), [0] * (columns + 1)
    row_of_column = [0] * (columns + 1)
    for row in range(1, len(costs)):
        row_of_column[0] = row
        came_from = _cheapest_path(costs, row_of_column, row_potentials, column_potentials)
        _flip(row_of_column, came_from)
    column_of_row = {row: column for column, row in enumerate(row_of_column) if column and row}
    return [column_of_row[row] - 1 for row in range(1, len(costs))]


def _cheapest_path(
    costs: list[list[int]], row_of_column: list[int], row_potentials: list[int], column_potentials: list[int]
) -> list[int]:
    """Walk from the new row to a free column along the smallest reduced costs, raising potentials on the way.

    Returns:
        For each column the one before it on its path; the free column that was reached stands at index 0.
    """
    slack = [float("inf")] * len(row_of_column)
    came_from = [0] * len(row_of_column)
    reached, left = [0], list(range(1, len(row_of_column)))
    column = 0
    while row_of_column[column]:
        row = row_of_column[column]
        for other in left:
            reduced = costs[row][other] - row_potentials[row] - column_potentials[other]
            if reduced < slack[other]:
                slack[other], came_from[other] = reduced, column
        column = min(left, key=slack.__getitem__)
        step = int(slack[column])
        for other in reached:
            row_potentials[row_of_column[other]] += step
            column_potentials[other] -= step
        left.remove(column)
        for other in left:
            slack[other] -= step
        reached.append(column)
    came_from[0] = column
    return came_from


def _flip(row_of_column: list[int], came_from: list[int]) -> None:
    """Move each row on the path one column on, so that the path's free column is taken."""
    column = came_from[0]
    while column:
        row_of_column[column] = row_of_column[came_from[column]]
        column = came_from[column]


class Counts(NamedTuple):
    """Hits among what was predicted and what was expected."""

    hits: int = 0
    predicted: int = 0
    expected: int = 0

    @property
    def are_all_right(self) -> bool:
        """Whether exactly what is expected is predicted, which may be nothing."""
        return self.hits == self.predicted == self.expected


@dataclass(frozen=True)
class CallMatch:
    """A call, the expected call of the same name that it stands for, and their tool's schema."""

    call: ToolCall
    expected: ToolCall
    schema: Mapping[str, Any]

    @property
    def is_exact(self) -> bool:
        """Whether all arguments are given that must be, none else, each with an expected value."""
        return equals_expected(self.call.arguments, self.expected.arguments, self.schema)

    @property
    def right_arguments(self) -> int:
        """Number of given arguments with an expected value."""
        return len(self.call.arguments.keys() & self.expected.arguments.keys()) - len(self.wrong_arguments)

    @property
    def wrong_arguments(self) -> list[tuple[str, Any, Place]]:
        """Arguments that are given and expected with another value: name, value and place in the schema."""
        place = root_place(self.schema)
        both = [
            (name, value, place.property(name))
            for name, value in self.call.arguments.items()
            if name in self.expected.arguments
        ]
        return [given for given in both if not equals_at(given[1], self.expected.arguments[given[0]], given[2])]

    @property
    def optional_arguments(self) -> int:
        """Number of given arguments that might have been left out."""
        names = self.expected.arguments.keys() - set(list_mandatory(self.expected.arguments))
        return len(names & self.call.arguments.keys())


def match_calls(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> list[CallMatch]:
    """Match calls with expected calls of the same name, one to one, in any order.

    Of all such matchings the one with the most right arguments is taken, and among equals the one with the most
    exact calls. A call without a partner is left out.

    Example:
        >>> one, two = ToolCall("f", {"a": 1}), ToolCall("f", {"a": 2})
        >>> [match.is_exact for match in match_calls([one, two], [two, one], tools=[])]
        [True, True]
    """
    schemas = {tool.name: tool.parameters for tool in tools}
    matches = [[CallMatch(call, wanted, schemas.get(call.name, {})) for wanted in expected] for call in calls]
    # Larger than what the matches' existence and exactness add up to, so that right arguments come first.
    scale = 2 * (len(calls) + 1)
    gains = [[_gain(match, scale) for match in row] for row in matches]
    return [
        matches[row][column]
        for row, column in enumerate(best_assignment(gains))
        if column is not None and gains[row][column] > 0
    ]


def _gain(match: CallMatch, scale: int) -> int:
    if match.call.name != match.expected.name:
        return 0
    return match.right_arguments * scale + 1 + match.is_exact


def is_exact_match(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> bool:
    """Tell whether the calls are exactly the expected ones, in any order.

    Example:
        >>> is_exact_match([ToolCall("f", {"a": 1})], [ToolCall("f", {"a": 1.0})], tools=[])
        False
        >>> is_exact_match([], [], tools=[])
        True
    """
    matches = match_calls(calls, expected, tools)
    return len(matches) == len(calls) == len(expected) and all(match.is_exact for match in matches)


def count_arguments(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> Counts:
    """Count (argument, value) pairs over matched calls.

    An argument that may be left out is expected only where it is given. The arguments of a call without a
    partner are all wrong, those of an expected call without one all missing.

    Example:
        >>> count_arguments([ToolCall("f", {"a": 1, "b": 2})], [ToolCall("f", {"a": 1, "c": 3})], tools=[])
        Counts(hits=1, predicted=2, expected=2)
    """
    matches = match_calls(calls, expected, tools)
    return Counts(
        hits=sum(match.right_arguments for match in matches),
        predicted=sum(len(call.arguments) for call in calls),
        expected=sum(len(list_mandatory(wanted.arguments)) for wanted in expected)
        + sum(match.optional_arguments for match in matches),
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
