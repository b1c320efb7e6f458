"""Values that are written in JavaScript, as BFCL reads them from an answer's texts, and back.

The reading is that of bfcl-eval 2026.3.23 in our own words, oddities included: an array ends at its first `]`, a string
with a comma in an array is two, an object ends at its first `}`. Every reading takes time in the square of the text's
length at most, so `MAX_VALUE_CHARACTERS` of `java_values` bounds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lit_toolcall.formats.java_values import MAX_VALUE_CHARACTERS, guess_number, skip_spaces

TYPES: Mapping[str, type] = {
    "String": str,
    "integer": int,
    "float": float,
    "Bigint": int,
    "Boolean": bool,
    "dict": dict,
    "array": list,
    "any": str,
}
"""What a text of each type is read as."""
OF_ITEMS = ("array",)
"""The type whose docs say what its items are."""

_NUMBERS: Mapping[str, re.Pattern[str]] = {
    "integer": re.compile(r"-?\d+$"),
    "float": re.compile(r"-?\d+(\.\d+)?$"),
    "Bigint": re.compile(r"-?\d+n$"),
}
_ROWS = re.compile(r"(?:(\[)|new\s+Array\()\s*\[")
_NEXT_ROW = re.compile(r",\s*\[")
_ROW = re.compile(r"\[(.*?)\]")
_ARRAY = re.compile(r"\[(.*?)\]|new\s+Array\((.*?)\)")
_OBJECT = re.compile(r"\{(.*?)\}")


def read_javascript(text: str, type_name: str, item_type: str | None = None) -> Any:
    """Return the value that BFCL takes a text for; the text itself where it reads nothing else in it.

    Args:
        text: what a call gives for an argument.
        type_name: one of `TYPES`.
        item_type: of the items of an `array`.

    Raises:
        ValueError: longer than `MAX_VALUE_CHARACTERS`, or of a type that BFCL cannot read.

    Example:
        >>> read_javascript("[1, 2.5]", "array", "float"), read_javascript("{page: 3, sort: 'name'}", "dict")
        ([1.0, 2.5], {'page': 3, 'sort': 'name'})
        >>> read_javascript("'Oslo'", "String"), read_javascript("Oslo", "String")
        ('Oslo', 'Oslo')
    """
    if type_name == "String":
        return text[1:-1] if _is_quoted(text) else text
    if type_name == "any":
        return text
    if len(text) > MAX_VALUE_CHARACTERS:
        raise ValueError(f"it is longer than {MAX_VALUE_CHARACTERS:,} characters")
    if type_name in _NUMBERS:
        if not _NUMBERS[type_name].match(text):
            return text
        return TYPES[type_name](text[:-1] if type_name == "Bigint" else text)
    if type_name == "Boolean":
        return {"true": True, "false": False}.get(text, text)
    if type_name == "array":
        return _read_array(text.strip(), item_type)
    if type_name == "dict":
        return _read_object(text.strip())
    raise ValueError(f"BFCL cannot read a {type_name}")


def _is_quoted(text: str) -> bool:
    return text[:1] in ("'", '"') and text.endswith(text[0])


def _read_array(text: str, item_type: str | None) -> Any:
    rows = _find_rows(text)
    if rows is not None:
        return [_read_row(row.strip(), is_first=number == 0) for number, row in enumerate(_ROW.findall(rows))]
    array = _ARRAY.match(text)
    if array is None:
        return text
    inner = (array[2] if array[1] is None else array[1]).strip()
    items = [item.strip() for item in inner.split(",")] if inner else []
    try:
        return [read_javascript(item, item_type) if item_type else _guess_value(item) for item in items]
    except ValueError:  # as BFCL does: one item that cannot be read makes it a text
        return text


def _find_rows(text: str) -> str | None:
    """Return an array of arrays up to the bracket that ends it; None where the text does not begin with one.

    A row ends at the first `]` that a comma and another row follow, or the bracket that ends all.
    """
    head = _ROWS.match(text)
    if head is None:
        return None
    closing = "]" if head[1] else ")"
    row_start = start = head.end()
    while (row_end := text.find("]", start)) >= 0 and "\n" not in text[row_start:row_end]:
        after = skip_spaces(text, row_end + 1)
        if text.startswith(closing, after):
            return text[: after + 1]
        following = _NEXT_ROW.match(text, after)
        if following is None:
            start = row_end + 1
        else:
            row_start = start = following.end()
    return None


def _read_row(row: str, is_first: bool) -> list[Any]:
    inner = row[1:] if is_first and row.startswith("[") else row  # the bracket that opens the array of rows
    return [_guess_value(item.strip()) for item in inner.split(",")]


def _read_object(text: str) -> Any:
    found = _OBJECT.match(text)
    if found is None:
        return text
    return {key.strip().strip("'\""): _read_member(value.strip()) for key, value in _split_members(found[1])}


def _read_member(text: str) -> Any:
    if text.startswith("[") and text.endswith("]"):
        return _read_array(text, None)
    return _guess_value(text.strip("'\""))


def _split_members(content: str) -> Iterator[tuple[str, str]]:
    """Yield key and value; a value ends at the first comma that a key and a colon follow before the next comma."""
    start = 0
    while True:
        while content.startswith(":", start):  # no key
            start += 1
        colon = content.find(":", start)
        if colon < 0:
            return
        value_start = end = skip_spaces(content, colon + 1)
        next_start = len(content)
        while (end := content.find(",", end)) >= 0:
            key_start = _find_key(content, end + 1)
            if key_start is not None:
                next_start = key_start
                break
            end += 1
        yield content[start:colon], content[value_start : end if end >= 0 else len(content)]
        start = next_start


def _find_key(content: str, start: int) -> int | None:
    """Return where the next key begins, if text and a colon stand before the next comma; blanks may be a key."""
    comma = content.find(",", start)
    comma = len(content) if comma < 0 else comma
    key_start = min(skip_spaces(content, start), comma)
    if content.find(":", key_start + 1, comma) >= 0:
        return key_start
    return key_start - 1 if key_start > start and content.startswith(":", key_start) else None


def _guess_value(text: str) -> Any:
    """Read a value whose type nothing says, such as one of an object."""
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    return text[1:-1] if _is_quoted(text) else guess_number(text)


def write_javascript(value: Any) -> str:
    """Write a value so that `read_javascript` returns it, where some text does.

    Example:
        >>> write_javascript({"page": 3, "sort": "name"}), write_javascript([True, "a"]), write_javascript("a")
        ('{"page": 3, "sort": "name"}', '[true, "a"]', 'a')
    """
    return value if isinstance(value, str) else _write(value)


def _write(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}": {_write(part)}' for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_write, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return f'"{value}"' if isinstance(value, str) else str(value)
