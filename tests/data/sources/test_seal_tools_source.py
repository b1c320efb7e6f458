"""Seal-Tools: the called tools are available, and what only a response could tell is rejected."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from test_sources_hostile import account, mutate

from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.seal_tools import SealTools
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Message, ToolCall, UserError

BUY = {
    "api_name": "buyTicket",
    "api_description": "Buys a ticket.",
    "field": "Travel/Trains",
    "parameters": {
        "price": {"type": "float", "description": "in euros"},
        "seat": {"type": "int", "description": "its number"},
        "note": {"type": "str", "description": "for the guard"},
    },
    "required": ["price"],
    "responses": {"ticket": {"type": "str", "description": "its number"}},
}
OTHER = {"api_name": "getTime", "api_description": "", "parameters": {}, "required": [], "responses": {}}


def call(name: str, **parameters: Any) -> dict[str, Any]:
    return {"api": name, "parameters": parameters, "responses": ["API_call_0"]}


def make_source(tmp_path: Path, *callings: Any, limit: int | None = None) -> SealTools:
    tools, rows = tmp_path / "tool.jsonl", tmp_path / "dev.jsonl"
    tools.write_text(f"{json.dumps(BUY)}\n{json.dumps(OTHER)}\n", encoding="utf-8")
    lines = [json.dumps({"id": f"dev-{i}", "query": "Buy.", "calling": calling}) for i, calling in enumerate(callings)]
    rows.write_text("\n".join(lines), encoding="utf-8")
    return SealTools(str(rows), str(tools), limit=limit)


def test_the_tools_on_offer_are_those_that_are_called_once_each(tmp_path: Path) -> None:
    source = make_source(tmp_path, [call("buyTicket", price=2.5), call("buyTicket", price=3)], [call("getTime")])
    first, second = source.read(Ledger())
    assert [tool.name for tool in first.tools] == ["buyTicket"]
    assert [tool.name for tool in second.tools] == ["getTime"]
    assert first.tools[0].parameters["properties"]["price"] == {"type": "number", "description": "in euros"}
    assert first.tools[0].parameters["required"] == ["price"]
    assert (first.id, first.messages) == ("dev-0", (Message("user", "Buy."),))
    calls = (ToolCall("buyTicket", {"price": 2.5}), ToolCall("buyTicket", {"price": 3}))
    assert first.answer == Message("assistant", calls=calls)


@pytest.mark.parametrize(
    ("parameters", "arguments"),
    [
        ({"price": "40.7", "seat": "12"}, {"price": 40.7, "seat": 12}),
        ({"price": "-2"}, {"price": -2}),
        ({"price": 1, "note": "12"}, {"price": 1, "note": "12"}),
    ],
)
def test_a_text_takes_its_declared_type_where_it_is_exactly_such_a_value(
    tmp_path: Path, parameters: dict[str, Any], arguments: dict[str, Any]
) -> None:
    [example] = make_source(tmp_path, [call("buyTicket", **parameters)]).read(Ledger())
    assert example.answer is not None
    assert example.answer.calls[0].arguments == arguments


@pytest.mark.parametrize(
    ("calling", "reason"),
    [
        (
            [call("buyTicket", price=1, note="see API_call_3")],
            "the argument 'note' of the call 'buyTicket' is 'API_call_3', the response of another call, which is not"
            " known in one turn",
        ),
        ([call("buyTicket", price=1, seat=["API_call_0"])], "is 'API_call_0', the response of another call"),
        ([call("buyTicket", price="cheap")], "argument 'price' is 'cheap', of type string: its type is number"),
        ([call("buyTicket", price="40,7")], "argument 'price' is '40,7', of type string"),
        ([call("buyTicket", price=1, seat="2.0")], "argument 'seat' is '2.0', of type string: its type is integer"),
        ([call("buyTicket", price=1, note=2)], "argument 'note' is 2, of type integer: its type is string"),
        ([call("buyTicket")], "required argument 'price' is missing"),
        ([call("sellTicket")], "the tool 'sellTicket' is not in "),
        ([], "`calling` is an empty list"),
        ([{"api": 3}], "a call must hold `api` and `parameters`"),
    ],
)
def test_a_row_that_cannot_be_answered_is_rejected_with_its_reason(
    tmp_path: Path, calling: list[Any], reason: str
) -> None:
    ledger = Ledger()
    assert not list(make_source(tmp_path, calling).read(ledger))
    assert reason in ledger.rejected[0].reason


def test_a_limit_counts_kept_rows(tmp_path: Path) -> None:
    callings = [[], [call("getTime")], [call("getTime")]]
    ledger = Ledger()
    assert [example.id for example in make_source(tmp_path, *callings, limit=1).read(ledger)] == ["dev-1"]
    assert (ledger.kept, len(ledger.rejected)) == (1, 1)


def test_a_missing_file_of_tools_is_one_sentence(tmp_path: Path) -> None:
    source = SealTools(str(tmp_path / "dev.jsonl"), str(tmp_path / "tool.jsonl"))
    with pytest.raises(UserError, match=r"tool\.jsonl: no such file"):
        list(source.read(Ledger()))


@pytest.mark.parametrize("seed", range(2))
def test_every_mutated_row_is_kept_or_rejected(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    source = make_source(tmp_path)
    row = {"id": "dev-0", "query": "Buy.", "calling": [call("buyTicket", price="2.5", note="x"), call("getTime")]}
    content = b"\n".join(mutate(row, rng) for _ in range(300))
    Path(source.path).write_bytes(content)
    assert account(source) == sum(bool(line.strip()) for line in content.split(b"\n"))


@pytest.mark.parametrize(("file", "responses", "types"), [("dev", 28, 4), ("test_in_domain", 30, 6)])
def test_every_real_row_is_kept_or_rejected_for_a_known_reason(
    shared_data: Path, file: str, responses: int, types: int
) -> None:
    folder = shared_data / "seal-tools"
    ledger = Ledger()
    examples = list(SealTools(str(folder / f"{file}.jsonl"), str(folder / "tool.jsonl")).read(ledger))
    reasons = [rejection.reason for rejection in ledger.rejected]
    assert sum("the response of another call" in reason for reason in reasons) == responses
    assert sum("its type is" in reason for reason in reasons) == types
    assert len(reasons) == responses + types
    assert len(examples) == ledger.kept == 700 - responses - types
    for example in examples:
        assert example.answer is not None
        assert all(find_call_problem(call, example.tools) is None for call in example.answer.calls)
        assert {tool.name for tool in example.tools} == {call.name for call in example.answer.calls}
