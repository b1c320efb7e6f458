"""Wrong values that are near the expected one, by strict rules; nothing of a value is evaluated."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from lit_toolcall.metrics.matching import OneOf, equals_at, has_expected_names
from lit_toolcall.schema.references import Place
from lit_toolcall.types import Problem

MAX_AMOUNT_CHARACTERS = 100
"""The longest text that is read as an amount, a date or a time."""
MAX_LIST_CHARACTERS = 2_000
"""The longest text that is read as a list."""
MAX_MARKS = 30
"""Combining marks in a row that are brought into normal form, as in Unicode's stream-safe texts (UAX #15)."""
MAX_ROUNDING = Decimal("0.05")
"""How far, as a fraction of the more precise number, rounding may go: 3.14159 is 3, but 2.5 is not 3."""

_EXACT = Context(prec=700)
"""More digits than a float has when it is written out, and than `MAX_DIGITS` of a whole number."""
_MARKS = frozenset(".,;:!?'\"`-_" + "\u00b4\u2018\u2019\u201c\u201d\u201e\u2026\u00b7\u2010\u2011\u2013\u2014")
"""Punctuation: full stops and commas, quotation marks, hyphens and dashes."""
_TOKEN = re.compile(r"(?:(?<!\w)(?:[-+]\s?)?\.?)?\d+(?:[.,:/-]\d+)*|[^\W\d_]+|\S")
_NUMBER = r"[-+]?(?:(?:0|[1-9]\d{0,29}|[1-9]\d{0,2}(?:,\d{3}){1,9})(?:\.\d{1,30})?|\.\d{1,30})"
_AMOUNT = re.compile(rf"(?P<before>[^\w\s.+-]?)\s?(?P<number>{_NUMBER})\s?(?P<after>[^\d\s.,].{{0,30}})?", re.ASCII)
_CASED_SYMBOL = re.compile(
    r"[mghskbt]"  # metre and mega, gram and giga
    r"|m(?:m|g|s|l|w|wh|v|a|n|j|hz|pa|mol|cal|ev)"  # milli and mega
    r"|[kmgtp]i?b(?:ps|/s)?",  # bit and byte
    re.IGNORECASE | re.ASCII,
)
"""Symbols of units that mean another one in another case."""
_WITH_CASED_SYMBOL = re.compile(
    rf"((?<!\w)(?<!\w-)\d{{1,15}}[\s-]{{0,2}}(?:{_CASED_SYMBOL.pattern})(?!\w))",  # not the end of a code, as in `A-2G`
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_LIST_MARK = re.compile(r"[,;|\n]|\band\b|&")
_DATE_FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%Y %B %d"),
)
_TIME_FORMATS = ("%H:%M", "%H:%M:%S", "%I:%M%p", "%I:%M:%S%p", "%I%p")
_UNITS: Mapping[str, tuple[str, ...]] = {
    "millimetre": ("mm", "millimeter", "millimeters", "millimetre", "millimetres"),
    "centimetre": ("cm", "centimeter", "centimeters", "centimetre", "centimetres"),
    "metre": ("m", "meter", "meters", "metre", "metres"),
    "kilometre": ("km", "kms", "kilometer", "kilometers", "kilometre", "kilometres"),
    "inch": ("in", "inch", "inches"),
    "foot": ("ft", "foot", "feet"),
    "yard": ("yd", "yard", "yards"),
    "mile": ("mi", "mile", "miles"),
    "milligram": ("mg", "milligram", "milligrams"),
    "gram": ("g", "gram", "grams"),
    "kilogram": ("kg", "kgs", "kilogram", "kilograms"),
    "pound": ("lb", "lbs", "pound", "pounds"),
    "ounce": ("oz", "ounce", "ounces"),
    "millilitre": ("ml", "mL", "milliliter", "milliliters", "millilitre", "millilitres"),
    "litre": ("l", "L", "liter", "liters", "litre", "litres"),
    "gallon": ("gal", "gallon", "gallons"),
    "millisecond": ("ms", "millisecond", "milliseconds"),
    "second": ("s", "sec", "secs", "second", "seconds"),
    "minute": ("min", "mins", "minute", "minutes"),
    "hour": ("h", "hr", "hrs", "hour", "hours"),
    "day": ("d", "day", "days"),
    "week": ("wk", "week", "weeks"),
    "month": ("month", "months"),
    "year": ("yr", "yrs", "year", "years"),
    "degree": ("°", "deg", "degree", "degrees"),
    "celsius": ("C", "°c", "celsius", "degrees celsius", "degree celsius"),
    "fahrenheit": ("F", "°f", "fahrenheit", "degrees fahrenheit", "degree fahrenheit"),
    "kilometre per hour": ("km/h", "kmh", "kph", "kilometers per hour", "kilometres per hour"),
    "mile per hour": ("mph", "miles per hour"),
    "metre per second": ("m/s", "meters per second", "metres per second"),
    "byte": ("bytes", "byte"),
    "kilobyte": ("kB", "KB", "kilobyte", "kilobytes"),
    "megabyte": ("MB", "megabyte", "megabytes"),
    "gigabyte": ("GB", "gigabyte", "gigabytes"),
    "terabyte": ("TB", "terabyte", "terabytes"),
    "watt": ("W", "watt", "watts"),
    "kilowatt": ("kw", "kilowatt", "kilowatts"),
    "kilowatt hour": ("kwh", "kilowatt hours", "kilowatt-hours"),
    "pixel": ("px", "pixel", "pixels"),
    "percent": ("%", "percent", "per cent", "pct"),
    "dollar": ("$", "usd", "dollar", "dollars", "us dollars"),
    "euro": ("€", "eur", "euro", "euros"),
    "pound sterling": ("£", "gbp", "pounds sterling"),
    "yen": ("¥", "jpy", "yen"),
}
"""Spellings of units, in upper or lower case, but for those of one letter and symbols that mean another unit in another
case: these are read as they stand (`5 M` is no length, `5 Mb` no `5 MB`)."""
_UNIT_OF = {spelling: unit for unit, spellings in _UNITS.items() for spelling in spellings}


