"""Tools and arguments get other names, and optional arguments leave."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest
from augmented_rows import (
    LIMA,
    OSLO,
    ROWS,
    SONG,
    TEXT,
    WEATHER,
    calls_of,
    check_rows,
    row,
    tool,
)

from lit_toolcall.data.augment import (
    DropOptional,
    RenameTools,
    augment_all,
)
from lit_toolcall.data.augment.spelling import NOUNS, VERBS
from lit_toolcall.types import Example, Message, ToolCall

# --- names


def test_a_word_has_one_group_of_synonyms() -> None:
    for words in (NOUNS, VERBS):
        for word, others in words.items():
            assert all(word in words[other] for other in others)
            assert word not in others


def rename_all(example: Example, seeds: int = 60) -> list[Example]:
    renamed = [augment_all([RenameTools(fraction=1.0)], [example], seed=seed)[0] for seed in range(seeds)]
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
    augment_all([RenameTools(fraction=1.0)], [row("1", "Hm.", [], tools)], seed=1)
    assert time.process_time() - start < 2  # by looking for each name in each description: 6 s


# --- optional arguments


def test_only_optional_arguments_that_no_call_uses_leave() -> None:
    seen = set()
    for seed in range(30):
        oslo, lima, song, _ = augment_all([DropOptional(fraction=1.0)], ROWS, seed=seed)
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
        assert augment_all([DropOptional(fraction=1.0)], rows, seed=seed) == rows


def test_an_argument_that_is_spoken_of_keeps_no_other_one() -> None:
    optional = {"type": "integer", "default": 1}
    spoken = tool(
        "get_weather", "Uses a_b.", city=TEXT, a_b=optional, c_d=optional, e_f={**optional, "description": "e_f"}
    )
    lefts: Counter[str] = Counter()
    for seed in range(1000):
        [example] = augment_all([DropOptional(fraction=1.0)], [replace(LIMA, tools=(spoken,))], seed=seed)
        lefts.update(list(example.tools[0].parameters["properties"]))
    assert lefts["city"] == lefts["a_b"] == 1000
    assert 440 < lefts["c_d"] < 560  # an even chance; four standard deviations are 63
    assert 440 < lefts["e_f"] < 560, "its own description does not keep it"
