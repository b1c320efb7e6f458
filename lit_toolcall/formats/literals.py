r"""Literals and calls in Python's syntax, `name(a=1, **{"b": true})`; nothing is evaluated.

A reader of our own instead of `ast`: its time is linear in the text and its recursion bounded, where Python's
parser runs into `RecursionError` and `MemoryError`, warns about `"\d"`, and refuses arguments named `from`.
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from lit_toolcall.formats.call_format import CallSyntaxError, check_depth, check_length, fail, refuse
from lit_toolcall.json_values import MAX_DIGITS, excerpt, read_float, read_integer, unique_keys
from lit_toolcall.types import Problem, ToolCall

_TOKEN = re.compile(
    r"""\s*+(?:
      (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+" | '[^'\\]*+(?:\\.[^'\\]*+)*+')
    | (?P<number>-?(?:0|[1-9][0-9]*+)(?P<fraction>(?:\.[0-9]*+)?(?:[eE][-+]?[0-9]++)?)(?![\w.]))
    | (?P<word>[^\W\d]\w*+)
    | (?P<sign>\*\* | [][{}(),:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_KEYWORD = re.compile(r"\s*+([^\s=,(){}\[\]:\"'*]++)\s*+=(?!=)")
_WORDS = {"True": True, "true": True, "False": False, "false": False, "None": None, "null": None}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{1,3})|(.))", re.DOTALL)
_ESCAPED = {
    "n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "a": "\a",
    "\\": "\\", "'": "'", '"': '"', "/": "/", "\n": "",
}  # fmt: skip
_PYTHON_TOKEN = re.compile(
    r"""(?:\s++|\#[^\n]*+)*+(?:
      (?P<string>(?P<prefix>[rRuUbBfF]{0,2})(?:
          \"{3}(?:[^"\\]|\\.|"(?!""))*+\"{3} | '{3}(?:[^'\\]|\\.|'(?!''))*+'{3}
        | "[^"\\]*+(?:\\.[^"\\]*+)*+" | '[^'\\]*+(?:\\.[^'\\]*+)*+'
      ))
    | (?P<number>(?P<minus>[-+])?\s*+(?:
          0[xX](?P<hex>(?:_?[0-9a-fA-F])++) | 0[oO](?P<octal>(?:_?[0-7])++) | 0[bB](?P<binary>(?:_?[01])++)
        | (?P<float>(?:[0-9](?:_?[0-9])*+)?\.[0-9](?:_?[0-9])*+(?:[eE][-+]?[0-9]++)?
            | [0-9](?:_?[0-9])*+(?:\.(?:[eE][-+]?[0-9]++)? | [eE][-+]?[0-9]++))
        | (?P<decimal>0(?:_?0)*+ | [1-9](?:_?[0-9])*+)
      )(?![\w.]))
    | (?P<word>[^\W\d]\w*+)
    | (?P<sign>\*\* | [][{}(),:])
    )""",
    re.VERBOSE | re.DOTALL,
)
_PYTHON_KEYWORD = re.compile(r"(?:\s++|#[^\n]*+)*+([^\s=,(){}\[\]:\"'*]++)\s*+=(?!=)")
_BASES = {"hex": 16, "octal": 8, "binary": 2}


def _unescape(match: re.Match[str]) -> str:
    two, four, eight, octal, other = match.groups()
    if other is None:
        code = int(octal, 8) if octal else int(two or four or eight, 16)
        return chr(code) if code <= 0x10FFFF else fail(f"no such character: {match[0]}")
    if other in "xuUN":
        fail(f"an unfinished escape: {excerpt(match.string[match.start() :], 12)}")
    # Python keeps the backslash of an escape that it does not know.
    return _ESCAPED.get(other, match[0])


def read_string(quoted: str) -> str:
    """Return the text of a string between quotes, its escapes read."""
    text = _ESCAPE.sub(_unescape, quoted[1:-1])
    try:
        # JSON writes characters past U+FFFF as two surrogates; this joins them and refuses a lone one.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        fail("a lone surrogate is not text")


class LiteralReader:
    """Reads values from a text, left to right, one token at a time."""

    tokens: ClassVar[re.Pattern[str]] = _TOKEN
    """What may come next; its outermost groups are `string`, `number`, `word` and `sign`."""
    keyword: ClassVar[re.Pattern[str]] = _KEYWORD
    """An argument's name and what follows it, up to its value."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.move(0)

    def move(self, position: int) -> None:
        """Go to a position, and find the token that comes next there."""
        self.position = position
        self.token = self.tokens.match(self.text, position)

    def rest(self) -> str:
        """Return the beginning of what is left, quoted, for an error message."""
        return excerpt(self.text[self.position : self.position + 41].strip() or "the end")

    def next_token(self) -> re.Match[str]:
        """Step over the next token and return it.

        Raises:
            CallSyntaxError: there is none.
        """
        token = self.token
        if token is None:
            fail(f"no literal value at {self.rest()}")
        self.move(token.end())
        return token

    def skip(self, sign: str) -> bool:
        """Step over a sign where it comes next, and say whether it did."""
        if self.token is None or self.token["sign"] != sign:
            return False
        self.move(self.token.end())
        return True

    def end(self) -> None:
        """Refuse anything but space in the rest of the text."""
        if self.text[self.position :].strip():
            fail(f"text after the calls: {self.rest()}")

    def expect(self, sign: str) -> None:
        """Step over a sign.

        Raises:
            CallSyntaxError: something else comes next.
        """
        if not self.skip(sign):
            fail(f"expected {sign!r} at {self.rest()}")

    def value(self, depth: int) -> Any:
        """Read a value.

        Args:
            depth: lists and objects around it.

        Raises:
            CallSyntaxError: no literal value, or a bound passed.
        """
        token = self.next_token()
        kind = token.lastgroup or ""
        found = token[kind]
        if kind == "string":
            return read_string(found)
        if kind == "number":
            return read_float(found, refuse) if token["fraction"] else read_integer(found, refuse)
        if kind == "word":
            return _WORDS[found] if found in _WORDS else fail(f"{excerpt(found)} is not a literal value")
        check_depth(depth + 1)
        if found == "[":
            return self.items(depth + 1)
        if found == "{":
            return unique_keys(self.pairs(depth + 1), refuse)
        raise CallSyntaxError(Problem.SYNTAX, f"{found!r} starts no JSON value")

    def items(self, depth: int) -> list[Any]:
        """Read the values up to and with the closing bracket."""
        values: list[Any] = []
        while not self.skip("]"):
            values.append(self.value(depth))
            if not self.skip(","):
                self.expect("]")
                break
        return values

    def pairs(self, depth: int) -> list[tuple[str, Any]]:
        """Read the keys and values up to and with the closing brace."""
        pairs: list[tuple[str, Any]] = []
        while not self.skip("}"):
            key = self.next_token()["string"]
            if key is None:
                fail(f"a key that is not a string, before {self.rest()}")
            self.expect(":")
            pairs.append((read_string(key), self.value(depth)))
            if not self.skip(","):
                self.expect("}")
                break
        return pairs

    def arguments(self) -> list[tuple[str, Any]]:
        """Read the arguments up to and with the closing parenthesis."""
        pairs: list[tuple[str, Any]] = []
        while not self.skip(")"):
            if self.skip("**"):
                self.expect("{")
                pairs += self.pairs(1)
            else:
                keyword = self.keyword.match(self.text, self.position)
                if keyword is None:
                    fail(f"an argument without a name at {self.rest()}")
                self.move(keyword.end())
                pairs.append((keyword[1], self.value(0)))
            if not self.skip(","):
                self.expect(")")
                break
        return pairs


class PythonReader(LiteralReader):
    """Reads every literal of Python that a JSON value can stand for, which BFCL's own decoder takes.

    Tuples are lists, keys that are numbers are texts, comments are space.
    """

    tokens: ClassVar[re.Pattern[str]] = _PYTHON_TOKEN
    keyword: ClassVar[re.Pattern[str]] = _PYTHON_KEYWORD

    def value(self, depth: int) -> Any:
        token = self.token
        if token is None:
            fail(f"no literal value at {self.rest()}")
        if token["number"] is not None:
            self.move(token.end())
            return _read_number(token)
        if token["string"] is not None:
            return self._strings()
        if token["sign"] == "(":
            check_depth(depth + 1)
            self.move(token.end())
            return self._tuple(depth + 1)
        return super().value(depth)

    def _strings(self) -> str:
        """One string or several that stand side by side, which Python joins."""
        parts = []
        while self.token is not None and self.token["string"] is not None:
            parts.append(_read_prefixed(self.token))
            self.move(self.token.end())
        return "".join(parts)

    def _tuple(self, depth: int) -> Any:
        """A tuple, as a list; a value alone in parentheses is that value."""
        values: list[Any] = []
        while not self.skip(")"):
            values.append(self.value(depth))
            if not self.skip(","):
                self.expect(")")
                return values[0] if len(values) == 1 else values
        return values

    def pairs(self, depth: int) -> list[tuple[str, Any]]:
        pairs: list[tuple[str, Any]] = []
        while not self.skip("}"):
            key = self.value(depth)
            if isinstance(key, list | dict):
                fail(f"a key that is neither a text nor a number, before {self.rest()}")
            if not self.skip(":"):
                fail(f"a set is no JSON value, or a key without a value, before {self.rest()}")
            pairs.append((key if isinstance(key, str) else json.dumps(key), self.value(depth)))
            if not self.skip(","):
                self.expect("}")
                break
        return pairs


def _read_number(token: re.Match[str]) -> int | float:
    sign = -1 if token["minus"] == "-" else 1
    for kind, base in _BASES.items():
        if token[kind] is not None:
            digits = token[kind].replace("_", "")
            return sign * int(digits, base) if len(digits) <= MAX_DIGITS else fail(f"a number of {len(digits)} digits")
    if token["float"] is not None:
        return sign * read_float(token["float"].replace("_", ""), refuse)
    return sign * read_integer(token["decimal"].replace("_", ""), refuse)


def _read_prefixed(token: re.Match[str]) -> str:
    prefix, quoted = token["prefix"].lower(), token["string"][len(token["prefix"]) :]
    if "b" in prefix:
        fail(f"bytes are no JSON value: {excerpt(token['string'])}")
    if "f" in prefix:
        fail(f"an f-string is no literal value: {excerpt(token['string'])}")
    if len(quoted) >= 6 and quoted[:3] in ('"""', "'''"):
        quoted = quoted[2:-2]
    # a raw string's backslashes are text; lone surrogates are refused alike
    return read_string(quoted.replace("\\", "\\\\") if "r" in prefix else quoted)


def read_call(text: str) -> ToolCall:
    """Return the call that a text in Python's syntax writes, its values literals of Python or JSON.

    Raises:
        CallSyntaxError: anything but one call with named arguments of literal values, or a bound passed.

    >>> read_call("get_weather(city='Oslo', days=-3)")
    ToolCall(name='get_weather', arguments={'city': 'Oslo', 'days': -3})
    >>> read_call('get_weather(**{"city": "Oslo", "hourly": true})').arguments
    {'city': 'Oslo', 'hourly': True}
    """
    check_length(text)
    name, parenthesis, arguments = text.partition("(")
    name = name.strip()
    if not (name and parenthesis):
        fail(f"no call such as name(argument=value): {excerpt(text)}")
    reader = LiteralReader(arguments)
    pairs = reader.arguments()
    reader.end()
    return ToolCall(name, unique_keys(pairs, refuse))
