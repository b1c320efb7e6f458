"""Values that are written in Java, as BFCL reads them from an answer's texts, and back.

The reading is that of bfcl-eval 2026.3.23 in our own words, oddities included: it looks for a few spellings of a
collection anywhere in the text, and a text that has none of them stays a text. Every reading takes time in the square
of the text's length at most, so `MAX_VALUE_CHARACTERS` bounds it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_VALUE_CHARACTERS = 2000
"""The longest text that is read as anything but a string; BFCL's longest accepted value has a tenth of that."""

TYPES: Mapping[str, type] = {
    "byte": int,
    "short": int,
    "integer": int,
    "float": float,
    "double": float,
    "long": int,
    "boolean": bool,
    "char": str,
    "Array": list,
    "ArrayList": list,
    "Set": set,
    "HashMap": dict,
    "Hashtable": dict,
    "Queue": list,
    "Stack": list,
    "String": str,
    "any": str,
}
"""What a text of each type is read as."""
OF_ITEMS = ("Array", "ArrayList")
"""The types whose docs say what their items are."""

_NUMBERS: Mapping[str, re.Pattern[str]] = {
    "byte": re.compile(r"(-?\d+)$"),
    "short": re.compile(r"(-?\d+)$"),
    "integer": re.compile(r"(-?\d+)$"),
    "long": re.compile(r"(-?\d+)[lL]$"),
    "float": re.compile(r"(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)[fF]$"),
    "double": re.compile(r"(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$"),
}
_AS_LIST = re.compile(r"new\s+ArrayList<\w*>\(Arrays\.asList\((.+?)\)\)")
_EMPTY_LIST = re.compile(r"new\s+ArrayList<\w*>\(\)")
_ADDING_LIST = re.compile(r"new\s+ArrayList<\w*>\(\)\s*\{\{")
_ADD = re.compile(r"add\((.+?)\)")
_ARRAY = re.compile(r"new\s+\w+\[\]\s*\{(.*?)\}")
_MAP = re.compile(r"new\s+HashMap<")
_MAP_BODY = re.compile(r">\s*\(\)\s*\{")
_EMPTY_MAP = re.compile(r"new\s+HashMap<.*?>\s*\(\)")
_SPACES = re.compile(r"\s*")


def read_java(text: str, type_name: str, item_type: str | None = None) -> Any:
    """Return the value that BFCL takes a text for; the text itself where it reads nothing else in it.

    Args:
        text: what a call gives for an argument.
        type_name: one of `TYPES`.
        item_type: of the items of an `Array` or `ArrayList`.

    Raises:
        ValueError: longer than `MAX_VALUE_CHARACTERS`, or of a type that BFCL cannot read.

    Example:
        >>> read_java("new ArrayList<Long>(Arrays.asList(1L, 2L))", "ArrayList", "long"), read_java("5L", "long")
        ([1, 2], 5)
        >>> read_java('new HashMap<String, Object>() {{ put("page", 3); }}', "HashMap")
        {'page': 3}
        >>> read_java("5", "long")  # no suffix
        '5'
    """
    if type_name in ("String", "any", "char"):
        return text
    if len(text) > MAX_VALUE_CHARACTERS:
        raise ValueError(f"it is longer than {MAX_VALUE_CHARACTERS:,} characters")
    if type_name in _NUMBERS:
        number = _NUMBERS[type_name].match(text)
        return text if number is None else TYPES[type_name](number[1])
    if type_name == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if type_name == "ArrayList":
        return _read_list(text, item_type)
    if type_name == "Array":
        return _read_array(text, item_type)
    if type_name == "HashMap":
        return _read_map(text)
    raise ValueError(f"BFCL cannot read a {type_name}")


def _read_list(text: str, item_type: str | None) -> Any:
    listed = _AS_LIST.search(text)
    if listed is not None:
        return [_read_item(item.strip(), item_type) for item in listed[1].split(",")]
    body = _find_added(text)
    if body is not None:
        return [_read_item(item.strip(), item_type) for item in _ADD.findall(body)]
    return [] if _EMPTY_LIST.search(text) else text


def _find_added(text: str) -> str | None:
    """Return what stands in the double braces of the first `new ArrayList<>() {{ ... }}`.

    BFCL wants at least one character there, a brace or, where all is blank, a blank.
    """
    for head in _ADDING_LIST.finditer(text):
        start = skip_spaces(text, head.end())
        end = text.find("}}", start + 1)
        if end >= 0:
            return text[start:end]
        if start > head.end() and text.startswith("}}", start):
            return ""
    return None


def _read_item(text: str, item_type: str | None) -> Any:
    if item_type in ("char", "String"):
        return text[1:-1]  # its quotes, which BFCL does not look at
    return read_java(text, item_type) if item_type else _guess_value(text)


