"""Constructs of JSON Schema are checked, or named as unchecked; bounds hold whatever a file says."""

# ruff: noqa: E501

from __future__ import annotations

import time
from typing import Any

import pytest
from signature_reader import parse_signature

from lit_toolcall.schema import (
    count_unchecked,
    find_call_problem,
    list_unchecked,
    render_signature,
    tool_from_dict,
)
from lit_toolcall.types import Problem, Tool, ToolCall


def tool_of(parameters: Any) -> Tool:
    return tool_from_dict({"name": "f", "parameters": parameters})


def problems(parameters: Any, calls: list[dict[str, Any]]) -> list[Problem | None]:
    findings = [find_call_problem(ToolCall("f", call), [tool_of(parameters)]) for call in calls]
    return [None if finding is None else finding[0] for finding in findings]


def of_argument(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}, "required": [], **more}


MISSING, EXTRA, NAME = Problem.MISSING_ARGUMENT, Problem.EXTRA_ARGUMENT, Problem.ARGUMENT_NAME
TYPE, ENUM, BROKEN = Problem.TYPE, Problem.ENUM, Problem.CONSTRAINT
STRING, INTEGER = {"type": "string"}, {"type": "integer"}
FILTER = {"F": {"type": "object", "properties": {"min": INTEGER}, "required": ["min"], "additionalProperties": False}}
TREE = {"T": {"properties": {"n": INTEGER, "next": {"anyOf": [{"$ref": "#/$defs/T"}, {"type": "null"}]}}}}
BY_ID = {"properties": {"id": INTEGER}, "required": ["id"]}
BY_NAME = {"properties": {"name": STRING}, "required": ["name"]}


