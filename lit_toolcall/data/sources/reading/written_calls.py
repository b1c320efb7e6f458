"""Calls that stand as text in an answer, in any of the formats in use; none of them is trained as words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from lit_toolcall.data.sources.reading.calls import ARGUMENT_KEYS, LABEL_KEYS, NAME_KEYS, WRAPPER_KEYS, read_call
from lit_toolcall.data.sources.reading.fields import decode_structure, decode_values, unwrap_text
from lit_toolcall.data.sources.reading.values import RowError, row_errors
from lit_toolcall.formats import CallSyntaxError, find_call_format
from lit_toolcall.formats import read_call as read_python_call
from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.formats.thoughts import end_thoughts
from lit_toolcall.json_values import clip
from lit_toolcall.types import Message, Tool, ToolCall

OTHER_NAME_KEYS = (*NAME_KEYS, "action", "recipient_name", "method")
"""Keys under which a tool's name makes an object look like a call."""
MAX_SEARCHED = 2 * MAX_CHARACTERS
"""Characters at the end of a text in which calls are looked for; an answer of longer calls is refused anyway."""
MAX_STARTS = 16
"""Lines of a text that are looked at as a call's beginning."""

_MARK = r"<\|?(?:start_)?(?:tool|function)_?(?:calls?|use|code)\|?>"
_TAG = re.compile(
    r"<[/|]{0,2}(?:start_|end_)?(?:tool|function)_?(?:calls?|use|code)\|?>|\[/?TOOL_CALLS\]|</s>"
    r"|<\|(?:python_tag|action_start|action_end|plugin|tool_calls?_section_(?:begin|end)|tool_call_(?:begin|end)"
    r"|tool_call_argument_begin|eom_id|eot_id|im_end|end|endoftext|end_of_text)\|>",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rf"{_MARK}|\[TOOL_CALLS\]|<\|(?:python_tag|action_start|tool_calls_section_begin)\|>"
    r"|<function=|<invoke name=|<\uff5ctool\u2581calls?\u2581begin\uff5c>|<\|channel\|>commentary",
    re.IGNORECASE,
)
"""What calls begin with."""
_FUNCTION_TAG = re.compile(r"<function=([^>\s{]{1,200})>(.*)", re.DOTALL)
FUNCTION_END = "</function>"
_NAMED_JSON = re.compile(r"([\w.-]{1,200}+)(?:\[CALL_ID\]\w++)?(?:\[ARGS\])?\s*+(?=\{)")
_JSON_START = re.compile(r"^[ \t]*+(?=\[|```)|(?=\{)", re.MULTILINE)
_LIST_OF_CALLS = re.compile(r"""^[ \t]*+(?=\[\s*+([^][(){}"'=,\n]{1,200}+)\()""", re.MULTILINE)
_BARE_CALL = re.compile(r"[^\W\d][\w.-]*+\s?\(")
_BEFORE_CALL = re.compile(
    r"(?:<[^<>]{0,80}>|(?:print|call|to|await|python|json|tool_code|functions?|default_api|tools?|api|name|action)\b|[\W_])*+",
    re.IGNORECASE,
)
"""What may stand before a call on its line; anything else is a sentence that names a tool."""
_AFTER_NAME = re.compile(
    r"""["']?(?::\d+)?\s*+(?:\(\s*+(?:\w++\s*+=(?!=)|[{"'*])
    | ,?\s*+(?:["']?(?:arguments|parameters|args|input|action\ input)["']?\s*+:\s*+)?\{[^{}\n]{0,200}?:)""",
    re.VERBOSE | re.IGNORECASE,
)
"""What makes a tool's name a call: an argument after a parenthesis, or an object."""
_CALL_END = re.compile(r"[)\]}>;`\"'\s]$")
_DECODER = json.JSONDecoder()


def settle_calls(message: Message, tools: Sequence[Tool], keep_broken: bool = False) -> Message:
    """Return a turn of the assistant with the calls that its text writes as its calls.

    >>> settle_calls(Message("assistant", '{"name": "now", "arguments": {}}'), [Tool("now", "", {})]).calls
    (ToolCall(name='now', arguments={}),)
    >>> settle_calls(Message("assistant", 'It is {"hour": 3}.'), [Tool("now", "", {})]).content
    'It is {"hour": 3}.'

    Args:
        message: any turn.
        tools: the available ones.
        keep_broken: whether a text stays as it is where it looks like a call that cannot be read.

    Raises:
        RowError: such a text, or one that writes other calls than the turn makes.
    """
    if message.role != "assistant" or not message.content:
        return message
    try:
        found = find_calls(message.content, [tool.name for tool in tools])
        if found is None:
            return message
        said, calls = found
        if message.calls and _describe(calls) != _describe(message.calls):
            raise RowError(f"the text of a turn writes other calls than the turn makes: {clip(message.content)!r}")
    except RowError:
        if keep_broken:
            return message
        raise
    return replace(message, content=said, calls=calls)