def _read_array(text: str, item_type: str | None) -> Any:
    array = _ARRAY.search(text)
    if array is None:
        return text
    items = [item.strip() for item in array[1].split(",") if item.strip()]
    # Unlike those of an ArrayList, strings keep their quotes here.
    return [read_java(item, item_type) if item_type else _guess_value(item) for item in items]


def _read_map(text: str) -> Any:
    head = _MAP.search(text)
    body = None if head is None else _MAP_BODY.search(text, head.end())
    if body is not None:
        start = skip_spaces(text, body.end())
        start = skip_spaces(text, start + 1) if text.startswith("{", start) else start
        end = text.find("}", start)
        if end >= 0:
            return _read_puts(text[start:end].rstrip())
    return {} if _EMPTY_MAP.search(text) else text


def _read_puts(body: str) -> dict[str, Any]:
    """Read each `put("key", value)`; a key and a value stand in one line each, blanks between them may be any."""
    pairs: dict[str, Any] = {}
    end = 0
    while (head := body.find('put("', end)) >= 0:
        start = head + len('put("')
        end = start
        line_end = _find_or_end(body, "\n", start)
        key_end = body.find('",', start, line_end + 1)
        while key_end >= 0:
            value_start = skip_spaces(body, key_end + 2)
            value_end = body.find(")", value_start, _find_or_end(body, "\n", value_start))
            if value_end >= 0:
                pairs[body[start:key_end]] = _guess_value(body[value_start:value_end].strip())
                end = value_end + 1
                break
            key_end = body.find('",', key_end + 1, line_end + 1)
    return pairs


def _guess_value(text: str) -> Any:
    """Read a value whose type nothing says, such as one of a map."""
    if text in ("true", "false"):
        return text == "true"
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1]
    for type_name in ("long", "float"):
        number = _NUMBERS[type_name].match(text)
        if number is not None:
            return TYPES[type_name](number[1])
    return guess_number(text)


def guess_number(text: str) -> Any:
    """Return the number that Python's `int` or `float` reads in a text; the text itself where there is none."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def skip_spaces(text: str, start: int) -> int:
    """Return the place of the first character from `start` on that is no blank; the text's length where there is none.

    >>> skip_spaces("a  b", 1), skip_spaces("a  ", 1)
    (3, 3)
    """
    spaces = _SPACES.match(text, start)
    assert spaces is not None, "it matches nothing too"
    return spaces.end()


def _find_or_end(text: str, part: str, start: int) -> int:
    found = text.find(part, start)
    return len(text) if found < 0 else found


def write_java(value: Any, type_name: str, item_type: str | None = None) -> str:
    """Write a value so that `read_java` returns it, where some text does.

    A string that stands in an `Array` is written without quotes, since BFCL would take them for a part of it.

    Args:
        value: a plain value, without lists of accepted ones.
        type_name: one of `TYPES`.
        item_type: of the items of an `Array` or `ArrayList`.

    Example:
        >>> write_java([1, 2], "ArrayList", "long"), write_java(["-v", "2"], "Array", "String")
        ('new ArrayList<Long>(Arrays.asList(1L, 2L))', 'new String[]{-v, 2}')
        >>> write_java({"page": 3}, "HashMap"), write_java(True, "boolean"), write_java("path", "any")
        ('new HashMap<String, Object>() {{ put("page", 3); }}', 'true', 'path')
    """
    if isinstance(value, dict):
        puts = " ".join(f'put("{key}", {_write_guessed(item)});' for key, item in value.items())
        return f"new HashMap<String, Object>() {{{{ {puts} }}}}" if puts else "new HashMap<String, Object>()"
    if isinstance(value, list) and type_name == "ArrayList":
        items = ", ".join(f'"{item}"' if item_type == "String" else _write(item, item_type) for item in value)
        boxed = _BOXED.get(item_type or "any", "Object")
        return f"new ArrayList<{boxed}>(Arrays.asList({items}))" if items else f"new ArrayList<{boxed}>()"
    if isinstance(value, list):
        items = ", ".join(_write(item, item_type) for item in value)
        return f"new {_PLAIN.get(item_type or 'any', 'Object')}[]{{{items}}}"
    return _write(value, type_name)


_BOXED = {"String": "String", "integer": "Integer", "long": "Long", "double": "Double", "float": "Float"}
_PLAIN = {"String": "String", "integer": "int", "long": "long", "double": "double", "float": "float", "char": "char"}


def _write(value: Any, type_name: str | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value}{_SUFFIXES.get(type_name or '', '')}"
    return "null" if value is None else str(value)


_SUFFIXES = {"long": "L", "float": "f"}


def _write_guessed(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else _write(value, None)
