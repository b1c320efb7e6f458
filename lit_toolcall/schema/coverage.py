"""Parts of tools' schemas that are not checked, by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from lit_toolcall.schema.json_schema import OF_NAMED, OF_ONE, OF_ONE_OR_BOOLEAN, OF_SEVERAL
from lit_toolcall.schema.keywords import read_count, read_number, read_pattern
from lit_toolcall.schema.references import Schema, composing_parts, resolve_reference
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
_HOLDING_ONE = frozenset((*OF_ONE, *OF_ONE_OR_BOOLEAN))
_HOLDING_SCHEMAS = frozenset((*OF_NAMED, *_HOLDING_ONE, *OF_SEVERAL)) - {"unevaluatedItems"}
_MAX_VARIANTS = 50
"""Tools of one name that are told apart; in a row of a hostile file each may be another, which costs time only."""
_MAX_PARTS = 200
"""Parts that are counted; hostile schemas may each have others."""


def count_unchecked(tools: Iterable[Tool]) -> tuple[tuple[str, int], ...]:
    """Count the parts of schemas that are not checked, over many tools of which most occur again and again.

    >>> day, at = ({"properties": {"d": {"type": "string", "format": name}}} for name in ("date", "time"))
    >>> count_unchecked([Tool("f", "", day), Tool("f", "", day), Tool("g", "", day), Tool("g", "", at)])
    (("format 'date'", 2), ("format 'time'", 1))

    Returns:
        Each part, as `list_unchecked` writes it, with how many tools of different names have it; the most frequent
        first.
    """
    known: dict[str, list[Tool]] = {}
    names: dict[str, set[str]] = {}
    for tool in tools:
        variants = known.setdefault(tool.name, [])
        if tool in variants:
            continue
        if len(variants) < _MAX_VARIANTS:
            variants.append(tool)
        for part in list_unchecked(tool):
            if part in names or len(names) < _MAX_PARTS:
                names.setdefault(part, set()).add(tool.name)
    counts = [(part, len(having)) for part, having in names.items()]
    return tuple(sorted(counts, key=lambda count: (-count[1], count[0])))


def list_unchecked(tool: Tool) -> list[str]:
    """List what a tool's schema says that `find_call_problem` does not check, each once, sorted.

    Unknown keywords and `format`, which is an annotation in JSON Schema; patterns that could run long; references to
    elsewhere, to nothing or into a circle; keywords with a value that they cannot have.

    >>> city = {"type": "string", "format": "city", "pattern": "(a|b)+", "minLength": "2"}
    >>> list_unchecked(Tool("f", "", {"properties": {"city": city, "d": {"$ref": "other.json"}}}))
    ["$ref 'other.json'", "format 'city'", "minLength '2'", "pattern '(a|b)+'"]
    """
    root = tool.parameters
    schemas = list(_walk(root))
    circular = _find_circular(schemas, root) if any("$ref" in schema for schema in schemas) else frozenset()
    return sorted({name for schema in schemas for name in _unchecked(schema, root, circular)})


def _walk(root: Schema) -> Iterator[Schema]:
    waiting: list[Any] = [root]
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, Mapping):
            continue
        yield schema
        for key, value in schema.items():
            if key in _HOLDING_ONE:
                waiting.append(value)
            elif key in OF_SEVERAL and isinstance(value, list):
                waiting += value
            elif (key in OF_NAMED or key == "properties") and isinstance(value, Mapping):
                waiting += value.values()


def _unchecked(schema: Schema, root: Schema, circular: Collection[int]) -> Iterator[str]:
    for key, value in schema.items():
        if key == "$ref":
            target = resolve_reference(value, root)
            if target is None or id(target) in circular:
                yield f"{key} {value!r:.60}"
        elif key == "format":
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
            yield f"{key:.60}"


def _find_circular(schemas: Iterable[Schema], root: Schema) -> Collection[int]:
    """Return the `id` of each schema whose references, for the same value, lead into a circle and so say nothing."""
    parts: dict[int, list[Schema]] = {}
    waiting = list(schemas)
    while waiting:
        schema = waiting.pop()
        if id(schema) not in parts:
            parts[id(schema)] = [*composing_parts(schema, root), *_denied(schema)]
            waiting += parts[id(schema)]
    sorter = TopologicalSorter({node: [id(part) for part in found] for node, found in parts.items()})
    try:
        sorter.prepare()
    except CycleError:
        sound: set[int] = set()
        while ready := sorter.get_ready():  # gives all but those that lead into a circle
            sound.update(ready)
            sorter.done(*ready)
        return parts.keys() - sound
    return frozenset()


def _denied(schema: Schema) -> list[Schema]:
    return [schema["not"]] if isinstance(schema.get("not"), Mapping) else []