@pytest.mark.parametrize(
    ("parameters", "fitting", "unfitting"),
    [
        (of_argument({"$ref": "#/$defs/F"}, required=["a"], **{"$defs": FILTER}),
         [{"a": {"min": 3}}], [({"a": "abc"}, TYPE), ({"a": {"max": "x"}}, NAME), ({"a": {"min": "3"}}, TYPE), ({}, MISSING)]),
        (of_argument({"type": "array", "items": {"$ref": "#/definitions/X"}},
                     definitions={"X": {"type": "dict", "properties": {"n": {"type": "int"}}}}),
         [{"a": [{"n": 1}, {}]}], [({"a": [1, "a"]}, TYPE), ({"a": [{"n": "1"}]}, TYPE), ({"a": [{"m": 1}]}, EXTRA)]),
        (of_argument({"$ref": "#/$defs/T"}, **{"$defs": TREE}),
         [{"a": {"n": 1, "next": {"n": 2, "next": None}}}], [({"a": {"next": {"next": {"n": "x"}}}}, TYPE), ({"a": {"next": {"m": 1}}}, EXTRA)]),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "properties": {"a": STRING}, "required": []}}},
         [{}, {"a": "x"}], [({"a": 1}, TYPE), ({"b": 1}, EXTRA)]),
        ({"type": "object", "oneOf": [BY_ID, BY_NAME]},
         [{"id": 1}, {"name": "x"}], [({}, MISSING), ({"id": 1, "name": "x"}, BROKEN), ({"id": "1"}, TYPE), ({"id": 1, "z": 1}, EXTRA)]),
        ({"oneOf": [BY_ID, BY_NAME]}, [{"id": 1}, {"name": "x"}], [({}, MISSING)]),
        # nothing is required, so either would take any call if its objects were open
        ({"type": "object", "oneOf": [{"properties": {"id": INTEGER}}, {"properties": {"name": STRING}}]},
         [{"id": 1}, {"name": "x"}], [({"id": 1, "name": "x"}, BROKEN), ({"z": 1}, BROKEN)]),
        ({"type": "object", "anyOf": [BY_ID, BY_NAME]},
         [{"id": 1}, {"name": "x"}, {"id": 1, "name": "x"}], [({}, MISSING), ({"id": 1, "z": 0}, EXTRA)]),
        ({"type": "object", "properties": {"a": STRING, "b": STRING}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
         [{"a": "x"}, {"b": "x"}, {"a": "x", "b": "y"}], [({}, MISSING), ({"a": "x", "c": 1}, EXTRA)]),
        (of_argument(STRING, allOf=[{"properties": {"b": INTEGER}, "required": ["b"]}]),
         [{"a": "x", "b": 1}, {"b": 1}], [({"a": "x"}, MISSING), ({"b": "1"}, TYPE), ({"b": 1, "c": 1}, EXTRA)]),
        (of_argument(STRING, patternProperties={"^x-": STRING}, additionalProperties=False),
         [{"x-1": "v"}, {"a": "x", "x-": ""}], [({"x-1": 1}, TYPE), ({"y-1": "v"}, EXTRA)]),
        (of_argument(STRING, patternProperties={"^x-": STRING}), [{"x-1": "v"}], [({"y": "v"}, EXTRA)]),
        (of_argument(True), [{"a": 1}, {"a": None}, {}], [({"b": 1}, EXTRA)]),
        (of_argument(False), [{}], [({"a": 1}, BROKEN)]),
        (of_argument({"type": "string", "nullable": True}), [{"a": None}, {"a": "x"}], [({"a": 1}, TYPE)]),
        (of_argument({"enum": ["x", "y"], "nullable": True}), [{"a": None}], [({"a": "z"}, ENUM)]),
        (of_argument({"const": 1}), [{"a": 1}, {"a": 1.0}], [({"a": True}, ENUM), ({"a": 2}, ENUM)]),
        (of_argument({"const": None}), [{"a": None}], [({"a": 1}, TYPE)]),
        (of_argument({"enum": [[1], {"x": True}]}), [{"a": [1.0]}, {"a": {"x": True}}], [({"a": [True]}, ENUM), ({"a": {"x": 1}}, ENUM)]),
        (of_argument({"not": {"type": "string"}}), [{"a": 1}], [({"a": "x"}, BROKEN)]),
        (of_argument({"type": "array", "prefixItems": [STRING, INTEGER], "items": False}),
         [{"a": ["x", 1]}, {"a": ["x"]}], [({"a": [1]}, TYPE), ({"a": ["x", 1, 2]}, BROKEN)]),
        (of_argument({"type": "array", "items": [STRING], "additionalItems": INTEGER}),
         [{"a": ["x", 1, 2]}], [({"a": ["x", "y"]}, TYPE)]),
        (of_argument({"type": "array", "items": INTEGER, "minItems": 1, "maxItems": 2, "uniqueItems": True}),
         [{"a": [1]}, {"a": [1, 2]}], [({"a": []}, BROKEN), ({"a": [1, 2, 3]}, BROKEN), ({"a": [1, 1]}, BROKEN)]),
        (of_argument({"contains": INTEGER}), [{"a": ["x", 1]}], [({"a": ["x"]}, BROKEN)]),
        (of_argument({"type": "number", "minimum": 0, "exclusiveMaximum": 1}), [{"a": 0}, {"a": 0.5}], [({"a": -1}, BROKEN), ({"a": 1}, BROKEN)]),
        (of_argument({"minimum": 0, "exclusiveMinimum": True}), [{"a": 1}], [({"a": 0}, BROKEN)]),
        (of_argument({"multipleOf": 0.1}), [{"a": 0.3}, {"a": 10**400}, {"a": 1e300}], [({"a": 0.25}, BROKEN)]),
        (of_argument({"minLength": 2, "maxLength": 3}), [{"a": "äö"}, {"a": 1}], [({"a": "x"}, BROKEN), ({"a": "xxxx"}, BROKEN)]),
        (of_argument({"pattern": r"^\d{4}-\d\d$"}), [{"a": "2024-05"}], [({"a": "2024-05\n"}, BROKEN), ({"a": "May"}, BROKEN)]),
        (of_argument(STRING, dependentRequired={"a": ["b"]}, additionalProperties=True),
         [{}, {"a": "x", "b": 1}], [({"a": "x"}, MISSING)]),
        (of_argument(STRING, dependencies={"a": {"properties": {"b": INTEGER}, "required": ["b"]}}),
         [{}, {"a": "x", "b": 1}], [({"a": "x"}, MISSING), ({"a": "x", "b": "1"}, TYPE)]),
        (of_argument({"enum": ["x", "y"]}, **{"if": {"properties": {"a": {"const": "x"}}, "required": ["a"]},
                     "then": {"properties": {"b": INTEGER}, "required": ["b"]}}),
         [{"a": "y"}, {"a": "x", "b": 1}], [({"a": "x"}, MISSING), ({"a": "y", "b": 1}, EXTRA)]),
        (of_argument({"type": "object", "propertyNames": {"maxLength": 2}}), [{"a": {"xy": 1}}], [({"a": {"xyz": 1}}, EXTRA)]),
        (of_argument({"type": "object", "minProperties": 1}), [{"a": {"x": 1}}], [({"a": {}}, BROKEN)]),
        (of_argument(STRING, unevaluatedProperties=INTEGER, allOf=[{"properties": {"b": STRING}}]),
         [{"a": "x", "b": "y", "c": 1}], [({"c": "x"}, TYPE)]),
        # a name that no property describes is required all the same, with any value
        (of_argument(STRING, required=["a", "b"]), [{"a": "x", "b": [1]}], [({"a": "x"}, MISSING), ({"b": 1}, MISSING)]),
        ([], [{}], [({"a": 1}, EXTRA)]),
        (None, [{}], [({"a": 1}, EXTRA)]),
        ('{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}', [{"a": "x"}], [({}, MISSING)]),
    ],
)  # fmt: skip
def test_a_construct_is_checked(
    parameters: Any, fitting: list[dict[str, Any]], unfitting: list[tuple[dict[str, Any], Problem]]
) -> None:
    assert problems(parameters, fitting) == [None] * len(fitting)
    assert problems(parameters, [call for call, _ in unfitting]) == [problem for _, problem in unfitting]
    tool = tool_of(parameters)
    assert parse_signature(render_signature(tool)) == tool
    assert tool_from_dict({"name": "f", "parameters": tool.parameters}) == tool


