"""Reads values that rows write in Python's quotes, within the bounds of a row; nothing is evaluated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lit_toolcall.data.sources.files import decode_json
from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.formats.literals import LiteralReader

VALUE_TYPES: Mapping[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
"""What a text may become, by the type that its argument declares."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"\s*+")


@contextmanager
def as_row_error() -> Iterator[None]:
    """Turn what a reader of literals says into the reason of a rejected row."""
    try:
        yield
    except CallSyntaxError as error:
        raise RowError(error.detail) from None


def recheck(value: Any) -> Any:
    """Return a value that was read as a literal, within the bounds that JSON of a row has to keep.

    Raises:
        RowError: content that cannot be trained on, such as a NUL or a number of too many digits.
    """
    return decode_json(json.dumps(value, ensure_ascii=False))


def decode_value(text: str) -> Any:
    """Decode JSON, or a literal in Python's quotes.

    >>> decode_value("{'name': 'now', 'arguments': {'utc': True, 'zone': None}}")
    {'name': 'now', 'arguments': {'utc': True, 'zone': None}}

    Raises:
        RowError: neither, or content that cannot be trained on.
    """
    try:
        return decode_json(text)
    except RowError as error:
        json_error = error
    try:
        [value] = _read_literals(text, most=1)
    except RowError as literal_error:
        raise RowError(f"{json_error}; nor a Python literal: {literal_error}") from None
    return recheck(value)


def fit_text(text: str, schema: Mapping[str, Any], decode: Callable[[str], Any]) -> Any:
    """Give a text the type that its schema declares, where it says exactly such a value; else it stays a text.

    >>> [fit_text(text, {"type": "integer"}, decode_value) for text in ("5", "5.0", "five")]
    [5, '5.0', 'five']

    Args:
        text: an argument's value.
        schema: of the argument.
        decode: reads the text; raises RowError.
    """
    declared = schema.get("type")
    if not isinstance(declared, str) or declared not in VALUE_TYPES:
        return text
    try:
        value = decode(text)
    except RowError:
        return text
    is_exact = type(value) not in (int, float) or _NUMBER.fullmatch(text) is not None
    return value if is_exact and type(value) in VALUE_TYPES[declared] else text


def decode_values(text: str) -> list[Any]:
    """Decode the values of a list, or values one after another.

    >>> decode_values("[1, 'a']"), decode_values('{"a": 1} {"b": 2}')
    ([1, 'a'], [{'a': 1}, {'b': 2}])

    Raises:
        RowError: a value that cannot be read, or content that cannot be trained on.
    """
    try:
        values = [decode_json(part) for part in _json_parts(text)]
    except RowError as json_error:
        try:
            values = recheck(_read_literals(text))
        except RowError as literal_error:
            raise RowError(f"{json_error}; nor a Python literal: {literal_error}") from None
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def _json_parts(text: str) -> Iterator[str]:
    position = _skip_space(text, 0)
    while position < len(text):
        try:
            _, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise RowError(f"not JSON ({error})") from None
        yield text[position:end]
        position = _skip_space(text, end)


def _read_literals(text: str, most: int | None = None) -> list[Any]:
    reader = LiteralReader(text)
    values: list[Any] = []
    with as_row_error():
        while len(values) != most and (not values or _skip_space(text, reader.position) < len(text)):
            values.append(reader.value(0))
        reader.end()
    return values


def _skip_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    assert space is not None, "it matches the empty text"
    return space.end()
