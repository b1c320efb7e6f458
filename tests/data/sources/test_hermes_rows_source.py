"""Hermes' rows in the shapes of NousResearch/hermes-function-calling-v1; the words are our own."""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sample_rows import TIME, WEATHER

from lit_toolcall.data.sources.hermes_rows import HermesRows
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.reading.fields import decode_value, decode_values
from lit_toolcall.data.sources.reading.values import RowError
from lit_toolcall.types import Example, Message, ToolCall

TOOLS = [{"type": "function", "function": tool} for tool in (WEATHER, TIME)]
HEAD = (
    "You are a function calling AI model. You are provided with function signatures within <tools> </tools> XML tags."
    " You may call one or more functions to assist with the user query. Don't make assumptions about what values to"
    " plug into functions.\n"
)
TAIL = (
    "\nFor each function call return a json object with function name and arguments within <tool_call> </tool_call>"
    " tags with the following schema:\n<tool_call>\n{'arguments': <args-dict>, 'name': <function-name>}\n</tool_call>\n"
)
ASKED = {"from": "human", "value": "Weather in Oslo and Lima?"}
OSLO = "<tool_call>\n{'arguments': {'city': 'Oslo', 'days': 2}, 'name': 'get_weather'}\n</tool_call>\n"
LIMA = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Lima"}}\n</tool_call>\n'
RESULT = '<tool_response>\n{"name": "get_weather", "content": {\'sky\': \'clear\'}}\n</tool_response>\n'


def system(tools: Any = TOOLS, head: str = HEAD, tail: str = TAIL) -> dict[str, Any]:
    """Older rows write the tools as Python prints them."""
    return {"from": "system", "value": f"{head}<tools>\n{tools}\n</tools>{tail}"}


def gpt(value: Any) -> dict[str, Any]:
    return {"from": "gpt", "value": value}


def dialogue(*turns: Any, **fields: Any) -> dict[str, Any]:
    return {"id": "89ef3c87", "conversations": list(turns), "category": "Weather"} | fields


def read(folder: Path, *rows: Any) -> tuple[list[Example], Ledger]:
    path = folder / "func-calling.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    ledger = Ledger()
    examples = list(HermesRows(str(path)).read(ledger))
    assert ledger.kept + len(ledger.rejected) == len(rows)
    return examples, ledger


def read_one(folder: Path, row: Any) -> Example:
    [example], _ = read(folder, row)
    return example


def test_parallel_calls_and_their_results(tmp_path: Path) -> None:
    results = {"from": "tool", "value": RESULT + RESULT}
    example = read_one(tmp_path, dialogue(system(), ASKED, gpt(f"Two.\n{OSLO}{LIMA}"), results, gpt("Both clear.")))
    calls = (ToolCall("get_weather", {"city": "Oslo", "days": 2}), ToolCall("get_weather", {"city": "Lima"}))
    result = Message("tool", '{"name": "get_weather", "content": {\'sky\': \'clear\'}}')
    assert example.messages == (Message("user", ASKED["value"]), Message("assistant", "Two.", calls), result, result)
    assert example.answer == Message("assistant", "Both clear.")
    assert (example.id, example.category) == ("89ef3c87", "Weather")


@pytest.mark.parametrize(
    "tools",
    [
        TOOLS,
        json.dumps(TOOLS),
        "\n".join(json.dumps(tool) for tool in TOOLS),
        "\n".join(repr(tool) for tool in TOOLS),
    ],
    ids=["python", "json", "json lines", "python lines"],
)
def test_tools_in_the_system_turn_are_read_in_every_spelling(tmp_path: Path, tools: Any) -> None:
    example = read_one(tmp_path, dialogue(system(tools), ASKED, gpt(LIMA)))
    assert [tool.name for tool in example.tools] == ["get_weather", "get_time"]
    assert example.messages == (Message("user", ASKED["value"]),)


@pytest.mark.parametrize("tools", [TOOLS, json.dumps(TOOLS), repr(TOOLS)], ids=["list", "json", "python"])
@pytest.mark.parametrize("turns", [(system([]), ASKED, gpt(LIMA)), (ASKED, gpt(LIMA))])
def test_tools_may_stand_in_their_own_field(tmp_path: Path, turns: Any, tools: Any) -> None:
    example = read_one(tmp_path, dialogue(*turns, tools=tools))
    assert [tool.name for tool in example.tools] == ["get_weather", "get_time"]


def test_a_system_turn_loses_only_what_it_says_about_calling(tmp_path: Path) -> None:
    head = HEAD.replace(" You may", " It is noon.\nBe brief: no more\nthan a line. You may")
    example = read_one(tmp_path, dialogue(system(head=head), ASKED, gpt(LIMA)))
    assert example.messages[0] == Message("system", "It is noon.\nBe brief: no more\nthan a line.")
    without_tools = {"from": "system", "value": "Answer in JSON. Here's the schema:\n<schema>\n{}\n</schema>\n"}
    example = read_one(tmp_path, dialogue(without_tools, ASKED, gpt('{"sky": "clear"}')))
    assert example.messages[0] == Message("system", without_tools["value"].strip())
    assert example.tools == ()
    after = read_one(tmp_path, dialogue(system(tail="\nIt is noon."), ASKED, gpt(LIMA)))
    assert after.messages[0] == Message("system", "It is noon.")


