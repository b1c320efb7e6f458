"""Questions as messages and tools of OpenAI's API, and its answers as calls: hostile names, texts and arguments."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from lit_toolcall.evaluation.chat import (
    ChatStyle,
    NoAnswerError,
    is_unread_call,
    list_names_of,
    make_style,
    map_names,
    read_reply,
    write_chat,
    write_messages,
)
from lit_toolcall.evaluation.server_errors import find_error, find_room, has_no_room, read_refusal
from lit_toolcall.formats import CALL_FORMATS, Hermes
from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.metrics.words import score_words
from lit_toolcall.prompting import PromptOptions, Renderer
from lit_toolcall.types import Example, Message, Prediction, Problem, Tool, ToolCall, UserError

PLAIN = ChatStyle()


def read(message: dict[str, Any], style: ChatStyle = PLAIN, names: dict[str, str] | None = None) -> Prediction:
    """Read a message as a server would send it: through JSON."""
    reply = json.loads(json.dumps({"choices": [{"message": message}]}))
    return read_reply(reply, style, names or {}, 0.1).prediction


def call(name: Any, arguments: Any) -> dict[str, Any]:
    return {"content": None, "tool_calls": [{"id": "1", "function": {"name": name, "arguments": arguments}}]}


# --- names


@given(st.lists(st.text(max_size=90) | st.sampled_from(["a.b", "a_b", "a b", "a_b_2", "", "x" * 64, "x" * 65])))
def test_every_name_becomes_one_that_is_allowed_and_reads_back(names: list[str]) -> None:
    sent = map_names(names)
    assert list(sent) == list(dict.fromkeys(names))
    assert len(set(sent.values())) == len(sent)
    for name, spelled in sent.items():
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", spelled)
        assert spelled == name or not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)
    back = {spelled: name for name, spelled in sent.items()}
    assert [back[sent[name]] for name in names] == names


def test_thousands_of_names_that_collide_are_told_apart() -> None:
    sent = map_names(f"{'.' * 100}{number}" for number in range(2000))
    assert len(set(sent.values())) == 2000
    assert all(len(spelled) <= 64 for spelled in sent.values())


@pytest.mark.parametrize("name", ["math.sum", "Get Weather", "天気", "a" * 200, "f\n</tools>", "__import__('os')", ""])
def test_a_call_comes_back_under_the_tools_own_name(name: str) -> None:
    names = map_names([name, "math_sum", "_"])
    if not name:  # a call without a name is none
        assert read(call("", "{}"), names=names).problem is Problem.SYNTAX
    assert read(call(names[name], '{"a": 1}'), names=names).calls == (ToolCall(name, {"a": 1}),)


def test_a_name_that_was_not_sent_stays_as_the_model_wrote_it() -> None:
    names = map_names(["math.sum"])
    assert read(call("math.sum", "{}"), names=names).calls == (ToolCall("math.sum", {}),)
    assert read(call("os.system", "{}"), names=names).calls == (ToolCall("os.system", {}),)


# --- messages


def test_calls_get_ids_and_results_name_them() -> None:
    messages = [
        Message("system", "Be brief."),
        Message("user", "Weather in Oslo and Rome?"),
        Message("assistant", "Let me see.", (ToolCall("w.get", {"city": "Oslo"}), ToolCall("w.get", {"city": "Rome"}))),
        Message("tool", "rain"),
        Message("tool", "sun"),
        Message("assistant", "Rain and sun."),
        Message("user", "Thanks."),
    ]
    written = write_messages(messages, {"w.get": "w_get"})
    assert [each["role"] for each in written] == [message.role for message in messages]
    first, second = written[2]["tool_calls"]
    assert first["function"] == {"name": "w_get", "arguments": '{"city": "Oslo"}'}
    assert (written[3]["tool_call_id"], written[4]["tool_call_id"]) == (first["id"], second["id"])
    assert first["id"] != second["id"]
    assert written[2]["content"] == "Let me see."
    assert written[3]["content"] == "rain"


def random_dialogue() -> st.SearchStrategy[list[Message]]:
    called = st.integers(0, 3).map(lambda count: Message("assistant", "", (ToolCall("f", {}),) * count))
    return st.lists(called | st.sampled_from([Message("user", "?"), Message("tool", "1"), Message("system", "s")]))


@given(random_dialogue())
def test_each_call_is_followed_by_one_result(messages: list[Message]) -> None:
    written = write_messages(messages, {"f": "f"})
    place = 0
    seen: set[str] = set()
    while place < len(written):
        ids = [each["id"] for each in written[place].get("tool_calls", ())]
        assert not seen & {*ids}
        seen |= {*ids}
        results = written[place + 1 : place + 1 + len(ids)]
        assert [result["tool_call_id"] for result in results] == ids
        place += 1 + len(ids)
        assert place == len(written) or written[place]["role"] != "tool"


def test_a_result_without_a_call_is_the_users() -> None:
    assert write_messages([Message("tool", "rain")], {}) == [
        {"role": "user", "content": "<tool_response>\nrain\n</tool_response>"}
    ]


def test_names_of_the_dialogue_are_mapped_beside_those_of_the_tools() -> None:
    earlier = Message("assistant", "", (ToolCall("old tool", {}),))
    example = Example("1", (Tool("new tool", "", {}),), (earlier, Message("user", "?")), None)
    assert list_names_of(example) == ["new tool", "old tool"]
    chat = write_chat(example, PLAIN, map_names(list_names_of(example)))
    assert chat["messages"][0]["tool_calls"][0]["function"]["name"] == "old_tool"
    assert chat["tools"][0]["function"]["name"] == "new_tool"


@pytest.mark.parametrize("call_format", CALL_FORMATS)
@pytest.mark.parametrize("tools_as", ["json", "signature"])
def test_tools_as_text_are_what_was_trained(
    call_format: str, tools_as: Any, make_tokenizer: Callable[..., PreTrainedTokenizerFast]
) -> None:
    tool = Tool("get", "Get it.", {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})
    messages = (
        Message("system", "Be brief."),
        Message("user", "One?"),
        Message("assistant", "See.", (ToolCall("get", {"n": 1}),)),
        Message("tool", "1"),
        Message("user", "Two?"),
    )
    example = Example("1", (tool,), messages, None)
    tokenizer = make_tokenizer()
    renderer = Renderer(tokenizer, PromptOptions(call_format, tools_as, "text"))
    chat = write_chat(example, make_style(call_format, tools_as), {})
    assert "tools" not in chat
    served = tokenizer.apply_chat_template(chat["messages"], tokenize=False, add_generation_prompt=True)
    assert served == renderer.render_prompt(example)


def test_a_call_that_a_format_cannot_hold_names_the_question() -> None:
    bad = Message("assistant", "", (ToolCall("get weather!(", {}),))
    example = Example("q7", (Tool("f", "", {}),), (bad,), None)
    with pytest.raises(UserError, match=r"^question 'q7': a call of its dialogue cannot be written: .+: use another"):
        write_chat(example, make_style("pythonic", "json"), {})


# --- answers


def test_words_are_words() -> None:
    assert read({"content": "I cannot."}) == Prediction("I cannot.", (), words="I cannot.")


def test_words_beside_calls_are_kept_in_the_text() -> None:
    message = call("f", '{"a": 1}') | {"content": "Let me see."}
    prediction = read(message)
    assert prediction.calls == (ToolCall("f", {"a": 1}),)
    assert prediction.text == 'Let me see.\n{"name": "f", "arguments": "{\\"a\\": 1}"}'


@pytest.mark.parametrize(
    "content", [None, "", "  \n", "<think>Which city?</think>", "<think>Which", "<|im_end|>", "\u200b"]
)
@pytest.mark.parametrize("calls", [None, []])
@pytest.mark.parametrize("style", [PLAIN, ChatStyle(Hermes())])
def test_neither_calls_nor_words_is_empty(content: str | None, calls: Any, style: ChatStyle) -> None:
    prediction = read({"content": content, "tool_calls": calls}, style)
    assert (prediction.calls, prediction.problem) == ((), Problem.EMPTY)


def test_thoughts_beside_words_are_cut() -> None:
    assert read({"content": "<think>Hm.</think>No."}).problem is None
    assert read({"content": None, "reasoning_content": "Hm."}).problem is Problem.EMPTY


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ('{"a": 1', Problem.SYNTAX),
        ("{'a': 1}", Problem.SYNTAX),
        ("a=1", Problem.SYNTAX),
        ("[1]", Problem.SYNTAX),
        ("1", Problem.SYNTAX),
        ("null", Problem.SYNTAX),
        ('"{}"', Problem.SYNTAX),
        (" ", Problem.SYNTAX),
        ('{"a": NaN}', Problem.SYNTAX),
        ('{"a": 1e999}', Problem.SYNTAX),
        ('{"a": 1} {"b": 2}', Problem.SYNTAX),
        ('{"a": "\\ud800"}', Problem.SYNTAX),
        ('{"a": "\ud800"}', Problem.SYNTAX),
        ('{"a": __import__("os")}', Problem.SYNTAX),
        ('{"a": 1, "a": 2}', Problem.DUPLICATE_ARGUMENT),
        ('{"a": {"b": 1, "b": 2}}', Problem.DUPLICATE_ARGUMENT),
        (f'{{"a": {"[" * 65}{"]" * 65}}}', Problem.TOO_LONG),
        (f'{{"a": {"9" * 301}}}', Problem.TOO_LONG),
        (f'{{"a": "{"x" * MAX_CHARACTERS}"}}', Problem.TOO_LONG),
        (["a"], Problem.SYNTAX),
        (7, Problem.SYNTAX),
        ({"a": [[[[1]]]] * 8000}, Problem.TOO_LONG),
    ],
)
def test_arguments_that_are_none_are_named(arguments: Any, problem: Problem) -> None:
    prediction = read(call("f", arguments))
    assert (prediction.calls, prediction.problem) == (None, problem)
    prediction.text.encode()


@pytest.mark.parametrize("arguments", ["", None, "{}", {}])
def test_a_call_without_arguments_has_none(arguments: Any) -> None:
    assert read(call("f", arguments)).calls == (ToolCall("f", {}),)


def test_arguments_that_a_server_has_decoded_are_read_as_well() -> None:
    assert read(call("f", {"a": [1, 2.5, None, True]})).calls == (ToolCall("f", {"a": [1, 2.5, None, True]}),)


@pytest.mark.parametrize("each", [None, "f()", 7, {}, {"function": None}, {"function": "f"}, {"name": "f"}])
def test_a_call_without_a_function_is_no_call(each: Any) -> None:
    prediction = read({"content": None, "tool_calls": [each]})
    assert (prediction.calls, prediction.problem) == (None, Problem.SYNTAX)


@pytest.mark.parametrize("name", [None, "", 7, ["f"]])
def test_a_name_that_is_none_is_no_call(name: Any) -> None:
    assert read(call(name, "{}")).problem is Problem.SYNTAX


def test_one_bad_call_of_several_spoils_the_answer() -> None:
    good, bad = call("f", "{}")["tool_calls"], call("f", "{")["tool_calls"]
    assert read({"tool_calls": good + bad}).problem is Problem.SYNTAX


def test_lone_surrogates_cannot_reach_a_file() -> None:
    for prediction in (read({"content": "a\ud800b"}), read(call("f\udfff", "{}"))):
        prediction.text.encode()
        for each in prediction.calls or ():
            each.name.encode()


def test_calls_in_the_text_cannot_be_made_unless_a_format_reads_them() -> None:
    said = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'
    assert (read({"content": said}).calls, read({"content": said}).problem) == (None, Problem.SYNTAX)
    assert read({"content": said}, ChatStyle(Hermes())).calls == (ToolCall("f", {"a": 1}),)
    assert read({"content": "<tool_call>{"}, ChatStyle(Hermes())).problem is Problem.SYNTAX


@pytest.mark.parametrize("name", CALL_FORMATS)
def test_every_format_reads_its_calls_with_and_without_its_stop_string(name: str) -> None:
    call_format = CALL_FORMATS[name]
    calls = (ToolCall("f", {"a": 1, "b": ["x"]}), ToolCall("g", {}))
    said = call_format.render(calls)
    for text in (said, said.removesuffix(call_format.stop or "")):
        assert read({"content": f"<think>f?</think>{text}"}, ChatStyle(call_format)).calls == calls


def test_bfcls_own_reading_is_kept_where_it_knows_the_format() -> None:
    said = "Sure: [f(a=1)]"
    assert read({"content": said}, ChatStyle(CALL_FORMATS["pythonic"])).bfcl_calls == ()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | (
    st.dictionaries(st.sampled_from(["choices", "message", "content", "tool_calls", "function", "error"]), inner)
)))  # fmt: skip
def test_a_reply_of_any_shape_is_an_answer_or_none(reply: Any) -> None:
    for style in (PLAIN, ChatStyle(Hermes())):
        for status in (400, 500):
            read_refusal(status, reply, style, 0.1)
            has_no_room(status, reply)
        find_error(reply)
        find_room(reply)
        try:
            read_reply(reply, style, {}, 0.1)
        except NoAnswerError:
            continue


@pytest.mark.parametrize("reply", [None, [], "no", 7, {"error": "no"}, {"error": None}, {"error": {"message": 7}}, {}])
@pytest.mark.parametrize("status", [400, 401, 500])
def test_an_error_that_is_not_the_models_is_no_answer(reply: Any, status: int) -> None:
    assert read_refusal(status, reply, PLAIN, 0.1) is None


def test_words_of_another_status_are_no_answer() -> None:
    assert read_refusal(400, {"error": {"message": "Failed to parse input at pos 0: x"}}, PLAIN, 0.1) is None


def test_a_failed_generation_is_read_where_a_format_is_named() -> None:
    said = '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'
    reply = {"error": {"code": "tool_use_failed", "failed_generation": said}}
    answer = read_refusal(400, reply, ChatStyle(Hermes()), 0.1)
    assert answer is not None
    assert answer.prediction.calls == (ToolCall("f", {}),)


# --- calls that a server has left unread

NAMES = map_names(["get_weather", "math.sum"])


@pytest.mark.parametrize(
    "said",
    [
        '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>',
        '<tool_call>\n{"name": ',
        "<tool_call>get_weather\n<arg_key>city</arg_key>",
        "<think>Which?</think>\n\n<tool_call>{",
        'Let me look.\n<tool_call>\n{"name": "f", "arguments": {}}',
        '[TOOL_CALLS] [{"name": "f", "arguments": {}}]',
        '[TOOL_CALLS]f{"a": 1}',
        "<function=f>\n<parameter=a>",
        '<|python_tag|>{"name": "f", "parameters": {}}',
        "<\uff5ctool\u2581calls\u2581begin\uff5c><\uff5ctool\u2581call\u2581begin\uff5c>function",
        '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": 1}',
        'functools[{"name": "f", "arguments": {}}]',
        '<minimax:tool_call>\n<invoke name="f">',
        '{"name": "f", "parameters": {}}',
        '{"name": "f", "arguments": {"a": 1',
        '{"arguments": {}, "name": "f"}',
        '[{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}}]',
        '{"type": "function", "function": "f", "parameters": {}}',
        '```json\n{"name": "f", "arguments": {}}\n```',
        '{"name": "get_weather", ',
        'Sure:\n```json\n{"name": "get_weather", "arguments": {}}\n```',
        '[get_weather(city="Oslo")]',
        'Sure:\n[math_sum(a=1)]',
        'math.sum(a=1)',
        '```tool_code\nget_weather(city="Oslo")\n```',
        '```python\nget_weather(city="Oslo")\n```',
    ],
)  # fmt: skip
def test_calls_that_a_server_leaves_unread_are_no_words(said: str) -> None:
    prediction = read({"content": said, "tool_calls": []}, names=NAMES)
    assert (prediction.text, prediction.calls, prediction.problem) == (said, None, Problem.SYNTAX)


@pytest.mark.parametrize(
    "said",
    [
        "I cannot.",
        'Calls are JSON, as in {"name": "get_weather", "arguments": {}}, but none fits.',
        "I would open <tool_call> and write a call, but none fits.",
        "None of get_weather(city) and math.sum(a) fits.",
        "get_weather(city) does not fit.",
        "get_weather is for cities.",
        '{"name": "Oslo", "population": 700000}',
        '{"answer": 42}',
        "[1, 2, 3]",
        "[get_weather] does not fit.",
        '```json\n{"answer": 42}\n```',
        "```python\nprint(1)\n```",
        '<think><tool_call>{"name": "f"}</think>No.',
        "Do you mean the tool_call?",
    ],
)
def test_words_that_mention_calls_are_words(said: str) -> None:
    prediction = read({"content": said}, names=NAMES)
    assert (prediction.calls, prediction.problem) == ((), None)


@pytest.mark.parametrize("sign", ["\n", " ", "[", "{", "`", '"name"', "<tool_call>\n", "\n[ \n{ ", "f(", "<think>"])
def test_a_long_answer_is_looked_through_in_time(sign: str) -> None:
    for text in (sign * 200_000, "x" + sign * 200_000 + "x"):
        begun = time.monotonic()
        is_unread_call(text, NAMES)
        assert time.monotonic() - begun < 2


# --- shapes of servers


def test_thoughts_beside_calls_may_be_long() -> None:
    content = f"<think>{'x' * MAX_CHARACTERS}</think>Here."
    prediction = read(call("f", "{}") | {"content": content})
    assert prediction.calls == (ToolCall("f", {}),)
    assert prediction.words is not None
    assert prediction.words.strip() == "Here."


def test_the_parts_of_a_content_are_joined() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "N"}]
    assert read({"content": [*parts, {"type": "text", "text": "o."}]}).text == "No."
    assert read({"content": []}).problem is Problem.EMPTY


def test_a_refusal_is_words() -> None:
    assert read({"content": None, "refusal": "I can't."}) == Prediction("I can't.", (), words="I can't.")
    assert read({"content": "No.", "refusal": None}).text == "No."


def test_the_call_of_the_older_api_is_read() -> None:
    older = {"content": None, "function_call": {"name": "f", "arguments": '{"a": 1}'}}
    assert read(older).calls == (ToolCall("f", {"a": 1}),)
    assert read(older | {"function_call": "f"}).problem is Problem.SYNTAX
    assert read({"content": "No.", "function_call": None}).calls == ()


def test_words_leave_thoughts_out() -> None:
    example = Example("1", (), (Message("user", "?"),), Message("assistant", "Your alarm is set."))
    for style in (PLAIN, ChatStyle(Hermes())):
        prediction = read({"content": "<think>They want an alarm, so I say that.</think>Your alarm is set."}, style)
        assert score_words(prediction, example) == 1.0


@pytest.mark.parametrize("finish", ["stop", "tool_calls", None, "length", "max_tokens", "model_length", ["length"]])
@pytest.mark.parametrize("tokens", [63, 64])
@pytest.mark.parametrize("arguments", ['{"a": 1', "{}"])
def test_an_unreadable_answer_of_as_many_tokens_as_allowed_was_cut_off(
    finish: Any, tokens: int, arguments: str
) -> None:
    choice = {"message": call("f", arguments), "finish_reason": finish}
    reply = {"choices": [choice], "usage": {"completion_tokens": tokens}}
    is_named = finish in ("length", "max_tokens", "model_length")
    expected = is_named or (tokens == 64 and arguments != "{}")
    assert read_reply(reply, PLAIN, {}, 0.1, max_tokens=64).prediction.is_cut is expected
    assert read_reply(reply, PLAIN, {}, 0.1).prediction.is_cut is is_named


def test_an_empty_turn_of_the_assistant_has_words() -> None:  # Mistral refuses one without
    written = write_messages([Message("user", "?"), Message("assistant", " "), Message("user", "")], {})
    assert [each["content"] for each in written] == ["?", "(no answer)", ""]
    called = Message("assistant", "", (ToolCall("f", {}),))
    assert write_messages([called], {"f": "f"})[0]["content"] == ""


# --- errors


VLLM = "This model's maximum context length is 2048 tokens. However, you requested 4400 tokens (304 in the messages, "


@pytest.mark.parametrize(
    ("message", "room"),
    [
        (f"{VLLM}4096 in the completion). Please reduce the length of the messages or completion.", 1744),
        (
            "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum context length is 2048 "
            "tokens and your request has 304 input tokens (4096 > 2048 - 304).",
            1744,
        ),
        (
            "Requested token count exceeds the model's maximum context length of 2048 tokens. You requested a total of "
            "4400 tokens: 304 tokens from the input messages and 4096 tokens for the completion.",
            1744,
        ),
        ("The input (3000 tokens) is longer than the model's context length (2048 tokens).", None),
        ("the request exceeds the available context size, try increasing it", None),
        ("This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.", -808),
        ("prompt is too long: 205000 tokens > 200000 maximum", None),
        ("The input token count (5) exceeds the maximum number of tokens allowed (4).", None),
        (
            "`inputs` tokens + `max_new_tokens` must be <= 2048. Given: 304 `inputs` tokens and 4096 `max_new_tokens`",
            1744,
        ),
    ],
)
@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_request_that_does_not_fit_is_known(message: str, room: int | None, status: int) -> None:
    for reply in ({"error": {"message": message}}, {"message": message, "object": "error"}, {"error": message}):
        assert has_no_room(status, reply)
        assert not has_no_room(500, reply)
        assert find_room(reply) == room


@pytest.mark.parametrize(
    "message",
    [
        "Unknown argument: 'context_window'",
        "context_length is not permitted",
        "num_ctx: context size must be a whole number",
        "max_tokens is too large: 100000. This model supports at most 4096 completion tokens",
    ],
)
def test_other_words_of_a_context_are_no_lack_of_room(message: str) -> None:
    assert not has_no_room(400, {"error": {"message": message}})


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ('error parsing tool call: raw=\'{"city": "Os\', err=unexpected end of JSON input', '{"city": "Os'),
        ("error parsing tool call: raw='it's', err=x', err=invalid character 'i'", "it's', err=x"),
        ("Failed to parse tool call arguments as JSON: [json.exception.parse_error.101] parse error", ""),
        ("Failed to parse input at pos 12: <tool_call>{", "<tool_call>{"),
    ],
)
def test_calls_that_a_server_cannot_read_are_the_models(message: str, text: str) -> None:
    for reply in ({"error": {"message": message, "code": 500}}, {"error": message}):
        answer = read_refusal(500, reply, PLAIN, 0.1)
        assert answer is not None
        assert (answer.prediction.text, answer.prediction.calls) == (text, None)
        assert answer.prediction.problem is Problem.SYNTAX
        assert read_refusal(502, reply, PLAIN, 0.1) is None


def test_llama_cpp_counts_the_tokens_beside_its_words() -> None:
    error = {"type": "exceed_context_size_error", "message": "", "n_prompt_tokens": 3000, "n_ctx": 2048}
    assert has_no_room(400, {"error": error})
    assert find_room({"error": error}) == -952
    assert find_room({"error": error | {"n_ctx": "2048"}}) is None
