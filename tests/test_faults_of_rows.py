"""Faults reported of other trainers: text that stands for structure, keys that are dropped, results by position."""

from __future__ import annotations

import bz2
import datetime
import gzip
import json
import lzma
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from hostile_shapes import SHAPES

from lit_toolcall.data.sources import (
    ApiBank,
    HermesRows,
    JsonLines,
    Ledger,
    Pairs,
    RowSource,
    ShareGpt,
    Source,
    ToolACE,
    XLam,
)
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.reading.written_calls import find_calls
from lit_toolcall.types import Example, Message, Preference, ToolCall, UserError

WEATHER = {
    "name": "get_weather",
    "description": "Get the weather.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
ANY = {"name": "f", "parameters": {"type": "object", "properties": {"q": {"type": "string"}}, "required": []}}
OSLO = ToolCall("get_weather", {"city": "Oslo"})
CALL = {"name": "get_weather", "arguments": {"city": "Oslo"}}
TEXT = json.dumps(CALL)
USER = {"role": "user", "content": "Oslo?"}


def read(tmp_path: Path, *rows: Any, **settings: Any) -> tuple[list[Example], Ledger]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    ledger = Ledger()
    return list(JsonLines(str(path), **settings).read(ledger)), ledger


def one(tmp_path: Path, row: Any, **settings: Any) -> Example:
    examples, ledger = read(tmp_path, row, **settings)
    assert not ledger.rejected
    [example] = examples
    return example


def reason(tmp_path: Path, row: Any) -> str:
    examples, ledger = read(tmp_path, row)
    assert not examples
    return ledger.rejected[0].reason


def paper(expected: Any, tool: Any = WEATHER, **more: Any) -> dict[str, Any]:
    return {"query": "Oslo?", "tools": [tool], "expected_output": expected, **more}


def dialogue(*turns: Any, **more: Any) -> dict[str, Any]:
    return {"messages": [USER, *turns], "tools": [WEATHER], **more}


def answer(content: Any = None, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **more}


def share(*speeches: str) -> dict[str, Any]:
    """A row of ShareGPT's: a speaker, what it says, the next speaker."""
    turns = [{"from": who, "value": said} for who, said in zip(speeches[::2], speeches[1::2], strict=True)]
    return {"conversations": turns}


def called(*cities: str, ids: str = "ab") -> dict[str, Any]:
    calls = [
        {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": json.dumps({"city": city})}}
        for id, city in zip(ids, cities, strict=False)
    ]
    return answer(tool_calls=calls)


WRITTEN = {
    "json": TEXT,
    "list": f"[{TEXT}]",
    "twice encoded": json.dumps(TEXT),
    "python's quotes": repr(CALL),
    "fence": f"```json\n{TEXT}\n```",
    "mark": f"\ufeff {TEXT} \n",
    "paper's": json.dumps({"function": "get_weather", "arguments": {"city": "Oslo"}}),
    "arguments as text": json.dumps({"name": "get_weather", "arguments": json.dumps({"city": "Oslo"})}),
    "parameters": json.dumps({"name": "get_weather", "parameters": {"city": "Oslo"}}),
    "openai": json.dumps([{"id": "c", "type": "function", "function": CALL}]),
    "openai's message": json.dumps({"role": "assistant", "tool_calls": [{"function": CALL}]}),
    "hermes": f"<tool_call>\n{TEXT}\n</tool_call>",
    "hermes, not closed": f"<tool_call>{TEXT}",
    "glaive": f"<functioncall> {TEXT}",
    "when2call": f"<TOOLCALL>[{TEXT}]</TOOLCALL>",
    "tool_code": '<|tool_code|>\nget_weather(**{"city": "Oslo"})\n<|end|>',
    "llama": '<|python_tag|>{"name": "get_weather", "parameters": {"city": "Oslo"}}<|eom_id|>',
    "mistral": f"[TOOL_CALLS] [{TEXT}]",
    "mistral's later": '[TOOL_CALLS]get_weather[ARGS]{"city": "Oslo"}',
    "phi": f"<|tool_call|>[{TEXT}]<|/tool_call|>",
    "function tag": '<function=get_weather>{"city": "Oslo"}</function>',
    "pythonic": '[get_weather(city="Oslo")]',
    "a call": "get_weather(city='Oslo')",
    "gemma's fence": "```tool_code\nget_weather(city='Oslo')\n```",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_call_that_stands_as_text_is_read_as_the_call(tmp_path: Path, name: str) -> None:
    text = WRITTEN[name]
    rows = [paper(text), dialogue(answer(text)), {"prompt": "Oslo?", "completion": text, "tools": [WEATHER]}]
    rows.append(dialogue(answer(text), {"role": "tool", "content": "2"}, answer("Cold.")))
    examples, ledger = read(tmp_path, *rows)
    assert not ledger.rejected
    assert [example.answer for example in examples[:3]] == [Message("assistant", calls=(OSLO,))] * 3
    assert examples[3].messages[1] == Message("assistant", calls=(OSLO,))


@pytest.mark.parametrize("name", sorted(set(WRITTEN) - {"openai's message"}))
def test_a_call_in_the_text_and_beside_it_is_trained_once(tmp_path: Path, name: str) -> None:
    assert one(tmp_path, dialogue(answer(WRITTEN[name], tool_calls=[{"function": CALL}]))).answer == Message(
        "assistant", calls=(OSLO,)
    )
    other = {"name": "get_weather", "arguments": {"city": "Rome"}}
    assert "writes other calls" in reason(tmp_path, dialogue(answer(WRITTEN[name], tool_calls=[{"function": other}])))


@pytest.mark.parametrize(
    "text",
    [
        "It is 2 degrees in Oslo.",
        '{"temperature": 2, "unit": "C"}',
        '[{"name": "Anna", "age": 3}, {"name": "Bo", "age": 4}]',
        'Here is the JSON: {"city": "Oslo"}',
        "I would use get_weather(city) for that.",
        "get_weather(city) gives the weather (by city)",
        "[Figure 1 (a)] shows it.",
        "Use <tool_call> tags to call tools.",
        "Use <tool_call> tags to call get_weather.",
        '```python\nprint("Oslo")\n```',
        '```json\n{"name": "Oslo", "population": 700000}\n```',
        "Call it with `get_weather` and a city.",
        '"Cold."',
        "[1, 2, 3]",
        '{"name": "get_weather", "description": "Get the weather.", "parameters": {"type": "object"}}',
        "f(x) = 2x",
        "null",
        "I can use these tools:\n- get_weather(city)\n- get_weather: the weather of a city",
        "I'll call get_weather(city='Oslo').",
        "get_weather (of {city}) needs a city.",
        'The tool get_weather gave {"city": "Oslo", "celsius": 2}.',
        '```json\n{"tools": [{"name": "get_weather", "description": "", "parameters": {}}]}\n```',
        "```python\ndef get_weather(city: str) -> str:\n    return f'{city}'\n```",
        "The weather (get_weather) is {cold}.",
        '{"source": "get_weather", "data": {"celsius": 2}}',
        "- **get_weather**: takes `city` (a text) and `days` (a number)",
    ],
)
def test_honest_words_stay_words(tmp_path: Path, text: str) -> None:
    assert one(tmp_path, dialogue(answer(text))).answer == Message("assistant", text)


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "get_weather", "arguments": </tool_call>',
        '{"name": "get_weather", "arguments": {"city": "Oslo"',
        '[get_weather("Oslo")]',
        f"<tool_call>{TEXT}</tool_call> Done.",
        f"[{TEXT}, 5]",
        '{"name": "get_tide", "arguments": {}}',
        "<tool_call>\n<function=get_weather>\n<parameter=city>Oslo</parameter>\n</function>\n</tool_call>",
        'Action: get_weather\nAction Input: {"city": "Oslo"}',
        f"{TEXT}\nDone.",
        f"I do: {TEXT} - done.",
        "Let me check.\nget_weather(city='Oslo')",
        "print(get_weather(city='Oslo'))",
        "default_api.get_weather(city='Oslo')",
        'get_weather({"city": "Oslo"})',
        'to=functions.get_weather {"city": "Oslo"}',
        '>>>get_weather\n{"city": "Oslo"}',
        'name: get_weather\narguments: {"city": "Oslo"}',
        '{"action": "get_weather", "action_input": {"city": "Oslo"}}',
        '{"recipient_name": "functions.get_weather", "parameters": {"city": "Oslo"}}',
        '[{"get_weather": {"city": "Oslo"}}]',
        '{"name": "get_weather", "arguments": {"city": "Oslo"}, "thought": "x"}',
        '<|tool_call>call:get_weather{city:<|"|>Oslo<|"|>}<tool_call|>',
        '<function_calls><invoke name="get_weather"><parameter name="city">Oslo</parameter></invoke></function_calls>',
        '<|channel|>commentary to=functions.get_weather <|message|>{"city":"Oslo"}<|call|>',
        '<functioncall> {"name": "get_weather", "arguments": {"town": 5}}',
    ],
)
def test_a_call_that_cannot_be_read_is_never_trained_as_words(tmp_path: Path, text: str) -> None:
    assert reason(tmp_path, dialogue(answer(text)))
    assert reason(tmp_path, paper(text))


def test_words_before_a_call_and_thoughts_are_kept(tmp_path: Path) -> None:
    text = f"<think>A <tool_call> it is.</think>Let me see.\n<tool_call>{TEXT}</tool_call>"
    example = one(tmp_path, dialogue(answer(text)))
    assert example.answer == Message("assistant", "<think>A <tool_call> it is.</think>Let me see.", (OSLO,))
    assert find_calls(f"Let me see.\n{TEXT}", ["get_weather"]) == ("Let me see.", (OSLO,))


@pytest.mark.parametrize("text", ["[]", "{}", "null", "```json\n[]\n```"])
def test_an_empty_answer_as_json_text_is_refused(tmp_path: Path, text: str) -> None:
    assert "empty list" in reason(tmp_path, paper(text))


def as_text(row: dict[str, Any], *path: Any) -> dict[str, Any]:
    """Write one part of a row as JSON text."""
    copy = json.loads(json.dumps(row))
    part = copy
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = json.dumps(part[path[-1]])
    return copy


FULL = dialogue(called("Oslo"), {"role": "tool", "tool_call_id": "a", "content": "2"}, called("Oslo")) | {
    "tools": [{"type": "function", "function": WEATHER}]
}
TRL = {"prompt": [USER], "completion": [called("Oslo")], "tools": [WEATHER]}


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (FULL, ("messages",)),
        (FULL, ("tools",)),
        (FULL, ("tools", 0)),
        (FULL, ("tools", 0, "function")),
        (FULL, ("tools", 0, "function", "parameters")),
        (FULL, ("messages", 3, "tool_calls")),
        (FULL, ("messages", 3, "tool_calls", 0)),
        (FULL, ("messages", 3, "tool_calls", 0, "function")),
        (FULL, ("messages", 3, "tool_calls", 0, "function", "arguments")),
        (TRL, ("prompt",)),
        (TRL, ("completion",)),
        (paper(CALL), ("expected_output",)),
        (paper([CALL]), ("expected_output",)),
        (paper([CALL]), ("expected_output", 0)),
        (paper(CALL, history=[["Hi", "Hello"]]), ("history",)),
        (paper(CALL), ("tools",)),
    ],
)
def test_json_text_in_a_structured_field_is_read_as_it(
    tmp_path: Path, row: dict[str, Any], path: tuple[Any, ...]
) -> None:
    written = as_text(row, *path)
    plain, text, twice = read(tmp_path, row, written, as_text(written, *path))[0]
    for other in (text, twice):
        assert (other.tools, other.messages, other.answer) == (plain.tools, plain.messages, plain.answer)


