"""What a base model writes as a call is read in any format; what only speaks of calls, or hides one, is not."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from call_strategies import PIECES, identifiers, plain_values
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_real_rows import read

from lit_toolcall.evaluation.answerer import list_arguments
from lit_toolcall.formats import CALL_FORMATS, CallFormat, CallSyntaxError, Lenient
from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.json_values import MAX_DEPTH
from lit_toolcall.types import Example, Problem, ToolCall

NAMES = {"get_weather": ["city", "days"], "now": [], "math.sum": ["a"], ".run": []}
OSLO = ToolCall("get_weather", {"city": "Oslo"})
NOW = ToolCall("now", {})
CALL = '{"name": "get_weather", "arguments": {"city": "Oslo"}}'
FORMATS = pytest.mark.parametrize("asked", CALL_FORMATS.values(), ids=list(CALL_FORMATS))

CALLS: dict[str, tuple[str, list[ToolCall]]] = {
    "an object": (CALL, [OSLO]),
    "parameters": (CALL.replace("arguments", "parameters"), [OSLO]),
    "a Python dict": ("{'name': 'get_weather', 'arguments': {'city': 'Oslo'}}", [OSLO]),
    "arguments as text": (json.dumps({"name": "get_weather", "arguments": '{"city": "Oslo"}'}), [OSLO]),
    "a json fence": (f"```json\n{CALL}\n```", [OSLO]),
    "a tool_call fence": (f"```tool_call\n{CALL}\n```", [OSLO]),
    "words around a fence": (f"Sure! I will look it up.\n\n```json\n{CALL}\n```\nThis asks for the weather.", [OSLO]),
    "a label": (f"Here is the call: {CALL}", [OSLO]),
    "a list": (f'[{CALL}, {{"name": "now", "arguments": {{}}}}]', [OSLO, NOW]),
    "a list in tags": (f"<tool_call>\n[{CALL}]\n</tool_call>", [OSLO]),
    "other tags": (f"<function_call>{CALL}</function_call>", [OSLO]),
    "Mistral": (f"[TOOL_CALLS] [{CALL}]", [OSLO]),
    "lines": (f'{CALL}\n{{"name": "now", "arguments": {{}}}}', [OSLO, NOW]),
    "semicolons": (f'{CALL}; {{"name": "now", "arguments": {{}}}}', [OSLO, NOW]),
    "OpenAI's function": (json.dumps({"type": "function", "function": json.loads(CALL)}), [OSLO]),
    "OpenAI's tool_calls": (
        json.dumps({"tool_calls": [{"id": "a", "type": "function", "function": json.loads(CALL)}]}),
        [OSLO],
    ),
    "a function's name": ('{"function": "get_weather", "arguments": {"city": "Oslo"}}', [OSLO]),
    "a tool as the key": ('{"get_weather": {"city": "Oslo"}}', [OSLO]),
    "Python": ('get_weather(city="Oslo")', [OSLO]),
    "Python in a fence": ('```python\nresult = get_weather(city="Oslo")\nprint(now())\n```', [OSLO, NOW]),
    "a Python list and words": ('[get_weather(city="Oslo"), now()]\n\nThat is all.', [OSLO, NOW]),
    "a numbered list": ("1. `get_weather(city='Oslo')`\n2. `now()`", [OSLO, NOW]),
    "arguments without names": (
        'get_weather("Oslo", 2)\nget_weather("Oslo", days=2)\nmath.sum([1, 2],)',
        [
            ToolCall("get_weather", {"city": "Oslo", "days": 2}),
            ToolCall("get_weather", {"city": "Oslo", "days": 2}),
            ToolCall("math.sum", {"a": [1, 2]}),
        ],
    ),
    "arguments without names and a spread": (
        'get_weather("Oslo", **{"days": 2})',
        [ToolCall("get_weather", {"city": "Oslo", "days": 2})],
    ),
    "a dotted name": ("math.sum(a=[1, 2])", [ToolCall("math.sum", {"a": [1, 2]})]),
    "tool_code's spread": ('get_weather(**{"city": "Oslo"})', [OSLO]),
    "tool_code": ('<|tool_code|>\nget_weather(**{"city": "Oslo"})\n<|end|>', [OSLO]),
    "hermes": (f"<tool_call>\n{CALL}\n</tool_call>", [OSLO]),
    "a brace too many": (f"{CALL}}}", [OSLO]),
    "another tool in tags": (
        '<tool_call>[{"name": "fly", "arguments": {"to": "Oslo"}}]</tool_call>',
        [ToolCall("fly", {"to": "Oslo"})],
    ),
    "a name that begins with a dot": ("[now(), .run(a=1)]", [NOW, ToolCall(".run", {"a": 1})]),
    "after thoughts": (f"<think>Maybe {CALL}\nor not</think>\n```json\n{CALL}\n```", [OSLO]),
}

WORDS = {
    "words": "The weather in Oslo is fine.",
    "a mention in JSON": f"To write {CALL} would be a call.",
    "a mention in Python": 'You could ask get_weather(city="Oslo") for it.',
    "a name with parentheses": "I would use get_weather().",
    "a number in parentheses": "Answers:\n- now (10)\n- now(10)",
    "variables": "get_weather(city, days)\nget_weather(x)",
    "a definition": 'def get_weather(city="Oslo"):\n    return "sunny"',
    "a signature": "get_weather(city: str, days: int)",
    "a longer name": 'my_get_weather(city="Oslo")\nx.now()\nget_weather_now(city="Oslo")',
    "code of its own": '```python\nimport os\nos.system(command="rm")\n```',
    "other data": 'The person is:\n{"id": 3, "age": 40, "tags": ["name", "arguments"]}',
    "inside of other data": f'Result:\n{{"log": [{CALL}]}}',
    "inside of broken data": f'Result:\n{{"log": [{CALL}',
    "inside of a text": f"Text:\n{json.dumps({'said': CALL})}",
    "another tool among words": 'I might:\n```\n{"name": "fly", "arguments": {"to": "Oslo"}}\n```',
    "the tool's schema": "Tool:\n" + json.dumps({"name": "now", "parameters": {"type": "object", "properties": {}}}),
    "the tool's description": "Tool:\n" + json.dumps({"name": "now", "description": "The time.", "parameters": {}}),
    "a tool's name with no arguments": 'Tool:\n{"name": "get_weather"}',
    "thoughts": f"<think>{CALL}</think>No tool fits.",
    "an object with a name": 'Dalia:\n{"name": "Dalia", "age": 30}',
    "an object with a name that is cut off": 'Dalia:\n{"name": "Dalia", "description": "A thief',
    "nothing": "",
}


@FORMATS
@pytest.mark.parametrize(("text", "calls"), CALLS.values(), ids=list(CALLS))
def test_calls_are_read_in_any_format(asked: CallFormat, text: str, calls: list[ToolCall]) -> None:
    assert list(Lenient(asked, NAMES).parse(text)) == calls


@FORMATS
@pytest.mark.parametrize("text", WORDS.values(), ids=list(WORDS))
def test_no_call_is_invented(asked: CallFormat, text: str) -> None:
    assert Lenient(asked, NAMES).parse(text) == ()


@FORMATS
def test_calls_of_the_format_that_was_asked_for_come_first(asked: CallFormat) -> None:
    written = asked.render([ToolCall("fly", {"text": f"```json\n{CALL}\n```"}), NOW])
    assert Lenient(asked, NAMES).parse(written) == asked.parse(written)
    assert len(asked.parse(written)) == 2


@FORMATS
@pytest.mark.parametrize(
    "text",
    [
        CALL[:-2],
        f"```json\n{CALL[:-5]}",
        f"[{CALL}, {CALL[:-4]}",
        'get_weather(city="Oslo", days=',
        "get_weather(city=Oslo)",
        'get_weather("Oslo", x)',
        'get_weather("Oslo", city="Lima")',
        '{"name": "get_weather", "arguments": "{broken"}',
        '{"name": "get_weather", "arguments": {"city": 1, "city": 2}}',
    ],
)
def test_a_call_that_cannot_be_read_is_named(asked: CallFormat, text: str) -> None:
    with pytest.raises(CallSyntaxError) as error:
        Lenient(asked, NAMES).parse(f"Here it is:\n{text}")
    assert error.value.problem in (Problem.SYNTAX, Problem.DUPLICATE_ARGUMENT)


def nest(depth: int) -> str:
    return "[" * depth + "]" * depth


@FORMATS
@pytest.mark.parametrize(
    "text",
    [
        f'{{"name": "get_weather", "arguments": {{"city": {nest(MAX_DEPTH)}}}}}',
        f"get_weather(city={nest(MAX_DEPTH + 1)})",
        f'get_weather(city="{"a" * MAX_CHARACTERS}")',
        f'{{"name": "get_weather", "arguments": {{"city": "{"a" * MAX_CHARACTERS}"}}}}',
        f"get_weather(city={'9' * 5000})",
    ],
)
def test_bounds_hold(asked: CallFormat, text: str) -> None:
    with pytest.raises(CallSyntaxError) as error:
        Lenient(asked, NAMES).parse(f"So:\n{text}")
    assert error.value.problem == Problem.TOO_LONG


def test_the_deepest_values_are_read() -> None:
    city: Any = json.loads(nest(MAX_DEPTH - 2))
    text = f'So:\n{{"name": "get_weather", "arguments": {{"city": {nest(MAX_DEPTH - 2)}}}}}'
    assert Lenient(CALL_FORMATS["hermes"], NAMES).parse(text) == (ToolCall("get_weather", {"city": city}),)


@pytest.mark.slow
@pytest.mark.parametrize(
    "part",
    [
        "{",
        "[",
        '{"',
        '"{',
        "{'''",
        "now(",
        "now(a=",
        'now(a="',
        "now(**{",
        "{x",
        '{"name": "now", ',
        "```",
        "a:{",
        "<{",
    ],
)
def test_long_hostile_texts_take_no_time(part: str) -> None:
    text = "So: " + part * (200_000 // len(part))
    begun = time.perf_counter()
    with contextlib.suppress(CallSyntaxError):
        assert Lenient(CALL_FORMATS["hermes"], NAMES).parse(text) == ()
    assert time.perf_counter() - begun < 5


def test_nothing_is_evaluated() -> None:
    text = "now(a=__import__('os').system('true'))"
    with pytest.raises(CallSyntaxError):
        Lenient(CALL_FORMATS["hermes"], NAMES).parse(text)
    assert Lenient(CALL_FORMATS["hermes"], NAMES).parse("exec(code='1')") == ()


@pytest.mark.parametrize(("text", "calls"), CALLS.values(), ids=list(CALLS))
def test_each_call_is_placed(text: str, calls: list[ToolCall]) -> None:
    reader = Lenient(CALL_FORMATS["hermes"], NAMES)
    spans = reader.place_calls(text)
    for (start, end), call in zip(spans, calls, strict=True):
        assert call.name in text[start:end]


def test_without_tools_on_offer_only_plain_calls_are_read() -> None:
    reader = Lenient(CALL_FORMATS["tool_code"], {})
    assert reader.parse(CALL) == (OSLO,)
    assert reader.parse('get_weather(city="Oslo")') == ()


offered_calls = st.builds(
    ToolCall, st.sampled_from(["get_weather", "now"]), st.dictionaries(identifiers, plain_values, max_size=3)
)
pieces = st.lists(st.sampled_from([*PIECES, "now", "(", "{", CALL]), max_size=12).map("".join)


@pytest.mark.slow
@FORMATS
@given(calls=st.lists(offered_calls, min_size=1, max_size=3), written=st.sampled_from(list(CALL_FORMATS)))
@settings(max_examples=100, deadline=None)
def test_what_another_format_writes_is_read_as_that_format_reads_it(
    asked: CallFormat, calls: list[ToolCall], written: str
) -> None:
    text = write(CALL_FORMATS[written], calls)
    assume(text is not None)
    assert list(Lenient(asked, NAMES).read(str(text))) == calls


@FORMATS
@given(text=st.text(max_size=40) | pieces)
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_or_refused(asked: CallFormat, text: str) -> None:
    reader = Lenient(asked, NAMES)
    try:
        calls = reader.parse(text)
    except CallSyntaxError:
        return
    assert len(reader.place_calls(text)) == len(calls)


def write(call_format: CallFormat, calls: Sequence[ToolCall]) -> str | None:
    try:
        return call_format.render(calls)
    except CallSyntaxError:  # a name or value that this format cannot hold
        return None


def check_rows(rows: Sequence[Example]) -> None:
    """Words of real rows stay words; calls of tools on offer are read in any format, after words too."""
    words = calls = 0
    for row in rows:
        names = list_arguments(row.tools)
        for message in (*row.messages, *([row.answer] if row.answer else [])):
            if message.role == "assistant" and message.calls and {call.name for call in message.calls} <= names.keys():
                calls += 1
                for asked, written in product(CALL_FORMATS.values(), CALL_FORMATS.values()):
                    text = write(written, message.calls)
                    assert text is None or Lenient(asked, names).parse(f"Sure:\n{text}") == message.calls
            elif message.role == "assistant" and message.content and not message.calls:
                words += 1
                for asked in CALL_FORMATS.values():
                    assert Lenient(asked, names).parse(message.content) == ()
    assert words + calls >= len(rows) / 2


def test_demonstration_rows_are_read_as_they_are(demo: list[Example]) -> None:
    check_rows(demo)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["api-bank", "glaive", "toolrl"])
def test_real_rows_are_read_as_they_are(name: str, shared_data: Path) -> None:
    check_rows(read(shared_data, name)[0])
