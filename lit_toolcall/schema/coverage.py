"""Which parts of a tool's schema are not checked, by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lit_toolcall.schema.bounds import read_count, read_number
from lit_toolcall.schema.json_schema import OF_NAMED, OF_ONE, OF_ONE_OR_BOOLEAN, OF_SEVERAL
from lit_toolcall.schema.patterns import read_pattern
from lit_toolcall.schema.references import Schema, list_composed, resolve_reference
from lit_toolcall.types import Tool

_ANNOTATIONS = frozenset(
    (
        "title",
        "description",
        "default",
        "example",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "$schema",
        "$id",
        "id",
    )
)
"""Keywords that ask nothing of a value."""
_COUNTS = frozenset(f"{end}{what}" for end in ("min", "max") for what in ("Length", "Items", "Properties", "Contains"))
_NUMBERS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
_OTHERS = frozenset(("type", "properties", "required", "enum", "const", "nullable", "uniqueItems", "dependentRequired"))
_HOLDING_SCHEMAS = frozenset((*OF_NAMED, *OF_ONE, *OF_ONE_OR_BOOLEAN, *OF_SEVERAL)) - {"unevaluatedItems"}


def list_unchecked(tool: Tool) -> list[str]:
    """List what a tool's schema says that `find_call_problem` does not check, each once, sorted.

    Unknown keywords and `format`, which is an annotation in JSON Schema; patterns that could run long; references to
    elsewhere, to nothing or in a circle; keywords with a value that they cannot have.

    >>> city = {"type": "string", "format": "city", "pattern": "(a|b)+", "minLength": "2"}
    >>> list_unchecked(Tool("f", "", {"properties": {"city": city, "d": {"$ref": "other.json"}}}))
    ["$ref 'other.json'", 'format', "minLength '2'", "pattern '(a|b)+'"]
    """
    return sorted({name for schema in _walk(tool.parameters) for name in _unchecked(schema, tool.parameters)})


def _walk(root: Schema) -> Iterator[Schema]:
    waiting: list[Any] = [root]
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, Mapping):
            continue
        yield schema
        waiting += [schema.get(key) for key in (*OF_ONE, *OF_ONE_OR_BOOLEAN)]
        for key in OF_SEVERAL:
            waiting += schema[key] if isinstance(schema.get(key), list) else []
        for key in (*OF_NAMED, "properties"):
            waiting += schema[key].values() if isinstance(schema.get(key), Mapping) else []


def _unchecked(schema: Schema, root: Schema) -> Iterator[str]:
    for key, value in schema.items():
        if key == "$ref":
            target = resolve_reference(value, root)
            if target is None or _leads_back(target, root):
                yield f"{key} {value!r:.60}"
        elif key == "pattern" or key == "patternProperties":
            for pattern in value if isinstance(value, Mapping) else [value]:
                if not isinstance(pattern, str) or read_pattern(pattern) is None:
                    yield f"{key} {pattern!r:.60}"
        elif key in _COUNTS or key in _NUMBERS:
            is_older = key.startswith("exclusive") and isinstance(value, bool)
            if not is_older and (read_count(value) if key in _COUNTS else read_number(value)) is None:
                yield f"{key} {value!r:.60}"
        elif key not in _ANNOTATIONS and key not in _OTHERS and key not in _HOLDING_SCHEMAS:
            yield key


def _leads_back(target: Schema, root: Schema) -> bool:
    """Tell whether a schema refers to itself for the same value, so that it says nothing."""
    composed = list(list_composed(target, root))
    return any(resolve_reference(schema.get("$ref"), root) is target for schema in composed)
