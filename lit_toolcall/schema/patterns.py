"""Regular expressions out of schemas, run only where the time that they can take is bounded beforehand."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_PATHS = 100_000
"""The most ways in which a pattern may be tried on a text."""
_ESCAPE = r"\\[dDwWsStnr.\\/^$|?*+()\[\]{}\-]"
_ATOM = re.compile(
    rf"(?:(?P<end>\$\Z)|(?:{_ESCAPE}|\[\^?(?:{_ESCAPE}|[^\\\[\]&|~])++\]|[^\\\[\](){{}}|^$?*+]))"
    r"(?P<repeat>[?*+]|\{(?P<least>\d{1,3})(?P<to>,)?(?P<most>\d{1,3})?\})?"
)


def find_pattern(pattern: object, text: str) -> bool | None:
    """Tell whether a pattern is found in a text.

    Args:
        pattern: of a schema; JSON Schema's are searched for, not matched whole.
        text: what is searched.

    Returns:
        None where it is not run: it has groups, alternatives or what else this module does not take, or could take
        too long on so long a text.

    >>> find_pattern("^x-", "x-1"), find_pattern("^[A-Z]{2}[0-9]+$", "no7"), find_pattern("^(a+)+$", "aaa")
    (True, False, None)
    """
    read = read_pattern(pattern) if isinstance(pattern, str) and len(pattern) <= 200 else None
    if read is None:
        return None
    compiled, repeats = read
    paths = 1 if pattern[:1] == "^" else len(text) + 1  # type: ignore[index]
    for choices in repeats:
        paths *= min(choices, len(text) + 1)
    return None if paths * (len(repeats) + 1) > MAX_PATHS else compiled.search(text) is not None


@lru_cache(maxsize=1000)
def read_pattern(pattern: str) -> tuple[re.Pattern[str], tuple[int, ...]] | None:
    """Compile a pattern that is a row of single characters and classes, each of them repeated or not.

    Returns:
        The pattern and how many ways each of its repeats has; the product bounds the paths of backtracking. None for a
        pattern of another kind.
    """
    position, repeats, written = int(pattern[:1] == "^"), [], pattern[:1] if pattern[:1] == "^" else ""
    while position < len(pattern):
        atom = _ATOM.match(pattern, position)
        if atom is None:
            return None
        # Python's $ also matches before a line's end
        written += r"\Z" if atom["end"] is not None else atom[0]
        repeats += [_count_ways(atom)] if atom["repeat"] else []
        position = atom.end()
    try:
        return re.compile(written, re.ASCII), tuple(repeats)
    except re.error:
        return None


def _count_ways(atom: re.Match[str]) -> int:
    if atom["repeat"] == "?":
        return 2
    if atom["repeat"] in "*+" or (atom["to"] and atom["most"] is None):
        return 1_000_000
    return int(atom["most"] or atom["least"]) - int(atom["least"]) + 1
