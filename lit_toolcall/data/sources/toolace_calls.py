"""Reads a turn of ToolACE's assistant: words, or calls such as `[Market Trends API(trend_type="X"), f(a=1)]`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lit_toolcall.data.sources.literal_values import recheck
from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.formats import CallSyntaxError, read_call
from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.json_values import clip
from lit_toolcall.types import Message, ToolCall

MAX_NAME_WORDS = 12
"""The longest name, in words, that is looked for inside of a text."""

_CALLS = re.compile(r"""\[\s*+[^][(){}"'=\n]++\(""")
_NAME = re.compile(r"""[^][(){}"'=\n]++(?=\()""")
_ODD = re.compile(r"""[][(){}"'=\n]""")
_BETWEEN_WORDS = re.compile(r"[\s\[]++")
_PARENTHESIS = re.compile(r"\s*+\(")
_BLANK = re.compile(r"\s*+")
_SIGN = re.compile(
    r"""
    "[^"\\]*+(?:\\.[^"\\]*+)*+" | '[^'\\]*+(?:\\.[^'\\]*+)*+'
    | (?P<opening>[\[({]) | (?P<closing>[\])}]) | (?P<unfinished>["'])
    """,
    re.VERBOSE | re.DOTALL,
)


class TurnReader:
    """Reads turns of the assistant.

    Args:
        names: of the tools on offer. Other names are read up to their parenthesis.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        # The longest first, so that `f (v2)` is not taken for `f`.
        self.odd_names = sorted((name for name in self.names if _ODD.search(name)), key=len, reverse=True)

    def read(self, text: str) -> Message:
        """Read a turn: calls, words before calls, or words alone.

        Raises:
            RowError: calls that cannot be read, text behind them, or a call of a tool on offer without brackets.

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
            RowError: anything but calls with named arguments of literal values, or text behind them.

        >>> TurnReader(["f"]).read_calls('[f(from="a, (b)", $top=1)]')[0].arguments
        {'from': 'a, (b)', '$top': 1}
        """
        if len(text) > MAX_CHARACTERS:
            raise RowError(f"calls of {len(text)} characters, more than {MAX_CHARACTERS}")
        calls = []
        position = 1
        while True:
            position = _skip_blank(text, position)
            opening = self._end_of_name(text, position)
            closing = _end_of_call(text, opening)
            name = text[position:opening].strip()
            try:
                arguments = recheck(read_call(f"call{text[opening:closing]}").arguments)
            except CallSyntaxError as error:
                raise RowError(f"the call of {clip(name)!r} cannot be read: {error}") from None
            calls.append(ToolCall(name, arguments))
            position = _skip_blank(text, closing)
            if text.startswith("]", position):
                break
            if not text.startswith(",", position):
                raise RowError(f"no ',' or ']' behind the call of {clip(name)!r}: {_excerpt(text, position)}")
            position += 1
        if text[position + 1 :].strip():
            raise RowError(f"text behind the calls: {_excerpt(text, position + 1)}")
        return tuple(calls)

    def _find_call(self, text: str) -> int | None:
        """Where the name of a tool on offer comes right before a parenthesis."""
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


def _skip_blank(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    assert blank is not None, "it matches the empty text"
    return blank.end()


def _excerpt(text: str, position: int) -> str:
    return repr(clip(text[position : position + 50], 40))
