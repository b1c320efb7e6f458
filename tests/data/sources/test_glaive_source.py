"""Glaive's rows in the shape of glaiveai/glaive-function-calling-v2; the words are our own."""

from __future__ import annotations

import json
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sample_rows import TIME, WEATHER

from lit_toolcall.data.sources.glaive import Glaive, read_function_call
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.reading.values import RowError
from lit_toolcall.types import Example, Message, ToolCall

OTHER_TIME = {**TIME, "description": "Now."}
NOTE = {
    "name": "take_note",
    "description": "Keep a note; the user's own words.",
    "parameters": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
}
HEAD = "SYSTEM: You are a helpful assistant with access to the following functions. Use them if required -\n"
SYSTEM = f"{HEAD}{json.dumps(WEATHER, indent=4)}\n\n{json.dumps(NOTE, indent=4)}\n"
CALL = """<functioncall> {"name": "get_weather", "arguments": '{"city": "Oslo", "days": 2}'} <|endoftext|>"""
CHAT = (
    "USER: Hi, what's the weather in Oslo?\n\n\n"
    f"ASSISTANT: {CALL}\n\n\n"
    'FUNCTION RESPONSE: {"sky": "clear"}\n\n\n'
    "ASSISTANT: It is clear. <|endoftext|>\n\n\n"
    "USER: Thanks!\n\n\n"
    "ASSISTANT: You're welcome! <|endoftext|>\n\n\n"
)


def chat_with(call: str) -> dict[str, Any]:
    return {"system": SYSTEM, "chat": f"USER: Do it.\n\n\nASSISTANT: {call}"}


def note(arguments: str) -> str:
    return f"""<functioncall> {{"name": "take_note", "arguments": {arguments}}} <|endoftext|>\n\n\n"""


def read(folder: Path, *rows: Any) -> tuple[list[Example], Ledger]:
    path = folder / "glaive.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    ledger = Ledger()
    examples = list(Glaive(str(path)).read(ledger))
    assert ledger.kept + len(ledger.rejected) == len(rows)
    return examples, ledger


def answer(folder: Path, row: Any) -> Message:
    [example], _ = read(folder, row)
    assert example.answer is not None
    return example.answer


def test_a_chat_becomes_turns_and_its_tools_are_on_offer(tmp_path: Path) -> None:
    [example], _ = read(tmp_path, {"system": SYSTEM, "chat": CHAT})
    assert example.messages == (
        Message("user", "Hi, what's the weather in Oslo?"),
        Message("assistant", calls=(ToolCall("get_weather", {"city": "Oslo", "days": 2}),)),
        Message("tool", '{"sky": "clear"}'),
        Message("assistant", "It is clear."),
        Message("user", "Thanks!"),
    )
    assert example.answer == Message("assistant", "You're welcome!")
    assert [tool.name for tool in example.tools] == ["get_weather", "take_note"]


def test_without_functions_the_system_text_is_a_message(tmp_path: Path) -> None:
    told = "You are a helpful assistant, with no access to external functions."
    [example], _ = read(
        tmp_path, {"system": f"SYSTEM: {told}\n\n", "chat": "USER: Hi\n\n\nASSISTANT: Hello! <|endoftext|>\n"}
    )
    assert example.tools == ()
    assert example.messages == (Message("system", told), Message("user", "Hi"))


def test_what_the_system_says_beside_the_tools_is_kept(tmp_path: Path) -> None:
    system = SYSTEM.replace("required -\n", "required -\nIt is noon.\n")
    [example], _ = read(tmp_path, {"system": system, "chat": CHAT})
    assert example.messages[0] == Message("system", "It is noon.")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("""'{"text": "it's Ann's, isn't it"}'""", "it's Ann's, isn't it"),
        (r"""'{"text": "it\'s"}'""", "it's"),
        (r"""'{"text": "she said \"it's\""}'""", 'she said "it\'s"'),
        ("""'{"text": "'}"}'""", "'}"),
        ("""'{"text": "', \\"name\\": 'x'"}'""", "', \"name\": 'x'"),
        ("""'{"text": "one\ntwo"}'""", "one\ntwo"),
        (r"""'{"text": "one\ntwo \u00e9"}'""", "one\ntwo \u00e9"),
        ("""'\n{\n  "text": "a"\n}\n'""", "a"),
        ("""{"text": "it's"}""", "it's"),
        (r'''"{\"text\": \"it's\"}"''', "it's"),
    ],
)
def test_apostrophes_and_escapes_inside_of_the_arguments(tmp_path: Path, arguments: str, text: str) -> None:
    assert answer(tmp_path, chat_with(note(arguments))).calls == (ToolCall("take_note", {"text": text}),)