def said(schema: Any, value: Any) -> str:
    finding = find_call_problem(ToolCall("f", {"a": value}), [tool_of(of_argument(schema))])
    assert finding is not None
    return finding[1].removeprefix("call 'f': ")


@pytest.mark.parametrize(
    ("schema", "value", "sentence"),
    [
        ({"minimum": 3}, 2, "argument 'a' is 2, which is not at least 3"),
        ({"maximum": 3, "exclusiveMaximum": True}, 3, "argument 'a' is 3, which is not less than 3"),
        ({"multipleOf": 5}, 7, "argument 'a' is 7, which is not a multiple of 5"),
        ({"maxLength": 1}, "xy", "argument 'a' is 'xy', of 2 characters: it has at most 1"),
        ({"pattern": "^a"}, "b", "argument 'a' is 'b', which does not match its pattern '^a'"),
        ({"minItems": 1}, [], "argument 'a' is [], of 0 items: it has at least 1"),
        ({"uniqueItems": True}, [1, 1.0], "argument 'a' is [1, 1.0], whose items are not all different"),
        ({"not": {}}, 1, "argument 'a' is 1, which its schema rules out (`not`)"),
        ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, 1,
         "argument 'a' is 1, which fits 2 schemas of its `oneOf`: only one may fit"),
        ({"items": {"properties": {"b": {"minimum": 1}}}}, [{"b": 0}], "argument 'a[0].b' is 0, which is not at least 1"),
        # of alternatives the one of the value's type is told
        ({"anyOf": [{"type": "null"}, {"properties": {"b": {"type": "string"}}, "type": "object"}]}, {"b": 1},
         "argument 'a.b' is 1, of type integer: its type is string"),
    ],
)  # fmt: skip
def test_what_is_broken_is_said(schema: Any, value: Any, sentence: str) -> None:
    assert said(schema, value) == sentence


