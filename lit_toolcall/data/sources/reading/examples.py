"""Examples out of rows: the paper's shape, OpenAI's, TRL's, and dialogues such as ShareGPT's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from lit_toolcall.data.sources.reading.calls import (
    ARGUMENT_KEYS,
    ToolByName,
    check_calls,
    read_call,
    read_offer,
    read_tools,
    refuse_name,
)
from lit_toolcall.data.sources.reading.fields import find_structure, read_list, read_structure, unwrap_text
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.reading.messages import (
    LinkedMessage,
    order_results,
    read_message,
    read_messages,
    read_reasoning,
    read_trained,
)
from lit_toolcall.data.sources.reading.values import RowError, RowFields
from lit_toolcall.data.sources.reading.written_calls import settle_calls
from lit_toolcall.json_values import clip
from lit_toolcall.schema.normalize import is_empty
from lit_toolcall.types import Example, Message, Preference, Role, Tool, ToolCall

SYSTEM_KEYS = ("system", "system_prompt", "system_message")
"""Keys beside a dialogue whose text is its system message."""
OTHER_ANSWER_KEYS = (
    "answer",
    "answers",
    "output",
    "outputs",
    "response",
    "responses",
    "completion",
    "target",
    "gold",
    "ground_truth",
    "solution",
    "chosen",
    "rejected",
    "chosen_response",
    "expected",
    "expected_answer",
    "expected_calls",
    "calls",
    "tool_calls",
)
"""Keys that others have for the answer; a row without `expected_output` is refused where it has one."""
MAX_MESSAGES = 256
"""Messages of one row; a dialogue whose every answer is trained is rendered once for each of them."""
Shape = Callable[[Mapping[str, Any]], list[LinkedMessage]]
"""Reads the messages of a row."""


def example_from_row(
    row: Any,
    default_id: str,
    place: str,
    tool_by_name: ToolByName = refuse_name,
    default_tools: tuple[Tool, ...] = (),
    category_key: str = "category",
) -> Example:
    """Read one row, telling its shape from its keys, and check its answer against its tools.

    Calls in earlier turns are context and stay as they were made, wrong ones too; only the answer must fit.

    Args:
        row: any JSON value.
        default_id: its id where it has none.
        place: where it was read.
        tool_by_name: finds a tool that is given by its name only.
        default_tools: available where the row says nothing of tools.
        category_key: the key of its category.

    Raises:
        RowError: with the reason, for the ledger.
    """
    if not isinstance(row, dict):
        raise RowError(f"a row must be a JSON object, this is {clip(repr(row), 40)}")
    shape = next((shape for key, shape in SHAPES.items() if key in row), None)
    if shape is None:
        keys = ", ".join(sorted(row)) or "none"
        lists = [key for key in row if isinstance(dict.get(row, key), list)]
        if len(lists) == len(row) == 1:
            raise RowError(f"the rows stand in a list under `{clip(lists[0])}`; write that list alone as the file")
        raise RowError(
            f"unknown shape, its keys are {clip(keys, 200)}; a row has `query`, `tools`, `expected_output`"
            " or `messages`, `tools`"
        )
    messages, answer = split_answer(row, shape)
    tools = read_offer(row, tool_by_name, default_tools)
    if answer is not None:
        answer = settle_calls(answer, tools)
        check_calls(answer.calls, tools)
    identity, category = row.get("id"), row.get(category_key)
    return Example(
        id=default_id if identity is None else str(identity),
        tools=tools,
        messages=messages,
        answer=answer,
        category="" if category is None else str(category),
        place=place,
    )


def settle_example(example: Example) -> Example:
    """Return an example with the calls that its answers write as text as their calls.

    Raises:
        RowError: text that looks like a call and cannot be read, or an answer whose calls do not fit the tools.
    """
    turns = (*example.messages, *([example.answer] if example.answer is not None else []))
    settled = [settle_calls(turn, example.tools) for turn in turns]
    if all(new is old for new, old in zip(settled, turns, strict=True)):
        return example
    if example.answer is None:
        return replace(example, messages=tuple(settled))
    check_calls(settled[-1].calls, example.tools)
    return replace(example, messages=tuple(settled[:-1]), answer=settled[-1])


def check_messages(made: Example | Preference) -> None:
    """Refuse a dialogue of more than `MAX_MESSAGES`, its answer among them.

    Raises:
        RowError: it is longer.
    """
    answers = [made.chosen, made.rejected] if isinstance(made, Preference) else [[made.answer] if made.answer else []]
    count = len(made.messages) + max(map(len, answers))
    if count > MAX_MESSAGES:
        raise RowError(f"{count:,} messages in one row, more than {MAX_MESSAGES}; split the dialogue")


def _from_query(row: Mapping[str, Any]) -> list[LinkedMessage]:
    query = row["query"]
    if not isinstance(query, str) or not query.strip():
        raise RowError(f"`query` must be a text with something in it, this is {clip(repr(query), 40)}")
    return [LinkedMessage(Message("user", query))]


def _from_messages(row: Mapping[str, Any]) -> list[LinkedMessage]:
    turns = read_messages(row, "messages")
    said = [turn.message.content for turn in turns if turn.message.role == "user"]
    note_repeated(row, said)
    return turns


def note_repeated(row: Mapping[str, Any], said: Sequence[str]) -> None:
    """Take `query` and `prompt` beside `messages` for read where they repeat a question, as in UltraChat's rows."""
    for key in ("query", "prompt"):
        if isinstance(row, RowFields) and isinstance(row.peek(key), str) and row.peek(key) in said:
            row.get(key)


