"""Rows in JSON lines: both shapes are read, and every row that cannot be taken says where and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sample_rows import PAPER_ROW, TIME, WEATHER, openai_row

from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.types import Example, Message, ToolCall, UserError

OSLO = ToolCall("get_weather", {"city": "Oslo"})


def read(folder: Path, *rows: Any, **settings: Any) -> tuple[list[Example], Ledger]:
    """Write rows (text as it is, anything else as JSON) and read them; the ledger's law holds for all."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path = folder / "train.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    ledger = Ledger()
    examples = list(JsonLines(str(path), **settings).read(ledger))
    assert len(examples) == ledger.kept
    if "limit" not in settings:
        assert ledger.kept + len(ledger.rejected) == sum(bool(line.strip()) for line in lines)
    return examples, ledger


def reason(folder: Path, row: Any, **settings: Any) -> str:
    examples, ledger = read(folder, row, **settings)
    assert not examples
    assert ledger.rejected[0].place.endswith("train.jsonl:1")
    return ledger.rejected[0].reason


def test_the_papers_row_becomes_a_question_and_its_call(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, PAPER_ROW)
    assert example.messages == (Message("user", "Weather in Oslo?"),)
    assert example.answer == Message("assistant", calls=(OSLO,))
    assert [tool.name for tool in example.tools] == ["get_weather", "get_time"]
    assert (example.id, example.place) == ("train:1", f"{tmp_path}/train.jsonl:1")


def test_tools_and_arguments_may_be_json_text(tmp_path: Path) -> None:
    as_text = {"function": "get_weather", "arguments": json.dumps({"city": "Oslo"})}
    [plain, texts], _ = read(
        tmp_path, PAPER_ROW, {**PAPER_ROW, "tools": json.dumps([WEATHER, TIME]), "expected_output": as_text}
    )
    assert (plain.tools, plain.answer) == (texts.tools, texts.answer)


def test_a_list_of_outputs_is_several_calls_in_order(tmp_path: Path) -> None:
    outputs = [{"function": "get_time", "arguments": {}}, PAPER_ROW["expected_output"]]
    [example], _ = read(tmp_path, {**PAPER_ROW, "expected_output": outputs})
    assert example.answer == Message("assistant", calls=(ToolCall("get_time", {}), OSLO))


def test_a_text_as_output_is_an_answer_in_words(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, {**PAPER_ROW, "expected_output": "No tool fits."})
    assert example.answer == Message("assistant", "No tool fits.")


@pytest.mark.parametrize("row", [{"query": "Hi", "tools": [TIME]}, {**PAPER_ROW, "expected_output": None}])
def test_a_row_without_output_is_kept_for_prediction(tmp_path: Path, row: dict[str, Any]) -> None:
    [example], _ = read(tmp_path, row)
    assert example.answer is None


def test_openai_messages_equal_the_same_row_of_the_paper(tmp_path: Path) -> None:
    [ours, theirs, as_dict], _ = read(
        tmp_path, {**PAPER_ROW, "tools": [WEATHER]}, openai_row(), openai_row({"city": "Oslo"})
    )
    assert (ours.messages, ours.tools, ours.answer) == (theirs.messages, theirs.tools, theirs.answer)
    assert as_dict.answer == theirs.answer


def test_earlier_calls_and_results_are_context_and_unchecked(tmp_path: Path) -> None:
    row = openai_row()
    call = {"function": {"name": "get_wether", "arguments": "{}"}}
    row["messages"][1:1] = [
        {"role": "assistant", "content": "Let me look.", "tool_calls": [call]},
        {"role": "function", "name": "get_wether", "content": "no such tool"},
    ]
    [example], _ = read(tmp_path, row)
    assert example.messages[1:] == (
        Message("assistant", "Let me look.", (ToolCall("get_wether", {}),)),
        Message("tool", "no such tool"),
    )
    assert example.answer == Message("assistant", calls=(OSLO,))


def test_openais_older_functions_and_function_call_are_read(tmp_path: Path) -> None:
    call = {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
    messages = [
        {"role": "user", "content": "Weather in Oslo?"},
        {"role": "assistant", "content": "Let me see.", "function_call": call, "tool_calls": None},
    ]
    result = [{"role": "function", "name": "get_weather", "content": "2"}, {"role": "assistant", "content": "Cold."}]
    old, earlier = (
        {"messages": turns, "functions": [WEATHER], "function_call": "auto"} for turns in (messages, messages + result)
    )
    [last, context, same, none], _ = read(
        tmp_path, old, earlier, openai_row(functions=[]), {**PAPER_ROW, "tools": None, "functions": [WEATHER]}
    )
    assert last.answer == Message("assistant", "Let me see.", (OSLO,))
    assert context.messages[1:] == (last.answer, Message("tool", "2"))
    assert last.tools == context.tools == same.tools == none.tools


def test_a_dialogue_that_ends_with_the_user_is_kept_for_prediction(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, openai_row(messages=[{"role": "user", "content": "Hello"}]))
    assert (example.messages, example.answer) == ((Message("user", "Hello"),), None)


def test_text_parts_are_joined(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "Weather "}, {"type": "text", "text": "in Oslo?"}]
    [example], _ = read(tmp_path, openai_row(messages=[{"role": "user", "content": parts}]))
    assert example.messages[0].content == "Weather in Oslo?"


