"""JSON Schema in one spelling: known types, `required` in the properties' order, enums of the right type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lit_toolcall.schema.type_names import SchemaError, schema_of_type_name, union

MAX_SCHEMA_DEPTH = 24
"""The deepest nesting of schemas that is taken."""
OF_ONE = ("not", "if", "then", "else", "contains", "propertyNames")
"""Keywords whose value is a schema."""
OF_ONE_OR_BOOLEAN = ("items", "additionalProperties", "unevaluatedProperties", "unevaluatedItems")
"""Keywords whose value is a schema, and which stay as they are where it is true or false."""
OF_SEVERAL = ("anyOf", "oneOf", "allOf", "prefixItems")
"""Keywords whose value is a list of schemas."""
OF_NAMED = ("$defs", "definitions", "patternProperties", "dependentSchemas", "dependencies")
"""Keywords whose value is an object of names and schemas."""

_ANNOTATIONS = frozenset(("title", "description", "default", "examples"))
_FROM_TEXT: Mapping[str, Callable[[str], Any]] = {
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False, "True": True, "False": False}.__getitem__,
}


def normalize_schema(raw: Any, place: str, depth: int = 0) -> dict[str, Any]:
    """Return a schema with the types of JSON Schema, every other keyword kept as it is.

    An object with `properties` also gets `required`, in their order; `required: true` inside a property moves
    there. The choices of an enum that were written as text become values of the declared type, and choices of
    a list that are no lists themselves become those of its items. The schemas `true` and `false` become `{}` and
    `{"not": {}}`, which mean the same.

    Args:
        raw: a schema whose types may be names of Python, Java or BFCL.
        place: which schema this is, for messages.
        depth: how deep it lies in another.

    Raises:
        SchemaError: something that is no schema, or nests too deep.

    >>> normalize_schema({"items": [{"type": "str"}, True]}, "argument 'pair'")
    {'prefixItems': [{'type': 'string'}, {}]}
    >>> normalize_schema({"type": "dict", "properties": {"days": {"type": "int"}}}, "argument 'when'")
    {'type': 'object', 'properties': {'days': {'type': 'integer'}}, 'required': []}
    """
    if isinstance(raw, bool):
        return {} if raw else {"not": {}}
    if not isinstance(raw, Mapping):
        raise SchemaError(f"{place}: {raw!r:.60} is not a schema: write an object such as {{'type': 'string'}}")
    if depth > MAX_SCHEMA_DEPTH:
        raise SchemaError(f"{place}: schemas nest more than {MAX_SCHEMA_DEPTH} deep: flatten them")
    schema = _type_of(raw.get("type"), place)
    said = {key: value for key, value in raw.items() if key == "default" or _is_said(key, value)}
    if raw.get("const", "") is None and not schema.keys() & {"type", "anyOf"} and said.keys() <= _ANNOTATIONS:
        schema["type"] = "null"  # nothing but a null `const` says what fits
    if "anyOf" in schema and "anyOf" in said:  # the type's name is a union, and so is what stands beside it
        schema = {"allOf": [schema, {"anyOf": said.pop("anyOf")}, *said.pop("allOf", [])]}
    schema |= said
    if not isinstance(schema.get("description", ""), str):
        raise SchemaError(f"{place}: the description {schema['description']!r:.60} is not text")
    _normalize_children(schema, place, depth)
    if "properties" in schema:
        parts = raw["properties"].items()
        lifted = [name for name, part in parts if isinstance(part, Mapping) and part.get("required") is True]
        schema["required"] = order_required(schema.get("required", []), lifted, schema["properties"], place)
    elif not _are_names(schema.get("required", [])):
        raise SchemaError(f"{place}: 'required' is {schema['required']!r:.60}: write a list of argument names")
    if "enum" in schema:
        _normalize_enum(schema, place)
    return schema


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_said(key: str, value: Any) -> bool:
    """Tell whether a keyword says something that stays; null does not, and `required: true` is the parent's."""
    return key != "type" and value is not None and not (key == "required" and isinstance(value, bool))


