r"""Every literal of Python that a JSON value can stand for: what BFCL's own decoder takes; nothing is evaluated."""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar

from lit_toolcall.formats.json_text import check_depth, excerpt, read_float, read_integer
from lit_toolcall.formats.literals import LiteralReader, fail, read_string

_TOKEN = re.compile(
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
_KEYWORD = re.compile(r"(?:\s++|#[^\n]*+)*+([^\s=,(){}\[\]:\"'*]++)\s*+=(?!=)")
_BASES = {"hex": 16, "octal": 8, "binary": 2}


class PythonReader(LiteralReader):
    """Reads values as Python writes them: tuples are lists, keys that are numbers are texts, comments are space."""

    tokens: ClassVar[re.Pattern[str]] = _TOKEN
    keyword: ClassVar[re.Pattern[str]] = _KEYWORD

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
            return sign * int(digits, base) if len(digits) <= 300 else fail(f"a number of {len(digits)} digits")
    if token["float"] is not None:
        return sign * read_float(token["float"].replace("_", ""))
    return sign * read_integer(token["decimal"].replace("_", ""))


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