@pytest.mark.parametrize("text", ["'", "''}", "\\'", 'it\'s "so"\n', "\\", "}'}", "\u00e9\U0001f600", "{'a': 'b'}"])
def test_whatever_json_stands_between_the_quotes_is_read_back(text: str) -> None:
    arguments = {"text": text, "more": [1, -2.5, True, None, {"it's": [text]}]}
    for ascii_only in (False, True):
        written = f"""{{"name": "f", "arguments": '{json.dumps(arguments, ensure_ascii=ascii_only)}'}}"""
        assert read_function_call(written, ()) == ToolCall("f", arguments)


def test_text_before_a_call_and_several_calls_are_one_turn(tmp_path: Path) -> None:
    call = note("""'{"text": "a"}'""").replace(" <|endoftext|>\n\n\n", "")
    found = answer(tmp_path, chat_with(f"Two notes. {call} {call} <|endoftext|>"))
    assert found.content == "Two notes."
    assert [made.name for made in found.calls] == ["take_note", "take_note"]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([], "a row must be a JSON object"),
        ({"chat": CHAT}, "`system` must be a text"),
        ({"system": SYSTEM, "chat": None}, "`chat` must be a text"),
        ({"system": HEAD + '{"name": "f", ', "chat": CHAT}, "the tools in `system`: not JSON"),
        ({"system": HEAD + "[" * 5000, "chat": CHAT}, "the tools in `system`: not JSON"),
        ({"system": HEAD + '{"name": "f", "name": "g"}', "chat": CHAT}, "the key 'name' is given twice"),
        ({"system": HEAD + "{} 5", "chat": CHAT}, "a tool has no name"),
        (
            {"system": f"{HEAD}{json.dumps(TIME)}\n{json.dumps(OTHER_TIME)}", "chat": CHAT},
            "two tools are named",
        ),
        ({"system": SYSTEM, "chat": "Hello USER: Hi"}, "`chat` must begin with USER:"),
        ({"system": SYSTEM, "chat": "USER: Hi"}, "no turn of the assistant"),
        ({"system": SYSTEM, "chat": "USER:\n\n\nASSISTANT: Hello!"}, "a turn of the user is empty"),
        (chat_with("A <|endoftext|> B"), "turn 2 of `chat`: text after <|endoftext|>: 'B'"),
        (chat_with("<functioncall>"), "turn 2 of `chat`: the call '' cannot be read"),
        (chat_with("<functioncall> f(1)"), "expected '{' at"),
        (chat_with(note("""'{"text": "a'""")), "cannot be read"),
        (chat_with(note("""'{"text": "a"}""")), "expected ' after the arguments"),
        (chat_with(note("""'{"text": "a"}' '""")), "cannot be read"),
        (chat_with(note("""'{"text": "a", "text": "b"}'""")), "'text' is given twice"),
        (chat_with(note("""'{"text": "a\\u0000"}'""")), "a NUL character"),
        (chat_with(note("""'{"text": "\\ud800"}'""")), "a lone surrogate"),
        (chat_with(note('\'{"text": ' + "9" * 350 + "}'")), "a number of 350 digits"),
        (chat_with(note('\'{"text": ' + "[" * 5000)), "nested more than 64 deep"),
        (chat_with(note("""'{"text": NaN}'""")), "not a literal value"),
        (chat_with(note("'[1]'")), "must be an object"),
        (chat_with(note("5")), "must be an object, this is 5"),
        (chat_with("""<functioncall> {5: "take_note"}"""), "a key that is no text"),
        (chat_with("""<functioncall> {"arguments": '{"text": "a"}'}"""), "a call must hold `name`"),
        (chat_with(note("""'{"txt": "a"}'""")), "'txt' given where 'text' is required"),
        (chat_with(CALL.replace("get_weather", "get_wether")), "'get_wether' is not among"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(tmp_path: Path, row: Any, sentence: str) -> None:
    _, ledger = read(tmp_path, row)
    [rejection] = ledger.rejected
    assert sentence in rejection.reason


@pytest.mark.parametrize(
    "piece", ["'", "'{", "{'", '"', "\\", '\\"', '{"a":', "'{\"a\": '", "USER: ", "\nUSER:", " \t"]
)
def test_a_long_run_of_any_piece_takes_seconds(tmp_path: Path, piece: str) -> None:
    many = piece * (200_000 // len(piece))
    rows = [chat_with(note(f"'{{\"text\": {many}}}'")), {"system": HEAD + many, "chat": "USER: " + many}]
    start = time.process_time()
    read(tmp_path, *rows)
    assert time.process_time() - start < 20


def test_damaged_calls_are_read_or_rejected() -> None:
    rng = random.Random(0)
    whole = """{"name": "take_note", "arguments": '{"text": "it's", "more": [1, {"a": null}]}'} """
    read_back = 0
    for _ in range(5_000):
        start, end = sorted(rng.choices(range(len(whole)), k=2))
        damaged = whole[:start] + rng.choice(["", "'", '"', "\\", "{", "}", ",", "\0"]) + whole[end:]
        with suppress(RowError):
            read_function_call(damaged, ())
            read_back += 1
    assert 0 < read_back < 2_500
