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


CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    "raw",
    [
        {"name": "f", "parametersJsonSchema": CITY},
        {"name": "f", "parameters_json_schema": CITY, "parameters": None},
        {"name": "f", "args_schema": CITY, "parameters": {}},
        {"name": "f", "inputSchema": CITY, "parameters": CITY},
        {"type": "function", "function": {"name": "f"}, "parameters": CITY},
        {"type": "function", "function": {"name": "f", "parameters": {}}, "input_schema": json.dumps(CITY)},
    ],
)
def test_parameters_are_found_under_all_their_names(raw):
    assert tool_from_dict(raw).parameters == CITY


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        *(
            ({"name": "f", key: CITY}, key)
            for key in ("schema", "args", "inputs", "params", "arguments", "function_spec")
        ),
        ({"name": "f", **CITY}, "properties"),
        ({"name": "f", "args": {"city": {"title": "City", "type": "string"}}}, "args"),
        ({"name": "f", "inputs": "city: str"}, "inputs"),
        ({"name": "f", "parameters": {}, "inputs": {"city": {"type": "string"}}}, "inputs"),
        ({"name": "f", "parameters": CITY, "inputSchema": {"type": "object", "properties": {}}}, "inputSchema"),
        ({"function": {"name": "f", "parameters": CITY}, "parameters": {"type": "object"}}, "beside it"),
    ],
)
def test_parameters_that_would_be_lost_refuse_the_tool(raw, problem):
    with pytest.raises(SchemaError, match=problem):
        tool_from_dict(raw)


def test_what_a_tool_gives_back_is_no_parameter():
    raw = {"name": "now", "outputSchema": CITY, "returns": {"time": {"type": "string"}}, "annotations": {"title": "t"}}
    assert tool_from_dict(raw).parameters["properties"] == {}


def test_a_description_beside_the_function_is_kept():
    raw = {
        "type": "function",
        "description": "Tells.",
        "function": {"name": "f", "description": "", "parameters": CITY},
    }
    assert tool_from_dict(raw).description == "Tells."


ONE = {"type": "object", "properties": {"a": {"type": "string"}}}


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ({"name": "f", "params": {"a": "string"}}, "params"),
        ({"name": "f", "args": [{"name": "a"}]}, "args"),
        ({"name": "f", "Parameters": ONE}, "Parameters"),
        ({"name": "f", "input-schema": json.dumps(ONE)}, "input-schema"),
        ({"name": "f", "parameters": {}, "properties": ONE["properties"], "required": ["a"]}, "properties"),
    ],
)
def test_parameters_that_nothing_reads_refuse_their_tool(raw, key):
    with pytest.raises(SchemaError, match=f"no `parameters`, but `{key}`: rename it"):
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