def _from_prompt(row: Mapping[str, Any]) -> list[LinkedMessage]:
    """Read TRL's `prompt` and `completion`; nothing of the prompt is trained."""
    asked = _texts_or_turns(row, "prompt", "user")
    asked = [replace(turn, message=replace(turn.message, trained=turn.message.role != "assistant")) for turn in asked]
    return [*asked, *(_texts_or_turns(row, "completion", "assistant") if row.get("completion") is not None else [])]


def _texts_or_turns(row: Mapping[str, Any], key: str, role: Role) -> list[LinkedMessage]:
    value = row[key]
    if isinstance(value, str) and not is_list_text(value):
        return [LinkedMessage(Message(role, _filled(value, f"`{key}`")))]
    return read_messages(row, key)


def is_list_text(text: str) -> bool:
    """Tell the JSON text of messages from words.

    >>> is_list_text('[{"role": "user", "content": "Hi"}]'), is_list_text("[Hi]")
    (True, False)
    """
    body = unwrap_text(text)
    if body[:1] not in ("[", "{", '"') or ("role" not in body):
        return False
    value = find_structure(body)
    entries = value if isinstance(value, list) else [value]
    return bool(entries) and all(isinstance(entry, dict) and "role" in entry for entry in entries)


def with_keys_beside(row: Mapping[str, Any], turns: list[LinkedMessage]) -> list[LinkedMessage]:
    """Put what stands beside the dialogue before it: the system message, then earlier turns.

    Raises:
        RowError: several system messages, or one that is not text; or a `history` that is not a list of turns.
    """
    system = [row.get(key) for key in SYSTEM_KEYS]
    if not all(text is None or isinstance(text, str) for text in system):
        raise RowError(f"the system message beside the dialogue must be a text, this is {clip(repr(system), 80)}")
    told = dict.fromkeys(text for text in system if text)
    first = turns[0].message
    if first.role == "system" and (not told or list(told) == [first.content]):
        told, before, turns = {}, turns[:1], turns[1:]
    else:
        before = []
    if len(told) > 1 or (told and first.role == "system"):
        raise RowError(
            f"the row has several system messages, one of them beside the dialogue: {clip(repr(list(told)))}"
        )
    return [*(LinkedMessage(Message("system", text)) for text in told), *before, *_read_history(row), *turns]


def _read_history(row: Mapping[str, Any]) -> Iterator[LinkedMessage]:
    """Read earlier turns: messages, or pairs of a question and its answer."""
    entries = read_structure(row, "history")
    if not entries:
        return
    if not isinstance(entries, list):
        raise RowError(f"`history` must be a list of turns, this is {clip(repr(entries), 40)}")
    for number, entry in enumerate(entries, start=1):
        if isinstance(entry, dict):
            yield from read_message(entry, number)
        elif isinstance(entry, list) and len(entry) == 2 and all(isinstance(part, str) for part in entry):
            yield LinkedMessage(Message("user", _filled(entry[0], f"question {number} of `history`")))
            yield LinkedMessage(Message("assistant", entry[1]))
        else:
            raise RowError(f"turn {number} of `history` must be [question, answer], this is {clip(repr(entry), 60)}")


