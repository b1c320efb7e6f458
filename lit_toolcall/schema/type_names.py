"""Type names of Python, Java and of several data sets, as JSON Schema."""

from __future__ import annotations

from typing import Any

from lit_toolcall.schema.errors import SchemaError

MAX_TYPE_CHARACTERS = 300
"""The longest type name that is read."""

_NAMES = {
    "string": ("string", "str", "char", "text"),
    "integer": ("integer", "int", "long"),
    "number": ("number", "float", "double"),
    "boolean": ("boolean", "bool"),
    "array": ("array", "list", "tuple", "set", "arraylist", "sequence", "iterable"),
    "object": ("object", "dict", "hashmap", "map", "dictionary", "mapping"),
    "null": ("null", "none", "nonetype"),
}
_JSON_TYPES = {name: json_type for json_type, names in _NAMES.items() for name in names}
_FORMATS = {"date": "date", "time": "time", "datetime": "date-time"}
_ANY = ("any", "")
_CLOSING = {"[": "]", "(": ")", "<": ">"}


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that stands outside brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[(<") - (character in "])>")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _union(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    if {} in schemas:
        return {}
    distinct = [schema for i, schema in enumerate(schemas) if schema not in schemas[:i]]
    if len(distinct) == 1:
        return distinct[0]
    if all(set(schema) == {"type"} and isinstance(schema["type"], str) for schema in distinct):
        return {"type": [schema["type"] for schema in distinct]}
    return {"anyOf": distinct}


def _array(items: list[dict[str, Any]], is_tuple: bool) -> dict[str, Any]:
    if not is_tuple or all(item == items[0] for item in items):
        return {"type": "array", "items": items[0]}
    return {"type": "array", "prefixItems": items}


def schema_of_type_name(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a type name; of `any` and of nothing the empty schema.

    Args:
        name: such as `string`, `float`, `HashMap`, `List[int]`, `list(str)`, `Optional[float]`, `int | None`.

    Raises:
        SchemaError: no such type is known, or the name is too long.

    >>> schema_of_type_name("float")
    {'type': 'number'}
    >>> schema_of_type_name("List[Optional[int]]")
    {'type': 'array', 'items': {'type': ['integer', 'null']}}
    """
    name = name.strip()
    if len(name) > MAX_TYPE_CHARACTERS:
        raise SchemaError(f"a type of {len(name)} characters, more than {MAX_TYPE_CHARACTERS}: shorten it")
    alternatives = _split(name, "|")
    if len(alternatives) > 1:
        return _union([schema_of_type_name(alternative) for alternative in alternatives])
    lowered = name.lower().removeprefix("typing.")
    if lowered in _ANY:
        return {}
    if lowered in _JSON_TYPES:
        return {"type": _JSON_TYPES[lowered]}
    if lowered in _FORMATS:
        return {"type": "string", "format": _FORMATS[lowered]}
    bracket = next((i for i, character in enumerate(lowered) if character in _CLOSING), len(lowered))
    outer = lowered[:bracket].strip()
    if bracket == len(lowered) or not lowered.endswith(_CLOSING[lowered[bracket]]):
        raise SchemaError(f"type {name!r} is not known: use one of {', '.join(_NAMES)}, any")
    inner = [part for part in _split(lowered[bracket + 1 : -1], ",") if part not in ("", "...")]
    if not inner:
        return schema_of_type_name(outer)
    return _generic(name, outer, [schema_of_type_name(part) for part in inner])


def _generic(name: str, outer: str, inner: list[dict[str, Any]]) -> dict[str, Any]:
    if outer == "optional":
        return _union([*inner, {"type": "null"}])
    if outer == "union":
        return _union(inner)
    if _JSON_TYPES.get(outer) == "array":
        return _array(inner, outer == "tuple")
    if _JSON_TYPES.get(outer) == "object" and len(inner) == 2:
        return {"type": "object", "additionalProperties": inner[1]}
    raise SchemaError(f"type {name!r} is not known: use one of {', '.join(_NAMES)}, any")
