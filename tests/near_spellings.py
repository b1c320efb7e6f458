"""Right values written otherwise: in another spelling, with or without a unit, in another format, rounded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, time
from typing import Any

Respelling = Callable[[Any], list[Any]]
"""Lists a value in other spellings of one kind; none where it has none."""

_NUMBER = re.compile(r"(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?", re.ASCII)
_AMOUNT = re.compile(rf"({_NUMBER.pattern}) ?(km|kg|weeks?|months?|hours?|h|minutes?|days?|years?|%)", re.ASCII)
_WORDS = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)+")
_LISTED = re.compile(r"[^\W\d_]+(?:, [^\W\d_]+)+")
_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_OTHER_UNITS = {"week": "weeks", "weeks": "week", "hour": "h", "hours": "h", "h": "hours", "km": "kilometers"}
_UNITS_OF_TEXTS = ("km", "hours", "%", "USD")


def in_lists(respelling: Respelling) -> Respelling:
    """Let a respelling change one item of a list too.

    >>> in_lists(lambda value: ["b"] if value == "a" else [])(["a", "c"])
    [['b', 'c']]
    """

    def respell_items(value: Any) -> list[Any]:
        if not isinstance(value, list):
            return respelling(value)
        found = respelling(value)
        for i, item in enumerate(value):
            found += [[*value[:i], other, *value[i + 1 :]] for other in respelling(item)]
        return found

    return respell_items


@in_lists
def respell(value: Any) -> list[Any]:
    """Write a text in other case, and with other spaces and punctuation.

    >>> respell("New York")
    ['NEW YORK', 'new york', ' New York', 'New York.', 'New-York', 'NewYork']
    """
    if not isinstance(value, str) or not any(map(str.isalnum, value)):
        return []
    spelled = [value.upper(), value.lower(), value.title(), f" {value}", f"{value}."]
    if _WORDS.fullmatch(value):
        spelled += [value.replace(" ", "-"), value.replace(" ", "")]
    return [other for other in dict.fromkeys(spelled) if other != value]


@in_lists
def add_or_drop_unit(value: Any) -> list[Any]:
    """Write a text of a number with a unit, and one with a unit without it or with another word for it.

    >>> add_or_drop_unit("20"), add_or_drop_unit("2 weeks")
    (['20 km', '20 hours', '20 %', '20 USD'], ['2', '2 week'])
    """
    if not isinstance(value, str):
        return []
    if _NUMBER.fullmatch(value):
        return [f"{value} {unit}" for unit in _UNITS_OF_TEXTS]
    found = _AMOUNT.fullmatch(value)
    if not found:
        return []
    number, unit = found.groups()
    return [number, *(f"{number} {_OTHER_UNITS[unit]}" for _ in [0] if unit in _OTHER_UNITS)]


@in_lists
def reformat(value: Any) -> list[Any]:
    """Write a text of a date, a time, a number or a list in another format.

    >>> reformat("2024-03-05")
    ['March 5, 2024', '5 March 2024', '2024/03/05', '05.03.2024', '03/05/2024']
    >>> reformat("14:30"), reformat("1500"), reformat("red, green")
    (['2:30 PM', '02:30 pm', '14:30:00'], ['1,500', '1500.0'], ['red and green', '["red", "green"]'])
    """
    if not isinstance(value, str):
        return []
    if found := _ISO_DATE.fullmatch(value):
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        except ValueError:
            return []
        named = [f"{day:%B} {day.day}, {day.year:04}", f"{day.day} {day:%B} {day.year:04}"]
        return [*named, f"{day:%Y/%m/%d}", f"{day:%d.%m.%Y}", f"{day:%m/%d/%Y}"]
    if found := _CLOCK.fullmatch(value):
        clock = time(int(found[1]), int(found[2]))
        return [f"{clock:%I:%M %p}".lstrip("0"), f"{clock:%I:%M %p}".lower(), f"{clock:%H:%M:%S}"]
    if _NUMBER.fullmatch(value):
        whole, _, decimals = value.partition(".")
        grouped = f"{int(whole):,}{'.' if decimals else ''}{decimals}"
        return [other for other in (grouped, f"{value}{'0' if decimals else '.0'}") if other != value]
    if _LISTED.fullmatch(value):
        return [value.replace(", ", " and "), json.dumps(value.split(", "), ensure_ascii=False)]
    return []


@in_lists
def round_off(value: Any) -> list[Any]:
    """Round a number to fewer decimals, as long as no more than a twentieth of it is lost.

    >>> round_off(98.64), round_off(0.25), round_off(7)
    ([98.6, 99.0], [], [])
    """
    if not isinstance(value, float) or "e" in repr(value):
        return []
    decimals = len(repr(value).partition(".")[2])
    rounded = [float(f"{value:.{places}f}") for places in range(decimals - 1, -1, -1)]
    return [other for other in dict.fromkeys(rounded) if other != value and abs(other - value) <= 0.05 * abs(value)]
