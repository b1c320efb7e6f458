"""Kinds of argument values: drawn, said in a question, written in a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

SMALL_NUMBERS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


@dataclass(frozen=True)
class Said:
    """A value and the words that a question uses for it."""

    value: Any
    """As `Dialect.write` takes it; a mapping of names to `Said` where the argument is an object."""
    text: str


@dataclass(frozen=True)
class Dialect:
    """One way in which a tool may ask for a value."""

    schema: Mapping[str, Any]
    write: Callable[[Any], Any] = field(default=lambda value: value)
    """From the drawn value to the JSON value in the call."""
    hints: tuple[str, ...] = ("",)
    """Endings of the argument's description, any of which tells this dialect from the others."""


@dataclass(frozen=True)
class Kind:
    """A kind of value."""

    draw: Callable[[Random], Said]
    dialects: tuple[Dialect, ...]
    fields: tuple[Any, ...] = ()
    """The `Argument`s inside, where this is an object."""


def _options(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


def say_integer(number: int, rng: Random) -> str:
    """Write a whole number as people do: 7, seven, 12,500, 3 million."""
    if 2 <= number < len(SMALL_NUMBERS) and rng.random() < 0.15:
        return SMALL_NUMBERS[number]
    if number >= 1_000_000 and number % 100_000 == 0 and rng.random() < 0.4:
        return f"{number / 1_000_000:g} million"
    return f"{number:,}" if abs(number) >= 1000 and rng.random() < 0.5 else str(number)


def integer(low: int, high: int, step: int = 1) -> Kind:
    """Whole numbers from `low` to `high`."""

    def draw(rng: Random) -> Said:
        number = rng.randrange(low, high + 1, step)
        return Said(number, say_integer(number, rng))

    return Kind(draw, (Dialect({"type": "integer"}),))


def year(low: int, high: int) -> Kind:
    """Years, never written with a comma."""

    def draw(rng: Random) -> Said:
        number = rng.randint(low, high)
        return Said(number, str(number))

    return Kind(draw, (Dialect({"type": "integer"}),))


def number(low: float, high: float, places: int = 1) -> Kind:
    """Decimals; a third are whole numbers and stay whole in the call."""

    def draw(rng: Random) -> Said:
        drawn: float = round(rng.uniform(low, high), places)
        if drawn == int(drawn) or (rng.random() < 0.3 and low <= int(drawn) != 0):
            drawn = int(drawn)
        return Said(drawn, str(drawn))

    return Kind(draw, (Dialect({"type": "number"}),))


def percent(low: float, high: float, places: int = 1) -> Kind:
    """Percentages, which one tool wants as 0.05 and another as 5."""

    def draw(rng: Random) -> Said:
        drawn: float = round(rng.uniform(low, high), places)
        drawn = int(drawn) if drawn == int(drawn) or (rng.random() < 0.4 and drawn >= 1) else drawn
        return Said(drawn, f"{drawn}{rng.choice(('%', '%', '%', ' percent'))}")

    decimal = Dialect(
        {"type": "number"},
        lambda value: round(value / 100, 6),
        (" as a decimal", ", in decimal form (0.05 for 5%)", " as a fraction of 1"),
    )
    plain = Dialect({"type": "number"}, hints=(" in percent", ", as a percentage", " (percent)"))
    return Kind(draw, (decimal, plain))


def one_of(*pools: Sequence[str]) -> Kind:
    """A string of a word list, copied as it stands; of several lists, words joined by a space."""

    def draw(rng: Random) -> Said:
        text = " ".join(rng.choice(pool) for pool in pools)
        return Said(text, text)

    return Kind(draw, (Dialect({"type": "string"}),))


def string(make: Callable[[Random], str]) -> Kind:
    """A string that a function composes, copied as it stands."""

    def draw(rng: Random) -> Said:
        text = make(rng)
        return Said(text, text)

    return Kind(draw, (Dialect({"type": "string"}),))


def choice(spoken: Mapping[str, str]) -> Kind:
    """One of a few named values.

    Args:
        spoken: from a value's spellings to its wordings, each parted by `|`, as in
            `{"celsius|C": "Celsius|centigrade"}`. A tool
            uses the n-th spelling of each value, as an enum or as a list in the description.
    """
    rows = {_options(key): _options(words) for key, words in spoken.items()}

    def draw(rng: Random) -> Said:
        spellings = rng.choice(list(rows))
        return Said(spellings[0], rng.choice(rows[spellings]))

    dialects = []
    for index in range(min(len(spellings) for spellings in rows)):
        written = {spellings[0]: spellings[index] for spellings in rows}
        names = list(written.values())
        listed = ", ".join(f"'{name}'" for name in names[:-1]) + f" or '{names[-1]}'"
        dialects.append(Dialect({"type": "string", "enum": names}, written.__getitem__))
        dialects.append(Dialect({"type": "string"}, written.__getitem__, (f": {listed}", f" ({listed})")))
    return Kind(draw, tuple(dialects))


def flag(yes: str, no: str) -> Kind:
    """True or false, each by its wordings, parted by `|`; without wordings for no, only ever true."""

    def draw(rng: Random) -> Said:
        value = rng.random() < 0.6 or not no
        return Said(value, rng.choice(_options(yes if value else no)))

    return Kind(draw, (Dialect({"type": "boolean"}),))


def join_words(words: Sequence[str], rng: Random) -> str:
    """List words as a sentence does."""
    if len(words) == 1:
        return words[0]
    comma = "," if len(words) > 2 and rng.random() < 0.5 else ""
    return f"{', '.join(words[:-1])}{comma} and {words[-1]}"


def several(kind: Kind, low: int, high: int) -> Kind:
    """An array of `low` to `high` different values of a kind."""

    def draw(rng: Random) -> Said:
        items: dict[Any, Said] = {}
        wanted = rng.randint(low, high)
        while len(items) < wanted:
            said = kind.draw(rng)
            items.setdefault(said.value, said)
        values = list(items)
        if isinstance(values[0], str):
            return Said(values, join_words([said.text for said in items.values()], rng))
        digits = [str(value) for value in values]
        styles = (
            ", ".join(digits),
            f"[{', '.join(digits)}]",
            join_words(digits, rng),
            join_words(digits, rng),
        )
        return Said(values, rng.choice(styles))

    def lift(dialect: Dialect) -> Dialect:
        schema = {"type": "array", "items": dict(dialect.schema)}
        return Dialect(schema, lambda values: [dialect.write(value) for value in values], dialect.hints)

    return Kind(draw, tuple(lift(dialect) for dialect in kind.dialects))


def record(*fields: Any) -> Kind:
    """An object; its fields are `Argument`s, and a template says them as `{object.field}`."""

    def draw(rng: Random) -> Said:
        return Said({field.key: field.kind.draw(rng) for field in fields}, "")

    return Kind(draw, (Dialect({"type": "object"}),), fields)
