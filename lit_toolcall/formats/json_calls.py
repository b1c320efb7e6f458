"""Calls as JSON: values written so that no marker of a format appears in them, and read within bounds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from lit_toolcall.formats.call_format import CallSyntaxError, check_depth, check_length, fail, refuse
from lit_toolcall.formats.thoughts import Span
from lit_toolcall.json_values import excerpt, make_decoder, nesting_depth, skip_space
from lit_toolcall.types import Problem, ToolCall

_DECODER = make_decoder(refuse)


def read_json(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        CallSyntaxError: not JSON, a key given twice, NaN or Infinity, a lone surrogate, or a bound passed.

    >>> read_json('{"city": "Oslo", "days": 3}')
    {'city': 'Oslo', 'days': 3}
    """
    return read_json_values(text, separator=None)[0][0]


def read_json_values(text: str, separator: str | None) -> list[tuple[Any, Span]]:
    """Return the values of JSON texts with a separator between them, and where each stands.

    Args:
        text: at least one value.
        separator: between two of them; inside strings it separates nothing. None where only one value may stand.

    Raises:
        CallSyntaxError: as for `read_json`.

    >>> read_json_values('{"a": "x; y"}; [2]', ";")
    [({'a': 'x; y'}, (0, 13)), ([2], (15, 18))]
    """
    check_length(text)
    check_depth(nesting_depth(text))
    values: list[tuple[Any, Span]] = []
    try:
        start = skip_space(text, 0)
        while True:
            value, end = _DECODER.raw_decode(text, start)
            values.append((value, (start, end)))
            end = skip_space(text, end)
            if not separator or not text.startswith(separator, end):
                break
            start = skip_space(text, end + len(separator))
        if end < len(text):
            raise json.JSONDecodeError("Extra data", text, end)
        json.dumps([value for value, _ in values], ensure_ascii=False).encode()
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


def read_call_object(value: Any, arguments_key: str) -> ToolCall:
    """Return the call that a JSON object writes; arguments that were encoded to JSON twice are read too.

    Args:
        value: of any kind.
        arguments_key: what the arguments are called, such as `parameters`.

    Raises:
        CallSyntaxError: no object of a name and arguments alone.

    >>> read_call_object({"name": "f", "arguments": {"a": 1}}, "arguments")
    ToolCall(name='f', arguments={'a': 1})
    """
    if not isinstance(value, dict) or set(value) != {"name", arguments_key}:
        _fail(f'not an object with "name" and "{arguments_key}" alone', value)
    name, arguments = value["name"], value[arguments_key]
    if not isinstance(name, str) or not name:
        _fail("a name that is not a string", value)
    if isinstance(arguments, str):
        arguments = read_json(arguments)
    if not isinstance(arguments, dict):
        _fail(f"{arguments_key} that are not an object", value)
    return ToolCall(name, arguments)


def _fail(detail: str, value: Any) -> NoReturn:
    fail(f"{detail}: {excerpt(json.dumps(value, ensure_ascii=False))}")
