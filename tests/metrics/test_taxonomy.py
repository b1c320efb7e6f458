"""The name of what is wrong, in its order, and what counts as a valid answer."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from lit_toolcall.metrics import Counts, is_valid_answer, name_problem, score_prediction
from lit_toolcall.metrics.repetition import ends_in_loop
from lit_toolcall.types import GROUPS, BfclQuestion, Example, Message, Prediction, Problem, Tool, ToolCall

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


LOOP = 'forecast(**{"city": "Oslo"})\n' * 6


@pytest.mark.parametrize(
    ("text", "calls", "example", "problem"),
    [
        ("forecast(**{", None, ask(RIGHT), Problem.CUT_OFF),
        (LOOP + "forecast(**{", None, ask(RIGHT), Problem.REPETITION),
        ("<think>Which city?", (), ask(RIGHT), Problem.CUT_OFF),  # neither calls nor words so far
        ("Let me see", (), ask(RIGHT), Problem.CUT_OFF),  # words, and a call might have followed
        ("no " * 30, (), ask(RIGHT), Problem.REPETITION),
        ("Let me see", (), ANY_CALL, Problem.CUT_OFF),
        ("forecast", (RIGHT,), ask(RIGHT, RIGHT), Problem.CUT_OFF),
        ("forecast", (RIGHT, RIGHT), ask(RIGHT, RIGHT, forecast(city="Lima")), Problem.CUT_OFF),
        # what no continuation could repair has its own name, and a right answer stays right
        ("forecast", (ToolCall("history", {"city": "Oslo"}),), ask(RIGHT, RIGHT), Problem.WRONG_TOOL),
        ("forecast", (forecast(city="Oslo", days=77),), ask(RIGHT, RIGHT), Problem.VALUE),
        ("forecast", (forecast(city="oslo", days=3),), ask(RIGHT, RIGHT), Problem.VALUE_CASE),
        ("forecast", (forecast(city="Oslo"),), ask(RIGHT, RIGHT), Problem.MISSING_ARGUMENT),
        ("forecast", (forecast(city="Oslo", days=3, note="x"),), ask(RIGHT, RIGHT), Problem.EXTRA_ARGUMENT),
        (LOOP, (RIGHT, forecast(city="Rome", days=3)), ask(*[RIGHT] * 3), Problem.VALUE),
        ("forecast", (RIGHT, RIGHT), ask(RIGHT, *[forecast(city="Lima")] * 2), Problem.EXTRA_ARGUMENT),
        ("Once upon a", (), NO_CALL, None),
        (LOOP, (RIGHT,), ask(RIGHT), None),
        (LOOP, (RIGHT,), NO_CALL, Problem.UNWANTED_CALL),
        (LOOP, (forecast(),), ask(RIGHT, RIGHT), Problem.MISSING_ARGUMENT),
        (LOOP, (forecast(city="Lima", days=3),), ask(RIGHT), Problem.VALUE),
        ("forecast", (RIGHT, ToolCall("history", {"city": "Oslo"})), ask(RIGHT), Problem.EXTRA_CALL),
        (LOOP, (RIGHT, RIGHT, RIGHT), ask(RIGHT), Problem.REPETITION),
    ],
)
def test_an_answer_that_was_cut_off_is_named_so_where_that_is_the_cause(
    text: str, calls: tuple[ToolCall, ...] | None, example: Example, problem: Problem | None
) -> None:
    found = Problem.EMPTY if text.startswith("<think>") else (Problem.SYNTAX if calls is None else None)
    assert name_problem(Prediction(text, calls, found, is_cut=True), example) == problem
    ended = name_problem(Prediction(text, calls, found), example)
    assert ended not in (Problem.CUT_OFF, *([] if calls and len(calls) > 2 else [Problem.REPETITION]))
    assert (ended is None) == (problem is None)


@pytest.mark.parametrize(
    ("calls", "expected", "problem"),
    [
        ([RIGHT] * 5, [RIGHT], Problem.REPETITION),
        ([RIGHT] * 5, [RIGHT, RIGHT], Problem.REPETITION),
        ([RIGHT] * 3, [RIGHT, forecast(city="Lima")], Problem.REPETITION),  # and one is missing: the loop came first
        ([forecast(city="Lima")] * 2, [RIGHT], Problem.REPETITION),  # a wrong call, again
        ([RIGHT, RIGHT, forecast(city="Lima")], [RIGHT], Problem.EXTRA_CALL),  # not all extra calls repeat one
        ([RIGHT, RIGHT, forecast(city="Lima")], [RIGHT, RIGHT], Problem.EXTRA_CALL),  # none repeats one too often
        ([ToolCall("weather", {})] * 2, [RIGHT], Problem.UNKNOWN_TOOL),
    ],
)
def test_calls_that_are_made_again_are_a_repetition(
    calls: list[ToolCall], expected: list[ToolCall], problem: Problem
) -> None:
    assert name_problem(says(*calls), ask(*expected)) == problem


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        (LOOP, True),
        ('<|tool_code|>\nf(**{"a": [' + "0, " * 20, True),
        ("It is raining. " * 3, True),  # three times, 45 characters
        ("It is raining. " * 2 + "It is", False),
        ("Oslo, " * 6, False),  # 36 characters
        ("I said " + "no, " * 30 + "and left for the north of Norway", False),  # it went on
        ("x" * 100_000, True),
        ("a" * 30_000 + "".join(map(chr, range(100, 200))), False),
        ("", False),
        ("Déjà vu. " * 9 + "D\ufffd", True),  # cut off inside a character
        ("".join(f"f(n={i})\n" for i in range(50)), False),
    ],
)
def test_a_loop_is_a_text_whose_end_repeats_itself(text: str, loops: bool) -> None:
    assert ends_in_loop(text) == loops


def test_a_loop_is_found_as_by_trying_every_unit() -> None:
    rng = Random(1)
    found: Counter[bool] = Counter()
    for _ in range(2_000):
        unit = "".join(rng.choices("ab,", k=rng.randint(1, 30)))
        text = ("".join(rng.choices("ab,", k=rng.randint(0, 30))) + unit * rng.randint(1, 6))[: rng.randint(30, 120)]
        periods = [  # each end of the text, and each period that it may have
            (length, period)
            for length in range(40, len(text) + 1)
            for period in range(1, length // 3 + 1)
            if text[-length : len(text) - period] == text[len(text) - length + period :]
        ]
        assert ends_in_loop(text) == bool(periods), text
        found[bool(periods)] += 1
    assert min(found.values()) > 200


def test_any_wrong_value_that_is_far_makes_the_answer_a_wrong_value() -> None:
    expected = [forecast(city="New York", days=3), forecast(city="Oslo", note="1,000 km")]
    near_case, near_format = forecast(city="new york", days=3), forecast(city="Oslo", note="1000 km")
    assert name_problem(says(near_format, near_case), ask(*expected)) == Problem.VALUE_CASE
    assert name_problem(says(near_format, expected[0]), ask(*expected)) == Problem.VALUE_FORMAT
    assert name_problem(says(forecast(city="Rome", note="1000 km"), near_case), ask(*expected)) == Problem.VALUE


def test_each_problem_is_in_one_group() -> None:
    grouped = [problem for problems in GROUPS.values() for problem in problems]
    assert sorted(grouped) == sorted(Problem)


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
