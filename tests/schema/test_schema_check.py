"""Does a call fit its tool: the first problem, by name and in a sentence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lit_toolcall.schema import find_call_problem, tool_from_dict
from lit_toolcall.types import Problem, Tool, ToolCall


def tool_of(properties: dict[str, Any], required: list[str] | None = None, **more: Any) -> Tool:
    parameters = {"type": "object", "properties": properties, "required": required or [], **more}
    return tool_from_dict({"name": "book", "parameters": parameters})


def problem_of(arguments: dict[str, Any], tool: Tool) -> tuple[Problem, str] | None:
    return find_call_problem(ToolCall("book", arguments), [tool])


WEATHER = [Tool("get_weather", "", {}), Tool("get_time", "", {})]
ROOM = tool_of(
    {
        "city": {"type": "string"},
        "nights": {"type": "integer"},
        "beds": {"type": "array", "items": {"type": "string", "enum": ["single", "double"]}},
        "guest": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            "required": ["name"],
        },
    },
    ["city", "nights"],
)
STAY = {"city": "Oslo", "nights": 2}


def test_a_call_that_fits_has_no_problem():
    assert problem_of(STAY, ROOM) is None
    assert problem_of({**STAY, "beds": ["single", "double"], "guest": {"name": "Ann", "age": 3}}, ROOM) is None
    assert problem_of({**STAY, "beds": []}, ROOM) is None


@pytest.mark.parametrize(
    ("arguments", "problem", "sentence"),
    [
        ({"city": "Oslo"}, Problem.MISSING_ARGUMENT, "call 'book': required argument 'nights' is missing"),
        ({}, Problem.MISSING_ARGUMENT, "call 'book': required argument 'city', 'nights' is missing"),
        ({**STAY, "view": 1}, Problem.EXTRA_ARGUMENT,
         "call 'book': argument 'view' is not in its schema: it takes city, nights, beds, guest"),
        ({"town": "Oslo", "nights": 2}, Problem.ARGUMENT_NAME,
         "call 'book': 'town' given where 'city' is required: it takes city, nights, beds, guest"),
        ({**STAY, "nights": "2"}, Problem.TYPE,
         "call 'book': argument 'nights' is '2', of type string: its type is integer"),
        ({**STAY, "beds": ["single", "king"]}, Problem.ENUM,
         "call 'book': argument 'beds[1]' is 'king', which is not one of 'single', 'double'"),
        ({**STAY, "beds": "single"}, Problem.TYPE,
         "call 'book': argument 'beds' is 'single', of type string: its type is array"),
        ({**STAY, "beds": [1]}, Problem.TYPE,
         "call 'book': argument 'beds[0]' is 1, of type integer: its type is string"),
        ({**STAY, "guest": {}}, Problem.MISSING_ARGUMENT,
         "call 'book': required argument 'guest.name' is missing"),
        ({**STAY, "guest": {"nam": "Ann"}}, Problem.ARGUMENT_NAME,
         "call 'book': 'guest.nam' given where 'guest.name' is required: it takes name, age"),
        ({**STAY, "guest": {"name": "Ann", "x": 1}}, Problem.EXTRA_ARGUMENT,
         "call 'book': argument 'guest.x' is not in its schema: it takes name, age"),
        ({**STAY, "guest": {"name": None}}, Problem.TYPE,
         "call 'book': argument 'guest.name' is None, of type null: its type is string"),
    ],
)  # fmt: skip
def test_the_problem_is_named_with_its_place(arguments, problem, sentence):
    assert problem_of(arguments, ROOM) == (problem, sentence)


def test_an_unknown_tool_is_named_beside_those_on_offer():
    assert find_call_problem(ToolCall("get_wether", {}), WEATHER) == (
        Problem.UNKNOWN_TOOL,
        "call 'get_wether' is not among this example's tools: get_weather, get_time",
    )
    assert find_call_problem(ToolCall("f", {}), []) == (
        Problem.UNKNOWN_TOOL,
        "call 'f' is not among this example's tools: none",
    )


def test_names_come_before_values():
    assert problem_of({"city": 5}, ROOM)[0] is Problem.MISSING_ARGUMENT


@pytest.mark.parametrize(
    ("json_type", "fitting", "unfitting"),
    [
        ("integer", [0, -5, 10**30], [True, 5.0, "5", None]),
        ("number", [0, 2.5, 10**30], [True, "5", None]),
        ("boolean", [True, False], [0, 1, "true", None]),
        ("string", ["", "x"], [1, True, None, ["x"]]),
        ("array", [[], [1, "x", None]], [{}, "x", (1,)]),
        ("object", [{}, {"any": ["thing"]}], [[], None]),
        ("null", [None], [False, 0, ""]),
        (["integer", "null"], [1, None], [1.5, False, "x"]),
        ("any", [None, 1, "x", [], {}, True], []),
    ],
)
def test_types_are_those_of_json(json_type, fitting, unfitting):
    tool = tool_of({"a": {"type": json_type}})
    assert [problem_of({"a": value}, tool) for value in fitting] == [None] * len(fitting)
    assert [problem_of({"a": value}, tool)[0] for value in unfitting] == [Problem.TYPE] * len(unfitting)


@pytest.mark.parametrize(
    ("schema", "value", "problem"),
    [
        ({"enum": [1, 2]}, 1.0, None),
        ({"enum": [1, 2]}, True, Problem.ENUM),
        ({"enum": [False]}, 0, Problem.ENUM),
        ({"const": "x"}, "x", None),
        ({"const": "x"}, "y", Problem.ENUM),
        ({"type": "string", "default": None}, None, None),
        ({"type": "string", "default": 0}, False, Problem.TYPE),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, 5, None),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, 5.5, Problem.TYPE),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, None, None),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, 1, Problem.TYPE),
        ({"allOf": [{"type": "string"}, {"enum": ["a"]}]}, "a", None),
        ({"allOf": [{"type": "string"}, {"enum": ["a"]}]}, "b", Problem.ENUM),
        ({"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, [1, "x"], None),
        ({"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, [1, 2], Problem.TYPE),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"x": 1}, None),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"x": "1"}, Problem.TYPE),
        ({"type": "object", "additionalProperties": False}, {"x": 1}, Problem.EXTRA_ARGUMENT),
        ({"type": "object", "properties": {"x": {}}, "additionalProperties": True}, {"y": 1}, None),
        ({"type": "string", "pattern": "(a+)+$"}, "a" * 100 + "b", None),
    ],
)
def test_keywords(schema, value, problem):
    finding = problem_of({"a": value}, tool_of({"a": schema}))
    assert (finding[0] if finding else None) is problem


def test_a_tool_may_allow_further_arguments():
    assert problem_of({"x": 1}, tool_of({}, additionalProperties=True)) is None
    assert problem_of({"x": 1}, tool_of({}))[0] is Problem.EXTRA_ARGUMENT


def test_a_value_without_a_schema_may_nest_without_end():
    value: Any = []
    for _ in range(100_000):
        value = [value]
    assert problem_of({"a": value}, tool_of({"a": {}})) is None


@given(value=st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_a_default_always_fits(value):
    assert problem_of({"a": value}, tool_of({"a": {"type": "boolean", "default": value}})) is None
