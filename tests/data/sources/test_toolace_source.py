"""ToolACE's rows, in the published shape of Team-ACE/ToolACE (`data.json`)."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.data.sources import Ledger
from lit_toolcall.data.sources.toolace import ToolACE
from lit_toolcall.types import Example, Message, ToolCall

TOOLS = [
    {
        "name": "Market Trends API",
        "description": "Get market trends.",
        "parameters": {
            "type": "dict",
            "properties": {
                "trend_type": {"description": "Trend type.", "type": "string", "enum": ["GAINERS", "LOSERS"]},
                "country": {"type": "string", "default": "us"},
            },
            "required": ["trend_type"],
        },
        "required": None,
    },
    {
        "name": "exchanges/list",
        "description": "",
        "parameters": {
            "type": "dict",
            "properties": {
                "$top": {"type": "int"},
                "from": {"type": "string"},
                "class": {"type": "boolean"},
                "near": {"type": "list", "items": {"type": "float"}},
                "filter": {"type": "dict", "properties": {"tag": {"type": "string"}, "on": {"type": "boolean"}}},
                "after": {},
            },
            "required": [],
        },
        "required": None,
    },
    {"name": "Get Rates (v2)", "description": "", "parameters": {"type": "dict", "properties": {}, "required": []}},
]
BEFORE = (
    "You are an expert in composing functions. You are given a question and a set of possible functions. \n"
    "Based on the question, you will need to make one or more function/tool calls to achieve the purpose. \n"
    "If none of the function can be used, point it out. If the given question lacks the parameters required by the"
    " function,\nalso point it out. You should only return the function call in tools call sections.\n"
    "Here is a list of functions in JSON format that you can invoke:\n"
)
AFTER = (
    ". \nShould you decide to return the function call(s). \nPut it in the format of [func1(params_name=params_value,"
    " params_name2=params_value2...), func2(params)]\n\nNO other text MUST be included. \n"
)
TRENDS = '[Market Trends API(trend_type="GAINERS", country="us")]'


def row(*values: str, system: str = BEFORE + json.dumps(TOOLS) + AFTER, **changes: Any) -> dict[str, Any]:
    """Write a row: the user speaks first, then a call, its result, words, and so on, as a value's start says."""
    speakers = ["tool" if value.startswith("[{") else "assistant" for value in values]
    turns = [{"from": who, "value": value} for who, value in zip(speakers, values, strict=True)]
    return {"system": system, "conversations": [{"from": "user", "value": "What is up?"}, *turns], **changes}


def read(folder: Path, *rows: Any) -> tuple[list[Example], Ledger]:
    path = folder / "data.json"
    path.write_text(json.dumps(list(rows)), encoding="utf-8")
    ledger = Ledger()
    examples = list(ToolACE(str(path)).read(ledger))
    assert len(examples) == ledger.kept
    assert ledger.kept + len(ledger.rejected) == len(rows)
    return examples, ledger


def calls(folder: Path, value: str) -> tuple[ToolCall, ...]:
    [example], _ = read(folder, row(value))
    assert example.answer is not None
    return example.answer.calls


def reason(folder: Path, wrong: Any) -> str:
    _, ledger = read(folder, wrong)
    [rejection] = ledger.rejected
    assert rejection.place == f"{folder / 'data.json'}:row 1"
    return rejection.reason


def test_a_dialogue_becomes_messages_and_its_last_turn_the_answer(tmp_path: Path) -> None:
    result = '[{"name": "Market Trends API", "results": {"trends": []}}]'
    published = row(TRENDS, result, "Nothing moves.")
    published["conversations"].append({"from": "user", "value": "Thanks."})
    [example], _ = read(tmp_path, published)
    assert example.messages == (
        Message("user", "What is up?"),
        Message("assistant", "", (ToolCall("Market Trends API", {"trend_type": "GAINERS", "country": "us"}),)),
        Message("tool", result),
    )
    assert example.answer == Message("assistant", "Nothing moves.")
    assert [tool.name for tool in example.tools] == ["Market Trends API", "exchanges/list", "Get Rates (v2)"]
    assert example.tools[0].parameters["required"] == ["trend_type"]
    assert example.id == "data:1"


