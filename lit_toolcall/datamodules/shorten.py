"""What a row that is too long may lose: distractor tools first, then its oldest turns; never its query or answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lit_toolcall.types import Example


def shorten(example: Example) -> Iterator[Example]:
    """Yield ever shorter versions of a row.

    Tools that no turn calls go one by one, the last on offer first; one tool always stays on offer. Then go the oldest
    turns, each question with all that followed it; a system message stays.

    >>> from lit_toolcall.types import Message, Tool, ToolCall
    >>> tools = tuple(Tool(name, "", {}) for name in ("f", "g", "h"))
    >>> turns = tuple(Message("user", text) for text in ("First?", "Second?"))
    >>> row = Example("1", tools, turns, Message("assistant", "", (ToolCall("g", {}),)))
    >>> [("".join(tool.name for tool in short.tools), len(short.messages)) for short in shorten(row)]
    [('fg', 2), ('g', 2), ('g', 1)]
    """
    turns = (*example.messages, *([example.answer] if example.answer else []))
    called = {call.name for turn in turns for call in turn.calls}
    for tool in reversed(example.tools):
        if tool.name not in called and len(example.tools) > 1:
            example = replace(example, tools=tuple(other for other in example.tools if other is not tool))
            yield example
    system = tuple(message for message in example.messages if message.role == "system")
    rest = [message for message in example.messages if message.role != "system"]
    questions = [index for index, message in enumerate(rest) if message.role == "user"]
    for start in questions:
        if start:
            yield replace(example, messages=(*system, *rest[start:]))
