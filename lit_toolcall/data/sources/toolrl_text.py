"""Cuts the texts of ToolRL's rows: the list of tools in the instruction, the tags of a dialogue."""

from __future__ import annotations

import re

from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.json_values import clip

TOOLS_MARK = "you can use the following tools:\n"
TOOLS_END = "\n**Steps for Each Turn**"
_NAME = re.compile(r"^\d+\. Name: ", re.MULTILINE)
_TAG = re.compile(r"<(user|think|tool_call|response|obs)>")
_SPACE = re.compile(r"\s*+")


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
    pieces, position = [], _skip_space(text, 0)
    while position < len(text):
        tag = _TAG.match(text, position)
        if tag is None:
            outside = clip(text[position : position + 50], 40)
            raise RowError(f"text outside of <user>, <think>, <tool_call>, <response>, <obs>: {outside!r}")
        end = text.find(f"</{tag[1]}>", tag.end())
        if end < 0:
            raise RowError(f"<{tag[1]}> is not closed: {clip(text[position : position + 50], 40)!r}")
        pieces.append((tag[1], text[tag.end() : end].strip()))
        position = _skip_space(text, end + len(tag[0]) + 1)
    return pieces


def _skip_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    assert space is not None
    return space.end()