def test_id_and_category_are_taken_from_the_row(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, {**PAPER_ROW, "id": 7, "category": "simple"})
    assert (example.id, example.category) == ("7", "simple")


def test_blank_lines_are_skipped_but_counted_in_the_line_number(tmp_path: Path) -> None:
    examples, ledger = read(tmp_path, PAPER_ROW, "  ", PAPER_ROW, "", "{")
    assert [example.id for example in examples] == ["train:1", "train:3"]
    assert ledger.rejected[0].place.endswith("train.jsonl:5")


def test_the_limit_counts_examples(tmp_path: Path) -> None:
    examples, _ = read(tmp_path, PAPER_ROW, "{", PAPER_ROW, PAPER_ROW, limit=2)
    assert [example.id for example in examples] == ["train:1", "train:3"]


def test_an_array_in_a_json_file_gives_the_same_examples(tmp_path: Path) -> None:
    array = tmp_path / "rows.json"
    array.write_text(f'[{json.dumps(PAPER_ROW)},\n 5, {{"a": 1, "a": 2}}]', encoding="utf-8")
    ledger = Ledger()
    [example] = JsonLines(str(array)).read(ledger)
    [same], _ = read(tmp_path, PAPER_ROW)
    assert (example.answer, example.place) == (same.answer, f"{array}:row 1")
    assert [str(rejection).removeprefix(f"{array}:row ") for rejection in ledger.rejected] == [
        "2: a row must be a JSON object, this is 5",
        "3: the key 'a' is given twice",
    ]


def test_tool_names_are_resolved_in_the_tools_file(tmp_path: Path) -> None:
    tools = tmp_path / "tools.jsonl"
    tools.write_text(f"{json.dumps(WEATHER)}\n{json.dumps(TIME)}\n", encoding="utf-8")
    named = {**PAPER_ROW, "tools": ["get_weather", "get_time"]}
    [example], _ = read(tmp_path, named, tools_path=str(tools))
    [same], _ = read(tmp_path, PAPER_ROW)
    assert example.tools == same.tools
    unknown = reason(tmp_path, {**PAPER_ROW, "tools": ["get_tide"]}, tools_path=str(tools))
    assert unknown == f"the tool 'get_tide' is not in {tools}"
    assert "set tools_path" in reason(tmp_path, named)


def test_a_bad_tools_file_is_one_sentence(tmp_path: Path) -> None:
    tools = tmp_path / "tools.jsonl"
    tools.write_text(f"{json.dumps(TIME)}\n{json.dumps({**TIME, 'description': 'Now.'})}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"tools\.jsonl:2: a second, different tool is named 'get_time'"):
        read(tmp_path, PAPER_ROW, tools_path=str(tools))


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere\.jsonl: no such file .* give the path"):
        list(JsonLines(str(tmp_path / "nowhere.jsonl")).read(Ledger()))
    with pytest.raises(UserError, match=r"demo:nowhere: no such demonstration file"):
        list(JsonLines("demo:nowhere").read(Ledger()))


def test_a_broken_array_is_one_sentence(tmp_path: Path) -> None:
    array = tmp_path / "rows.json"
    array.write_text('[{"query": "Hi"},', encoding="utf-8")
    with pytest.raises(UserError, match=r"rows\.json: not JSON .* must hold one array of rows"):
        list(JsonLines(str(array)).read(Ledger()))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{}\n" + json.dumps(PAPER_ROW).encode("utf-16-le"), "NUL bytes"),
        (json.dumps(PAPER_ROW).replace("Oslo", "Malm\u00f6").encode("latin-1"), "not UTF-8 at byte"),
    ],
)
def test_a_wrong_encoding_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(content)
    ledger = Ledger()
    assert not list(JsonLines(str(path)).read(ledger))
    assert sentence in ledger.rejected[-1].reason


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    line = json.dumps(PAPER_ROW).encode()
    path.write_bytes(b"\xef\xbb\xbf" + line + b"\r\n\r\n" + line)
    ledger = Ledger()
    assert [example.id for example in JsonLines(str(path)).read(ledger)] == ["train:1", "train:3"]
    assert not ledger.rejected


def test_a_line_over_the_limit_does_not_hide_the_next(tmp_path: Path) -> None:
    examples, ledger = read(tmp_path, '"' + "a" * 9 * 2**20 + '"', PAPER_ROW)
    assert [example.id for example in examples] == ["train:2"]
    assert len(ledger.rejected) == 1


@pytest.mark.parametrize("name", ["train", "validation"])
def test_every_demonstration_row_is_kept(name: str) -> None:
    ledger = Ledger()
    examples = list(JsonLines(f"demo:{name}.jsonl", tools_path="demo:tools.jsonl").read(ledger))
    assert examples
    assert not ledger.rejected
    assert all(example.answer is not None for example in examples)
