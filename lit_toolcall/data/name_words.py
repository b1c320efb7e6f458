"""Names of tools, arguments and keys as words, whatever their spelling."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]{2,}s?(?![a-z])|[A-Z](?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+|\d+")


def split_name(name: str) -> list[str]:
    """List the words of a name in lower case: snake case, camel case, dots, blanks and acronyms are told apart.

    >>> split_name("geo.ringVolume_2"), split_name("sendHTTPRequest"), split_name("listURLs")
    (['geo', 'ring', 'volume', '2'], ['send', 'http', 'request'], ['list', 'urls'])
    """
    return [word.lower() for word in _WORD.findall(name)]