def order_required(required: Any, lifted: Sequence[str], properties: Mapping[str, Any], place: str) -> list[str]:
    """Return the names of required arguments once each: properties in their order, then what is no property.

    JSON Schema lets a name be required that no property describes: it must be given, with any value.

    Args:
        required: the list as a tool's author wrote it.
        lifted: properties that say of themselves that they are required.
        properties: all of the properties.
        place: which schema this is, for messages.

    Raises:
        SchemaError: no list of names.

    >>> order_required(["c", "b", "b"], ["a"], {"a": {}, "b": {}}, "tool 'f'")
    ['a', 'b', 'c']
    """
    if not isinstance(required, (list, tuple)):
        raise SchemaError(f"{place}: 'required' is {required!r:.60}: write a list of argument names")
    for name in required:
        if not isinstance(name, str):
            raise SchemaError(f"{place}: 'required' names {name!r:.60}: write a list of argument names")
    wanted = {*required, *lifted}
    return [name for name in properties if name in wanted] + [
        name for name in dict.fromkeys(required) if name not in properties
    ]


def _type_of(type_name: Any, place: str) -> dict[str, Any]:
    try:
        if type_name is None:
            return {}
        if isinstance(type_name, str):
            return schema_of_type_name(type_name)
        if isinstance(type_name, (list, tuple)) and all(isinstance(name, str) for name in type_name):
            schema = union([schema_of_type_name(name) for name in type_name]) if type_name else {}
            is_one = schema.keys() == {"type"} and isinstance(schema["type"], str)
            return {"type": [schema["type"]]} if is_one else schema
    except SchemaError as error:
        raise SchemaError(f"{place}: {error}") from error
    raise SchemaError(f"{place}: the type {type_name!r:.60} is neither a name nor a list of names")


def _normalize_children(schema: dict[str, Any], place: str, depth: int) -> None:
    if isinstance(schema.get("items"), list):
        schema["prefixItems"] = schema.pop("items")
        if "additionalItems" in schema:
            schema["items"] = schema.pop("additionalItems")
    if "properties" in schema:
        properties = schema["properties"]
        if not isinstance(properties, Mapping) or not all(isinstance(name, str) for name in properties):
            raise SchemaError(f"{place}: 'properties' is not an object of names and schemas")
        schema["properties"] = {
            name: normalize_schema(part, f"{place}, property {name!r:.60}", depth + 1)
            for name, part in properties.items()
        }
    for key in (*OF_ONE, *(key for key in OF_ONE_OR_BOOLEAN if not isinstance(schema.get(key), bool))):
        if key in schema:
            schema[key] = normalize_schema(schema[key], f"{place}, {key}", depth + 1)
    for key in OF_NAMED:
        if isinstance(schema.get(key), Mapping):
            schema[key] = {
                name: normalize_schema(part, f"{place}, {key} {name!r:.60}", depth + 1)
                if isinstance(part, (Mapping, bool))
                else part
                for name, part in schema[key].items()
            }
    for key in OF_SEVERAL:
        if key not in schema:
            continue
        if not isinstance(schema[key], (list, tuple)) or not schema[key]:
            raise SchemaError(f"{place}: {key!r} is {schema[key]!r:.60}: write a list of schemas")
        schema[key] = [normalize_schema(part, f"{place}, {key}", depth + 1) for part in schema[key]]


def _normalize_enum(schema: dict[str, Any], place: str) -> None:
    choices = schema["enum"]
    if not isinstance(choices, (list, tuple)) or not choices:
        raise SchemaError(f"{place}: 'enum' is {choices!r:.60}: write a list of at least one value")
    schema["enum"] = list(choices)
    json_type = schema.get("type")
    if json_type == "array" and not any(isinstance(choice, list) for choice in choices):
        of_items = schema.get("items")
        items = {**(of_items if isinstance(of_items, dict) else {}), "enum": schema.pop("enum")}
        schema["items"] = items
        _normalize_enum(items, place)
    elif isinstance(json_type, str) and json_type in _FROM_TEXT and all(isinstance(choice, str) for choice in choices):
        schema["enum"] = _read_choices(schema["enum"], _FROM_TEXT[json_type])


def _read_choices(choices: list[Any], read: Callable[[str], Any]) -> list[Any]:
    try:
        return [read(choice) for choice in choices]
    except (KeyError, ValueError):
        # Some of BFCL's enums do not fit their type in any way; they stay as published.
        return choices
