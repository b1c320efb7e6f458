"""The demonstration data keeps its promises, and the script that makes it makes exactly it."""

from __future__ import annotations

import doctest
import importlib
import importlib.util
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.schema.check import find_call_problem
from lit_toolcall.schema.normalize import tool_from_dict
from lit_toolcall.types import ToolCall

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "lit_toolcall" / "data" / "demo"
NUMBER_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
LENGTHS = {30: "half an hour", 60: "one hour", 90: "an hour and a half", 120: "two hours", 180: "three hours"}

Row = dict[str, Any]


def read_lines(name: str) -> list[Row]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


TOOLS = {tool["name"]: tool for tool in read_lines("tools")}
TRAIN, VALIDATION = read_lines("train"), read_lines("validation")
ROWS = TRAIN + VALIDATION


def query_of(row: Row) -> str:
    return str(row["messages"][0]["content"])


def calls_of(row: Row) -> list[ToolCall]:
    functions = [call["function"] for call in row["messages"][1].get("tool_calls", [])]
    return [ToolCall(function["name"], json.loads(function["arguments"])) for function in functions]


def leaves(schema: Row, value: Any) -> Iterator[tuple[Row, Any]]:
    """Each plain value of a call with the schema that describes it."""
    if schema["type"] == "object":
        for name, inner in value.items():
            yield from leaves(schema["properties"][name], inner)
    elif schema["type"] == "array":
        for inner in value:
            yield from leaves(schema["items"] | {"description": schema["description"]}, inner)
    else:
        yield schema, value


@pytest.fixture
def demo_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_all_files_together_take_at_most_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) <= 1_000_000


@pytest.mark.usefixtures("demo_data")
def test_the_script_writes_exactly_the_files_on_disk() -> None:
    made = importlib.import_module("make_demo_data").make_files()
    assert set(made) == {"tools.jsonl", "train.jsonl", "validation.jsonl"}
    for name, text in made.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"{name}: run scripts/make_demo_data.py"


@pytest.mark.usefixtures("demo_data")
def test_there_are_enough_tools_domains_and_phrasings() -> None:
    domains = importlib.import_module("demo_data.catalog").DOMAINS
    tools = [tool for tools in domains.values() for tool in tools]
    assert len(domains) >= 20
    assert len(tools) >= 110
    assert len({tool.key for tool in tools}) == len(tools)
    assert min(len(tool.asks) for tool in tools) >= 5


@pytest.mark.usefixtures("demo_data")
def test_held_out_keys_name_tools_of_many_domains() -> None:
    catalog = importlib.import_module("demo_data.catalog")
    domain_of = {tool.key: domain for domain, tools in catalog.DOMAINS.items() for tool in tools}
    assert len({domain_of[key] for key in catalog.HELD_OUT}) >= 15


@pytest.mark.usefixtures("demo_data")
@pytest.mark.parametrize("name", ["phrases", "variants"])
def test_the_examples_in_the_engine_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"demo_data.{name}"))
    assert result.attempted
    assert not result.failed


def test_validation_tools_are_never_on_offer_in_training() -> None:
    train, validation = ({name for row in rows for name in row["tools"]} for rows in (TRAIN, VALIDATION))
    assert not train & validation
    assert train | validation == set(TOOLS)


@pytest.mark.parametrize("rows", [TRAIN, VALIDATION, TRAIN[:400]], ids=["train", "validation", "a prefix"])
def test_the_kinds_of_row_have_their_shares(rows: list[Row]) -> None:
    calls = Counter(len(row["messages"][1].get("tool_calls", [])) for row in rows)
    offers = Counter(len(row["tools"]) for row in rows)
    assert set(calls) == {0, 1, 2, 3}
    assert set(offers) == {1, 2, 3, 4}
    assert calls[0] == pytest.approx(len(rows) / 10, rel=0.2)
    assert calls[2] + calls[3] == pytest.approx(len(rows) / 5, rel=0.2)
    assert 0.4 <= offers[1] / len(rows) <= 0.6
    repeated = [row for row in rows if len({call.name for call in calls_of(row)}) < len(calls_of(row))]
    assert len(repeated) >= len(rows) * 0.07


def test_sizes_of_the_splits() -> None:
    assert len(TRAIN) >= 1600
    assert len(VALIDATION) >= 160
    assert len({row["id"] for row in ROWS}) == len(ROWS)


def test_every_query_is_new_and_of_fair_length() -> None:
    queries = [query_of(row) for row in ROWS]
    assert len(set(queries)) == len(queries)
    assert {len(query.split()) for query in queries} <= set(range(6, 61))


def test_queries_read_cleanly() -> None:
    flaw = re.compile(r"  | [,.?;]|[,;][,.?]|\?\?|[\[\]{}|](?<![\[\]])|\b[Aa] [aeio]\w|^[a-z]|\bNone\b")
    assert [query_of(row) for row in ROWS if flaw.search(query_of(row))] == []


