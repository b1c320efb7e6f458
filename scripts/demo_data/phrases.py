"""Sentences made of templates."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from demo_data.values import Said

SLOT = re.compile(r"\{([a-z0-9_.]+)\}")
_ALTERNATIVES = re.compile(r"\(([^()]*\|[^()]*)\)")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")
_ARTICLE = re.compile(r"\b([Aa]) $")
_SOUNDS_LIKE_VOWEL = re.compile(r"(?!(uni|us|ut|eu|one\b|u[A-Z]))[aeiou]|8|11\b|18\b", re.IGNORECASE)
# sentences that begin with these are no commands
_NO_COMMAND = re.compile(
    r"(?:A|At|Can|Could|For|From|Given|I|Is|Lights|My"
    r"|New|On|Please|Someone|Something|The|There|Was|We)\b"
)
_WRAPS = (
    ("Please ", "."),
    ("Please ", "."),
    ("Could you ", "?"),
    ("Can you ", "?"),
    ("I'd like you to ", "."),
    ("I need you to ", "."),
    ("Would you please ", "?"),
)
_LISTS = {
    2: ("{0}, and {1}.", "{0}, then {1}.", "first {0}, then {1}.", "please {0} and also {1}."),
    3: ("{0}, {1}, and {2}.", "first {0}, then {1}, and finally {2}.", "{0}, then {1}, and {2}."),
}
_OPENINGS = (
    "Hi! ",
    "Hello. ",
    "Quick question: ",
    "One more thing. ",
    "Hey there! ",
    "I could use some help here. ",
)
_ENDINGS = (" Thanks!", " Thank you.", " I'm in a bit of a hurry.", " That would help me a lot.")


def expand(template: str, rng: Random) -> str:
    """Choose among the alternatives of a template and drop optional segments at random; slots stay.

    >>> expand("(Tell|Show) me {city}.", Random(1)) in ("Tell me {city}.", "Show me {city}.")
    True
    """
    while found := _ALTERNATIVES.search(template):
        template = template[: found.start()] + rng.choice(found[1].split("|")) + template[found.end() :]
    while found := _SEGMENT.search(template):
        kept = found[1] if rng.random() < 0.6 else ""
        template = template[: found.start()] + kept + template[found.end() :]
    return template


def without_slots(template: str, absent: Collection[str]) -> str | None:
    """The template without the segments that say an absent argument; None where it says one elsewhere.

    >>> without_slots("Go to {city}[ on {day}].", {"day"}), without_slots("Go on {day}.", {"day"})
    ('Go to {city}.', None)
    """

    def says_absent(text: str) -> bool:
        return any(part in absent for name in slots(text) for part in name.split("."))

    kept = _SEGMENT.sub(lambda found: "" if says_absent(found[1]) else found[0], template)
    return None if says_absent(kept) else kept


def slots(template: str) -> list[str]:
    """The names in a template's slots.

    >>> slots("From {1.city} to {2.city} by {mode}")
    ['1.city', '2.city', 'mode']
    """
    return SLOT.findall(template)


def fill(template: str, said: Mapping[str, Said]) -> str:
    """Put the words of each value into its slot, with "an" where a vowel follows, and a capital at the start.

    >>> fill("a {fruit} from {city}", {"fruit": Said("apple", "apple"), "city": Said("Rome", "Rome")})
    'An apple from Rome'
    """
    text = ""
    for index, part in enumerate(SLOT.split(template)):
        if index % 2:
            name, _, field = part.rpartition(".")
            whole = said[part] if part in said else said[name].value[field]
            article = _ARTICLE.search(text)
            if article and _SOUNDS_LIKE_VOWEL.match(whole.text):
                text = text[: article.start()] + article[1] + "n "
            part = whole.text
        text += part
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class Sentence:
    """A filled template."""

    text: str
    begins_with_value: bool = False
    """Its first word is a value, such as a name, so the capital stays."""

    @property
    def is_command(self) -> bool:
        """True for one sentence that begins with an order.

        >>> Sentence("Book a table.").is_command, Sentence("What is it?").is_command
        (True, False)
        """
        if self.begins_with_value or not self.text.endswith("."):
            return False
        return not re.search(r"[.?!] ", self.text) and not _NO_COMMAND.match(self.text)

    @property
    def inner(self) -> str:
        """The text without its capital, unless that belongs to a name or to "I".

        >>> Sentence("Book it.").inner, Sentence("I'm here.").inner
        ('book it.', "I'm here.")
        """
        keeps_capital = self.begins_with_value or re.match(r"I\b", self.text)
        return self.text if keeps_capital else self.text[:1].lower() + self.text[1:]


def dress(sentence: Sentence, rng: Random) -> str:
    """Make a sentence politer or chattier, sometimes."""
    text = sentence.text
    if sentence.is_command and rng.random() < 0.35:
        start, end = rng.choice(_WRAPS)
        text = f"{start}{sentence.inner[:-1]}{end}"
    roll = rng.random()
    if roll < 0.05:
        return rng.choice(_OPENINGS) + text
    return text + rng.choice(_ENDINGS) if roll < 0.09 else text


def join(sentences: Sequence[Sentence], rng: Random) -> str:
    """Ask for several things in one request.

    >>> join([Sentence("Find a hotel."), Sentence("Book a table.")], Random(0)).count("ook a table")
    1
    """
    if all(sentence.is_command for sentence in sentences) and rng.random() < 0.6:
        inner = [sentence.inner[:-1] for sentence in sentences]
        text = rng.choice(_LISTS[len(inner)]).format(*inner)
        return text[:1].upper() + text[1:]
    first, *others = sentences
    text = first.text
    words = ["Also, ", "And ", ""] + ["After that, "] * all(sentence.is_command for sentence in others)
    for sentence in others:
        word = rng.choice(words)
        words.remove(word)
        text += f" {word}{sentence.inner if word else sentence.text}"
    return text
