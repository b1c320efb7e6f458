"""Reads the fields of a decoded row: texts, lists that may be JSON text, and calls under any of their names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.files import Row, file_stem, watch_field
from lit_toolcall.data.sources.literal_values import decode_value, fit_text
from lit_toolcall.data.sources.row_fields import RowError, RowFields
from lit_toolcall.json_values import clip
from lit_toolcall.types import Tool, ToolCall

NAME_KEYS = ("name", "function", "tool_name", "function_name", "tool", "api", "api_name")
ARGUMENT_KEYS = ("arguments", "parameters", "input", "args", "kwargs", "params", "tool_input", "action_input")
WRAPPER_KEYS = ("function", "functionCall", "function_call", "tool_call")
"""What a call may stand inside of."""
CALL_TYPES = (None, "function", "function_call", "tool_use", "tool_call", "tool", "call")
LABEL_KEYS = frozenset({"id", "type", "index", "call_id", "tool_call_id"})
"""What a call may hold beside its name and arguments."""
MAX_ENCODINGS = 4
"""How often one value may have been turned into JSON text."""
FENCE = "```"


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
        try:
            value = decode_value(unwrap_text(value))
        except RowError as error:
            raise RowError(f"{field}: {error}") from None
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


def read_call(
    entry: Any, name_key: str = "name", arguments_key: str = "arguments", tools: Sequence[Tool] = ()
) -> ToolCall:
    """Read a call, giving each text the type that its tool declares where it says exactly such a value.

    >>> price = Tool("buy", "", {"type": "object", "properties": {"price": {"type": "number"}}})
    >>> read_call({"api": "buy", "parameters": {"price": "40.7"}}, "api", "parameters", [price])
    ToolCall(name='buy', arguments={'price': 40.7})
    >>> read_call({"type": "function", "function": {"name": "now", "arguments": None}})
    ToolCall(name='now', arguments={})

    Args:
        entry: the call, or its JSON text, as it is or inside of OpenAI's `function`.
        name_key: what the source calls the name; other names that it is known under are read too.
        arguments_key: the same for the arguments.
        tools: on offer.

    Raises:
        RowError: no name, two names or arguments, or arguments that are neither an object nor the JSON text of one.
    """
    if isinstance(entry, str):
        entry = watch_field("function", decode_structure(entry, "a call"))
    call = _unwrap_call(entry)
    if not isinstance(call, dict):
        raise RowError(f"a call must hold `{name_key}` and `{arguments_key}`, this is {clip(repr(entry), 80)}")
    keys = (key for key in dict.fromkeys((name_key, *NAME_KEYS)) if key in call)
    names = {key: call[key] for key in keys if call[key] is not None}
    if not names or not all(isinstance(name, str) and name for name in names.values()):
        raise RowError(f"a call must hold `{name_key}` and `{arguments_key}`, this is {clip(repr(entry), 80)}")
    if len(set(names.values())) > 1:
        raise RowError(f"a call has two names, under {_write_keys(names)}; keep one: {clip(repr(entry), 80)}")
    name = next(iter(names.values()))
    arguments = _read_arguments(call, name, arguments_key)
    schemas: Mapping[str, Any] = next(
        (tool.parameters.get("properties", {}) for tool in tools if tool.name == name), {}
    )
    typed = {
        key: fit_text(value, schemas.get(key, {}), decode_value) if isinstance(value, str) else value
        for key, value in arguments.items()
    }
    return ToolCall(name, typed)


def _unwrap_call(entry: Any) -> Any:
    for _ in range(2):
        if not isinstance(entry, dict):
            return entry
        if (kind := entry.get("type")) not in CALL_TYPES:
            raise RowError(f"a call of the type {clip(repr(kind), 40)}; only functions are called")
        inner = next((key for key in WRAPPER_KEYS if _is_object(entry.get(key))), None)
        if inner is None:
            return entry
        others = [key for key in entry if key not in LABEL_KEYS and key != inner and key in ARGUMENT_KEYS]
        if others:
            raise RowError(
                f"a call has `{inner}` and, beside it, {_write_keys(others)}; keep the arguments in one place"
            )
        part = entry[inner]
        entry = (
            watch_field("function", decode_structure(part, f"`{inner}` of a call")) if isinstance(part, str) else part
        )
    return entry


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, str) and unwrap_text(value)[:1] in ("{", '"'))


def _read_arguments(call: Mapping[str, Any], name: str, arguments_key: str) -> dict[str, Any]:
    keys = [key for key in dict.fromkeys((arguments_key, *ARGUMENT_KEYS)) if key in call]
    given: dict[str, dict[str, Any]] = {}
    for key in keys:
        value = call[key]
        if isinstance(value, str):
            value = decode_structure(value, f"the arguments of the call {clip(name)!r}") if value.strip() else {}
        if value is None or value == []:  # PHP writes an empty object as an empty list
            value = {}
        if not isinstance(value, dict):
            raise RowError(
                f"the arguments of the call {clip(name)!r} must be an object, this is {clip(repr(value), 40)}"
            )
        given[key] = value
    filled = [value for value in given.values() if value]
    if any(json.dumps(value) != json.dumps(filled[0]) for value in filled[1:]):
        raise RowError(f"the call {clip(name)!r} has arguments under {_write_keys(given)}; keep one of them")
    others = [key for key in call if key not in LABEL_KEYS and key not in NAME_KEYS]
    if not keys and others:
        raise RowError(f"the call {clip(name)!r} has no `{arguments_key}`, but {_write_keys(others)}; put them there")
    return filled[0] if filled else {}


def _write_keys(keys: Any) -> str:
    return " and ".join(f"`{clip(str(key), 40)}`" for key in list(keys)[:5])
