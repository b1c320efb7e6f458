"""Things that are no tool are refused in one sentence."""

from typing import Any

import pytest

from lit_toolcall.schema import SchemaError, tool_from_dict
from lit_toolcall.types import UserError


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


def of_properties(properties: Any, **more: Any) -> dict[str, Any]:
    return {"name": "f", "parameters": {"type": "object", "properties": properties, **more}}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ([], "a tool is an object with a name and parameters, not []"),
        ({"description": "x"}, "a tool has no name: give {\"description\": \"x\"} a 'name'"),
        ({"name": " "}, "a tool has no name"),
        ({"name": 5}, "a tool has no name"),
        ({"name": "f", "description": ["x"]}, "tool 'f': the description ['x'] is not text"),
        ({"name": "f", "parameters": [1]}, "tool 'f': parameters are [1]: write an object of arguments"),
        ({"name": "f", "parameters": {"a": 1}}, "tool 'f', property 'a': 1 is not a schema"),
        (of_properties({"a": "str"}), "tool 'f', property 'a': 'str' is not a schema"),
        (of_properties([]), "tool 'f': 'properties' is not an object of names and schemas"),
        (of_properties({1: {}}), "tool 'f': 'properties' is not an object of names and schemas"),
        (of_properties({"a": {"type": "strng"}}),
         "property 'a': type 'strng' is not known: use one of string, "),
        (of_properties({"a": {"type": "List[strng]"}}), "type 'strng' is not known"),
        (of_properties({"a": {"type": "List[int"}}), "is not known"),
        (of_properties({"a": {"type": "Callable[int, int]"}}), "is not known"),
        (of_properties({"a": {"type": "[" * 400}}), "a type of 400 characters, more than 300"),
        (of_properties({"a": {"type": 5}}), "the type 5 is neither a name nor a list of names"),
        (of_properties({"a": {"description": 5}}), "property 'a': the description 5 is not text"),
        ({"name": "f", "parameters": "{not json"}, "tool 'f': parameters are the text '{not json', which is not JSON"),
        (of_properties({"a": {}}, required=[{}]), "'required' names {}"),
        (of_properties({"a": {}}, required="a"), "'required' is 'a': write a list of argument names"),
        (of_properties({"a": {"type": "object", "required": "x"}}), "'required' is 'x': write a list"),
        (of_properties({"a": {"enum": []}}), "'enum' is []: write a list of at least one value"),
        (of_properties({"a": {"enum": "x"}}), "'enum' is 'x': write a list of at least one value"),
        (of_properties({"a": {"anyOf": {}}}), "'anyOf' is {}: write a list of schemas"),
        (of_properties({"a": {"items": 5}}), "property 'a', items: 5 is not a schema"),
        (of_properties({"a": {"default": float("nan")}}), "tool 'f': its description is not JSON"),
        (of_properties({"a": {"description": "\ud800"}}), "tool 'f': its description is not JSON"),
        (of_properties({"a": deep(30)}), "schemas nest more than 24 deep: flatten them"),
    ],
)  # fmt: skip
def test_what_is_no_tool_is_one_sentence(raw, said):
    with pytest.raises(SchemaError) as caught:
        tool_from_dict(raw)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, UserError)
