"""Wrong answers that are made on purpose get the name that was intended."""

from __future__ import annotations

import json
import time
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lit_toolcall.data.corruptions import CORRUPTIONS, corrupt, make_call
from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.metrics.scores import name_problem
from lit_toolcall.schema import find_call_problem, tool_from_dict
from lit_toolcall.types import BfclQuestion, Example, Message, Prediction, Problem, Tool, ToolCall

WEATHER = tool_from_dict(
    {
        "name": "get_weather",
        "parameters": {
            "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"], "default": "C"}},
            "required": ["city"],
        },
    }
)
TIME = tool_from_dict({"name": "get_time", "parameters": {"properties": {"zone": {"type": "string"}}}})
OSLO = ToolCall("get_weather", {"city": "Oslo"})
LIMA = ToolCall("get_weather", {"city": "Lima", "unit": "F"})


def ask(*calls: ToolCall, tools: tuple[Tool, ...] = (WEATHER, TIME)) -> Example:
    return Example("1", tools, (Message("user", "Weather in Oslo?"),), Message("assistant", "", calls))


def name_of(wrong: tuple[ToolCall, ...], example: Example) -> Problem | None:
    return name_problem(Prediction("", wrong), example)


@pytest.mark.slow
def test_the_checker_names_a_thousand_of_each_kind_as_intended() -> None:
    sources = [JsonLines(f"demo:{name}.jsonl", "demo:tools.jsonl") for name in ("train", "validation")]
    examples = [example for source in sources for example in source.read(Ledger())]
    rng = Random(3)
    kinds = list(CORRUPTIONS)
    begin = time.process_time()
    made: Counter[Problem] = Counter()
    while made.total() < 1000 * len(CORRUPTIONS):
        example, problem = rng.choice(examples), kinds[made.total() % len(kinds)]
        wrong = corrupt(example, problem, rng)
        if wrong is not None:
            assert name_of(wrong, example) == problem, (example.id, wrong)
            json.dumps([dict(call.arguments) for call in wrong], allow_nan=False)
            made[problem] += 1
    assert time.process_time() - begin < 2 * len(CORRUPTIONS)
    assert made == dict.fromkeys(CORRUPTIONS, 1000)


def test_all_kinds_but_no_answer_broken_syntax_and_rules_and_invented_tools_can_be_made() -> None:
    not_made = {Problem.SYNTAX, Problem.DUPLICATE_ARGUMENT, Problem.TOO_LONG, Problem.UNKNOWN_TOOL}
    not_made |= {Problem.EMPTY, Problem.CONSTRAINT}
    assert set(CORRUPTIONS) == set(Problem) - not_made


@pytest.mark.parametrize("problem", list(CORRUPTIONS))
def test_the_same_seed_gives_the_same_calls(problem: Problem) -> None:
    example = ask() if problem == Problem.UNWANTED_CALL else ask(OSLO, LIMA)
    first = corrupt(example, problem, Random(1))
    assert first
    assert corrupt(example, problem, Random(1)) == first
    assert example == ask(*(call for call in (OSLO, LIMA) if problem != Problem.UNWANTED_CALL))  # untouched


@pytest.mark.parametrize(
    ("problem", "example"),
    [
        (Problem.ENUM, ask(OSLO)),  # no argument with choices is given
        (Problem.ENUM, ask(ToolCall("get_time", {"zone": "CET"}))),
        (Problem.MISSING_CALL, ask(OSLO)),
        (Problem.WRONG_TOOL, ask(OSLO, tools=(WEATHER,))),
        (Problem.TYPE, ask(ToolCall("now", {}), tools=(Tool("now", "", {"properties": {}}),))),
        (Problem.TYPE, ask(ToolCall("say", {"it": 1}), tools=(Tool("say", "", {"properties": {"it": {}}}),))),
        (Problem.ARGUMENT_NAME, ask(ToolCall("get_time", {}), tools=(Tool("get_time", "", {"properties": {}}),))),
        (Problem.UNWANTED_CALL, ask(OSLO)),
        (Problem.UNWANTED_CALL, ask(tools=())),
        (Problem.EXTRA_CALL, ask()),
        (Problem.VALUE, ask()),
        (Problem.VALUE, Example("1", (WEATHER,), (), None)),
        (Problem.VALUE, ask(ToolCall("get_weather", {"city": 5}))),  # the answer breaks its own tool
        (Problem.VALUE, Example("1", (WEATHER,), (), Message("assistant", "", (OSLO,)), bfcl=BfclQuestion("", (), ()))),
    ],
)
def test_what_a_row_has_not_cannot_be_made_wrong(problem: Problem, example: Example) -> None:
    assert corrupt(example, problem, Random(0)) is None


