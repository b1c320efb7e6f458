"""The error of a tool description that cannot be used."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from lit_toolcall.types import UserError

SHOWN_NAMES = 20
"""Names that a sentence lists."""


class SchemaError(UserError):
    """A tool description that no rule of `tool_from_dict` or `parse_signature` takes."""


def list_names(names: Collection[str]) -> str:
    """Return names for a sentence, the first of them where they are many.

    >>> list_names([]), list_names(["a", "b"]), list_names([str(i) for i in range(22)])[-13:]
    ('none', 'a, b', '19 and 2 more')
    """
    shown = ", ".join(f"{name:.60}" for name in islice(names, SHOWN_NAMES)) or "none"
    return f"{shown} and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else shown