def _describe(calls: Sequence[ToolCall]) -> list[str]:
    return [json.dumps([call.name, call.arguments], sort_keys=True) for call in calls]


def find_calls(text: str, names: Sequence[str]) -> tuple[str, tuple[ToolCall, ...]] | None:
    """Find the calls that a text writes.

    Between tags, or as JSON of a name and arguments alone, any name counts as a tool's; else available tools' alone.

    >>> find_calls('Let me see. <tool_call>{"name": "now", "arguments": {}}</tool_call>', ())
    ('Let me see.', (ToolCall(name='now', arguments={}),))
    >>> find_calls("[now(zone='UTC')]", ["now"])
    ('', (ToolCall(name='now', arguments={'zone': 'UTC'}),))
    >>> find_calls("The tool now(zone) tells the time.", ["now"])

    Args:
        text: of an answer.
        names: of the available tools.

    Returns:
        What is said before the calls, and the calls; None for words.

    Raises:
        RowError: a call that cannot be read, or text after calls.
    """
    thoughts = end_thoughts(text, _json_quotes(text))
    end = max(thoughts, len(text) - MAX_SEARCHED)
    for find, start in ((_find_tagged, thoughts), (_find_json, end), (_find_python, end)):
        found = find(text[start:], names)
        if found is not None:
            said, calls = found
            return (text[:start] + said).strip(), calls
    _refuse_lookalike(text[end:], names)
    return None


def _json_quotes(text: str) -> Callable[[int, int], bool]:
    """Tell whether a place stands inside a JSON object; a few objects of a text are looked at."""
    tries = 0

    def is_quoted(start: int, place: int) -> bool:
        nonlocal tries
        opening = text.find("{", start, place)
        while opening >= 0 and tries < MAX_STARTS:
            tries += 1
            try:
                end = _DECODER.raw_decode(text, opening)[1]
            except (ValueError, RecursionError):
                end = opening + 1
            if end > place:
                return True
            opening = text.find("{", end, place)
        return False

    return is_quoted


Found = tuple[str, tuple[ToolCall, ...]] | None


def _find_tagged(text: str, names: Sequence[str]) -> Found:
    opening = _OPENING.search(text)
    if opening is None:
        return None
    written = text[opening.start() :]
    try:
        calls = tuple(_read_tagged(written))
    except RowError as error:
        after = written[len(opening[0]) :].lstrip()
        names_tool = any(name in after[:100] for name in names) and any(sign in after for sign in "{(<")
        is_call = after[:1] in ("{", "[") or names_tool or opening[0].endswith("=")
        if not is_call:
            return None
        raise RowError(f"a call that is written as {opening[0]} in the text cannot be read: {error}") from None
    return (text[: opening.start()].strip(), calls) if calls else None


def _read_tagged(written: str) -> list[ToolCall]:
    if len(written) > MAX_SEARCHED:
        raise RowError(f"{len(written):,} characters from there on, more than {MAX_SEARCHED:,}")
    parts = [part.strip() for piece in written.split(FUNCTION_END) for part in _TAG.split(piece) if part.strip()]
    return [call for part in parts for call in _read_part(part)]


def _read_part(text: str) -> list[ToolCall]:
    """Read what stands between two tags."""
    text = unwrap_text(text)
    function = _FUNCTION_TAG.match(text)
    if function is not None:
        return [read_call({"name": function[1], "arguments": function[2].strip() or "{}"})]
    if text[:1] in ("{", '"') or re.match(r"\[\s*+[{\]]", text):
        return [read_call(entry) for entry in _decode_entries(text)]
    named = _NAMED_JSON.match(text)
    if named is not None:
        return [read_call({"name": named[1], "arguments": text[named.end() :]})]
    if text.startswith("["):
        with row_errors():
            return list(find_call_format("pythonic").parse(text))
    with row_errors():
        return [read_python_call(line) for line in text.split("\n") if line.strip()]


def _decode_entries(text: str) -> list[Any]:
    """Decode one call, a list of them, or several with semicolons or spaces between them."""
    try:
        value = decode_structure(text, "a call")
    except RowError as error:
        try:
            return decode_values(re.sub(r"\}\s*+;\s*+\{", "}\n{", text))
        except RowError:
            raise error from None
    return value if isinstance(value, list) else [value]


def _find_json(text: str, names: Sequence[str]) -> Found:
    body = unwrap_text(text)
    if body[:1] in ("{", "[", '"'):
        whole = _read_json(body, names, any_name=True)
        if whole is not None:
            return "", whole
    for number, line in enumerate(_JSON_START.finditer(text)):
        if number == MAX_STARTS:
            break
        calls = _read_json(unwrap_text(text[line.end() :]), names, any_name=False)
        if calls is not None:
            return text[: line.start()].strip(), calls
    return None


