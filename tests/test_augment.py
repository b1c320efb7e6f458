"""Augmented rows stay right: calls fit, names differ, order and seeds hold, and the rest of a row is untouched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lit_toolcall.data.augment import (
    AddDistractors,
    Augmentation,
    DropOptional,
    JoinCalls,
    RemoveRightTool,
    RenameTools,
    ShuffleTools,
    augment_all,
)
from lit_toolcall.data.augment.base import FreshIds
from lit_toolcall.data.augment.irrelevance import NO_TOOL_FITS
from lit_toolcall.data.augment.requests import can_join, join_requests
from lit_toolcall.data.augment.words import NOUNS, VERBS
from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.schema import find_call_problem, tool_from_dict
from lit_toolcall.types import BfclQuestion, Example, Message, Tool, ToolCall, UserError

EVERY: list[Callable[[float], Augmentation]] = [
    lambda share: AddDistractors(tools=3, share=share),
    lambda share: ShuffleTools(share=share),
    lambda share: RemoveRightTool(share=share),
    lambda share: JoinCalls(most=4, share=share),
    lambda share: RenameTools(share=share),
    lambda share: DropOptional(share=share),
]
NAMES = ["AddDistractors", "ShuffleTools", "RemoveRightTool", "JoinCalls", "RenameTools", "DropOptional"]


def tool(name: str, description: str, **properties: Any) -> Tool:
    """A tool all of whose arguments are required but those that have a default."""
    required = [key for key, schema in properties.items() if "default" not in schema]
    return tool_from_dict(
        {
            "name": name,
            "description": description,
            "parameters": {"type": "object", "properties": properties, "required": required},
        }
    )


TEXT = {"type": "string"}
WEATHER = tool("get_weather", "Weather forecast.", city=TEXT, day_count={"type": "integer", "default": 1})
TIME = tool("clock.now", "Hour and minute.", zone=TEXT)
MUSIC = tool("playSong", "Starts an album.", title=TEXT, volume={"type": "integer", "default": 5})


def row(identity: str, query: str, calls: list[ToolCall], tools: list[Tool]) -> Example:
    content = "" if calls else "I cannot do that."
    return Example(identity, tuple(tools), (Message("user", query),), Message("assistant", content, tuple(calls)))


OSLO = row("oslo", "What is the weather in Oslo?", [ToolCall("get_weather", {"city": "Oslo"})], [WEATHER, TIME])
LIMA = row("lima", "Show the forecast for Lima.", [ToolCall("get_weather", {"city": "Lima"})], [WEATHER])
SONG = row("song", "Play Blue Moon.", [ToolCall("playSong", {"title": "Blue Moon", "volume": 7})], [MUSIC])
NONE = row("none", "Order a pizza.", [], [TIME])
ROWS = [OSLO, LIMA, SONG, NONE]


@pytest.fixture(scope="module")
def demo() -> list[Example]:
    """Every fourth of the demonstration rows."""
    sources = [JsonLines(f"demo:{name}.jsonl", "demo:tools.jsonl") for name in ("train", "validation")]
    return [example for source in sources for example in source.read(Ledger())][::4]


def calls_of(example: Example) -> tuple[ToolCall, ...]:
    assert example.answer is not None
    return example.answer.calls


def check_rows(rows: list[Example]) -> None:
    assert len({example.id for example in rows}) == len(rows)
    for example in rows:
        names = [tool.name for tool in example.tools]
        assert len(set(names)) == len(names)
        for each in example.tools:
            renormalised = tool_from_dict({"name": each.name, "parameters": each.parameters})
            assert renormalised.parameters == each.parameters
        for call in calls_of(example):
            assert find_call_problem(call, example.tools) is None, example.id


@pytest.mark.parametrize("make", EVERY, ids=NAMES)
def test_the_demonstration_rows_stay_right(make: Callable[[float], Augmentation], demo: list[Example]) -> None:
    rows = augment_all([make(1.0)], demo, seed=1)
    check_rows(rows)
    assert rows != demo
    kept = {example.id for example in demo}
    assert [example.id for example in rows if example.id in kept] == [example.id for example in demo]
    for before, after in pairwise(rows):
        if after.id not in kept:
            assert after.id.startswith(f"{before.id}+")  # a new row stands behind its own
    assert augment_all([make(1.0)], demo, seed=1) == rows
    assert augment_all([make(1.0)], demo, seed=2) != rows


def test_all_together_stay_right(demo: list[Example]) -> None:
    every = [make(0.5) for make in EVERY]
    rows = augment_all([*every, *every], demo[:150], seed=5)
    check_rows(rows)
    assert augment_all([*every, *every], demo[:150], seed=5) == rows


@pytest.mark.parametrize("make", EVERY, ids=NAMES)
def test_a_share_of_none_changes_nothing_and_one_of_all_is_the_most(
    make: Callable[[float], Augmentation], demo: list[Example]
) -> None:
    def changed(share: float) -> int:
        before = {example.id: example for example in demo}
        return sum(before.get(example.id) != example for example in augment_all([make(share)], demo, seed=1))

    assert changed(0.0) == 0
    assert 0.35 < changed(0.5) / changed(1.0) < 0.65


@pytest.mark.parametrize("make", EVERY, ids=NAMES)
@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_outside_of_0_to_1_is_refused(make: Callable[[float], Augmentation], share: float) -> None:
    with pytest.raises(UserError, match=r"share=\S+ must lie between 0 and 1"):
        make(share)


@pytest.mark.parametrize("make", EVERY, ids=NAMES)
def test_rows_of_a_benchmark_and_rows_without_an_answer_stay(make: Callable[[float], Augmentation]) -> None:
    rows = [replace(OSLO, bfcl=BfclQuestion("simple", (), ())), replace(LIMA, answer=None)]
    assert augment_all([make(1.0)], rows, seed=1) == rows
    assert augment_all([make(1.0)], [], seed=1) == []


def test_each_augmentation_has_random_numbers_of_its_own(demo: list[Example]) -> None:
    first = augment_all([ShuffleTools()], demo, seed=1)
    after = augment_all([DropOptional(0.0), ShuffleTools()], demo, seed=1)
    assert after != first
    assert augment_all([ShuffleTools(), ShuffleTools(0.0)], demo, seed=1) == first


def test_every_process_gives_the_same_rows() -> None:
    """Ranks hash texts differently, so that nothing may hang on the order of a set."""
    code = "import test_augment as t; print(t.augment_all([make(1.0) for make in t.EVERY], t.ROWS, seed=1))"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parent,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert b"+joined" in outputs[0]
    assert outputs[0] == outputs[1]


# --- distractors


def test_distractors_come_from_other_rows_and_the_order_of_a_rows_own_stays(demo: list[Example]) -> None:
    known = {tool.name for example in demo for tool in example.tools}
    for before, after in zip(demo, augment_all([AddDistractors(tools=2, share=1.0)], demo, seed=1), strict=True):
        own = [tool for tool in after.tools if tool in before.tools]
        assert own == list(before.tools)
        assert len(after.tools) - len(own) in ((1, 2) if calls_of(before) else (0,))
        assert {tool.name for tool in after.tools} <= known


@pytest.mark.parametrize(
    "other",
    [
        tool("get_weather", "Something else.", street=TEXT),
        replace(WEATHER, name="look_outside"),
        tool("town_forecast", "The forecast of the weather.", town=TEXT),
    ],
    ids=["of one name", "of one definition", "that does the same"],
)
def test_a_tool_that_is_like_one_on_offer_is_no_distractor(other: Tool) -> None:
    rows = [replace(LIMA, id=str(number)) for number in range(20)] + [row("other", "Hm.", [], [other])]
    assert augment_all([AddDistractors(share=1.0)], rows, seed=1) == rows


def test_a_row_that_calls_nothing_gets_no_tool_that_might_be_the_missing_one() -> None:
    assert augment_all([AddDistractors(share=1.0)], ROWS, seed=1)[-1] == NONE


def test_distractors_need_a_number() -> None:
    with pytest.raises(UserError, match="AddDistractors: tools=0 adds none"):
        AddDistractors(tools=0)


# --- irrelevance


def test_the_right_tool_leaves_and_the_answer_says_so() -> None:
    rows = augment_all([RemoveRightTool(share=1.0)], ROWS, seed=1)
    assert [example.id for example in rows] == [
        "oslo", "oslo+irrelevant", "lima", "lima+irrelevant", "song", "song+irrelevant", "none"
    ]  # fmt: skip
    oslo, lima = rows[1], rows[3]
    assert oslo.messages == OSLO.messages
    assert oslo.tools == (TIME,)
    assert oslo.answer is not None
    assert oslo.answer.content in NO_TOOL_FITS
    assert not oslo.answer.calls
    assert lima.tools  # borrowed
    assert WEATHER not in lima.tools


def test_tools_like_the_right_one_leave_with_it() -> None:
    twin = tool("forecast_weather", "The weather forecast.", town=TEXT)
    (_, new) = augment_all([RemoveRightTool(share=1.0)], [replace(OSLO, tools=(WEATHER, twin, TIME))], seed=1)
    assert new.tools == (TIME,)


@pytest.mark.parametrize(
    "messages",
    [
        (Message("user", "Lima?"), Message("assistant", "", calls_of(LIMA)), Message("tool", "hot"), *OSLO.messages),
        (Message("system", "You may use get_weather."), *OSLO.messages),
        (*OSLO.messages, Message("assistant", "", (ToolCall("clock.now", {"zone": "CET"}),)), Message("tool", "12")),
    ],
    ids=["an earlier turn calls it", "a system message names it", "a result came last"],
)
def test_a_dialogue_that_needs_the_right_tool_has_no_irrelevance_row(messages: tuple[Message, ...]) -> None:
    rows = [replace(OSLO, messages=messages)]
    assert augment_all([RemoveRightTool(share=1.0)], rows, seed=1) == rows


def test_without_any_other_tool_there_is_no_irrelevance_row() -> None:
    assert augment_all([RemoveRightTool(share=1.0)], [LIMA], seed=1) == [LIMA]


# --- joined rows


def test_joined_rows_hold_all_calls_in_the_order_of_their_requests(demo: list[Example]) -> None:
    queries = {id(call): example.messages[0].content for example in demo for call in calls_of(example)}
    new = [example for example in augment_all([JoinCalls(most=4, share=1.0)], demo, seed=3) if "+" in example.id]
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
    rows = augment_all([JoinCalls(most=2, share=1.0)], [*weather, *songs], seed=1)
    of_one = [len({call.name for call in calls_of(each)}) == 1 for each in rows if each.id.endswith("+joined")]
    assert len(of_one) == 80
    assert 0.6 < sum(of_one) / 80 < 0.9  # half are drawn to be so, and half of the others are so by chance


def test_two_rows_of_one_tool_become_two_calls_of_it() -> None:
    rows = augment_all([JoinCalls(most=2, share=1.0)], [OSLO, LIMA], seed=1)
    joined = rows[1]
    assert joined.id == "oslo+joined"
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
    assert augment_all([JoinCalls(share=1.0)], [OSLO, other], seed=1) == [OSLO, other]


def test_a_row_whose_call_is_not_on_offer_is_not_joined() -> None:
    rows = [replace(OSLO, tools=(TIME,)), LIMA]
    assert augment_all([JoinCalls(share=1.0)], rows, seed=1) == rows


def test_new_ids_take_no_longer_where_many_rows_have_one() -> None:
    ids = FreshIds(["1", "1+joined2"])
    start = time.process_time()
    names = [ids.name("1", "joined") for _ in range(20_000)]
    assert time.process_time() - start < 2  # by counting from 2 each time: a minute
    assert names[:3] == ["1+joined", "1+joined3", "1+joined4"]
    assert len(set(names)) == 20_000


def test_joining_needs_two() -> None:
    with pytest.raises(UserError, match="JoinCalls: most=1 joins nothing"):
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


# --- names


def test_a_word_has_one_group_of_synonyms() -> None:
    for words in (NOUNS, VERBS):
        for word, others in words.items():
            assert all(word in words[other] for other in others)
            assert word not in others


def rename_all(example: Example, seeds: int = 60) -> list[Example]:
    renamed = [augment_all([RenameTools(share=1.0)], [example], seed=seed)[0] for seed in range(seeds)]
    for each in renamed:
        check_rows([each])
    return renamed


def test_names_change_alike_in_schemas_answer_and_earlier_calls() -> None:
    earlier = (Message("user", "Lima?"), Message("assistant", "", calls_of(LIMA)), Message("tool", '{"city": 1}'))
    example = replace(OSLO, messages=(*earlier, *OSLO.messages))
    seen = set()
    for renamed in rename_all(example):
        seen.add(renamed.tools[0].name)
        (argument, _) = renamed.tools[0].parameters["properties"]
        assert renamed.tools[0].parameters["required"] == [argument]
        assert calls_of(renamed) == (ToolCall(renamed.tools[0].name, {argument: "Oslo"}),)
        assert renamed.messages[1].calls == (ToolCall(renamed.tools[0].name, {argument: "Lima"}),)
        texts = [message.content for message in renamed.messages]
        assert texts == [message.content for message in example.messages]
    assert {"get_weather", "getWeather", "weather.get", "fetch_weather", "retrieveWeather"} <= seen


def test_arguments_are_never_named_like_each_other() -> None:
    pairs = tool("f", "", city=TEXT, town=TEXT, maxPrice=TEXT, max_price=TEXT, price_max=TEXT)
    arguments = {"city": "1", "town": "2", "maxPrice": "3", "max_price": "4", "price_max": "5"}
    for renamed in rename_all(row("1", "Hm.", [ToolCall("f", arguments)], [pairs, tool("F", "")])):
        assert list(calls_of(renamed)[0].arguments.values()) == list("12345")


def test_a_new_name_is_not_that_of_an_argument_an_earlier_call_made_up() -> None:
    wrong = Message("assistant", "", (ToolCall("get_weather", {"city": "Oslo", "town": "Rome"}),))
    example = replace(OSLO, messages=(Message("user", "Oslo?"), wrong, *OSLO.messages))
    for renamed in rename_all(example):
        assert sorted(renamed.messages[1].calls[0].arguments.values()) == ["Oslo", "Rome"]


def test_descriptions_follow() -> None:
    about = {"type": "object", "properties": {"x": {"type": "string", "description": "Or the zip_code."}}}
    quoting = tool("find_city", "Like get_town_mayor, by zip_code.", zip_code=TEXT, where=about)
    mayor = tool("get_town_mayor", "The mayor. See find_city.")
    followed = 0
    for renamed in rename_all(row("1", "Hm.", [], [quoting, mayor])):
        first, second = renamed.tools
        zip_code = next(iter(first.parameters["properties"]))
        assert first.description == f"Like {second.name}, by {zip_code}."
        assert first.parameters["properties"]["where"]["properties"]["x"]["description"] == f"Or the {zip_code}."
        assert second.description == f"The mayor. See {first.name}."
        followed += zip_code == "zipCode"
    assert followed


@pytest.mark.parametrize(
    ("example", "kept"),
    [
        (row("1", "Use get_weather for it.", [], [WEATHER]), "get_weather"),
        (row("1", "What 'city'?", [], [WEATHER]), "city"),
        (row("1", "Hm.", [ToolCall("get_weather", {"city": "get_weather"})], [WEATHER]), "get_weather"),
        (row("1", "Hm.", [], [tool("f", "", city=TEXT, by={"type": "string", "enum": ["city"]})]), "city"),
        (row("1", "Hm.", [], [tool("f", "Give 'city' or 'zone'.", city=TEXT)]), "city"),
        (row("1", "Hm.", [], [tool("погода", "")]), "погода"),
        (row("1", "Hm.", [], [tool("f", "", **{"$top": TEXT})]), "$top"),
        (row("1", "Hm.", [], [tool("f", "", **{"2nd city": TEXT})]), "2nd city"),
    ],
    ids=["said", "said in quotes", "value", "choice", "quoted", "no ASCII", "sign", "digit"],
)
def test_some_names_stay(example: Example, kept: str) -> None:
    for renamed in rename_all(example, seeds=30):
        names = [tool.name for tool in renamed.tools]
        assert kept in [*names, *renamed.tools[0].parameters["properties"]]


def test_arguments_stay_where_other_parts_of_the_schema_may_name_them() -> None:
    parameters = {**WEATHER.parameters, "dependentRequired": {"day_count": ["city"]}}
    for renamed in rename_all(replace(OSLO, tools=(replace(WEATHER, parameters=parameters),)), seeds=20):
        assert renamed.tools[0].parameters == parameters


def test_no_new_name_is_a_keyword() -> None:
    keywords = tool("f", "", **{"Class": TEXT, "From": TEXT, "IS": TEXT})
    for renamed in rename_all(row("1", "Hm.", [], [keywords]), seeds=20):
        assert set(renamed.tools[0].parameters["properties"]) == {"Class", "From", "IS"}


def test_many_names_and_descriptions_are_compared_at_once() -> None:
    words = ["".join(letters) for letters in product("abcdefghijklmnopqrst", repeat=3)]
    tools = [
        tool(f"tool_{number}", "", **{word: {**TEXT, "description": f"The {word}."} for word in words[number::500]})
        for number in range(500)
    ]
    start = time.process_time()
    augment_all([RenameTools(share=1.0)], [row("1", "Hm.", [], tools)], seed=1)
    assert time.process_time() - start < 2  # by looking for each name in each description: 6 s


# --- optional arguments


def test_only_optional_arguments_that_no_call_uses_leave() -> None:
    seen = set()
    for seed in range(30):
        oslo, lima, song, _ = augment_all([DropOptional(share=1.0)], ROWS, seed=seed)
        assert calls_of(song) == calls_of(SONG)
        assert song.tools == SONG.tools
        for example in (oslo, lima):
            assert "city" in example.tools[0].parameters["properties"]
            assert example.tools[0].parameters["required"] == ["city"]
            seen.add("day_count" in example.tools[0].parameters["properties"])
    assert seen == {True, False}


def test_an_optional_argument_stays_where_an_earlier_call_uses_it_or_a_description_speaks_of_it() -> None:
    used = Message("assistant", "", (ToolCall("get_weather", {"city": "Oslo", "day_count": 2}),))
    spoken = tool("get_weather", "For day_count days.", city=TEXT, day_count={"type": "integer", "default": 1})
    rows = [replace(OSLO, messages=(*OSLO.messages, used, *OSLO.messages)), replace(LIMA, tools=(spoken,))]
    for seed in range(20):
        assert augment_all([DropOptional(share=1.0)], rows, seed=seed) == rows


def test_an_argument_that_is_spoken_of_keeps_no_other_one() -> None:
    optional = {"type": "integer", "default": 1}
    spoken = tool(
        "get_weather", "Uses a_b.", city=TEXT, a_b=optional, c_d=optional, e_f={**optional, "description": "e_f"}
    )
    lefts: Counter[str] = Counter()
    for seed in range(1000):
        [example] = augment_all([DropOptional(share=1.0)], [replace(LIMA, tools=(spoken,))], seed=seed)
        lefts.update(list(example.tools[0].parameters["properties"]))
    assert lefts["city"] == lefts["a_b"] == 1000
    assert 440 < lefts["c_d"] < 560  # an even chance; four standard deviations are 63
    assert 440 < lefts["e_f"] < 560, "its own description does not keep it"
