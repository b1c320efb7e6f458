"""Import of an object that a setting names by its import path."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lit_toolcall.types import UserError


def import_object(path: str, setting: str, wanted: str) -> Any:
    """Import a function, class or object.

    Args:
        path: `module.name`.
        setting: that names it, for the error.
        wanted: what to write instead, for the error.

    Raises:
        UserError: there is nothing of that name, or its module fails.

    >>> import_object("math.hypot", "model.schedule", "a function, such as my_module.rise")(3, 4)
    5.0
    """
    module, _, name = path.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except Exception as error:  # a module of a user's own may raise anything
        missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
        if missing and f"{module}.".startswith(f"{missing}."):
            raise UserError(
                f"{setting}={path}: no module `{missing}` on the import path: start in its folder, or set PYTHONPATH "
                "to it"
            ) from error
        raise UserError(
            f"{setting}={path}: it cannot be imported ({type(error).__name__}: {error}): give the path of {wanted}"
        ) from error
