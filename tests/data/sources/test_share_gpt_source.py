"""ShareGPT's dialogues, as LLaMA-Factory's glaive_toolcall_en_demo.json and APIGen-MT (arXiv:2504.03601) have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample_rows import TIME, WEATHER

from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.share_gpt import ShareGpt
from lit_toolcall.types import Example, Message, ToolCall

OSLO, LIMA = ({"name": "get_weather", "arguments": {"city": city}} for city in ("Oslo", "Lima"))


def say(speaker: Any, value: Any) -> dict[str, Any]:
    return {"from": speaker, "value": value}


ASKED, CALLED = say("human", "Weather in Oslo?"), say("function_call", json.dumps(OSLO))
SEEN, TOLD = say("observation", '{"sky": "clear"}'), say("gpt", "It is clear.")


def dialogue(*turns: Any, **fields: Any) -> dict[str, Any]:
    return {"conversations": list(turns), "tools": json.dumps([WEATHER, TIME])} | fields


def read(folder: Path, *rows: Any) -> tuple[list[Example], Ledger]:
    path = folder / "train.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    ledger = Ledger()
    examples = list(ShareGpt(str(path)).read(ledger))
    assert ledger.kept + len(ledger.rejected) == len(rows)
    return examples, ledger


def read_one(folder: Path, row: Any) -> Example:
    [example], _ = read(folder, row)
    return example


def reason(folder: Path, row: Any) -> str:
    _, ledger = read(folder, row)
    [rejection] = ledger.rejected
    assert rejection.place.endswith("train.json:row 1")
    return rejection.reason


def test_a_dialogue_with_a_call_and_its_result(tmp_path: Path) -> None:
    example = read_one(tmp_path, dialogue(ASKED, CALLED, SEEN, TOLD))
    assert example.messages == (
        Message("user", "Weather in Oslo?"),
        Message("assistant", calls=(ToolCall("get_weather", {"city": "Oslo"}),)),
        Message("tool", '{"sky": "clear"}'),
    )
    assert example.answer == Message("assistant", "It is clear.")
    assert [tool.name for tool in example.tools] == ["get_weather", "get_time"]
    assert example.id == "train:1"


def test_what_follows_the_last_turn_of_the_assistant_is_left_out(tmp_path: Path) -> None:
    example = read_one(tmp_path, dialogue(ASKED, CALLED, SEEN, say("human", "And in Lima?")))
    assert example.messages == (Message("user", "Weather in Oslo?"),)
    assert example.answer is not None
    assert example.answer.calls == (ToolCall("get_weather", {"city": "Oslo"}),)


def test_a_list_of_calls_and_calls_in_a_row_are_made_at_once(tmp_path: Path) -> None:
    listed = read_one(tmp_path, dialogue(ASKED, say("function_call", json.dumps([OSLO, LIMA]))))
    in_a_row = read_one(tmp_path, dialogue(ASKED, CALLED, say("function_call", LIMA)))
    assert listed.answer == in_a_row.answer
    assert listed.answer is not None
    assert [call.arguments["city"] for call in listed.answer.calls] == ["Oslo", "Lima"]


def test_text_directly_before_a_call_belongs_to_its_turn(tmp_path: Path) -> None:
    example = read_one(tmp_path, dialogue(ASKED, say("gpt", "Let me look."), CALLED))
    assert example.messages == (Message("user", "Weather in Oslo?"),)
    assert example.answer == Message("assistant", "Let me look.", (ToolCall("get_weather", {"city": "Oslo"}),))


def test_system_texts_come_first_and_tools_may_be_none(tmp_path: Path) -> None:
    row = dialogue(say("system", "Be kind."), ASKED, TOLD, system="You are a clerk.", tools="[]")
    example = read_one(tmp_path, row)
    assert example.messages[:2] == (Message("system", "You are a clerk."), Message("system", "Be kind."))
    assert example.tools == ()
    nothing: tuple[Any, ...] = (None, "", [])
    for none in nothing:
        assert read_one(tmp_path, dialogue(ASKED, TOLD, tools=none)).tools == ()


def test_a_text_takes_the_type_that_its_tool_declares(tmp_path: Path) -> None:
    call = {"name": "get_weather", "arguments": json.dumps({"city": "Oslo", "days": "2"})}
    example = read_one(tmp_path, dialogue(ASKED, say("function_call", json.dumps(call))))
    assert example.answer is not None
    assert example.answer.calls[0].arguments == {"city": "Oslo", "days": 2}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("dialogue", "a row must be a JSON object"),
        ({"tools": "[]"}, "`conversations` must be a list"),
        (dialogue(), "`conversations` is an empty list"),
        (dialogue("Hi"), "turn 1 must hold `from`"),
        (dialogue({"from": "human"}), "turn 1 must hold `from`"),
        (dialogue(say("bard", "Hi")), "turn 1 must hold `from` (human, user, gpt"),
        (dialogue(say(["human"], "Hi")), "turn 1 must hold `from`"),
        (dialogue(say("human", 5), TOLD), "turn 1 (human): its `value` must be a text, this is 5"),
        (dialogue(say("human", " "), TOLD), "a turn of the user is empty"),
        (dialogue(ASKED), "no turn of the assistant"),
        (dialogue(TOLD), "no user turn before the answer"),
        (dialogue(ASKED, say("gpt", "")), "the last turn of the assistant is empty"),
        (dialogue(ASKED, CALLED, TOLD), "no question and no result between them"),
        (dialogue(ASKED, say("function_call", '{"name": "get_wea')), "turn 2 (function_call): calls: not JSON"),
        (dialogue(ASKED, say("function_call", "[]")), "a list of calls is empty"),
        (dialogue(ASKED, say("function_call", "5")), "a call must hold `name` and `arguments`, this is 5"),
        (dialogue(ASKED, say("function_call", '{"name": "f", "arguments": [1]}')), "must be an object"),
        (dialogue(ASKED, say("function_call", "[" * 10_000)), "nested deeper than 64 levels"),
        (dialogue(ASKED, say("function_call", '{"name": "get_wether"}')), "'get_wether' is not among"),
        (dialogue(ASKED, say("gpt", "<tool_call>{}</tool_call>")), "read such rows with HermesRows"),
        (dialogue(ASKED, TOLD, tools="[get_time]"), "`tools`: not JSON"),
        (dialogue(ASKED, TOLD, tools=["get_time"]), "the tool 'get_time' is given by name only"),
        (dialogue(ASKED, TOLD, tools=[TIME, {**TIME, "description": "Now."}]), "two tools are named 'get_time'"),
        (dialogue(ASKED, TOLD, system=5), "`system` must be a text, this is 5"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(tmp_path: Path, row: Any, sentence: str) -> None:
    assert sentence in reason(tmp_path, row)


def test_a_row_offers_at_most_512_tools(tmp_path: Path) -> None:
    tools = [{"name": f"f{number}"} for number in range(513)]
    assert len(read_one(tmp_path, dialogue(ASKED, TOLD, tools=tools[:512])).tools) == 512
    assert "513 tools in one row, more than 512; offer fewer" in reason(tmp_path, dialogue(ASKED, TOLD, tools=tools))


def test_every_real_dialogue_is_accounted_for(shared_data: Path) -> None:
    path = shared_data / "glaive-demo" / "glaive_toolcall_en_demo.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    ledger = Ledger()
    examples = list(ShareGpt(str(path)).read(ledger))
    assert (len(rows), ledger.kept, len(ledger.rejected)) == (300, 300, 0)
    for row, example in zip(rows, examples, strict=True):
        # Its dialogues end with the assistant, and no two of its turns stand side by side: nothing is joined or left.
        assert len(example.messages) + 1 == len(row["conversations"])
        calls = [json.loads(turn["value"]) for turn in row["conversations"] if turn["from"] == "function_call"]
        read_calls = [call for message in example.messages for call in message.calls]
        assert [call.name for call in read_calls] == [call["name"] for call in calls]