def test_leaving_out_or_giving_a_default_is_not_called_wrong() -> None:
    example = ask(ToolCall("get_weather", {"city": "Oslo", "unit": "C"}))
    for seed in range(50):
        missing = corrupt(example, Problem.MISSING_ARGUMENT, Random(seed))
        assert missing is not None
        assert "city" not in missing[0].arguments
        extra = corrupt(ask(OSLO), Problem.EXTRA_ARGUMENT, Random(seed))
        assert extra is not None
        assert extra[0].arguments.get("unit") != "C"


def test_a_call_nobody_wants_takes_its_values_from_the_question() -> None:
    question = Message("user", 'Is "Blue Moon" on in Bergen?')
    example = Example("1", (WEATHER,), (question,), Message("assistant", "No tool fits."))
    cities = set()
    for seed in range(20):
        wrong = corrupt(example, Problem.UNWANTED_CALL, Random(seed))
        assert wrong is not None
        cities.add(wrong[0].arguments["city"])
    assert cities == {"Blue Moon", "Bergen"}


def test_a_problem_that_is_no_corruption_is_refused() -> None:
    with pytest.raises(KeyError):
        corrupt(ask(OSLO), Problem.SYNTAX, Random(0))


TEXTS = st.sampled_from(["Oslo", "12", "", "new york", "ΑΒΓ", 'a"b', "x" * 30])
LEAVES: list[tuple[dict[str, Any], st.SearchStrategy[Any]]] = [
    ({"type": "string"}, TEXTS),
    ({"type": "string", "enum": ["C", "F", "12"]}, st.sampled_from(["C", "F", "12"])),
    ({"type": "integer"}, st.integers(-(10**20), 10**20)),
    ({"type": "integer", "default": 3}, st.integers(0, 5)),
    ({"type": "number"}, st.floats(allow_nan=False, allow_infinity=False) | st.integers(-5, 5)),
    ({"type": "boolean"}, st.booleans()),
    ({"type": ["string", "null"]}, TEXTS | st.none()),
    ({"anyOf": [{"type": "integer"}, {"type": "string", "enum": ["all"]}]}, st.integers() | st.just("all")),
    ({}, TEXTS | st.integers()),
]


@st.composite
def arguments(draw: st.DrawFn, depth: int = 0) -> tuple[dict[str, Any], Any]:
    """A schema and a value that fits it."""
    kind = draw(st.sampled_from(["leaf", "leaf", "list", "object"] if depth < 2 else ["leaf"]))
    if kind == "leaf":
        schema, values = draw(st.sampled_from(LEAVES))
        return schema, draw(values)
    schema, value = draw(arguments(depth=depth + 1))
    if kind == "list":
        return {"type": "array", "items": schema}, [value] * draw(st.integers(0, 3))
    return {"type": "object", "properties": {"inner": schema}, "required": ["inner"]}, {"inner": value}


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """A row with two tools and up to three calls that fit them; names of arguments overlap on purpose."""
    tools, calls = [], []
    for name in ("f", "g_tool"):
        drawn = draw(st.dictionaries(st.sampled_from(["a", "b_c", "format", "$top", "из"]), arguments(), max_size=3))
        properties = {key: schema for key, (schema, _) in drawn.items()}
        required = [key for key in drawn if draw(st.booleans())]
        tools.append(tool_from_dict({"name": name, "parameters": {"properties": properties, "required": required}}))
        values = {key: value for key, (_, value) in drawn.items()}
        for _ in range(draw(st.integers(0, 2))):
            optional = {key for key in values if key not in required and draw(st.booleans())}
            calls.append(ToolCall(name, {key: value for key, value in values.items() if key not in optional}))
    question = Message("user", draw(st.text(max_size=40)))
    return Example("1", tuple(tools), (question,), Message("assistant", "", tuple(calls[:3])))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(examples(), st.integers(0, 2**32))
def test_the_checker_agrees_on_any_schema(example: Example, seed: int) -> None:
    assert example.answer is not None
    assert all(find_call_problem(call, example.tools) is None for call in example.answer.calls)
    for problem in CORRUPTIONS:
        wrong = corrupt(example, problem, Random(seed))
        assert wrong is None or name_of(wrong, example) == problem


def test_an_argument_that_is_required_and_no_property_is_made_up_too() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x", "y"]}
    parameters = {"type": "object", "properties": {"a": inner}, "required": ["a", "b"]}
    tool = tool_from_dict({"name": "f", "parameters": parameters})
    call = make_call(tool, {}, ask(OSLO), Random(0))
    assert list(call.arguments) == ["a", "b"]
    assert list(call.arguments["a"]) == ["x", "y"]
    assert find_call_problem(call, [tool]) is None
