"""Configs are found by name: in the working directory first, then among the shipped ones."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from contextlib import chdir
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ActionConfigFile, Namespace

from lit_toolcall.cli.read_config import read_config
from lit_toolcall.paths import expand_path
from lit_toolcall.types import UserError

RENAMED = {"dpo_smollm_safe": "dpo_smollm_call_aware.yaml"}
"""Shipped configs by the names that they had before 0.1.0."""


def shipped_configs() -> dict[str, Path]:
    """List the shipped configs, their names to their files."""
    root = Path(str(files("lit_toolcall.configs")))
    return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.yaml"))}


def find_config(name: str) -> Path:
    """Find a config by path or, where no such file exists, by the name of a shipped one.

    Raises:
        UserError: there is none; the nearest names are given.
    """
    try:
        path = Path(expand_path(name, "--config"))
        if path.is_file():
            return path
    except (OSError, ValueError) as error:  # too long for a name, or a NUL in it
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"--config {name[:80]!r}: {reason}: give the name of a file") from error
    shipped = shipped_configs()
    by_name = shipped.get(name) or shipped.get(f"{name}.yaml")
    if by_name is not None:
        return by_name
    if path.is_dir():
        raise UserError(f"--config {name}: a folder: give the .yaml file inside it")
    renamed = RENAMED.get(name.removesuffix(".yaml"))
    if renamed is not None:
        raise UserError(f"--config {name}: this shipped config is called {renamed} now")
    near = difflib.get_close_matches(name, shipped, n=1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    raise UserError(f"--config {name}: no such file, and not a shipped config{guess}; shipped: {', '.join(shipped)}")


def put_configs_first(arguments: Sequence[str]) -> list[str]:
    """Put configs before all else: what comes later wins, and the command line is to win (Lightning#17533).

    >>> put_configs_first(["--trainer.max_epochs", "7", "--config", "a.yaml", "-c=b.yaml"])
    ['--config', 'a.yaml', '-c=b.yaml', '--trainer.max_epochs', '7']
    """
    configs: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("--config", "-c"):
            configs += [argument, *islice(rest, 1)]
        elif argument.startswith(("--config=", "-c=")):
            configs.append(argument)
        else:
            others.append(argument)
    return [*configs, *others]


class NamedConfigFile(ActionConfigFile):
    """`--config` that also takes the name of a shipped config; a later config's lists replace those of earlier ones."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        path = find_config(values)
        config = read_config(path)
        forget_lists(namespace, config)
        with chdir(path.resolve().parent):  # a setting may name a file of further settings, beside this one
            super().__call__(parser, namespace, yaml.safe_dump(config, default_style='"'), option_string)


def forget_lists(namespace: Namespace, config: Mapping[str, Any], prefix: str = "") -> None:
    """Take out of earlier configs each list that a later one gives anew.

    The parser would keep settings of an earlier list's items where the later ones do not name them: a source of the
    user's own would be cut to the `limit` of the shipped config's.

    >>> namespace = Namespace(data=Namespace(train=[1, 2], seed=3))
    >>> forget_lists(namespace, {"data": {"train": [4]}})
    >>> namespace.data
    Namespace(train=None, seed=3)
    """
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            forget_lists(namespace, value, f"{name}.")
        elif isinstance(value, list) and name in namespace:
            namespace[name] = None
