"""Schemas that speak of one value: those that its schema refers to or is composed of, and those inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

Schema = Mapping[str, Any]

REFUSING: Schema = {"not": {}}
"""What the schema `false` means."""
_ALTERNATIVES = ("allOf", "anyOf", "oneOf")
_CONDITIONS = ("if", "then", "else")
COMPOSING = frozenset((*_ALTERNATIVES, *_CONDITIONS, "$ref", "dependentSchemas", "dependencies"))
"""Keywords by which a schema has others speak of the same value."""


def as_schema(found: Any) -> Schema | None:
    """Return a schema as an object, `true` and `false` too; None for what is no schema.

    >>> as_schema(True), as_schema(False), as_schema("string")
    ({}, {'not': {}}, None)
    """
    if isinstance(found, bool):
        return {} if found else REFUSING
    return found if isinstance(found, Mapping) else None


def resolve_reference(reference: Any, root: Schema) -> Schema | None:
    """Return the schema that a `$ref` points to, within the tool's own schema; nothing is fetched.

    Args:
        reference: such as `#/$defs/Filter`.
        root: the whole schema.

    Returns:
        None for an address elsewhere, and where there is no schema.

    >>> resolve_reference("#/$defs/a~1b", {"$defs": {"a/b": {"type": "string"}}})
    {'type': 'string'}
    >>> resolve_reference("https://example.org/schema.json", {}) is None
    True
    """
    if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
        return None
    found: Any = root
    for part in unquote(reference).split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping) and key in found:
            found = found[key]
        elif isinstance(found, list) and key.isdecimal() and len(key) < 6 and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    return as_schema(found)


def list_composed(schema: Schema, root: Schema) -> Iterator[Schema]:
    """Yield a schema and all that speak of the same value by reference or composition, each once."""
    seen: set[int] = set()
    waiting = [schema]
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        if not found.keys().isdisjoint(COMPOSING):
            waiting += composing_parts(found, root)


def composing_parts(schema: Schema, root: Schema) -> Iterator[Schema]:
    """Yield the schemas that a schema itself has speak of the same value, not those that these have.

    >>> root = {"$defs": {"A": {"type": "integer"}}}
    >>> list(composing_parts({"anyOf": [{"$ref": "#/$defs/B"}, {"minimum": 1}], "$ref": "#/$defs/A"}, root))
    [{'$ref': '#/$defs/B'}, {'minimum': 1}, {'type': 'integer'}]
    """
    parts = [part for key in _ALTERNATIVES if isinstance(schema.get(key), list) for part in schema[key]]
    parts += [schema.get(key) for key in _CONDITIONS]
    for key in ("dependentSchemas", "dependencies"):
        parts += schema[key].values() if isinstance(schema.get(key), Mapping) else []
    yield from (part for part in parts if isinstance(part, Mapping))
    target = resolve_reference(schema.get("$ref"), root)
    if target is not None:
        yield target


@dataclass(frozen=True)
class Place:
    """A value's place in a tool's schema, which several schemas may speak of.

    Args:
        root: the tool's whole schema, for references.
        schemas: those of the place; none where nothing is said of it.
    """

    root: Schema
    schemas: tuple[Schema, ...]

    def takes_number(self) -> bool:
        """Tell whether any schema of the place names the type `number`, or a choice with a decimal point."""
        for schema in self._all():
            if "number" in (schema.get("type") or ()):
                return True
            choices = schema.get("enum", [schema.get("const")])
            if isinstance(choices, list) and any(type(choice) is float for choice in choices):
                return True
        return False

    def property(self, name: str) -> Place:
        """Return the place of an object's property."""
        found: list[Any] = []
        for schema in self._all():
            properties = schema.get("properties")
            if isinstance(properties, Mapping) and name in properties:
                found.append(properties[name])
            else:
                # which pattern a name fits is no matter here: each of them may say that numbers stand there
                patterns = schema.get("patternProperties")
                found += patterns.values() if isinstance(patterns, Mapping) else []
                found += [schema.get("additionalProperties"), schema.get("unevaluatedProperties")]
        return self._with(found)

    def item(self, index: int) -> Place:
        """Return the place of a list's item."""
        found: list[Any] = []
        for schema in self._all():
            firsts = schema.get("prefixItems")
            firsts = firsts if isinstance(firsts, list) else []
            found.append(firsts[index] if index < len(firsts) else schema.get("items"))
        return self._with(found)

    def _all(self) -> Iterator[Schema]:
        for schema in self.schemas:
            yield from list_composed(schema, self.root)

    def _with(self, found: list[Any]) -> Place:
        return Place(self.root, tuple(part for part in found if isinstance(part, Mapping)))


def root_place(root: Schema) -> Place:
    """Return the place of a call's arguments.

    >>> optional = {"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]}
    >>> place = root_place({"properties": {"n": optional}, "$defs": {"N": {"type": "number"}}})
    >>> place.property("n").takes_number(), place.property("m").takes_number()
    (True, False)
    """
    return Place(root, (root,))
