"""Test sets of hostile names, ids and texts are transformed like any other."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from robust_rows import as_bfcl

from lit_toolcall.metrics import check_ast
from lit_toolcall.robustness import TRANSFORMATIONS, make_robust
from lit_toolcall.robustness.typos import find_copied_words, misspell_text
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Message, Tool, ToolCall

NAMES = (
    *("f", "get_weather", "getWeather", "weather.get", "get weather", "send_email", "delete_files", "__class__"),
    *(
        "class",
        "None",
        "1st",
        "2",
        "",
        " ",
        "a b",
        "$x",
        "a\nb",
        "\x1b[31m",
        "\ud800",
        "погода",
        "天气",
        "É",
        "x" * 3000,
    ),
    *(
        "required",
        "properties",
        "description",
        "type",
        "enum",
        "name",
        "@",
        "=",
        "tools=16",
        "original",
        "{tool}",
        "%s",
    ),
)
VALUES: tuple[Any, ...] = (
    "Oslo",
    "get_weather",
    "",
    "\ud800",
    "'",
    5,
    -0.0,
    True,
    None,
    [],
    ["Oslo", {"a": "b"}],
    {"f": 1},
)
QUERIES = (
    *("", " ", "What's the weather in Oslo?", "Use get_weather.", "'" * 40, "\ud800 surrogate words", "погода сегодня"),
    *("Résumé größer naïve", "{tool} {arguments} %s", "\0\x1b[2J control words", "天气预报今天怎么样"),
)
names = st.sampled_from(NAMES)


@st.composite
def tools(draw: st.DrawFn) -> Tool:
    keys = draw(st.lists(names, max_size=3, unique=True))
    parts: Mapping[str, Any] = {
        key: draw(
            st.sampled_from([{}, {"description": f"The {key}."}, {"description": "x", "enum": ["get_weather", "Oslo"]}])
        )
        for key in keys
    }
    required = draw(st.lists(st.sampled_from(keys), unique=True)) if keys else []
    return Tool(
        draw(names), draw(st.sampled_from(QUERIES)), {"type": "object", "properties": parts, "required": required}
    )


@st.composite
def questions(draw: st.DrawFn) -> Example:
    offered = draw(st.lists(tools(), max_size=4, unique_by=lambda tool: tool.name))
    calls = []
    for tool in draw(st.lists(st.sampled_from(offered), max_size=2)) if offered else []:
        values = {key: draw(st.sampled_from(VALUES)) for key in tool.parameters["properties"]}
        call = ToolCall(tool.name, values)
        if find_call_problem(call, offered) is None:
            calls.append(call)
    answer = Message("assistant", "" if calls else "No.", tuple(calls))
    example = Example(draw(names), tuple(offered), (Message("user", draw(st.sampled_from(QUERIES))),), answer)
    return as_bfcl(example) if calls and draw(st.booleans()) else example


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.lists(questions(), min_size=1, max_size=4, unique_by=lambda row: row.id), st.integers(0, 3))
def test_hostile_sets_keep_their_right_answers(rows: list[Example], seed: int) -> None:
    originals = {row.id: row for row in rows}
    passing = {
        row.id: row.bfcl is not None and row.answer is not None and check_ast(row.bfcl, row.answer.calls) is None
        for row in rows
    }
    made = make_robust(rows, tuple(TRANSFORMATIONS), seed, training=rows[:1])
    for question in made.questions:
        original = originals[question.made_of[0]]
        assert question.answer is not None
        for call in question.answer.calls:
            assert find_call_problem(call, question.tools) is None
        if question.bfcl is not None and passing[original.id]:
            assert check_ast(question.bfcl, question.answer.calls) is None
        offered = [tool.name for tool in question.tools]
        assert len(offered) == len(set(offered))
        if question.category.startswith("names="):
            for old, new in zip(original.tools, question.tools, strict=True):
                assert len(old.parameters["properties"]) == len(new.parameters["properties"])
                assert len(old.parameters["required"]) == len(new.parameters["required"])


LONG = 100_000


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "'" * LONG,
        "'a " * (LONG // 3),
        '"' * (LONG - 1),
        "“" * LONG,
        "„" * LONG,
        "\u2018" * LONG,
        "\u2018\u2019a" * (LONG // 3),
        "a" * LONG,
        "weather " * (LONG // 8),
        "天" * LONG,
        "`" * (LONG - 1),
        "_ a@" * (LONG // 4),
    ],
    ids=lambda text: text[:4],
)
def test_a_long_text_takes_no_longer_than_its_length(text: str) -> None:
    copied = frozenset("".join(random.Random(n).choices("wxyz", k=1 + n % 40)) for n in range(2_000))
    begin = time.perf_counter()
    misspell_text(text, copied, 0.1, random.Random(0))
    assert time.perf_counter() - begin < 5


def test_words_are_collected_from_any_json_value() -> None:
    call = ToolCall("f", {"a": [{"b": ["Blue Moon"]}, 5, None, True], "c": "x2y-é", "d": "\ud800"})
    row = Example("1", (), (), Message("assistant", "", (call,)))
    assert find_copied_words(row) == {"blue", "moon", "x", "y", "é"}
