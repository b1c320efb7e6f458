"""Faults that hostile rows brought to light: time in the square of a row's length, crashes, reasons of megabytes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hostile_shapes import FLAT_TASK, SHAPES, TASK
from test_sources_hostile import within

from lit_toolcall.data.sources import Ledger, Rejection
from lit_toolcall.data.sources.api_bank.requests import parse_requests
from lit_toolcall.data.sources.api_bank.transcripts import read_dialogue
from lit_toolcall.data.sources.ledger import MAX_REASON_CHARACTERS
from lit_toolcall.data.sources.reading.calls import check_calls, read_call
from lit_toolcall.data.sources.reading.examples import MAX_MESSAGES, join_calls
from lit_toolcall.data.sources.reading.values import RowError
from lit_toolcall.data.sources.toolace import TurnReader
from lit_toolcall.schema import SchemaError, find_call_problem, tool_from_dict
from lit_toolcall.schema.normalize import MAX_TOOL_CHARACTERS
from lit_toolcall.types import Message, Tool, ToolCall

SECONDS = 4
"""Each of these took 6 to 30 s of computing time, and takes less than 0.5 s."""
NAMES = [f"a{number}" for number in range(60_000)]


def refused_tool(name: str, required: list[str]) -> None:
    with pytest.raises(SchemaError, match="characters of JSON"):
        tool_from_dict({"name": name, "parameters": {key: {} for key in NAMES}, "required": required})


def read_requests() -> None:
    [(_, written)] = parse_requests(f"[f({', '.join(f'{name}=1' for name in NAMES[:4000])})]")
    assert len(written) == 4000


def read_times() -> None:
    row = SHAPES["ApiBank"].write(FLAT_TASK)
    read_dialogue(row | {"input": f"User: {'TIME:' * 20_000}\nhere\nGenerate AI Response:"})


def join_many_calls() -> None:
    turns = [Message("assistant", calls=(ToolCall("f", {}),))] * 150_000
    assert len(join_calls(turns)[0].calls) == 150_000


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda: refused_tool("f", NAMES), id="required arguments"),
        pytest.param(lambda: refused_tool("f" * 4_000_000, []), id="arguments of a tool with a long name"),
        pytest.param(read_requests, id="arguments of a request"),
        pytest.param(read_times, id="times in a turn"),
        pytest.param(join_many_calls, id="calls made at once"),
    ],
)
def test_time_does_not_grow_with_the_square(read: Callable[[], None]) -> None:
    with within(SECONDS):
        read()


def reason_of(folder: Path, name: str, row: Any) -> str:
    shape = SHAPES[name]
    path = folder / shape.file
    path.write_text(json.dumps(row), encoding="utf-8")
    ledger = Ledger()
    assert not list(shape.open(path)(ledger))
    [rejection] = ledger.rejected
    return rejection.reason


def test_a_type_that_is_no_name_is_a_reason(tmp_path: Path) -> None:
    tools = [{"name": "book", "parameters": {"guests": {"type": ["date", {}]}}}]
    assert "neither a name nor a list of names" in reason_of(
        tmp_path, "ApiBank", SHAPES["ApiBank"].write({"tools": tools})
    )


def test_required_arguments_are_names_without_properties_too() -> None:
    part = {"type": "object", "required": [{}]}
    with pytest.raises(SchemaError, match=r"'required' is .* write a list of argument names"):
        tool_from_dict({"name": "f", "parameters": {"type": "object", "properties": {"a": part}}})


def test_the_choices_of_a_list_of_anything_are_those_of_its_items() -> None:
    part = {"type": "array", "items": True, "enum": [1, 2]}
    tool = tool_from_dict({"name": "f", "parameters": {"type": "object", "properties": {"a": part}}})
    assert tool.parameters["properties"]["a"] == {"type": "array", "items": {"enum": [1, 2]}}


def test_a_request_behind_another_is_refused() -> None:
    with pytest.raises(RowError):
        parse_requests("[f(a=1)] [g(b=2)]")


def test_an_escaped_nul_in_a_call_is_refused() -> None:
    with pytest.raises(RowError, match="NUL"):
        TurnReader(["f"]).read(r"[f(a='\x00')]")


def test_a_tool_has_a_longest_length() -> None:
    with pytest.raises(SchemaError, match=r"tool 'f': 100,0\d\d characters of JSON, more than 100,000: shorten it"):
        tool_from_dict({"name": "f", "description": "a" * MAX_TOOL_CHARACTERS})


@pytest.mark.slow
def test_calls_are_no_longer_than_a_parser_takes(tmp_path: Path) -> None:
    calls = [{"name": "now", "arguments": {}}] * 5000
    for name in ("JsonLines query", "XLam", "ShareGpt", "When2Call"):
        assert reason_of(tmp_path, name, SHAPES[name].write(TASK | {"calls": calls})).endswith(
            "characters, more than 20,000 that an answer may have"
        )


MANY = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yes?"}] * 129
TURNS = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}] * 129
LONG: dict[str, dict[str, Any]] = {
    "ApiBank": {"input": "User: Hi\nAI: Yes?\n" * 129 + "User: Hi\nGenerate AI Response:", "output": "AI: Yes?"},
    "Bfcl": {"question": [TURNS[:-1]]},
    "Glaive": {"chat": "USER: Hi\n\n\nASSISTANT: Yes? <|endoftext|>\n\n\n" * 129},
    "HermesRows": {"conversations": MANY},
    "JsonLines messages": {"messages": TURNS},
    "Pairs messages": {"messages": TURNS[:-1]},
    "Pairs prompt": {"chosen": [TURNS[1], {"role": "tool", "content": "3"}] * 129 + TURNS[1:2], "rejected": "No."},
    "ShareGpt": {"conversations": MANY},
    "ToolACE": {
        "conversations": [
            {**turn, "from": turn["from"].replace("human", "user").replace("gpt", "assistant")} for turn in MANY
        ]
    },
    "ToolRL": {"input": "<user> Hi </user> <response> Yes? </response> " * 129 + "<user> Hi </user>"},
    "When2Call": {"messages": TURNS[:-1]},
    "When2Call preferences": {"messages": TURNS[:-1]},
}


@pytest.mark.parametrize("name", LONG)
def test_a_row_has_no_more_messages_than_its_bound(tmp_path: Path, name: str) -> None:
    row = SHAPES[name].write(SHAPES[name].task)
    assert re.fullmatch(
        rf"2(58|59|60) messages in one row, more than {MAX_MESSAGES}; split the dialogue",
        reason_of(tmp_path, name, row | LONG[name]),
    )


@pytest.mark.parametrize("text", ["[int, date]", "{1, 2}", "(1, 2)", "[0x10, 1_000]", "['it's']"])
def test_a_text_that_says_a_list_in_a_manner_of_speaking_stays_a_text(text: str) -> None:
    tool = tool_from_dict({"name": "f", "parameters": {"a": {"type": "list"}}})
    assert read_call({"name": "f", "arguments": {"a": text}}, "name", "arguments", [tool]).arguments == {"a": text}


@pytest.mark.parametrize("text", ["[1, 'a', True]", '[1, "a", true]'])
def test_a_text_that_says_a_list_is_one(text: str) -> None:
    tool = tool_from_dict({"name": "f", "parameters": {"a": {"type": "list"}}})
    call = read_call({"name": "f", "arguments": {"a": text}}, "name", "arguments", [tool])
    assert call.arguments == {"a": [1, "a", True]}


def test_the_rejected_answer_is_no_longer_than_a_parser_takes(tmp_path: Path) -> None:
    row = SHAPES["When2Call preferences"].write(TASK)
    call = {"name": "now", "arguments": {"zone": "a" * 20_000}}
    rejected = {"role": "assistant", "content": f"<TOOLCALL>{json.dumps([call])}</TOOLCALL>"}
    reason = reason_of(tmp_path, "When2Call preferences", row | {"rejected_response": rejected})
    assert reason.endswith("more than 20,000 that an answer may have")


def test_a_call_is_checked_against_the_tool_of_its_name() -> None:
    tools = [tool_from_dict({"name": name, "parameters": {name: {"type": "int"}}}) for name in ("a", "b")]
    check_calls([ToolCall("a", {"a": 1}), ToolCall("b", {"b": 1})], tools)
    with pytest.raises(RowError, match="call 'c' is not among this example's tools: a, b"):
        check_calls([ToolCall("c", {})], tools)


def test_a_reason_is_one_line_of_bounded_length() -> None:
    ledger = Ledger()
    ledger.reject("rows.jsonl:1", "keys:\n a\x00\x1b[2J\u202e " + "é" * 4_000_000)
    [rejection] = ledger.rejected
    assert rejection == Rejection("rows.jsonl:1", rejection.reason)
    assert rejection.reason.startswith(r"keys: a\x00\x1b[2J\u202e éé")
    assert rejection.reason.endswith("é...")
    assert len(rejection.reason) == MAX_REASON_CHARACTERS + len("...")


def test_a_sentence_about_a_call_lists_some_names() -> None:
    properties = {name: {"enum": [*range(100)]} for name in NAMES[:100]}
    tool = Tool("f" * 1000, "", {"type": "object", "properties": properties, "required": NAMES[:100]})
    for arguments in ({}, {"b" * 1000: 1}, dict.fromkeys(NAMES[:100], -1)):
        problem = find_call_problem(ToolCall(tool.name, arguments), [tool])
        assert problem is not None
        assert len(problem[1]) < 600
