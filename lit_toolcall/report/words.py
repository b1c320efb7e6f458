"""Texts out of rows that nobody has checked, fit to be shown and grouped."""

from __future__ import annotations

import re

MAX_REASON_CHARACTERS = 500
_QUOTED = re.compile(r"(?<!\w)('[^']*'|\"[^\"]*\")(?!\w)")
_LIST = re.compile(r"\b(tools: |it takes |one of |keys are ).*")
_DIGITS = re.compile(r"\d[\d,.]*(?<=\d)")


def show(text: str, characters: int = 160) -> str:
    """Write a text on one line, clipped, with a sign in the place of each that a terminal or browser would act on.

    >>> show("ring\\x1b[2J the\\nbell", 12)
    'ring�[2J the...'
    """
    kept = text[:characters]
    line = "".join(sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in kept)
    return line if len(text) <= characters else f"{line}..."


def show_place(place: str, characters: int = 60) -> str:
    """Write where a row was read, clipped at its start: the file's name and the line tell rows apart.

    >>> show_place("/home/data/glaive/train.jsonl:17", 20)
    '...laive/train.jsonl:17'
    """
    line = show(place, len(place))
    return line if len(line) <= characters else f"...{line[-characters:]}"


def group_reason(reason: str) -> str:
    """Leave out what differs from row to row: numbers, quoted parts, and lists of what would have been right.

    >>> group_reason("call 'get_wether' is not among this example's tools: get_weather, get_time")
    "call '...' is not among this example's tools: ..."
    >>> group_reason("1,203 tokens, more than max_tokens=1024")
    'N tokens, more than max_tokens=N'
    """
    reason = _QUOTED.sub("'...'", reason[:MAX_REASON_CHARACTERS])
    return _DIGITS.sub("N", _LIST.sub(r"\1...", reason))
