"""When2Call's rows, in the published shapes of nvidia/When2Call: `train_pref` and `train_sft`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample_rows import WEATHER

from lit_toolcall.data.sources import Ledger
from lit_toolcall.data.sources.source import PreferenceSource
from lit_toolcall.data.sources.when2call import When2Call
from lit_toolcall.types import Example, Message, Preference, ToolCall, UserError

QUESTION = {"role": "user", "content": "Weather in Oslo?"}


def said(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def called(*calls: Any) -> dict[str, Any]:
    return said(f"<TOOLCALL>{json.dumps(list(calls))}</TOOLCALL>")


OSLO = {"name": "get_weather", "arguments": {"city": "Oslo"}}
ROW = {
    "tools": [json.dumps(WEATHER)],
    "messages": [QUESTION],
    "chosen_reward": 1.0,
    "rejected_reward": 0.0,
    "chosen_response": called(OSLO),
    "rejected_response": said("Which city do you mean?"),
}
SFT_ROW = {"tools": ROW["tools"], "messages": [QUESTION, said("I cannot look at maps.")]}
TEST_ROW = {"uuid": "1", "question": "?", "correct_answer": "tool_call", "answers": {}, "tools": ROW["tools"]}


def write(folder: Path, *rows: Any) -> When2Call:
    path = folder / "train_pref.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return When2Call(str(path))


def examples(folder: Path, *rows: Any) -> tuple[list[Example], Ledger]:
    ledger = Ledger()
    found = list(write(folder, *rows).read(ledger))
    assert (ledger.kept, ledger.kept + len(ledger.rejected)) == (len(found), len(rows))
    return found, ledger


def preferences(folder: Path, *rows: Any) -> tuple[list[Preference], Ledger]:
    ledger = Ledger()
    found = list(write(folder, *rows).read_preferences(ledger))
    assert (ledger.kept, ledger.kept + len(ledger.rejected)) == (len(found), len(rows))
    return found, ledger


def test_the_chosen_response_is_the_answer(tmp_path: Path) -> None:
    [pair, sft], _ = examples(tmp_path, ROW, SFT_ROW)
    assert pair.messages == (Message("user", "Weather in Oslo?"),)
    assert pair.answer == Message("assistant", "", (ToolCall("get_weather", {"city": "Oslo"}),))
    assert pair.tools[0].name == "get_weather"
    assert sft.answer == Message("assistant", "I cannot look at maps.")
    assert (pair.id, pair.place) == ("train_pref:1", f"{tmp_path / 'train_pref.jsonl'}:1")


@pytest.mark.parametrize(
    ("chosen", "rejected", "reason"),
    [
        (called(OSLO), said("Which city?"), "missing_call"),
        (said("No tool fits."), called({"name": "get_news", "arguments": {}}), "unwanted_call"),
        (called(OSLO), called({"name": "get_weather", "arguments": {}}), "missing_argument"),
        (called(OSLO), called({"name": "get_weather", "arguments": {"city": "Rome"}}), ""),
        (said("Which day?"), said("It is sunny."), ""),
    ],
)
def test_a_preference_says_what_makes_the_rejected_answer_worse(
    tmp_path: Path, chosen: Any, rejected: Any, reason: str
) -> None:
    [preference], _ = preferences(tmp_path, ROW | {"chosen_response": chosen, "rejected_response": rejected})
    assert preference.reason == reason
    assert bool(preference.chosen[0].calls) == ("TOOLCALL" in chosen["content"])
    assert bool(preference.rejected[0].calls) == ("TOOLCALL" in rejected["content"])


def test_words_before_a_call_stay_beside_it(tmp_path: Path) -> None:
    words = said('Let me look. <TOOLCALL>[{"name": "get_weather", "arguments": {"city": "Oslo"}}]</TOOLCALL>')
    [example], _ = examples(tmp_path, ROW | {"chosen_response": words})
    assert example.answer is not None
    assert (example.answer.content, len(example.answer.calls)) == ("Let me look.", 1)


def test_it_is_a_source_of_preferences(tmp_path: Path) -> None:
    assert isinstance(write(tmp_path), PreferenceSource)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([], "a row must be a JSON object"),
        (TEST_ROW, "a row of When2Call's test set, which derives from BFCL"),
        (ROW | {"tools": None}, "`messages` and `tools` must be lists"),
        (ROW | {"tools": ["{"]}, "a tool: not JSON"),
        (ROW | {"tools": ['"get_weather"']}, "the tool 'get_weather' is given by name only"),
        (ROW | {"messages": "x"}, "`messages`: not JSON"),
        (ROW | {"messages": []}, "an answer and nothing before it"),
        (ROW | {"messages": [5]}, "message 1 must be an object"),
        ({"tools": [], "messages": [QUESTION]}, "no `chosen_response`, and the last message is not the assistant's"),
        (ROW | {"chosen_response": QUESTION}, "the last message is not the assistant's"),
        (ROW | {"chosen_response": None}, "message 2 must be an object"),
        (ROW | {"chosen_response": said("")}, "is empty"),
        (ROW | {"chosen_response": said("<TOOLCALL>[]</TOOLCALL>")}, "must hold a list of calls"),
        (ROW | {"chosen_response": said("<TOOLCALL>[{</TOOLCALL>")}, "<TOOLCALL>: not JSON"),
        (ROW | {"chosen_response": said("<TOOLCALL>[]")}, "calls that do not end in </TOOLCALL>"),
        (ROW | {"chosen_response": said("<TOOLCALL>[]</TOOLCALL> <TOOLCALL>[]</TOOLCALL>")}, "text after them"),
        (ROW | {"chosen_response": called(5)}, "a call must hold `name` and `arguments`"),
        (ROW | {"chosen_response": called({"name": "get_weather"})}, "required argument 'city' is missing"),
    ],
)
def test_wrong_rows_are_rejected_by_name(tmp_path: Path, row: Any, sentence: str) -> None:
    for read in (examples, preferences):
        _, ledger = read(tmp_path, row)
        assert sentence in ledger.rejected[0].reason


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (SFT_ROW, "no `chosen_response`: the row holds no preference"),
        ({key: ROW[key] for key in ROW if key != "rejected_response"}, "no `rejected_response`"),
        (ROW | {"rejected_response": ROW["chosen_response"]}, "the chosen and the rejected answer are the same"),
        (ROW | {"rejected_response": QUESTION}, "must be the assistant's"),
        (ROW | {"rejected_response": said("<TOOLCALL>")}, "calls that do not end in </TOOLCALL>"),
    ],
)
def test_rows_without_a_preference_are_rejected_by_name(tmp_path: Path, row: Any, sentence: str) -> None:
    _, ledger = preferences(tmp_path, row)
    assert sentence in ledger.rejected[0].reason


def test_a_limit_holds_for_preferences_too(tmp_path: Path) -> None:
    source = write(tmp_path, ROW, ROW, ROW)
    source.limit = 2
    assert len(list(source.read_preferences(Ledger()))) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": "when2call_test_mcq.jsonl"},
        {"path": "data/when2call_test_llm_judge.jsonl"},
        {"path": "When2Call/test/rows.jsonl"},
        {"config": "test"},
        {"split": "mcq"},
        {"split": "llm_judge"},
    ],
)
def test_the_test_set_is_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="is When2Call's test set, which derives from BFCL: train on train_pref"):
        When2Call(**arguments)
