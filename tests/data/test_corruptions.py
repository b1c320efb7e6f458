"""Wrong answers that are made on purpose get the name that was intended."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from named_corruptions import CORRUPTIONS, corrupt
from text_corruptions import TEXT_CORRUPTIONS, corrupt_text
from transformers import PreTrainedTokenizerFast

from lit_toolcall.data.corruptions import make_call
from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.data.sources.bfcl import ANSWERED, Bfcl
from lit_toolcall.formats import CALL_FORMATS
from lit_toolcall.metrics.bfcl_ast import LANGUAGES
from lit_toolcall.metrics.scores import name_problem
from lit_toolcall.prompting import PromptOptions, Renderer
from lit_toolcall.schema import find_call_problem, tool_from_dict
from lit_toolcall.types import BfclQuestion, Example, Message, Prediction, Problem, Tool, ToolCall

PYTHON_CATEGORIES = tuple(category for category in ANSWERED if category not in LANGUAGES)
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


def read_demo() -> list[Example]:
    sources = [JsonLines(f"demo:{name}.jsonl", "demo:tools.jsonl") for name in ("train", "validation")]
    return [example for source in sources for example in source.read(Ledger())]


def read_bfcl() -> list[Example]:
    """Read BFCL's questions as rows of one right answer; none where the package is not installed.

    An accepted value that a corruption happens to reach is settled in `test_other_accepted_values_settle_a_name`.
    """
    if importlib.util.find_spec("bfcl_eval") is None:
        return []
    return [replace(example, bfcl=None) for example in Bfcl(PYTHON_CATEGORIES).read(Ledger())]


def with_bounds(example: Example) -> Example:
    """Bound the numbers and texts of a row's tools by what its calls give, since hardly a published tool has bounds."""
    assert example.answer is not None
    given: dict[tuple[str, str], list[Any]] = {}
    for call in example.answer.calls:
        for name, value in call.arguments.items():
            given.setdefault((call.name, name), []).append(value)

    def bound(tool: Tool) -> Tool:
        properties = dict(tool.parameters.get("properties", {}))
        for name, schema in properties.items():
            values = given.get((tool.name, name), [])
            if values and all(type(value) in (int, float) for value in values):
                properties[name] = {**schema, "minimum": min(values), "maximum": max(values)}
            elif values and all(isinstance(value, str) for value in values) and "enum" not in schema:
                properties[name] = {**schema, "maxLength": max(map(len, values)) + 2}
        return replace(tool, parameters={**tool.parameters, "properties": properties})

    return replace(example, tools=tuple(map(bound, example.tools)))


@pytest.mark.slow
def test_ten_thousand_corruptions_are_named_as_intended() -> None:
    examples = {"demo": read_demo(), "bfcl": read_bfcl()}
    by_kind: dict[Problem, list[Example]] = {kind: [*examples["demo"], *examples["bfcl"]] for kind in CORRUPTIONS}
    by_kind[Problem.CONSTRAINT] = [with_bounds(example) for example in by_kind[Problem.CONSTRAINT]]
    rng = Random(3)
    made: Counter[Problem] = Counter()
    for kind in CORRUPTIONS:
        rows = rng.sample(by_kind[kind], len(by_kind[kind]))
        # few rows have texts with units: these are made wrong again and again, each time in a way that is drawn anew
        rows = [example for example in rows if corrupt(example, kind, Random(0)) is not None]
        for example in cycle(rows):
            wrong = corrupt(example, kind, rng)
            if wrong is None:  # the other draw had another call to add, and this one's stands in the answer already
                assert kind is Problem.EXTRA_CALL
                continue
            assert name_of(wrong, example) == kind, (example.id, wrong)
            json.dumps([dict(call.arguments) for call in wrong], allow_nan=False)
            made[kind] += 1
            if made[kind] == 600:
                break
    assert made == dict.fromkeys(CORRUPTIONS, 600)
    assert made.total() > 10_000