def _read_json(body: str, names: Sequence[str], any_name: bool) -> tuple[ToolCall, ...] | None:
    """Read a text that is calls from its beginning to its end; None where it is something else."""
    try:
        entries = _decode_entries(body)
    except RowError as error:
        if _begins_with_call(body, names):
            raise RowError(f"a call in the text cannot be read: {error}") from None
        return None
    if len(entries) == 1 and isinstance(entries[0], dict) and isinstance(entries[0].get("tool_calls"), list):
        entries = entries[0]["tool_calls"]
    are_calls = [_is_call(entry, names, any_name) for entry in entries]
    if not any(are_calls):
        if any(_is_call_alike(entry, names) for entry in entries):
            raise RowError(f"a call in a shape that is not read: {clip(body)!r}; give it in `tool_calls`")
        return None
    if not all(are_calls):
        raise RowError(f"calls and other values in one text: {clip(body)!r}")
    return tuple(read_call(entry) for entry in entries)


def _begins_with_call(body: str, names: Sequence[str]) -> bool:
    """Tell whether a text that is no JSON as a whole begins with a call of an available tool, or with one cut off."""
    try:
        value, _ = _DECODER.raw_decode(body)
    except (ValueError, RecursionError):
        head = body[:400]
        return (
            any(f'"{name}"' in head or f"'{name}'" in head for name in names)
            and any(f"{quote}{key}{quote}" in head for key in NAME_KEYS for quote in "\"'")
            and any(f"{quote}{key}{quote}" in body for key in ARGUMENT_KEYS for quote in "\"'")
        )
    entries = value if isinstance(value, list) else [value]
    return bool(entries) and all(
        _is_call(entry, names, any_name=False) or _is_call_alike(entry, names) for entry in entries
    )


def _is_call_alike(entry: Any, names: Sequence[str]) -> bool:
    """Tell whether a value pairs an available tool with arguments, though not as a call that is read here."""
    if not isinstance(entry, dict) or "description" in entry:  # a tool's schema is no call of it
        return False
    if any(_is_call_alike(entry.get(key), names) for key in WRAPPER_KEYS):
        return True
    named = any(isinstance(entry.get(key), str) and entry[key].rpartition(".")[2] in names for key in OTHER_NAME_KEYS)
    given = [entry[key] for key in ARGUMENT_KEYS if key in entry] if named else []
    given += [part for key, part in entry.items() if key in names]
    return any(isinstance(part, dict) and not part.keys() & {"properties", "parameters"} for part in given)


def _is_call(entry: Any, names: Sequence[str], any_name: bool) -> bool:
    """Tell whether a value is a name with arguments: of an available tool, or of any if there is nothing else in it."""
    if not isinstance(entry, dict):
        return False
    inner = next(
        (entry[key] for key in ("function", "functionCall", "function_call") if isinstance(entry.get(key), dict)), None
    )
    call = entry if inner is None else inner
    name = next((call[key] for key in NAME_KEYS if isinstance(call.get(key), str)), None)
    if name is None:
        return False
    arguments = [key for key in ARGUMENT_KEYS if key in call]
    others = set(call) - set(arguments) - set(NAME_KEYS) - LABEL_KEYS
    if name in names:
        return not others
    is_exact = arguments == ["arguments"] and not others and isinstance(call["arguments"], dict | str)
    return any_name and is_exact


def _find_python(text: str, names: Sequence[str]) -> Found:
    body = unwrap_text(text)
    if not names or "(" not in body:
        return None
    if _BARE_CALL.match(body):
        try:
            calls = tuple(read_python_call(line) for line in body.split("\n") if line.strip())
        except CallSyntaxError:
            return None
        return ("", calls) if all(call.name in names for call in calls) else None
    for number, line in enumerate(_LIST_OF_CALLS.finditer(body)):
        if number == MAX_STARTS:
            break
        try:
            calls = find_call_format("pythonic").parse(body[line.end() :])
        except CallSyntaxError as error:
            if line[1] in names and body.endswith("]"):
                raise RowError(f"the call of {clip(line[1])!r} in the text cannot be read: {error.detail}") from None
            continue
        if calls:
            return body[: line.start()].strip(), calls
    return None


def _refuse_lookalike(text: str, names: Sequence[str]) -> None:
    """Refuse a text with a call of an available tool that no reader here knows.

    Raises:
        RowError: with the call.
    """
    if "{" not in text and "(" not in text:
        return
    for name in names:
        start = text.find(name)
        while start >= 0:
            end = start + len(name)
            if _is_lookalike(text, start, end):
                raise RowError(
                    f"a call of {clip(name)!r} stands in the text in a way that is not read: {clip(text[start:])!r};"
                    " give it in `tool_calls`"
                )
            start = text.find(name, end)


def _is_lookalike(text: str, start: int, end: int) -> bool:
    after = _AFTER_NAME.match(text, end)
    before = text[text.rfind("\n", 0, start) + 1 : start]
    if after is None or len(before) > 200 or not _BEFORE_CALL.fullmatch(before):
        return False
    line_end = text.find("\n", after.end())
    line = text[start : line_end if line_end >= 0 else len(text)]
    return "(" not in after[0] or _CALL_END.search(line) is not None