def name_near_miss(value: Any, expected: Any, place: Place) -> Problem | None:
    """Return how a value that is not the expected one is near it.

    The first that applies of:

    - `value_case`: texts of the same letters and numbers in the same order. Upper and lower case, spaces and
      punctuation do not count, but inside and before numbers they do: 1.5 is not 15, -5 not 5, "1 2" not "12". Signs
      such as `+`, `*`, `/` and `%` do count, and so does the case of a unit's symbol that is another unit's in another
      case: 5 MW is not 5 mW.
    - `value_unit`: the same amount, with a unit that one side leaves out or that is spelled otherwise: `5 km`, `5`,
      `5 kilometers`. Amounts are not converted, and another unit is plainly wrong.
    - `value_format`: the same date, time of day, number or list of items in another form: `2024-01-05` and
      `January 5, 2024`, `14:30` and `2:30 PM`, `1,000` and `1000`, `["a", "b"]` and `a and b`. Where both dates may be
      read in two ways (`01/02/2024`) they are not taken as equal. `007` is no number.
    - `value_rounding`: numbers of which one is the other rounded to fewer decimals, no further than `MAX_ROUNDING`.

    Lists of the same length and objects of the same names are near where each of their parts is equal or near.

    Args:
        value: what the call gives.
        expected: a JSON value, in which a `OneOf` may stand for any part: the nearest accepted one counts.
        place: of the value in its tool's schema, which decides which parts are equal.

    Returns:
        None where the value is plainly wrong.

    Example:
        >>> anywhere = Place({}, ())
        >>> pairs = [("new-york", "New York"), (["5 km"], ["5"]), (3.14, 3.1416)]
        >>> [str(name_near_miss(*pair, anywhere)) for pair in pairs]
        ['value_case', 'value_unit', 'value_rounding']
        >>> name_near_miss("York", "New York", anywhere) is None
        True
    """
    if isinstance(expected, OneOf):
        found = [name_near_miss(value, one, place) for one in expected.values]
        return choose_nearest(near for near in found if near is not None)
    if isinstance(expected, Mapping):
        if not isinstance(value, Mapping) or not has_expected_names(value, expected):
            return None
        return _all_near((value[name], expected[name], place.property(name)) for name in value)
    if isinstance(expected, list) and isinstance(value, list):
        if len(value) != len(expected):
            return None
        return _all_near((value[i], one, place.item(i)) for i, one in enumerate(expected))
    return next((problem for problem, is_near in _TESTS if is_near(value, expected)), None)


