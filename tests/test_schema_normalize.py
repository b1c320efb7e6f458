"""Tools from every dialect become JSON Schema."""

import json
from typing import Any

import pytest

from lit_toolcall.schema import SchemaError, render_json, tool_from_dict
from lit_toolcall.types import Tool


def test_openai_is_taken_as_it_is():
    parameters = {
        "type": "object",
        "properties": {
            "unit": {"type": "string", "enum": ["C", "F"], "description": "scale", "default": "C"},
            "days": {"type": "integer", "minimum": 1},
            "where": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]},
            "tags": {"type": "array", "items": {"type": "string", "pattern": "^a"}},
            "free": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["days"],
        "additionalProperties": False,
    }
    raw = {"type": "function", "function": {"name": "f", "description": "d", "parameters": parameters}}
    assert tool_from_dict(raw) == Tool("f", "d", parameters)
    assert tool_from_dict({"name": "f", "description": "d", "inputSchema": parameters}) == Tool("f", "d", parameters)


def test_bfcl_types_become_those_of_json_schema():
    properties = {
        "a": {"type": "float"},
        "b": {"type": "tuple", "items": {"type": "float"}},
        "c": {"type": "any"},
        "d": {"type": "String"},
        "e": {"type": "dict", "properties": {"x": {"type": "dict", "description": "inner"}}},
        "f": {"type": ""},
    }
    tool = tool_from_dict(
        {
            "name": "f",
            "description": "",
            "parameters": {"type": "dict", "properties": properties, "required": ["a"]},
        }
    )
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "a": {"type": "number"},
            "b": {"type": "array", "items": {"type": "number"}},
            "c": {},
            "d": {"type": "string"},
            "e": {
                "type": "object",
                "properties": {"x": {"type": "object", "description": "inner"}},
                "required": [],
            },
            "f": {},
        },
        "required": ["a"],
    }


@pytest.mark.parametrize("dialect", ["level 1 and 2", "level 3"])
def test_every_parameter_of_api_bank_is_required(dialect):
    arguments = {"b": {"type": "list(str)", "description": "names"}, "a": {"type": "int", "description": "n"}}
    rows = {
        "level 1 and 2": {
            "name": "F",
            "description": "d",
            "input_parameters": arguments,
            "output_parameters": {},
        },
        "level 3": {"apiCode": "F", "description": "d", "parameters": arguments, "response": {}},
    }
    tool = tool_from_dict(rows[dialect])
    assert (tool.name, tool.description) == ("F", "d")
    assert tool.parameters == {
        "type": "object",
        "properties": {
            "b": {"type": "array", "items": {"type": "string"}, "description": "names"},
            "a": {"type": "integer", "description": "n"},
        },
        "required": ["b", "a"],
    }


def test_flat_parameters_say_in_several_ways_that_they_are_optional():
    arguments = {
        "needed": {"type": "str"},
        "suffix": {"type": "Dict[str, int], optional", "description": "d"},
        "default": {"type": "int", "default": 0},
        "generic": {"type": "Optional[int]"},
        "flag": {"type": "bool", "optional": True},
        "forced": {"type": "int", "default": 1, "required": True},
    }
    parameters = tool_from_dict({"name": "f", "description": "", "parameters": arguments}).parameters
    assert parameters["required"] == ["needed", "forced"]
    assert parameters["properties"]["suffix"] == {
        "type": "object",
        "additionalProperties": {"type": "integer"},
        "description": "d",
    }
    assert parameters["properties"]["default"] == {"type": "integer", "default": 0}
    assert parameters["properties"]["generic"] == {"type": ["integer", "null"]}
    assert parameters["properties"]["flag"] == {"type": "boolean"}
    listed = tool_from_dict({"name": "f", "parameters": arguments, "required": ["default"]}).parameters
    assert listed["required"] == ["default"]


def test_arguments_named_like_keywords_are_arguments():
    flat = {"type": {"type": "str"}, "properties": {"type": "int"}}
    assert tool_from_dict({"name": "f", "parameters": flat}).parameters["required"] == ["type", "properties"]
    only = {"properties": {"type": "int", "description": "how many"}}
    assert tool_from_dict({"name": "f", "parameters": only}).parameters["properties"] == {
        "properties": {"type": "integer", "description": "how many"}
    }