@pytest.mark.parametrize(
    "call",
    [
        """{'name': 'get_weather', 'arguments': {'city': "St. John's"}}""",
        r"""{'name': 'get_weather', 'arguments': {'city': 'St. John\'s'}}""",
        """{"name": "get_weather", "arguments": {'city': "St. John's"}}""",
        """{"name": "get_weather", "arguments": "{\\"city\\": \\"St. John's\\"}"}""",
        """\\n{"name": "get_weather", "arguments": {"city": "St. John's"}}\\n""",
    ],
    ids=["python", "escaped", "mixed", "text", "written line breaks"],
)
def test_a_call_is_read_in_every_spelling(tmp_path: Path, call: str) -> None:
    example = read_one(tmp_path, dialogue(system(), ASKED, gpt(f"<tool_call>{call}</tool_call>")))
    assert example.answer == Message("assistant", calls=(ToolCall("get_weather", {"city": "St. John's"}),))


def test_python_literals_are_read_as_json_values() -> None:
    assert decode_value("{'a': [True, False, None, -1.5e3, 'it\\'s', \"\\u00e9\"]}") == {
        "a": [True, False, None, -1500.0, "it's", "\u00e9"]
    }


@pytest.mark.parametrize("piece", ["1 ", "{} ", "[", "'", '"', "{'a':", "'a' ", "\\", "\n", "9"])
def test_a_long_run_of_any_piece_takes_seconds(piece: str) -> None:
    many = piece * (200_000 // len(piece))
    start = time.process_time()
    for decode in (decode_value, decode_values):
        with suppress(RowError):
            decode(many)
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (7, "a row must be a JSON object"),
        (dialogue({"from": "function_call", "value": "{}"}), "turn 1 must hold `from` (system, human"),
        (dialogue(ASKED, gpt({"a": 1})), "turn 2 (gpt): its `value` must be a text"),
        (dialogue({"from": "system", "value": None}, ASKED, gpt("Hi")), "its `value` must be a text"),
        (dialogue({"from": "system", "value": "<tools>\n[{'name'"}), "<tools> in the system turn is not closed"),
        (dialogue(system("[{'name': 'f'")), "<tools>: not JSON"),
        (dialogue(system("[open('x')]")), "nor a Python literal: 'open' is not a literal value"),
        (dialogue(system("[5]")), "a tool must be a schema or a name, this is 5"),
        (dialogue(system("['get_time']")), "the tool 'get_time' is given by name only"),
        (dialogue(ASKED, gpt("Hi"), tools="{'name': "), "`tools`: not JSON"),
        (dialogue(ASKED, gpt("Hi"), tools=5), "`tools` must be a list"),
        (dialogue(system(), ASKED, gpt(OSLO.replace("</tool_call>", ""))), "turn 3 (gpt): <tool_call> is not closed"),
        (dialogue(system(), ASKED, gpt("</tool_call>")), "</tool_call> is not opened"),
        (dialogue(system(), ASKED, gpt(OSLO + "Done.")), "text after </tool_call>: 'Done.'"),
        (dialogue(system(), ASKED, gpt("<tool_call></tool_call>")), "<tool_call>: not JSON"),
        (dialogue(system(), ASKED, gpt("<tool_call>{'name': 'f'} 5</tool_call>")), "text after the calls: '5'"),
        (
            dialogue(system(), ASKED, gpt("<tool_call>{'arguments': {'name': 'get_time'}}</tool_call>")),
            "<tool_call>: a call must hold `name` and `arguments`",
        ),
        (
            dialogue(system(), ASKED, gpt("<tool_call>{'name': 'get_time', 'name': 'f'}</tool_call>")),
            "'name' is given twice",
        ),
        (
            dialogue(system(), ASKED, gpt("<tool_call>{'name': 'get_time', 'arguments': {'a': '\\x00'}}</tool_call>")),
            "a NUL character",
        ),
        (dialogue(system(), ASKED, gpt(f"<tool_call>{'[' * 5000}</tool_call>")), "nested"),
        (dialogue(system(), ASKED, gpt(OSLO.replace("Oslo'", "Oslo', 'unit': 'C'"))), "'unit' is not in its schema"),
        (dialogue(system(), ASKED, {"from": "tool", "value": f"So: {RESULT}"}, gpt("Hi")), "before <tool_response>"),
        (dialogue(system(), ASKED, {"from": "tool", "value": "<tool_response>"}, gpt("Hi")), "is not closed"),
        (dialogue(system(), ASKED, gpt(OSLO), gpt("Clear.")), "no question and no result between them"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(tmp_path: Path, row: Any, sentence: str) -> None:
    _, ledger = read(tmp_path, row)
    [rejection] = ledger.rejected
    assert sentence in rejection.reason


@pytest.mark.slow
def test_damaged_rows_are_kept_or_rejected(tmp_path: Path) -> None:
    rng = random.Random(0)
    whole = dialogue(system(), ASKED, gpt(OSLO + LIMA), {"from": "tool", "value": RESULT}, gpt("Clear."))
    rows = []
    for _ in range(2_000):
        row = json.loads(json.dumps(whole))
        turn = rng.choice(row["conversations"])
        start, end = sorted(rng.choices(range(len(turn["value"])), k=2))
        inserted = rng.choice(["", "'", '"', "<tool_call>", "</tools>", "{", "\\"])
        turn["value"] = turn["value"][:start] + inserted + turn["value"][end:]
        rows.append(row)
    examples, ledger = read(tmp_path, *rows)
    assert examples
    assert ledger.rejected
