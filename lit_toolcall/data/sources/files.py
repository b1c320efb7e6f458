"""Reads rows out of JSON and JSON-lines files that nobody has checked, within bounds on size and depth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lit_toolcall.data.sources.opening import (
    BYTE_ORDER_MARK,
    DEMO,
    MAX_ARRAY_BYTES,
    Rows,
    is_array,
    open_rows,
    plain_name,
)
from lit_toolcall.data.sources.row_fields import Flaw, RowError, RowFields
from lit_toolcall.json_values import MAX_DEPTH, clip, make_decoder
from lit_toolcall.types import UserError

MAX_ROW_BYTES = 4 * 2**20
WATCHED = frozenset(
    [
        "messages",
        "conversations",
        "prompt",
        "completion",
        "chosen",
        "rejected",
        "history",
        "content",
        "tool_calls",
        "function_call",
        "function",
        "expected_output",
        "chosen_response",
        "rejected_response",
        "answers",
        "calling",
    ]
)
"""Fields that hold turns or calls, whose own unread keys are noted too."""


@dataclass(frozen=True)
class Row:
    """One row of a file: its value, or the reason why it cannot be read."""

    place: str
    """`file:line`, or `file:row N` inside one array."""
    number: int
    """The line, or the position in the array; counted from 1."""
    value: Any = None
    problem: str | None = None


def decode_json(text: str) -> Any:
    """Decode JSON whose content can be trained on: no key twice, no NaN, no NUL, bounded numbers and depth.

    >>> decode_json('{"a": [1, 2.5, true]}')
    {'a': [1, 2.5, True]}
    >>> decode_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    lit_toolcall.data.sources.row_fields.RowError: the key 'a' is given twice

    Raises:
        RowError: the text is not JSON, or it holds one of these.
    """
    value = _decode(text)
    check_content(value)
    return value


def check_text(text: str) -> None:
    """Refuse a text that cannot be written as UTF-8, or that holds a NUL.

    >>> check_text("Malm\u00f6")

    Raises:
        RowError: with the reason.
    """
    if "\0" in text:
        raise RowError(f"a NUL character in the text {clip(text, 40)!r}")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise RowError("half of a surrogate pair in a text; write the whole character") from None


def read_rows(path: str) -> Iterator[Row]:
    """Yield every row of a JSON-lines file, or of a `.json` file with one array; blank lines are skipped.

    Both may be compressed by gzip, bzip2, xz or zstd. A row that is an object comes as `RowFields`.

    Args:
        path: a file, or `demo:NAME` for one that the package ships.

    Raises:
        UserError: the file cannot be opened, its array cannot be decoded, or it is of another kind.
    """
    with open_rows(path) as file:
        yield from (_array_rows if is_array(path, file) else _line_rows)(path, file)


def file_stem(path: str) -> str:
    """Name a file without folders and endings.

    >>> file_stem("data/train.jsonl.gz"), file_stem("demo:tools.jsonl")
    ('train', 'tools')
    """
    return Path(plain_name(path.removeprefix(DEMO))).stem


def _line_rows(path: str, file: Rows) -> Iterator[Row]:
    number = 0
    while line := file.readline(MAX_ROW_BYTES + 1):
        number += 1
        place = f"{path}:{number}"
        if len(line) > MAX_ROW_BYTES:
            while not line.endswith(b"\n") and (line := file.readline(MAX_ROW_BYTES)):
                pass
            yield Row(place, number, problem=f"the line is longer than {MAX_ROW_BYTES:,} bytes; split the row")
        elif line.strip():
            yield _read_line(place, number, line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line)


def _read_line(place: str, number: int, line: bytes) -> Row:
    try:
        text = _decode_bytes(line)
        if text.strip() in ("[", "{", "[{"):
            raise RowError(
                "a row goes on over several lines; write each as one line, or all as one array in a .json file"
            )
        return Row(place, number, value=watch(_decode(text)))
    except RowError as error:
        return Row(place, number, problem=str(error))


def _array_rows(path: str, file: Rows) -> Iterator[Row]:
    content = file.read(MAX_ARRAY_BYTES + 1)
    if len(content) > MAX_ARRAY_BYTES:
        raise UserError(f"{path}: one array of more than {MAX_ARRAY_BYTES:,} bytes; write the rows as JSON lines")
    try:
        values = _decode(_decode_bytes(content.removeprefix(BYTE_ORDER_MARK)))
        if not isinstance(values, list):
            raise RowError("it holds something else")
    except RowError as error:
        raise UserError(f"{path}: {error}; a .json file must hold one array of rows") from None
    for number, value in enumerate(values, start=1):
        place = f"{path}:row {number}"
        try:
            yield Row(place, number, value=watch(value))
        except RowError as error:
            yield Row(place, number, problem=str(error))


def _decode_bytes(content: bytes) -> str:
    if b"\0" in content:
        raise RowError("there are NUL bytes in it; save the file as UTF-8 text")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RowError(f"not UTF-8 at byte {error.start}; save the file as UTF-8 text") from None


def _decode(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        start = clip(text.strip(), 40)
        what = "Unexpected UTF-8 BOM (decode using utf-8-sig)" if text.startswith("\ufeff") else error.msg
        raise RowError(f"not JSON ({what} at character {error.pos + 1}): {start!r}") from None
    except RecursionError:
        raise RowError(f"nested deeper than {MAX_DEPTH} levels") from None


_DECODER = make_decoder(lambda _, reason: Flaw(reason))


def watch(value: Any, depth: int = 1) -> Any:
    """Turn a decoded row into `RowFields`, in which content that cannot be trained on is refused where it is read.

    >>> watch({"query": "Hi", "score": Flaw("NaN is not a JSON number")})["query"]
    'Hi'

    Args:
        value: of a row, or of one of its fields.
        depth: how deep it lies in the row.

    Raises:
        RowError: it is no object, and its content cannot be taken.
    """
    if isinstance(value, dict) and depth <= MAX_DEPTH:
        for key in value:
            check_text(key)
        return RowFields({key: _watch_field(key, part, depth + 1) for key, part in value.items()})
    check_content(value, depth)
    return value


def take_whole(value: Any) -> Any:
    """Return a field's value as plain JSON values, all of it read.

    >>> type(take_whole(watch({"name": "now"})))
    <class 'dict'>

    Raises:
        RowError: content that cannot be taken.
    """
    if isinstance(value, dict):
        return {key: take_whole(value[key]) for key in value}
    return [take_whole(entry) for entry in value] if isinstance(value, list) else value


def watch_field(key: str, value: Any) -> Any:
    """Do as `watch` for the value of a row's field that stood there as JSON text."""
    return _watch_field(key, value, 2)


