"""The name of what is wrong, in its order, and what counts as a valid answer."""

from __future__ import annotations

from typing import Any

import pytest

from lit_toolcall.metrics import Counts, is_valid_answer, name_problem, score_prediction
from lit_toolcall.types import BfclQuestion, Example, Message, Prediction, Problem, Tool, ToolCall

PROPERTIES = {
    "city": {"type": "string"},
    "days": {"type": "integer"},
    "unit": {"type": "string", "enum": ["C", "F"]},
    "note": {"type": "string"},
}
TOOLS = tuple(
    Tool(name, "", {"type": "object", "properties": PROPERTIES, "required": ["city"]})
    for name in ("forecast", "history")
)
RIGHT = ToolCall("forecast", {"city": "Oslo", "days": 3})


def ask(*calls: ToolCall) -> Example:
    return Example("1", TOOLS, (), Message("assistant", calls=calls))


NO_CALL = ask()
ANY_CALL = Example("1", TOOLS, (), None)


def says(*calls: ToolCall) -> Prediction:
    return Prediction("", calls)


def forecast(**arguments: Any) -> ToolCall:
    return ToolCall("forecast", arguments)


@pytest.mark.parametrize(
    ("calls", "problem"),
    [
        ([RIGHT], None),
        ([ToolCall("weather", {})], Problem.UNKNOWN_TOOL),
        ([forecast(town="Oslo")], Problem.ARGUMENT_NAME),
        ([forecast(days=3)], Problem.MISSING_ARGUMENT),
        ([forecast(city="Oslo", days=3, hour=1)], Problem.EXTRA_ARGUMENT),
        ([forecast(city="Oslo", days="3")], Problem.TYPE),
        ([forecast(city="Oslo", days=3, unit="K")], Problem.ENUM),
        ([], Problem.MISSING_CALL),
        ([RIGHT, RIGHT], Problem.REPETITION),
        ([RIGHT, forecast(city="Rome")], Problem.EXTRA_CALL),
        ([ToolCall("history", RIGHT.arguments)], Problem.WRONG_TOOL),
        (
            [forecast(city="Oslo", days=3, note="x")],
            Problem.EXTRA_ARGUMENT,
        ),  # fits the schema, is not expected
        ([forecast(city="Oslo")], Problem.MISSING_ARGUMENT),  # optional in the schema, but expected
        ([forecast(city="Oslo", days=4)], Problem.VALUE),
        # a broken schema comes before the number of calls, and that before the values
        ([RIGHT, ToolCall("weather", {})], Problem.UNKNOWN_TOOL),
        ([forecast(city="Bergen"), RIGHT], Problem.EXTRA_CALL),
    ],
)
def test_the_first_problem_is_named(calls: list[ToolCall], problem: Problem | None) -> None:
    assert name_problem(says(*calls), ask(RIGHT)) == problem


def test_a_text_that_cannot_be_parsed_keeps_the_parsers_name() -> None:
    broken = Prediction("f(", None, Problem.TOO_LONG)
    assert name_problem(broken, ask(RIGHT)) == Problem.TOO_LONG
    assert name_problem(broken, NO_CALL) == Problem.TOO_LONG


def test_a_call_where_none_is_expected_is_unwanted_even_when_it_is_malformed() -> None:
    assert name_problem(says(ToolCall("weather", {})), NO_CALL) == Problem.UNWANTED_CALL
    assert name_problem(says(), NO_CALL) is None


def test_where_any_call_is_right_only_its_schema_counts() -> None:
    assert name_problem(says(forecast(city="Bergen")), ANY_CALL) is None
    assert name_problem(says(forecast()), ANY_CALL) == Problem.MISSING_ARGUMENT
    assert name_problem(says(), ANY_CALL) == Problem.MISSING_CALL


@pytest.mark.parametrize(
    ("prediction", "example", "valid"),
    [
        (says(RIGHT), ask(RIGHT), True),
        (says(forecast(city="Bergen")), ask(RIGHT), True),  # a wrong value is valid
        (says(ToolCall("weather", {})), ask(RIGHT), False),
        (says(forecast(city=1)), ask(RIGHT), False),
        (Prediction("?", None, Problem.SYNTAX), ask(RIGHT), False),
        (says(), ask(RIGHT), False),  # words where a call is expected
        (says(), ANY_CALL, False),
        (says(), NO_CALL, True),
        (says(RIGHT), NO_CALL, True),
        (says(forecast()), NO_CALL, False),
        (Prediction("?", None, Problem.SYNTAX), NO_CALL, False),
    ],
)
def test_valid_means_no_invalid_tool_argument_or_syntax(prediction: Prediction, example: Example, valid: bool) -> None:
    assert is_valid_answer(prediction, example) == valid


def test_an_exact_answer_is_valid_even_where_gold_breaks_its_schema() -> None:
    gold = forecast(city="Oslo", days="dontcare")
    assert name_problem(says(gold), ask(gold)) is None
    assert is_valid_answer(says(gold), ask(gold))


def test_a_score_counts_arguments_and_tools() -> None:
    score = score_prediction(says(forecast(city="Oslo", days=4)), ask(RIGHT))
    assert not score.exact
    assert score.valid
    assert score.ast is None
    assert score.arguments == Counts(hits=1, predicted=2, expected=2)
    assert score.tools == Counts(hits=1, predicted=1, expected=1)


def test_garbage_on_irrelevance_is_right_by_bfcl_only() -> None:
    example = Example("1", TOOLS, (), Message("assistant"), bfcl=BfclQuestion("irrelevance", (), None))
    score = score_prediction(Prediction("{{{", None, Problem.SYNTAX), example)
    assert score.ast
    assert not score.exact
    assert not score.valid
    assert score.arguments == Counts()


def test_any_call_leaves_arguments_and_tools_uncounted() -> None:
    score = score_prediction(says(RIGHT), ANY_CALL)
    assert score.exact
    assert score.arguments == score.tools == Counts()
