"""What encoded rows depend on, as one hash: settings, the files they name, and the code that reads them."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import lit_toolcall


def describe_settings(value: Any) -> Any:
    """Turn settings into nested lists that name everything a result depends on.

    Objects become their class, the file of its code and their attributes; a text that is a path of a file or folder
    brings the hash of the content along.

    >>> describe_settings({"a": [1, None]})
    ['a', [1, None]]
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | Path):
        return [str(value), *_content_hashes(Path(value))]
    if isinstance(value, Mapping):
        return [part for key in sorted(value) for part in (key, describe_settings(value[key]))]
    if isinstance(value, Iterable):
        return [describe_settings(item) for item in value]
    kind = type(value)
    names = [field.name for field in fields(value)] if is_dataclass(value) else sorted(vars(value))
    code = Path(inspect.getfile(kind)).read_bytes()
    settings = {name: vars(value)[name] for name in names}
    return [kind.__module__, kind.__qualname__, hash_bytes(code), describe_settings(settings)]


def hash_bytes(content: bytes) -> str:
    """Hash bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def hash_code() -> str:
    """Hash this package's code: rows encoded by other code are encoded anew."""
    root = Path(inspect.getfile(lit_toolcall)).parent
    return hash_bytes(b"".join(path.read_bytes() for path in sorted(root.rglob("*.py"))))


def _content_hashes(path: Path) -> list[str]:
    try:
        if path.is_file():
            return [_hash_file(path)]
        if path.is_dir():
            return [f"{file}:{_hash_file(file)}" for file in sorted(path.rglob("*")) if file.is_file()]
    except OSError:  # such as a text that is too long for a path
        return []
    return []


def _hash_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
