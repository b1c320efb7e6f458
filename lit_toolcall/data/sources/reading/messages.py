"""OpenAI's messages, and what others write in their place: Anthropic's parts, TRL's and ms-swift's roles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lit_toolcall.data.sources.reading.calls import read_call
from lit_toolcall.data.sources.reading.fields import decode_structure, find_structure, read_structure, unwrap_text
from lit_toolcall.data.sources.reading.values import RowError, watch_field
from lit_toolcall.json_values import clip
from lit_toolcall.schema.normalize import is_empty
from lit_toolcall.types import Message, Role, ToolCall

ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
    "tool_call": "assistant",
    "function_call": "assistant",
    "tool_response": "tool",
}
CALL_ROLES = ("tool_call", "function_call")
"""Roles of messages whose content is a call."""
REASONING_KEYS = (
    "reasoning_content",
    "reasoning",
    "reasoning_text",
    "thinking",
    "thought",
    "thoughts",
    "chain_of_thought",
    "tool_plan",
)
REASONING_LISTS = ("reasoning_details", "thinking_blocks")
"""Keys of lists of thoughts, as services give them beside a text of the same; alone they are refused."""
OTHER_CONTENT_KEYS = ("text", "value", "parts", "message", "result", "results", "output", "outputs", "response")
"""Keys that others have for what a message says; one without `content` is refused where it has one."""
TEXT_PARTS = ("text", "input_text", "output_text")
PART_TYPES = (*TEXT_PARTS, "tool_use", "tool_result", "thinking", "refusal", "image_url", "input_audio")
ASKING_KEYS = ("train", "trained", "trainable", "training", "loss", "loss_mask")
"""Keys that are true where a turn is to be trained, whoever speaks."""
TRAINED_KEYS = (*ASKING_KEYS, "weight", "loss_weight", "loss_scale")
"""Keys that say whether a turn of the assistant is trained; a `weight` of 1 stands beside other turns too."""
UNTRAINED_KEYS = ("masked",)
"""Keys that say the opposite."""
_MARKS = (*TRAINED_KEYS, *UNTRAINED_KEYS)


@dataclass(frozen=True)
class LinkedMessage:
    """A message with what binds results to calls."""

    message: Message
    call_ids: tuple[str, ...] = ()
    """One a call, empty where it has none."""
    result_id: str = ""
    """Of the call that a tool's message answers."""
    result_name: str = ""


def read_messages(fields: Mapping[str, Any], key: str) -> list[LinkedMessage]:
    """Read a field of messages, or the JSON text of one.

    Raises:
        RowError: with the reason; a message is called by its number.
    """
    entries = read_structure(fields, key)
    entries = [entries] if isinstance(entries, dict) else entries
    if not isinstance(entries, list) or not entries:
        raise RowError(f"`{key}` must be a list of at least one message")
    turns: list[LinkedMessage] = []
    for number, entry in enumerate(entries, start=1):
        for turn in read_message(entry, number):
            joins = isinstance(entry, dict) and entry.get("role") in CALL_ROLES and turns and turns[-1].message.calls
            if joins and turn.message.trained == turns[-1].message.trained:
                turns[-1] = _join(turns[-1], turn)
            else:
                turns.append(turn)
    if not turns:
        raise RowError(f"`{key}` holds tools and no message")
    return turns


def _join(first: LinkedMessage, second: LinkedMessage) -> LinkedMessage:
    """Put a call into the turn that it directly follows: parallel calls."""
    calls = (*first.message.calls, *second.message.calls)
    return replace(first, message=replace(first.message, calls=calls), call_ids=(*first.call_ids, *second.call_ids))


