"""Paths in settings: `~` is the home folder, `$NAME` an environment variable."""

from __future__ import annotations

import os
import re

from lit_toolcall.types import UserError

_VARIABLE = re.compile(r"\$(?:\w+|\{\w+\})")


def expand_path(path: str, argument: str = "path") -> str:
    """Write a path in full; one that exists as it is written stays.

    >>> expand_path("demo:train.jsonl")
    'demo:train.jsonl'

    Args:
        path: as a user gives it.
        argument: where the user gave it.

    Raises:
        UserError: no such user, or a variable that is not set.
    """
    if os.path.lexists(path):
        return path
    expanded = os.path.expandvars(path)
    if missing := _VARIABLE.search(expanded):
        raise UserError(f"{argument}={path}: {missing[0]} is not set in the environment: write the path in full")
    if not expanded.startswith("~"):
        return expanded
    home = os.path.expanduser(expanded)
    if home == expanded:
        raise UserError(f"{argument}={path}: the home folder of {path.split('/')[0]} is not known: write it in full")
    return home
