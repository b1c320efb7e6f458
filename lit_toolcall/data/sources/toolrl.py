"""ToolRL's rows (arXiv:2504.13958): ToolACE, Hammer and xLAM in one prompt format, with thoughts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.reading.calls import check_calls, read_call, read_tools
from lit_toolcall.data.sources.reading.fields import read_object, read_text
from lit_toolcall.data.sources.reading.files import Row, file_stem
from lit_toolcall.data.sources.reading.values import RowError, decode_json, row_errors
from lit_toolcall.data.sources.source import RowSource
from lit_toolcall.json_values import clip, skip_space
from lit_toolcall.types import Example, Message, Role, Tool, ToolCall

HISTORY_MARK = "**Dialogue Records History**"
ROLES: Mapping[str, Role] = {"user": "user", "obs": "tool"}
SCHEMA_TYPES = frozenset({"string", "boolean", "array", "object"})
TOOLS_MARK = "you can use the following tools:\n"
TOOLS_END = "\n**Steps for Each Turn**"
_NAME = re.compile(r"^\d+\. Name: ", re.MULTILINE)
_TAG = re.compile(r"<(user|think|tool_call|response|obs)>")


class ToolRL(RowSource):
    """Reads `{"instruction", "input", "output"}`: the tools, the dialogue, and the answer.

    Thoughts (`<think>`) are dropped, from the answer and from earlier turns; what is trained is the calls and the
    `<response>`. The instruction's own rules for the output are dropped too. A result (`<obs>`) is one tool
    message, as it was printed.

    Every argument has a default, and `""` stands for none. ToolRL kept no list of required arguments: rows with
    Python types (xLAM, Hammer) say `optional` in the type, so the others are required, and a default of theirs,
    an example value or a neighbour's, is left out. Rows with the types of JSON Schema (ToolACE) lost what was
    required, so nothing is.

    A text takes its argument's type where it is exactly such a value (`"5"` for an int). ToolRL cut lists and
    objects at their first comma (`'["rock"'` for `genres`); such a row does not fit its tool and is rejected.
    Of the 400 rows of `rlla_sft.json` 367 are kept.
    """

    def example_of(self, row: Row) -> Example:
        fields = read_object(row)
        tools = _read_tools(read_text(fields, "instruction"))
        messages = _read_dialogue(read_text(fields, "input"), tools)
        answer = _read_answer(read_text(fields, "output"), tools)
        check_calls(answer.calls, tools)
        return Example(
            id=f"{file_stem(self.path)}:{row.number}",
            tools=tools,
            messages=messages,
            answer=answer,
            place=row.place,
        )


def _read_tools(instruction: str) -> tuple[Tool, ...]:
    entries: list[dict[str, Any]] = [
        {"name": name, "description": description, "parameters": _read_parameters(name, parameters)}
        for name, description, parameters in cut_tools(instruction)
    ]
    arguments = [argument for entry in entries for argument in entry["parameters"].values()]
    says_optional = all(_is_python_type(argument.get("type")) for argument in arguments)
    for entry in entries:
        entry["required"] = _settle_required(entry["parameters"], says_optional)
    return read_tools(entries)


def _read_parameters(name: str, text: str) -> dict[str, dict[str, Any]]:
    with row_errors(f"the parameters of the tool {clip(name)!r}"):
        parameters = decode_json(text)
    if not isinstance(parameters, dict) or not all(isinstance(value, dict) for value in parameters.values()):
        raise RowError(f"the parameters of the tool {clip(name)!r} must be an object of objects: {clip(text)}")
    return parameters


def _is_python_type(type_name: Any) -> bool:
    return isinstance(type_name, str) and type_name not in SCHEMA_TYPES


def _settle_required(parameters: Mapping[str, dict[str, Any]], says_optional: bool) -> list[str]:
    """Return the required arguments' names, and remove the defaults that are none."""
    required = []
    for name, argument in parameters.items():
        is_required = says_optional and "optional" not in str(argument.get("type")).lower()
        if is_required:
            required.append(name)
        if is_required or argument.get("default") == "":
            argument.pop("default", None)
    return required