def read_message(entry: Any, number: int) -> Iterator[LinkedMessage]:
    """Read one message: one turn, or several where tools' results stand inside of a user's.

    Raises:
        RowError: with the reason; the message is called by its number.
    """
    if isinstance(entry, str) and unwrap_text(entry)[:1] == "{":
        entry = watch_field("messages", [decode_structure(entry, f"message {number}")])[0]
    if not isinstance(entry, dict):
        raise RowError(f"message {number} must be an object, this is {clip(repr(entry), 40)}")
    name = entry.get("role")
    if name is None:
        raise RowError(f"message {number} has no `role`; known are {', '.join(ROLES)}")
    if not isinstance(name, str) or name not in ROLES:
        raise RowError(f"message {number} has the role {clip(repr(name), 40)}; known are {', '.join(ROLES)}")
    role = ROLES[name]
    if entry.get("content") in (None, "", []):
        other = next((key for key in OTHER_CONTENT_KEYS if key in entry and not is_empty(entry[key])), None)
        if other is not None:
            raise RowError(f"message {number} has no `content`, but `{other}`; rename it, or leave it out")
    trained = read_trained(entry, number, role)
    made = _list_calls(entry, number)
    calls_wrongly = f"message {number} makes calls, but its role is {name!r}; only `assistant` calls tools"
    if made and role != "assistant":
        raise RowError(calls_wrongly)
    if role == "tool":
        yield _read_result(entry)
        return
    content = _read_content(entry, made, number)
    if content.calls and role != "assistant":
        raise RowError(calls_wrongly)
    if content.results:
        if role != "user":
            raise RowError(
                f"message {number} holds a tool's result, but its role is {name!r}; only `user` and `tool` do"
            )
        yield from content.results
        if not content.text.strip():
            return
    if role == "assistant":
        yield _read_answer(entry, content, number, trained)
        return
    if not content.text.strip() and role == "user":
        raise RowError(f"message {number} of the user is empty")
    if content.thoughts:
        raise RowError(f"message {number} holds thoughts, but its role is {name!r}; only `assistant` thinks")
    holds_tools_only = role == "system" and not content.text.strip() and (entry.get("tools") or entry.get("functions"))
    if not holds_tools_only:
        yield LinkedMessage(Message(role, content.text))


def _read_content(entry: Mapping[str, Any], made: Sequence[Any], number: int) -> _Content:
    """Read what a message says, with the calls that stand beside it."""
    content = _Content()
    if entry["role"] in CALL_ROLES:
        content.add_calls(_as_list(read_structure(entry, "content")))
        if not content.calls:
            raise RowError(f"message {number} of the role {entry['role']!r} holds no call")
    else:
        content.add(entry.get("content"), number)
    content.add_calls(made)
    return content


def _read_answer(entry: Mapping[str, Any], content: _Content, number: int, trained: bool) -> LinkedMessage:
    text, refusal = content.text, entry.get("refusal")
    if refusal:
        if not isinstance(refusal, str) or text.strip() or content.calls:
            raise RowError(f"message {number} has a `refusal` beside its content or calls; keep one of them")
        text = refusal
    return LinkedMessage(
        Message(
            "assistant",
            text,
            tuple(content.calls),
            reasoning=read_reasoning(entry, f"message {number}", content.thoughts),
            trained=trained,
        ),
        tuple(content.ids),
    )


def read_reasoning(entry: Mapping[str, Any], place: str, more: Sequence[str] = ()) -> str:
    """Read what was thought, under any of its names.

    >>> read_reasoning({"reasoning_content": "A tool fits.", "thinking": None}, "message 2")
    'A tool fits.'

    Args:
        entry: the message.
        place: of it, for the reason.
        more: thoughts that stand elsewhere in it.

    Raises:
        RowError: it is no text, or two different ones.
    """
    found = {key: entry[key] for key in REASONING_KEYS if key in entry}
    given = {key: value for key, value in found.items() if not is_empty(value)}
    if not all(isinstance(value, str) for value in given.values()):
        raise RowError(f"{place}: `{next(iter(given))}` must be a text, this is {clip(repr(given), 60)}")
    texts = dict.fromkeys([*given.values(), *(["\n".join(more)] if more else [])])
    if len(texts) > 1:
        raise RowError(f"{place} holds several thoughts, under {', '.join(given) or 'content'}; keep one")
    if not texts and (key := next((key for key in REASONING_LISTS if entry.get(key)), None)):
        raise RowError(f"{place} holds thoughts in `{key}`, which is not read; give their text as `reasoning_content`")
    return next(iter(texts), "")


