"""BFCL's gold calls, texts such as `sort('report.pdf')`; read, never evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lit_toolcall.formats.call_format import check_length, fail, refuse
from lit_toolcall.formats.literals import PythonReader
from lit_toolcall.json_values import excerpt, unique_keys
from lit_toolcall.types import Tool, ToolCall

_OPENING = re.compile(r"\s*+([^\W\d]\w*+)\s*+\(")


def read_gold_call(text: str, tools: Mapping[str, Tool]) -> ToolCall:
    """Read a gold call; arguments without a name take those of the tool's parameters, in their order.

    Args:
        text: one call, its arguments literals.
        tools: by name; the call must be one of theirs.

    Raises:
        CallSyntaxError: it is not.

    >>> sort = Tool("sort", "", {"type": "object", "properties": {"file_name": {"type": "string"}}})
    >>> read_gold_call("sort('report.pdf')", {"sort": sort})
    ToolCall(name='sort', arguments={'file_name': 'report.pdf'})
    """
    check_length(text)
    opening = _OPENING.match(text)
    if opening is None:
        fail(f"no call such as name(argument=value): {excerpt(text)}")
    name = opening[1]
    if name not in tools:
        fail(f"the gold call {excerpt(name)} is not a tool of its entry")
    reader = PythonReader(text)
    reader.move(opening.end())
    unnamed: list[Any] = []
    named: list[tuple[str, Any]] = []
    while not reader.skip(")"):
        keyword = reader.keyword.match(reader.text, reader.position)
        if keyword is not None:
            reader.move(keyword.end())
            named.append((keyword[1], reader.value(0)))
        else:
            unnamed.append(reader.value(0))
        if not reader.skip(","):
            reader.expect(")")
            break
    reader.end()
    parameters = list(tools[name].parameters.get("properties", {}))
    if len(unnamed) > len(parameters):
        fail(f"{len(unnamed)} arguments of {name}, which has {len(parameters)}")
    by_place = list(zip(parameters, unnamed, strict=False))
    return ToolCall(name, unique_keys(by_place + named, refuse))