def _read_dialogue(text: str, tools: Sequence[Tool]) -> tuple[Message, ...]:
    messages = tuple(_turns(text.strip().removeprefix(HISTORY_MARK), tools))
    if not messages or messages[-1].role == "assistant":
        raise RowError("`input` must end with a <user> turn or an <obs>; there is nothing to answer")
    return messages


def _read_answer(text: str, tools: Sequence[Tool]) -> Message:
    turns = tuple(_turns(text, tools))
    if len(turns) != 1 or turns[0].role != "assistant":
        raise RowError("`output` must hold one turn, with a <tool_call> or a <response>")
    return turns[0]


def _turns(text: str, tools: Sequence[Tool]) -> Iterator[Message]:
    """Yield the turns; calls and responses that stand together are one turn of the assistant."""
    calls: list[ToolCall] = []
    responses: list[str] = []
    for tag, content in cut_tags(text):
        if tag == "tool_call":
            calls.extend(_read_calls(content, tools))
        elif tag == "response":
            responses.append(content)
        else:
            yield from _assistant_turn(calls, responses)
            calls, responses = [], []
            if tag == "user" and not content:
                raise RowError("a <user> turn is empty")
            if tag in ROLES:
                yield Message(ROLES[tag], content)
    yield from _assistant_turn(calls, responses)


def _assistant_turn(calls: Sequence[ToolCall], responses: Sequence[str]) -> tuple[Message, ...]:
    content = "\n".join(response for response in responses if response)
    return (Message("assistant", content, tuple(calls)),) if calls or content else ()


def _read_calls(content: str, tools: Sequence[Tool]) -> list[ToolCall]:
    lines = [line for line in content.split("\n") if line.strip()]
    return [read_call(_decode_line(line), "name", "parameters", tools) for line in lines]


def _decode_line(line: str) -> Any:
    with row_errors("a line of <tool_call>"):
        return decode_json(line)


def cut_tools(instruction: str) -> list[tuple[str, str, str]]:
    r"""Return the name, the description and the JSON text of the parameters of each tool.

    >>> entry = "1. Name: A b\nDescription: C\nParameters: {}\n"
    >>> cut_tools(TOOLS_MARK + entry + TOOLS_END)
    [('A b', 'C', '{}')]

    Raises:
        RowError: no list of tools, or an entry without one of the three.
    """
    _, start, rest = instruction.partition(TOOLS_MARK)
    block, end, _ = rest.partition(TOOLS_END)
    if not start or not end:
        raise RowError(f"`instruction` has no tools between {TOOLS_MARK.strip()!r} and {TOOLS_END.strip()!r}")
    before, *entries = _NAME.split(block)
    if before.strip():
        raise RowError(f"the list of tools does not begin with '1. Name: ': {clip(before, 40)!r}")
    return [_cut_tool(entry) for entry in entries]


def _cut_tool(entry: str) -> tuple[str, str, str]:
    name, has_description, rest = entry.partition("\nDescription: ")
    description, has_parameters, parameters = rest.rpartition("\nParameters: ")
    if not has_description or not has_parameters:
        raise RowError(f"a tool must have a line Description and a line Parameters: {clip(entry, 40)!r}")
    return name.strip(), description.strip(), parameters.strip()


def cut_tags(text: str) -> list[tuple[str, str]]:
    """Return the tags in their order, each with what stands in it; tags inside of another are text.

    >>> cut_tags("<think> Or <response>? </think> <response> Hi. </response>")
    [('think', 'Or <response>?'), ('response', 'Hi.')]

    Raises:
        RowError: a tag that is not closed, or text outside of them.
    """
    pieces, position = [], skip_space(text, 0)
    while position < len(text):
        tag = _TAG.match(text, position)
        if tag is None:
            outside = clip(text[position : position + 50], 40)
            raise RowError(f"text outside of <user>, <think>, <tool_call>, <response>, <obs>: {outside!r}")
        end = text.find(f"</{tag[1]}>", tag.end())
        if end < 0:
            raise RowError(f"<{tag[1]}> is not closed: {clip(text[position : position + 50], 40)!r}")
        pieces.append((tag[1], text[tag.end() : end].strip()))
        position = skip_space(text, end + len(tag[0]) + 1)
    return pieces
