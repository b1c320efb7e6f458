"""ToolACE (arXiv:2409.00920): dialogues whose calls are written in Python's manner, tools with any name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lit_toolcall.data.sources.fields import read_structure
from lit_toolcall.data.sources.files import Row, decode_json, file_stem
from lit_toolcall.data.sources.messages import read_reasoning
from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.data.sources.row_source import RowSource
from lit_toolcall.data.sources.rows import check_calls, read_tools
from lit_toolcall.data.sources.toolace_calls import TurnReader
from lit_toolcall.data.sources.training_marks import read_trained
from lit_toolcall.json_values import clip
from lit_toolcall.types import Example, Message, Role, Tool

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
"""What the published rows say before and behind their tools: how to write calls, which a renderer says itself."""

_LIST_START = re.compile(r"\[\s*+[{\]]")
_DECODER = json.JSONDecoder()


class ToolACE(RowSource):
    """Reads `{"system", "conversations": [{"from", "value"}]}`: the tools are a JSON list inside `system`.

    Calls are written `[Market Trends API(trend_type="X"), f($top=1)]`, all of a turn in one pair of brackets; values
    are literals of Python or of JSON, and nothing is evaluated. The last turn of the assistant is the answer, and
    what follows it is left out. The instructions that the published rows give around their tools are left out too;
    any other text there becomes the system message.

    Rejected are calls that cannot be read, calls with text behind them, a call of a tool on offer without its
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
        if not isinstance(row.value, dict):
            raise RowError(f"a row must be a JSON object, this is {clip(repr(row.value), 40)}")
        tools, told = read_system(row.value.get("system"))
        turns = tuple(_messages(row.value, tools))
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
        try:
            if speaker != "assistant":
                yield Message(ROLES[speaker], text)
                continue
            reasoning = read_reasoning(turn, f"turn {number}")
            yield replace(reader.read(text), reasoning=reasoning, trained=trained)
        except RowError as error:
            raise RowError(f"turn {number}: {error}") from None