def test_the_published_instructions_are_left_out_and_others_kept(tmp_path: Path) -> None:
    tools = json.dumps(TOOLS)
    [plain, other], _ = read(tmp_path, row(TRENDS), row(TRENDS, system=f"It is noon. {tools}\nBe brief."))
    assert [message.role for message in plain.messages] == ["user"]
    assert other.messages[0] == Message("system", "It is noon.\n\nBe brief.")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (TRENDS, [("Market Trends API", {"trend_type": "GAINERS", "country": "us"})]),
        ("[exchanges/list()]", [("exchanges/list", {})]),
        ("[ exchanges/list ( ) ]", [("exchanges/list", {})]),
        (
            '[exchanges/list($top=3, from="x", class=true)]',
            [("exchanges/list", {"$top": 3, "from": "x", "class": True})],
        ),
        ("[exchanges/list(class=False, after=None)]", [("exchanges/list", {"class": False, "after": None})]),
        ("[exchanges/list(after=null, near=[1.5, -2.0])]", [("exchanges/list", {"after": None, "near": [1.5, -2.0]})]),
        (
            '[exchanges/list(filter={"tag": "a, b) = [c]", "on": true})]',
            [("exchanges/list", {"filter": {"tag": "a, b) = [c]", "on": True}})],
        ),
        (r"""[exchanges/list(from='it\'s "so" \u00e9\n')]""", [("exchanges/list", {"from": 'it\'s "so" é\n'})]),
        ("[Get Rates (v2)(), exchanges/list($top=1)]", [("Get Rates (v2)", {}), ("exchanges/list", {"$top": 1})]),
        (
            "[exchanges/list($top=1),\n exchanges/list($top=2)]",
            [("exchanges/list", {"$top": 1}), ("exchanges/list", {"$top": 2})],
        ),
    ],
)
def test_calls_are_read_whatever_their_names_and_values(
    tmp_path: Path, value: str, expected: list[tuple[str, dict[str, Any]]]
) -> None:
    assert [(call.name, call.arguments) for call in calls(tmp_path, value)] == expected


def test_words_before_calls_stay_beside_them(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, row(f"I will look (quickly). {TRENDS}"))
    assert example.answer is not None
    assert example.answer.content == "I will look (quickly)."
    assert len(example.answer.calls) == 1