def test_structured_fields_of_other_sources_may_be_json_text(tmp_path: Path) -> None:
    rows: list[tuple[type[Source], dict[str, Any], list[str]]] = [
        (XLam, {"query": "Oslo?", "tools": [WEATHER], "answers": [CALL]}, ["tools", "answers"]),
        (
            ShareGpt,
            {
                "conversations": [{"from": "human", "value": "Oslo?"}, {"from": "function_call", "value": CALL}],
                "tools": [WEATHER],
            },
            ["conversations", "tools"],
        ),
        (
            ToolACE,
            {
                "system": json.dumps([WEATHER]),
                "conversations": [{"from": "user", "value": "Oslo?"}, {"from": "assistant", "value": "Where?"}],
            },
            ["conversations"],
        ),
    ]
    for kind, row, keys in rows:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in (row, *(as_text(row, key) for key in keys))))
        ledger = Ledger()
        plain, *others = kind(str(path)).read(ledger)  # type: ignore[call-arg]
        assert not ledger.rejected
        assert all((o.tools, o.messages, o.answer) == (plain.tools, plain.messages, plain.answer) for o in others)


# Keys that change what is trained.


def test_keys_beside_the_dialogue_come_before_it(tmp_path: Path) -> None:
    french = Message("system", "Answer only in French.")
    for row in (dialogue(answer("Bonjour.")), paper("Bonjour.")):
        for key in ("system", "system_prompt"):
            assert one(tmp_path, {key: french.content, **row}).messages == (french, Message("user", "Oslo?"))
    history = one(tmp_path, paper("Sun.", history=[["Oslo?", "Rain."]])).messages
    assert [turn.content for turn in history] == ["Oslo?", "Rain.", "Oslo?"]
    before = {"role": "system", "content": "Answer in German."}
    row = {"messages": [before, USER, answer("Ja.")], "system": "Answer only in French."}
    assert "several system messages" in reason(tmp_path, row)
    assert len(one(tmp_path, row | {"system": "Answer in German."}).messages) == 2


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("instruction", "Be brief."),
        ("weight", 0.5),
        ("weight", 0),
        ("loss_mask", [0, 1]),
        ("label", False),
        ("images", ["a.png"]),
        ("audio", {"id": "x"}),
        ("conversations", [{"from": "human", "value": "Hi"}]),
        ("prompt", "Another question?"),
        ("Weight", 0),
        ("lossMask", 0),
        ("train-weight", 0.5),
        ("no_train", True),
        ("is_masked", True),
        ("use_for_training", False),
        ("skip", 1),
        ("step_weight", 0),
        ("systemPrompt", "Be brief."),
        ("system_instruction", "Be brief."),
        ("sys", "Be brief."),
        ("chat_history", "User: Hi"),
        ("previous_messages", [{"role": "user", "content": "Hi"}]),
        ("few_shot", [{"from": "human", "value": "Hi"}]),
        ("chainOfThoughts", "Cold there."),
    ],
)
def test_a_key_that_would_change_the_training_refuses_the_row(tmp_path: Path, key: str, value: Any) -> None:
    assert f"`{key}` is" in reason(tmp_path, dialogue(answer("Cold."), **{key: value}))
    assert f"`{key}` is" in reason(tmp_path, paper("Cold.", **{key: value})) or key == "prompt"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("weight", 1),
        ("images", []),
        ("label", True),
        ("prompt", "Oslo?"),
        ("Weight", 1.0),
        ("lossMask", 1),
        ("no_train", False),
        ("is_masked", 0),
        ("chat_history", []),
        ("training_split", "train"),
        ("message_example", "Hi"),
        ("system_id", "7"),
        ("chosen", [{"role": "assistant", "content": "Hi"}]),
        ("examples", [{"city": "Oslo"}]),
    ],
)
def test_a_key_that_changes_nothing_is_no_reason(tmp_path: Path, key: str, value: Any) -> None:
    assert one(tmp_path, dialogue(answer("Cold."), **{key: value}))


