"""From a template to a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from random import Random

from demo_data.values import Said

SLOT = re.compile(r"\{([a-z0-9_.]+)\}")
_ALTERNATIVES = re.compile(r"\(([^()]*\|[^()]*)\)")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")
_ARTICLE = re.compile(r"\b([Aa]) $")
_SOUNDS_LIKE_VOWEL = re.compile(r"(?!(uni|us|ut|eu|one\b|u[A-Z]))[aeiou]|8|11\b|18\b", re.IGNORECASE)
# sentences that begin with these are no commands
_NOT_A_VERB = frozenset(
    [
        "I",
        "I'm",
        "I'd",
        "I've",
        "I'll",
        "It",
        "It's",
        "My",
        "Our",
        "We",
        "We're",
        "We'd",
        "We've",
        "The",
        "There",
        "This",
        "A",
        "An",
        "For",
        "At",
        "In",
        "On",
        "With",
        "If",
        "How",
        "What",
        "When",
        "Where",
        "Which",
        "Who",
        "Given",
        "Is",
        "Are",
        "Can",
        "Could",
        "Do",
        "Does",
        "Would",
        "Will",
        "Should",
        "From",
        "To",
        "Between",
        "Starting",
        "Tomorrow",
        "Both",
        "Some",
        "Someone",
        "One",
        "Two",
        "You",
        "Please",
        "Hello",
        "Hi",
        "After",
        "Before",
        "Suppose",
        "Under",
        "Let's",
        "Over",
        "Not",
        "Somebody",
        "First",
        "Got",
        "Having",
    ]
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
_OPENINGS = (
    "Hi! ",
    "Hello. ",
    "Quick question: ",
    "One more thing. ",
    "Hey there, ",
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
        kept = found[1] if rng.random() < 0.5 else ""
        template = template[: found.start()] + kept + template[found.end() :]
    return template


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


def is_command(sentence: str) -> bool:
    """Whether a text is one sentence that begins with an order.

    >>> is_command("Book a table."), is_command("What is it?")
    (True, False)
    """
    first = re.split(r"[\s,]", sentence, maxsplit=1)[0]
    return sentence.endswith(".") and not re.search(r"[.?!] ", sentence) and first not in _NOT_A_VERB


def lower_first(sentence: str) -> str:
    """The sentence without its capital, unless that belongs to "I".

    >>> lower_first("Book it"), lower_first("I'm here")
    ('book it', "I'm here")
    """
    return sentence if re.match(r"I\b", sentence) else sentence[:1].lower() + sentence[1:]


def dress(sentence: str, rng: Random) -> str:
    """Make a sentence politer or chattier, sometimes."""
    if is_command(sentence) and rng.random() < 0.35:
        start, end = rng.choice(_WRAPS)
        sentence = f"{start}{lower_first(sentence[:-1])}{end}"
    roll = rng.random()
    if roll < 0.05:
        return rng.choice(_OPENINGS) + sentence
    return sentence + rng.choice(_ENDINGS) if roll < 0.09 else sentence


def join(sentences: Sequence[str], rng: Random) -> str:
    """Ask for several things in one request.

    >>> join(["Find a hotel.", "Book a table."], Random(0)).count("ook a table")
    1
    """
    first, *others = sentences
    if all(is_command(sentence) for sentence in sentences) and rng.random() < 0.6:
        inner = [lower_first(sentence[:-1]) for sentence in sentences]
        if len(inner) == 2:
            forms = ("{0}, and {1}.", "{0}, then {1}.", "first {0}, then {1}.", "please {0} and also {1}.")
        else:
            forms = ("{0}, {1}, and {2}.", "first {0}, then {1}, and finally {2}.", "{0}, then {1}, and {2}.")
        text = rng.choice(forms).format(*inner)
        return text[:1].upper() + text[1:]
    words = ("Also, ", "And ", "", "After that, ") if all(map(is_command, others)) else ("Also, ", "And ", "")
    text = first
    for sentence in others:
        word = rng.choice(words)
        words = tuple(other for other in words if other != word)
        text += f" {word}{lower_first(sentence) if word and not _starts_with_name(sentence) else sentence}"
    return text


def _starts_with_name(sentence: str) -> bool:
    first = sentence.split()[0].rstrip(",'s")
    return first.isupper() or not first.isalpha()
