"""Rows of JSON and JSON-lines files that nobody has checked, compressed ones too, within bounds on their size."""

from __future__ import annotations

import bz2
import gzip
import importlib.resources
import io
import lzma
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow

from lit_toolcall.data.sources.reading.values import MAX_ROW_BYTES, RowError, decode_text, watch
from lit_toolcall.types import UserError

MAX_ARRAY_BYTES = 2**30
"""Longest file of one array, which is decoded at once."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DEMO = "demo:"
DEMO_PACKAGE = "lit_toolcall.data.demo"
COMPRESSED_ENDINGS = (".gz", ".bz2", ".xz", ".zst")
PARQUET_MAGIC = b"PAR1"
OTHER_KINDS: Mapping[bytes, str] = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; unpack it, or save the rows as JSON lines",
    b"\xd0\xcf\x11\xe0": "an Excel or Office file; save the rows as JSON lines",
    PARQUET_MAGIC: "a parquet file, which is not read here; write the rows as JSON lines",
    b"ARROW1": "an Arrow file; write the rows as parquet or JSON lines",
    b"SQLite format 3": "an SQLite database; write the rows as JSON lines",
    b"%PDF": "a PDF; give a file of JSON lines",
    b"\x80\x04\x95": "a pickle, which is never loaded; write the rows as JSON lines",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself: run `git lfs pull`",
    b"<!DOCTYPE": "a web page, not the file itself; download the file",
    b"<html": "a web page, not the file itself; download the file",
    b"\xff\xfe": "UTF-16 text; save the file as UTF-8 text",
    b"\xfe\xff": "UTF-16 text; save the file as UTF-8 text",
}
"""What the first bytes say of a file that is not read."""
CSV = "CSV is not read; convert it to JSON lines"
SNIFFED_BYTES = 2**16

_CSV_HEAD = re.compile(rb"""["']?[\w .-]+["']?(?:[,;\t|]["']?[\w .-]*["']?)+""")


@dataclass(frozen=True)
class Row:
    """One row of a file: its value, or the reason why it cannot be read."""

    place: str
    """`file:line`, or `file:row N` inside one array."""
    number: int
    """The line, or the position in the array; counted from 1."""
    value: Any = None
    problem: str | None = None


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


def _line_rows(path: str, file: ByteStream) -> Iterator[Row]:
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
        return Row(place, number, value=watch(decode_text(text)))
    except RowError as error:
        return Row(place, number, problem=str(error))


def _array_rows(path: str, file: ByteStream) -> Iterator[Row]:
    content = file.read(MAX_ARRAY_BYTES + 1)
    if len(content) > MAX_ARRAY_BYTES:
        raise UserError(f"{path}: one array of more than {MAX_ARRAY_BYTES:,} bytes; write the rows as JSON lines")
    try:
        values = decode_text(_decode_bytes(content.removeprefix(BYTE_ORDER_MARK)))
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


class ByteStream(Protocol):
    """A stream of bytes that can be looked into."""

    def peek(self, size: int = 0, /) -> bytes: ...
    def read(self, size: int | None = -1, /) -> bytes: ...
    def readline(self, size: int | None = -1, /) -> bytes: ...


def plain_name(path: str) -> str:
    """Leave out the ending of a compression.

    >>> plain_name("rows.jsonl.gz"), plain_name("rows.json")
    ('rows.jsonl', 'rows.json')
    """
    return path.removesuffix(Path(path).suffix) if path.endswith(COMPRESSED_ENDINGS) else path


def is_parquet(path: str) -> bool:
    """Tell a parquet file by its ending or by its content."""
    if path.endswith(".parquet"):
        return True
    try:
        with Path(path).open("rb") as file:
            return file.read(4) == PARQUET_MAGIC
    except OSError:
        return False


def is_array(path: str, file: ByteStream) -> bool:
    """Tell one array of rows from JSON lines: by the ending `.json`, or where a first line opens an array only."""
    head = file.peek(SNIFFED_BYTES).removeprefix(BYTE_ORDER_MARK).lstrip()
    if not head.startswith(b"["):
        return False
    first, newline, _ = head.partition(b"\n")
    return plain_name(path).endswith(".json") or (bool(newline) and not first.rstrip().endswith(b"]"))


@contextmanager
def open_rows(path: str) -> Iterator[ByteStream]:
    """Open a file of JSON, compressed or not, told by its content and not by its name.

    Args:
        path: a file, or `demo:NAME` for one that the package ships.

    Raises:
        UserError: there is no such file, it is of another kind, or it is damaged.
    """
    try:
        with _open(path) as raw, io.BufferedReader(_decompress(raw), SNIFFED_BYTES) as file:
            _check_kind(path, file.peek(SNIFFED_BYTES))
            yield file
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, pyarrow.ArrowException) as error:
        raise UserError(f"{path}: a compressed file that is cut off or damaged ({error}); write it again") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}; give the path of a readable file") from None


def _open(path: str) -> BinaryIO:
    if path.startswith(DEMO):
        folder = importlib.resources.files(DEMO_PACKAGE)
        shipped = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".jsonl"))
        name = path.removeprefix(DEMO)
        if name not in shipped:
            raise UserError(f"{path}: no such demonstration file; there are {', '.join(shipped)}")
        return (folder / name).open("rb")  # type: ignore[return-value]
    check_file(path, "a JSON-lines file")
    if path.lower().endswith((".csv", ".tsv")):
        raise UserError(f"{path}: {CSV}")
    return Path(path).open("rb")


def check_file(path: str, kind: str) -> None:
    """Refuse a path that names no file.

    Raises:
        UserError: it is a folder, or nothing.
    """
    if Path(path).is_dir():
        inside = sorted(entry.name for entry in Path(path).iterdir() if entry.is_file())[:5]
        files = f", such as {', '.join(inside)}" if inside else ""
        raise UserError(f"{path}: is a folder; give one of its files{files}")
    if not Path(path).is_file():
        raise UserError(f"{path}: no such file (seen from {Path.cwd()}); give the path of {kind}")


def _decompress(raw: BinaryIO) -> Any:
    head = raw.read(6)
    raw.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=raw)
    if head.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if head == b"\xfd7zXZ\x00":
        return lzma.LZMAFile(raw)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        return pyarrow.CompressedInputStream(raw, "zstd")
    return raw


def _check_kind(path: str, head: bytes) -> None:
    """Refuse a file of another kind once, and not its rows one by one."""
    kind = next((kind for magic, kind in OTHER_KINDS.items() if head.startswith(magic)), None)
    if kind is None and head[:1] in (b"{", b"[") and head[1:8:2] and not any(head[1:8:2]):
        kind = OTHER_KINDS[b"\xff\xfe"]
    if kind is not None:
        raise UserError(f"{path}: {kind}")
    lines = head.removeprefix(BYTE_ORDER_MARK).splitlines()
    if lines and _CSV_HEAD.fullmatch(lines[0].strip()) and not any(b"{" in line for line in lines):
        raise UserError(f"{path}: {CSV}")