@pytest.mark.parametrize(
    ("schema", "unchecked"),
    [
        ({"type": "string", "format": "date"}, ["format 'date'"]),
        ({"pattern": "(a+)+$"}, ["pattern '(a+)+$'"]),
        ({"patternProperties": {"a|b": {}}}, ["patternProperties 'a|b'"]),
        ({"$ref": "https://example.org/x.json"}, ["$ref 'https://example.org/x.json'"]),
        ({"$ref": "#/$defs/None"}, ["$ref '#/$defs/None'"]),
        ({"$ref": "other.json#/a"}, ["$ref 'other.json#/a'"]),
        ({"$ref": 5}, ["$ref 5"]),
        ({"$dynamicRef": "#x", "x-order": 1, "contentEncoding": "base64"}, ["$dynamicRef", "contentEncoding", "x-order"]),
        ({"minimum": "5", "maxLength": -1}, ["maxLength -1", "minimum '5'"]),
        ({"unevaluatedItems": False}, ["unevaluatedItems"]),
        ({"anyOf": [{"items": {"not": {"format": "x"}}}]}, ["format 'x'"]),
        ({"type": "string", "title": "T", "examples": [1], "minLength": 1, "nullable": True, "pattern": "^a"}, []),
    ],
)  # fmt: skip
def test_what_is_not_checked_is_named_and_refuses_nothing(schema: Any, unchecked: list[str]) -> None:
    tool = tool_of(of_argument(schema))
    assert list_unchecked(tool) == unchecked
    assert find_call_problem(ToolCall("f", {"a": "a"}), [tool]) is None


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"not": {"pattern": "(a|b)"}}, "c"),
        ({"oneOf": [{"pattern": "(a|b)"}, {"type": "string"}]}, "a"),
        ({"if": {"pattern": "(a|b)"}, "then": {"minLength": 9}, "else": {"maxLength": 0}}, "a"),
        ({"contains": {"pattern": "(a|b)"}}, ["c"]),
        ({"not": {"$ref": "elsewhere.json"}}, 1),
    ],
)
def test_what_hangs_on_something_unchecked_is_not_refused(schema: Any, value: Any) -> None:
    assert find_call_problem(ToolCall("f", {"a": value}), [tool_of(of_argument(schema))]) is None


CIRCLES = [
    {"A": {"$ref": "#/$defs/A"}},
    {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}},
    {"A": {"anyOf": [{"$ref": "#/$defs/A"}, {"type": "integer"}]}},
    {"A": {"allOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}]}},
    {"A": {"not": {"$ref": "#/$defs/A"}}},
]


@pytest.mark.parametrize("definitions", CIRCLES)
def test_a_reference_in_a_circle_says_nothing_and_is_named(definitions: dict[str, Any]) -> None:
    tool = tool_of(of_argument({"$ref": "#/$defs/A"}, **{"$defs": definitions}))
    assert find_call_problem(ToolCall("f", {"a": 1}), [tool]) is None
    assert "$ref '#/$defs/A'" in list_unchecked(tool)


def test_a_long_chain_of_references_is_walked_once() -> None:
    chain: dict[str, Any] = {f"A{i}": {"$ref": f"#/$defs/A{i + 1}"} for i in range(1000)}
    properties = {f"p{i}": {"$ref": "#/$defs/A0"} for i in range(1000)}
    parameters = {"type": "object", "properties": properties, "$defs": {**chain, "A1000": {"type": "integer"}}}
    started = time.monotonic()
    assert list_unchecked(tool_of(parameters)) == []
    parameters["$defs"]["A1000"] = {"$ref": "#/$defs/A999"}
    assert len(list_unchecked(tool_of(parameters))) == 1001
    assert time.monotonic() - started < 5, "one walk takes 0.05 s, a walk for each reference 20 s"


def test_tools_are_counted_by_name_however_often_and_in_however_many_forms_they_occur() -> None:
    tools = [
        Tool(name, "", {"properties": {"a": {"format": "date", "maximum": number}}})
        for number in range(200)
        for name in ("f", "g")
    ]
    plain = Tool("h", "", {"properties": {"a": {"x-unit": "km"}}})
    assert count_unchecked([*tools, plain, *tools]) == (("format 'date'", 2), ("x-unit", 1))
    many = [Tool(f"t{i}", "", {f"x-{i}": 1}) for i in range(1000)]
    assert len(count_unchecked(many)) == 200


def doubling(levels: int) -> dict[str, Any]:
    definitions: dict[str, Any] = {f"L{i}": {"allOf": [{"$ref": f"#/$defs/L{i + 1}"}] * 2} for i in range(levels)}
    return {**definitions, f"L{levels}": {"type": "integer"}}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "definitions", "value"),
    [
        ({"$ref": "#/$defs/L0"}, doubling(60), 1),
        ({"$ref": "#/$defs/A"}, {"A": {"items": {"$ref": "#/$defs/A"}}}, nested(5000)),
        ({"$ref": "#/$defs/A"}, {"A": {"anyOf": [{"items": {"$ref": "#/$defs/A"}}] * 9}}, nested(40)),
        ({"$ref": "#/$defs/L0"}, {f"L{i}": {"$ref": f"#/$defs/L{i + 1}"} for i in range(500)}, 1),
        ({"items": {"anyOf": [{"const": i} for i in range(1000)]}}, {}, list(range(1000)) * 9),
    ],
)
def test_checking_is_bounded(schema: Any, definitions: dict[str, Any], value: Any) -> None:
    tool = tool_of(of_argument(schema, **{"$defs": definitions}))
    start = time.process_time()
    finding = find_call_problem(ToolCall("f", {"a": value}), [tool])
    assert time.process_time() - start < 5
    assert finding == (
        Problem.TOO_LONG,
        "call 'f': checking it against its tool's schema takes too long: simplify the schema",
    )


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+$", "a" * 5000 + "b"),
        ("a?" * 60 + "a" * 60, "a" * 60),
        ("^a*a*a*a*a*b$", "a" * 3000),
        (".*.*.*x", "a" * 9000),
    ],
)
def test_patterns_take_no_time(pattern: str, text: str) -> None:
    start = time.process_time()
    finding = find_call_problem(ToolCall("f", {"a": text}), [tool_of(of_argument({"pattern": pattern}))])
    assert time.process_time() - start < 1
    assert finding is None


