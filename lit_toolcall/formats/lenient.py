"""A lenient reader of calls, for base models: they write calls in formats of their own, whatever they are asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from lit_toolcall.formats.call_format import CallFormat, CallSyntaxError, check_length, refuse
from lit_toolcall.formats.hermes import Hermes
from lit_toolcall.formats.json_calls import read_json
from lit_toolcall.formats.literals import PythonReader
from lit_toolcall.formats.thoughts import Span
from lit_toolcall.formats.tool_code import ToolCode
from lit_toolcall.json_values import unique_keys
from lit_toolcall.types import ToolCall

MARKED: tuple[CallFormat, ...] = (Hermes(), ToolCode())
"""Formats whose marker alone says that calls follow."""
NAME_KEYS = ("name", "function", "function_name", "tool_name", "tool")
ARGUMENT_KEYS = ("arguments", "parameters", "args", "input")
LABELS = {"id", "type", "index"}
"""Keys that may stand beside a name and its arguments."""
_TAG = r"<[^<>\n]{1,40}>|\[/?[A-Z_]{2,20}\]"
_FENCE = r"```\w*+"
_BEFORE = re.compile(
    rf"""(?:.*:)?+
    (?: \s | {_FENCE} | {_TAG} | [][`({{,;*>"'-] | \d+[.)] | json | python | tool_code | tool_call | print\( | await
      | \w+[ ]?=(?!=) )*+""",
    re.VERBOSE,
)
"""What may stand before a call on its line."""
MOST_BEFORE = 400
"""Characters before a call that are looked at, so that time stays linear."""
_AFTER = re.compile(rf"(?:[ \t]|{_TAG}|[][`)}},;*\"']|\.(?!\w)|\#[^\n]*+|and\b|then\b)*+")
"""What may stand after a call, up to the end of its line or the next call."""
_OPENS = re.compile(rf"(?:\s|{_FENCE}|{_TAG}|\[|json|python)*+")
"""What an answer begins with that is calls alone."""
_CALL_TAG = re.compile(
    r"(?:<\|?/?(?:tool|function)[\w ]*\|?>|<\|python_tag\|>|\[TOOL_CALLS\])[\s\[,;]{0,20}\Z", re.IGNORECASE
)
_ARGUMENT = re.compile(r"\s*+(?:\*\*|\)|[^\W\d]\w*+\s*+=(?!=))")
_LITERAL = re.compile(r"""(?<=\()\s*+(?:["'\d\[{-]|True\b|False\b)""")
"""What a call's arguments begin with that have no names."""


