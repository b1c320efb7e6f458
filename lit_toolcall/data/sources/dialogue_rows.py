"""What rows of dialogues share: speeches become turns, and the last turn of the assistant is the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from lit_toolcall.data.sources.fields import read_list
from lit_toolcall.data.sources.files import Row
from lit_toolcall.data.sources.messages import read_reasoning
from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.data.sources.rows import check_calls, read_tools
from lit_toolcall.data.sources.training_marks import read_trained
from lit_toolcall.data.sources.written_calls import settle_calls
from lit_toolcall.json_values import clip
from lit_toolcall.types import Example, Message, Role, Tool, ToolCall


class Speech(NamedTuple):
    """One of ShareGPT's turns."""

    speaker: str
    value: Any
    reasoning: str = ""
    trained: bool = True

    def mark(self, message: Message) -> Message:
        """Give a turn of the assistant what stands beside its value."""
        if message.role != "assistant":
            return message
        return replace(message, reasoning=self.reasoning, trained=self.trained)


def read_speeches(fields: Mapping[str, Any], speakers: Mapping[str, Role]) -> list[Speech]:
    """Read ShareGPT's `conversations`, or their JSON text.

    >>> read_speeches({"conversations": [{"from": "human", "value": "Hi"}]}, {"human": "user"})
    [Speech(speaker='human', value='Hi', reasoning='', trained=True)]

    Raises:
        RowError: no list of `{"from", "value"}`, or a speaker that is not known.
    """
    speeches = []
    for number, entry in enumerate(read_list(fields, "conversations"), start=1):
        speaker = entry.get("from") if isinstance(entry, dict) else None
        if not isinstance(speaker, str) or speaker not in speakers or "value" not in entry:
            raise RowError(
                f"turn {number} must hold `from` ({', '.join(speakers)}) and `value`, this is {clip(repr(entry), 80)}"
            )
        reasoning = read_reasoning(entry, f"turn {number}")
        trained = read_trained(entry, number, speakers[speaker])
        speeches.append(Speech(speaker, entry["value"], reasoning, trained))
    return speeches


def read_text_turn(value: Any) -> str:
    """Return what a speaker said.

    Raises:
        RowError: it is no text.
    """
    if not isinstance(value, str):
        raise RowError(f"its `value` must be a text, this is {clip(repr(value), 40)}")
    return value


def read_schemas(entries: Any) -> tuple[Tool, ...]:
    """Read a row's tools, which must be schemas: a list, its JSON text, or nothing.

    >>> read_schemas(""), [tool.name for tool in read_schemas('[{"name": "now", "parameters": {}}]')]
    ((), ['now'])

    Raises:
        RowError: something else, a tool that does not normalise, or two of one name.
    """
    return read_tools(None if isinstance(entries, str) and not entries.strip() else entries)


def make_example(row: Row, identity: str, turns: Sequence[Message], tools: Sequence[Tool], category: str) -> Example:
    """Make the example of a dialogue; what follows the last turn of the assistant is left out.

    Raises:
        RowError: no answer, no question before it, or an answer whose calls do not fit the tools.
    """
    joined = join_calls(turns)
    last = max((number for number, turn in enumerate(joined) if turn.role == "assistant"), default=None)
    if last is None:
        raise RowError("no turn of the assistant in the dialogue")
    messages, answer = joined[:last], joined[last]
    if not any(turn.role == "user" for turn in messages):
        raise RowError("no user turn before the answer")
    if any(turn.role == "user" and not turn.content.strip() for turn in messages):
        raise RowError("a turn of the user is empty")
    if messages[-1].role == "assistant":
        raise RowError("the last two turns are both the assistant's, with no question and no result between them")
    if not answer.calls and not answer.content.strip():
        raise RowError("the last turn of the assistant is empty")
    if not any(turn.trained for turn in joined[: last + 1] if turn.role == "assistant"):
        raise RowError("no turn of the assistant is to be trained, the answer neither; leave the row out")
    answer = settle_calls(answer, tools)
    check_calls(answer.calls, tools)
    return Example(
        id=identity,
        tools=tuple(tools),
        messages=tuple(messages),
        answer=answer,
        category=category,
        place=row.place,
    )


def join_calls(turns: Sequence[Message]) -> list[Message]:
    """Put calls into the assistant's turn that they directly follow: its text, or calls made at the same time.

    >>> from lit_toolcall.types import ToolCall
    >>> call = Message("assistant", calls=(ToolCall("now", {}),))
    >>> [(turn.content, len(turn.calls)) for turn in join_calls([Message("assistant", "Let me see."), call, call])]
    [('Let me see.', 2)]
    """
    groups: list[tuple[Message, list[ToolCall]]] = []
    for turn in turns:
        follows = bool(groups) and groups[-1][0].role == turn.role == "assistant"
        if follows and turn.calls and not turn.content and turn.trained == groups[-1][0].trained:
            groups[-1][1].extend(turn.calls)
        else:
            groups.append((turn, list(turn.calls)))
    return [replace(first, calls=tuple(calls)) for first, calls in groups]
