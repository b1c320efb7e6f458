"""Exact match, the counts behind precision, recall and F1, and the matching of calls."""

from __future__ import annotations

import itertools
import random
import time
from typing import Any

import pytest

from lit_toolcall.metrics.matching import (
    Counts,
    OneOf,
    best_assignment,
    count_arguments,
    count_tools,
    equals_expected,
    expected_calls,
    is_exact_match,
)
from lit_toolcall.types import BfclQuestion, Example, Message, Tool, ToolCall

NUMBER, INTEGER = {"type": "number"}, {"type": "integer"}
TOOL = Tool("f", "", {"type": "object", "properties": {"n": NUMBER, "i": INTEGER}, "required": []})


def f(**arguments: Any) -> ToolCall:
    return ToolCall("f", arguments)


@pytest.mark.parametrize(
    ("value", "expected", "schema", "equal"),
    [
        (5, 5.0, NUMBER, True),
        (5.0, 5, {"type": ["number", "null"]}, True),
        (5.0, 5, INTEGER, False),
        (5, 5.0, {}, False),
        (True, 1, INTEGER, False),
        (1, True, NUMBER, False),
        ("5", 5, NUMBER, False),
        ("Paris", "paris", {}, False),
        (None, None, {}, True),
        (None, False, {}, False),
        ([1, 2], [1.0, 2.0], {"type": "array", "items": NUMBER}, True),
        ([1, 2], [1.0, 2.0], {"type": "array", "items": True}, False),
        ([1, 2], [2, 1], {}, False),
        ([1], [1, 1], {}, False),
        (5, 5.0, {"anyOf": [NUMBER, {"type": "null"}]}, True),
        (5, 5.0, {"oneOf": [INTEGER, {"allOf": [NUMBER]}]}, True),
        (5, 5.0, {"anyOf": [INTEGER, {"type": "string"}]}, False),
        (5, 5.0, {"$ref": "#/$defs/N", "$defs": {"N": NUMBER}}, True),
        (5, 5.0, {"$ref": "#"}, False),  # a circle says nothing
        (5, 5.0, {"$ref": "https://example.org/number.json"}, False),
        (5, 5.0, {"enum": [5.0, 7.5]}, True),
        (5, 5.0, {"enum": [5, 7]}, False),
        (True, 1.0, {"anyOf": [NUMBER]}, False),
        ([1], [1.0], {"anyOf": [{"type": "array", "items": {"anyOf": [NUMBER]}}]}, True),
        ([1, 1], [1.0, 1.0], {"prefixItems": [NUMBER], "items": INTEGER}, False),
        ([1, 1], [1.0, 1.0], {"prefixItems": [INTEGER, NUMBER]}, False),
        ([1, 1], [1.0, 1], {"prefixItems": [NUMBER, INTEGER]}, True),
        ({"n": 1}, {"n": 1.0}, {"additionalProperties": NUMBER}, True),
        ({"n": 1}, {"n": 1.0}, {"patternProperties": {"^n": NUMBER}}, True),
        ({"n": {"m": 1}}, {"n": {"m": 1.0}},
         {"properties": {"n": {"$ref": "#/definitions/N"}}, "definitions": {"N": {"properties": {"m": NUMBER}}}}, True),
        ({"n": 1}, {"n": 1.0}, {"properties": {"n": NUMBER}}, True),
        ({"n": 1}, {"n": 1, "m": 2}, {}, False),
        ({"n": 1, "m": 2}, {"n": 1}, {}, False),
        ({"n": 1, "m": 2}, {"m": 2, "n": 1}, {}, True),
        ([], {}, {}, False),
    ],
)  # fmt: skip
def test_values_are_equal_as_strict_json(value: Any, expected: Any, schema: dict[str, Any], equal: bool) -> None:
    assert equals_expected(value, expected, schema) == equal


def test_calls_match_in_any_order_but_one_to_one() -> None:
    one, two = f(i=1), f(i=2)
    assert is_exact_match([two, one], [one, two], [TOOL])
    assert not is_exact_match([one, one], [one, two], [TOOL])
    assert not is_exact_match([one], [one, two], [TOOL])
    assert not is_exact_match([one, two], [one], [TOOL])
    assert not is_exact_match([ToolCall("g", {"i": 1})], [one], [TOOL])


def test_a_matching_is_found_where_the_first_fit_would_miss_it() -> None:
    either, one = f(i=OneOf((1, 2), may_be_absent=False)), f(i=1)
    assert is_exact_match([f(i=1), f(i=2)], [either, one], [TOOL])


@pytest.mark.parametrize("order", [1, -1])
def test_among_pairings_with_as_many_right_arguments_the_exact_one_is_taken(order: int) -> None:
    optional, mandatory = f(i=1, n=OneOf((2,), may_be_absent=True)), f(i=1, n=2)
    # crosswise, too, all three arguments are right, but f(i=1) lacks the n of the second
    for calls in ([f(i=1), f(i=1, n=2)], [f(i=1, n=2), f(i=1)]):
        assert is_exact_match(calls, [optional, mandatory][::order], [TOOL])


