"""Calls that are written as JSON objects with a name and arguments."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from lit_toolcall.formats.base import CallSyntaxError
from lit_toolcall.formats.json_text import excerpt, read_json
from lit_toolcall.types import Problem, ToolCall


def read_call_object(row: Any, arguments_key: str) -> ToolCall:
    """Return the call that a JSON object writes; arguments that were encoded to JSON twice are read too.

    Args:
        row: a JSON value of any kind.
        arguments_key: what the arguments are called, such as `parameters`.

    Raises:
        CallSyntaxError: no object of a name and arguments alone.

    >>> read_call_object({"name": "f", "arguments": {"a": 1}}, "arguments")
    ToolCall(name='f', arguments={'a': 1})
    """
    if not isinstance(row, dict) or set(row) != {"name", arguments_key}:
        _fail(f'not an object with "name" and "{arguments_key}" alone', row)
    name, arguments = row["name"], row[arguments_key]
    if not isinstance(name, str) or not name:
        _fail("a name that is not a string", row)
    if isinstance(arguments, str):
        arguments = read_json(arguments)
    if not isinstance(arguments, dict):
        _fail(f"{arguments_key} that are not an object", row)
    return ToolCall(name, arguments)


def _fail(detail: str, row: Any) -> NoReturn:
    raise CallSyntaxError(Problem.SYNTAX, f"{detail}: {excerpt(json.dumps(row, ensure_ascii=False))}")
