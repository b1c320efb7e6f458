"""Names of tools and arguments: their words and spellings, and texts that mention them."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Literal

from lit_toolcall.data.name_words import split_name

Spelling = Literal["snake", "camel", "dotted"]

_VERBS = """
get fetch retrieve | find locate | create make | calculate compute | remove delete | update modify | verify validate
send dispatch | convert transform | analyze examine | choose select | buy purchase
"""
_NOUNS = """
city town | country nation | location place | origin source | picture image photo | film movie | vehicle car
doctor physician | company firm | price cost | salary pay | category kind type | description details | email mail
phone telephone | topic subject | language lang | color colour | temperature temp | weight mass | speed velocity
duration timespan | maximum max | minimum min | average mean | number num | identifier id | information info
statistics stats | configuration config | parameters params | directory folder | database db | application app
customer client | employee worker | pupil student | teacher tutor | author writer | recipient receiver
meeting appointment | error fault | method technique | result outcome | begin start | end finish
"""


def _read_groups(groups: str) -> dict[str, tuple[str, ...]]:
    """Map each word to the others of its group."""
    split = [group.split() for line in groups.strip().split("\n") for group in line.split("|")]
    return {word: tuple(other for other in group if other != word) for group in split for word in group}


VERBS = _read_groups(_VERBS)
"""Words that may stand for the first word of a tool's name. None that is a noun as well, such as `book`."""
NOUNS = _read_groups(_NOUNS)
"""Words that may stand for a word anywhere in a name."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\- ]*")
_QUOTED = re.compile(r"""(['"`])(?=(\w++)\1)""")
"""A closing quote may open the next word's."""


def spell(words: Sequence[str], spelling: Spelling) -> str:
    """Write words as one name.

    Dotted names have their subject before the dot: the words after a verb, else the first word.

    >>> [spell(["get", "user", "info"], spelling) for spelling in ("snake", "camel", "dotted")]
    ['get_user_info', 'getUserInfo', 'user_info.get']
    """
    if spelling == "camel":
        return words[0] + "".join(word.capitalize() for word in words[1:])
    if spelling == "snake" or len(words) == 1:
        return "_".join(words)
    if words[0] in VERBS:
        return "_".join(words[1:]) + "." + words[0]
    return words[0] + "." + "_".join(words[1:])


def rename(name: str, spelling: Spelling, rng: Random) -> str:
    """Say a name with synonyms of some of its words, and spell it another way.

    Where the result would not be a name (an unknown alphabet, a digit in front, a keyword of Python) the name stays.

    Args:
        name: of a tool, or, with snake or camel spelling, of an argument.
        spelling: of the new name.
        rng: decides which words change.

    >>> rename("get_city_weather", "camel", Random(1))
    'fetchTownWeather'
    """
    words = split_name(name) if _NAME.fullmatch(name) else []
    if not words:
        return name
    first = {**NOUNS, **VERBS} if len(words) > 1 else NOUNS
    new = spell([_reword(word, NOUNS if i else first, rng) for i, word in enumerate(words)], spelling)
    return new if all(part.isidentifier() and not keyword.iskeyword(part) for part in new.split(".")) else name


def _reword(word: str, synonyms: Mapping[str, tuple[str, ...]], rng: Random) -> str:
    return rng.choice(synonyms[word]) if word in synonyms and rng.random() < 0.5 else word


def is_plain_word(name: str) -> bool:
    """Tell whether a name looks like any word in a sentence, so that the word in a text need not mean the name.

    >>> is_plain_word("city"), is_plain_word("zip_code"), is_plain_word("zipCode")
    (True, False, False)
    """
    return name.isalpha() and name == name[:1] + name[1:].lower()


def quoted_words(text: str) -> set[str]:
    """Collect the words that stand in quotes.

    >>> sorted(quoted_words("Give 'city', `zone` or 'both of them'."))
    ['city', 'zone']
    """
    return {word for _, word in _QUOTED.findall(text)}


def quotes_name(text: str, name: str) -> bool:
    """Tell whether a text speaks of a name: a plain word in quotes, any other name as a word.

    >>> quotes_name("The city.", "city"), quotes_name("The 'city'.", "city"), quotes_name("As in zip_code.", "zip_code")
    (False, True, True)
    """
    if name not in text:  # most texts, and far quicker than the pattern
        return False
    if is_plain_word(name):
        return name in quoted_words(text)
    return _names_pattern([name]).search(text) is not None


def replace_names(text: str, new_names: Mapping[str, str]) -> str:
    """Replace names that are not plain words, all of them at once.

    >>> replace_names("As in a_b or b_c, not b_c_d; a is no name.", {"a_b": "b_c", "b_c": "a_b", "a": "x"})
    'As in b_c or a_b, not b_c_d; a is no name.'
    """
    found = [name for name in new_names if name in text and not is_plain_word(name)]
    return _names_pattern(found).sub(lambda match: new_names[match.group()], text) if found else text


def _names_pattern(names: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, longest_first))})(?!\w|\.\w)")
