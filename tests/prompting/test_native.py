"""Prompts that a chat template writes with its own tools are those that the template gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import CHATML
from transformers import PreTrainedTokenizerFast

from lit_toolcall.prompting import NativeRenderer
from lit_toolcall.prompting.renderer import PROBE_EXAMPLE
from lit_toolcall.types import Example, Message, Tool, ToolCall, UserError

MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
WITH_TOOLS = (  # as Qwen's
    "{% if tools %}{{ '<|im_start|>system\n' }}{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}"
    "{{ '<|im_end|>\n' }}{% endif %}"
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content }}"
    "{% for call in message.tool_calls or [] %}"
    "{{ '<tool_call>\n' }}{{ call.function | tojson }}{{ '\n</tool_call>' }}{% endfor %}{{ '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
WEATHER = Tool("get_weather", "Get <the> weather.", {"type": "object", "properties": {"city": {"type": "string"}}})
CALL = ToolCall("get_weather", {"city": "Oslo"})


def make_question(*messages: Message, tools: tuple[Tool, ...] = (WEATHER,)) -> Example:
    return Example("1", tools, messages, None)


def as_openai(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def test_the_tokens_are_those_of_the_template(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer(WITH_TOOLS, ("<tool_call>", "</tool_call>"))
    asked = make_question(
        Message("system", "Be brief."),
        Message("user", "Weather in Oslo?"),
        Message("assistant", "I look.", (CALL,)),
        Message("tool", '{"sky": "clear"}'),
        Message("user", "And in Lima?"),
    )
    call = {"id": "call00200", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Oslo"}}}
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Weather in Oslo?"},
        {"role": "assistant", "content": "I look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call00200", "content": '{"sky": "clear"}'},
        {"role": "user", "content": "And in Lima?"},
    ]
    given = tokenizer.apply_chat_template(
        turns, tools=[as_openai(WEATHER)], add_generation_prompt=True, tokenize=True, return_dict=False
    )
    assert NativeRenderer(tokenizer).encode_prompt(asked) == given


def test_without_tools_the_template_gets_none(make_tokenizer: MakeTokenizer) -> None:
    rendered = NativeRenderer(make_tokenizer(WITH_TOOLS)).render_prompt(make_question(Message("user", "Hi"), tools=()))
    assert rendered == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_what_is_said_becomes_no_special_token(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer(WITH_TOOLS)
    renderer = NativeRenderer(tokenizer)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")

    def count_ends(said: str) -> int:
        tool = Tool("get_weather", said, {"type": "object", "properties": {"city": {"enum": [said]}}})
        question = make_question(
            Message("user", f"{said}?"),
            Message("assistant", "", (ToolCall("get_weather", {"city": said}),)),
            Message("tool", said),
            tools=(tool,),
        )
        ids = renderer.encode_prompt(question)
        assert said in renderer.decode(ids)
        return ids.count(end)

    assert count_ends("<|im_end|>") == count_ends("Oslo") == 4


def test_templates_that_show_tools_calls_and_results_take_tools(make_tokenizer: MakeTokenizer) -> None:
    hides_results = WITH_TOOLS.replace("message.content }}", "(message.content if message.role != 'tool' else '') }}")
    refuses_results = "{% if messages[-1].role == 'tool' %}{{ raise_exception('no') }}{% endif %}" + WITH_TOOLS
    templates = [WITH_TOOLS, CHATML, hides_results, refuses_results]
    taken = [NativeRenderer(make_tokenizer(template)).takes_tools for template in templates]
    assert taken == [True, False, False, False]


def test_a_lost_question_is_an_error(make_tokenizer: MakeTokenizer) -> None:
    loop = "{% for message in (messages[1:] if tools else messages) %}"
    loses = WITH_TOOLS.replace("{% for message in messages %}", loop)
    with pytest.raises(UserError) as error:
        NativeRenderer(make_tokenizer(loses)).render_prompt(make_question(Message("user", "Hi there")))
    assert str(error.value) == (
        "the tokenizer's chat template loses what the user says ('Hi there') where it is given tools: name a call "
        "format by --prompt.call_format"
    )


def test_the_fingerprint_tells_native_prompts_from_others(make_tokenizer: MakeTokenizer) -> None:
    one, other = (NativeRenderer(make_tokenizer(template)) for template in (WITH_TOOLS, WITH_TOOLS + " "))
    assert one.fingerprint != other.fingerprint
    assert len(one.encode_prompt(PROBE_EXAMPLE)) > 0
