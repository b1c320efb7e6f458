"""API-Bank's requests, `[Name(key='value')]`, and the literals in its results; nothing is evaluated."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lit_toolcall.data.sources.reading.fields import fit_text
from lit_toolcall.data.sources.reading.values import RowError, check_text
from lit_toolcall.json_values import MAX_DEPTH, MAX_DIGITS, clip
from lit_toolcall.types import Tool, ToolCall

MAX_CHARACTERS = 100_000
CONSTANTS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
TYPE_NAMES = frozenset({"str", "int", "float", "bool", "list", "dict", "datetime", "date", "time"})
"""RawValue without quotes in some tool descriptions: `{'type': str}`."""

_NAME = re.compile(r"[A-Za-z_][\w.]*")
_CALL = re.compile(r"([A-Za-z_][\w.]*)\((.*)\)", re.DOTALL)
_ARGUMENT_START = re.compile(r"(?:^|,)\s*([A-Za-z_]\w*)=")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BARE_TEXT = re.compile(r"\w[\w .:/&$%+-]{0,199}")
_INNER_APOSTROPHE = re.compile(r"(?<=\w)'(?=\s?\w)")


@dataclass(frozen=True)
class RawValue:
    """A value as it was written."""

    text: str
    """Without its quotes."""
    value: Any
    """What it says as a Python literal; the text itself where it says nothing else."""
    quoted: bool


def parse_literal(text: str) -> Any:
    """Read a Python or JSON literal, with an apostrophe inside its single quotes forgiven.

    >>> parse_literal("{'name': 'Rent', 'type': str, 'about': 'The user's rent', 'max': -2.5}")
    {'name': 'Rent', 'type': 'str', 'about': "The user's rent", 'max': -2.5}

    Raises:
        RowError: not a literal, or past a bound.
    """
    try:
        return _value(_tree(text))
    except RowError:
        mended = _INNER_APOSTROPHE.sub(r"\\'", text)
        return _value(_tree(mended))


def parse_requests(text: str) -> list[tuple[str, dict[str, RawValue]]]:
    """Read the calls of a request, each a name and its arguments as they were written.

    Where it is no Python, because a value lacks its quotes (`location=New York`) or has the same quotes
    inside (`attendees='['John']'`), the arguments are cut at each `, key=`; a cut that leaves a quote open is
    refused.

    >>> [(name, written)] = parse_requests("[Book(place=New York, guests='['Ann', 'Bo']')]")
    >>> name, written["place"].text, written["guests"].text
    ('Book', 'New York', "['Ann', 'Bo']")

    Raises:
        RowError: with the request.
    """
    request = text.strip()
    _check_bounds(request)
    inner = request[1:-1] if request.startswith("[") and request.endswith("]") else request
    try:
        body = _tree(f"[{inner}]")
        if not isinstance(body, ast.List):
            raise RowError("brackets after the calls")
        return [_strict_call(node, Segments(f"[{inner}]")) for node in body.elts]
    except RowError:
        whole = _CALL.fullmatch(inner.strip())
        if whole is None:
            raise RowError(f"not a request of the form [Name(key='value')]: {clip(request)!r}") from None
        return [(whole[1], _cut_arguments(whole[2]))]


def fit_call(name: str, written: Mapping[str, RawValue], tool: Tool | None) -> ToolCall:
    """Give each argument the type that its tool declares, where the text says exactly such a value.

    >>> tool = Tool("Add", "", {"type": "object", "properties": {"n": {"type": "integer"}}})
    >>> fit_call("Add", {"n": RawValue("5", "5", quoted=True)}, tool)
    ToolCall(name='Add', arguments={'n': 5})
    """
    properties = tool.parameters.get("properties", {}) if tool is not None else {}
    return ToolCall(name, {key: _fit(value, properties.get(key, {})) for key, value in written.items()})


def _fit(written: RawValue, schema: Mapping[str, Any]) -> Any:
    if schema.get("type") == "string" and written.value is not None:
        return written.text
    return fit_text(written.text, schema, parse_literal) if written.quoted else written.value


def _tree(text: str) -> ast.expr:
    _check_bounds(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes such as "\\d"
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise RowError(f"not a Python literal: {clip(text)!r}") from None


def _check_bounds(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise RowError(f"longer than {MAX_CHARACTERS:,} characters: {clip(text, 40)!r}")
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise RowError(f"nested deeper than {MAX_DEPTH} levels: {clip(text, 40)!r}")


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (str, bool, int, float, type(None))):
        return _bounded(node.value)
    if isinstance(node, ast.Name) and node.id in TYPE_NAMES:
        return node.id
    if isinstance(node, ast.Name) and node.id in CONSTANTS:
        return CONSTANTS[node.id]
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [_value(element) for element in node.elts]
    if isinstance(node, ast.Dict):
        return _dict(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        value = _value(node.operand)
        if type(value) in (int, float):
            return -value
    raise RowError("not a Python literal")


def _bounded(value: Any) -> Any:
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise RowError(f"a number of more than {MAX_DIGITS} digits")
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise RowError("a number out of range")
    if isinstance(value, str):
        check_text(value)
    return value


def _dict(node: ast.Dict) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for key, child in zip(node.keys, node.values, strict=True):
        name = None if key is None else _value(key)
        if not isinstance(name, str) or name in pairs:
            raise RowError("the keys of an object must be texts, each once")
        pairs[name] = _value(child)
    return pairs


class Segments:
    r"""Gives the source of nodes; `ast.get_source_segment` splits the whole source into lines for each of them.

    >>> source = "[f(a='\u00f6',\n b=[1])]"
    >>> call = ast.parse(source, mode="eval").body.elts[0]
    >>> [Segments(source).of(keyword.value) == text for keyword, text in zip(call.keywords, ("'\u00f6'", "[1]"))]
    [True, True]
    """

    def __init__(self, source: str) -> None:
        self.source = source.encode()
        # Columns are bytes of UTF-8.
        self.line_starts = [0, *(end.end() for end in _LINE_END.finditer(self.source))]

    def of(self, node: ast.expr) -> str:
        assert node.end_lineno is not None, "the parser sets it"
        assert node.end_col_offset is not None, "and this"
        start = self.line_starts[node.lineno - 1] + node.col_offset
        return self.source[start : self.line_starts[node.end_lineno - 1] + node.end_col_offset].decode()


def _strict_call(node: ast.expr, source: Segments) -> tuple[str, dict[str, RawValue]]:
    if not isinstance(node, ast.Call) or node.args:
        raise RowError("not a call with named arguments")
    name = source.of(node.func)
    arguments: dict[str, RawValue] = {}
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg in arguments or not _NAME.fullmatch(name):
            raise RowError("not a call with named arguments, each once")
        arguments[keyword.arg] = _read_value(source.of(keyword.value))
    return name, arguments


def _cut_arguments(body: str) -> dict[str, RawValue]:
    starts = list(_ARGUMENT_START.finditer(body))
    if body.strip() and (not starts or body[: starts[0].start()].strip()):
        raise RowError(f"not named arguments: {clip(body)!r}")
    ends = [start.start() for start in starts[1:]] + [len(body)]
    arguments: dict[str, RawValue] = {}
    for start, end in zip(starts, ends, strict=True):
        if start[1] in arguments:
            raise RowError(f"the argument {clip(start[1])!r} is given twice")
        arguments[start[1]] = _read_value(body[start.end() : end].strip())
    return arguments


def _read_value(text: str) -> RawValue:
    is_quoted = len(text) >= 2 and text[0] in "'\"" and text[-1] == text[0]
    try:
        value = _value(_tree(text))
    except RowError:
        if is_quoted and _has_quotes_inside(text):
            return RawValue(text[1:-1], text[1:-1], quoted=True)
        if _BARE_TEXT.fullmatch(text):
            return RawValue(text, text, quoted=False)
        problem = "cannot be read" if is_quoted else "has neither quotes nor a literal's form"
        raise RowError(f"the value {clip(text)!r} {problem}") from None
    return RawValue(value if isinstance(value, str) else text, value, quoted=isinstance(value, str))


def _has_quotes_inside(text: str) -> bool:
    """Tell whether a quoted text is no literal only because it holds a list, an object or an apostrophe."""
    try:
        inner = parse_literal(text[1:-1])
    except RowError:
        inner = None
    if isinstance(inner, (list, dict)):
        return True
    try:
        return isinstance(_value(_tree(_INNER_APOSTROPHE.sub(r"\\'", text))), str)
    except RowError:
        return False
