"""Keywords that ask something of one number, size or text, and the words for what a value breaks.

Regular expressions out of schemas run only where the time that they can take is bounded beforehand.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import Any

from lit_toolcall.schema.references import Schema

MAX_PATHS = 100_000
"""The most ways in which a pattern may be tried on a text."""
_ESCAPE = r"\\[dDwWsStnr.\\/^$|?*+()\[\]{}\-]"
_ATOM = re.compile(
    rf"(?:(?P<end>\$\Z)|(?:{_ESCAPE}|\[\^?(?:{_ESCAPE}|[^\\\[\]&|~])++\]|[^\\\[\](){{}}|^$?*+]))"
    r"(?P<repeat>[?*+]|\{(?P<least>\d{1,3})(?P<to>,)?(?P<most>\d{1,3})?\})?"
)


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


def find_pattern(pattern: object, text: str) -> bool | None:
    """Tell whether a pattern is found in a text.

    Args:
        pattern: of a schema; JSON Schema's are searched for, not matched whole.
        text: what is searched.

    Returns:
        None where it is not run: it has groups, alternatives or what else is not read here, or could take
        too long on so long a text.

    >>> find_pattern("^x-", "x-1"), find_pattern("^[A-Z]{2}[0-9]+$", "no7"), find_pattern("^(a+)+$", "aaa")
    (True, False, None)
    """
    read = read_pattern(pattern) if isinstance(pattern, str) and len(pattern) <= 200 else None
    if read is None:
        return None
    compiled, repeats = read
    paths = 1 if pattern[:1] == "^" else len(text) + 1  # type: ignore[index]
    for choices in repeats:
        paths *= min(choices, len(text) + 1)
    return None if paths * (len(repeats) + 1) > MAX_PATHS else compiled.search(text) is not None


@lru_cache(maxsize=1000)
def read_pattern(pattern: str) -> tuple[re.Pattern[str], tuple[int, ...]] | None:
    """Compile a pattern that is a row of single characters and classes, each of them repeated or not.

    Returns:
        The pattern and how many ways each of its repeats has; the product bounds the paths of backtracking. None for a
        pattern of another kind.
    """
    position, repeats, written = int(pattern[:1] == "^"), [], pattern[:1] if pattern[:1] == "^" else ""
    while position < len(pattern):
        atom = _ATOM.match(pattern, position)
        if atom is None:
            return None
        # Python's $ also matches before a line's end
        written += r"\Z" if atom["end"] is not None else atom[0]
        repeats += [_count_ways(atom)] if atom["repeat"] else []
        position = atom.end()
    try:
        return re.compile(written, re.ASCII), tuple(repeats)
    except re.error:
        return None


def _count_ways(atom: re.Match[str]) -> int:
    if atom["repeat"] == "?":
        return 2
    if atom["repeat"] in "*+" or (atom["to"] and atom["most"] is None):
        return 1_000_000
    return int(atom["most"] or atom["least"]) - int(atom["least"]) + 1
