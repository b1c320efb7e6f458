"""Reads the fields of a decoded row: texts, lists that may be JSON text, and calls under any two keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.files import Row, RowError, clip, decode_json, file_stem
from lit_toolcall.data.sources.literal_values import decode_value, fit_text
from lit_toolcall.types import Tool, ToolCall


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


def read_list(fields: Mapping[str, Any], key: str) -> list[Any]:
    """Return a list of at least one entry, which may be given as JSON text.

    >>> read_list({"answers": "[1, 2]"}, "answers")
    [1, 2]

    Raises:
        RowError: neither, or an empty list.
    """
    entries = fields.get(key)
    if isinstance(entries, str):
        try:
            entries = decode_json(entries)
        except RowError as error:
            raise RowError(f"`{key}`: {error}") from None
    if not isinstance(entries, list):
        raise RowError(f"`{key}` must be a list or the JSON text of one, this is {clip(repr(entries), 40)}")
    if not entries:
        raise RowError(f"`{key}` is an empty list, and the row has no answer in words")
    return entries


def read_call(entry: Any, name_key: str, arguments_key: str, tools: Sequence[Tool]) -> ToolCall:
    """Read a call, giving each text the type that its tool declares where it says exactly such a value.

    >>> price = Tool("buy", "", {"type": "object", "properties": {"price": {"type": "number"}}})
    >>> read_call({"api": "buy", "parameters": {"price": "40.7"}}, "api", "parameters", [price])
    ToolCall(name='buy', arguments={'price': 40.7})

    Raises:
        RowError: no name, or arguments that are neither an object nor the JSON text of one.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get(name_key), str):
        raise RowError(f"a call must hold `{name_key}` and `{arguments_key}`, this is {clip(repr(entry), 80)}")
    name, arguments = entry[name_key], entry.get(arguments_key, {})
    if isinstance(arguments, str):
        try:
            arguments = decode_json(arguments)
        except RowError as error:
            raise RowError(f"the arguments of the call {clip(name)!r}: {error}") from None
    if not isinstance(arguments, dict):
        raise RowError(
            f"the arguments of the call {clip(name)!r} must be an object, this is {clip(repr(arguments), 40)}"
        )
    schemas: Mapping[str, Any] = next(
        (tool.parameters.get("properties", {}) for tool in tools if tool.name == name), {}
    )
    typed = {
        key: fit_text(value, schemas.get(key, {}), decode_value) if isinstance(value, str) else value
        for key, value in arguments.items()
    }
    return ToolCall(name, typed)
