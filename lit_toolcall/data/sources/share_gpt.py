"""ShareGPT's dialogues whose calls are turns of their own, as of LLaMA-Factory and APIGen-MT (arXiv:2504.03601)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.reading.calls import read_call
from lit_toolcall.data.sources.reading.examples import make_example, read_schemas, read_speeches, read_text_turn
from lit_toolcall.data.sources.reading.fields import decode_structure, read_id, read_object
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.reading.messages import write_result
from lit_toolcall.data.sources.reading.values import RowError, row_errors
from lit_toolcall.data.sources.source import RowSource
from lit_toolcall.json_values import clip
from lit_toolcall.types import Example, Message, Role, Tool, ToolCall

ROLES: Mapping[str, Role] = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "function_call": "assistant",
    "observation": "tool",
    "tool": "tool",
    "system": "system",
}
TAG = "<tool_call>"


class ShareGpt(RowSource):
    """Reads `{"conversations": [{"from", "value"}], "tools", "system"}`, where a call is a turn `function_call`.

    Such a turn holds one `{"name", "arguments"}`, or a list of them for parallel calls, as JSON text. Calls that
    directly follow a text or other calls belong to the same turn. The last turn of the assistant is the answer, and
    what follows it is left out. An argument's text takes the type that its tool declares where it says exactly such
    a value (`"5"` for an integer).

    Rejected are answers whose calls do not fit the tools, and calls inside of a text (`<tool_call>`), which are
    Hermes' way to write them: read such rows with `HermesRows`. A turn with `weight: 0` or `train: false` is not
    trained.

    Of the 300 dialogues of LLaMA-Factory's `glaive_toolcall_en_demo.json` all are kept.
    """

    def example_of(self, row: Row) -> Example:
        fields = read_object(row)
        tools = read_schemas(fields.get("tools"))
        turns = [*_system(fields), *_turns(fields, tools)]
        return make_example(row, read_id(fields, self.path, row.number), turns, tools, category="")


def _system(fields: Mapping[str, Any]) -> Sequence[Message]:
    told = fields.get("system")
    if told is None:
        return ()
    if not isinstance(told, str):
        raise RowError(f"`system` must be a text, this is {clip(repr(told), 40)}")
    return (Message("system", told),) if told.strip() else ()


def _turns(fields: Mapping[str, Any], tools: Sequence[Tool]) -> list[Message]:
    turns = []
    for number, speech in enumerate(read_speeches(fields, ROLES), start=1):
        with row_errors(f"turn {number} ({speech.speaker})"):
            turns.append(speech.mark(_turn(speech.speaker, speech.value, tools)))
    return turns


def _turn(speaker: str, value: Any, tools: Sequence[Tool]) -> Message:
    if speaker == "function_call":
        return Message("assistant", calls=read_turn_calls(value, tools))
    if ROLES[speaker] == "tool":
        return Message("tool", write_result(value))
    text = read_text_turn(value)
    if ROLES[speaker] == "assistant" and TAG in text:
        raise RowError(f"a call is written as {TAG} inside of the text; read such rows with HermesRows")
    return Message(ROLES[speaker], text)


def read_turn_calls(value: Any, tools: Sequence[Tool]) -> tuple[ToolCall, ...]:
    """Read a turn of calls: one, or a list of them, as they are or as JSON text.

    >>> read_turn_calls('[{"name": "now", "arguments": {}}, {"name": "sum", "arguments": "{\\\\"a\\\\": 1}"}]', ())
    (ToolCall(name='now', arguments={}), ToolCall(name='sum', arguments={'a': 1}))

    Raises:
        RowError: something else, or no call.
    """
    entries = decode_structure(value, "calls") if isinstance(value, str) else value
    calls = entries if isinstance(entries, list) else [entries]
    if not calls:
        raise RowError("a list of calls is empty")
    return tuple(read_call(call, "name", "arguments", tools) for call in calls)
