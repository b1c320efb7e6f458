"""BFCL's rules, one by one; each holds in the official checker too, which test_bfcl_parity.py compares."""

from __future__ import annotations

from typing import Any

import pytest

from lit_toolcall.metrics.bfcl_ast import check_ast, find_value_problem
from lit_toolcall.types import BfclQuestion, ToolCall

INTEGERS = {"type": "array", "items": {"type": "integer"}}
FLOATS = {"type": "array", "items": {"type": "float"}}
STRINGS = {"type": "array", "items": {"type": "string"}}
DICTS = {"type": "array", "items": {"type": "dict"}}


def ask(gold: list[dict[str, Any]], category: str = "simple_python", required: tuple[str, ...] = ()) -> BfclQuestion:
    """A question whose functions f and g take the integers a and b and the string s."""
    properties = {"a": {"type": "integer"}, "b": {"type": "integer"}, "s": {"type": "string"}}
    docs = [{"name": name, "parameters": {"properties": properties, "required": list(required)}} for name in "fg"]
    return BfclQuestion(category, tuple(docs), tuple(gold))


@pytest.mark.parametrize(
    ("value", "accepted", "docs", "taken"),
    [
        # types by type(), and only a declared float takes an int, at top level
        (True, [1], {"type": "integer"}, False),
        (5.0, [5], {"type": "integer"}, False),
        ("5", [5], {"type": "integer"}, False),
        (1, [True], {"type": "boolean"}, False),
        (5, [5.0], {"type": "float"}, True),
        (10**400, [5.0], {"type": "float"}, False),
        ([1, 2], [[1.0, 2.0]], FLOATS, False),
        ([1.0, 2.0], [[1, 2]], FLOATS, True),
        ((1.0, 2.0), [[1.0, 2.0]], {**FLOATS, "type": "tuple"}, True),
        ((1.0, 2.0), [[1.0, 2.0]], FLOATS, False),
        # another type is forgiven where gold has it, and then compared as it stands
        ("my_data", ["my_data"], FLOATS, True),
        ("My data", ["my_data"], FLOATS, False),
        (None, ["", None], {"type": "string"}, True),
        (True, ["", True], {"type": "string"}, True),
        ("-", ["", True], {"type": "string"}, False),
        (["a"], [["a", "b"], ["a"]], INTEGERS, True),
        ("x", ["x"], {"type": "any"}, True),
        # strings without case, blanks and some punctuation
        ("new york", ["New-York"], {"type": "string"}, True),
        ("1.5", ["15"], {"type": "string"}, True),
        ("it's", ['it"s'], {"type": "string"}, True),
        ("n,e.w/y-o_r*k^", ["New York"], {"type": "string"}, True),
        ("-", ["", "x"], {"type": "string"}, True),
        ("new;york", ["New York"], {"type": "string"}, False),
        # lists in order, their strings normalised; an empty one stands for ""
        (["A B"], [["ab"]], STRINGS, True),
        (["b", "a"], [["a", "b"]], STRINGS, False),
        ([], [""], STRINGS, True),
        ([], [], STRINGS, False),
        ([1], [[1, 2]], STRINGS, False),
        # dicts
        ({"k": "A"}, [{"k": ["a", "b"]}], {"type": "dict"}, True),
        ({"k": 1.0}, [{"k": [1]}], {"type": "dict"}, True),
        ({"k": 2}, ["", {"k": [1]}, {"k": [2]}], {"type": "dict"}, True),
        ({"k": "a", "z": 1}, [{"k": ["a"]}], {"type": "dict"}, False),
        ({}, [{"k": ["a"]}], {"type": "dict"}, False),
        ({}, [{"k": ["a", ""]}], {"type": "dict"}, True),
        ({}, [""], {"type": "dict"}, False),
        ([{"k": "a"}, {"k": "b"}], [[{"k": ["a"]}, {"k": ["b"]}]], DICTS, True),
        ([{"k": "b"}, {"k": "a"}], [[{"k": ["a"]}, {"k": ["b"]}]], DICTS, False),
        ([{"k": "a"}], [[{"k": ["a"]}, {"k": ["b"]}]], DICTS, False),
        ([1], [[{"k": ["a"]}]], DICTS, False),
        # types that the official checker has no entry for
        (1, [1], {"type": "number"}, False),
        ([1], [[1]], {"type": "array", "items": {"type": "number"}}, False),
        ([1], [[1]], {"type": "array"}, False),
        (1, [1], {}, False),
    ],
)
def test_a_value_is_taken_by_bfcls_rules(value: Any, accepted: list[Any], docs: dict[str, Any], taken: bool) -> None:
    assert (find_value_problem(value, accepted, docs) is None) == taken


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"a": 1}, None),
        ({"a": 1, "b": 2}, None),
        ({"b": 2}, "required argument 'a' of 'f' is missing"),
        ({"a": 1, "s": "x"}, "argument 's' of 'f' is not expected"),
        ({"a": 1, "z": 1}, "argument 'z' of 'f' is not expected"),
        ({"a": 2}, "argument 'a' of 'f': 2 is not among the accepted values [1]"),
    ],
)
def test_an_argument_may_be_left_out_only_where_gold_says_so(arguments: dict[str, Any], problem: str | None) -> None:
    question = ask([{"f": {"a": [1], "b": [2, ""]}}], required=("a",))
    assert check_ast(question, [ToolCall("f", arguments)]) == problem


