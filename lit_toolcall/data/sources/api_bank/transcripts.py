"""One row of API-Bank, an instruction and a transcript, as tools, messages and an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lit_toolcall.data.sources.api_bank.requests import fit_call, parse_literal, parse_requests
from lit_toolcall.data.sources.reading.calls import check_calls, read_tool
from lit_toolcall.data.sources.reading.values import RowError, decode_json
from lit_toolcall.json_values import clip
from lit_toolcall.types import Message, Tool, ToolCall

CALL_MARK, RESPONSE_MARK = "Generate API Request:", "Generate AI Response:"
SEARCHER = "ToolSearcher"
DATE_FORMATS: Mapping[str, str] = {"datetime": "date-time", "date": "date", "time": "time"}
"""API-Bank's types that JSON knows as formats of a text."""

_SPEAKER = re.compile(r"(User|AI|API-Request): ?")
_OPTIONAL = re.compile(r"\[optional\]|\bonly needed for\b", re.IGNORECASE)
_DATE = re.compile(r"The current (?:year|time) is [^{}\n]+")
_TIME = re.compile(r" ?TIME: ?([^\n]+)$")
"""Sought in the last line alone: from earlier ones it would run to their end for each TIME in them."""


class Dialogue:
    """Reads the transcript line by line, and makes each tool available when a search has found it.

    Args:
        tools: those that the row lists itself.
    """

    def __init__(self, tools: list[Tool]) -> None:
        self.tools = {tool.name: tool for tool in tools}
        self.messages: list[Message] = []

    def read(self, transcript: str) -> None:
        """Take in every turn; the first is the oldest.

        Raises:
            RowError: a request that cannot be read.
        """
        for speaker, text in split_turns(transcript):
            if speaker == "API-Request":
                self._add_request(text)
            else:
                self.messages.append(Message("user" if speaker == "User" else "assistant", text.strip()))

    def calls(self, request: str) -> tuple[ToolCall, ...]:
        """Read a request, its values in the types that the available tools declare."""
        return tuple(fit_call(name, written, self.tools.get(name)) for name, written in parse_requests(request))

    def _add_request(self, text: str) -> None:
        request, arrow, result = text.partition(")]->")
        if not arrow:
            request, arrow, result = text.partition(")->")
        if not arrow:
            raise RowError(f"a request in the dialogue has no result: {clip(text)!r}")
        calls = self.calls(request + arrow.removesuffix("->"))
        self.messages += [Message("assistant", calls=calls), Message("tool", result.strip())]
        if any(call.name == SEARCHER for call in calls):
            self.tools |= {tool.name: tool for tool in find_tools(result)}


def read_dialogue(row: Mapping[str, Any]) -> tuple[tuple[Tool, ...], tuple[Message, ...], Message, bool]:
    """Read a row.

    Returns:
        The available tools, the messages before the answer, the answer, and whether it is a call.

    Raises:
        RowError: what cannot be read, or a call that does not fit its tool.
    """
    instruction, transcript = _text(row, "instruction"), _text(row, "input")
    expected = _text(row, "output" if "output" in row else "expected_output").strip()
    transcript, is_call = _cut_mark(transcript)
    listed, transcript = _cut_tools(transcript)
    dialogue = Dialogue([*_listed_tools(instruction), *listed])
    dialogue.read(transcript)
    messages = _with_date(dialogue.messages, instruction)
    if not any(message.role == "user" for message in messages):
        raise RowError("no user turn in the dialogue")
    if not is_call:
        answer = Message("assistant", expected.removeprefix("AI:").strip())
        if not answer.content:
            raise RowError("the expected response is empty")
    else:
        answer = Message("assistant", calls=dialogue.calls(expected.removeprefix("API-Request:")))
    tools = tuple(dialogue.tools.values())
    check_calls(answer.calls, tools)
    return tools, messages, answer, is_call


