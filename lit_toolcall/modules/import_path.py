"""Functions and classes that a setting names by their import path."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from lit_toolcall.types import UserError


def import_callable(path: str, setting: str, example: str) -> Callable[..., Any]:
    """Import a function or class.

    Args:
        path: `module.name`.
        setting: that names it, for the error.
        example: what to write instead, for the error.

    Raises:
        UserError: there is nothing to call there, or its module fails.

    >>> import_callable("math.hypot", "model.schedule", "my_module.rise")(3, 4)
    5.0
    >>> import_callable("math.pi", "model.schedule", "my_module.rise")
    Traceback (most recent call last):
    lit_toolcall.types.UserError: model.schedule=math.pi is a float: give the path of a function, such as my_module.rise
    """
    module, _, name = path.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except Exception as error:  # a module of a user's own may raise anything
        raise UserError(
            f"{setting}={path}: it cannot be imported ({type(error).__name__}: {error}): give the path of a function, "
            f"such as {example}"
        ) from error
    if not callable(found):
        raise UserError(f"{setting}={path} is a {type(found).__name__}: give the path of a function, such as {example}")
    imported: Callable[..., Any] = found
    return imported
