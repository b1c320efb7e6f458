"""Rows in JSON lines that cannot be taken: each is rejected, and its reason names what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample_rows import PAPER_ROW, TIME, openai_row

from lit_toolcall.data.sources import JsonLines, Ledger


def reason(folder: Path, row: Any) -> str:
    """Write one row (text as it is, anything else as JSON), and return why it was rejected."""
    path = folder / "train.jsonl"
    path.write_text(row if isinstance(row, str) else json.dumps(row), encoding="utf-8")
    ledger = Ledger()
    assert not list(JsonLines(str(path)).read(ledger))
    [rejection] = ledger.rejected
    assert rejection.place == f"{path}:1"
    return rejection.reason


def test_a_misspelt_tool_names_the_tools_on_offer(tmp_path: Path) -> None:
    wrong = {**PAPER_ROW, "expected_output": {"function": "get_wether", "arguments": {}}}
    assert reason(tmp_path, wrong) == ("call 'get_wether' is not among this example's tools: get_weather, get_time")


@pytest.mark.parametrize("arguments", [{"days": 2}, {"city": 5}, {"city": "Oslo", "unit": "C"}])
def test_arguments_that_do_not_fit_are_rejected(tmp_path: Path, arguments: dict[str, Any]) -> None:
    wrong = {**PAPER_ROW, "expected_output": {"function": "get_weather", "arguments": arguments}}
    assert "get_weather" in reason(tmp_path, wrong)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ('{"query": ', "not JSON"),
        ("{", "a row goes on over several lines; write each as one line"),
        ({"data": [{"query": "Hi"}]}, "the rows stand in a list under `data`; write that list alone"),
        ("NaN", "NaN is not a JSON number"),
        ('{"query": "Hi", "id": 1e999}', "1e999 is out of range"),
        ('{"query": "Hi", "id": ' + "9" * 5000 + "}", "a number of 5000 digits"),
        ('{"query": "Hi", "query": "Ho"}', "the key 'query' is given twice"),
        ('{"query": "Hi\\u0000"}', "a NUL character"),
        ('{"query": "Hi\\ud800"}', "half of a surrogate pair"),
        ('{"query": "Hi", "tools": ' + "[" * 100 + "]" * 100 + "}", "nested deeper than 64 levels"),
        (
            '{"query": "Hi", "expected_output": {"function": "f", "arguments": {"a": ' + "[" * 62 + "]" * 62 + "}}}",
            "nested deeper than 64 levels",
        ),
        ('{"query": "Hi", "tools": ' + "[" * 100_000 + "]" * 100_000 + "}", "nested deeper than 64 levels"),
        ('"' + "a" * 4 * 2**20 + '"', "longer than 4,194,304 bytes"),
        ("[1]", "must be a JSON object, this is [1]"),
        ({"ask": "a", "say": "b"}, "its keys are ask, say; a row has `query`"),
        ({"query": " "}, "`query` must be a text with something in it"),
        ({"query": "Hi", "tools": 5}, "`tools` must be a list"),
        ({"query": "Hi", "tools": "[get_time]"}, "`tools`: not JSON"),
        ({"query": "Hi", "tools": [5]}, "a tool must be a schema or a name, this is 5"),
        ({"query": "Hi", "tools": [{"description": "no name"}]}, "name"),
        ({"query": "Hi", "tools": [TIME, {**TIME, "description": "Now."}]}, "two tools are named 'get_time'"),
        ({"query": "Hi", "expected_output": []}, "give the answer in words"),
        ({"query": "Hi", "expected_output": ""}, "`expected_output` is empty"),
        ({"query": "Hi", "expected_output": {"arguments": {}}}, "a call must hold `function` and `arguments`"),
        ({"messages": []}, "at least one message"),
        ({"messages": ["Hi"]}, "message 1 must be an object"),
        (
            {"messages": [{"role": "human", "content": "Hi"}]},
            "message 1 has the role 'human'; known are system",
        ),
        ({"messages": [{"role": "user", "content": ""}]}, "message 1 of the user is empty"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "an answer and nothing before it"),
        (
            {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}]},
            "the last assistant message is empty",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "parts of the type text"),
        ({"messages": [{"role": "user", "content": "", "tool_calls": [1]}]}, "only `assistant` calls tools"),
        (
            openai_row('{"city": "a", "city": "b"}'),
            "arguments of the call 'get_weather': the key 'city' is given twice",
        ),
        (openai_row(functions=[TIME]), "both `tools` and `functions`"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [1], "function_call": {"name": "f"}}]},
            "message 1 has both `tool_calls` and `function_call`",
        ),
        ({"messages": [{"role": "user", "content": "Hi", "function_call": {"name": "f"}}]}, "only `assistant` calls"),
        ({"messages": [{"role": "assistant", "function_call": "f"}]}, "`function_call`: not JSON"),
        (openai_row("[1]"), "the arguments of the call 'get_weather' must be an object, this is [1]"),
        (openai_row(json.dumps("Oslo")), "the arguments of the call 'get_weather': not JSON"),
        (openai_row('{"city": NaN}'), "NaN is not a JSON number"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(tmp_path: Path, row: Any, sentence: str) -> None:
    assert sentence in reason(tmp_path, row)
