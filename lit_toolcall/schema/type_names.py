"""Type names of Python, Java and of several data sets, as JSON Schema."""

from __future__ import annotations

import re
from typing import Any

from lit_toolcall.types import UserError

MAX_TYPE_CHARACTERS = 300
"""The longest type name that is read."""

_NAMES = {
    "string": ("string", "str", "char", "text"),
    "integer": ("integer", "int", "long"),
    "number": ("number", "float", "double"),
    "boolean": ("boolean", "bool"),
    "array": ("array", "list", "tuple", "set", "arraylist", "sequence", "iterable", "readonlyarray", "frozenset"),
    "object": ("object", "dict", "hashmap", "map", "dictionary", "mapping", "record"),
    "null": ("null", "none", "nonetype", "undefined"),
}
_JSON_TYPES = {name: json_type for json_type, names in _NAMES.items() for name in names}
_FORMATS = {"date": "date", "time": "time", "datetime": "date-time"}
_ANY = ("any", "")
_CLOSING = {"[": "]", "(": ")", "<": ">"}
_QUOTES = "'\""
_SUFFIX = re.compile(r"(?:\[\s*(?P<size>[0-9]{0,6})\s*\]|(?P<optional>\?))\s*\Z")
_LITERAL = re.compile(
    r"""'(?P<single>[^'\\]*)'|"(?P<double>[^"\\]*)"|(?P<integer>-?[0-9]{1,18})|(?P<word>True|False|None)"""
)
_WORDS = {"True": True, "False": False, "None": None}


class SchemaError(UserError):
    """A tool description that no rule of `tool_from_dict` takes."""


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that stands outside brackets and quotes."""
    parts, depth, quote = [""], 0, ""
    for character in text:
        if quote or character in _QUOTES:
            quote = "" if character == quote else quote or character
        else:
            depth += (character in "[(<") - (character in "])>")
        if character == separator and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def union(schemas: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the schema of what fits any of some schemas.

    >>> union([{"type": "integer"}, {"type": "null"}]), union([{"type": "string", "format": "date"}, {"type": "null"}])
    ({'type': ['integer', 'null']}, {'anyOf': [{'type': 'string', 'format': 'date'}, {'type': 'null'}]})
    """
    if {} in schemas:
        return {}
    distinct = [schema for i, schema in enumerate(schemas) if schema not in schemas[:i]]
    if len(distinct) == 1:
        return distinct[0]
    if all(set(schema) == {"enum"} for schema in distinct):
        return {"enum": [choice for schema in distinct for choice in schema["enum"]]}
    if all(set(schema) == {"type"} for schema in distinct):
        names = [schema["type"] if isinstance(schema["type"], list) else [schema["type"]] for schema in distinct]
        return {"type": list(dict.fromkeys(name for types in names for name in types))}
    return {"anyOf": distinct}


def _array(items: list[dict[str, Any]], is_tuple: bool) -> dict[str, Any]:
    if not is_tuple or all(item == items[0] for item in items):
        return {"type": "array", "items": items[0]}
    return {"type": "array", "prefixItems": items}