def _read_result(entry: Mapping[str, Any]) -> LinkedMessage:
    content = write_result(entry.get("content"))
    identity = next((entry[key] for key in ("tool_call_id", "call_id", "tool_use_id") if entry.get(key)), "")
    name = next((entry[key] for key in ("name", "tool_name") if entry.get(key)), "")
    return LinkedMessage(Message("tool", content), result_id=str(identity), result_name=str(name))


def write_result(content: Any) -> str:
    """Write a tool's result as text: parts of text joined, other values as JSON.

    Raises:
        RowError: it holds an image, a sound or a document.
    """
    if content is None or isinstance(content, str):
        return content or ""
    if isinstance(content, list) and content and all(map(_is_text_part, content)):
        return "".join(part["text"] for part in content)
    for part in content if isinstance(content, list) else ():
        if isinstance(part, dict) and part.get("type") in ("image", "image_url", "audio", "input_audio", "document"):
            raise RowError(f"a tool's result holds a part of the type {part['type']}, which is not read")
    return json.dumps(content, ensure_ascii=False)


def _is_text_part(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in TEXT_PARTS and isinstance(part.get("text"), str)


def decode_parts(text: str) -> Any:
    """Decode the JSON text of a list of parts; any other text stays as it is.

    >>> decode_parts('[{"type": "text", "text": "Hi"}]'), decode_parts('[{"type": "cat"}]')
    ([{'type': 'text', 'text': 'Hi'}], '[{"type": "cat"}]')
    """
    body = unwrap_text(text)
    if body[:1] != "[" or "type" not in body:
        return text
    parts = find_structure(body)
    is_parts = bool(parts) and all(isinstance(part, dict) and part.get("type") in PART_TYPES for part in parts)
    return parts if is_parts else text


class _Content:
    """What a message's content holds: text, and parts of other types."""

    def __init__(self) -> None:
        self.text = ""
        self.calls: list[ToolCall] = []
        self.ids: list[str] = []
        self.thoughts: list[str] = []
        self.results: list[LinkedMessage] = []

    def add(self, content: Any, number: int) -> None:
        content = decode_parts(content) if isinstance(content, str) else content
        if content is None or isinstance(content, str):
            self.text = content or ""
            return
        for part in content if isinstance(content, list) else [content]:
            kind = part.get("type") if isinstance(part, dict) else None
            if _is_text_part(part):
                self.text += part["text"]
            elif kind == "tool_use":
                self.add_calls([part])
            elif kind in ("thinking", "reasoning") and isinstance(part.get(kind, part.get("text")), str):
                self.thoughts.append(part.get(kind, part.get("text")))
            elif kind == "refusal" and isinstance(part.get("refusal"), str):
                self.text += part["refusal"]
            elif kind == "tool_result":
                read_trained(part, number, "tool")
                result = Message("tool", write_result(part.get("content")))
                self.results.append(LinkedMessage(result, result_id=str(part.get("tool_use_id") or "")))
            else:
                raise RowError(
                    f"the content of message {number} must be text, or a list of parts of the type text"
                    f"{f', this is {clip(repr(kind), 40)}' if kind else ''}"
                )

    def add_calls(self, entries: Sequence[Any]) -> None:
        for entry in entries:
            self.calls.append(read_call(entry))
            identity = (
                next((entry[key] for key in ("id", "call_id") if entry.get(key)), "") if isinstance(entry, dict) else ""
            )
            self.ids.append(str(identity))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _list_calls(entry: Mapping[str, Any], number: int) -> list[Any]:
    calls = read_structure(entry, "tool_calls") or []
    if isinstance(calls, dict):
        calls = [calls]
    if not isinstance(calls, list):
        raise RowError(f"`tool_calls` of message {number} must be a list, this is {clip(repr(calls), 40)}")
    older = read_structure(entry, "function_call")
    if not older:
        return calls
    if calls:
        raise RowError(f"message {number} has both `tool_calls` and `function_call`, their older form; keep one")
    return [older]


def order_results(turns: Sequence[LinkedMessage]) -> list[Message]:
    """Put the results of parallel calls into the order of the calls, by their ids or else by the tools' names.

    >>> call = LinkedMessage(Message("assistant", calls=(ToolCall("f", {}), ToolCall("f", {}))), ("a", "b"))
    >>> results = [LinkedMessage(Message("tool", text), result_id=id) for id, text in (("b", "second"), ("a", "first"))]
    >>> [message.content for message in order_results([call, *results])]
    ['', 'first', 'second']

    Raises:
        RowError: a result of a call that is not there, two results of one call, or one call without.
    """
    ordered: list[Message] = []
    asking: LinkedMessage | None = None
    results: list[LinkedMessage] = []
    for turn in (*turns, None):
        if turn is not None and turn.message.role == "tool":
            results.append(turn)
            continue
        ordered += _order(asking, results)
        results = []
        if turn is not None:
            ordered.append(turn.message)
            asking = turn
    return ordered


def _order(asking: LinkedMessage | None, results: Sequence[LinkedMessage]) -> list[Message]:
    """Order the results that follow a turn directly."""
    calls = asking.message.calls if asking is not None else ()
    if any(result.result_id for result in results):
        ids = list(asking.call_ids) if asking is not None else []
        if len(calls) == 1 and not ids[0] and len(results) == 1:
            return [results[0].message]
        return _order_by_id(ids, results)
    if len(calls) > 1 and results and all(result.result_name for result in results):
        return _order_by_name([call.name for call in calls], results)
    return [result.message for result in results]


def _order_by_id(ids: Sequence[str], results: Sequence[LinkedMessage]) -> list[Message]:
    by_id: dict[str, Message] = {}
    for result in results:
        if result.result_id not in ids:
            known = f"the call before has {', '.join(ids)}" if any(ids) else "no call before it has an `id`"
            raise RowError(f"a result is of the call {clip(result.result_id)!r}, but {clip(known)}")
        if result.result_id in by_id:
            raise RowError(f"two results are of the call {clip(result.result_id)!r}; keep one")
        by_id[result.result_id] = result.message
    if len(set(ids)) < len(ids):
        raise RowError(f"two calls have the same `id`, of {clip(', '.join(ids))}: their results cannot be told apart")
    missing = next((identity for identity in ids if identity not in by_id), None)
    if missing is not None:
        raise RowError(f"the call {clip(missing)!r} has no result, though the others have; give it one")
    return [by_id[identity] for identity in ids]


def _order_by_name(called: Sequence[str], results: Sequence[LinkedMessage]) -> list[Message]:
    left = list(results)
    ordered = []
    for name in called:
        found = next((result for result in left if result.result_name == name), None)
        if found is not None:
            left.remove(found)
            ordered.append(found.message)
    if left:
        other = left[0].result_name
        raise RowError(f"a result is of the tool {clip(other)!r}, which the turn before calls fewer times")
    return ordered


def read_trained(entry: Mapping[str, Any], number: int, role: Role) -> bool:
    """Tell whether a turn is trained: not where its weight is 0, or `train` is false.

    >>> [read_trained(entry, 1, "assistant") for entry in ({"weight": 0}, {"train": True, "masked": False}, {})]
    [False, True, True]

    Args:
        entry: the turn, with its marks.
        number: of the turn, for the reason.
        role: who speaks. Of others than the assistant nothing is trained, so that a mark may say so, or say nothing
            of it (`weight: 1`); for these the answer is True, which is a turn's default.

    Raises:
        RowError: a weight between 0 and 1, two marks of the assistant that differ, or one that asks for the training
            of another's turn.
    """
    marks = {key: _read_mark(entry[key], key, number) for key in _MARKS if key in entry}
    if role != "assistant":
        asking = next((key for key in ASKING_KEYS if marks.get(key)), None)
        if asking is not None:
            raise RowError(
                f"message {number} is to be trained, but its role is {role!r}; only `assistant` is trained: remove "
                f"its `{asking}`"
            )
        return True
    given = {mark is (key in TRAINED_KEYS) for key, mark in marks.items() if mark is not None}
    if len(given) > 1:
        raise RowError(f"message {number} is to be trained and not to be trained; keep one weight")
    return given != {False}


def _read_mark(value: Any, key: str, number: int) -> bool | None:
    if value is None:
        return None
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    raise RowError(
        f"`{key}` of message {number} is {clip(repr(value), 40)}; turns are trained or not: give 1, 0, true or false"
    )