def test_a_required_argument_must_be_there_even_where_gold_lets_it_out() -> None:
    question = ask([{"f": {"a": [1, ""]}}], required=("a",))
    assert check_ast(question, [ToolCall("f", {})]) == "required argument 'a' of 'f' is missing"
    assert check_ast(ask([{"f": {"a": [1, ""]}}]), [ToolCall("f", {})]) is None
    assert check_ast(ask([{"f": {"a": [1]}}]), [ToolCall("f", {})]) == "argument 'a' of 'f' is missing"


def test_an_argument_that_the_docs_do_not_know_is_wrong_even_where_gold_has_it() -> None:
    question = ask([{"f": {"a": [1], "z": [1, ""]}}])
    assert check_ast(question, [ToolCall("f", {"a": 1})]) is None
    assert check_ast(question, [ToolCall("f", {"a": 1, "z": 1})]) == "argument 'z' of 'f' is not expected"


def test_names_are_exact_and_as_many_calls_are_made_as_expected() -> None:
    question = ask([{"g": {"a": [1]}}], "multiple")
    right, wrong = ToolCall("g", {"a": 1}), ToolCall("G", {"a": 1})
    assert check_ast(question, [right]) is None
    assert check_ast(question, [wrong]) == "function 'G' instead of 'g'"
    assert check_ast(question, []) == "0 call(s), expected 1"
    assert check_ast(question, [right, right]) == "2 call(s), expected 1"
    # in a simple category only the first function counts, whatever gold's name is
    assert check_ast(ask([{"g": {"a": [1]}}]), [ToolCall("f", {"a": 1})]) is None


def test_parallel_calls_are_matched_greedily_in_the_order_of_gold() -> None:
    one, two = ToolCall("f", {"a": 1}), ToolCall("f", {"a": 2})
    question = ask([{"f": {"a": [1]}}, {"f": {"a": [2]}}], "parallel")
    assert check_ast(question, [two, one]) is None
    assert check_ast(question, [one, one]) is not None
    # gold {1 or 2}, {1}: the first takes 1, so nothing is left for the second, though a matching exists
    question = ask([{"f": {"a": [1, 2]}}, {"f": {"a": [1]}}], "live_parallel_multiple")
    assert check_ast(question, [one, two]) is not None
    assert check_ast(question, [two, one]) is None


def test_irrelevance_wants_no_call_and_relevance_any() -> None:
    call = ToolCall("anything", {})
    assert check_ast(BfclQuestion("live_irrelevance", (), None), []) is None
    assert check_ast(BfclQuestion("irrelevance", (), None), [call]) == "1 call(s) where no function fits"
    assert check_ast(BfclQuestion("live_relevance", (), None), [call]) is None
    assert check_ast(BfclQuestion("live_relevance", (), None), []) == "no call where a function fits"


def test_a_question_without_docs_of_its_answer_is_wrong_with_a_reason() -> None:
    question = ask([{"h": {"a": [1]}}], "multiple")
    assert check_ast(question, [ToolCall("h", {"a": 1})]) == "the question has no docs of its own answer 'h'"
    unanswered = BfclQuestion("multiple", question.functions, None)
    assert check_ast(unanswered, [ToolCall("f", {})]) == "the question has no published answer"