@pytest.mark.parametrize("words", ["See [HD Image](https://example.org/a).", "[1] and [2] are the same.", "None fits."])
def test_words_with_brackets_are_words(tmp_path: Path, words: str) -> None:
    [example], _ = read(tmp_path, row(words))
    assert example.answer == Message("assistant", words)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("[Market Trends API(trend_type=GAINERS)]", "'GAINERS' is not a literal value"),
        ('[Market Trends API("GAINERS")]', "an argument without a name"),
        ('[Market Trends API(trend_type="GAINERS")', "no ',' or ']' after the call of 'Market Trends API'"),
        ('[Market Trends API(trend_type="GAINERS"]', "cannot be read"),
        ('[Market Trends API(trend_type="GAINERS', "a string that does not end"),
        ("[exchanges/list(near=[1, 2", "a call that does not end"),
        ('[exchanges/list(from="a", from="b")]', "'from' is given twice"),
        (f"{TRENDS} and then?", "text after the calls: ' and then?'"),
        ('Market Trends API(trend_type="GAINERS")', "a call without brackets around it"),
        ("[exchanges/list(), ]", "no call such as name(argument=value) at ']'"),
        ("[exchanges/list(after=__import__('os'))]", "is not a literal value"),
        ("[exchanges/list(near=" + "[" * 70 + "]" * 70 + ")]", "nested more than 64 deep"),
        ("[exchanges/list(near=[" + "1, " * 9000 + "])]", "more than 20000"),
        ('[Market Trends(trend_type="GAINERS")]', "call 'Market Trends' is not among this example's tools"),
        ('[Market Trends API(trend_type="UP")]', "which is not one of 'GAINERS', 'LOSERS'"),
        ("[exchanges/list($top=1.5)]", "its type is integer"),
        ("", "the last turn of the assistant is empty"),
    ],
)
def test_wrong_answers_are_rejected_by_name(tmp_path: Path, value: str, sentence: str) -> None:
    assert sentence in reason(tmp_path, row(value))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (5, "a row must be a JSON object"),
        ({"conversations": []}, "`system` must be a text with the tools in it, this is None"),
        (row(TRENDS, system="No tools here."), "`system` holds no JSON list of tools"),
        (row(TRENDS, system=BEFORE + '[{"name": "f",'), "the tools in `system` are not JSON"),
        (row(TRENDS, system=BEFORE + "[{" * 50_000), "the tools in `system` are not JSON"),
        (row(TRENDS, system=BEFORE + '[{"a":' * 50_000), "the tools in `system` are not JSON"),
        (
            row(TRENDS, system=BEFORE + json.dumps([TOOLS[0], {**TOOLS[0], "description": "Other."}])),
            "two tools are named 'Market Trends API'",
        ),
        (row(TRENDS, system=BEFORE + '[{"name": "f"}, "g"]'), "the tool 'g' is given by name only"),
        (row(TRENDS, system=BEFORE + "[]" + AFTER), "not among this example's tools: none"),
        (row(TRENDS, conversations="x"), "`conversations`: not JSON"),
        (row(TRENDS, conversations=5), "`conversations` must be a list of turns"),
        (row(TRENDS, conversations=[{"from": "gpt", "value": "x"}]), "turn 1 must be `from` (user, assistant, tool)"),
        (row(TRENDS, conversations=[{"from": ["user"], "value": "x"}]), "turn 1 must be `from`"),
        (row(TRENDS, conversations=[{"from": "user", "value": None}]), "turn 1 must be `from`"),
        (row(TRENDS, conversations=[{"from": "user", "value": " "}]), "turn 1 of the user is empty"),
        (row(), "no turn of the assistant in the dialogue"),
        (row(TRENDS, conversations=[{"from": "assistant", "value": "Hi."}]), "no user turn before the answer"),
        (row("[f(a=b)]", "Done."), "turn 2: the call of 'f' cannot be read"),
    ],
)
def test_wrong_rows_are_rejected_by_name(tmp_path: Path, wrong: Any, sentence: str) -> None:
    assert sentence in reason(tmp_path, wrong)


def test_reading_takes_linear_time_whatever_the_turn(tmp_path: Path) -> None:
    names = [{"name": f"Tool number {number}"} for number in range(500)]
    system = BEFORE + json.dumps(names)
    turns = [
        piece * (400_000 // len(piece)) for piece in ("(", "[", '"', "[f(", "a(b ", "\\", "[f('\\", "Tool number (")
    ]
    started = time.process_time()
    examples, ledger = read(tmp_path, *(row(turn, system=system) for turn in turns))
    assert time.process_time() - started < 5
    assert len(examples) + len(ledger.rejected) == len(turns)


@pytest.mark.slow
def test_every_corrupted_turn_is_kept_or_rejected(tmp_path: Path) -> None:
    rng = random.Random(0)
    whole = '[Market Trends API(trend_type=\'GAINERS\'), exchanges/list($top=1, filter={"tag": "a(b"}, class=null)]'
    signs = "[](){}\"'\\,=*$ \nfoo1.-_\0é"

    def corrupt() -> str:
        characters = list(whole)
        for _ in range(rng.randint(1, 4)):
            position = rng.randrange(len(characters))
            characters[position : position + rng.randint(0, 3)] = rng.choices(signs, k=rng.randint(0, 3))
        return "".join(characters)

    examples, ledger = read(tmp_path, *(row(corrupt()) for _ in range(3_000)))
    assert len(examples) + len(ledger.rejected) == 3_000
    assert all(rejection.reason for rejection in ledger.rejected)