def choose_nearest(problems: Iterable[Problem]) -> Problem | None:
    """Return the first of several near misses in their fixed order; None of none.

    Example:
        >>> str(choose_nearest([Problem.VALUE_ROUNDING, Problem.VALUE_CASE]))
        'value_case'
    """
    found = set(problems)
    return next((problem for problem, _ in _TESTS if problem in found), None)


def _all_near(parts: Iterable[tuple[Any, Any, Place]]) -> Problem | None:
    """Return the first near miss of parts that are all equal or near; None where one is neither."""
    found = []
    for value, expected, place in parts:
        if not equals_at(value, expected, place):
            near = name_near_miss(value, expected, place)
            if near is None:
                return None
            found.append(near)
    return choose_nearest(found)


@lru_cache(maxsize=8)
def fold_text(text: str) -> str:
    """Return what a text says apart from case, spaces and punctuation.

    The symbol of a unit after a number keeps its case where it means another unit in another one. The last few texts
    are remembered, since one is compared with each of several accepted values.

    Example:
        >>> fold_text("New-York,  NY") == fold_text("new york ny"), fold_text("1.5") == fold_text("15")
        (True, False)
        >>> fold_text("x - 1"), fold_text("1 2"), fold_text("5 MW") == fold_text("5 mW")
        ('x-1', '1 2', False)
    """
    parts = _WITH_CASED_SYMBOL.split(_normalise(text))  # every other one is a number with a symbol
    text = _normalise("".join(part if i % 2 else part.casefold() for i, part in enumerate(parts)))
    has_signs = any(not each.isalnum() and not each.isspace() and each not in _MARKS for each in text)
    marks = _MARKS - {"-"} if has_signs else _MARKS  # beside other signs a dash is a minus
    folded: list[str] = []
    for token in _TOKEN.findall(text):
        if token not in marks:
            if folded and folded[-1][-1:].isdecimal() and token[0].isdecimal():
                folded.append(" ")
            folded.append("".join(token.split()))
    return "".join(folded)


def _normalise(text: str) -> str:
    """Bring a text into normal form C; one of many combining marks in a row stays, since it takes too long to sort."""
    in_a_row = 0
    for character in text:
        in_a_row = in_a_row + 1 if unicodedata.combining(character) else 0
        if in_a_row > MAX_MARKS:
            return text
    return unicodedata.normalize("NFC", text)


def _differs_in_case(value: Any, expected: Any) -> bool:
    if not isinstance(value, str) or not isinstance(expected, str):
        return False
    folded = fold_text(value)
    return any(character.isalnum() for character in folded) and folded == fold_text(expected)


class Amount(NamedTuple):
    """A number and its unit, None where it has none."""

    number: Decimal
    unit: str | None = None
    written_unit: str = ""


def read_amount(value: Any) -> Amount | None:
    """Read a number, or a text of a number alone or with a unit that is known; None of anything else.

    Example:
        >>> read_amount("$1,000.50")
        Amount(number=Decimal('1000.50'), unit='dollar', written_unit='$')
        >>> read_amount("5 apples") is None, read_amount("007") is None, read_amount(True) is None
        (True, True, True)
    """
    if type(value) is int:
        return Amount(Decimal(value)) if value.bit_length() < 1_000 else None
    if type(value) is float:
        return Amount(Decimal(repr(value))) if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > MAX_AMOUNT_CHARACTERS:
        return None
    found = _AMOUNT.fullmatch(value.strip())
    if found is None or (found["before"] and found["after"]):
        return None
    number = Decimal(found["number"].replace(",", ""))
    written = (found["before"] or found["after"] or "").rstrip(".")
    if not written:
        return None if found["after"] else Amount(number)
    is_as_it_stands = len(written) == 1 or _CASED_SYMBOL.fullmatch(written) is not None
    unit = _UNIT_OF.get(written if is_as_it_stands else written.casefold())
    return None if unit is None else Amount(number, unit, written if is_as_it_stands else written.casefold())


