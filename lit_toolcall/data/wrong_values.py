"""Values for wrong calls: near the right one, of another type, beside the choices, or taken from the question."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Tool, ToolCall

_QUOTED_OR_NAME = re.compile(r"\"([^\"\n]{1,60})\"|(?<=[a-z,] )([A-Z][\w-]{1,30}(?: [A-Z][\w-]{1,30}){0,3})")
_NUMBER = re.compile(r"(?<![\w.,-])\d{1,9}(?:\.\d{1,9})?(?![\w,]|\.\d)")
_DIGITS = re.compile(r"[0-9]{1,9}")
_STOCK: Mapping[str, tuple[Any, ...]] = {
    "string": ("default", "all", "none", "unknown"),
    "integer": (1, 5, 10),
    "number": (0.5, 1, 10),
    "boolean": (True, False),
    "array": ([],),
    "object": ({},),
    "null": (None,),
}
"""What an argument is given where the question offers nothing."""


def values_said(text: str) -> list[Any]:
    """List what a text offers as values: quoted words, names, numbers.

    >>> values_said('Put "jazz" on in Oslo Central for 20 minutes.')
    ['jazz', 'Oslo Central', 20]
    """
    words = [quoted or name for quoted, name in _QUOTED_OR_NAME.findall(text)]
    numbers = [float(number) if "." in number else int(number) for number in _NUMBER.findall(text)]
    return [*words, *numbers]


def make_value(schema: Mapping[str, Any], said: Sequence[Any], rng: Random) -> Any:
    """Make a value of a schema: one of its choices, its default, something that was said, else one out of the air.

    Where nothing that is tried fits the schema, the last of it comes back.

    >>> make_value({"type": "array", "items": {"type": "integer"}}, ["jazz", 20], Random(0))
    [20]
    """
    tool = Tool("f", "", {"properties": {"value": schema}})
    candidates = _propose(schema, said, rng)
    fitting = (value for value in candidates if find_call_problem(ToolCall("f", {"value": value}), [tool]) is None)
    return next(fitting, candidates[-1])


def _propose(schema: Mapping[str, Any], said: Sequence[Any], rng: Random) -> list[Any]:
    proposed = shuffled(schema.get("enum", []), rng)
    proposed += [schema[key] for key in ("const", "default") if key in schema]
    if isinstance(schema.get("items"), Mapping):
        proposed.append([make_value(schema["items"], said, rng)])
    if "properties" in schema:
        required, properties = schema.get("required", []), schema["properties"]
        proposed.append({name: make_value(properties.get(name, {}), said, rng) for name in required})
    for part in [*schema.get("anyOf", []), *schema.get("oneOf", [])]:
        proposed.append(make_value(part, said, rng))
    types = schema.get("type", ["string"])
    stock = [value for name in ([types] if isinstance(types, str) else types) for value in _STOCK[name]]
    return [*proposed, *shuffled(said, rng), *shuffled(stock, rng)]


def shuffled(values: Sequence[Any], rng: Random) -> list[Any]:
    """Return the values in a random order."""
    return rng.sample(list(values), len(values))


def other_types(value: Any) -> list[Any]:
    """List a value as other types, as models confuse them: a number as text, a list as its only item, and so on.

    >>> other_types(5), other_types(["a", "b"])
    (['5', 5.0, [5]], ['a, b', 'a', ['a, b'], '["a", "b"]'])
    """
    if isinstance(value, bool):
        return [json.dumps(value), str(value), int(value)]
    if isinstance(value, int | float):
        return [str(value), float(value), [value]]
    if isinstance(value, str):
        return [*([int(value)] if _DIGITS.fullmatch(value) else []), [value], {"value": value}]
    if isinstance(value, list):
        texts = ", ".join(map(str, value))
        return [texts, *value[:1], [texts], json.dumps(value, ensure_ascii=False)]
    if isinstance(value, dict):
        return [json.dumps(value, ensure_ascii=False), list(value.values())]
    return [str(value), "null"]


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


def other_choices(value: Any) -> list[Any]:
    """List values that look like a choice, most of which are none.

    >>> other_choices("celsius")
    ['CELSIUS', 'Celsius', 'celsiuss', 'celsiu', 'celsius_default', 'other']
    >>> other_choices([1, 2])
    [[1, 3], [1, 4]]
    """
    if isinstance(value, str):
        spellings = [value.upper(), value.lower(), value.title(), f"{value}s", value[:-1], f"{value}_default", "other"]
        return [spelling for spelling in spellings if spelling != value]
    if isinstance(value, list) and value:
        return [[*value[:-1], other] for other in other_choices(value[-1])]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return [value + 1, value * 2]
    return []


def near_values(value: Any) -> list[Any]:
    """List other values of the same kind, as models get them wrong: off by one, a word short, one item less.

    >>> near_values(5), near_values("New York")
    ([6, 4, 50], ['New', 'York'])
    """
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, value * 10]
    if isinstance(value, float):
        return [near for near in (value + 1, value * 10, value / 10) if math.isfinite(near)]
    if isinstance(value, str):
        return _near_texts(value)
    if isinstance(value, list):
        shorter = [value[1:], value[:-1], value[::-1]] if len(value) > 1 else []
        return shorter + [[*value[:-1], near] for item in value[-1:] for near in near_values(item)]
    if isinstance(value, dict):
        return [{**value, name: near} for name, item in value.items() for near in near_values(item)]
    return []


def _near_texts(text: str) -> list[str]:
    found = _DIGITS.search(text)
    if found:
        number = str(int(found.group()) + 1).zfill(len(found.group()))
        return [text[: found.start()] + number + text[found.end() :]]
    rest = text.partition(" ")[2]
    if rest.strip():
        return [text.rpartition(" ")[0], rest]
    return [f"{text}{text[-1]}", text[:-1]] if len(text) > 1 else ["unknown"]
