"""Truncation of long rows: distractor tools go first, then the oldest turns; never the query or the answer."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache

from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Tree
from lit_toolcall.types import Example, RowT, UserError


def shorten(example: Example) -> Iterator[Example]:
    """Yield ever shorter versions of a row.

    Tools that no turn calls go one by one, the last one first; one tool always stays. Then go the oldest turns, each
    question with all that followed it and with the tools that only these turns call; a system message stays, before
    what followed it.

    >>> from lit_toolcall.types import Message, Tool, ToolCall
    >>> tools = tuple(Tool(name, "", {}) for name in ("f", "g", "h"))
    >>> turns = tuple(Message("user", text) for text in ("First?", "Second?"))
    >>> row = Example("1", tools, turns, Message("assistant", "", (ToolCall("g", {}),)))
    >>> [("".join(tool.name for tool in short.tools), len(short.messages)) for short in shorten(row)]
    [('fg', 2), ('g', 2), ('g', 1)]
    """
    called = _list_called(example)
    for tool in reversed(example.tools):
        if tool.name not in called and len(example.tools) > 1:
            example = replace(example, tools=tuple(other for other in example.tools if other is not tool))
            yield example
    messages = example.messages
    begin = next((index for index, message in enumerate(messages) if message.role != "system"), len(messages))
    for start in range(begin + 1, len(messages)):
        if messages[start].role == "user":
            kept = tuple(message for message in messages[:start] if message.role == "system")
            yield _drop_uncalled(replace(example, messages=(*kept, *messages[start:])))


def find_fitting(versions: Sequence[RowT], encode: Callable[[RowT], Tree], max_tokens: int) -> tuple[RowT, Tree] | None:
    """Find the longest version of a row that can be encoded and fits; None where none does.

    A search by halves: to encode a version of hundreds of tools takes long.

    Args:
        versions: the longest first.
        encode: makes the token ids; a version that raises CallSyntaxError or UserError is passed over.
        max_tokens: of the row.
    """

    @cache
    def encode_version(number: int) -> Tree | None:
        try:
            return encode(versions[number])
        except (CallSyntaxError, UserError):  # a template may refuse what is left
            return None

    def may_fit(number: int) -> bool:
        tree = encode_version(number)
        return tree is None or tree.tokens <= max_tokens

    for number in range(bisect_left(range(len(versions)), True, key=may_fit), len(versions)):
        tree = encode_version(number)
        if tree is not None and tree.tokens <= max_tokens:
            return versions[number], tree
    return None


def _list_called(example: Example) -> set[str]:
    turns = (*example.messages, *([example.answer] if example.answer else []))
    return {call.name for turn in turns for call in turn.calls}


def _drop_uncalled(example: Example) -> Example:
    called = _list_called(example)
    tools = tuple(tool for tool in example.tools if tool.name in called)
    return replace(example, tools=tools or example.tools[:1])