class Lenient(CallFormat):
    """Reads calls in the format that was asked for, else in any other that they are known to be written in.

    Read are, in this order, and the first that finds calls counts:

    1. The format that was asked for.
    2. `hermes` and `tool_code`, where their markers stand.
    3. Each call that stands alone on its lines: JSON or a Python dict of a name and arguments (`arguments`,
       `parameters`, `args`, `input`; also inside of OpenAI's `function`, `function_call` and `tool_calls`, or as
       `{"name of a tool": {arguments}}`), or `name(argument=value)`; arguments without a name are the tool's first
       ones. Lists, fences of code, tags, `print(...)` and `x = ...` may stand around it.

    No call is invented. In 3 words on the same line make a mention of a call, unless they end in a colon before it. The
    name must be that of a tool on offer; any name counts only in JSON of exactly a name and arguments that begins the
    answer or follows a tag such as `<tool_call>`. A tool's schema is no call, nor is what stands inside of other data.
    What begins as a call of a tool on offer or with a marker, and cannot be read, is an error, as in any format.

    Args:
        asked: the format that the model was asked for.
        arguments: the names of the tools on offer, each with those of its arguments in their order.

    >>> Lenient(ToolCode(), {"now": []}).parse('Here it is:\\n```json\\n{"name": "now", "arguments": {}}\\n```')
    (ToolCall(name='now', arguments={}),)
    >>> Lenient(ToolCode(), {"now": []}).parse('To write {"name": "now", "arguments": {}} would be a call.')
    ()
    """

    def __init__(self, asked: CallFormat, arguments: Mapping[str, Sequence[str]]) -> None:
        self.asked = asked
        self.arguments = arguments
        # an instance's own: those of a class are the same for all
        self.markers = asked.markers  # type: ignore[misc]
        self.start = asked.start  # type: ignore[misc]
        self.stop = asked.stop  # type: ignore[misc]
        self.instruction = asked.instruction  # type: ignore[misc]

    def write(self, calls: Sequence[ToolCall]) -> str:
        return self.asked.write(calls)

    def read(self, text: str) -> tuple[ToolCall, ...]:
        return self._read_by(text)[1]

    def find_each_call(self, text: str) -> list[Span]:
        reader, _ = self._read_by(text)
        return [span for _, span in self._find_loose(text)] if reader is None else reader.find_each_call(text)

    def _read_by(self, text: str) -> tuple[CallFormat | None, tuple[ToolCall, ...]]:
        """Read calls, and say by which format; None for none of them.

        Raises:
            CallSyntaxError: no way reads calls, and the text begins some.
        """
        first_error = None
        for each in (self.asked, *(known for known in MARKED if known.start in text)):
            try:
                calls = each.read(text)
            except CallSyntaxError as error:
                if each.markers:  # without one, it may well be words that begin as calls do
                    first_error = first_error or error
                continue
            if calls and all(_are_arguments(call.arguments) for call in calls):
                return each, calls
        loose = tuple(call for call, _ in self._find_loose(text))
        if not loose and first_error is not None:
            raise first_error
        return None, loose

    def _find_loose(self, text: str) -> list[tuple[ToolCall, Span]]:
        return find_loose_calls(text, self.arguments)

    def find_calls(self, text: str, position: int) -> Span | None:
        return self.asked.find_calls(text, position)

    def begins_calls(self, text: str, position: int) -> Span | None:
        return self.asked.begins_calls(text, position)


def find_loose_calls(text: str, arguments: Mapping[str, Sequence[str]]) -> list[tuple[ToolCall, Span]]:
    """Find the calls that stand alone on their lines, in JSON or Python, and where each stands.

    Time is linear in the text: what was read once is not read again.

    Args:
        text: an answer without thoughts.
        arguments: the names of the tools on offer, each with those of its arguments in their order.

    Raises:
        CallSyntaxError: a call of a tool on offer begins and cannot be read, or passes a bound.

    >>> find_loose_calls("f(a=1), f(2)", {"f": ["a"]})
    [(ToolCall(name='f', arguments={'a': 1}), (0, 6)), (ToolCall(name='f', arguments={'a': 2}), (8, 12))]
    """
    opening = _match_openings(arguments)
    reader = PythonReader(text)
    found: list[tuple[ToolCall, Span]] = []
    last = 0  # where the call before ends, if nothing but marks follow it
    match = opening.search(text)
    while match is not None:
        start = match.start()
        begin = max(last, start - MOST_BEFORE, 0)
        line = text[max(begin, text.rfind("\n", begin, start) + 1) : start]
        is_alone = _BEFORE.fullmatch(line) is not None
        calls, end = (_read_python if match["name"] else _read_json)(reader, match, arguments, is_alone)
        if calls and is_alone:
            after = _AFTER.match(text, end)
            rest = end if after is None else after.end()
            if rest == len(text) or text[rest] == "\n" or opening.match(text, rest):
                if not found:
                    check_length(text[start:])
                found += [(call, (start, end)) for call in calls]
                last = rest
        match = opening.search(text, end)
    return found


def _match_openings(names: Collection[str]) -> re.Pattern[str]:
    longest_first = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    call = rf"(?<![\w.])(?P<name>{longest_first or '(?!)'})[ ]?\("
    return re.compile(rf"\{{|{call}")


Read = tuple[tuple[ToolCall, ...], int]
"""Calls, and where what was read ends."""


def _read_json(reader: PythonReader, match: re.Match[str], names: Collection[str], is_alone: bool) -> Read:
    text, start = reader.text, match.start()
    reader.move(start)
    try:
        value = reader.value(0)
    except CallSyntaxError:
        if is_alone and _begins_call(text, start, names):
            check_length(text[start:])
            raise
        return (), max(reader.position, start + 1)
    is_open = _OPENS.fullmatch(text, 0, start) is not None or _CALL_TAG.search(text, max(0, start - 60), start)
    try:
        calls = _list_calls(value, names, any_name=bool(is_open))
    except CallSyntaxError:
        if is_alone:
            raise
        calls = ()
    return calls, reader.position