def test_keys_that_other_sources_do_not_read_refuse_their_rows_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [
        {"query": "Oslo?", "tools": [WEATHER], "answers": [CALL], "lang": "en", key: "x"} for key in ("system", "b")
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger = Ledger()
    assert len(list(XLam(str(path)).read(ledger))) == 1
    assert "`system` is 'x', which would change what is trained" in ledger.rejected[0].reason
    assert ledger.unread == {(str(path), "lang"): 1, (str(path), "b"): 1}


def test_the_answer_beside_messages_is_read_or_refused(tmp_path: Path) -> None:
    row = dialogue(expected_output={"function": "get_weather", "arguments": {"city": "Oslo"}})
    assert one(tmp_path, row).answer == Message("assistant", calls=(OSLO,))
    for key in ("answer", "output", "completion", "ground_truth"):
        assert f"no `expected_output`, but `{key}`" in reason(
            tmp_path, {"query": "Oslo?", "tools": [WEATHER], key: CALL}
        )
    assert "ends with another answer" in reason(tmp_path, dialogue(answer("Hi."), expected_output="Ho."))


@pytest.mark.parametrize(
    "flag",
    [{"weight": 0}, {"train": False}, {"loss_mask": 0}, {"loss_weight": 0.0}, {"loss": False}, {"masked": True}],
)
def test_a_turn_without_weight_is_context(tmp_path: Path, flag: dict[str, Any]) -> None:
    wrong, result = called("Olso") | flag, {"role": "tool", "tool_call_id": "a", "content": "no such city"}
    example = one(tmp_path, dialogue(wrong, result, called("Oslo")))
    assert example.answer is not None
    assert (example.messages[1].trained, example.answer.trained) == (False, True)
    assert "no turn of the assistant is to be trained" in reason(tmp_path, dialogue(answer("I do not know.", **flag)))
    speech = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"} | flag]}
    (tmp_path / "shares.json").write_text(json.dumps([speech]))
    ledger = Ledger()
    assert not list(ShareGpt(str(tmp_path / "shares.json")).read(ledger))
    assert "no turn of the assistant" in ledger.rejected[0].reason


def test_odd_weights_are_refused(tmp_path: Path) -> None:
    assert "`weight` of message 2 is 0.5" in reason(tmp_path, dialogue(answer("Hi.", weight=0.5)))
    assert "`train` of message 2 is 'no'" in reason(tmp_path, dialogue(answer("Hi.", train="no")))
    assert "is to be trained and not" in reason(tmp_path, dialogue(answer("Hi.", train=True, weight=0)))
    assert "its role is 'user'" in reason(tmp_path, {"messages": [USER | {"train": True}, answer("Hi.")]})
    assert one(tmp_path, {"messages": [USER | {"weight": 0}, answer("Hi.", weight=1, train=True)]})


@pytest.mark.parametrize("key", ["train", "trainable", "loss", "loss_mask"])
def test_turns_of_users_and_tools_are_never_to_be_trained(tmp_path: Path, key: str) -> None:
    told = {"role": "tool", "content": "rain", key: 1}
    assert "is to be trained, but" in reason(tmp_path, dialogue(called("Oslo"), told, answer("Rain.")))
    assert "is to be trained, but" in reason(tmp_path, {"messages": [USER | {key: 1}, answer("Hi.")]})


RESULT_PART = {"type": "tool_result", "tool_use_id": "a", "content": "rain"}
MARKED_DIALOGUES: dict[str, tuple[type[RowSource], Any, int]] = {
    "OpenAI": (JsonLines, dialogue(called("Oslo"), {"role": "tool", "content": "rain"}, answer("Rain.")), 2),
    "history": (JsonLines, {"history": [USER, answer("Rain.")], "query": "And now?", "expected_output": "Sun."}, 0),
    "Anthropic": (JsonLines, dialogue(called("Oslo"), {"role": "user", "content": [RESULT_PART]}, answer("Rain.")), 2),
    "ShareGPT": (ShareGpt, share("human", "Oslo?", "gpt", "Where?", "human", "Oslo.", "gpt", "Rain."), 2),
    "Hermes": (HermesRows, share("human", "Oslo?", "gpt", "Where?", "human", "Oslo.", "gpt", "Rain."), 0),
    "ToolACE": (ToolACE, share("user", "Oslo?", "assistant", "Rain.") | {"system": json.dumps([ANY])}, 0),
}
"""A reader, a row that it keeps, and the number of a turn in it that is not the assistant's."""


@pytest.mark.parametrize("name", MARKED_DIALOGUES)
def test_marks_beside_turns_of_users_and_tools_mean_the_same_in_every_source(tmp_path: Path, name: str) -> None:
    kind, row, number = MARKED_DIALOGUES[name]
    turns = next(key for key in ("messages", "history", "conversations") if key in row)
    path = tmp_path / "rows.jsonl"

    def read_marked(**marks: Any) -> Ledger:
        entries = [entry | marks if place == number else entry for place, entry in enumerate(row[turns])]
        path.write_text(json.dumps(row | {turns: entries}))
        ledger = Ledger()
        assert len(list(kind(str(path)).read(ledger))) + len(ledger.rejected) == 1
        return ledger

    for marks in ({"weight": 0}, {"weight": 1}, {"train": False}, {"masked": True}, {"weight": 1, "loss": False}):
        assert read_marked(**marks) == Ledger(kept=1), marks
    for key in ("train", "trained", "trainable", "training", "loss", "loss_mask"):
        [rejection] = read_marked(**{key: True}).rejected
        assert f"message {number + 1} is to be trained, but its role is" in rejection.reason
        assert f"remove its `{key}`" in rejection.reason
    [rejection] = read_marked(weight=0.5).rejected
    assert f"`weight` of message {number + 1} is 0.5" in rejection.reason


@pytest.mark.parametrize("thoughts", ["<think>{}</think>", "<thinking>{}</thinking>", "[THINK]{}[/THINK]"])
def test_a_call_inside_thoughts_is_no_call(tmp_path: Path, thoughts: str) -> None:
    thought = thoughts.format(f"Shall I? <tool_call>{TEXT}</tool_call> No.")
    said = f"{thought}\nAsk me for a city."
    assert one(tmp_path, dialogue(answer(said))).answer == Message("assistant", said)
    called_after = one(tmp_path, dialogue(answer(f"{thought}\n{TEXT}"))).answer
    assert called_after == Message("assistant", thought, (OSLO,))


@pytest.mark.parametrize("tag", ["</think>", "<think>", "[/THINK]"])
def test_a_tag_of_thoughts_inside_a_call_is_text(tmp_path: Path, tag: str) -> None:
    text = json.dumps({"name": "f", "arguments": {"q": f"what is {tag}"}})
    expected = Message("assistant", "", (ToolCall("f", {"q": f"what is {tag}"}),))
    for written in (text, f"<tool_call>{text}</tool_call>"):
        assert one(tmp_path, dialogue(answer(written)) | {"tools": [ANY]}).answer == expected


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning", "thinking", "thought"])
def test_reasoning_is_kept(tmp_path: Path, key: str) -> None:
    example = one(tmp_path, dialogue(called("Oslo") | {key: "I need the tool."}))
    assert example.answer == Message("assistant", "", (OSLO,), reasoning="I need the tool.")
    assert one(tmp_path, paper(CALL, **{key: "I need the tool."})).answer == example.answer
    assert "must be a text" in reason(tmp_path, dialogue(answer("Hi.", **{key: {"a": 1}})))


def test_a_refusal_is_the_answer_in_words(tmp_path: Path) -> None:
    assert one(tmp_path, dialogue(answer(refusal="I cannot."))).answer == Message("assistant", "I cannot.")


def test_tools_inside_a_message_are_the_rows(tmp_path: Path) -> None:
    system = {"role": "system", "content": "", "tools": [WEATHER]}
    for last in (answer("Hello"), called("Oslo")):
        example = one(tmp_path, {"messages": [system, USER, last]})
        assert [tool.name for tool in example.tools] == ["get_weather"]
        assert [turn.role for turn in example.messages] == ["user"]
    assert "holds tools and no message" in reason(tmp_path, {"messages": [system]})
    assert "different tools" in reason(tmp_path, {"messages": [system, USER, answer("Hi")], "tools": [ANY]})


@pytest.mark.parametrize("key", ["arguments", "parameters", "input", "args", "kwargs"])
def test_arguments_are_read_under_any_of_their_names(tmp_path: Path, key: str) -> None:
    expected = Message("assistant", calls=(ToolCall("f", {"q": "Oslo"}),))
    call = {"name": "f", key: {"q": "Oslo"}}
    messages = {"messages": [USER, answer(tool_calls=[{"function": call}])], "tools": [ANY]}
    bare = {"messages": [USER, answer(tool_calls=[call])], "tools": [ANY]}
    for row in (paper({"function": "f", key: {"q": "Oslo"}}, ANY), messages, bare):
        assert one(tmp_path, row).answer == expected
    assert "keep one of them" in reason(
        tmp_path, paper({"name": "f", "arguments": {"q": "a"}, "input": {"q": "b"}}, ANY)
    )
    assert "has no `arguments`, but `q`" in reason(tmp_path, paper({"name": "f", "q": "Oslo"}, ANY))
    assert "two names" in reason(tmp_path, paper({"name": "f", "function": "g", "arguments": {}}, ANY))


def result(id: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": id, "content": content}


def test_results_of_parallel_calls_are_bound_by_id(tmp_path: Path) -> None:
    asked = called("Oslo", "Rome")
    example = one(tmp_path, dialogue(asked, result("b", "sun"), result("a", "rain"), answer("Done.")))
    assert [turn.content for turn in example.messages[2:]] == ["rain", "sun"]
    for results, sentence in [
        ([result("a", "rain"), result("c", "sun")], "of the call 'c'"),
        ([result("a", "rain"), result("a", "sun")], "two results are of the call 'a'"),
        ([result("b", "sun")], "the call 'a' has no result"),
        ([{"role": "tool", "content": "x"}, result("b", "sun")], "a result is of the call ''"),
    ]:
        assert sentence in reason(tmp_path, dialogue(asked, *results, answer("Done.")))


def test_results_without_ids_are_bound_by_name(tmp_path: Path) -> None:
    asked = answer(tool_calls=[{"function": CALL}, {"function": {"name": "f", "arguments": "{}"}}])
    for role in ("tool", "function"):
        results = [{"role": role, "name": name, "content": name} for name in ("f", "get_weather")]
        assert [turn.content for turn in one(tmp_path, dialogue(asked, *results, answer("!"))).messages[2:]] == [
            "get_weather",
            "f",
        ]


def test_parts_of_anthropic_are_read(tmp_path: Path) -> None:
    use = [{"type": "thinking", "thinking": "Hm."}, {"type": "tool_use", "id": "t", "name": "get_weather"}]
    use[1]["input"] = {"city": "Oslo"}  # type: ignore[assignment]
    told = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "2"}]}
    example = one(tmp_path, dialogue(answer(use), told, answer("Cold.")))
    assert example.messages[1:] == (Message("assistant", "", (OSLO,), reasoning="Hm."), Message("tool", "2"))
    image = [{"type": "image", "source": {}}]
    assert "must be text" in reason(tmp_path, dialogue({"role": "user", "content": image}, answer("Hi.")))