def test_every_call_fits_a_tool_on_offer() -> None:
    for row in ROWS:
        tools = [tool_from_dict(TOOLS[name]) for name in row["tools"]]
        assert len(set(row["tools"])) == len(row["tools"])
        for call in calls_of(row):
            assert find_call_problem(call, tools) is None, row["id"]


def test_a_row_without_a_call_says_so_in_words() -> None:
    for row in ROWS:
        answer = row["messages"][1]
        assert ("tool_calls" in answer) != bool(answer["content"])


def test_two_calls_of_a_row_differ() -> None:
    for row in ROWS:
        texts = [json.dumps([call.name, call.arguments], sort_keys=True) for call in calls_of(row)]
        assert len(set(texts)) == len(texts), row["id"]


def test_every_kind_of_argument_is_practised_often() -> None:
    seen: Counter[str] = Counter()
    for row in TRAIN:
        for call in calls_of(row):
            schema = TOOLS[call.name]["parameters"]
            seen["optional left out"] += len(call.arguments) < len(schema["properties"])
            for name, value in call.arguments.items():
                inner = schema["properties"][name]
                seen[inner["type"] + (f" of {inner['items']['type']}" if "items" in inner else "")] += 1
                seen["enum"] += "enum" in inner or "enum" in inner.get("items", {})
                seen["optional said"] += name not in schema["required"]
                seen["whole number for a number"] += inner["type"] == "number" and isinstance(value, int)
                seen["negative"] += isinstance(value, int | float) and value < 0
    often = ("integer", "number", "boolean", "string", "enum", "optional said", "optional left out")
    rarer = ("array of string", "array of integer", "object", "whole number for a number")
    assert {kind: seen[kind] for kind in often if seen[kind] < 150} == {}
    assert {kind: seen[kind] for kind in (*rarer, "array of number", "negative") if seen[kind] < 20} == {}


def is_said(schema: Row, value: Any, query: str) -> bool:
    """Whether a value can be read from the query, or from the query and what the schema says about it."""
    about = json.dumps(schema, ensure_ascii=False)
    if isinstance(value, bool):
        return True
    if isinstance(value, str):
        formatted = re.search(r"YYYY|HH:MM", about) and re.fullmatch(r"[\d./:-]+", value)
        return value in query or value in schema.get("enum", ()) or f"'{value}'" in about or bool(formatted)
    plain = query.replace(",", "")
    forms = [value, f"{value * 100:.6g}%", f"{value * 100:.6g} percent", f"{value / 1e6:g} million"]
    if value in range(len(NUMBER_WORDS)):
        forms.append(NUMBER_WORDS[value])
    forms.append(LENGTHS.get(value, value))
    return any(str(form).lower() in plain.lower() for form in forms)


def test_every_value_can_be_read_from_the_query() -> None:
    for row in ROWS:
        for call in calls_of(row):
            for schema, value in leaves(TOOLS[call.name]["parameters"], call.arguments):
                assert is_said(schema, value, query_of(row)), (row["id"], query_of(row), value)


def bfcl_folder() -> Path:
    found = importlib.util.find_spec("bfcl_eval")
    if found is None or not found.submodule_search_locations:
        pytest.skip("the package bfcl_eval is not installed, so there is nothing to compare with")
    return Path(found.submodule_search_locations[0]) / "data"


def bfcl_strings(value: Any, key: str) -> Iterator[str]:
    """All strings under a key, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key and isinstance(inner, str):
                yield inner
            else:
                yield from bfcl_strings(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from bfcl_strings(inner, key)


def bfcl_rows() -> Iterator[Row]:
    folder = bfcl_folder()
    questions = [path for path in folder.glob("BFCL_v4_*.json") if "format_sensitivity" not in path.name]
    for path in questions + list(folder.glob("multi_turn_func_doc/*.json")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def test_no_tool_is_called_like_one_of_bfcl() -> None:
    taken = {re.sub(r"[^a-z0-9]", "", name.lower()) for row in bfcl_rows() for name in bfcl_strings(row, "name")}
    assert len(taken) > 1500
    assert [name for name in TOOLS if re.sub(r"[^a-z0-9]", "", name.lower()) in taken] == []


def windows(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return {tuple(words[start : start + 8]) for start in range(max(1, len(words) - 7))}


def test_no_query_shares_eight_words_in_a_row_with_bfcl() -> None:
    theirs = {window for row in bfcl_rows() for text in bfcl_strings(row, "content") for window in windows(text)}
    assert len(theirs) > 10_000
    assert [query_of(row) for row in ROWS if windows(query_of(row)) & theirs] == []
