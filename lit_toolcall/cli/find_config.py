"""Configs are found by name: in the working directory first, then among the shipped ones."""

from __future__ import annotations

import difflib
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonargparse import ActionConfigFile

from lit_toolcall.types import UserError


def shipped_configs() -> dict[str, Path]:
    """List the shipped configs, their names to their files."""
    root = Path(str(files("lit_toolcall.configs")))
    return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.yaml"))}


def find_config(name: str) -> Path:
    """Find a config by path or, where no such file exists, by the name of a shipped one.

    Raises:
        UserError: there is none; the nearest names are given.
    """
    path = Path(name)
    if path.is_file():
        return path
    shipped = shipped_configs()
    by_name = shipped.get(name) or shipped.get(f"{name}.yaml")
    if by_name is not None:
        return by_name
    near = difflib.get_close_matches(name, shipped, n=1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    raise UserError(f"--config {name}: no such file, and not a shipped config{guess}; shipped: {', '.join(shipped)}")


class NamedConfigFile(ActionConfigFile):
    """`--config` that also takes the name of a shipped config."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        super().__call__(parser, namespace, str(find_config(values)), option_string)