@pytest.mark.parametrize(
    "parameters",
    [None, {}, {"type": "object"}, {"type": "dict", "properties": {}}, {"type": "object", "properties": None}],
)
def test_a_tool_may_take_nothing(parameters):
    tool = tool_from_dict({"name": "now", "parameters": parameters})
    assert tool == Tool("now", "", {"type": "object", "properties": {}, "required": []})


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("str", {"type": "string"}),
        ("Integer", {"type": "integer"}),
        ("long", {"type": "integer"}),
        ("double", {"type": "number"}),
        ("HashMap", {"type": "object"}),
        ("ArrayList", {"type": "array"}),
        ("NoneType", {"type": "null"}),
        ("datetime", {"type": "string", "format": "date-time"}),
        ("list(str)", {"type": "array", "items": {"type": "string"}}),
        ("List[int]", {"type": "array", "items": {"type": "integer"}}),
        ("List[List[float]]", {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}),
        ("List[Any]", {"type": "array", "items": {}}),
        ("Optional[int]", {"type": ["integer", "null"]}),
        ("Union[int, str]", {"type": ["integer", "string"]}),
        ("int | str | int", {"type": ["integer", "string"]}),
        ("Union[int, Any]", {}),
        ("Union[List[int], int]",
         {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "integer"}]}),
        ("Tuple[float, float]", {"type": "array", "items": {"type": "number"}}),
        ("Tuple[int, ...]", {"type": "array", "items": {"type": "integer"}}),
        ("Tuple[int, str]", {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]}),
        ("Dict[str, List[int]]",
         {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "integer"}}}),
    ],
)  # fmt: skip
def test_type_names(name, schema):
    assert tool_from_dict({"name": "f", "parameters": {"a": {"type": name}}}).parameters["properties"]["a"] == schema


def normalized(argument: dict[str, Any]) -> dict[str, Any]:
    raw = {"name": "f", "parameters": {"type": "object", "properties": {"a": argument}}}
    return tool_from_dict(raw).parameters["properties"]["a"]


@pytest.mark.parametrize(
    ("argument", "schema"),
    [
        ({"type": "integer", "enum": ["1", "2"]}, {"type": "integer", "enum": [1, 2]}),
        ({"type": "float", "enum": ["1.5"]}, {"type": "number", "enum": [1.5]}),
        ({"type": "boolean", "enum": ["True", "false"]}, {"type": "boolean", "enum": [True, False]}),
        ({"type": "integer", "enum": ["low", "2"]}, {"type": "integer", "enum": ["low", "2"]}),
        ({"type": "array", "items": {"type": "string"}, "enum": ["a", "b"]},
         {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}),
        ({"type": "array", "enum": [["a"], []]}, {"type": "array", "enum": [["a"], []]}),
    ],
)  # fmt: skip
def test_enums_are_of_the_declared_type(argument, schema):
    assert normalized(argument) == schema


def test_required_inside_a_property_moves_to_its_parent():
    raw = {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {}, "required": True}, "b": {}},
    }
    parameters = tool_from_dict({"name": "f", "parameters": raw}).parameters
    assert parameters["required"] == ["a"]
    assert parameters["properties"]["a"] == {"type": "object", "properties": {}, "required": []}


def test_a_null_default_is_kept_and_a_null_description_is_not():
    assert normalized({"type": "str", "default": None, "description": None}) == {
        "type": "string",
        "default": None,
    }


def test_items_of_an_old_tuple_are_prefix_items():
    assert normalized({"type": "array", "items": [{"type": "int"}, {"type": "str"}]}) == {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "string"}],
    }


def test_json_is_one_line_with_its_characters_as_they_are():
    tool = tool_from_dict({"name": "f", "parameters": {"größe": {"type": "int"}}})
    assert json.loads(render_json(tool)) == {"name": "f", "description": "", "parameters": tool.parameters}
    assert "größe" in render_json(tool)
    assert "\n" not in render_json(tool)


ONE = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"name": "f", "params": {"a": "string"}}, "its `params` is not read; write it as `parameters`"),
        ({"name": "f", "arguments": ONE["properties"]}, "its `arguments` is not read"),
        ({"name": "f", "args": [{"name": "a"}]}, "its `args` is not read"),
        ({"name": "f", "Parameters": ONE}, "its `Parameters` is not read"),
        ({"name": "f", "input-schema": json.dumps(ONE)}, "its `input-schema` is not read"),
        (
            {"name": "f", "parameters": {}, "properties": ONE["properties"], "required": ["a"]},
            "its `properties` is not",
        ),
        ({"type": "function", "function": {"name": "f"}, "parameters": ONE}, "`parameters` beside `function` is not"),
        ({"name": "f", "parameters": ONE, "input_schema": {**ONE, "required": ["a"]}}, "which differ; keep one"),
    ],
)
def test_parameters_that_nothing_reads_refuse_their_tool(raw: dict[str, Any], says: str):
    with pytest.raises(SchemaError, match=says):
        tool_from_dict(raw)


def test_parameters_under_two_names_may_agree():
    assert tool_from_dict({"name": "f", "parameters": ONE, "inputSchema": ONE}).parameters == {**ONE, "required": []}
    assert tool_from_dict({"name": "f", "parameters": ONE, "schema": {"$id": "x"}}).parameters == {
        **ONE,
        "required": [],
    }


def test_required_beside_parameters_is_theirs():
    assert tool_from_dict({"name": "f", "parameters": ONE, "required": ["a"]}).parameters["required"] == ["a"]
    own = {"name": "f", "parameters": {**ONE, "required": []}, "required": ["a"]}
    assert tool_from_dict(own).parameters["required"] == []
