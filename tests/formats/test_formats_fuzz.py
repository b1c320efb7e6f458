"""Hostile answers: nothing but the parser's own error comes out, nothing runs, and no parse takes long."""

import builtins
import codecs
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.formats import CALL_FORMATS, CallFormat, CallSyntaxError
from lit_toolcall.types import ToolCall

STRINGS = 100_000
SLOWEST_SECONDS = 0.05
SEEDS = [
    ToolCall("get_weather", {"city": "Oslo", "days": 3, "hourly": True}),
    ToolCall("math.add", {"terms": [1, 2.5, -3e10], "exact": None}),
    ToolCall("send", {"to": {"name": 'Ann "A" O\'Neil', "mail": "a\\b\n\u00e9😀"}, "tags": []}),
    ToolCall("noop", {}),
]
PIECES = [
    "<|tool_code|>", "<|end|>", "<tool_call>", "</tool_call>", "\n", "\r", "\x00", "\ud800", "\udfff",
    "\\ud800", "\\u", "\\x", "\\", '"', "'", '"""', "(", ")", "[", "]", "{", "}", "**", "*", ":", ",", "=",
    "-", "- ", "not ", "lambda: ", "lambda x:(", "f'{", "b'", "1_0", "0x1", "1j", "1e999", "NaN", "Infinity",
    "nan", "True", "null", "...", "await ", "yield ", "a if b else ", "for x in y", "(1,)", "{1}", "\u2028",
    "\u00a0", "é", "😀", "\ufeff", '"arguments": ', '"name": "f"', "9" * 50, " ", "\t", "#", ";", "@", "`",
    "%s", "{0}", "<", ">", "|", "; ", ", ", "\n[f(", "[f()]", '\n{"name"', "<|python_tag|>", '"parameters": ',
]  # fmt: skip


@pytest.fixture
def canary(tmp_path, monkeypatch) -> Path:
    """A file that would exist if a hostile text ran; `eval` and `exec` fail the test at once."""

    def refuse(*_: Any) -> None:
        raise AssertionError("an answer was evaluated")

    codecs.lookup("utf-16-le")  # reading a text imports it, and an import runs `exec`
    monkeypatch.setattr(builtins, "eval", refuse)
    monkeypatch.setattr(builtins, "exec", refuse)
    monkeypatch.setattr(os, "system", refuse)
    return tmp_path / "canary"


def nested(rng: random.Random) -> str:
    opening = rng.choice(
        ["[", "{", "(", '{"a":', "[{", '{"a":[', "f(", "f(a=", "-", "not ", "<tool_call>", "{{", "[f(", "\n[f(", "\n"]
    )
    closing = rng.choice(["", "]", "}", ")", "1", '"'])
    depth = rng.choice([2, 31, 32, 33, 34, 100, 1000])
    return opening * depth + closing * rng.choice([0, depth])


def long_run(rng: random.Random) -> str:
    unit = rng.choice([*PIECES, "9", "1,", '"a":1,', "a=1,", '\\"', "\\d", "[],", "f()\n"])
    return unit * min(rng.choice([10, 100, 1000, 10_000]), 25_000 // len(unit))


def noise(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return "".join(rng.choices(PIECES, k=rng.randrange(1, 30)))
    return "".join(chr(rng.choice([rng.randrange(128), rng.randrange(0x11000)])) for _ in range(rng.randrange(60)))


def mutate(text: str, rng: random.Random) -> str:
    i, j = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
    kind = rng.randrange(8)
    if kind == 0:
        return text[:i]
    if kind == 1:
        return text[:i] + text[j:]
    if kind == 2:
        return text[:j] + text[i:j] * rng.randrange(1, 4) + text[j:]
    if kind == 3 and i < len(text):
        return text[:i] + chr(ord(text[i]) ^ (1 << rng.randrange(7))) + text[i + 1 :]
    if kind == 4:
        return text[:i] + noise(rng) + text[j:]
    return text[:i] + rng.choice(PIECES) + text[i:]


def list_openings(form: CallFormat) -> list[str]:
    """List what puts a parser into the middle of its work: the start, a call's argument, and the next call."""
    call = ToolCall("f", {"a": 12345})
    in_argument = form.render([call]).partition("12345")[0]
    next_call = form.render([call, ToolCall("second", {})]).partition("second")[0]
    return [form.start + "\n", in_argument, next_call]


def hostile_texts(form: CallFormat, canary: Path, rng: random.Random):
    touch = f"__import__('os').system('touch {canary}')"
    codes = [touch, f"f(a={touch})", f"f(**{touch})", f"f(a=f'{{{touch}}}')", f"{touch}(a=1)"]
    openings = list_openings(form)
    seeds = [form.render(rng.sample(SEEDS, k)) for k in (1, 1, 1, 2, 3) * len(openings)]
    seeds += [opening + code for opening in openings for code in [*codes, "f(a=1, b='x', c=[true, None])"]]
    for i in range(STRINGS):
        chance = rng.random()
        if i < len(seeds):
            yield seeds[i]
        elif chance < 0.85:
            text = rng.choice(seeds)
            for _ in range(rng.choice([1, 1, 2, 4])):
                text = mutate(text, rng)
            yield text
        elif chance < 0.95:
            yield rng.choice(openings) * rng.randrange(2) + noise(rng)
        else:
            spot = rng.choice(["", "f(", "f(a=", "f(**", '{"name": "f", "arguments": {"a": ', "f(a='"])
            special = nested(rng) if chance < 0.99 else long_run(rng)
            yield rng.choice(openings) + spot + special + rng.choice(["", ")", "}})", "')"])


def is_json_value(value: Any) -> bool:
    if type(value) is dict:
        return all(type(key) is str and is_json_value(part) for key, part in value.items())
    if type(value) is list:
        return all(map(is_json_value, value))
    if type(value) is float:
        return value - value == 0
    return value is None or type(value) in (str, int, bool)


def seconds_to_parse(form: CallFormat, text: str) -> tuple[float, tuple[ToolCall, ...] | None]:
    began = time.perf_counter()
    try:
        calls = form.parse(text)
    except CallSyntaxError:
        return time.perf_counter() - began, None
    return time.perf_counter() - began, calls


@pytest.mark.slow
@pytest.mark.parametrize("form", CALL_FORMATS.values(), ids=CALL_FORMATS)
def test_hostile_answers(form, canary):
    rng = random.Random(20)
    parsed = malformed = 0
    for text in hostile_texts(form, canary, rng):
        seconds, calls = seconds_to_parse(form, text)
        if seconds > SLOWEST_SECONDS:
            # The machine may have stalled: only a text that is slow each time is slow.
            seconds = min(seconds_to_parse(form, text)[0] for _ in range(3))
        assert seconds <= SLOWEST_SECONDS, f"{seconds:.3f} s for {text[:200]!r} of {len(text)} characters"
        malformed += calls is None
        for call in calls or ():
            parsed += 1
            assert call.name
            assert is_json_value(call.arguments)
    assert not canary.exists()
    # Both outcomes must be common, or the strings test nothing.
    assert parsed > STRINGS / 20
    assert malformed > STRINGS / 2