def test_text_beside_the_call_of_an_answer_is_kept_or_refused(tmp_path: Path) -> None:
    for form in (CALL, {"function": "get_weather", "arguments": {"city": "Oslo"}}, [{**CALL, "content": "So:"}]):
        expected = form if isinstance(form, list) else {**form, "content": "So:"}
        assert one(tmp_path, paper(expected)).answer == Message("assistant", "So:", (OSLO,))
    for key in ("text", "message"):
        assert f"`expected_output.{key}` is 'So:'" in reason(tmp_path, paper({**CALL, key: "So:"}))
    assert "calls both" in reason(tmp_path, paper({**CALL, **called("Rome")}))
    assert "`expected_output.calls`" in reason(tmp_path, paper({"content": "So:", "calls": [CALL]}))


@pytest.mark.parametrize("key", ["desc", "summary", "docstring"])
def test_the_description_of_a_tool_is_read_under_its_other_names(tmp_path: Path, key: str) -> None:
    tool = {"name": "get_weather", "parameters": WEATHER["parameters"], "description": "", key: "Tells it."}
    assert one(tmp_path, paper(CALL, tool)).tools[0].description == "Tells it."


def test_unread_keys_of_tools_are_counted(tmp_path: Path) -> None:
    inside = {"type": "function", "function": {**WEATHER, "strict": True}}
    _, ledger = read(tmp_path, paper(CALL, {**WEATHER, "returns": "text"}), paper(CALL, inside))
    assert {key: count for (_, key), count in ledger.unread.items()} == {
        "tools[].returns": 1,
        "tools[].function.strict": 1,
    }


