"""Kind `typos`: misspelt words in what the user says, never in what a call has to copy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.schemas import list_texts
from lit_toolcall.robustness.transformation import Outcome, Surroundings
from lit_toolcall.robustness.value_words import holds_value_word, is_value_word
from lit_toolcall.types import Example

MIN_LETTERS = 4
"""A shorter word is not misspelt: it would too often become another word."""
MAX_LETTERS = 40
"""A longer one is no word."""

_CHUNK = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LATIN = re.compile(r"[a-zA-Z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff]+")
"""The script whose words are misspelt: others have no spaces between words, or letters that are whole syllables."""
# An opening mark ends the search that the one before it began, so that a text of opening marks takes no longer.
_QUOTED = re.compile(
    r"\"[^\"]*\"|`[^`]*`|“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|「[^「」]*」"
    r"|‘[^‘]*?’(?!\w)|(?<!\w)'[^\n]{0,200}?'(?!\w)"  # noqa: RUF001
)
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    letter: row[max(0, place - 1) : place] + row[place + 1 : place + 2]
    for row in _ROWS
    for place, letter in enumerate(row)
}
"""The letters beside a letter on an English keyboard."""


def misspell_query(example: Example, _: Surroundings, rng: Random, rate: float) -> Outcome:
    """Misspell words of the user's turns, each with the same chance.

    Words are plain words of `MIN_LETTERS` Latin letters or more. What is quoted is never misspelt, nor what holds
    digits or marks (`a_b`, `x@example.com`), nor a word in which stands a word of a text that an expected call holds,
    or one that a value is read from (`holds_value_word`): `four`, `March`, `miles`.

    Args:
        rate: the chance of each word, 0 to 1.
    """
    copied = find_copied_words(example)
    counted = 0
    messages = []
    for message in example.messages:
        if message.role == "user":
            text, changed = misspell_text(message.content, copied, rate, rng)
            counted += changed
            message = replace(message, content=text)
        messages.append(message)
    return Outcome(replace(example, messages=tuple(messages)), "" if counted else "no word changed")


def find_copied_words(example: Example) -> frozenset[str]:
    """Collect the words, without case, of all texts in the expected calls and in BFCL's accepted values."""
    calls = [call.arguments for call in (example.answer.calls if example.answer is not None else ())]
    gold = example.bfcl.ground_truth if example.bfcl is not None else None
    accepted = [arguments for entry in gold or () for arguments in entry.values()]
    texts = [text for arguments in (*calls, *accepted) for text in list_texts(arguments)]
    return frozenset(word.casefold() for text in texts for word in _LETTERS.findall(text))


def misspell_text(text: str, copied: Set[str], rate: float, rng: Random) -> tuple[str, int]:
    """Misspell words of a text; return it with the number of words that changed.

    The same random numbers at a higher rate misspell the same words in the same way, and more.

    >>> misspell_text("a2b2 'in quotes' near Lisbon's and Lisbon", {"lisbon"}, 1.0, Random(3))[1]  # near
    1
    """
    pieces, end, changed = [], 0, 0
    for begin, word in _find_words(text, copied):
        draw, letters = rng.random(), Random(rng.random())  # both drawn whether or not the word is misspelt
        if draw < rate:
            pieces += [text[end:begin], misspell(word, letters)]
            end = begin + len(word)
            changed += 1
    return "".join([*pieces, text[end:]]), changed


def _find_words(text: str, copied: Set[str]) -> Iterator[tuple[int, str]]:
    """Yield the words that may be misspelt, with their places."""
    lengths = {len(word) for word in copied}
    quoted = {place for match in _QUOTED.finditer(text) for place in range(*match.span())}
    for match in _CHUNK.finditer(text):
        letters = _LETTERS.search(match.group())
        if letters is None:
            continue
        word, begin = letters.group(), match.start() + letters.start()
        around = match.group()[: letters.start()] + match.group()[letters.end() :]
        if any(character.isalnum() or character in "_@/\\#$%&=+<>{}[]" for character in around):
            continue
        if not MIN_LETTERS <= len(word) <= MAX_LETTERS or begin in quoted or not _LATIN.fullmatch(word):
            continue
        if not holds_value_word(word) and not _holds_copied(word, copied, lengths):
            yield begin, word


def _holds_copied(word: str, copied: Set[str], lengths: Set[int]) -> bool:
    """Tell whether a copied word is a word or part of it; one of one or two ASCII letters only if it is all of it."""
    folded = word.casefold()
    return folded in copied or any(
        part in copied and (length > 2 or not part.isascii())
        for length in lengths
        for part in (folded[place : place + length] for place in range(len(folded) - length + 1))
    )


def misspell(word: str, rng: Random) -> str:
    """Misspell a word after its first letter: two letters swapped, one left out, doubled, or a key beside it.

    No value word comes of it: `tent` never becomes `ten`.

    >>> sorted({misspell("odd", Random(seed)) for seed in range(100)})
    ['od', 'oddd', 'odf', 'ods', 'ofd', 'osd']
    """
    place = rng.randrange(1, len(word))
    ways = [word[:place] + word[place + 1 :], word[:place] + word[place] + word[place:]]
    if place + 1 < len(word) and word[place] != word[place + 1]:
        ways.append(word[:place] + word[place + 1] + word[place] + word[place + 2 :])
    if beside := _NEIGHBOURS.get(word[place].lower()):
        key = rng.choice(beside)
        ways.append(word[:place] + (key.upper() if word[place].isupper() else key) + word[place + 1 :])
    return rng.choice([way for way in ways if not is_value_word(way)])
