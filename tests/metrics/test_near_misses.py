"""Which wrong values are near the expected one, and that the rules are strict."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lit_toolcall.metrics.matching import OneOf
from lit_toolcall.metrics.near_misses import fold_text, name_near_miss
from lit_toolcall.schema.references import Place, root_place
from lit_toolcall.types import Problem

CASE, UNIT, FORMAT, ROUNDING = (
    Problem.VALUE_CASE,
    Problem.VALUE_UNIT,
    Problem.VALUE_FORMAT,
    Problem.VALUE_ROUNDING,
)
ANYWHERE = Place({}, ())


def name_of(value: Any, expected: Any) -> Problem | None:
    return name_near_miss(value, expected, ANYWHERE)


@pytest.mark.parametrize(
    ("value", "expected", "problem"),
    [
        ("oslo", "Oslo", CASE),
        (" Oslo ", "Oslo", CASE),
        ("new-york", "New York", CASE),
        ("NewYork", "New York", CASE),
        ("New York, NY", "new york ny", CASE),
        ("snake_case", "snake case", CASE),
        ("STRASSE", "straße", CASE),
        ("Cafe\u0301", "CAFÉ", CASE),  # an accent of its own, and one that is part of its letter
        ("COVID 19", "covid-19", CASE),
        ("5km", "5 KM", CASE),
        ("it's", "it\u2019s", CASE),
        # what the marks in a text mean is not forgiven
        ("15", "1.5", None),
        ("5", "-5", None),
        ("1", ".1", None),
        ("12", "1 2", None),
        ("C", "C++", None),
        ("x1", "x - 1", None),
        ("2x1 + 3", "2x-1 + 3", None),
        ("xy", "x*y", None),
        ("ab", "a/b", None),
        ("...", "!", None),  # nothing is said
        ("Zurich", "Zürich", None),
        ("York", "New York", None),
        ("York New", "New York", None),
        ("colour", "color", None),
        # units
        ("5", "5 km", UNIT),
        ("5 km", "5", UNIT),
        ("5 kilometers", "5 km", UNIT),
        ("1,000 USD", "$1,000", UNIT),
        ("20 °C", "20 celsius", UNIT),
        ("50%", "50", UNIT),
        ("24h", "24 hours", UNIT),
        (5, "5 km", UNIT),
        ("5.0 km", 5, UNIT),
        ("5 miles", "5 km", None),
        ("5000 m", "5 km", None),  # nothing is converted
        ("5 M", "5", None),  # millions
        ("6 km", "5 km", None),
        # symbols that are another unit's in another case
        ("5 M", "5 m", None),
        ("5m", "5M", None),
        ("5 MW", "5 mW", None),
        ("10-MW plant", "10-mW plant", None),
        ("100 Mb", "100 MB", None),
        ("100 mb", "100 MB", None),
        ("100 Mbps", "100 MBps", None),
        ("5 MM", "5 mm", None),
        ("3 Mg", "3 mg", None),
        ("5 G", "5 g", None),
        ("5 kb", "5 kilobytes", None),  # kilobits
        ("5 Mg", "5 milligrams", None),
        ("5 MHz", "5 mHz", None),
        ("5 KM", "5 km", CASE),
        ("5 KW", "5 kw", CASE),
        ("5 PM", "5 pm", CASE),
        ("5 MIN", "5 min", CASE),
        ("5 MPH", "5 mph", CASE),
        ("5 Miles", "5 miles", CASE),
        ("5 Men", "5 men", CASE),
        ("Flat 5 a", "Flat 5 A", CASE),
        ("M 5", "m 5", CASE),
        ("q3cc-crt3-sz2g", "Q3CC-CRT3-SZ2G", CASE),  # the end of a code is no unit
        ("a3f2-4b", "A3F2-4B", CASE),
        ("1.5 MW", "1.5 mW", None),
        ("-5 MW", "-5 mW", None),
        ("100 MB", "100 megabytes", UNIT),
        ("5 kB", "5 KB", UNIT),
        ("5 mL", "5 millilitres", UNIT),
        ("5 apples", "5", None),
        ("0.5", "50%", None),
        # formats
        ("1000", "1,000", FORMAT),
        ("5.0", "5", FORMAT),
        (5, "5", FORMAT),
        (5, 5.0, FORMAT),
        ("1,000 km", "1000 km", FORMAT),
        ("January 5, 2024", "2024-01-05", FORMAT),
        ("5 Jan 2024", "2024-01-05", FORMAT),
        ("January 5th, 2024", "05.01.2024", FORMAT),
        ("01/05/2024", "2024-01-05", FORMAT),
        ("05/01/2024", "2024-01-05", FORMAT),
        ("20240105", "2024-01-05", FORMAT),
        ("2024-01-05T00:00:00", "2024-01-05", FORMAT),
        ("2:30 PM", "14:30", FORMAT),
        ("2 p.m.", "14:00", FORMAT),
        ("14:30:00", "14:30", FORMAT),
        ("a and b", "a, b", FORMAT),
        ('["a", "b"]', "a; b", FORMAT),
        ("a, b", ["a", "b"], FORMAT),
        ([1, 2], "1, 2", FORMAT),
        ("02/01/2024", "01/02/2024", None),  # each may be read in two ways
        ("2024-01-06", "2024-01-05", None),
        ("January 5", "2024-01-05", None),
        ("2:30", "14:30", None),
        ("2024-02-30", "2024-03-01", None),
        ("007", "7", None),
        ("1,00", "100", None),
        ("10,00,000", "1000000", None),
        ("b, a", ["a", "b"], None),
        ("a", ["a"], None),
        ("true", True, None),
        (1, True, None),
        ("5", "5.1.0", None),
        # rounding
        (3.14, 3.14159, ROUNDING),
        (3.14159, 3.14, ROUNDING),
        (99, 98.6, ROUNDING),
        (0.3, 0.30000000000000004, ROUNDING),
        (2.67, 2.675, ROUNDING),
        (2.68, 2.675, ROUNDING),
        (8.85e-12, 8.854e-12, ROUNDING),
        ("3.14", "3.14159", ROUNDING),
        (3.15, 3.14159, None),  # not rounded rightly
        (98, 98.6, None),  # cut
        (3, 2.5, None),  # a fifth more
        (0, 0.4, None),
        (12300, 12345, None),  # no decimals
        (3.2, 3.1, None),
        (10**200, 10**200 + 1, None),
        (3.14, "3.14159 km", None),
    ],
)
def test_what_is_near(value: Any, expected: Any, problem: Problem | None) -> None:
    assert name_of(value, expected) == problem
    assert name_of(expected, value) == problem  # it does not matter which of two was expected


def test_any_accepted_value_counts_and_the_nearest_names_the_miss() -> None:
    accepted = OneOf(("New York", "NYC", "new york city"), may_be_absent=False)
    assert name_of("nyc", accepted) == CASE
    assert name_of("Boston", accepted) is None
    assert name_of("5 KM", OneOf(("5", "5 km"), may_be_absent=False)) == CASE
    assert name_of(5, OneOf((), may_be_absent=True)) is None


def test_a_value_is_folded_once_for_all_accepted_ones() -> None:
    fold_text.cache_clear()
    accepted = OneOf(tuple(f"city {number}" for number in range(50)), may_be_absent=False)
    assert name_of("another city", accepted) is None
    assert fold_text.cache_info().misses == 51


def test_texts_of_one_letter_in_two_normal_forms_are_near() -> None:
    assert name_of("CAFE\u0301", "caf\u00e9") == CASE
    assert name_of("A" + "\u0301" * 40, "a" + "\u0301" * 40) == CASE


def test_lists_and_objects_are_near_where_all_their_parts_are_equal_or_near() -> None:
    assert name_of(["oslo", "Lima"], ["Oslo", "Lima"]) == CASE
    assert name_of(["5 km", "oslo"], ["5", "Oslo"]) == CASE  # the first in order
    assert name_of(["oslo", "Rome"], ["Oslo", "Lima"]) is None
    assert name_of(["Oslo"], ["Oslo", "Lima"]) is None
    assert name_of(["Lima", "Oslo"], ["Oslo", "Lima"]) is None
    expected = {"city": OneOf(("Oslo",), may_be_absent=False), "days": OneOf((3,), may_be_absent=True)}
    assert name_of({"city": "OSLO", "days": 3}, expected) == CASE
    assert name_of({"city": "OSLO"}, expected) == CASE
    assert name_of({"city": "OSLO", "nights": 3}, expected) is None
    assert name_of({"days": 3}, expected) is None
    assert name_of([{"city": "OSLO"}], [expected]) == CASE


def test_a_number_is_equal_where_its_schema_says_number() -> None:
    schema = {"properties": {"parts": {"type": "array", "items": {"type": "number"}}}}
    place = root_place(schema).property("parts")
    assert name_near_miss([5.0, 3.14], [5, 3.14159], place) == ROUNDING  # 5.0 is 5 there
    assert name_near_miss([5.0, 3.14], [5, 3.14159], ANYWHERE) == FORMAT


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301\u0316" * 50_000,
        "\u0344" * 50_000,
        "5 m" * 20_000,
        "5" + " " * 20_000,
        "9" * 20_000,
        "1," * 10_000,
        "-" * 20_000,
        "and " * 5_000,
        "1 and " * 300 + "1",
        "2024-01-05" * 2_000,
        ("a" * 50 + " ") * 400,
        "1e999999999",
        "[" * 20_000,
        "__import__('os').getcwd()",
    ],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    begin = time.process_time()
    for other in (f"{text}!", text.upper(), 5, [text], text[:90], {"a": text}):
        name_of(text, other)
        name_of(other, text)
    assert time.process_time() - begin < 1.0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts, max_size=3),
    max_leaves=6,
)


@given(JSON, JSON)
def test_any_json_values_can_be_compared_either_way(value: Any, expected: Any) -> None:
    assert name_of(value, expected) == name_of(expected, value)