def test_rows_that_were_refused_without_need_are_read(tmp_path: Path) -> None:
    now = {"name": "now"}
    done = answer("y")
    rows = [
        dialogue(done) | {"tools": [WEATHER, WEATHER]},
        dialogue(done) | {"tools": ""},
        dialogue(done) | {"tools": WEATHER},
        {"messages": [USER, answer(tool_calls=[{"function": {"name": "now", "arguments": None}}])], "tools": [now]},
        dialogue(called("Oslo"), {"role": "tool", "content": {"t": 20}}, done),
        {"prompt": [USER], "completion": [done], "tools": [WEATHER]},
        {"prompt": "Oslo?", "completion": "Cold.", "tools": [WEATHER]},
        dialogue({"role": "tool_call", "content": TEXT}, {"role": "tool_response", "content": "2"}, done),
    ]
    examples, ledger = read(tmp_path, *rows)
    assert not ledger.rejected
    assert len(examples) == len(rows)
    assert examples[4].messages[-1] == Message("tool", '{"t": 20}')
    assert examples[7].messages[1] == Message("assistant", calls=(OSLO,))
    assert "a call must hold" in reason(tmp_path, dialogue({"role": "tool_call", "content": "{}"}, done))


def test_nothing_of_a_prompt_is_trained(tmp_path: Path) -> None:
    row = {"prompt": [USER, answer("Where?"), USER], "completion": "Cold."}
    assert [turn.trained for turn in one(tmp_path, row).messages] == [True, False, True]


