"""xLAM's rows: flat Python-typed tools, texts of JSON, and answers that must fit."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from test_sources_hostile import account, mutate

from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.xlam import XLam
from lit_toolcall.schema import tool_from_dict
from lit_toolcall.types import Example, Message, ToolCall

TOOL = {
    "name": "search flights",
    "description": "Find flights.",
    "parameters": {
        "origin": {"description": "an airport", "type": "str"},
        "stops": {"description": "how many at most", "type": "int, optional"},
        "airlines": {"description": "their codes", "type": "List[str], optional", "default": ""},
        "cabin": {"description": "where to sit", "type": "str", "default": "economy"},
        "bags": {"description": "how many", "type": "int, default: 1"},
    },
}
CALL = {"name": "search flights", "arguments": {"origin": "OSL", "stops": 0}}


def make_row(**changes: Any) -> dict[str, Any]:
    return {"id": 3, "query": "Flights from Oslo?", "tools": [TOOL], "answers": [CALL]} | changes


def read(tmp_path: Path, *rows: Any) -> tuple[list[Example], list[str]]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    ledger = Ledger()
    examples = list(XLam(str(path)).read(ledger))
    assert ledger.kept == len(examples)
    return examples, [rejection.reason for rejection in ledger.rejected]


@pytest.mark.parametrize("encode", [lambda value: value, json.dumps], ids=["lists", "JSON text"])
def test_tools_and_answers_may_be_lists_or_json_text(tmp_path: Path, encode: Any) -> None:
    [example], rejected = read(tmp_path, make_row(tools=encode([TOOL]), answers=encode([CALL, CALL])))
    assert not rejected
    assert (example.id, example.place) == ("3", f"{tmp_path}/rows.jsonl:1")
    assert example.messages == (Message("user", "Flights from Oslo?"),)
    assert example.answer == Message("assistant", calls=(ToolCall("search flights", CALL["arguments"]),) * 2)  # type: ignore[arg-type]


def test_an_argument_is_optional_by_its_type_or_by_its_default(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, make_row())
    assert example.tools[0].parameters["required"] == ["origin"]
    assert example.tools[0].parameters["properties"] == {
        "origin": {"type": "string", "description": "an airport"},
        "stops": {"type": "integer", "description": "how many at most"},
        "airlines": {"type": "array", "items": {"type": "string"}, "description": "their codes"},
        "cabin": {"type": "string", "description": "where to sit", "default": "economy"},
        "bags": {"type": "integer", "description": "how many", "default": 1},
    }


@pytest.mark.parametrize(
    ("argument", "schema", "required"),
    [
        ({"type": "int, default: 5"}, {"type": "integer", "default": 5}, False),
        ({"type": "int, default=-5"}, {"type": "integer", "default": -5}, False),
        ({"type": "float, optional, default: 0.5"}, {"type": "number", "default": 0.5}, False),
        ({"type": "float, default 0.5, optional"}, {"type": "number", "default": 0.5}, False),
        ({"type": "str, defaults to 'a, b'"}, {"type": "string", "default": "a, b"}, False),
        ({"type": "bool, Optional, Default: True"}, {"type": "boolean", "default": True}, False),
        ({"type": "int, default: None"}, {"type": "integer"}, False),
        ({"type": "int", "default": "7"}, {"type": "integer", "default": 7}, False),
        ({"type": "int", "default": "trapezoid"}, {"type": "integer"}, False),
        ({"type": "int", "default": "1_0"}, {"type": "integer"}, False),
        ({"type": "int", "default": "\u0661"}, {"type": "integer"}, False),
        ({"type": "int, default: 5", "default": 6}, {"type": "integer", "default": 6}, False),
        ({"type": "int", "default": None}, {"type": "integer", "default": None}, False),
        ({"type": "str", "default": ""}, {"type": "string", "default": ""}, False),
        (
            {"type": "Tuple[float, float]"},
            {"type": "array", "items": {"type": "number"}},
            True,
        ),
        ({"type": "Dict[str, int]"}, {"type": "object", "additionalProperties": {"type": "integer"}}, True),
    ],
)
def test_flat_types_say_what_is_optional_and_the_default(
    argument: dict[str, Any], schema: dict[str, Any], required: bool
) -> None:
    parameters = tool_from_dict({"name": "f", "parameters": {"a": argument}}).parameters
    assert parameters["properties"]["a"] == schema
    assert type(parameters["properties"]["a"].get("default")) is type(schema.get("default"))
    assert parameters["required"] == (["a"] if required else [])


def test_an_answer_takes_its_declared_type_where_the_text_is_exactly_that(tmp_path: Path) -> None:
    call = CALL | {"arguments": {"origin": "7", "stops": "2", "airlines": '["SK"]'}}
    [example], _ = read(tmp_path, make_row(answers=[call]))
    assert example.answer is not None
    assert example.answer.calls[0].arguments == {"origin": "7", "stops": 2, "airlines": ["SK"]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answers": []}, "`answers` is an empty list, and the row has no answer in words"),
        ({"answers": "[]"}, "`answers` is an empty list, and the row has no answer in words"),
        ({"answers": None}, "`answers` must be a list or the JSON text of one, this is None"),
        ({"answers": "[1"}, "`answers`: not JSON"),
        ({"answers": [7]}, "a call must hold `name` and `arguments`, this is 7"),
        ({"answers": [{"name": "search flights", "arguments": [1]}]}, "must be an object, this is [1]"),
        ({"answers": [{"name": "search flights", "arguments": "{"}]}, "the arguments of the call 'search flights'"),
        ({"answers": [{"name": "book", "arguments": {}}]}, "call 'book' is not among this example's tools"),
        (
            {"answers": [{"name": "search flights", "arguments": {"origin": "OSL", "stops": "two"}}]},
            "argument 'stops' is 'two', of type string: its type is integer",
        ),
        ({"answers": [{"name": "search flights"}]}, "required argument 'origin' is missing"),
        ({"query": " "}, "`query` must be a text with something in it"),
        ({"tools": ["search flights"]}, "the tool 'search flights' is given by name only"),
        ({"tools": [TOOL, {**TOOL, "description": "Other."}]}, "two tools are named 'search flights'"),
        ({"tools": [{"name": "f", "parameters": {"a": {"type": "Frame"}}}]}, "type 'Frame' is not known"),
    ],
)
def test_a_row_that_cannot_be_trained_is_rejected_with_its_reason(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    examples, [found] = read(tmp_path, make_row(**changes))
    assert not examples
    assert reason in found


def test_a_row_that_is_no_object_is_rejected(tmp_path: Path) -> None:
    assert read(tmp_path, [1])[1] == ["a row must be a JSON object, this is [1]"]


@pytest.mark.parametrize("seed", range(2))
def test_every_mutated_row_is_kept_or_rejected(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    row = make_row(answers=json.dumps([CALL]))
    content = b"\n".join(mutate(row, rng) for _ in range(300))
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    assert account(XLam(str(path))) == sum(bool(line.strip()) for line in content.split(b"\n"))
