"""A Python list of calls, `[name(a=1, b="x"), other()]`: what BFCL asks for, and ToolACE and Llama 3.2 write."""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, ClassVar

from lit_toolcall.formats.bfcl_decoder import decode_as_bfcl
from lit_toolcall.formats.call_format import (
    CallFormat,
    CallSyntaxError,
    check_depth,
    check_length,
    fail,
    refuse,
)
from lit_toolcall.formats.literals import PythonReader
from lit_toolcall.formats.thoughts import Span
from lit_toolcall.json_values import excerpt, unique_keys
from lit_toolcall.types import Problem, ToolCall

_WORDS = r"""[^\s()\[\]{}"'=,]++(?:[ ]++[^\s()\[\]{}"'=,]++)*+"""
_NAME = re.compile(_WORDS)
_CALL = re.compile(rf"(?:\s++|#[^\n]*+)*+({_WORDS})[ ]*+\(")
_DOTTED = r"[^\W\d]\w*+(?:\.[^\W\d]\w*+)*+"
_ARGUMENT = r"""[^\s=,(){}\[\]:"'*]++\s*+=(?!=)"""
# Without a marker, a list that begins a line tells calls from words; where the name could be words as well, as in
# "[Figure 1 (a)]", what follows the parenthesis must be an argument or the end of the call.
_LIST = rf"""(?=\[\s*+(?:{_DOTTED}\( | {_WORDS}[ ]*+\(\s*+(?:\) | \*\* | ["'] | {_ARGUMENT} | \Z)))"""
_OPENING = re.compile(rf"^[ \t`']*+{_LIST}", re.MULTILINE | re.VERBOSE)
# BFCL adds a bracket that is missing, and takes off quotes and the fence of a block of code.
_FENCE = r"(?:`{1,3}(?:\w+(?=\s))?+|')?+\s*+"
_ALONE = re.compile(rf"""\s*+{_FENCE}(?={_DOTTED}[ ]*+\(\s*+(?:\) | \*\* | ["'\d\[{{-] | {_ARGUMENT}))""", re.VERBOSE)
_BEGINNING = re.compile(rf"\s*+(?:{_FENCE}{_LIST})", re.VERBOSE)
_AFTER = re.compile(r"(?:[`'\s]++|#[^\n]*+)*+\Z")


class Pythonic(CallFormat):
    """All calls in one list, from the start of a line to the end of the answer; `[]` is an answer without calls.

    Read is what BFCL's own decoder reads, if a JSON value can stand for it: tuples, numbers of other bases, keys that
    are numbers, strings of every kind, comments, calls without brackets around them, a fence around all.
    Arguments whose names Python does not take, such as `from` and `$top`, stand in a spread: `f(a=1, **{"from": 2})`.
    A tool's name stands as it is, spaces included, as ToolACE writes it; one that holds brackets, quotes, `=`, `,` or
    space other than between its words is refused.
    """

    start: ClassVar[str] = "["
    instruction: ClassVar[str] = (
        'Call tools like this: [name(argument=value, other="text"), name()], with Python\'s values. '
        "If no tool fits, answer in words."
    )

    def write(self, calls: Sequence[ToolCall]) -> str:
        return "[" + ", ".join(f"{_check_name(call.name)}({_write_arguments(call.arguments)})" for call in calls) + "]"

    def read(self, text: str) -> tuple[ToolCall, ...]:
        return tuple(call for call, _ in self._read_placed(text))

    def find_each_call(self, text: str) -> list[Span]:
        return [span for _, span in self._read_placed(text)]

    def _read_placed(self, text: str) -> list[tuple[ToolCall, Span]]:
        opening = _OPENING.search(text)
        if opening is None:
            opening = _ALONE.match(text)
        if opening is None:
            return []
        begin = opening.end()
        check_length(text[begin:])
        return [(call, (begin + start, begin + end)) for call, (start, end) in _read_list(text[begin:])]

    def find_calls(self, text: str, position: int) -> Span | None:
        opening = _OPENING.search(text, position)
        if position == 0 and _ALONE.match(text):
            return 0, len(text)
        return None if opening is None else (opening.start(), len(text))

    def begins_calls(self, text: str, position: int) -> Span | None:
        begins = _BEGINNING.match(text, position) or _ALONE.match(text, position)
        return None if begins is None else (position, len(text))

    def read_as_bfcl(self, text: str) -> tuple[ToolCall, ...] | None:
        return decode_as_bfcl(text)


def _read_list(text: str) -> list[tuple[ToolCall, Span]]:
    """Read calls, and where each stands, between brackets; either bracket may be missing, as in what BFCL reads."""
    reader = PythonReader(text)
    reader.skip("[")
    calls: list[tuple[ToolCall, Span]] = []
    while not reader.skip("]") and not (calls and _AFTER.match(text, reader.position)):
        call = _CALL.match(text, reader.position)
        if call is None:
            fail(f"no call such as name(argument=value) at {reader.rest()}")
        reader.move(call.end())
        read = ToolCall(call[1], unique_keys(reader.arguments(), refuse))
        calls.append((read, (call.start(1), reader.position)))
        if not reader.skip(","):
            if not _AFTER.match(text, reader.position):
                reader.expect("]")
            break
    if not _AFTER.match(text, reader.position):
        reader.end()
    return calls


def _check_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else fail(f"a tool's name that this format cannot hold: {excerpt(name)}")


def _is_keyword_argument(name: str) -> bool:
    # Python itself turns an identifier into NFKC, so one that is not would be another name to other readers.
    return name.isidentifier() and not keyword.iskeyword(name) and unicodedata.normalize("NFKC", name) == name


def _write_arguments(arguments: Mapping[str, Any]) -> str:
    for name in arguments:
        if type(name) is not str:
            fail(f"an argument's name that is not a string: {name!r:.60}")
    parts = []
    for is_keyword, names in groupby(arguments, _is_keyword_argument):
        if is_keyword:
            parts += [f"{name}={write_literal(arguments[name])}" for name in names]
        else:
            parts.append("**" + write_literal({name: arguments[name] for name in names}))
    return ", ".join(parts)


def write_literal(value: Any, depth: int = 0) -> str:
    r"""Write a JSON value as a Python literal on one line.

    Args:
        value: what JSON can hold.
        depth: how deep it lies in others.

    Raises:
        CallSyntaxError: another type, or nested too deep.

    >>> print(write_literal({"a": [True, None, -0.5, "it's\n"]}))
    {"a": [True, None, -0.5, "it's\n"]}
    """
    if type(value) is str:
        return json.dumps(value, ensure_ascii=False)  # JSON's escapes mean the same in Python
    if type(value) in (list, dict):
        check_depth(depth + 1)
    if type(value) is list:
        return "[" + ", ".join(write_literal(part, depth + 1) for part in value) + "]"
    if type(value) is dict and all(type(key) is str for key in value):
        pairs = (f"{write_literal(key)}: {write_literal(part, depth + 1)}" for key, part in value.items())
        return "{" + ", ".join(pairs) + "}"
    if value is None or type(value) in (bool, int, float):
        try:
            return repr(value)
        except ValueError as error:  # Python writes no integer of more than 4300 digits
            fail(f"a number that is too long: {error}")
    raise CallSyntaxError(Problem.SYNTAX, f"a value that JSON cannot hold, of type {type(value).__name__}")