def _begins_call(text: str, start: int, names: Collection[str]) -> bool:
    """Tell whether an object that cannot be read begins with the name of a tool on offer, and its arguments."""
    keys, arguments = "|".join(NAME_KEYS), "|".join(ARGUMENT_KEYS)
    head = re.compile(
        rf"""\{{\s*+(?:["'](?:type|function|tool_calls|id)["']\s*+:\s*+[\[{{]*+(?:["']\w*+["']\s*+,)?\s*+)*+"""
        rf"""["'](?:{keys})["']\s*+:\s*+["']([^"'\n]{{1,200}})["']\s*+,\s*+["'](?:{arguments})["']\s*+:"""
        r"""(?!\s*+\{\s*+["'](?:type|properties)["'])"""
    ).match(text, start)
    return head is not None and head[1] in names


def _list_calls(value: Any, names: Collection[str], any_name: bool) -> tuple[ToolCall, ...]:
    """List the calls that an object is; none where it is anything else.

    Raises:
        CallSyntaxError: arguments that were encoded to JSON twice cannot be read.
    """
    if not isinstance(value, dict):
        return ()
    if isinstance(value.get("tool_calls"), list):
        listed = [_list_calls(entry, names, any_name=True) for entry in value["tool_calls"]]
        return tuple(call for calls in listed for call in calls)
    for wrapper in ("function", "function_call"):
        if isinstance(value.get(wrapper), dict) and value.keys() <= {wrapper, *LABELS}:
            return _list_calls(value[wrapper], names, any_name)
    if value and value.keys() <= set(names) and all(_are_arguments(part) for part in value.values()):
        return tuple(ToolCall(name, part) for name, part in value.items())
    name_key = next((key for key in NAME_KEYS if isinstance(value.get(key), str)), None)
    argument_key = next((key for key in ARGUMENT_KEYS if key in value), None)
    if name_key is None or argument_key is None or value.keys() - {name_key, argument_key, *LABELS}:
        return ()
    is_exact = any_name and name_key == "name" and argument_key in ("arguments", "parameters") and value["name"]
    if value[name_key] not in names and not is_exact:
        return ()
    arguments = value[argument_key]
    if isinstance(arguments, str):
        arguments = read_json(arguments) if arguments.strip() else {}
    return (ToolCall(value[name_key], arguments),) if _are_arguments(arguments) else ()


def _are_arguments(value: Any) -> bool:
    """Tell whether a value is arguments, and no schema of them."""
    is_schema = isinstance(value, dict) and value.get("type") == "object" and isinstance(value.get("properties"), dict)
    return isinstance(value, dict) and not is_schema


def _read_python(
    reader: PythonReader, match: re.Match[str], names: Mapping[str, Sequence[str]], is_alone: bool
) -> Read:
    text, begin = reader.text, match.end()
    reader.move(begin)
    unnamed: list[Any] = []
    try:
        if _LITERAL.match(text, begin) is not None:
            unnamed = _read_unnamed(reader)
        elif _ARGUMENT.match(text, begin) is None:  # `f(x)` and `f(...)` speak of a function
            return (), begin
        pairs = [] if text[reader.position - 1] == ")" and unnamed else reader.arguments()
        known = names[match["name"]]
        if len(unnamed) > len(known):
            return (), reader.position
        arguments = unique_keys([*zip(known, unnamed, strict=False), *pairs], refuse)
    except CallSyntaxError:
        if is_alone:
            check_length(text[match.start() :])
            raise
        return (), max(reader.position, begin)
    return (ToolCall(match["name"], arguments),), reader.position


def _read_unnamed(reader: PythonReader) -> list[Any]:
    """Read the values before the first argument with a name, or all and the closing parenthesis."""
    values = []
    while reader.keyword.match(reader.text, reader.position) is None:
        values.append(reader.value(0))
        if not reader.skip(","):
            reader.expect(")")
            break
        if reader.token is None or reader.token["sign"] in (")", "**"):
            break
    return values
