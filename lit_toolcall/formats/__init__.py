"""Call formats: how calls are written into an answer and read back out of it."""

from __future__ import annotations

from collections.abc import Mapping

from lit_toolcall.formats.call_format import CallFormat, CallSyntaxError
from lit_toolcall.formats.hermes import Hermes
from lit_toolcall.formats.literals import read_call
from lit_toolcall.formats.llama3_json import Llama3Json
from lit_toolcall.formats.pythonic import Pythonic
from lit_toolcall.formats.thoughts import has_words
from lit_toolcall.formats.tool_code import ToolCode
from lit_toolcall.types import UserError

__all__ = [
    "CALL_FORMATS",
    "CallFormat",
    "CallSyntaxError",
    "Hermes",
    "Llama3Json",
    "Pythonic",
    "ToolCode",
    "call_format",
    "has_words",
    "read_call",
]

CALL_FORMATS: Mapping[str, CallFormat] = {form.name: form for form in (ToolCode(), Hermes(), Pythonic(), Llama3Json())}
"""The known formats by the name that a config uses."""


def call_format(name: str) -> CallFormat:
    """Return the call format of a name.

    Raises:
        UserError: no format has that name.

    >>> call_format("hermes").start
    '<tool_call>'
    """
    if name not in CALL_FORMATS:
        raise UserError(f"call format {name!r} is not known: use one of {', '.join(CALL_FORMATS)}")
    return CALL_FORMATS[name]
