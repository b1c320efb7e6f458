"""Strings that are composed or formatted: names, codes, dates, times."""

from __future__ import annotations

from datetime import date as Date
from datetime import timedelta
from random import Random

from demo_data import pools
from demo_data.values import Dialect, Kind, Said, one_of, string

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

city = one_of(pools.CITIES)
country = one_of(pools.COUNTRIES)
first_name = one_of(pools.FIRST_NAMES)
person = one_of(pools.FIRST_NAMES, pools.LAST_NAMES)
company = one_of(pools.COMPANY_HEADS, pools.COMPANY_TAILS)
team = one_of(pools.CITIES, pools.TEAM_TAILS)
title = one_of(("The",), pools.ADJECTIVES, pools.NOUNS)
weekday = one_of(WEEKDAYS)
month = one_of(MONTHS)
language = one_of(pools.LANGUAGES)
currency = one_of(pools.CURRENCIES)
street = string(lambda rng: f"{rng.randint(2, 480)} {rng.choice(pools.STREETS)}")


def _email(rng: Random) -> str:
    first, last = rng.choice(pools.FIRST_NAMES), rng.choice(pools.LAST_NAMES)
    return f"{first}.{last}@{rng.choice(pools.DOMAINS)}".lower()


email = string(_email)


def code(pattern: str) -> Kind:
    """Codes such as `KL-4821`: A stands for any letter, 9 for any digit."""

    def make(rng: Random) -> str:
        letters = {"A": "ABCDEFGHJKLMNPQRSTUVWXYZ", "9": "0123456789"}
        return "".join(rng.choice(letters[mark]) if mark in letters else mark for mark in pattern)

    return string(make)


def _ordinal(number: int) -> str:
    ending = "th" if 10 < number < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _say_date(day: Date, rng: Random) -> str:
    name = MONTHS[day.month - 1]
    styles = (
        day.isoformat(),
        day.isoformat(),
        f"{name} {day.day}, {day.year}",
        f"{day.day} {name} {day.year}",
        f"{name} {_ordinal(day.day)}, {day.year}",
        f"the {_ordinal(day.day)} of {name} {day.year}",
    )
    return rng.choice(styles)


def date(low: int = 2023, high: int = 2027) -> Kind:
    """Days between two years; a tool asks for one of three formats."""

    def draw(rng: Random) -> Said:
        day = Date(low, 1, 1) + timedelta(days=rng.randrange(365 * (high - low + 1)))
        return Said(day, _say_date(day, rng))

    def dialect(name: str, pattern: str) -> Dialect:
        hints = (f" in the format {name}", f" ({name})", f", as {name}", f" in {name} format")
        return Dialect({"type": "string"}, lambda day: day.strftime(pattern), hints)

    iso = dialect("YYYY-MM-DD", "%Y-%m-%d")
    return Kind(draw, (iso, iso, iso, dialect("MM/DD/YYYY", "%m/%d/%Y"), dialect("DD.MM.YYYY", "%d.%m.%Y")))


def clock() -> Kind:
    """Times of day in 24-hour form, said in either form."""

    def draw(rng: Random) -> Said:
        hour, minute = rng.randint(6, 22), rng.choice((0, 0, 5, 10, 15, 20, 30, 30, 40, 45, 50))
        half = "am" if hour < 12 else "pm"
        twelve = f"{(hour - 1) % 12 + 1}{f':{minute:02}' if minute else ''} {half}"
        return Said(f"{hour:02}:{minute:02}", rng.choice((f"{hour:02}:{minute:02}", twelve)))

    return Kind(draw, (Dialect({"type": "string"}, hints=(" in the format HH:MM", " (HH:MM, 24-hour)")),))


def minutes() -> Kind:
    """Lengths of time, said in minutes or hours and written in minutes."""
    hours = {
        60: "one hour",
        90: "an hour and a half",
        120: "two hours",
        180: "three hours",
        30: "half an hour",
    }

    def draw(rng: Random) -> Said:
        length = rng.choice((10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 60, 75, 90, 90, 120, 150, 180))
        plain = f"{length} minutes"
        return Said(length, rng.choice((plain, plain, hours.get(length, plain))))

    return Kind(draw, (Dialect({"type": "integer"}, hints=(" in minutes", ", in minutes")),))
