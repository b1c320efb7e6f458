"""A fingerprint of everything that encoded rows depend on: settings, the files they name, and the code."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import lit_toolcall
from lit_toolcall.data.sources.source import BaseSource

PATH_NAME = re.compile(r"(.*_)?paths?")
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
"""An object's address in memory, which differs from process to process."""


def describe_settings(value: Any, name: str = "") -> Any:
    """Turn settings into nested lists that name everything a result depends on, the same in every process.

    Objects become their class, the file of its code and their attributes. A string that names a file adds the hash of
    its content; so does one that names a folder, where its attribute is called `path` or ends in `_path`: any
    other string, such as a split called `train`, may have a folder's name by chance.

    Args:
        value: the settings.
        name: of the attribute that holds them.

    >>> describe_settings({"a": [1, None], "b": {"z", "y"}})
    ['a', [1, None], 'b', [['y'], ['z']]]
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | Path):
        names_folder = isinstance(value, Path) or PATH_NAME.fullmatch(name) is not None
        return [str(value), *_hash_content(Path(value), names_folder)] if value else ""
    if isinstance(value, Mapping):
        keys = sorted(value, key=repr)
        return [part for key in keys for part in (str(key), describe_settings(value[key], str(key)))]
    if isinstance(value, Set):
        return sorted((describe_settings(item, name) for item in value), key=repr)
    if isinstance(value, Iterable) and not isinstance(value, type):
        return [describe_settings(item, name) for item in value]
    kind = type(value)
    if kind.__module__ == "builtins" or isinstance(value, Enum | type) or not hasattr(value, "__dict__"):
        return ADDRESS.sub("", repr(value))
    code = Path(inspect.getfile(kind)).read_bytes()
    if isinstance(value, BaseSource):
        settings = value.settings()
    else:
        names = [field.name for field in fields(value)] if is_dataclass(value) else list(vars(value))
        settings = {attribute: vars(value)[attribute] for attribute in names}
    return [kind.__module__, kind.__qualname__, hash_bytes(code), describe_settings(settings)]


def hash_bytes(content: bytes) -> str:
    """Hash bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def hash_code() -> str:
    """Hash this package's code and the rows that it ships: rows encoded by other code are encoded again."""
    root = Path(inspect.getfile(lit_toolcall)).parent
    files = sorted([*root.rglob("*.py"), *root.rglob("*.jsonl")])
    return hash_bytes(b"".join(path.read_bytes() for path in files))


def _hash_content(path: Path, may_be_folder: bool) -> list[str]:
    try:
        if path.is_file():
            return [_hash_file(path)]
        if may_be_folder and path.is_dir():
            return [f"{file}:{_hash_file(file)}" for file in sorted(path.rglob("*")) if file.is_file()]
    except OSError:  # such as a text that is too long for a path
        return []
    return []


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
