"""ToolRL's rows: tools out of the instruction, dialogues with results, thoughts dropped."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from test_sources_hostile import account, cut, flip_bits, insert, mutate

from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.toolrl import ToolRL
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Message, ToolCall

PYTHON_TYPES = {
    "city": {"description": "", "type": "str", "default": "Rome"},
    "days": {"description": "", "type": "int, optional", "default": "3"},
    "unit": {"description": "", "type": "str, optional", "default": ""},
}
JSON_TYPES = {
    "tags": {"description": "", "type": "array", "default": ""},
    "page": {"description": "", "type": "int", "default": "1"},
}
CALL = '{"name": "City Weather", "parameters": {"city": "Oslo"}}'
OUTPUT = f"<think> A <tool_call> or a <response>? </think>\n<tool_call>\n{CALL}\n</tool_call>"


def instruction(**tools: Any) -> str:
    entries = [
        f"{number}. Name: {name.replace('_', ' ')}\nDescription: It tells.\nParameters: {json.dumps(parameters)}"
        for number, (name, parameters) in enumerate(tools.items(), start=1)
    ]
    return (
        "You help.\n\n**Available Tools**\nIn your response, you can use the following tools:\n"
        + "\n".join(entries)
        + "\n\n**Steps for Each Turn**\n1. **Think:** ..."
    )


def make_row(output: str = OUTPUT, history: str = "<user> Weather in Oslo? </user>", **tools: Any) -> dict[str, str]:
    return {
        "instruction": instruction(**(tools or {"City_Weather": PYTHON_TYPES})),
        "input": f"**Dialogue Records History**\n{history}",
        "output": output,
    }


def read(tmp_path: Path, *rows: Any) -> tuple[list[Example], list[str]]:
    path = tmp_path / "rlla.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    ledger = Ledger()
    examples = list(ToolRL(str(path)).read(ledger))
    assert ledger.kept == len(examples)
    return examples, [rejection.reason for rejection in ledger.rejected]


def test_thoughts_are_dropped_and_calls_stay(tmp_path: Path) -> None:
    output = OUTPUT.replace(CALL, f"{CALL}\n{CALL.replace('Oslo', 'Bergen')}")
    [example], rejected = read(tmp_path, make_row(output))
    assert not rejected
    assert (example.id, example.place) == ("rlla:1", f"{tmp_path}/rlla.json:row 1")
    assert example.messages == (Message("user", "Weather in Oslo?"),)
    calls = (ToolCall("City Weather", {"city": "Oslo"}), ToolCall("City Weather", {"city": "Bergen"}))
    assert example.answer == Message("assistant", calls=calls)


def test_an_answer_may_be_words_or_words_and_calls(tmp_path: Path) -> None:
    words = "<think> No. </think>\n<response> Which city?\nI need it. </response>"
    both = f"{OUTPUT}\n<response> I look. </response>"
    first, second = read(tmp_path, make_row(words), make_row(both))[0]
    assert first.answer == Message("assistant", "Which city?\nI need it.")
    assert second.answer == Message("assistant", "I look.", (ToolCall("City Weather", {"city": "Oslo"}),))


def test_python_types_say_what_is_required_and_their_other_defaults_are_examples(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, make_row())
    assert example.tools[0].name == "City Weather"
    assert example.tools[0].parameters["required"] == ["city"]
    assert example.tools[0].parameters["properties"] == {
        "city": {"type": "string", "description": ""},
        "days": {"type": "integer", "description": "", "default": 3},
        "unit": {"type": "string", "description": ""},
    }


def test_nothing_is_required_where_the_types_are_those_of_json_schema(tmp_path: Path) -> None:
    call = OUTPUT.replace(CALL, '{"name": "List_All", "parameters": {"tags": "[\\"a\\"]"}}').replace("_", " ")
    output = call.replace("tool call", "tool_call")
    [example], _ = read(tmp_path, make_row(output, List_All=JSON_TYPES, City_Weather=PYTHON_TYPES))
    assert [tool.parameters["required"] for tool in example.tools] == [[], []]
    assert example.tools[0].parameters["properties"] == {
        "tags": {"type": "array", "description": ""},
        "page": {"type": "integer", "description": "", "default": 1},
    }
    assert example.answer is not None
    assert example.answer.calls[0].arguments == {"tags": ["a"]}


def test_a_dialogue_has_users_calls_results_and_words(tmp_path: Path) -> None:
    history = (
        f"<user> Oslo? </user>\n\n<think> Call. </think>\n<tool_call>\n{CALL}\n</tool_call>\n"
        '<obs> [{"name": "City Weather", "results": 4}] </obs>\n\n<think> Say. </think>\n'
        "<response> Four. </response>\n\n<user> And <now>? </user>"
    )
    [example], _ = read(tmp_path, make_row(history=history))
    assert example.messages == (
        Message("user", "Oslo?"),
        Message("assistant", calls=(ToolCall("City Weather", {"city": "Oslo"}),)),
        Message("tool", '[{"name": "City Weather", "results": 4}]'),
        Message("assistant", "Four."),
        Message("user", "And <now>?"),
    )


def test_two_thoughts_are_two_turns(tmp_path: Path) -> None:
    history = (
        "<user> Oslo? </user><think> a </think><response> One. </response><think> b </think>"
        "<response> Two. </response><user> And? </user>"
    )
    [example], _ = read(tmp_path, make_row(history=history))
    assert [message.content for message in example.messages] == ["Oslo?", "One.", "Two.", "And?"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"output": "Four."}, "text outside of <user>, <think>, <tool_call>, <response>, <obs>: 'Four.'"),
        ({"output": "<think> x"}, "<think> is not closed: '<think> x'"),
        ({"output": "<think> x </think>"}, "`output` must hold one turn"),
        ({"output": "<tool_call>\n</tool_call>"}, "`output` must hold one turn"),
        ({"output": "<user> x </user>"}, "`output` must hold one turn"),
        ({"output": "<tool_call> {'a': 1} </tool_call>"}, "a line of <tool_call>: not JSON"),
        ({"output": "<tool_call> [] </tool_call>"}, "a call must hold `name` and `parameters`, this is []"),
        ({"output": ""}, "`output` must be a text with something in it"),
        ({"output": OUTPUT.replace("City Weather", "City")}, "call 'City' is not among this example's tools"),
        ({"output": OUTPUT.replace('"city"', '"town"')}, "'town' given where 'city' is required"),
        (
            {"output": OUTPUT.replace('"Oslo"', '"Oslo", "days": "[1"')},
            "argument 'days' is '[1', of type string: its type is integer",
        ),
        ({"output": OUTPUT.replace('"Oslo"', '"Oslo", "unit": null')}, "argument 'unit' is None, of type null"),
        ({"input": "**Dialogue Records History**\n"}, "`input` must end with a <user> turn or an <obs>"),
        ({"input": "<user> a </user><response> b </response>"}, "`input` must end with a <user> turn or an <obs>"),
        ({"input": "<user>  </user>"}, "a <user> turn is empty"),
        ({"instruction": "You help."}, "`instruction` has no tools between"),
        ({"instruction": instruction(f=PYTHON_TYPES).replace("1. Name", "Name")}, "does not begin with '1. Name: '"),
        ({"instruction": instruction(f=PYTHON_TYPES).replace("\nParameters", "")}, "a line Description and a line"),
        ({"instruction": instruction(f=[])}, "the parameters of the tool 'f' must be an object of objects"),
        ({"instruction": instruction(f=PYTHON_TYPES).replace("{", "{{")}, "the parameters of the tool 'f': not JSON"),
    ],
)
def test_a_row_that_cannot_be_trained_is_rejected_with_its_reason(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    examples, [found] = read(tmp_path, make_row() | changes)
    assert not examples
    assert reason in found


def test_two_tools_of_one_name_are_rejected(tmp_path: Path) -> None:
    row = make_row(City_Weather=PYTHON_TYPES, City_Wind={})
    row["instruction"] = row["instruction"].replace("City Wind", "City Weather")
    assert "two tools are named 'City Weather'" in read(tmp_path, row)[1][0]


def test_many_tags_are_read_in_the_time_of_few(tmp_path: Path) -> None:
    start = time.process_time()
    [example], _ = read(tmp_path, make_row(history="<think></think>" * 100_000 + "<user> Oslo? </user>"))
    assert len(example.messages) == 1
    assert time.process_time() - start < 5


@pytest.mark.parametrize("seed", range(2))
def test_every_mutated_row_and_text_is_kept_or_rejected(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    row = make_row(history="<user> a </user><response> b </response><user> c </user>")
    lines = [mutate(row, rng) for _ in range(200)]
    for _ in range(200):
        key = rng.choice(list(row))
        text = rng.choice((flip_bits, cut, insert))(row[key].encode(), rng).decode("utf-8", "replace")
        lines.append(json.dumps(row | {key: text}).encode())
    content = b"\n".join(lines)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    assert account(ToolRL(str(path))) == sum(bool(line.strip()) for line in content.split(b"\n"))


REAL_REJECTIONS = {
    # a list or an object was cut at its first comma, and what followed became arguments or calls
    "cut": {5, 38, 56, 71, 88, 111, 130, 131, 139, 153, 154, 163, 168, 186, 210, 228, 242, 248, 258, 267, 275, 295}
    | {307, 312, 336, 356},
    # 0.5 for an integer
    "type": {74},
    # null for an argument that is only optional
    "null": {250, 343},
    "missing": {66, 234},
    "two tools of one name": {205},
    "an argument that is a Callable": {215},
}


def test_every_real_row_is_kept_or_rejected_for_a_known_reason(shared_data: Path) -> None:
    path = shared_data / "toolrl" / "rlla_sft.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    ledger = Ledger()
    examples = list(ToolRL(str(path)).read(ledger))
    rejected = {int(rejection.place.rpartition(" ")[2]) for rejection in ledger.rejected}
    assert rejected == set().union(*REAL_REJECTIONS.values())
    assert ledger.kept + len(ledger.rejected) == len(rows) == 400
    for example in examples:
        assert example.answer is not None
        row = rows[int(example.id.partition(":")[2]) - 1]
        assert all(find_call_problem(call, example.tools) is None for call in example.answer.calls)
        assert len(example.tools) == len(re.findall(r"^\d+\. Name: ", row["instruction"], re.MULTILINE))
        assert sum(m.role == "user" for m in example.messages) == row["input"].count("<user>")
        assert sum(m.role == "tool" for m in example.messages) == row["input"].count("<obs>")
        assert "<think>" not in example.answer.content
        answer = row["output"].rpartition("</think>")[2]
        assert len(example.answer.calls) == sum(line.startswith('{"name"') for line in answer.split("\n"))