def split_answer(row: Mapping[str, Any], shape: Shape) -> tuple[tuple[Message, ...], Message | None]:
    """Read a row's dialogue and tell the answer from what comes before it: the last turn, or what stands beside it.

    Raises:
        RowError: with the reason.
    """
    messages = order_results(with_keys_beside(row, shape(row)))
    expected = row.get("expected_output")
    answer = None if expected is None else _expected_answer(row, expected)
    thoughts = read_reasoning(row, "the row")
    if messages[-1].role == "assistant":
        if answer is not None and replace(messages[-1], reasoning="") != replace(answer, reasoning=""):
            raise RowError("`expected_output` stands beside a dialogue that ends with another answer; keep one")
        answer = messages.pop()
        if not messages:
            raise RowError("`messages` holds an answer and nothing before it")
        if not answer.calls:
            _filled(answer.content, "the last assistant message")
    if answer is None:
        other = next((key for key in OTHER_ANSWER_KEYS if key in row and not is_empty(row[key])), None)
        if other is not None:
            raise RowError(f"no `expected_output`, but `{other}`; rename it where it is the answer, or leave it out")
    elif thoughts:
        if answer.reasoning not in ("", thoughts):
            raise RowError("the row and its answer hold different thoughts; keep one")
        answer = replace(answer, reasoning=thoughts)
    if answer is None and thoughts:
        raise RowError("thoughts, but no answer that they lead to; put them into a message")
    if answer is not None and not any(turn.trained for turn in (*messages, answer) if turn.role == "assistant"):
        raise RowError("no turn of the assistant is to be trained, the answer neither; leave the row out")
    return tuple(messages), answer


def _expected_answer(row: Mapping[str, Any], expected: Any) -> Message:
    if isinstance(expected, str):
        if is_list_text(expected):
            return _expected_answer(row, read_structure(row, "expected_output"))
        if unwrap_text(expected) in ("[]", "{}", "null"):
            expected = []
        else:
            return Message("assistant", _filled(expected, "`expected_output`"))
    entries = expected if isinstance(expected, list) else [expected]
    if not entries:
        raise RowError("`expected_output` is an empty list; where no tool fits, give the answer in words as a string")
    if len(entries) == 1 and isinstance(entries[0], dict) and {"role", "tool_calls", "content"} & entries[0].keys():
        return _read_answer_message(entries[0])
    return read_answer_calls(entries)


def _read_answer_message(entry: dict[str, Any]) -> Message:
    """Read an answer that is a message; its role may be left out, and the call may stand in it as it is."""
    fields = entry if isinstance(entry, RowFields) else RowFields(entry)
    if fields.get("role") is None:
        fields.replace("role", "assistant")
    [turn] = read_message(fields, 1)
    message = turn.message
    if message.role != "assistant":
        raise RowError("`expected_output` is a message that is not the assistant's")
    if isinstance(fields.peek("function"), str) or any(fields.peek(key) is not None for key in ARGUMENT_KEYS):
        if message.calls:
            raise RowError("`expected_output` holds calls both as a message's and beside them; keep one")
        return replace(message, calls=(read_call(fields, "function"),))
    if not message.calls:
        _filled(message.content, "`expected_output`")
    return message


def read_answer_calls(entries: Sequence[Any]) -> Message:
    """Read an answer that is calls.

    Raises:
        RowError: one of them is none.
    """
    return Message("assistant", calls=tuple(read_call(entry, "function") for entry in entries))


def _filled(text: str, field: str) -> str:
    if not text.strip():
        raise RowError(f"{field} is empty; give calls or an answer in words")
    return text


SHAPES: Mapping[str, Shape] = {
    "messages": _from_messages,
    "query": _from_query,
    "prompt": _from_prompt,
}
"""How a row with such a key is read; the first that it has counts."""


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
    """Put calls into the assistant's turn that they directly follow: its text, or parallel calls.

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
