"""Words for values and kinds of values, as a user writes them in YAML, and text that a terminal may be given."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Any

from lit_toolcall.json_values import clip

MAX_SHOWN = 80
"""Characters of a value that are shown."""
KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "a string", dict: "a mapping"}
"""A setting's types as a user knows them."""
CONTROLS = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of control and format characters, surrogates and separators of lines."""


def name_kind(value: object) -> str:
    """Name a value's kind in YAML's words.

    >>> name_kind(None), name_kind([1]), name_kind("text"), name_kind(0.5)
    ('null', 'a list', 'a string', 'a number')
    """
    names = KINDS | {list: "a list", type(None): "null", bytes: "binary data"}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a number"
    return names.get(type(value), with_article(type(value).__name__))


def show(value: Any) -> str:
    """Write a value on one line, shortened.

    >>> show("two\\n lines"), show("")
    ('two lines', "''")
    """
    text = " ".join(str(value).split()) or "''"
    return clip(text, MAX_SHOWN)


def with_article(noun: str) -> str:
    """Put `a` or `an` before a noun.

    >>> with_article("int"), with_article("text")
    ('an int', 'a text')
    """
    return f"{'an' if noun[0] in 'AEIOUaeiou' else 'a'} {noun}"


def guess_name(name: str, known: Iterable[str]) -> str:
    """Ask for the nearest of some names.

    >>> guess_name("tset", ["fit", "test"])
    '; did you mean `test`?'
    """
    lower = {each.lower(): each for each in known}
    begun = [each for each in lower if each.startswith(name.lower()) and len(name) > 3]
    near = begun or difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.6)
    return f"; did you mean `{lower[near[0]]}`?" if near else ""


def escape_controls(text: str) -> str:
    r"""Write control characters as escapes: a row must not move a terminal's cursor, colour it or hide text.

    >>> print(escape_controls("red \x1b[31m back\x08 turned\u202e"))
    red \x1b[31m back\x08 turned\u202e
    """
    return "".join(
        each if each in "\n\t" or unicodedata.category(each) not in CONTROLS else each.encode("unicode_escape").decode()
        for each in text
    )
