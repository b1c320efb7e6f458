"""Calls that a model only thinks of are not made, in any format."""

from __future__ import annotations

import contextlib
import time

import pytest

from lit_toolcall.formats import CALL_FORMATS, CallFormat, CallSyntaxError
from lit_toolcall.types import Problem, ToolCall

every_format = pytest.mark.parametrize("form", CALL_FORMATS.values(), ids=CALL_FORMATS)
MADE, THOUGHT = ToolCall("f", {"a": 1}), ToolCall("g", {"a": 2})
PAIRS = [
    ("<think>", "</think>"),
    ("<THINK>", "</THINK>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<SCRATCHPAD>", "</SCRATCHPAD>"),
    ("<seed:think>", "</seed:think>"),
    ("<|think|>", "<|/think|>"),
    ("<|think|>", "<|end_think|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|thinking_start|>", "<|thinking_end|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<unused94>", "<unused95>"),
]


@every_format
@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_only_calls_outside_of_thoughts_count(form: CallFormat, opening: str, closing: str) -> None:
    made, thought = form.render([MADE]), form.render([THOUGHT])
    assert form.parse(f"{opening}\n{thought}\nno{closing}Hello.") == ()
    assert form.parse(f"{opening}\n{thought}\n{closing}\n{made}") == (MADE,)
    assert form.parse(f"{opening}use {form.start} here{closing}\n{made}") == (MADE,)
    assert form.parse(f"{opening}\n{closing}\n\n{made}") == (MADE,)
    assert form.parse(f"{opening}one{closing}{opening}two\n{thought}{closing}\n{made}") == (MADE,)
    assert form.parse(f"Let me see. {opening}\n{thought}{closing}\n{made}") == (MADE,)
    assert form.parse(f"Let me see. {opening}{thought}{closing}{made}") == (MADE,)
    # opened in the prompt
    assert form.parse(f"maybe\n{thought}\nno{closing}Hello.") == ()
    assert form.parse(f"\n{thought}\n{closing}\n{made}") == (MADE,)
    assert form.parse(f"I could use {form.start}.{closing}\n{made}") == (MADE,)
    # never closed
    assert form.parse(f"{opening}\n{thought}") == ()
    assert form.parse(f"{opening} which tool fits {thought[:7]}") == ()


@every_format
@pytest.mark.parametrize(("opening", "closing"), PAIRS)
@pytest.mark.parametrize("said", ["{0}a{1} b", "a{1}b", "a{0}b", "{1}{0}"])
def test_tags_inside_of_arguments_are_text(form: CallFormat, opening: str, closing: str, said: str) -> None:
    call = ToolCall("f", {"a": said.format(opening, closing)})
    assert form.parse(form.render([call])) == (call,)
    assert form.parse(f"{opening}Hm.{closing}\n{form.render([call, MADE])}") == (call, MADE)
    assert form.parse(f"{opening}Hm.{closing}{form.render([call, MADE])}") == (call, MADE)


def test_thoughts_between_calls_are_cut_off_where_a_format_closes_its_calls() -> None:
    hermes = CALL_FORMATS["hermes"]
    one, two, thought = (hermes.render([call]) for call in (MADE, MADE, THOUGHT))
    assert hermes.parse(f"{one}\n<think>{thought}</think>\n{two}") == (MADE, MADE)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ('<think>maybe <tool_call>{"name":"g","arguments":{}}</tool_call> no</think>Hello.', ()),
        ('<think><tool_call>{"name":"g","arguments":{}}</tool_call></think><tool_call>\n'
         '{"name": "f", "arguments": {"a": 1}}\n</tool_call>', (MADE,)),
        ('<think>use <tool_call> tags</think>\n<tool_call>\n'
         '{"name": "f", "arguments": {"a": 1}}\n</tool_call>', (MADE,)),
    ],
)  # fmt: skip
def test_answers_of_qwen(text: str, calls: tuple[ToolCall, ...]) -> None:
    assert CALL_FORMATS["hermes"].parse(text) == calls


def test_a_broken_call_behind_thoughts_is_named() -> None:
    with pytest.raises(CallSyntaxError) as caught:
        CALL_FORMATS["hermes"].parse('<think>Hm.</think><tool_call>{"name": "f", ')
    assert caught.value.problem is Problem.SYNTAX


@every_format
@pytest.mark.parametrize(
    "piece", ["<think>", "</think>", "<think></think>", "<think>[f(", "</think><tool_call>{", "[THINK]"]
)
def test_many_tags_take_no_time(form: CallFormat, piece: str) -> None:
    start = time.process_time()
    with contextlib.suppress(CallSyntaxError):
        form.parse(piece * 5000)
    assert time.process_time() - start < 2
