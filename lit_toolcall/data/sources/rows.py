"""Turns a decoded row, in the paper's shape or in OpenAI's, into an example."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.files import RowError, clip, decode_json
from lit_toolcall.formats.json_text import MAX_CHARACTERS
from lit_toolcall.schema import SchemaError, find_call_problem, tool_from_dict
from lit_toolcall.types import Example, Message, Preference, Role, Tool, ToolCall

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
MAX_TOOLS = 512
"""Tools that one row may offer; each call is looked up among them."""
MAX_MESSAGES = 256
"""Messages of one row; a dialogue whose every answer is trained is rendered once for each of them."""
ToolByName = Callable[[str], Tool]
"""Finds a tool that a row gives by its name only; raises RowError."""


def _refuse_name(name: str) -> Tool:
    raise RowError(f"the tool {clip(name)!r} is given by name only; `tools` must hold schemas")


def example_from_row(row: Any, default_id: str, place: str, tool_by_name: ToolByName = _refuse_name) -> Example:
    """Read one row, telling its shape from its keys, and check its answer against its tools.

    Calls in earlier turns are context and stay as they were made, wrong ones too; only the answer must fit.

    Raises:
        RowError: with the reason, for the ledger.
    """
    if not isinstance(row, dict):
        raise RowError(f"a row must be a JSON object, this is {clip(repr(row), 40)}")
    shape = next((shape for key, shape in SHAPES.items() if key in row), None)
    if shape is None:
        keys = ", ".join(sorted(row)) or "none"
        raise RowError(
            f"unknown shape, its keys are {clip(keys, 200)}; a row has `query`, `tools`, `expected_output`"
            " or `messages`, `tools`"
        )
    tools = read_offer(row, tool_by_name)
    messages, answer = shape(row)
    if answer is not None:
        check_calls(answer.calls, tools)
    identity, category = row.get("id"), row.get("category")
    return Example(
        id=default_id if identity is None else str(identity),
        tools=tools,
        messages=messages,
        answer=answer,
        category="" if category is None else str(category),
        place=place,
    )


def read_offer(row: Mapping[str, Any], tool_by_name: ToolByName = _refuse_name) -> tuple[Tool, ...]:
    """Read a row's `tools`, or `functions`, as OpenAI named them before.

    Raises:
        RowError: both, or tools that cannot be used.
    """
    tools, functions = row.get("tools"), row.get("functions")
    if not functions:
        return read_tools(tools, tool_by_name)
    if tools is not None:
        raise RowError("the row has both `tools` and `functions`, their older name; keep one of them")
    return read_tools(functions, tool_by_name)


def read_tools(entries: Any, tool_by_name: ToolByName = _refuse_name) -> tuple[Tool, ...]:
    """Normalise the tools of a row: schemas, or names, in a list or in the JSON text of one.

    Raises:
        RowError: not a list, a tool that does not normalise, or two of one name.
    """
    if isinstance(entries, str):
        entries = _decode_field(entries, "`tools`")
    if entries is None:
        return ()
    if not isinstance(entries, list):
        raise RowError(f"`tools` must be a list of schemas or names, this is {clip(repr(entries), 40)}")
    if len(entries) > MAX_TOOLS:
        raise RowError(f"{len(entries):,} tools in one row, more than {MAX_TOOLS}; offer fewer")
    tools = tuple(tool_by_name(entry) if isinstance(entry, str) else read_tool(entry) for entry in entries)
    for name, count in Counter(tool.name for tool in tools).items():
        if count > 1:
            raise RowError(f"two tools are named {clip(name)!r}; a call could not tell them apart")
    return tools


def read_tool(entry: Any) -> Tool:
    """Normalise one schema.

    Raises:
        RowError: the schema is not one that the dialects know.
    """
    if not isinstance(entry, dict):
        raise RowError(f"a tool must be a schema or a name, this is {clip(repr(entry), 40)}")
    try:
        return tool_from_dict(entry)
    except SchemaError as error:
        raise RowError(str(error)) from None


def check_calls(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> None:
    """Refuse calls that do not fit the tools on offer.

    Raises:
        RowError: the first problem, in words.
    """
    check_length(calls)
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
    characters = sum(len(call.name) + len(json.dumps(call.arguments, ensure_ascii=False)) for call in calls)
    if characters > MAX_CHARACTERS:
        raise RowError(f"calls of {characters:,} characters, more than {MAX_CHARACTERS:,} that an answer may have")


def check_messages(made: Example | Preference) -> None:
    """Refuse a dialogue of more than `MAX_MESSAGES`, its answer among them.

    Raises:
        RowError: it is longer.
    """
    answers = [made.chosen, made.rejected] if isinstance(made, Preference) else [[made.answer] if made.answer else []]
    count = len(made.messages) + max(map(len, answers))
    if count > MAX_MESSAGES:
        raise RowError(f"{count:,} messages in one row, more than {MAX_MESSAGES}; split the dialogue")


def _from_query(row: Mapping[str, Any]) -> tuple[tuple[Message, ...], Message | None]:
    query = row["query"]
    if not isinstance(query, str) or not query.strip():
        raise RowError(f"`query` must be a text with something in it, this is {clip(repr(query), 40)}")
    expected = row.get("expected_output")
    return (Message("user", query),), None if expected is None else _expected_answer(expected)


def _expected_answer(expected: Any) -> Message:
    if isinstance(expected, str):
        return Message("assistant", _filled(expected, "`expected_output`"))
    entries = expected if isinstance(expected, list) else [expected]
    if not entries:
        raise RowError("`expected_output` is an empty list; where no tool fits, give the answer in words as a string")
    return Message("assistant", calls=tuple(_read_call(entry, "function") for entry in entries))


def _from_messages(row: Mapping[str, Any]) -> tuple[tuple[Message, ...], Message | None]:
    entries = row["messages"]
    if isinstance(entries, str):
        entries = _decode_field(entries, "`messages`")
    if not isinstance(entries, list) or not entries:
        raise RowError("`messages` must be a list of at least one message")
    messages = tuple(read_message(entry, number) for number, entry in enumerate(entries, start=1))
    if messages[-1].role != "assistant":
        return messages, None
    if len(messages) == 1:
        raise RowError("`messages` holds an answer and nothing before it")
    answer = messages[-1]
    if not answer.calls:
        _filled(answer.content, "the last assistant message")
    return messages[:-1], answer


def read_message(entry: Any, number: int) -> Message:
    """Read one of OpenAI's messages, with its calls in `tool_calls` or one in `function_call`, as it was before.

    Raises:
        RowError: with the reason; the message is called by its number.
    """
    if not isinstance(entry, dict):
        raise RowError(f"message {number} must be an object, this is {clip(repr(entry), 40)}")
    role = entry.get("role")
    if not isinstance(role, str) or role not in ROLES:
        raise RowError(f"message {number} has the role {clip(repr(role), 40)}; known are {', '.join(ROLES)}")
    calls = entry.get("tool_calls") or []
    if not isinstance(calls, list):
        raise RowError(f"`tool_calls` of message {number} must be a list, this is {clip(repr(calls), 40)}")
    if entry.get("function_call"):
        if calls:
            raise RowError(f"message {number} has both `tool_calls` and `function_call`, their older form; keep one")
        calls = [{"function": entry["function_call"]}]
    if calls and ROLES[role] != "assistant":
        raise RowError(f"message {number} makes calls, but its role is {role!r}; only `assistant` calls tools")
    content = _read_content(entry.get("content"), number)
    if not calls and not content.strip() and ROLES[role] == "user":
        raise RowError(f"message {number} of the user is empty")
    return Message(ROLES[role], content, tuple(_read_wrapped_call(call) for call in calls))


def _read_content(content: Any, number: int) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    parts = content if isinstance(content, list) else [content]
    texts = [part["text"] for part in parts if _is_text_part(part)]
    if len(texts) != len(parts):
        raise RowError(f"the content of message {number} must be text, or a list of parts of the type text")
    return "".join(texts)


def _is_text_part(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def _read_wrapped_call(entry: Any) -> ToolCall:
    if not isinstance(entry, dict) or "function" not in entry:
        raise RowError(f"a tool call must hold `function`, this is {clip(repr(entry), 80)}")
    return _read_call(entry["function"], "name")


def _read_call(entry: Any, name_key: str) -> ToolCall:
    if not isinstance(entry, dict) or not isinstance(entry.get(name_key), str):
        raise RowError(f"a call must hold `{name_key}` and `arguments`, this is {clip(repr(entry), 80)}")
    name, arguments = entry[name_key], entry.get("arguments", {})
    if isinstance(arguments, str):
        arguments = _decode_field(arguments, f"the arguments of the call {clip(name)!r}") if arguments else {}
    if not isinstance(arguments, dict):
        raise RowError(
            f"the arguments of the call {clip(name)!r} must be an object, this is {clip(repr(arguments), 40)}"
        )
    return ToolCall(name, arguments)


def _decode_field(text: str, field: str) -> Any:
    try:
        return decode_json(text)
    except RowError as error:
        raise RowError(f"{field}: {error}") from None


def _filled(text: str, field: str) -> str:
    if not text.strip():
        raise RowError(f"{field} is empty; give calls or an answer in words")
    return text


SHAPES: Mapping[str, Callable[[Mapping[str, Any]], tuple[tuple[Message, ...], Message | None]]] = {
    "messages": _from_messages,
    "query": _from_query,
}
"""How a row with such a key is read; the first that it has counts."""
