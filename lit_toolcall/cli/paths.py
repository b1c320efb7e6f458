"""Paths in a config mean the same wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonargparse import Namespace

from lit_toolcall.paths import expand_path

PATHS = ("base_model", "cache_dir", "ckpt_path", "default_root_dir", "dirpath", "init_adapter", "report")
PATHS_OF_OTHERS = ("dir", "log_dir", "root_dir", "save_dir")
"""Of loggers and callbacks of Lightning."""


def expand_paths(config: Namespace | list[Any]) -> None:
    """Write every setting that is a path in full, inside lists and classes too.

    Raises:
        UserError: no such user, or a variable that is not set.

    >>> config = Namespace(trainer=Namespace(default_root_dir="~/runs", logger=[Namespace(save_dir="~")]))
    >>> expand_paths(config)
    >>> "~" in str(config)
    False
    """
    for holder, name, value in list(_list_values(config)):
        if name in (*PATHS, *PATHS_OF_OTHERS) and isinstance(value, str):
            holder[name] = expand_path(value, name)


def _list_values(config: Any) -> Iterator[tuple[Any, str, Any]]:
    if isinstance(config, list):
        for each in config:
            yield from _list_values(each)
    elif isinstance(config, Namespace | dict):
        for name, value in vars(config).items() if isinstance(config, Namespace) else config.items():
            yield config, name, value
            yield from _list_values(value)