def test_bfcls_accepted_values_may_each_be_given() -> None:
    properties = {
        "unit": {"type": "string"},
        "page": {"type": "integer"},
        "area": {"type": "dict"},
        "size": {"type": "float"},
        "must": {"type": "string"},
    }
    docs = {"name": "f", "parameters": {"properties": properties, "required": ["must"]}}
    gold = {
        "unit": ["cm", "m", ""],
        "page": ["", 1],
        "area": [{"w": [3, 4], "h": [5, ""]}],
        "size": [2.0],
        "must": ["yes", ""],
        "unknown": ["", 1],
    }
    question = BfclQuestion("simple_python", (docs,), ({"f": gold},))
    expected = expected_calls(Example("1", (TOOL,), (), Message("assistant"), bfcl=question))
    assert expected is not None
    least: dict[str, Any] = {"area": {"w": 4}, "size": 2.0, "must": "yes"}
    cases: list[tuple[dict[str, Any], bool]] = [
        ({}, True),
        ({"unit": "m", "page": 1, "area": {"w": 3, "h": 5}}, True),
        ({"unit": ""}, True),  # a string may also be given as ""
        ({"page": ""}, False),  # a number may not
        ({"unit": "CM"}, False),  # nothing is normalised
        ({"unit": "km"}, False),
        ({"area": {"h": 5}}, False),
        ({"size": 2}, False),  # the tool's schema here does not say number
        ({"unknown": 1}, False),  # not in the docs
    ]
    for changes, exact in cases:
        assert is_exact_match([f(**{**least, **changes})], expected, [TOOL]) == exact, changes
    del least["must"]  # required: "" in gold does not help
    assert not is_exact_match([f(**least)], expected, [TOOL])


def test_arguments_are_counted_over_the_best_pairs() -> None:
    expected = [f(i=1, n=1), f(i=2, n=2)]
    # the second call has both arguments of the second; the first one of the first
    assert count_arguments([f(i=1, n=9), f(i=2, n=2.0)], expected, [TOOL]) == Counts(hits=3, predicted=4, expected=4)
    # paired crosswise: 1 + 1 hits where the first pair in order would have none
    assert count_arguments([f(i=2), f(i=1)], expected, [TOOL]) == Counts(hits=2, predicted=2, expected=4)


def test_calls_without_a_partner_count_on_their_own_side() -> None:
    other = ToolCall("g", {"i": 1, "n": 1})
    assert count_arguments([other], [f(i=1)], [TOOL]) == Counts(hits=0, predicted=2, expected=1)
    assert count_arguments([], [f(i=1), f(i=1)], [TOOL]) == Counts(hits=0, predicted=0, expected=2)
    one = f(i=1)  # the same object twice is still two calls
    assert count_arguments([one], [one, one], [TOOL]) == Counts(hits=1, predicted=1, expected=2)


def test_an_argument_that_may_be_absent_is_expected_only_where_it_is_given() -> None:
    expected = [f(i=1, n=OneOf((2,), may_be_absent=True))]
    assert count_arguments([f(i=1)], expected, [TOOL]) == Counts(hits=1, predicted=1, expected=1)
    assert count_arguments([f(i=1, n=2)], expected, [TOOL]) == Counts(hits=2, predicted=2, expected=2)
    assert count_arguments([f(i=1, n=3)], expected, [TOOL]) == Counts(hits=1, predicted=2, expected=2)


def test_tools_are_counted_as_often_as_they_are_called() -> None:
    g = ToolCall("g", {})
    assert count_tools([f(), f(), g], [f(), g, g]) == Counts(hits=2, predicted=3, expected=3)


def test_the_best_assignment_equals_the_best_of_all_permutations() -> None:
    rng = random.Random(0)
    for _ in range(500):
        rows, columns = rng.randint(0, 4), rng.randint(1, 5)
        gains = [[rng.randint(0, 5) for _ in range(columns)] for _ in range(rows)]
        assigned = [column for column in best_assignment(gains) if column is not None]
        assert len(set(assigned)) == len(assigned) == min(rows, columns)
        reached = sum(gains[row][column] for row, column in enumerate(best_assignment(gains)) if column is not None)
        # the rows that get no column stand as None in a permutation of columns padded to the rows' number
        padded = [*range(columns), *[None] * max(0, rows - columns)]
        best = max(
            sum(gains[row][column] for row, column in enumerate(order) if column is not None)
            for order in itertools.permutations(padded, rows)
        )
        assert reached == best


def test_hundreds_of_calls_are_matched_in_no_time() -> None:
    calls = [f(n=n) for n in range(600)]
    begin = time.process_time()
    for expected in ([f(n=7), f(n=601)], [f(n=7), f(i=1), f(n=8)]):
        assert count_arguments(calls, expected, [TOOL]).hits == len(expected) - 1
        assert not is_exact_match(calls, expected, [TOOL])
    assert time.process_time() - begin < 5  # a square matrix took minutes