def schema_of_type_name(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a type name; of `any` and of nothing the empty schema.

    Args:
        name: such as `string`, `float`, `HashMap`, `List[int]`, `list(str)`, `Optional[float]`, `int | None`,
            `string[]`, `int[3]`, `string?`, `Array<string>`, `Literal['a', 'b']`.

    Raises:
        SchemaError: no such type is known, or the name is too long.

    >>> schema_of_type_name("float"), schema_of_type_name("string?")
    ({'type': 'number'}, {'type': ['string', 'null']})
    >>> schema_of_type_name("List[Optional[int]]")
    {'type': 'array', 'items': {'type': ['integer', 'null']}}
    >>> schema_of_type_name("string[][]")
    {'type': 'array', 'items': {'type': 'array', 'items': {'type': 'string'}}}
    """
    name = name.strip()
    if len(name) > MAX_TYPE_CHARACTERS:
        raise SchemaError(f"a type of {len(name)} characters, more than {MAX_TYPE_CHARACTERS}: shorten it")
    alternatives = _split(name, "|")
    if len(alternatives) > 1:
        return union([schema_of_type_name(alternative) for alternative in alternatives])
    name = name[7:] if name.lower().startswith("typing.") else name
    lowered = name.lower()
    if lowered in _ANY:
        return {}
    if lowered in _JSON_TYPES:
        return {"type": _JSON_TYPES[lowered]}
    if lowered in _FORMATS:
        return {"type": "string", "format": _FORMATS[lowered]}
    if name[0] in _QUOTES:
        return {"enum": _read_literals(name, [name])}
    suffixed = _read_suffix(name)
    if suffixed is not None:
        return suffixed
    bracket = next((i for i, character in enumerate(name) if character in _CLOSING), len(name))
    outer = lowered[:bracket].strip()
    if bracket == len(name) or not name.endswith(_CLOSING[name[bracket]]):
        raise SchemaError(f"type {name!r} is not known: use one of {', '.join(_NAMES)}, any")
    inner = [part for part in _split(name[bracket + 1 : -1], ",") if part not in ("", "...")]
    if outer == "literal" and inner:
        return {"enum": _read_literals(name, inner)}
    if not outer and inner:
        return _in_brackets(name, name[bracket], inner)
    if not inner:
        return schema_of_type_name(outer)
    return _generic(name, outer, [schema_of_type_name(part) for part in inner])


def _read_suffix(name: str) -> dict[str, Any] | None:
    """Return the schema of a type followed by `[]`, `[3]` or `?`; None where none of these ends the name."""
    suffix = _SUFFIX.search(name)
    element = name[: suffix.start()].strip() if suffix is not None else ""
    if suffix is None or not element:
        return None
    if suffix["optional"]:
        return union([schema_of_type_name(element), {"type": "null"}])
    if not suffix["size"] and _JSON_TYPES.get(element.lower()) == "array":
        return {"type": "array"}  # `list[]` is a list of anything
    if suffix["size"] and element.lower() in ("literal", "optional", "union"):
        return None
    size = {"minItems": int(suffix["size"]), "maxItems": int(suffix["size"])} if suffix["size"] else {}
    return {"type": "array", "items": schema_of_type_name(element), **size}


def _in_brackets(name: str, opening: str, inner: list[str]) -> dict[str, Any]:
    """Return the schema of `(int | str)`, a type in parentheses, and of `[int, str]`, a list of just these."""
    schemas = [schema_of_type_name(part) for part in inner]
    if opening == "(" and len(schemas) == 1:
        return schemas[0]
    if opening == "<":
        raise SchemaError(f"type {name!r} is not known: use one of {', '.join(_NAMES)}, any")
    return _array(schemas, is_tuple=True)


def _read_literals(name: str, parts: list[str]) -> list[Any]:
    found = [_LITERAL.fullmatch(part) for part in parts]
    if None in found:
        raise SchemaError(f"type {name!r} is not known: write its choices as an 'enum'")
    return [_literal(match) for match in found if match is not None]


def _literal(match: re.Match[str]) -> Any:
    if match["integer"]:
        return int(match["integer"])
    return _WORDS[match["word"]] if match["word"] else match["single"] or match["double"] or ""


def _generic(name: str, outer: str, inner: list[dict[str, Any]]) -> dict[str, Any]:
    if outer == "optional":
        return union([*inner, {"type": "null"}])
    if outer == "union":
        return union(inner)
    if _JSON_TYPES.get(outer) == "array":
        return _array(inner, outer == "tuple")
    if _JSON_TYPES.get(outer) == "object" and len(inner) == 2:
        return {"type": "object", "additionalProperties": inner[1]}
    raise SchemaError(f"type {name!r} is not known: use one of {', '.join(_NAMES)}, any")
