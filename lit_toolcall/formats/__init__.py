"""Call formats: how calls are written into an answer and read back out of it."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isclass

from lit_toolcall.formats.call_format import CallFormat, CallSyntaxError
from lit_toolcall.formats.hermes import Hermes
from lit_toolcall.formats.json_calls import read_call_object, read_json, write_json
from lit_toolcall.formats.lenient import Lenient
from lit_toolcall.formats.literals import read_call
from lit_toolcall.formats.llama3_json import Llama3Json
from lit_toolcall.formats.pythonic import Pythonic
from lit_toolcall.formats.thoughts import has_words
from lit_toolcall.formats.tool_code import ToolCode
from lit_toolcall.import_path import import_object
from lit_toolcall.types import UserError

__all__ = [
    "CALL_FORMATS",
    "CallFormat",
    "CallSyntaxError",
    "Hermes",
    "Lenient",
    "Llama3Json",
    "Pythonic",
    "ToolCode",
    "find_call_format",
    "has_words",
    "read_call",
    "read_call_object",
    "read_json",
    "write_json",
]

CALL_FORMATS: Mapping[str, CallFormat] = {
    "tool_code": ToolCode(),
    "hermes": Hermes(),
    "pythonic": Pythonic(),
    "llama3_json": Llama3Json(),
}
"""The formats that have a name in a config."""
SETTING = "prompt.call_format"


def find_call_format(name: str) -> CallFormat:
    """Return the call format of a name, or make one of a user's own by its import path.

    Raises:
        UserError: no format has that name, or what is imported is not a complete subclass of CallFormat.

    >>> find_call_format("hermes").start
    '<tool_call>'
    """
    if name in CALL_FORMATS:
        return CALL_FORMATS[name]
    if "." not in name:
        known = ", ".join(CALL_FORMATS)
        raise UserError(f"call format {name!r} is not known: use one of {known}, or the import path of your own")
    made = import_object(name, SETTING, "a subclass of CallFormat, such as my_format.MyFormat")
    if not (isclass(made) and issubclass(made, CallFormat)):
        raise UserError(f"{SETTING}={name}: not a class made from lit_toolcall.formats.CallFormat")
    constants = [constant for constant in ("start", "instruction") if not hasattr(made, constant)]
    if missing := sorted(made.__abstractmethods__) + constants:
        raise UserError(f"{SETTING}={name}: the class has no {', '.join(missing)}: add what CallFormat asks for")
    try:
        return made()
    except TypeError as error:
        raise UserError(f"{SETTING}={name}: {error}: a format is made without arguments") from error
