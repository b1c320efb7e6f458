"""Every published tool normalises, keeps what it says, and reads back from its signature."""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
from signature_reader import parse_signature

from lit_toolcall.schema import render_json, render_signature, tool_from_dict

API_BANK = Path(__file__).parents[3] / "shared" / "data" / "api-bank"
BFCL_CATEGORIES = ("simple", "multiple", "parallel", "irrelevance", "live")
JSON_TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}
DIALECT_TYPES = {"dict", "float", "tuple", "any", "arraylist", "hashmap", "long", "double", "char", ""} | {
    "str", "int", "bool", "list", "list(str)",
}  # fmt: skip


def read_bfcl_functions() -> list[dict[str, Any]]:
    spec = importlib.util.find_spec("bfcl_eval")
    if spec is None or spec.origin is None:
        pytest.skip("the package bfcl-eval is not installed")
    paths = sorted((Path(spec.origin).parent / "data").glob("BFCL_v4_*.json"))
    taken = [path for path in paths if any(f"v4_{word}" in path.name for word in BFCL_CATEGORIES)]
    rows = [json.loads(line) for path in taken for line in path.read_text(encoding="utf-8").splitlines()]
    return [function for row in rows for function in row["function"]]


def read_api_bank_tools() -> list[dict[str, Any]]:
    if not API_BANK.is_dir():
        pytest.skip("shared/data/api-bank is not here")
    rows = [
        row for path in sorted(API_BANK.glob("t*-data/*.json")) for row in json.loads(path.read_text(encoding="utf-8"))
    ]
    lines = [line.strip() for row in rows for part in ("instruction", "input") for line in row[part].split("\n")]
    return [json.loads(line) for line in lines if line.startswith(('{"name"', '{"apiCode"'))]


def node_types(schema: dict[str, Any]) -> set[str]:
    declared = schema.get("type", [])
    found = {declared} if isinstance(declared, str) else set(declared)
    children = [*schema.get("properties", {}).values(), *schema.get("prefixItems", [])]
    children += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    return found.union(*(node_types(child) for child in children)) if children else found


def texts_of(value: Any) -> set[str]:
    """Every text and number in a value, wherever it stands."""
    if isinstance(value, dict):
        return set().union(*(texts_of(part) for part in value.values()), value.keys())
    if isinstance(value, list):
        return set().union(*(texts_of(part) for part in value))
    return {str(value)}


@pytest.mark.parametrize("read_tools", [read_bfcl_functions, read_api_bank_tools])
def test_published_tools_keep_all_that_they_say(read_tools):
    raws = read_tools()
    assert len(raws) > 4000
    for raw in raws:
        tool = tool_from_dict(raw)
        assert node_types(tool.parameters) <= JSON_TYPES
        kept = {text.lower() for text in texts_of(tool.parameters)}
        said = {text.lower() for text in texts_of(raw.get("input_parameters", raw.get("parameters")))}
        assert said - kept <= DIALECT_TYPES


@pytest.mark.slow
@pytest.mark.parametrize("read_tools", [read_bfcl_functions, read_api_bank_tools])
def test_published_tools_read_back_from_their_signatures(read_tools):
    for tool in map(tool_from_dict, read_tools()):
        read = parse_signature(render_signature(tool))
        assert read == tool
        assert list(read.parameters["properties"]) == list(tool.parameters["properties"])
        assert json.dumps(read.parameters, sort_keys=True) == json.dumps(tool.parameters, sort_keys=True)
        assert len(render_signature(tool)) < len(render_json(tool))