def test_rows_without_tools_offer_the_whole_file(tmp_path: Path) -> None:
    tools = tmp_path / "tools.json"
    tools.write_text(json.dumps([WEATHER, ANY]))
    row = {"query": "Oslo?", "expected_output": CALL}
    assert len(one(tmp_path, row, tools_path=str(tools)).tools) == 2
    assert not one(tmp_path, {"query": "Hi", "tools": [], "expected_output": "Hi"}, tools_path=str(tools)).tools
    assert not one(tmp_path, {"query": "Hi", "expected_output": "Hi"}, tools_path=str(tools), offer_all=False).tools
    assert "set JsonLines' tools_path" in reason(tmp_path, row)


# Keys and columns that nobody reads.


def test_unread_keys_are_counted(tmp_path: Path) -> None:
    turn = answer("Cold.", name="bot")
    _, ledger = read(tmp_path, dialogue(turn, lang="en", score=1), dialogue(turn, lang="de"), "{}")
    counts = {key: rows for (_, key), rows in ledger.unread.items()}
    assert counts == {"lang": 2, "score": 1, "messages[].name": 2}


@pytest.mark.parametrize("key", ["function_calls", "toolCalls", "tool_call", "calls", "actions", "invocations"])
@pytest.mark.parametrize("value", [CALL, [CALL], json.dumps([CALL])])
def test_calls_beside_a_text_are_not_dropped_whatever_their_key(tmp_path: Path, key: str, value: Any) -> None:
    turn = answer("Let me look.", **{key: value})
    assert f"`messages[].{key}`" in reason(tmp_path, dialogue(turn))
    assert f"`messages[].{key}`" in reason(tmp_path, dialogue(turn, USER, answer("Cold.")))
    pair = {"prompt": "Oslo?", "tools": [WEATHER], "chosen": [turn], "rejected": "No."}
    _, ledger = pairs(tmp_path, pair)
    assert f"`chosen[].{key}`" in ledger.rejected[0].reason


def test_calls_as_a_signature_beside_a_text_are_not_dropped(tmp_path: Path) -> None:
    turn = answer("Let me look.", function_calls="get_weather(city='Oslo')")
    assert "`messages[].function_calls`" in reason(tmp_path, dialogue(turn))


@pytest.mark.parametrize("key", ["available_tools", "tool_schemas", "apis"])
@pytest.mark.parametrize("value", [[WEATHER], json.dumps([WEATHER]), [{"type": "function", "function": WEATHER}]])
def test_tools_under_another_key_are_not_dropped(tmp_path: Path, key: str, value: Any) -> None:
    row = {"messages": [USER, answer("No.")], key: value}
    assert f"`{key}`" in reason(tmp_path, row)
    assert one(tmp_path, row | {"tools": [ANY]}).tools[0].name == "f"  # the whole pool beside the offer


def test_keys_in_camel_case_are_not_dropped(tmp_path: Path) -> None:
    for key in ("systemPrompt", "system-message", "expectedOutput", "lossMask"):
        assert f"`{key}`" in reason(tmp_path, dialogue(answer("No."), **{key: "In French."}))
    assert "`documents`" in reason(tmp_path, dialogue(answer("No."), documents=[{"title": "a", "text": "b"}]))


@pytest.mark.parametrize(
    ("turn", "key"),
    [
        ({"role": "system", "text": "In French."}, "text"),
        ({"role": "system", "content": "", "value": "In French."}, "value"),
        ({"role": "assistant", "content": None, "tool_calls": [CALL], "text": "Let me look."}, "text"),
        ({"role": "tool", "result": "rain"}, "result"),
        ({"role": "tool", "content": "", "output": {"sky": "rain"}}, "output"),
    ],
)
def test_a_text_under_another_key_is_not_dropped(tmp_path: Path, turn: dict[str, Any], key: str) -> None:
    turns = [called("Oslo"), turn] if turn["role"] == "tool" else [turn]
    assert f"no `content`, but `{key}`" in reason(tmp_path, dialogue(*turns, USER, answer("Rain.")))


def test_more_names_of_thoughts(tmp_path: Path) -> None:
    made = one(tmp_path, dialogue(answer(tool_plan="A tool fits.", tool_calls=[CALL])))
    assert made.answer is not None
    assert made.answer.reasoning == "A tool fits."
    for key in ("reasoning_details", "thinking_blocks"):
        parts = [{"type": "text", "text": "A tool fits."}]
        assert f"`{key}`" in reason(tmp_path, dialogue(answer("No.", **{key: parts})))
        assert one(tmp_path, dialogue(answer("No.", reasoning="A tool fits.", **{key: parts}))).answer is not None


def read_shape(tmp_path: Path, name: str, row: Any) -> tuple[list[Example | Preference], Ledger]:
    path = tmp_path / SHAPES[name].file
    path.write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    ledger = Ledger()
    return list(SHAPES[name].open(path)(ledger)), ledger


