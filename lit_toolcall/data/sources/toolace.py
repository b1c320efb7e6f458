"""ToolACE (arXiv:2409.00920): dialogues whose calls are written in Python's manner, tools with any name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lit_toolcall.data.sources.reading.calls import check_calls, read_tools
from lit_toolcall.data.sources.reading.fields import read_object, read_structure, recheck
from lit_toolcall.data.sources.reading.files import Row, file_stem
from lit_toolcall.data.sources.reading.messages import read_reasoning, read_trained
from lit_toolcall.data.sources.reading.values import RowError, decode_json, row_errors
from lit_toolcall.data.sources.source import RowSource
from lit_toolcall.formats import read_call as parse_call
from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.json_values import clip, skip_space
from lit_toolcall.types import Example, Message, Role, Tool, ToolCall

HUB_ID = "Team-ACE/ToolACE"
ROLES: Mapping[str, Role] = {"user": "user", "assistant": "assistant", "tool": "tool"}
TOOLS_MARK = "Here is a list of functions in JSON format that you can invoke:"
"""Stands before the tools."""
INSTRUCTIONS = (
    "You are an expert in composing functions. You are given a question and a set of possible functions."
    " Based on the question, you will need to make one or more function/tool calls to achieve the purpose."
    " If none of the function can be used, point it out. If the given question lacks the parameters required by the"
    " function, also point it out. You should only return the function call in tools call sections.",
    "Should you decide to return the function call(s). Put it in the format of [func1(params_name=params_value,"
    " params_name2=params_value2...), func2(params)] NO other text MUST be included.",
)
"""What the published rows say before and after their tools: how to write calls, which a renderer says itself."""

_LIST_START = re.compile(r"\[\s*+[{\]]")
_DECODER = json.JSONDecoder()

MAX_NAME_WORDS = 12
"""The longest name, in words, that is looked for inside of a text."""

_CALLS = re.compile(r"""\[\s*+[^][(){}"'=\n]++\(""")
_NAME = re.compile(r"""[^][(){}"'=\n]++(?=\()""")
_ODD = re.compile(r"""[][(){}"'=\n]""")
_BETWEEN_WORDS = re.compile(r"[\s\[]++")
_PARENTHESIS = re.compile(r"\s*+\(")
_SIGN = re.compile(
    r"""
    "[^"\\]*+(?:\\.[^"\\]*+)*+" | '[^'\\]*+(?:\\.[^'\\]*+)*+'
    | (?P<opening>[\[({]) | (?P<closing>[\])}]) | (?P<unfinished>["'])
    """,
    re.VERBOSE | re.DOTALL,
)


class ToolACE(RowSource):
    """Reads `{"system", "conversations": [{"from", "value"}]}`: the tools are a JSON list inside `system`.

    Calls are written `[Market Trends API(trend_type="X"), f($top=1)]`, all of a turn in one pair of brackets; values
    are literals of Python or of JSON, and nothing is evaluated. The last turn of the assistant is the answer, and
    what follows it is left out. The instructions that the published rows give around their tools are left out too;
    any other text there becomes the system message.

    Rejected are calls that cannot be read, calls with text after them, a call of an available tool without its
    brackets, and answers whose calls do not fit the tools.

    Args:
        path: a file of JSON lines, a `.json` file with one array of rows such as the published `data.json`, a
            `.parquet` file, or a dataset id on the Hugging Face hub.
        split: the hub dataset's split.
        limit: examples to take at most; all where it is not given.
        config: the hub dataset's config, for one that has several.
    """

    def __init__(
        self, path: str = HUB_ID, split: str = "train", limit: int | None = None, config: str | None = None
    ) -> None:
        super().__init__(path, split, limit, config)

    def example_of(self, row: Row) -> Example:
        fields = read_object(row)
        tools, told = read_system(fields.get("system"))
        turns = tuple(_messages(fields, tools))
        last = max((number for number, turn in enumerate(turns) if turn.role == "assistant"), default=None)
        if last is None:
            raise RowError("no turn of the assistant in the dialogue")
        messages, answer = turns[:last], turns[last]
        if not any(turn.role == "user" for turn in messages):
            raise RowError("no user turn before the answer")
        if not answer.calls and not answer.content.strip():
            raise RowError("the last turn of the assistant is empty")
        if not any(turn.trained for turn in turns[: last + 1] if turn.role == "assistant"):
            raise RowError("no turn of the assistant is to be trained, the answer neither; leave the row out")
        check_calls(answer.calls, tools)
        return Example(
            id=f"{file_stem(self.path)}:{row.number}",
            tools=tools,
            messages=((Message("system", told), *messages) if told else messages),
            answer=answer,
            place=row.place,
        )


def read_system(text: Any) -> tuple[tuple[Tool, ...], str]:
    """Read the tools out of a system text, and what else it says.

    Raises:
        RowError: no list of tools, or one that cannot be used.

    >>> tools, told = read_system('It is noon. [{"name": "Get Time", "parameters": {"type": "dict"}}]')
    >>> tools[0].name, told
    ('Get Time', 'It is noon.')
    """
    if not isinstance(text, str):
        raise RowError(f"`system` must be a text with the tools in it, this is {clip(repr(text), 40)}")
    mark = text.find(TOOLS_MARK)
    start = _LIST_START.search(text, mark + len(TOOLS_MARK) if mark >= 0 else 0)
    if start is None:
        raise RowError(f"`system` holds no JSON list of tools: {clip(text)!r}")
    try:
        _, end = _DECODER.raw_decode(text, start.start())
    except (ValueError, RecursionError) as error:
        raise RowError(f"the tools in `system` are not JSON: {clip(str(error))}") from None
    tools = read_tools(decode_json(text[start.start() : end]))
    around = (text[: start.start()].replace(TOOLS_MARK, ""), text[end:].lstrip(". \n"))
    told = [part.strip() for part in around if " ".join(part.split()) not in INSTRUCTIONS]
    return tools, "\n\n".join(part for part in told if part)


def _messages(fields: Mapping[str, Any], tools: Sequence[Tool]) -> Iterator[Message]:
    turns = read_structure(fields, "conversations")
    if not isinstance(turns, list):
        raise RowError(f"`conversations` must be a list of turns, this is {clip(repr(turns), 40)}")
    reader = TurnReader(tool.name for tool in tools)
    for number, turn in enumerate(turns, start=1):
        speaker, text = (turn.get("from"), turn.get("value")) if isinstance(turn, dict) else (None, None)
        if not isinstance(speaker, str) or speaker not in ROLES or not isinstance(text, str):
            raise RowError(
                f"turn {number} must be `from` ({', '.join(ROLES)}) and `value`, a text; this is {clip(repr(turn), 80)}"
            )
        if speaker == "user" and not text.strip():
            raise RowError(f"turn {number} of the user is empty")
        trained = read_trained(turn, number, ROLES[speaker])
        if speaker != "assistant":
            yield Message(ROLES[speaker], text)
            continue
        with row_errors(f"turn {number}"):
            reasoning = read_reasoning(turn, f"turn {number}")
            yield replace(reader.read(text), reasoning=reasoning, trained=trained)


class TurnReader:
    """Reads turns of the assistant.

    Args:
        names: of the available tools. Other names are read up to their parenthesis.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        # The longest first, so that `f (v2)` is not taken for `f`.
        self.odd_names = sorted((name for name in self.names if _ODD.search(name)), key=len, reverse=True)

    def read(self, text: str) -> Message:
        """Read a turn: calls, words before calls, or words alone.

        Raises:
            RowError: calls that cannot be read, text after them, or a call of an available tool without brackets.

        >>> message = TurnReader(["Get Time", "f"]).read('Let me see. [Get Time(), f(a=true)]')
        >>> message.content, [(call.name, call.arguments) for call in message.calls]
        ('Let me see.', [('Get Time', {}), ('f', {'a': True})])
        """
        text = text.strip()
        if _CALLS.match(text):
            return Message("assistant", "", self.read_calls(text))
        start = self._find_call(text)
        if start is None:
            return Message("assistant", text)
        if not text[:start].endswith("["):
            raise RowError(f"a call without brackets around it: {clip(text[start:])!r}")
        return Message("assistant", text[: start - 1].strip(), self.read_calls(text[start - 1 :]))

    def read_calls(self, text: str) -> tuple[ToolCall, ...]:
        """Read calls in one pair of brackets, from the opening one on, in time linear in the text.

        Raises:
            RowError: anything but calls with named arguments of literal values, or text after them.

        >>> TurnReader(["f"]).read_calls('[f(from="a, (b)", $top=1)]')[0].arguments
        {'from': 'a, (b)', '$top': 1}
        """
        if len(text) > MAX_CHARACTERS:
            raise RowError(f"calls of {len(text)} characters, more than {MAX_CHARACTERS}")
        calls = []
        position = 1
        while True:
            position = skip_space(text, position)
            opening = self._end_of_name(text, position)
            closing = _end_of_call(text, opening)
            name = text[position:opening].strip()
            with row_errors(f"the call of {clip(name)!r} cannot be read"):
                arguments = recheck(parse_call(f"call{text[opening:closing]}").arguments)
            calls.append(ToolCall(name, arguments))
            position = skip_space(text, closing)
            if text.startswith("]", position):
                break
            if not text.startswith(",", position):
                raise RowError(f"no ',' or ']' after the call of {clip(name)!r}: {_excerpt(text, position)}")
            position += 1
        if text[position + 1 :].strip():
            raise RowError(f"text after the calls: {_excerpt(text, position + 1)}")
        return tuple(calls)

    def _find_call(self, text: str) -> int | None:
        """Where the name of an available tool comes right before a parenthesis."""
        end = -1
        for piece in text.split("(")[:-1]:
            end += len(piece) + 1
            words = _BETWEEN_WORDS.split(piece)
            for count in range(min(len(words), MAX_NAME_WORDS), 0, -1):
                name = " ".join(words[-count:])
                if name in self.names and text.endswith(name, 0, end):
                    return end - len(name)
        return None

    def _end_of_name(self, text: str, position: int) -> int:
        for name in self.odd_names:
            if text.startswith(name, position):
                parenthesis = _PARENTHESIS.match(text, position + len(name))
                if parenthesis is not None:
                    return parenthesis.end() - 1
        plain = _NAME.match(text, position)
        if plain is None or not plain[0].strip():
            raise RowError(f"no call such as name(argument=value) at {_excerpt(text, position)}")
        return plain.end()


def _end_of_call(text: str, opening: int) -> int:
    depth = 0
    for sign in _SIGN.finditer(text, opening):
        if sign["unfinished"]:
            raise RowError(f"a string that does not end: {_excerpt(text, sign.start())}")
        depth += (sign["opening"] is not None) - (sign["closing"] is not None)
        if depth == 0:
            return sign.end()
    raise RowError(f"a call that does not end: {_excerpt(text, opening)}")


def _excerpt(text: str, position: int) -> str:
    return repr(clip(text[position : position + 50], 40))
