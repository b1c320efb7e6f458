"""Answers are read back, or what is wrong with them is named."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from transformers import PreTrainedTokenizerFast

from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.formats.hermes import Hermes
from lit_toolcall.prompting import PromptOptions, Renderer, encode_example
from lit_toolcall.types import Example, Message, Problem, Tool, ToolCall, UserError

MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
every_format = pytest.mark.parametrize("form", ["tool_code", "hermes"])


def answered(answer: Message) -> Example:
    city = {"type": "object", "properties": {"city": {"type": "string"}}}
    tools = (Tool("get_weather", "", city), Tool("f(", "", {"type": "object", "properties": {}}))
    return Example("a", tools, (Message("user", "Weather in Oslo?"),), answer)


@pytest.mark.parametrize(
    ("form", "text", "calls", "problem"),
    [
        ("tool_code", '<|tool_code|>\nf(**{"a": 1})\n<|end|><|im_end|>', 1, None),
        ("tool_code", '<|tool_code|>\nf(**{"a": 1})', 1, None),  # cut off after its call
        ("tool_code", '<|tool_code|>\nf(**{"a": "Os', None, Problem.SYNTAX),  # within it
        ("tool_code", "<|tool_code|>\n<|end|>", None, Problem.SYNTAX),
        ("tool_code", '<|tool_code|>\nf(**{"a": 1, "a": 2})\n<|end|>', None, Problem.DUPLICATE_ARGUMENT),
        ("tool_code", f"<|tool_code|>\nf(**{{'a': {'[' * 10_000}", None, Problem.TOO_LONG),
        ("tool_code", "No tool fits.<|im_end|>\n<|tool_code|>\nf()", 0, None),  # its turn is over before the call
        ("hermes", '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call><|im_end|>', 1, None),
        ("hermes", '<tool_call>\n{"name": "f", "arg', None, Problem.SYNTAX),
        ("hermes", "No tool fits.<|im_end|>", 0, None),
        ("hermes", "", 0, Problem.EMPTY),
        ("hermes", " \n<|im_end|>", 0, Problem.EMPTY),
        ("tool_code", "<|end|>", 0, Problem.EMPTY),
        ("hermes", "<|endoftext|><|im_start|>", 0, Problem.EMPTY),
        ("hermes", "</tool_call>", 0, Problem.EMPTY),
        ("pythonic", "</s><|eom_id|>", 0, Problem.EMPTY),
        ("pythonic", "[]", 0, None),  # an answer without calls, in so many words
        ("llama3_json", "\u200b\ufffd", 0, Problem.EMPTY),
        ("hermes", "<think>No tool fits.</think>", 0, Problem.EMPTY),
        ("hermes", "<think>Which tool", 0, Problem.EMPTY),
        ("hermes", "<think>None.</think>No tool fits.", 0, None),
    ],
)
def test_generated_text_is_read_or_its_problem_named(
    form: str, text: str, calls: int | None, problem: Problem | None, make_tokenizer: MakeTokenizer
) -> None:
    prediction = Renderer(make_tokenizer(), PromptOptions(form)).parse(text)
    assert prediction.text == text
    assert prediction.problem == problem
    assert calls == (None if prediction.calls is None else len(prediction.calls))


@pytest.mark.parametrize("marker", ["<|end|>", "<|tool_code|>", "<tool_call>", "</tool_call>"])
@every_format
def test_marker_strings_in_an_argument_are_read_back(form: str, marker: str, make_tokenizer: MakeTokenizer) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions(form))
    call = ToolCall("get_weather", {"city": marker})
    (branch,) = encode_example(renderer, answered(Message("assistant", "", (call,)))).branches
    assert renderer.parse(renderer.decode(branch.ids)).calls == (call,)


@pytest.mark.parametrize("value", ["</tool_call>", "<tool_call>", 'a \\"</tool_call>', "</tool_call>\\n<tool_call>{}"])
def test_a_tag_inside_of_a_string_of_a_models_answer_is_text(value: str) -> None:
    """Models do not escape it (vllm#45167)."""
    one = f'<tool_call>\n{{"name": "edit", "arguments": {{"text": "{value}"}}}}\n</tool_call>'
    calls = (ToolCall("edit", {"text": json.loads(f'"{value}"')}),) * 2
    assert Hermes().parse(f"{one}\n{one}") == calls
    assert Hermes().parse(f"<think>Edit?</think>{one}{one}") == calls
    assert Hermes().parse(f"{one}<think><tool_call></think>{one}") == calls
    with pytest.raises(CallSyntaxError):
        Hermes().parse(one.replace('"}}', ""))


def test_an_answer_that_would_not_be_read_back_is_refused(make_tokenizer: MakeTokenizer) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    for call in (ToolCall("get_weather", {"city": "<|im_end|>"}), ToolCall("f(", {})):
        with pytest.raises(CallSyntaxError):
            encode_example(renderer, answered(Message("assistant", "", (call,))))
    with pytest.raises(CallSyntaxError):
        encode_example(renderer, answered(Message("assistant", "Write <|tool_code|> first.")))


@pytest.mark.parametrize(
    "options", [PromptOptions(tools_as="yaml"), PromptOptions(special_tokens="new")], ids=["tools_as", "special_tokens"]
)
def test_a_misspelt_option_is_named_with_its_choices(options: PromptOptions, make_tokenizer: MakeTokenizer) -> None:
    with pytest.raises(UserError, match=r"prompt: tools_as='\w+' must be json or signature, and special_tokens='\w+'"):
        Renderer(make_tokenizer(), options)
