"""Laws of all call formats over generated tools, calls and texts."""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import pytest
from call_strategies import (
    PIECES,
    fitting_calls,
    identifiers,
    plain_calls,
    plain_texts,
    plain_values,
    texts,
    wild_calls,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lit_toolcall.formats import CALL_FORMATS, CallFormat, CallSyntaxError
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Problem, Tool, ToolCall

Outcome = TypeVar("Outcome")
PROBLEMS = (Problem.SYNTAX, Problem.DUPLICATE_ARGUMENT, Problem.TOO_LONG)
every_format = pytest.mark.parametrize("form", CALL_FORMATS.values(), ids=CALL_FORMATS)


def examples(count: int) -> settings:
    """How many examples a test takes; slow ones are no failure, since the machine may be busy."""
    return settings(max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def spelling(calls: Sequence[ToolCall]) -> str:
    """Tells 1, 1.0 and True apart, 0.0 from -0.0, and the order of arguments."""
    return repr([(call.name, dict(call.arguments)) for call in calls])


def outcome(act: Callable[[], Outcome]) -> Outcome | CallSyntaxError:
    """What comes back, or the format's own error with its name and sentence; any other error fails the test."""
    try:
        return act()
    except CallSyntaxError as refused:
        error = refused
    assert error.problem in PROBLEMS
    assert error.detail
    return error


def check_parse(form: CallFormat, text: str) -> None:
    """Any text is words, a named problem, or calls that can be written again, if within the bounds."""
    calls = outcome(lambda: form.parse(text))
    if not calls or isinstance(calls, CallSyntaxError):
        return
    places = form.place_calls(text)
    assert len(places) == len(calls)
    assert all(text[start:end].strip() for start, end in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))
    written = outcome(lambda: form.render(calls))
    if isinstance(written, CallSyntaxError):
        assert written.problem is Problem.TOO_LONG, written.detail
    else:
        assert spelling(form.parse(written)) == spelling(calls)


@pytest.mark.slow
@every_format
@examples(100)
@given(tools_and_calls=fitting_calls())
def test_calls_that_fit_their_tools_read_back_and_still_fit(
    form: CallFormat, tools_and_calls: tuple[list[Tool], list[ToolCall]]
) -> None:
    tools, calls = tools_and_calls
    assert [find_call_problem(call, tools) for call in calls] == [None] * len(calls)
    read = form.parse(form.render(calls))
    assert spelling(read) == spelling(calls)
    assert [find_call_problem(call, tools) for call in read] == [None] * len(calls)


@pytest.mark.slow
@every_format
@examples(150)
@given(calls=wild_calls)
def test_any_calls_read_back_or_are_refused_with_a_reason(form: CallFormat, calls: list[ToolCall]) -> None:
    text = outcome(lambda: form.render(calls))
    if isinstance(text, str):
        assert spelling(form.parse(text)) == spelling(calls)
        assert spelling(form.parse(f"Let me look.\n{text}")) == spelling(calls)


@pytest.mark.slow
@every_format
@examples(300)
@given(text=texts | st.lists(texts | st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_words_or_calls_or_a_named_problem(form: CallFormat, text: str) -> None:
    check_parse(form, text)
    check_parse(form, form.start + text)


def corrupt(text: str, kind: str, first: float, second: float, bit: int, piece: str) -> str:
    """Damage a text once, between or at two places that are given as shares of its length."""
    i, j = sorted((int(first * len(text)), int(second * len(text))))
    if kind == "flip":
        return text[:i] + chr(ord(text[i]) ^ 1 << bit) + text[i + 1 :] if i < len(text) else text
    return {
        "end": text[:i],
        "start": text[i:],
        "cut": text[:i] + text[j:],
        "double": text[:j] + text[i:],
        "insert": text[:i] + piece + text[i:],
    }[kind]


shares = st.floats(0, 1)
damages = st.tuples(
    st.sampled_from(["flip", "flip", "end", "start", "cut", "double", "insert"]),
    shares,
    shares,
    st.integers(0, 7),
    st.sampled_from(PIECES),
)


@pytest.mark.slow
@every_format
@examples(150)
@given(calls=plain_calls, damage=st.lists(damages, min_size=1, max_size=3))
def test_corrupted_calls_are_words_or_calls_or_a_named_problem(
    form: CallFormat, calls: list[ToolCall], damage: list[tuple[str, float, float, int, str]]
) -> None:
    text = form.render(calls)
    for parts in damage:
        text = corrupt(text, *parts)
    check_parse(form, text)


@pytest.mark.slow
@examples(200)
@given(arguments=st.dictionaries(identifiers, plain_values, max_size=4))
def test_python_reads_pythonic_calls_alike(arguments: dict[str, Any]) -> None:
    """Servers and BFCL read this format with `ast`."""
    parsed = ast.parse(CALL_FORMATS["pythonic"].render([ToolCall("a.f", arguments)]), mode="eval").body
    assert isinstance(parsed, ast.List)
    (call,) = parsed.elts
    assert isinstance(call, ast.Call)
    read: dict[str, Any] = {}
    for part in call.keywords:
        value = ast.literal_eval(part.value)
        read |= {part.arg: value} if part.arg else value
    assert ast.unparse(call.func) == "a.f"
    assert repr(read) == repr(arguments)


@pytest.mark.slow
@examples(200)
@given(arguments=st.lists(st.dictionaries(plain_texts, plain_values, max_size=3), min_size=1, max_size=3))
def test_json_readers_read_llama3_json_alike(arguments: list[dict[str, Any]]) -> None:
    """Servers read one object after another, with two characters between them."""
    text = CALL_FORMATS["llama3_json"].render([ToolCall("f", values) for values in arguments])
    position = 0
    for values in arguments:
        row, position = json.JSONDecoder().raw_decode(text, position)
        assert repr(row) == repr({"name": "f", "parameters": values})
        assert text[position : position + 2] in ("; ", "")
        position += 2


UNITS = [
    "\n", " ", "[", "[\n", "[f", "\n[f ", "\n[f(", "\n[f g(", "\n[f g( ", "[a.", "\n[a.b", "{", "{\n", "{ ", '\n{"',
    "<|python_tag|>", "<|python_tag|>\n", "\n<|python_tag|>{", '"', "\\", "(", "=", "<|tool_code|", "<tool_call",
]  # fmt: skip


@every_format
@pytest.mark.parametrize("unit", UNITS)
def test_time_is_linear_in_words_of_any_length(form: CallFormat, unit: str) -> None:
    began = time.process_time()
    check_parse(form, unit * (400_000 // len(unit)))
    assert time.process_time() - began < 1  # with quadratic time, minutes
