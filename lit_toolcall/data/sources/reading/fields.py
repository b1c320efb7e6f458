"""Fields of a row: texts, and values that stand as text, encoded to JSON once or again, or as Python writes them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lit_toolcall.data.sources.reading.files import Row, file_stem
from lit_toolcall.data.sources.reading.values import (
    DECODER,
    RowError,
    RowFields,
    check_content,
    decode_json,
    row_errors,
    watch_field,
)
from lit_toolcall.formats.literals import LiteralReader
from lit_toolcall.json_values import JSON_TYPES, clip, skip_space

MAX_ENCODINGS = 4
"""How often one value may have been turned into JSON text."""
FENCE = "```"
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?")


def read_object(row: Row) -> dict[str, Any]:
    """Return the row's value where it is an object.

    Raises:
        RowError: it is something else.
    """
    if not isinstance(row.value, dict):
        raise RowError(f"a row must be a JSON object, this is {clip(repr(row.value), 40)}")
    return row.value


def read_id(fields: Mapping[str, Any], path: str, number: int) -> str:
    """Return a row's own id, or its file and number.

    >>> read_id({"id": 7}, "data/a.json", 3), read_id({}, "data/a.json", 3)
    ('7', 'a:3')
    """
    identity = fields.get("id")
    return f"{file_stem(path)}:{number}" if identity is None else str(identity)


def read_text(fields: Mapping[str, Any], key: str) -> str:
    """Return a text that says something.

    Raises:
        RowError: it is missing, empty or no text.
    """
    text = fields.get(key)
    if not isinstance(text, str) or not text.strip():
        raise RowError(f"`{key}` must be a text with something in it, this is {clip(repr(text), 40)}")
    return text


def unwrap_text(text: str) -> str:
    r"""Take a text out of the space, the byte order mark and the code fence around it.

    >>> unwrap_text("\ufeff ```json\n[1]\n``` ")
    '[1]'
    """
    text = text.strip("\ufeff \t\r\n")
    if text.startswith(FENCE) and text.endswith(FENCE) and len(text) > 2 * len(FENCE):
        language, newline, body = text[len(FENCE) : -len(FENCE)].partition("\n")
        if newline and (not language.strip() or language.strip().isidentifier()):
            return body.strip()
    return text


def decode_structure(text: str, field: str) -> Any:
    r"""Decode what a text stands for: JSON, also encoded several times, or a literal in Python's quotes.

    >>> decode_structure('"[1, 2]"', "`answers`"), decode_structure("{'a': None}", "`tools`")
    ([1, 2], {'a': None})

    Args:
        text: of a field whose value is no text.
        field: its name, for the reason.

    Raises:
        RowError: neither, or content that cannot be trained on.
    """
    value: Any = text
    for _ in range(MAX_ENCODINGS):
        if not isinstance(value, str):
            return value
        with row_errors(field):
            value = decode_value(unwrap_text(value))
    if isinstance(value, str):
        raise RowError(f"{field}: a text that was encoded to JSON more than {MAX_ENCODINGS - 1} times")
    return value


def find_structure(text: str) -> Any:
    """Do as `decode_structure` for a text that may be words; None where nothing can be decoded.

    >>> find_structure("[1]"), find_structure("[Oslo]")
    ([1], None)
    """
    try:
        return decode_structure(text, "a text")
    except RowError:
        return None


def read_structure(fields: Mapping[str, Any], key: str) -> Any:
    """Return a value that may be given as JSON text; None where it is missing or an empty text.

    >>> read_structure({"messages": "[]"}, "messages"), read_structure({"tools": " "}, "tools")
    ([], None)

    Raises:
        RowError: a text that cannot be decoded.
    """
    value = fields.get(key)
    if not isinstance(value, str):
        return value
    if not value.strip():
        return None
    value = watch_field(key, decode_structure(value, f"`{key}`"))
    if isinstance(fields, RowFields):
        fields.replace(key, value)
        return fields[key]
    return value


def read_list(fields: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list of at least one entry, which may be given as JSON text.

    >>> read_list({"answers": "[1, 2]"}, "answers")
    [1, 2]

    Raises:
        RowError: neither, or an empty list.
    """
    entries = read_structure(fields, key)
    if not isinstance(entries, list):
        raise RowError(f"`{key}` must be a list or the JSON text of one, this is {clip(repr(entries), 40)}")
    if not entries:
        raise RowError(f"`{key}` is an empty list, and the row has no answer in words")
    return entries


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
        raise _join_reasons(json_error, literal_error) from None
    return recheck(value)


def _join_reasons(json_error: RowError, literal_error: RowError) -> RowError:
    """Say why a text is neither JSON nor a literal, once where both have the same reason."""
    is_same = str(json_error) == str(literal_error)
    return json_error if is_same else RowError(f"{json_error}; nor a Python literal: {literal_error}")


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
    if not isinstance(declared, str) or declared not in JSON_TYPES or declared in ("string", "null"):
        return text
    try:
        value = decode(text)
    except RowError:
        return text
    is_exact = type(value) not in (int, float) or _NUMBER.fullmatch(text) is not None
    return value if is_exact and type(value) in JSON_TYPES[declared] else text


def decode_values(text: str) -> list[Any]:
    """Decode the values of a list, or values one after another.

    >>> decode_values("[1, 'a']"), decode_values('{"a": 1} {"b": 2}')
    ([1, 'a'], [{'a': 1}, {'b': 2}])

    Raises:
        RowError: a value that cannot be read, or content that cannot be trained on.
    """
    try:
        values = list(_decode_json_values(text))
    except RowError as json_error:
        try:
            values = recheck(_read_literals(text))
        except RowError as literal_error:
            raise _join_reasons(json_error, literal_error) from None
    return values[0] if len(values) == 1 and isinstance(values[0], list) else values


def _decode_json_values(text: str) -> Iterator[Any]:
    position = skip_space(text, 0)
    while position < len(text):
        try:
            value, end = DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise RowError(f"not JSON ({error})") from None
        check_content(value)
        yield value
        position = skip_space(text, end)


def _read_literals(text: str, most: int | None = None) -> list[Any]:
    reader = LiteralReader(text)
    values: list[Any] = []
    with row_errors():
        while len(values) != most and (not values or skip_space(text, reader.position) < len(text)):
            values.append(reader.value(0))
        reader.end()
    return values
