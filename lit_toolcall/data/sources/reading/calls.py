"""Calls and tools of a row, under any of the names that data sets have for them, and whether they fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.reading.fields import decode_structure, decode_value, fit_text, unwrap_text
from lit_toolcall.data.sources.reading.values import RowError, RowFields, row_errors, watch_field
from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.json_values import clip
from lit_toolcall.schema import find_call_problem, tool_from_dict
from lit_toolcall.schema.normalize import PARAMETER_KEYS
from lit_toolcall.types import Tool, ToolCall

NAME_KEYS = ("name", "function", "tool_name", "function_name", "tool", "api", "api_name")
ARGUMENT_KEYS = ("arguments", "parameters", "input", "args", "kwargs", "params", "tool_input", "action_input")
WRAPPER_KEYS = ("function", "functionCall", "function_call", "tool_call")
"""What a call may stand inside of."""
CALL_TYPES = (None, "function", "function_call", "tool_use", "tool_call", "tool", "call")
LABEL_KEYS = frozenset({"id", "type", "index", "call_id", "tool_call_id"})
"""What a call may hold beside its name and arguments."""
MAX_TOOLS = 512
"""Tools that one row may offer; each call is looked up among them."""
ToolByName = Callable[[str], Tool]
"""Finds a tool that a row gives by its name only; raises RowError."""
_ENCODER = json.JSONEncoder(ensure_ascii=False)


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
        tools: the available ones.

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


def refuse_name(name: str) -> Tool:
    """Refuse a tool that is given by its name only.

    Raises:
        RowError: always.
    """
    raise RowError(f"the tool {clip(name)!r} is given by name only; `tools` must hold schemas")


def read_offer(
    row: Mapping[str, Any], tool_by_name: ToolByName = refuse_name, default_tools: tuple[Tool, ...] = ()
) -> tuple[Tool, ...]:
    """Read a row's `tools`, or `functions`, as OpenAI named them before; they may stand in one of its messages.

    Raises:
        RowError: two different offers, or tools that cannot be used.
    """
    tools, functions = row.get("tools"), row.get("functions")
    if functions and tools is not None:
        raise RowError("the row has both `tools` and `functions`, their older name; keep one of them")
    given = functions or tools
    inside = [offer for key in ("messages", "prompt") for offer in _offers_inside(row, key)]
    offers = [read_tools(offer, tool_by_name) for offer in [*([given] if given else []), *inside]]
    if any(offer != offers[0] for offer in offers):
        raise RowError("the row and its messages offer different tools; give them once, in `tools`")
    if offers:
        return offers[0]
    return default_tools if given is None else ()


def _offers_inside(row: Mapping[str, Any], key: str) -> list[Any]:
    messages = row.peek(key) if isinstance(row, RowFields) else row.get(key)
    entries = [entry for entry in messages if isinstance(entry, dict)] if isinstance(messages, list) else []
    offers = [entry.get(key) for entry in entries for key in ("tools", "functions")]
    return [offer for offer in offers if offer]


def read_tools(entries: Any, tool_by_name: ToolByName = refuse_name) -> tuple[Tool, ...]:
    """Normalise the tools of a row: schemas, or names, in a list or in the JSON text of one.

    Raises:
        RowError: not a list, a tool that does not normalise, or two of one name that differ.
    """
    if isinstance(entries, str):
        entries = decode_structure(entries, "`tools`") if entries.strip() else None
    if entries is None or entries == {}:
        return ()
    if isinstance(entries, dict):
        entries = [entries]
    if not isinstance(entries, list):
        raise RowError(f"`tools` must be a list of schemas or names, this is {clip(repr(entries), 40)}")
    if len(entries) > MAX_TOOLS:
        raise RowError(f"{len(entries):,} tools in one row, more than {MAX_TOOLS}; offer fewer")
    tools: dict[str, Tool] = {}
    for entry in entries:
        is_name = isinstance(entry, str) and unwrap_text(entry)[:1] not in ("{", '"')
        tool = tool_by_name(entry) if is_name else read_tool(entry)
        if tools.setdefault(tool.name, tool) != tool:
            raise RowError(f"two tools are named {clip(tool.name)!r}; a call could not tell them apart")
    return tuple(tools.values())


def read_tool(entry: Any) -> Tool:
    """Normalise one schema, which may be JSON text, as may its `function` and its parameters.

    Raises:
        RowError: the schema is not one that the dialects know.
    """
    if isinstance(entry, str):
        entry = decode_structure(entry, "a tool")
    if not isinstance(entry, dict):
        raise RowError(f"a tool must be a schema or a name, this is {clip(repr(entry), 40)}")
    entry = _decode_parts(entry, ("function",))
    entry = _decode_parts(entry, PARAMETER_KEYS)
    if isinstance(entry.get("function"), dict):
        entry = {**entry, "function": _decode_parts(entry["function"], PARAMETER_KEYS)}
    with row_errors():
        return tool_from_dict(entry)


def _decode_parts(entry: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Decode the parts of a tool that stand there as JSON text."""
    texts = {key: entry[key] for key in keys if isinstance(entry.get(key), str)}
    decoded = {
        key: decode_structure(text, f"`{key}` of a tool") if text.strip() else None for key, text in texts.items()
    }
    return {**entry, **decoded}


def check_calls(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> None:
    """Refuse calls that do not fit the available tools.

    Raises:
        RowError: the first problem, in words.
    """
    check_length(calls)
    if calls and not tools:
        raise RowError(
            f"call {clip(calls[0].name)!r} is not among this example's tools: none; give the row `tools`, or set"
            " JsonLines' tools_path to a file of tools, which rows without any then offer"
        )
    named = {tool.name: [tool] for tool in tools}
    for call in calls:
        problem = find_call_problem(call, named.get(call.name, tools))
        if problem is not None:
            raise RowError(problem[1])


def check_length(calls: Sequence[ToolCall]) -> None:
    """Refuse an answer that no parser would take when a model gave it.

    Raises:
        RowError: it is longer.
    """
    characters = sum(len(call.name) + len(_ENCODER.encode(call.arguments)) for call in calls)
    if characters > MAX_CHARACTERS:
        raise RowError(f"calls of {characters:,} characters, more than {MAX_CHARACTERS:,} that an answer may have")