def _watch_field(key: str, value: Any, depth: int) -> Any:
    try:
        if key in WATCHED and isinstance(value, list):
            return [watch(entry, depth + 1) for entry in value]
        if key in WATCHED and isinstance(value, dict):
            return watch(value, depth)
        check_content(value, depth)
    except RowError as error:
        return Flaw(str(error))
    return value


def check_content(value: Any, depth: int = 1) -> None:
    """Refuse a decoded value that cannot be trained on, by the rules and bounds of `decode_json`.

    Args:
        value: of a row, or of one of its fields.
        depth: how deep it lies in the row.

    Raises:
        RowError: with the reason.
    """
    if isinstance(value, str) and depth <= MAX_DEPTH and len(value) <= MAX_ROW_BYTES:  # most fields of a row
        check_text(value)
        return
    stack, size = [(value, depth)], 0
    while stack:
        node, depth = stack.pop()
        size += len(node) if isinstance(node, str) else 1
        if isinstance(node, Flaw):
            raise RowError(node.reason)
        if depth > MAX_DEPTH:
            raise RowError(f"nested deeper than {MAX_DEPTH} levels")
        if size > MAX_ROW_BYTES:
            raise RowError(f"the row is longer than {MAX_ROW_BYTES:,} characters; split it")
        if isinstance(node, str):
            check_text(node)
        elif isinstance(node, dict):
            stack.extend((key, depth) for key in node)
            stack.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list):
            stack.extend((child, depth + 1) for child in node)
