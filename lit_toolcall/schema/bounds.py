"""Bounds of numbers and sizes in a schema, and the words for one that a value breaks."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lit_toolcall.schema.references import Schema


def describe_broken_bound(value: float, schema: Schema) -> str | None:
    """Say which bound a number breaks; None where it keeps all.

    >>> describe_broken_bound(12, {"maximum": 9}), describe_broken_bound(0.3, {"multipleOf": 0.1})
    ('which is not at most 9', None)
    """
    for bound, is_broken, says in list_bounds(schema):
        if is_broken(value, bound):
            return f"which is not {says} {bound}"
    step = read_number(schema.get("multipleOf"))
    # by the decimals as they are written: 0.3 is a multiple of 0.1
    if step is not None and step > 0 and (_fraction(value) / _fraction(step)).denominator != 1:
        return f"which is not a multiple of {step}"
    return None


def describe_broken_size(size: int, schema: Schema, of_what: str) -> str | None:
    """Say which bound the size of a value breaks; None where it keeps both.

    Args:
        size: how many there are.
        schema: of the value.
        of_what: `Length`, `Items` or `Properties`, as the keywords say it.

    >>> describe_broken_size(2, {"minLength": 3}, "Length")
    'of 2 characters: it has at least 3'
    """
    least, most = read_count(schema.get(f"min{of_what}")), read_count(schema.get(f"max{of_what}"))
    unit = {"Length": "characters"}.get(of_what, of_what.lower())
    if least is not None and size < least:
        return f"of {size} {unit}: it has at least {least}"
    if most is not None and size > most:
        return f"of {size} {unit}: it has at most {most}"
    return None


def read_number(found: Any) -> float | None:
    """Return a keyword's number, None where it is none."""
    return found if type(found) in (int, float) else None


def read_count(found: Any) -> int | None:
    """Return a keyword's count, None where it is none.

    >>> read_count(2), read_count(2.0), read_count("2"), read_count(-1)
    (2, 2, None, None)
    """
    number = read_number(found)
    return int(number) if number is not None and number >= 0 and number == number // 1 else None


def list_bounds(schema: Schema) -> list[tuple[float, Callable[[float, float], bool], str]]:
    """List a schema's bounds of a number, with what breaks each and the words for what it asks.

    The older spelling `"exclusiveMinimum": true` makes `minimum` exclusive.

    >>> [(bound, says) for bound, _, says in list_bounds({"minimum": 0, "exclusiveMinimum": True, "maximum": 9})]
    [(0, 'more than'), (9, 'at most')]
    """
    found: list[tuple[float, Callable[[float, float], bool], str]] = []
    for key, exclusive, inclusive in (
        ("inimum", (operator.le, "more than"), (operator.lt, "at least")),
        ("aximum", (operator.ge, "less than"), (operator.gt, "at most")),
    ):
        plain, strict = read_number(schema.get(f"m{key}")), schema.get(f"exclusiveM{key}")
        bound = read_number(strict)
        if bound is not None:
            found.append((bound, *exclusive))
        if plain is not None:
            found.append((plain, *(exclusive if strict is True else inclusive)))
    return found


def _fraction(number: float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))
