"""Tools from the ways in which data sets and services describe them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lit_toolcall.json_values import JSON_TYPES
from lit_toolcall.schema.json_schema import normalize_schema, order_required
from lit_toolcall.schema.type_names import SchemaError
from lit_toolcall.types import Tool

MAX_TOOL_CHARACTERS = 100_000
"""The longest tool, as JSON; checking a value takes time in the number of its schema's choices."""
_NAME_KEYS = ("name", "apiCode", "api_name")
_DESCRIPTION_KEYS = ("description", "api_description", "desc", "summary", "docstring", "doc")
"""What a tool's description is called; the first that is filled counts."""
PARAMETER_KEYS = (
    "parameters",
    "input_parameters",
    "input_schema",
    "inputSchema",
    "parametersJsonSchema",
    "parameters_json_schema",
    "args_schema",
)
"""What the dialects call a tool's parameters."""
TOOL_KEYS = frozenset((*_NAME_KEYS, *_DESCRIPTION_KEYS, *PARAMETER_KEYS, "function", "required", "type"))
"""What is read of a tool, and the `type` that OpenAI gives it."""
_OTHER_PARAMETER_KEYS = frozenset(
    (
        *(key.replace("_", "").lower() for key in PARAMETER_KEYS),
        *("params", "parameter", "args", "arguments", "argument", "kwargs", "inputs", "input", "schema", "jsonschema"),
    )
)
"""What others call them, without case and marks; whether it is a schema, values or a text is not known."""
_OUTPUT_WORDS = ("output", "return", "respon", "result")
"""What the names of schemas hold that no model writes: of what a tool gives back."""

_COMPOSED = {"$ref": str, "allOf": list, "anyOf": list, "oneOf": list}
"""What makes parameters a schema beside `type` and `properties`, by the type that it has there."""
_FLAT_MARK = re.compile(r",\s*(?:optional\b|(?P<default>defaults?\b(?:\s+to\b)?\s*[:=]?))\s*", re.IGNORECASE)
_FROM_TEXT: Mapping[str, re.Pattern[str]] = {
    "integer": re.compile(r"-?(?:0|[1-9][0-9]{0,17})"),
    "number": re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?"),
    "boolean": re.compile(r"(?i:true|false)"),
}
"""Exactly such a value; no more digits than fit a float's range."""


def tool_from_dict(raw: Mapping[str, Any]) -> Tool:
    """Return a tool from any of the dialects, its parameters as JSON Schema.

    Read are OpenAI's `{"type": "function", "function": {...}}`, plain JSON Schema, BFCL (`"type": "dict"`,
    `float`, `tuple`, `any`), API-Bank (`input_parameters`, or `apiCode`; all of them required), and flat
    parameters such as `{"days": {"type": "int, optional", "default": 1}}`, where a default that is not of its
    argument's type is left out. Parameters may be JSON text; a tool without any, or with an empty list, takes no
    arguments. What a tool returns is left out: no model writes it.

    Raises:
        SchemaError: no name, parameters that are no schema, an unknown type.

    >>> tool = tool_from_dict({"name": "wait", "parameters": {"seconds": {"type": "float"}}})
    >>> tool.parameters["properties"], tool.parameters["required"]
    ({'seconds': {'type': 'number'}}, ['seconds'])
    """
    if not isinstance(raw, Mapping):
        raise SchemaError(f"a tool is an object with a name and parameters, not {raw!r:.60}")
    raw = _unwrap_function(raw)
    name = _first(raw, _NAME_KEYS)
    if not isinstance(name, str) or not name.strip():
        raise SchemaError(f"a tool has no name: give {json.dumps(raw, default=repr)[:80]} a 'name'")
    place = f"tool {name!r:.60}"
    description = next((raw[key] for key in _DESCRIPTION_KEYS if raw.get(key)), "")
    if not isinstance(description, str):
        raise SchemaError(f"{place}: the description {description!r:.60} is not text")
    parameters = _find_parameters(raw, place)
    if not isinstance(parameters, Mapping):
        raise SchemaError(f"{place}: parameters are {parameters!r:.60}: write an object of arguments")
    if _is_json_schema(parameters):
        given = {key: part for key, part in parameters.items() if part is not None}
        if isinstance(raw.get("required"), list):
            given.setdefault("required", raw["required"])
        schema = normalize_schema({"properties": {}, **given, "type": "object"}, place)
    else:
        schema = _from_flat(parameters, raw, place)
    tool = Tool(name, description, schema)
    _check_json(tool, place)
    return tool


