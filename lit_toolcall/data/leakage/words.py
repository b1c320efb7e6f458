"""Texts and tool names as words without case and punctuation, so that two spellings compare equal."""

from __future__ import annotations

import re
import unicodedata

# Japanese, Chinese and Korean sentences have few spaces or long endings: there each character is a word.
_CHARACTER_WORDS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CHARACTER_WORDS}]|[^\W_{_CHARACTER_WORDS}]+")
_NAME_BREAK = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(text: str) -> tuple[str, ...]:
    """List a text's words in one spelling: no case, no punctuation, one Unicode form.

    >>> split_words("What's the weather, in OSLO?")
    ('what', 's', 'the', 'weather', 'in', 'oslo')
    """
    spelled = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return tuple(_WORD.findall(spelled))


def fold_name(name: str) -> tuple[str, ...]:
    """List the words of a tool's name, of any alphabet, in one spelling: no case, no dots, underscores or blanks.

    >>> fold_name("sendHTTPRequest"), fold_name("weather.get_forecast v2")
    (('send', 'http', 'request'), ('weather', 'get', 'forecast', 'v2'))
    """
    return tuple(word.casefold() for word in _NAME_BREAK.split(unicodedata.normalize("NFKC", name)) if word)
