"""JSON in answers: written so that no marker appears in it, read within bounds on length and depth."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from lit_toolcall.formats.base import CallSyntaxError
from lit_toolcall.types import Problem

MAX_CHARACTERS = 20_000
"""The longest answer that is parsed."""
MAX_DEPTH = 32
"""The deepest nesting of lists and objects that is parsed."""
MAX_DIGITS = 400
"""The longest number that is parsed, in characters; turning digits into an integer takes quadratic time."""


def excerpt(text: str, characters: int = 40) -> str:
    """Return the first characters of a text, quoted, for an error message.

    >>> excerpt("get_weather(city=", 8)
    "'get_weat...'"
    """
    return repr(text if len(text) <= characters else f"{text[:characters]}...")


def check_length(text: str) -> None:
    """Raise where a text is longer than a parser takes.

    Raises:
        CallSyntaxError: `Problem.TOO_LONG`.
    """
    if len(text) > MAX_CHARACTERS:
        raise CallSyntaxError(Problem.TOO_LONG, f"an answer of {len(text)} characters, more than {MAX_CHARACTERS}")


def check_depth(depth: int) -> None:
    """Raise where lists and objects nest deeper than a parser takes.

    Raises:
        CallSyntaxError: `Problem.TOO_LONG`.
    """
    if depth > MAX_DEPTH:
        raise CallSyntaxError(Problem.TOO_LONG, f"values nested more than {MAX_DEPTH} deep")


def nesting_depth(text: str) -> int:
    """Return how deep the brackets of a JSON text nest; brackets inside strings do not count.

    >>> nesting_depth('{"a": [1, "[[["]}')
    2
    """
    depth = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _check_digits(digits: str) -> None:
    if len(digits) > MAX_DIGITS:
        raise CallSyntaxError(Problem.TOO_LONG, f"a number of {len(digits)} characters, more than {MAX_DIGITS}")


def read_integer(digits: str) -> int:
    """Return the integer that digits write.

    Raises:
        CallSyntaxError: more than `MAX_DIGITS` of them.

    >>> read_integer("-12")
    -12
    """
    _check_digits(digits)
    return int(digits)


def read_float(digits: str) -> float:
    """Return the finite float that digits write.

    Raises:
        CallSyntaxError: too many digits, or a number that no float holds.

    >>> read_float("2.5e3")
    2500.0
    """
    _check_digits(digits)
    value = float(digits)
    if math.isinf(value):
        raise CallSyntaxError(Problem.SYNTAX, f"the number {excerpt(digits)} is too large for a float")
    return value


def unique_keys(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the pairs as a dict.

    Raises:
        CallSyntaxError: `Problem.DUPLICATE_ARGUMENT` where a key comes twice.

    >>> unique_keys([("a", 1), ("b", 2)])
    {'a': 1, 'b': 2}
    """
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise CallSyntaxError(Problem.DUPLICATE_ARGUMENT, f"{excerpt(key)} is given twice")
        values[key] = value
    return values


def _refuse_constant(name: str) -> NoReturn:
    raise CallSyntaxError(Problem.SYNTAX, f"{name} is not a JSON value")


_SPACE = re.compile(r"[ \t\n\r]++")
_DECODER = json.JSONDecoder(
    object_pairs_hook=unique_keys,
    parse_int=read_integer,
    parse_float=read_float,
    parse_constant=_refuse_constant,
)


def _skip_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


def read_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        CallSyntaxError: not JSON, a key given twice, NaN or Infinity, a lone surrogate, or a bound passed.

    >>> read_json('{"city": "Oslo", "days": 3}')
    {'city': 'Oslo', 'days': 3}
    """
    return read_json_values(text, separator=None)[0]


def read_json_values(text: str, separator: str | None) -> list[Any]:
    """Return the values of JSON texts with a separator between them, which separates nothing inside strings.

    Args:
        text: at least one value.
        separator: None where only one value may stand.

    Raises:
        CallSyntaxError: as for `read_json`.

    >>> read_json_values('{"a": "x; y"}; [2]', ";")
    [{'a': 'x; y'}, [2]]
    """
    check_length(text)
    check_depth(nesting_depth(text))
    values: list[Any] = []
    try:
        value, end = _DECODER.raw_decode(text, _skip_space(text, 0))
        values.append(value)
        while separator and text.startswith(separator, end := _skip_space(text, end)):
            value, end = _DECODER.raw_decode(text, _skip_space(text, end + len(separator)))
            values.append(value)
        if (end := _skip_space(text, end)) < len(text):
            raise json.JSONDecodeError("Extra data", text, end)
        json.dumps(values, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise CallSyntaxError(Problem.SYNTAX, f"not JSON: {error.msg} at {excerpt(text[error.pos :])}") from error
    except UnicodeEncodeError as error:
        raise CallSyntaxError(Problem.SYNTAX, "a lone surrogate is not text") from error
    return values


def write_json(value: Any, markers: Iterable[str]) -> str:
    r"""Write a value as JSON on one line in which no marker appears: its first character is escaped.

    Args:
        value: a JSON value.
        markers: strings that start with `<`, which JSON has inside strings only.

    Raises:
        CallSyntaxError: what JSON cannot hold.

    >>> print(write_json({"text": "an <|end|>"}, ["<|end|>"]))
    {"text": "an \u003c|end|>"}
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise CallSyntaxError(Problem.SYNTAX, f"arguments that JSON cannot hold: {error}") from error
    for marker in markers:
        text = text.replace(marker, f"\\u{ord(marker[0]):04x}{marker[1:]}")
    return text
