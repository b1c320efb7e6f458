"""The error of a tool description that cannot be used."""

from __future__ import annotations

from lit_toolcall.types import UserError


class SchemaError(UserError):
    """A tool description that no rule of `tool_from_dict` or `parse_signature` takes."""
