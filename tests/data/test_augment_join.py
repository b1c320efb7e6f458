"""Two or more requests become one row with all of their calls."""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random

import pytest
from augmented_rows import (
    LIMA,
    MUSIC,
    OSLO,
    TEXT,
    TIME,
    WEATHER,
    calls_of,
    row,
    tool,
)

from lit_toolcall.data.augment import JoinCalls, augment_all
from lit_toolcall.data.augment.augmentation import FreshIds
from lit_toolcall.data.augment.join import can_join, join_requests
from lit_toolcall.types import Example, Message, ToolCall, UserError


def test_joined_rows_hold_all_calls_in_the_order_of_their_requests(demo: list[Example]) -> None:
    queries = {id(call): example.messages[0].content for example in demo for call in calls_of(example)}
    new = [example for example in augment_all([JoinCalls(most=4, fraction=1.0)], demo, seed=3) if "+" in example.id]
    assert {len(calls_of(example)) for example in new} == {2, 3, 4}
    for example in new:
        text = example.messages[0].content.lower()
        places: list[int] = []
        for call in calls_of(example):
            query = queries[id(call)].lower()
            if "thank" not in query[-30:]:  # thanks are left out before another request
                places.append(text.find(query.rstrip(".!? ")[-12:], places[-1] + 1 if places else 0))
        assert min(places, default=0) >= 0
        assert places == sorted(places)


def test_joined_calls_are_of_one_tool_and_of_several() -> None:
    cities = [f"Town{number}" for number in range(40)]
    weather = [
        row(city, f"Weather in {city}?", [ToolCall("get_weather", {"city": city})], [WEATHER]) for city in cities
    ]
    songs = [row(f"{city} song", f"Play {city}.", [ToolCall("playSong", {"title": city})], [MUSIC]) for city in cities]
    rows = augment_all([JoinCalls(most=2, fraction=1.0)], [*weather, *songs], seed=1)
    of_one = [len({call.name for call in calls_of(each)}) == 1 for each in rows if each.id.endswith("+joined")]
    assert len(of_one) == 80
    assert 0.6 < sum(of_one) / 80 < 0.9  # half are drawn to be so, and half of the others are so by chance


def test_two_rows_of_one_tool_become_two_calls_of_it() -> None:
    rows = augment_all([JoinCalls(most=2, fraction=1.0)], [OSLO, LIMA], seed=1)
    joined = rows[1]
    assert joined.id == "oslo+joined"
    assert joined.origins == ("oslo", "lima")
    assert calls_of(joined) == (*calls_of(OSLO), *calls_of(LIMA))
    assert joined.tools == (WEATHER, TIME)


@pytest.mark.parametrize(
    "other",
    [
        replace(LIMA, messages=(Message("system", "Be brief."), *LIMA.messages)),
        replace(LIMA, messages=(Message("user", "Hi"), Message("assistant", "Yes?"), *LIMA.messages)),
        replace(LIMA, answer=Message("assistant", "Let me see.", calls_of(LIMA))),
        replace(LIMA, answer=Message("assistant", "", calls_of(LIMA) * 2)),
        replace(LIMA, messages=(Message("user", "Lima:\n- weather"),)),
        replace(LIMA, answer=OSLO.answer),
        replace(LIMA, tools=(tool("get_weather", "Another one.", city=TEXT),)),
        replace(LIMA, tools=(WEATHER, tool("weather_forecast", "The weather forecast.", place=TEXT))),
    ],
    ids=[
        "system",
        "earlier turns",
        "words",
        "two calls",
        "lines",
        "the same call",
        "another tool of one name",
        "rival",
    ],
)
def test_rows_that_cannot_be_asked_together_are_left_alone(other: Example) -> None:
    assert augment_all([JoinCalls(fraction=1.0)], [OSLO, other], seed=1) == [OSLO, other]


def test_a_row_whose_call_is_not_on_offer_is_not_joined() -> None:
    rows = [replace(OSLO, tools=(TIME,)), LIMA]
    assert augment_all([JoinCalls(fraction=1.0)], rows, seed=1) == rows


def test_new_ids_take_no_longer_where_many_rows_have_one() -> None:
    ids = FreshIds(["1", "1+joined2"])
    start = time.process_time()
    names = [ids.name("1", "joined") for _ in range(20_000)]
    assert time.process_time() - start < 2  # by counting from 2 each time: a minute
    assert names[:3] == ["1+joined", "1+joined3", "1+joined4"]
    assert len(set(names)) == 20_000


def test_joining_needs_two() -> None:
    with pytest.raises(UserError, match="JoinCalls: most=1 must be at least 2; or set fraction to 0"):
        JoinCalls(most=1)


@pytest.mark.parametrize(
    ("queries", "wanted"),
    [
        (("Find a hotel", "Book a car."), {"Find a hotel, and book a car.", "Find a hotel. Also, book a car."}),
        (("Who is it", "Where is it"), {"Who is it? Where is it?", "Who is it? And where is it?"}),
        (("Thanks for that. Add 1 and 2. Thank you!", "I am lost."), {"Thanks for that. Add 1 and 2. I am lost."}),
        (("Play it!", "Paris needs rain."), {"Play it! Paris needs rain."}),  # a name keeps its capital
        (("Play it.", "Hello there, can you stop?"), {"Play it. Also, can you stop?"}),
    ],
)
def test_requests_are_joined_in_natural_words(queries: tuple[str, ...], wanted: set[str]) -> None:
    assert wanted <= {join_requests(queries, Random(seed)) for seed in range(200)}


@pytest.mark.parametrize("query", ["", "   ", 'Say "hi', "(a", "Do this:", "a\nb", "long " * 100, "- item"])
def test_odd_requests_are_not_joined(query: str) -> None:
    assert not can_join(query)