def _unwrap_function(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what stands inside of OpenAI's `function`, with what only stands beside it."""
    inner = raw.get("function")
    if not isinstance(inner, Mapping):
        return raw
    beside = {key: part for key, part in raw.items() if key not in ("function", "type")}
    for key in PARAMETER_KEYS:
        if not is_empty(inner.get(key)) and not is_empty(beside.get(key)) and beside[key] != inner[key]:
            raise SchemaError(
                f"tool {inner.get('name')!r:.60}: `{key}` inside of `function` and beside it: keep one of them"
            )
    return {**beside, **{key: part for key, part in inner.items() if not is_empty(part)}}


def is_empty(value: Any) -> bool:
    """Tell whether a value says nothing.

    >>> [is_empty(value) for value in (None, "", [], {}, 0, False)]
    [True, True, True, True, False, False]
    """
    return value is None or value in ("", [], {})


def _find_parameters(raw: Mapping[str, Any], place: str) -> Any:
    """Return a tool's parameters, under whichever of their names.

    Raises:
        SchemaError: several that differ, or none while they seem to stand under a name that is not read.
    """
    given = {key: _read_parameters(raw[key], place) for key in PARAMETER_KEYS if not is_empty(raw.get(key))}
    filled = {key: part for key, part in given.items() if part != {}}
    if any(part != next(iter(filled.values())) for part in filled.values()):
        raise SchemaError(f"{place}: parameters under {' and '.join(f'`{key}`' for key in filled)}: keep one of them")
    if filled:
        return next(iter(filled.values()))
    takes_none = any(raw.get(key) is not None for key in PARAMETER_KEYS)
    for key, part in raw.items():
        is_known = "".join(filter(str.isalnum, str(key))).lower() in _OTHER_PARAMETER_KEYS
        is_named_so = is_known and not is_empty(part) and not (takes_none and isinstance(part, str))
        if is_named_so or (_seems_schema(part) and not any(word in key.lower() for word in _OUTPUT_WORDS)):
            raise SchemaError(f"{place}: no `parameters`, but `{key}`: rename it, or leave it out")
    return {}


def _seems_schema(value: Any) -> bool:
    """Tell an object's schema, or arguments with their types, from other parts of a tool."""
    if not isinstance(value, Mapping) or not value:
        return False
    parts = value.values()
    return isinstance(value.get("properties"), Mapping) or all(isinstance(p, Mapping) and "type" in p for p in parts)


def _read_parameters(parameters: Any, place: str) -> Any:
    """Return parameters, decoded where they are JSON text; an empty object for nothing and for an empty list."""
    if isinstance(parameters, str) and parameters.strip():
        try:
            parameters = json.loads(parameters)
        except (ValueError, RecursionError) as error:
            raise SchemaError(
                f"{place}: parameters are the text {parameters!r:.60}, which is not JSON: write an object of arguments"
            ) from error
    return {} if parameters is None or parameters == [] or parameters == "" else parameters


def render_json(tool: Tool) -> str:
    """Return a tool as one line of JSON: its name, description and JSON Schema.

    >>> render_json(Tool("now", "The time.", {"type": "object", "properties": {}}))
    '{"name": "now", "description": "The time.", "parameters": {"type": "object", "properties": {}}}'
    """
    row = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return json.dumps(row, ensure_ascii=False)


def _first(raw: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((raw[key] for key in keys if raw.get(key) is not None), None)


def _is_json_schema(parameters: Mapping[str, Any]) -> bool:
    """Tell whether parameters are a schema, not arguments of which one is named `type` or `properties`."""
    if "type" in parameters:
        return not isinstance(parameters["type"], Mapping)
    if any(isinstance(parameters.get(key), kind) for key, kind in _COMPOSED.items()):
        return True
    properties = parameters.get("properties")
    return (
        isinstance(properties, Mapping)
        and all(isinstance(part, (Mapping, bool)) for part in properties.values())
        and not (properties and properties.keys() <= {"required", "optional"})  # an argument of the name `properties`
    )


def _from_flat(parameters: Mapping[str, Any], raw: Mapping[str, Any], place: str) -> dict[str, Any]:
    # API-Bank has no word for optional: its tools need all that they list.
    takes_all = "input_parameters" in raw or "apiCode" in raw
    properties, required = {}, []
    for name, argument in parameters.items():
        argument_place = f"{place}, property {name!r:.60}"
        if not isinstance(argument, Mapping):
            raise SchemaError(f"{argument_place}: {argument!r:.60} is not a schema: write an object with a 'type'")
        argument = dict(argument)
        optional = _take_optional(argument)
        properties[name] = settle_default(normalize_schema(argument, argument_place, depth=1))
        if takes_all or not optional:
            required.append(name)
    if isinstance(raw.get("required"), list):
        required = order_required(raw["required"], [], properties, place)
    return {"type": "object", "properties": properties, "required": required}


def _take_optional(argument: dict[str, Any]) -> bool:
    """Remove what flat parameters say about being optional, and return whether the argument is."""
    optional = "default" in argument
    if isinstance(argument.get("type"), str):
        argument["type"], is_marked, default = split_flat_type(argument["type"])
        optional |= is_marked
        if default is not None:
            argument.setdefault("default", default)
    if isinstance(argument.get("optional"), bool):
        optional |= argument.pop("optional")
    if isinstance(argument.get("required"), bool):
        optional = not argument.pop("required")
    return optional


def split_flat_type(type_name: str) -> tuple[str, bool, str | None]:
    """Return the type alone, whether its argument may be left out, and the text of its default.

    >>> split_flat_type("List[int], optional"), split_flat_type("int, default: 5")
    (('List[int]', True, None), ('int', True, '5'))
    >>> split_flat_type("str, optional, defaults to 'en'"), split_flat_type("Dict[str, int]")
    (('str', True, 'en'), ('Dict[str, int]', False, None))
    """
    mark = _FLAT_MARK.search(type_name)
    if mark is None:
        bare = type_name.strip().lower()
        return type_name, bare.startswith("optional[") or bare.endswith("?"), None
    rest = type_name[mark.end() :]
    if not mark["default"]:
        mark_of_default = _FLAT_MARK.match(rest)
        rest = rest[mark_of_default.end() :] if mark_of_default is not None else ""
    text = re.sub(r",\s*optional\s*$", "", rest, flags=re.IGNORECASE).strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return type_name[: mark.start()], True, text if text not in ("", "None", "null") else None


def settle_default(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema whose default is of its type: converted where a text is exactly such a value, else left out.

    A null stays, and so does any default where the schema names no type or several.

    >>> settle_default({"type": "integer", "default": "5"}), settle_default({"type": "integer", "default": ""})
    ({'type': 'integer', 'default': 5}, {'type': 'integer'})
    """
    declared, default = schema.get("type"), schema.get("default")
    if default is None or not isinstance(declared, str) or declared not in JSON_TYPES or declared == "null":
        return schema
    if type(default) in JSON_TYPES[declared]:
        return schema
    if isinstance(default, str) and declared in _FROM_TEXT and _FROM_TEXT[declared].fullmatch(default):
        return schema | {"default": _read_default(declared, default)}
    return {key: value for key, value in schema.items() if key != "default"}


def _read_default(declared: str, text: str) -> int | float | bool:
    if declared == "boolean":
        return text.lower() == "true"
    return float(text) if "." in text else int(text)


def _check_json(tool: Tool, place: str) -> None:
    """Raise where a tool holds what JSON or UTF-8 cannot, such as NaN as a default, or where it is too long."""
    try:
        text = json.dumps([tool.name, tool.description, tool.parameters], ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError(f"{place}: its description is not JSON: {error}") from error
    if len(text) > MAX_TOOL_CHARACTERS:
        raise SchemaError(f"{place}: {len(text):,} characters of JSON, more than {MAX_TOOL_CHARACTERS:,}: shorten it")
