"""The lines of a pair file, which `data.sources.Pairs` reads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lit_toolcall.types import Message, Preference, Tool


def preference_to_record(preference: Preference, scores: dict[str, list[float]]) -> dict[str, Any]:
    """Write a pair as plain JSON values.

    Tools and arguments are JSON text: Arrow would give every nested object the keys of all others.

    Args:
        preference: the pair.
        scores: the ranks of both answers, see `Scores`.
    """
    return {
        "id": preference.id,
        "tools": json.dumps([_tool_to_record(tool) for tool in preference.tools], ensure_ascii=False),
        "messages": _messages_to_records(preference.messages),
        "chosen": _messages_to_records(preference.chosen),
        "rejected": _messages_to_records(preference.rejected),
        "reason": preference.reason,
        "origins": list(preference.origins),
        "scores": scores,
    }


def _tool_to_record(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _messages_to_records(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [_message_to_record(message) for message in messages]


def _message_to_record(message: Message) -> dict[str, Any]:
    calls = [
        {
            "type": "function",
            "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
        }
        for call in message.calls
    ]
    record: dict[str, Any] = {"role": message.role, "content": message.content}
    if calls:
        record["tool_calls"] = calls
    elif message.role == "assistant":
        record["as_written"] = True  # a model's own text, which may look like a call and must not be read as one
    if message.reasoning:
        record["reasoning_content"] = message.reasoning
    if not message.trained:
        record["weight"] = 0
    return record
