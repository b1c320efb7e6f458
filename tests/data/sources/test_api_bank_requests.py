"""API-Bank's requests: a value takes its declared type where its text is exactly that; none is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from lit_toolcall.data.sources.api_bank.requests import fit_call, parse_requests
from lit_toolcall.data.sources.reading.values import RowError
from lit_toolcall.schema import find_call_problem, tool_from_dict
from lit_toolcall.types import Tool, ToolCall


def tool_of(type_name: str) -> Tool:
    return tool_from_dict({"name": "Set", "input_parameters": {"value": {"type": type_name}}})


def read_call(written: str, tool: Tool) -> ToolCall:
    [(name, arguments)] = parse_requests(f"[Set(value={written})]")
    return fit_call(name, arguments, tool)


@pytest.mark.parametrize(
    ("type_name", "written", "value"),
    [
        ("int", "'5'", 5),
        ("int", "-2", -2),
        ("float", "3.5", 3.5),
        ("float", "'3.5'", 3.5),
        ("bool", "'True'", True),
        ("bool", "'false'", False),
        ("list(str)", "'['Ann', 'Bo']'", ["Ann", "Bo"]),
        ("list", '"[1, 2]"', [1, 2]),
        ("str", "'5'", "5"),
        ("str", "12345", "12345"),
        ("str", "New York", "New York"),
        ("str", "2034-01-01 10:00:00", "2034-01-01 10:00:00"),
        ("str", "'The user's rent'", "The user's rent"),
        ("str", "'a, b=c'", "a, b=c"),
        ("str", "''", ""),
        ("str", "'[1]'", "[1]"),
        ("any", "'5'", "5"),
        ("any", "5", 5),
    ],
)
def test_a_value_takes_its_declared_type_where_the_text_is_exactly_that(
    type_name: str, written: str, value: Any
) -> None:
    tool = tool_of(type_name)
    call = read_call(written, tool)
    found = call.arguments["value"]
    assert (found, type(found)) == (value, type(value))
    assert find_call_problem(call, [tool]) is None


@pytest.mark.parametrize(
    ("type_name", "written"),
    [
        ("int", "'5.0'"),
        ("int", "'007'"),
        ("int", "'1_000'"),
        ("int", "five"),
        ("bool", "'yes'"),
        ("list", "'Ann'"),
        ("str", "None"),
    ],
)
def test_a_value_of_another_type_stays_and_does_not_fit(type_name: str, written: str) -> None:
    tool = tool_of(type_name)
    assert find_call_problem(read_call(written, tool), [tool]) is not None


def test_an_empty_value_does_not_swallow_the_next_argument() -> None:
    [(_, arguments)] = parse_requests("[Set(a='', b=New York, c='x')]")
    assert {name: written.text for name, written in arguments.items()} == {"a": "", "b": "New York", "c": "x"}


def test_two_requests_in_one_list_are_two_calls() -> None:
    calls = parse_requests("[Set(value='8'), Get(), Set(value='9')]")
    assert [name for name, _ in calls] == ["Set", "Get", "Set"]
    assert calls[2][1]["value"].text == "9"


def test_brackets_around_a_request_may_be_missing() -> None:
    assert parse_requests("Set(value=New York)") == parse_requests("[Set(value=New York)]")


@pytest.mark.parametrize(
    ("request_text", "sentence"),
    [
        ("[Set(value=<Time>)]", "the value '<Time>' has neither quotes nor a literal's form"),
        ("[Set(value=2 * (3))]", "neither quotes nor a literal's form"),
        ("[Set(value='8'), Set(value='a 'b' c')]", "cannot be read"),
        ("[Set(value='\\ud800')]", "cannot be read"),
        ("[Set('8')]", "not named arguments"),
        ("[Set(**{'value': '8'})]", "not named arguments"),
        ("[Set(value='8', value='9')]", "'value' is given twice"),
        ("[Set]", "not a request of the form"),
        ("[Set(value='8'", "not a request of the form"),
        ("[Set(value='" + "a" * 100_001 + "')]", "longer than 100,000 characters"),
        ("[Set(value=" + "[" * 65 + "]" * 65 + ")]", "nested deeper than 64 levels"),
    ],
)
def test_a_request_that_cannot_be_read_says_why(request_text: str, sentence: str) -> None:
    with pytest.raises(RowError, match=sentence.replace("(", r"\(")):
        parse_requests(request_text)
