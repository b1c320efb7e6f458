"""The law of every call format, checked on each text that is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lit_toolcall.formats.base import CallSyntaxError
from lit_toolcall.types import Problem, ToolCall


def _spelling(calls: Sequence[ToolCall]) -> str:
    # repr tells apart what == does not: 1, 1.0 and True; 0.0 and -0.0; the order of keys.
    return repr([(call.name, dict(call.arguments)) for call in calls])


def check_round_trip(calls: Sequence[ToolCall], text: str, parse: Callable[[str], tuple[ToolCall, ...]]) -> None:
    """Raise where a rendered text does not read back as the calls it was made of, types and order included.

    Raises:
        CallSyntaxError: it reads as something else, cannot be read, or cannot be encoded as UTF-8.

    >>> call = ToolCall("f", {"a": (1, 2)})
    >>> check_round_trip([call], "", lambda _: (ToolCall("f", {"a": [1, 2]}),))
    Traceback (most recent call last):
    ...
    lit_toolcall.formats.base.CallSyntaxError: a call that this format cannot hold: f
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CallSyntaxError(Problem.SYNTAX, "a lone surrogate is not text") from error
    if not calls:
        raise CallSyntaxError(Problem.SYNTAX, "no calls to write: an answer without calls is plain text")
    if _spelling(parse(text)) != _spelling(calls):
        names = ", ".join(call.name for call in calls)
        raise CallSyntaxError(Problem.SYNTAX, f"a call that this format cannot hold: {names}")