@pytest.mark.parametrize("name", SHAPES)
def test_no_source_drops_a_key_in_silence(tmp_path: Path, name: str) -> None:
    row = SHAPES[name].write(SHAPES[name].task)
    [plain], before = read_shape(tmp_path, name, row)
    [same], ledger = read_shape(tmp_path, name, row | {"lang": "de"})
    assert (same.tools, same.messages) == (plain.tools, plain.messages)
    assert {key for _, key in ledger.unread} == {key for _, key in before.unread} | {"lang"}
    french = "In French."
    for key, value in {"system": french, "history": [[french, "Oui."]], "system_prompt": french}.items():
        if key not in row:
            made, ledger = read_shape(tmp_path, name, row | {key: value})
            said = [turn.content for example in made for turn in example.messages]
            assert ledger.rejected or french in said, key
    for key, other in {"weight": 0.5, "loss_mask": [0], "images": ["a"], "instructions": "In French."}.items():
        assert "would change what is trained" in read_shape(tmp_path, name, row | {key: other})[1].rejected[0].reason


@pytest.mark.parametrize("name", SHAPES)
def test_json_text_is_read_as_what_it_stands_for_or_refused_by_every_source(tmp_path: Path, name: str) -> None:
    row = SHAPES[name].write(SHAPES[name].task)
    [plain], _ = read_shape(tmp_path, name, row)
    for path in list_paths(row):
        part = row
        for key in path:
            part = part[key]
        if not isinstance(part, dict | list) or "arguments" in path[:-1] or {"parameters", "ground_truth"} & set(path):
            continue
        made, ledger = read_shape(tmp_path, name, as_text(row, *path))
        assert ledger.rejected or [replace(example, place=plain.place) for example in made] == [plain], path


def test_values_of_any_type_in_any_field_end_in_a_reason(tmp_path: Path) -> None:
    """No value, wherever it stands, ends in another error than a reason in the ledger."""
    values: list[Any] = [None, 5, 0.5, True, "", "x", "[", "{}", [], {}, [[]], [{}], {"a": {}}, [None], "[[1]]", ["x"]]
    row = FULL | {"history": [["a", "b"]], "system": "s", "expected_output": CALL, "weight": 1, "id": 1}
    rows: list[tuple[Any, Any]] = [(JsonLines, put(row, path, value)) for path in list_paths(row) for value in values]
    pair = {"prompt": [USER], "chosen": [called("Oslo")], "rejected": "No.", "tools": [WEATHER], "origins": ["1"]}
    rows += [(Pairs, put(pair, path, value)) for path in list_paths(pair) for value in values]
    shared = {
        "conversations": [{"from": "human", "value": "Hi"}, {"from": "function_call", "value": CALL, "weight": 1}]
    }
    rows += [
        (ShareGpt, put(shared | {"tools": [WEATHER]}, path, value)) for path in list_paths(shared) for value in values
    ]
    assert len(rows) > 1000
    for kind in (JsonLines, Pairs, ShareGpt):
        mine = [row for other, row in rows if other is kind]
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in mine))
        ledger, source = Ledger(), kind(str(path))
        read = source.read_preferences(ledger) if isinstance(source, Pairs) else source.read(ledger)
        assert len(list(read)) + len(ledger.rejected) == len(mine)


def list_paths(value: Any) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, part in inside for path in ((key,), *((key, *more) for more in list_paths(part)))]


def put(row: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(row))
    part = copy
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    return copy


def test_hostile_keys_neither_grow_the_ledger_nor_reach_a_terminal(tmp_path: Path) -> None:
    rows = [paper("Hi.", **{f"\x1b[2J{number}": 1}) for number in range(400)]
    _, ledger = read(tmp_path, *rows)
    assert len(ledger.unread) <= 201
    assert sum(ledger.unread.values()) == 400
    assert all(key.isprintable() for _, key in ledger.unread)


def test_a_column_that_nobody_reads_rejects_no_row(tmp_path: Path) -> None:
    row = json.dumps(paper(CALL))[:-1]
    examples, ledger = read(tmp_path, f'{row}, "score": NaN}}', f'{row}, "big": 1e999}}', f'{row}, "id": NaN}}')
    assert len(examples) == 2
    assert "NaN is not a JSON number" in ledger.rejected[0].reason
    turn = {"role": "assistant", "content": "Cold.", "at": datetime.datetime(2026, 1, 1), "raw": b"x"}
    table = [
        {"messages": [USER | {"at": None, "raw": None}, turn], "day": datetime.date(2026, 1, 1), "x": float("nan")}
    ]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(table), tmp_path / "rows.parquet")
    assert len(list(JsonLines(str(tmp_path / "rows.parquet")).read(Ledger()))) == 1


# Files.


def zstd(content: bytes) -> bytes:
    sink = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstd, bytes])
@pytest.mark.parametrize("name", ["r\u00f6ws 1.jsonl.gz", "rows.zst", "rows.jsonl", "rows.json"])
def test_compressed_files_are_read_whatever_their_name(
    tmp_path: Path, compress: Callable[[bytes], bytes], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = "\n".join(json.dumps(paper(CALL)) for _ in range(3)).encode()
    (tmp_path / name).write_bytes(compress(content))
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (str(tmp_path / name), f"~/{name}"):
        assert len(list(JsonLines(path).read(Ledger()))) == 3


def test_compressed_arrays_and_parquet_of_any_name_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(json.dumps([paper(CALL)]).encode()))
    [example] = JsonLines(str(tmp_path / "a.json.gz")).read(Ledger())
    assert example.id == "a:1"
    pyarrow.parquet.write_table(
        pyarrow.Table.from_pylist([{"query": "Hi", "expected_output": "Ho"}]), tmp_path / "b.jsonl"
    )
    assert len(list(JsonLines(str(tmp_path / "b.jsonl")).read(Ledger()))) == 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("rows.jsonl", b"PK\x03\x04rest", "a zip archive or an Excel workbook"),
        ("rows.jsonl", json.dumps({"query": "Hi"}).encode("utf-16"), "UTF-16 text; save the file as UTF-8"),
        ("rows.jsonl", json.dumps({"query": "Hi"}).encode("utf-16-le"), "UTF-16 text; save the file as UTF-8"),
        ("rows.csv", b"query,answer\nHi,Ho\n", "CSV is not read; convert it to JSON lines"),
        ("rows.jsonl", b"query,answer\nHi,Ho\n", "CSV is not read; convert it to JSON lines"),
        ("rows.jsonl.gz", gzip.compress(b'{"query": "Hi"}\n' * 99, mtime=0)[:-9], "cut off or damaged"),
        ("rows.jsonl", b"\xd0\xcf\x11\xe0\xa1", "an Excel or Office file"),
        ("rows.jsonl", b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
    ],
)
def test_a_file_of_another_kind_is_named_once(tmp_path: Path, name: str, content: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=rf"{name}: .*{sentence}"):
        list(JsonLines(str(tmp_path / name)).read(Ledger()))


