"""Questions as messages and tools of OpenAI's API, and its answers as calls: hostile names, texts and arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from lit_toolcall.evaluation.chat import (
    ChatStyle,
    NoAnswerError,
    list_names_of,
    make_style,
    map_names,
    read_refusal,
    read_reply,
    write_chat,
    write_messages,
)
from lit_toolcall.formats import CALL_FORMATS, Hermes
from lit_toolcall.formats.call_format import MAX_CHARACTERS
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
    assert read({"content": "I cannot."}) == Prediction("I cannot.", ())


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


def test_calls_in_the_text_are_words_unless_a_format_reads_them() -> None:
    said = '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call>'
    assert read({"content": said}).calls == ()
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
        read_refusal(400, reply, style, 0.1)
        try:
            read_reply(reply, style, {}, 0.1)
        except NoAnswerError:
            continue


@pytest.mark.parametrize("reply", [None, [], "no", 7, {"error": "no"}, {"error": None}, {"error": {"message": 7}}, {}])
@pytest.mark.parametrize("status", [400, 401, 500])
def test_an_error_that_is_not_the_models_is_no_answer(reply: Any, status: int) -> None:
    assert read_refusal(status, reply, PLAIN, 0.1) is None


def test_a_server_out_of_context_with_another_status_is_no_answer() -> None:
    assert read_refusal(500, {"error": {"message": "context size"}}, PLAIN, 0.1) is None
    assert read_refusal(400, {"error": {"message": "Failed to parse input at pos 0: x"}}, PLAIN, 0.1) is None


def test_a_failed_generation_is_read_where_a_format_is_named() -> None:
    said = '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'
    reply = {"error": {"code": "tool_use_failed", "failed_generation": said}}
    answer = read_refusal(400, reply, ChatStyle(Hermes()), 0.1)
    assert answer is not None
    assert answer.prediction.calls == (ToolCall("f", {}),)
