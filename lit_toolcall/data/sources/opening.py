"""Opens files of rows, compressed ones too, and names what is no such file for what it is."""

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
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import pyarrow

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


class Rows(Protocol):
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


def is_array(path: str, file: Rows) -> bool:
    """Tell one array of rows from JSON lines: by the ending `.json`, or where a first line opens an array only."""
    head = file.peek(SNIFFED_BYTES).removeprefix(BYTE_ORDER_MARK).lstrip()
    if not head.startswith(b"["):
        return False
    first, newline, _ = head.partition(b"\n")
    return plain_name(path).endswith(".json") or (bool(newline) and not first.rstrip().endswith(b"]"))


@contextmanager
def open_rows(path: str) -> Iterator[Rows]:
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
