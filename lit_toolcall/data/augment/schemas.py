"""Descriptions, texts and choices in the schemas of tools, read and changed by augmentations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from lit_toolcall.types import Tool

_PLAIN_KEYS = frozenset({"type", "properties", "required", "additionalProperties", "description", "title", "$schema"})
_SCHEMA_MAP_KEYS = ("properties", "patternProperties", "$defs", "definitions")
_SCHEMA_KEYS = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")
_VALUE_KEYS = ("enum", "const", "default", "examples")
_SCHEMA_LIST_KEYS = ("anyOf", "oneOf", "allOf", "prefixItems")


def has_plain_parameters(tool: Tool) -> bool:
    """Tell whether nothing but `properties` and `required` names a tool's arguments, as `dependentRequired` would.

    >>> has_plain_parameters(Tool("f", "", {"properties": {}, "dependentRequired": {"a": ["b"]}}))
    False
    """
    return tool.parameters.keys() <= _PLAIN_KEYS


def list_descriptions(tool: Tool) -> list[str]:
    """List all descriptions of a tool, its own and those of its arguments, however deep."""
    found: list[str] = []

    def collect(text: str) -> str:
        found.append(text)
        return text

    change_descriptions(tool, collect)
    return found


def change_descriptions(tool: Tool, change: Callable[[str], str]) -> Tool:
    """Return a tool with each of its descriptions changed.

    >>> change_descriptions(Tool("f", "does", {"properties": {"description": {"description": "is"}}}), str.upper)
    Tool(name='f', description='DOES', parameters={'properties': {'description': {'description': 'IS'}}})
    """
    return replace(tool, description=change(tool.description), parameters=_change(tool.parameters, change))


def remove_descriptions(tool: Tool) -> Tool:
    """Return a tool without the descriptions of its arguments, however deep; its own stays.

    >>> remove_descriptions(Tool("f", "does", {"properties": {"description": {"description": "is"}}}))
    Tool(name='f', description='does', parameters={'properties': {'description': {}}})
    """
    return replace(tool, parameters=_change(tool.parameters, lambda _: None))


def _change(schema: Any, change: Callable[[str], str | None]) -> Any:
    """Change each description of a schema; one that becomes None is removed."""
    if not isinstance(schema, Mapping):  # JSON Schema also allows true and false
        return schema
    changed = dict(schema)
    if isinstance(changed.get("description"), str):
        changed["description"] = change(changed["description"])
        if changed["description"] is None:
            del changed["description"]
    for key in _SCHEMA_MAP_KEYS:
        if isinstance(changed.get(key), Mapping):
            changed[key] = {name: _change(part, change) for name, part in changed[key].items()}
    for key in _SCHEMA_KEYS:
        if key in changed:
            changed[key] = _change(changed[key], change)
    for key in _SCHEMA_LIST_KEYS:
        if isinstance(changed.get(key), list):
            changed[key] = [_change(part, change) for part in changed[key]]
    return changed


def has_choices(schema: Any) -> bool:
    """Tell whether a schema, or one inside of it, limits its values to choices, or to a single one.

    >>> has_choices({"type": "array", "items": {"enum": [1, 2]}}), has_choices({"type": "string"})
    (True, False)
    >>> has_choices({"type": "object", "properties": {"enum": {"type": "string"}}})  # an argument of that name
    False
    """
    schemas = [schema]
    while schemas:
        schema = schemas.pop()
        if not isinstance(schema, Mapping):
            continue
        if "enum" in schema or "const" in schema:
            return True
        properties = schema.get("properties")
        schemas += properties.values() if isinstance(properties, Mapping) else ()
        schemas += [schema.get("items"), schema.get("additionalProperties")]
        for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
            schemas += schema[key] if isinstance(schema.get(key), list) else ()
    return False


def list_texts(value: Any) -> Iterator[str]:
    """Yield the texts inside a JSON value, keys left out.

    >>> list(list_texts({"a": ["x", {"b": "y"}], "c": 1}))
    ['x', 'y']
    """
    if isinstance(value, str):
        yield value
    for child in _children(value):
        yield from list_texts(child)


def list_choices(schema: Any) -> Iterator[str]:
    """Yield the texts that a schema names as values: choices, defaults, examples.

    >>> list(list_choices({"required": ["a"], "properties": {"a": {"type": "string", "enum": ["x"], "default": "x"}}}))
    ['x', 'x']
    """
    if isinstance(schema, Mapping):
        for key in _VALUE_KEYS:
            yield from list_texts(schema.get(key))
    for child in _children(schema):
        yield from list_choices(child)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()