@pytest.mark.slow
def test_every_row_is_named_as_intended_in_every_way_that_it_can_be_wrong() -> None:
    made: Counter[Problem] = Counter()
    for example in [*read_demo(), *read_bfcl()]:
        for kind in CORRUPTIONS:
            wrong = corrupt(example, kind, Random(example.id))
            if wrong is not None:
                assert name_of(wrong, example) == kind, (example.id, wrong)
                made[kind] += 1
    few = {Problem.CONSTRAINT: 0, Problem.VALUE_UNIT: 20, Problem.UNWANTED_CALL: 100}
    assert all(made[kind] >= few.get(kind, 200) for kind in CORRUPTIONS)


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("bfcl_eval") is None,
    reason="bfcl_eval is not installed: pip install --no-deps bfcl-eval==2026.3.23",
)
def test_other_accepted_values_settle_a_name() -> None:
    """Where BFCL accepts several values, a wrong call may be right, or near another one than the one that was spoiled.

    Then the nearest accepted value gives the name: no further from right than was intended.
    """
    nearness = [None, Problem.VALUE_CASE, Problem.VALUE_UNIT, Problem.VALUE_FORMAT, Problem.VALUE_ROUNDING]
    settled: Counter[bool] = Counter()
    for example in Bfcl(PYTHON_CATEGORIES).read(Ledger()):
        for kind in (*nearness[1:], Problem.VALUE):
            assert kind is not None
            wrong = corrupt(replace(example, bfcl=None), kind, Random(example.id))
            if wrong is None:
                continue
            name = name_of(wrong, example)
            assert name == kind or name in nearness[: (*nearness, Problem.VALUE).index(kind)], (example.id, wrong, name)
            settled[name == kind] += 1
    assert settled[True] > 10 * settled[False]


def test_each_problem_can_be_made_as_calls_or_as_a_text() -> None:
    assert set(CORRUPTIONS) | set(TEXT_CORRUPTIONS) == set(Problem)
    assert set(CORRUPTIONS) & set(TEXT_CORRUPTIONS) == {Problem.REPETITION}


@pytest.mark.parametrize("call_format", CALL_FORMATS)
def test_unreadable_and_unfinished_texts_are_named_as_intended(
    call_format: str, make_tokenizer: Callable[..., PreTrainedTokenizerFast]
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions(call_format))
    examples = [example for example in read_demo() if example.answer and example.answer.calls]
    rng = Random(5)
    for kind in TEXT_CORRUPTIONS:
        made = 0
        for example in rng.sample(examples, 60):
            wrong = corrupt_text(example, kind, renderer.format, rng)
            if wrong is not None:
                made += 1
                read = renderer.parse(wrong.text, wrong.is_cut)
                assert name_problem(read, example) == kind, (example.id, wrong)
        assert made > 55, (kind, made)


def test_a_text_needs_calls_that_the_format_can_write() -> None:
    for kind in TEXT_CORRUPTIONS:
        assert corrupt_text(ask(), kind, CALL_FORMATS["hermes"], Random(0)) is None
        assert corrupt_text(ask(ToolCall("f", {})), kind, CALL_FORMATS["hermes"], Random(0)) is None
    lone_surrogate = ask(ToolCall("get_weather", {"city": "\ud800"}))
    assert corrupt_text(lone_surrogate, Problem.CUT_OFF, CALL_FORMATS["hermes"], Random(0)) is None


WAIT = tool_from_dict(
    {"name": "wait", "parameters": {"properties": {"s": {"type": "number", "maximum": 9}, "until": {"type": "string"}}}}
)


@pytest.mark.parametrize("problem", list(CORRUPTIONS))
def test_the_same_seed_gives_the_same_calls(problem: Problem) -> None:
    calls = () if problem is Problem.UNWANTED_CALL else (OSLO, LIMA, ToolCall("wait", {"s": 7.25, "until": "5"}))
    example = ask(*calls, tools=(WEATHER, TIME, WAIT))
    first = corrupt(example, problem, Random(1))
    assert first
    assert corrupt(example, problem, Random(1)) == first
    assert example == ask(*calls, tools=(WEATHER, TIME, WAIT))  # untouched


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
    with pytest.raises(KeyError):
        corrupt_text(ask(OSLO), Problem.VALUE, CALL_FORMATS["hermes"], Random(0))


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