def split_turns(transcript: str) -> Iterator[tuple[str, str]]:
    """Yield speaker and text; a line without a speaker belongs to the turn before it.

    >>> list(split_turns("User: Hello\\nthere\\nAI: Yes?"))
    [('User', 'Hello\\nthere'), ('AI', 'Yes?')]

    Raises:
        RowError: text before the first speaker.
    """
    turns: list[tuple[str, list[str]]] = []
    for line in transcript.strip().split("\n"):
        start = _SPEAKER.match(line)
        if start is not None:
            turns.append((start[1], [line[start.end() :]]))
        elif turns:
            turns[-1][1].append(line)
        else:
            raise RowError(f"the dialogue begins with neither 'User:' nor 'AI:': {clip(line)!r}")
    yield from ((speaker, "\n".join(lines)) for speaker, lines in turns)


def find_tools(result: str) -> list[Tool]:
    """Read the tools that a search returned: one, a list, or in `{'output': ...}`; none where it is cut off.

    >>> [tool.name for tool in find_tools("{'name': 'Rent', 'description': '', 'input_parameters': {}}")]
    ['Rent']
    """
    try:
        found = parse_literal(result.strip())
    except RowError:
        return []
    if isinstance(found, dict) and "output" in found:
        found = found["output"]
    entries = found if isinstance(found, list) else [found]
    tools: list[Tool] = []
    for entry in entries:
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            try:
                tools.append(_read_api(entry))
            except RowError:
                continue
    return tools


def _read_api(entry: Any) -> Tool:
    """Normalise an API; one without parameters has no key for them, None, or the set {'none'}."""
    if not isinstance(entry, dict):
        raise RowError(f"an API description must be an object, this is {clip(repr(entry), 40)}")
    key = "parameters" if "apiCode" in entry else "input_parameters"
    parameters = entry.get(key)
    parameters = parameters if isinstance(parameters, dict) else {}
    properties = {name: _with_format(part) for name, part in parameters.items()}
    required = [name for name, part in properties.items() if not _is_optional(part)]
    return read_tool({**entry, key: properties, "required": required})


def _is_optional(parameter: Any) -> bool:
    return isinstance(parameter, dict) and _OPTIONAL.search(str(parameter.get("description"))) is not None


def _with_format(parameter: Any) -> Any:
    kind = parameter.get("type") if isinstance(parameter, dict) else None
    if isinstance(kind, str) and kind in DATE_FORMATS:
        return {**parameter, "type": "str", "format": DATE_FORMATS[kind]}
    return parameter


def _text(row: Mapping[str, Any], key: str) -> str:
    if not isinstance(row.get(key), str):
        raise RowError(f"no text under the key `{key}`")
    return str(row[key])


def _cut_mark(transcript: str) -> tuple[str, bool]:
    text = transcript.rstrip()
    for mark in (CALL_MARK, RESPONSE_MARK):
        if text.endswith(mark):
            return text.removesuffix(mark), mark == CALL_MARK
    raise RowError(f"the input ends with neither {CALL_MARK!r} nor {RESPONSE_MARK!r}: {clip(text[-40:])!r}")


def _listed_tools(instruction: str) -> list[Tool]:
    _, _, listing = instruction.partition("API descriptions:")
    return [_read_api(decode_json(line)) for line in listing.split("\n") if line.strip()]


def _cut_tools(transcript: str) -> tuple[list[Tool], str]:
    lines = transcript.lstrip("\n").split("\n")
    count = next((index for index, line in enumerate(lines) if not line.startswith("{")), len(lines))
    return [_read_api(decode_json(line)) for line in lines[:count]], "\n".join(lines[count:])


def _with_date(messages: list[Message], instruction: str) -> tuple[Message, ...]:
    """Put the date, from the instruction or from the end of the first user turn, into a system message."""
    date = _DATE.search(instruction)
    if date is not None:
        return (Message("system", date[0].strip()), *messages)
    first = next((index for index, message in enumerate(messages) if message.role == "user"), None)
    asked = "" if first is None else messages[first].content
    time = _TIME.search(asked, asked.rfind("\n") + 1)
    if first is None or time is None:
        return tuple(messages)
    rest = [*messages[:first], Message("user", asked[: time.start()].strip()), *messages[first + 1 :]]
    return (Message("system", f"The current time is {time[1].strip()}."), *rest)