def test_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_text("")
    with pytest.raises(UserError, match=r"data: is a folder; give one of its files, such as a\.jsonl"):
        list(JsonLines(str(tmp_path / "data")).read(Ledger()))


# Pairs and readers of a user's own.


def pairs(tmp_path: Path, *rows: Any) -> tuple[list[Preference], Ledger]:
    (tmp_path / "pairs.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    ledger = Ledger()
    return list(Pairs(str(tmp_path / "pairs.jsonl")).read_preferences(ledger)), ledger


def test_fields_of_pairs_may_be_text_of_structure(tmp_path: Path) -> None:
    row = {"prompt": [USER], "chosen": [called("Oslo")], "rejected": "No.", "tools": [WEATHER], "origins": ["1"]}
    plain, *others = pairs(tmp_path, row, *(as_text(row, key) for key in ("prompt", "chosen", "tools", "origins")))[0]
    for other in others:
        parts = [(pair.messages, pair.chosen, pair.tools, pair.origins) for pair in (plain, other)]
        assert parts[0] == parts[1]
    [first, second] = pairs(tmp_path, {**row, "chosen": TEXT}, {**row, "chosen": "Cold.", "rejected": TEXT})[0]
    assert first.chosen[0].calls == second.rejected[0].calls == (OSLO,)


def test_answers_of_pairs_may_be_calls_alone(tmp_path: Path) -> None:
    row = {"query": "Oslo?", "tools": [WEATHER], "chosen": CALL, "rejected": [CALL, {"name": "x", "arguments": {}}]}
    [pair] = pairs(tmp_path, row)[0]
    assert (pair.messages, pair.chosen) == ((Message("user", "Oslo?"),), (Message("assistant", calls=(OSLO,)),))
    assert pair.rejected[0].calls == (OSLO, ToolCall("x", {}))
    _, ledger = pairs(tmp_path, {**row, "chosen": {"answer": "Cold."}}, {**row, "chosen": {"content": "Cold."}})
    assert "`chosen`: a call must hold `function` and `arguments`" in ledger.rejected[0].reason
    assert "`chosen`: message 1 has no `role`" in ledger.rejected[1].reason


def test_what_a_model_wrote_itself_stays_as_it_is_written(tmp_path: Path) -> None:
    broken = '<tool_call>{"name": "get_weather", </tool_call>'
    row = {"prompt": [USER], "chosen": "Cold.", "rejected": broken, "tools": [WEATHER]}
    written = {"role": "assistant", "content": TEXT, "as_written": True}
    kept, own = pairs(tmp_path, row, {**row, "rejected": [written]})[0]
    assert (kept.rejected[0].content, own.rejected[0].content) == (broken, TEXT)
    _, ledger = pairs(tmp_path, {**row, "chosen": broken}, {**row, "chosen": [answer("Hi.", weight=0)]})
    assert [("cannot be read" in entry.reason, "not to be trained" in entry.reason) for entry in ledger.rejected] == [
        (True, False),
        (False, True),
    ]


class OwnRows(RowSource):
    """A reader of a user's own."""

    def example_of(self, row: Row) -> Example:
        return Example(str(row.number), (), (Message("user", row.value["query"]),), Message("assistant", "Yes."))


def test_rows_of_a_users_own_reader_are_read_anew_each_time(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"query": "Hi", "system": "its author leaves this out"}\n')
    ledger = Ledger()
    assert len(list(OwnRows(str(path)).read(ledger))) == 1
    assert not OwnRows(str(path)).is_fixed
    assert JsonLines(str(path)).is_fixed
    assert ApiBank(str(tmp_path)).is_fixed
    assert ledger.unread == {(str(path), "system"): 1}


def test_places_are_written_without_control_characters() -> None:
    ledger = Ledger()
    ledger.reject("a\x1b[2J.jsonl:1", "bad\x07")
    assert str(ledger.rejected[0]) == "a\\x1b[2J.jsonl:1: bad\\x07"


def test_find_calls_reads_several() -> None:
    for text in (f"{TEXT}\n{TEXT}", f"{TEXT}; {TEXT}", f"<tool_call>{TEXT}</tool_call>\n<tool_call>{TEXT}</tool_call>"):
        assert find_calls(text, ["get_weather"]) == ("", (OSLO, OSLO))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**paper(CALL), "functions": [ANY]}, "the row has both `tools` and `functions`, their older name; keep one"),
        (
            dialogue(answer("Rain.", reasoning_content="A tool fits.", thinking="None fits.")),
            "message 2 holds several thoughts, under reasoning_content, thinking; keep one",
        ),
        (dialogue(answer("Rain.", refusal="No.")), "message 2 has a `refusal` beside its content or calls; keep one"),
        (dialogue(answer(json.dumps([CALL, 5]))), "calls and other values in one text: "),
        (
            dialogue(answer(json.dumps({"action": "get_weather", "action_input": {"city": "Oslo"}}))),
            "a call in a shape that is not read: ",
        ),
    ],
)
def test_what_a_row_says_twice_or_in_another_shape_is_refused(row: Any, said: str, tmp_path: Path) -> None:
    assert reason(tmp_path, row).startswith(said)