@pytest.mark.parametrize(
    ("name", "fitting", "unfitting"),
    [
        ("string[]", [["a"], []], ["a", [1]]),
        ("int[]", [[1]], [1, ["a"]]),
        ("object[]", [[{"a": 1}]], [{"a": 1}, [1]]),
        ("string[][]", [[["a"], []]], [["a"], "a"]),
        ("List[str][]", [[["a"]]], [["a"]]),
        ("int[3]", [[1, 2, 3]], [1, [1], [1, 2, 3, 4]]),
        ("str[]?", [["a"], None], ["a", [1]]),
        ("string?", ["a", None], [1]),
        ("str[ ]", [["a"]], ["a"]),
        ("Array<string>", [["a"]], ["a", [1]]),
        ("Array<string[]>", [[["a"]]], [["a"]]),
        ("ReadonlyArray<number>", [[1, 2.5]], [1]),
        ("(string | number)[]", [["a", 1]], ["a", [None]]),
        ("string[] | null", [["a"], None], ["a"]),
        ("[string, number]", [["a", 1]], [[1, "a"]]),
        ("Record<string, int[]>", [{"a": [1]}], [{"a": 1}]),
        ("dict[str, int][]", [[{"a": 1}]], [{"a": 1}]),
        ("Optional[List[int]]", [[1], None], [1]),
        ("Literal['A', 'b, c']", ["A", "b, c"], ["a", "b"]),
        ("'x' | 'y'", ["x", "y"], ["z"]),
        ("list[]", [[], ["a", 1]], ["a"]),
        (["string[]", "null"], [["a"], None], ["a"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_flat", [True, False])
def test_type_names_with_brackets(name: Any, fitting: list[Any], unfitting: list[Any], is_flat: bool) -> None:
    parameters = {"a": {"type": name}} if is_flat else of_argument({"type": name})
    assert problems(parameters, [{"a": value} for value in fitting]) == [None] * len(fitting)
    assert None not in problems(parameters, [{"a": value} for value in unfitting])
    tool = tool_of(parameters)
    assert parse_signature(render_signature(tool)) == tool


def test_a_flat_argument_marked_with_a_question_mark_may_be_left_out() -> None:
    assert problems({"a": {"type": "string?"}, "b": {"type": "int"}}, [{"b": 1}, {"a": None}]) == [None, MISSING]
