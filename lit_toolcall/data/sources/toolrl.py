"""ToolRL's rows (arXiv:2504.13958): ToolACE, Hammer and xLAM in one prompt format, with thoughts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lit_toolcall.data.sources.fields import read_call, read_object, read_text
from lit_toolcall.data.sources.files import Row, decode_json, file_stem
from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.data.sources.row_source import RowSource
from lit_toolcall.data.sources.rows import check_calls, read_tools
from lit_toolcall.data.sources.toolrl_text import cut_tags, cut_tools
from lit_toolcall.json_values import clip
from lit_toolcall.types import Example, Message, Role, Tool, ToolCall

HISTORY_MARK = "**Dialogue Records History**"
ROLES: Mapping[str, Role] = {"user": "user", "obs": "tool"}
JSON_TYPES = frozenset({"string", "boolean", "array", "object"})


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
    try:
        parameters = decode_json(text)
    except RowError as error:
        raise RowError(f"the parameters of the tool {clip(name)!r}: {error}") from None
    if not isinstance(parameters, dict) or not all(isinstance(value, dict) for value in parameters.values()):
        raise RowError(f"the parameters of the tool {clip(name)!r} must be an object of objects: {clip(text)}")
    return parameters


def _is_python_type(type_name: Any) -> bool:
    return isinstance(type_name, str) and type_name not in JSON_TYPES


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
    try:
        return decode_json(line)
    except RowError as error:
        raise RowError(f"a line of <tool_call>: {error}") from None
