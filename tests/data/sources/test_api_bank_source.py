"""API-Bank: dialogues become messages, searched tools become available, and no answer breaks its own schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.data.sources import ApiBank, Ledger
from lit_toolcall.data.sources.api_bank import source as api_bank
from lit_toolcall.types import Example, Message, ToolCall, UserError

CALL, RESPONSE = "Generate API Request:\n", "Generate AI Response:\n"
ADD_ALARM = {
    "name": "AddAlarm",
    "description": "Sets an alarm.",
    "input_parameters": {"time": {"type": "str", "description": "When."}},
    "output_parameters": {"status": {"type": "str", "description": "success or failed"}},
}
SEARCHER = {
    "apiCode": "ToolSearcher",
    "description": "Searches for tools.",
    "parameters": {"keywords": {"type": "str", "description": "What for."}},
    "response": {"best_matchs": {"type": "Union[List[dict], dict]", "description": "The best."}},
}
SEARCHED = "API-Request: [ToolSearcher(keywords='rent')]->"
RENT = "{'name': 'GetRent', 'description': '', 'input_parameters': {'city': {'type': 'str', 'description': ''}}}"


def row(transcript: str, output: str, *tools: dict[str, Any], year: str = "2023") -> dict[str, Any]:
    """Write a row of level 1 or 2, whose tools stand in the instruction."""
    listing = "\n".join(json.dumps(tool) for tool in tools or (ADD_ALARM,))
    instruction = f"\nGenerate.\nThe current year is {year}.\nInput: \n\nAPI descriptions:\n{listing}"
    return {
        "file": "x.jsonl",
        "id": 0,
        "instruction": instruction,
        "input": transcript,
        "expected_output": output,
    }


def searched_row(history: str, output: str, mark: str = CALL) -> dict[str, Any]:
    """Write a row of level 3, whose tools stand in the input."""
    transcript = f"{json.dumps(SEARCHER)}\nUser: Rent in Oslo?TIME: 2034-04-15 10:00:00\n{history}{mark}"
    instruction = "\nGenerate.\nThe current time is {{time}}.\n\nAPI descriptions:\n"
    return {"instruction": instruction, "input": transcript, "output": output}


def read(folder: Path, *rows: Any, name: str = "lv1-api-train.json", **settings: Any) -> tuple[list[Example], Ledger]:
    (folder / name).write_text(json.dumps(rows), encoding="utf-8")
    ledger = Ledger()
    examples = list(ApiBank(str(folder), **settings).read(ledger))
    return examples, ledger


def reason(folder: Path, row: Any) -> str:
    examples, ledger = read(folder, row)
    assert not examples
    assert ledger.rejected[0].place == f"{folder}/lv1-api-train.json:row 1"
    return ledger.rejected[0].reason


def test_a_transcript_becomes_messages_calls_and_results(tmp_path: Path) -> None:
    transcript = (
        "User: Wake me\nat eight.\nAI: Today?\nUser: Yes.\nAI: One moment.\n"
        f"API-Request: [AddAlarm(time='08:00')]->success\nAI: Done.\nUser: And at nine.\n{CALL}"
    )
    [example], _ = read(tmp_path, row(transcript, "API-Request: [AddAlarm(time='09:00')]"))
    assert example.messages == (
        Message("system", "The current year is 2023."),
        Message("user", "Wake me\nat eight."),
        Message("assistant", "Today?"),
        Message("user", "Yes."),
        Message("assistant", "One moment."),
        Message("assistant", calls=(ToolCall("AddAlarm", {"time": "08:00"}),)),
        Message("tool", "success"),
        Message("assistant", "Done."),
        Message("user", "And at nine."),
    )
    assert example.answer == Message("assistant", calls=(ToolCall("AddAlarm", {"time": "09:00"}),))
    assert [tool.name for tool in example.tools] == ["AddAlarm"]
    assert (example.id, example.category) == ("lv1-api-train:1", "api_bank_1")


@pytest.mark.parametrize("output", ["Done.", "AI: Done.\n"])
def test_a_response_row_is_answered_in_words(tmp_path: Path, output: str) -> None:
    transcript = f"User: Wake me.\nAPI-Request: [AddAlarm(time='08:00')]->success\n{RESPONSE}"
    [example], _ = read(tmp_path, row(transcript, output))
    assert (example.answer, example.category) == (Message("assistant", "Done."), "api_bank_1_response")


def test_the_time_after_the_question_becomes_a_system_message(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, searched_row("", "API-Request: [ToolSearcher(keywords='rent')]"))
    assert example.messages == (
        Message("system", "The current time is 2034-04-15 10:00:00."),
        Message("user", "Rent in Oslo?"),
    )


@pytest.mark.parametrize(
    "result",
    [
        RENT,
        f"[{RENT}]",
        f"{{'api_name': 'ToolSearcher', 'input': {{}}, 'output': {RENT}, 'exception': None}}",
        RENT.replace("'str'", "str"),
        RENT.replace("'description': ''", "'description': 'The user's rent'"),
    ],
)
def test_a_tool_that_a_search_found_is_on_offer(tmp_path: Path, result: str) -> None:
    [example], _ = read(tmp_path, searched_row(f"{SEARCHED}{result}\n", "API-Request: [GetRent(city='Oslo')]"))
    assert [tool.name for tool in example.tools] == ["ToolSearcher", "GetRent"]
    assert list(example.tools[1].parameters["properties"]) == ["city"]
    assert example.messages[-1] == Message("tool", result)


@pytest.mark.parametrize("parameters", ["{}", "None", "{'none'}"])
def test_a_found_tool_may_take_nothing(tmp_path: Path, parameters: str) -> None:
    result = f"{{'name': 'Now', 'description': '', 'input_parameters': {parameters}}}"
    [example], _ = read(tmp_path, searched_row(f"{SEARCHED}{result}\n", "API-Request: [Now()]"))
    assert example.answer == Message("assistant", calls=(ToolCall("Now", {}),))


@pytest.mark.parametrize("result", ["nothing found", RENT[:60], "{'name': 5}", "[" * 200])
def test_a_tool_that_no_search_found_in_full_cannot_be_called(tmp_path: Path, result: str) -> None:
    examples, ledger = read(tmp_path, searched_row(f"{SEARCHED}{result}\n", "API-Request: [GetRent(city='Oslo')]"))
    assert not examples
    assert ledger.rejected[0].reason == "call 'GetRent' is not among this example's tools: ToolSearcher"


def test_an_argument_described_as_optional_may_be_left_out(tmp_path: Path) -> None:
    parameters = {
        "src": {"type": "str", "description": "The text."},
        "lang": {"type": "str", "description": "[Optional] The language."},
        "code": {"type": "str", "description": "A code. Only needed for the second call."},
    }
    tool = {**ADD_ALARM, "input_parameters": parameters}
    [example], _ = read(tmp_path, row(f"User: Go\n{CALL}", "API-Request: [AddAlarm(src='x')]", tool))
    assert example.tools[0].parameters["required"] == ["src"]


@pytest.mark.parametrize("type_name", ["datetime", "date", "time"])
def test_dates_are_texts_with_a_format(tmp_path: Path, type_name: str) -> None:
    tool = {**ADD_ALARM, "input_parameters": {"time": {"type": type_name, "description": ""}}}
    [example], _ = read(tmp_path, row(f"User: Go\n{CALL}", "API-Request: [AddAlarm(time='08:00')]", tool))
    time = example.tools[0].parameters["properties"]["time"]
    assert (time["type"], time["format"].startswith("date")) == ("string", type_name != "time")


@pytest.mark.parametrize(
    ("request_text", "sentence"),
    [
        ("[AddAlarm(time=<Time>)]", "the value '<Time>' has neither quotes nor a literal's form"),
        ("[AddAlarm(time='8', day='Monday')]", "day"),
        ("[AddAlarm()]", "time"),
        ("[AddAlrm(time='8')]", "call 'AddAlrm' is not among this example's tools: AddAlarm"),
    ],
)
def test_a_request_that_cannot_be_taken_says_why(tmp_path: Path, request_text: str, sentence: str) -> None:
    assert sentence in reason(tmp_path, row(f"User: Go\n{CALL}", f"API-Request: {request_text}"))


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (5, "a row must be a JSON object, this is 5"),
        ({"instruction": "", "input": ""}, "no text under the key `expected_output`"),
        (row("User: Go\n", "AI: Done."), "the input ends with neither"),
        (
            row(f"Go\n{CALL}", "API-Request: [AddAlarm(time='8')]"),
            "begins with neither 'User:' nor 'AI:': 'Go'",
        ),
        (row(f"AI: Hello\n{RESPONSE}", "Done."), "no user turn"),
        (row(f"User: Go\n{RESPONSE}", "AI: \n"), "the expected response is empty"),
        (row(f"User: Go\nAPI-Request: [AddAlarm(time='8')]\n{RESPONSE}", "Done."), "has no result"),
        (row(f"User: Go\n{CALL}", "", {"description": "no name"}), "name"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(tmp_path: Path, broken: Any, sentence: str) -> None:
    assert sentence in reason(tmp_path, broken)


def test_nothing_in_a_row_is_evaluated(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    attack = f"open({str(proof)!r}, 'w')"
    rows = [
        row(f"User: Go\n{CALL}", f"API-Request: [AddAlarm(time={attack})]"),
        row(f"User: Go\n{CALL}", f"API-Request: [{attack}]"),
        row(f"User: Go\nAPI-Request: [AddAlarm(time='8')]->{attack}\n{RESPONSE}", "Done."),
        searched_row(f"{SEARCHED}{attack}\n", "API-Request: [ToolSearcher(keywords='rent')]"),
    ]
    examples, ledger = read(tmp_path, *rows)
    assert not proof.exists()
    assert len(examples) + len(ledger.rejected) == 4
    assert len(ledger.rejected) == 2  # a result is text, whatever it says


def test_a_union_beside_its_parts_is_read_once(tmp_path: Path) -> None:
    call = searched_row("", "API-Request: [ToolSearcher(keywords='rent')]")
    words = searched_row("", "AI: No.", RESPONSE)
    assert len(read(tmp_path, call, words, name="lv3-train.json")[0]) == 2
    assert len(read(tmp_path, call, name="lv3-api-train.json")[0]) == 1
    assert len(read(tmp_path, words, name="lv3-response-train.json")[0]) == 2


def test_settings_pick_levels_splits_and_rows(tmp_path: Path) -> None:
    call = row(f"User: Go\n{CALL}", "API-Request: [AddAlarm(time='8')]")
    words = row(f"User: Go\n{RESPONSE}", "Done.")
    read(tmp_path, call, words, name="lv2-train.json")
    read(tmp_path, call, call, name="level-1-api.json")

    def ids(**settings: Any) -> list[str]:
        return [example.id for example in ApiBank(str(tmp_path), **settings).read(Ledger())]

    assert ids() == ["level-1-api:1", "level-1-api:2", "lv2-train:1", "lv2-train:2"]
    assert ids(levels=[1]) == ids(split="test") == ["level-1-api:1", "level-1-api:2"]
    assert ids(split="train") == ["lv2-train:1", "lv2-train:2"]
    assert ids(responses=False) == ["level-1-api:1", "level-1-api:2", "lv2-train:1"]
    assert ids(limit=3) == ids()[:3]
    with pytest.raises(UserError, match=r"no API-Bank file of the levels \[3\] .* names must look like"):
        ids(levels=[3])


def test_without_network_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> str:
        raise OSError("Name or service not known\nand forty lines more")

    monkeypatch.setattr(api_bank, "snapshot_download", unreachable)
    with pytest.raises(
        UserError, match=r"(?s)\Aliminghao1630/API-Bank: .*\(Name or service not known\); give"
    ) as error:
        list(ApiBank().read(Ledger()))
    assert "\n" not in str(error.value)


def test_the_hub_gives_a_folder_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(tmp_path, row(f"User: Go\n{CALL}", "API-Request: [AddAlarm(time='8')]"))
    monkeypatch.setattr(api_bank, "snapshot_download", lambda *_, **__: str(tmp_path))
    assert len(list(ApiBank("someone/api-bank").read(Ledger()))) == 1