def _differs_in_unit(value: Any, expected: Any) -> bool:
    one, other = read_amount(value), read_amount(expected)
    return (
        one is not None
        and other is not None
        and one.number == other.number
        and one.written_unit != other.written_unit
        and (one.unit == other.unit or None in (one.unit, other.unit))
    )


def _differs_in_format(value: Any, expected: Any) -> bool:
    one, other = read_amount(value), read_amount(expected)
    if one is not None and one == other:
        return True
    if isinstance(value, str) and isinstance(expected, str):
        for read in (read_dates, read_times):
            readings = read(value), read(expected)
            if readings[0] & readings[1] and 1 in map(len, readings):
                return True
    items = read_items(value), read_items(expected)
    return items[0] is not None and items[0] == items[1]


def _read_by(text: str, formats: Iterable[str]) -> Iterator[datetime]:
    for each in formats:
        with suppress(ValueError):
            yield datetime.strptime(text, each)


def read_dates(text: str) -> set[datetime]:
    """Read the dates that a text may mean, with a time of day where it has one.

    Example:
        >>> read_dates("January 5th, 2024") == read_dates("2024-01-05")
        True
        >>> len(read_dates("01/02/2024")), read_dates("in May")
        (2, set())
    """
    text = " ".join(text.replace(",", " ").split()) if len(text) <= MAX_AMOUNT_CHARACTERS else ""
    if not any(character.isdecimal() for character in text):
        return set()
    dates = set(_read_by(_ORDINAL.sub("", text), _DATE_FORMATS))
    with suppress(ValueError):
        dates.add(datetime.fromisoformat(text))
    return dates


def read_times(text: str) -> set[datetime]:
    """Read the time of day that a text means, on some day.

    Example:
        >>> read_times("2:30 p.m.") == read_times("14:30"), read_times("2:30") == read_times("14:30")
        (True, False)
    """
    text = re.sub(r"\s|\.(?=[mM]|$)", "", text) if len(text) <= MAX_AMOUNT_CHARACTERS else ""
    return set(_read_by(text, _TIME_FORMATS)) if text[:1].isdecimal() else set()


def read_items(value: Any) -> list[Any] | None:
    """Read the texts and numbers of a list, or of a text that lists several; None of anything else.

    Example:
        >>> read_items("[1, 2.0]") == read_items([1, 2]) == read_items("1 and 2")
        True
        >>> read_items('"a"; b'), read_items("a") is None
        (['a', 'b'], True)
    """
    if isinstance(value, list):
        listed = value
    elif isinstance(value, str) and len(value) <= MAX_LIST_CHARACTERS:
        text = value.strip()
        text = text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text
        listed = [item.strip().strip("'\"") for item in _LIST_MARK.split(text)]
    else:
        return None
    if len(listed) < 2 or not all(item != "" and type(item) in (str, int, float) for item in listed):
        return None
    return [item if (amount := read_amount(item)) is None else amount for item in listed]


def _differs_in_rounding(value: Any, expected: Any) -> bool:
    one, other = read_amount(value), read_amount(expected)
    if one is None or other is None or one.unit is not None or other.unit is not None:
        return False
    fewer, more = sorted((_EXACT.normalize(one.number), _EXACT.normalize(other.number)), key=_count_decimals)
    if _count_decimals(fewer) == _count_decimals(more):
        return False
    step = Decimal(1).scaleb(-_count_decimals(fewer))
    rounded = {more.quantize(step, how, _EXACT) for how in (ROUND_HALF_DOWN, ROUND_HALF_UP)}
    apart = _EXACT.subtract(fewer, more).copy_abs()
    return fewer in rounded and apart <= _EXACT.multiply(MAX_ROUNDING, more.copy_abs())


def _count_decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "an amount is finite"
    return max(0, -exponent)


_TESTS: tuple[tuple[Problem, Callable[[Any, Any], bool]], ...] = (
    (Problem.VALUE_CASE, _differs_in_case),
    (Problem.VALUE_UNIT, _differs_in_unit),
    (Problem.VALUE_FORMAT, _differs_in_format),
    (Problem.VALUE_ROUNDING, _differs_in_rounding),
)
"""The near misses in the order in which they are looked for."""
