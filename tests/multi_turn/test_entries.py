"""Reading the entries of BFCL's multi-turn categories."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from scripted import needs_bfcl
from shelf import ENTRY, GOLD, TOOLS, say, tool, write_data

from lit_toolcall.data.sources import bfcl
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.multi_turn import CATEGORIES, Entry, read_entries
from lit_toolcall.multi_turn.entries import MORE_TOOLS
from lit_toolcall.multi_turn.gold_calls import read_gold_call
from lit_toolcall.types import Message, ToolCall, UserError


def read_one(folder: Path, entry: dict[str, Any], gold: dict[str, Any], category: str = "multi_turn_base") -> Entry:
    (read,) = read_entries(category, str(write_data(folder, [entry], [gold], category)))
    return read


def refusal(folder: Path, entry: Any, gold: Any, **changes: Any) -> str:
    write_data(folder, [entry], [gold], **changes)
    with pytest.raises(UserError) as refused:
        read_entries("multi_turn_base", str(folder))
    return str(refused.value).replace(str(folder), "DATA")


def test_an_entry_has_turns_tools_and_gold_calls(shelf: Entry) -> None:
    assert [turn.messages for turn in shelf.turns] == [
        (Message("user", "Put Emma on the shelf."),),
        (Message("user", "And what is there?"),),
        (Message("user", "Put Ulysses there."),),
    ]
    assert [turn.gold for turn in shelf.turns] == [
        (ToolCall("put", {"title": "Emma"}),),
        (ToolCall("list_books", {}),),
        (ToolCall("put", {"title": "Ulysses", "place": 1}), ToolCall("shout", {"title": "all"})),
    ]
    assert all(len(turn.tools) == len(TOOLS) for turn in shelf.turns)
    assert shelf.owners["put"] == "GorillaFileSystem"
    assert not shelf.has_long_context
    assert not shelf.is_unreachable


def test_withheld_tools_come_with_their_turn(tmp_path: Path) -> None:
    entry = {**ENTRY, "missed_function": {"1": ["put"]}, "question": [say("Put it."), [], say("More.")]}
    gold = {**GOLD, "ground_truth": [[], ["put('Emma')"], []]}
    read = read_one(tmp_path, entry, gold, "multi_turn_miss_func")
    names = [[tool.name for tool in turn.tools] for turn in read.turns]
    assert "put" not in names[0]
    assert names[1] == names[2] == [*names[0], "put"]
    assert read.turns[1].messages == (Message("user", MORE_TOOLS),)
    assert not read.is_unreachable
    early = read_one(tmp_path, entry, {**gold, "ground_truth": [["put('Emma')"], [], []]}, "multi_turn_miss_func")
    assert early.is_unreachable


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("put()", {}),
        (" put ( 'a(b)' , place = -1.5 ) ", {"title": "a(b)", "place": -1.5}),
        ("put(title=['x', {'y': (1, None)}])", {"title": ["x", {"y": [1, None]}]}),
    ],
)
def test_gold_calls_are_read(shelf: Entry, text: str, arguments: Any) -> None:
    tools = {tool.name: tool for tool in shelf.turns[0].tools}
    assert read_gold_call(text, tools) == ToolCall("put", arguments)


@pytest.mark.parametrize(
    "text",
    [
        "importlib.import_module('os')",
        "__import__('os')",
        "put.__globals__()",
        "put",
        "put(open('x'))",
        "put(title=lambda: 1)",
        "put([x for x in range(3)])",
        "put(9**9)",
        "put(1, 2, 3)",
        "put('a', title='b')",
        "put('a'); put('b')",
        "put('a') or put('b')",
        "put(" + "9" * 400 + ")",
        "put(" + "[" * 100 + "]" * 100 + ")",
        "put(f'{1}')",
        "x" * 30_000,
    ],
)
def test_what_is_no_gold_call_is_refused(shelf: Entry, text: str) -> None:
    tools = {tool.name: tool for tool in shelf.turns[0].tools}
    with pytest.raises(CallSyntaxError):
        read_gold_call(text, tools)


PLACE = "DATA/BFCL_v4_multi_turn_base.json:1: not an entry of multi_turn_base: "


@pytest.mark.parametrize(
    ("changes", "answer", "sentence"),
    [
        ({}, {"id": "other"}, "its id 'multi_turn_base_0' is not that of its answer, 'other'"),
        ({"id": 3}, {}, "its id 3 is not that of its answer, 'multi_turn_base_0'"),
        (
            {"involved_classes": ["os"]},
            {},
            "`involved_classes` must be a list of GorillaFileSystem, MathAPI, MessageAPI, TwitterAPI, TicketAPI, "
            "TradingBot, TravelAPI, VehicleControlAPI",
        ),
        (
            {"involved_classes": [["GorillaFileSystem"]]},
            {},
            "`involved_classes` must be a list of GorillaFileSystem, MathAPI, MessageAPI, TwitterAPI, TicketAPI, "
            "TradingBot, TravelAPI, VehicleControlAPI",
        ),
        ({"initial_config": []}, {}, "`initial_config` must be an object"),
        ({"missed_function": {"1": ["no"]}}, {}, "`missed_function` must name tools by the turn that adds them"),
        ({"missed_function": {"x": []}}, {}, "`missed_function` must name tools by the turn that adds them"),
        ({"missed_function": {"1": [[]]}}, {}, "`missed_function` must name tools by the turn that adds them"),
        ({"missed_function": {"1": ["put"]}}, {}, "the user says something in a turn that adds tools"),
        ({"question": [say("Hi.")]}, {}, "`question` and `ground_truth` must be lists with one item a turn"),
        ({"question": [[], [], []]}, {}, "a turn must be a list of messages, none only where tools are added"),
        (
            {"question": [[{"role": "system", "content": ""}]] * 3},
            {},
            "a message of a turn must have the role user, and `content`",
        ),
        ({}, {"ground_truth": ["put()"] * 3}, "`ground_truth` must hold a list of calls for each turn"),
        ({}, {"ground_truth": [["os.getcwd()"], [], []]}, "no call such as name(argument=value): 'os.getcwd()'"),
        ({}, {"ground_truth": [["getcwd()"], [], []]}, "the gold call 'getcwd' is not a tool of its entry"),
    ],
)
def test_a_malformed_entry_is_named(tmp_path: Path, changes: Any, answer: Any, sentence: str) -> None:
    assert refusal(tmp_path, {**ENTRY, **changes}, {**GOLD, **answer}) == PLACE + sentence


def test_files_that_are_missing_or_do_not_fit_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        read_entries("multi_turn_base", str(tmp_path))
    assert str(refused.value) == (
        f"{tmp_path}/BFCL_v4_multi_turn_base.json does not exist: set path to a folder with BFCL's data, version 4"
    )
    write_data(tmp_path, [ENTRY, ENTRY], [GOLD])
    with pytest.raises(UserError) as refused:
        read_entries("multi_turn_base", str(tmp_path))
    assert str(refused.value) == (
        f"{tmp_path}/BFCL_v4_multi_turn_base.json has 2 entries but 1 answers in possible_answer: "
        "take both from one version of BFCL"
    )
    twice = [tool("put"), tool("put", "title")]
    assert refusal(tmp_path, ENTRY, GOLD, tools=twice) == (
        "DATA/multi_turn_func_doc/gorilla_file_system.json: two tools are named 'put'; a call could not tell them apart"
    )
    (tmp_path / "BFCL_v4_multi_turn_base.json").write_text("[[1], [2]]")
    with pytest.raises(UserError, match="not an object: take the file from bfcl_eval again"):
        read_entries("multi_turn_base", str(tmp_path))


def test_without_the_package_or_a_category_a_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError) as refused:
        read_entries("multi_turn_composite")
    assert (
        str(refused.value) == f"unknown multi-turn category 'multi_turn_composite': choose from {', '.join(CATEGORIES)}"
    )
    monkeypatch.setattr(bfcl, "find_installed", lambda: None)
    with pytest.raises(UserError, match="the package bfcl_eval is not installed: pip install"):
        read_entries("multi_turn_base")


@needs_bfcl
@pytest.mark.slow
def test_the_installed_categories_are_read_whole() -> None:
    read = {category: read_entries(category) for category in CATEGORIES}
    assert [len(entries) for entries in read.values()] == [200] * 4
    calls = sum(len(turn.gold) for entries in read.values() for entry in entries for turn in entry.turns)
    assert calls == 4625
    asked = json.dumps([message.content for turn in read[CATEGORIES[1]][0].turns for message in turn.messages])
    assert MORE_TOOLS in asked
