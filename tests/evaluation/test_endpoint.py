"""A model behind an endpoint: requests, answers, every way that a server can fail, and the key that is never shown."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, Reply, Say, complete, serve
from conftest import make_row
from pages import read_blocks
from processes import take_interrupts

from lit_toolcall.evaluation import endpoint
from lit_toolcall.evaluation.answerer import Answer, Answerer
from lit_toolcall.evaluation.connection import read_wait
from lit_toolcall.evaluation.endpoint import EndpointAnswerer
from lit_toolcall.generation import GenerationOptions
from lit_toolcall.metrics import score_prediction
from lit_toolcall.types import Example, Message, Problem, Tool, ToolCall, UserError

KEY = "sk-this-is-a-secret-1234"
TOOL = Tool(
    "weather.get forecast",
    "Get the weather.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


def ask(city: str, number: int = 0) -> Example:
    answer = Message("assistant", calls=(ToolCall(TOOL.name, {"city": city}),))
    return Example(f"q{number}", (TOOL,), (Message("user", f"Weather in {city}?"),), answer)


@pytest.fixture(autouse=True)
def fast_and_keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


def answer_one(say: Say, question: Example | None = None, **settings: Any) -> Answer:
    with serve(say) as server:
        (answer,) = EndpointAnswerer(server.base_url, "mine", **settings).answer([question or ask("Oslo")])
    return answer


def fail_one(say: Say, **settings: Any) -> tuple[str, int]:
    """Return the sentence of a failure, with `SERVER` for the address, and how many requests were made."""
    with serve(say) as server:
        with pytest.raises(UserError) as failed:
            EndpointAnswerer(server.base_url, "mine", **settings).answer([ask("Oslo")])
        sentence = str(failed.value)
        assert KEY not in sentence
        assert "\n" not in sentence
        assert failed.value.__suppress_context__, "the context would show the request with its key"
        return sentence.replace(server.base_url, "SERVER"), len(server.bodies)


# --- requests and answers


def test_a_question_is_sent_as_messages_and_tools_and_its_call_is_read_back() -> None:
    reply = complete(None, ("weather_get_forecast", '{"city": "Oslo"}'))
    with serve(Reply(reply, wait_seconds=0.05)) as server:
        answerer: Answerer = EndpointAnswerer(server.base_url, "mine", options=GenerationOptions(max_new_tokens=99))
        (answer,) = answerer.answer([ask("Oslo")])
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    function = {"name": "weather_get_forecast", "description": TOOL.description, "parameters": TOOL.parameters}
    assert server.bodies == [
        {
            "model": "mine",
            "messages": [{"role": "user", "content": "Weather in Oslo?"}],
            "tools": [{"type": "function", "function": function}],
            "max_tokens": 99,
            "temperature": 0.0,
            "top_p": 1.0,
        }
    ]
    assert answer.prediction.calls == (ToolCall(TOOL.name, {"city": "Oslo"}),)
    assert score_prediction(answer.prediction, ask("Oslo")).exact
    assert answer.generated.tokens == 7
    assert 0.05 <= answer.generated.seconds < 5
    assert not answer.generated.is_cut
    assert answer.generated.logprobs is None


def test_without_a_key_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with serve(Reply(complete("No."))) as server:
        EndpointAnswerer(server.base_url, "mine").answer([ask("Oslo")])
    assert "Authorization" not in server.headers[0]


def test_the_key_of_another_variable_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "other-key\n")
    with serve(Reply(complete("No."))) as server:
        EndpointAnswerer(server.base_url, "mine", api_key_variable="MY_KEY").answer([ask("Oslo")])
    assert server.headers[0]["Authorization"] == "Bearer other-key"


def test_a_question_without_tools_names_none() -> None:
    with serve(Reply(complete("No."))) as server:
        EndpointAnswerer(server.base_url, "mine").answer([Example("1", (), (Message("user", "Hi"),), None)])
    assert "tools" not in server.bodies[0]


def test_body_replaces_fields_and_none_leaves_them_out() -> None:
    body = {"max_tokens": None, "max_completion_tokens": 64, "tool_choice": "auto", "temperature": None}
    with serve(Reply(complete("No."))) as server:
        EndpointAnswerer(server.base_url, "mine", body=body).answer([ask("Oslo")])
    asked = server.bodies[0]
    assert asked["max_completion_tokens"] == 64
    assert asked["tool_choice"] == "auto"
    assert not {"max_tokens", "temperature"} & asked.keys()


def test_a_repetition_penalty_is_sent_only_where_it_is_one() -> None:
    answerer = EndpointAnswerer("http://a/v1", "mine", options=GenerationOptions(repetition_penalty=1.2))
    assert answerer.make_request(ask("Oslo"))["repetition_penalty"] == 1.2


def test_logprobs_are_asked_for_and_read() -> None:
    tokens = [{"token": "a", "logprob": -0.25, "top_logprobs": []}, {"token": "b", "logprob": 0}]
    with serve(Reply(complete("No.", logprobs={"content": tokens}))) as server:
        (answer,) = EndpointAnswerer(server.base_url, "mine", logprobs=True).answer([ask("Oslo")])
    assert server.bodies[0]["logprobs"] is True
    assert answer.generated.logprobs == (-0.25, 0.0)


@pytest.mark.parametrize(
    "given",
    [None, {}, {"content": None}, {"content": []}, {"content": [{}]}, {"content": ["a"]}, "no"],
)
def test_logprobs_that_a_server_does_not_give_are_none(given: Any) -> None:
    answer = answer_one(Reply(complete("No.", logprobs=given)), logprobs=True)
    assert answer.generated.logprobs is None


@pytest.mark.parametrize("wrong", [-math.inf, math.inf, math.nan, 0.5, 1e300, 10**400, -(10**400), False])
def test_a_logprob_that_is_none_is_no_logprob(wrong: float) -> None:
    payload = json.dumps(complete("No.", logprobs={"content": [{"logprob": -0.5}, {"logprob": wrong}]})).encode()
    answer = answer_one(Reply(payload))
    assert (answer.generated.logprobs, answer.confidence) == (None, None)


def test_an_answer_that_the_server_cut_off_is_named_so() -> None:
    answer = answer_one(Reply(complete("The weather in", finish="length")))
    assert answer.generated.is_cut
    assert answer.prediction.is_cut


@pytest.mark.parametrize(
    "usage", [None, "no", {}, {"completion_tokens": -1}, {"completion_tokens": 10**400}, {"completion_tokens": True}]
)
def test_tokens_that_a_server_does_not_count_are_none(usage: Any) -> None:
    assert answer_one(Reply(complete("No.") | {"usage": usage})).generated.tokens == 0


# --- order, concurrency, resuming


def test_parallel_requests_keep_the_order() -> None:
    def say(body: dict[str, Any], _: int) -> Reply:
        city = body["messages"][0]["content"].removeprefix("Weather in ").removesuffix("?")
        arguments = json.dumps({"city": city})
        return Reply(complete(None, ("weather_get_forecast", arguments)), wait_seconds=0.02 * (5 - int(city) % 6))

    with serve(say) as server:
        answers = EndpointAnswerer(server.base_url, "mine", concurrency=6).answer(
            [ask(str(number), number) for number in range(24)]
        )
    assert [answer.prediction.calls[0].arguments["city"] for answer in answers if answer.prediction.calls] == [
        str(number) for number in range(24)
    ]
    assert 2 <= server.most_at_once <= 6


def test_one_request_at_a_time_is_possible() -> None:
    with serve(Reply(complete("No."), wait_seconds=0.01)) as server:
        EndpointAnswerer(server.base_url, "mine", concurrency=1).answer([ask("Oslo")] * 5)
    assert server.most_at_once == 1


def test_no_questions_get_no_answers() -> None:
    assert EndpointAnswerer("http://127.0.0.1:9/v1", "mine").answer([]) == []


def test_answers_before_the_one_that_fails_are_there_and_it_is_named() -> None:
    def say(body: dict[str, Any], _: int) -> Reply:
        is_bad = "Lima" in body["messages"][0]["content"]
        return Reply({"error": {"message": "no"}}, 401) if is_bad else Reply(complete("No."), wait_seconds=0.05)

    cities = ["Oslo", "Rome", "Lima", *["Cairo"] * 40]
    with serve(say) as server:
        answerer = EndpointAnswerer(server.base_url, "mine", concurrency=3)
        answers = answerer.stream([ask(city, number) for number, city in enumerate(cities)])
        assert [next(answers).prediction.text for _ in range(2)] == ["No.", "No."]
        with pytest.raises(UserError, match=r"^question 'q2': "):
            next(answers)
        assert len(server.bodies) <= 6, "the questions after it are not asked"


def test_leaving_the_answers_ends_the_requests() -> None:
    before = threading.active_count()
    with serve(lambda _, number: Reply(complete("No."), wait_seconds=0 if number == 0 else 2)) as server:
        answers = EndpointAnswerer(server.base_url, "mine", concurrency=2).stream([ask("Oslo")] * 9)
        next(answers)
        begun = time.monotonic()
        answers.close()
        assert time.monotonic() - begun < 1
        assert len(server.bodies) <= 3
    assert threading.active_count() <= before + 3  # the server's own


@pytest.mark.slow
def test_an_interrupt_ends_at_once() -> None:
    program = """
        import sys
        from lit_toolcall.evaluation.endpoint import EndpointAnswerer
        from lit_toolcall.types import Example, Message
        questions = [Example(str(number), (), (Message("user", "Hi"),), None) for number in range(4)]
        EndpointAnswerer(sys.argv[1], "mine").answer(questions)
    """
    with serve(Reply(complete("No."), wait_seconds=60)) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), server.base_url],
            stderr=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            preexec_fn=take_interrupts,
        )
        while len(server.bodies) < 4:
            assert process.poll() is None
            time.sleep(0.02)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert time.monotonic() - begun < 5
    assert process.returncode != 0
    assert said.decode().rstrip().endswith("KeyboardInterrupt")
    assert KEY not in said.decode()


def test_answers_may_be_asked_for_inside_a_running_loop() -> None:  # as in a notebook
    async def run() -> list[Answer]:
        return EndpointAnswerer(server.base_url, "mine").answer([ask("Oslo")])

    with serve(Reply(complete("No."))) as server:
        assert asyncio.run(run())[0].prediction.text == "No."


# --- failures


def test_a_refused_connection_is_one_sentence() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(UserError) as failed:
            EndpointAnswerer(url, "mine", retries=1).answer([ask("Oslo")])
    assert str(failed.value) == (
        f"question 'q0', tried 2 times: {url} cannot be reached (connection refused): start the server, or correct "
        "base_url"
    )


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b", "xn--a.invalid"])
def test_a_host_that_is_not_there_is_one_sentence(host: str) -> None:
    with pytest.raises(UserError, match=r"cannot be reached \(.+\): start the server, or correct base_url$"):
        EndpointAnswerer(f"http://{host}/v1", "mine", retries=0, timeout_seconds=20).answer([ask("Oslo")])


def test_a_refused_key_is_one_sentence() -> None:
    error = {"error": {"message": f"Incorrect API key provided: {KEY}."}}
    sentence, requests = fail_one(Reply(error, 401))
    assert sentence == (
        "question 'q0': SERVER refuses the key in the environment variable OPENAI_API_KEY (401, "
        '\'{"error": {"message": "Incorrect API key provided: ***."}}\'): put a valid one there, or name another '
        "variable by api_key_variable"
    )
    assert requests == 1


def test_a_key_that_is_missing_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    sentence, _ = fail_one(Reply(b"", 401))
    assert sentence == (
        "question 'q0': SERVER wants a key, and there is none in the environment variable OPENAI_API_KEY (401, no "
        "words): put a valid one there, or name another variable by api_key_variable"
    )


@pytest.mark.parametrize("place", [0, 150, 195, 199, 1990, 1999])
def test_a_key_is_masked_wherever_it_stands(place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "sk/" + "k" * 90 + "/end"
    monkeypatch.setenv("OPENAI_API_KEY", key)
    for spelled in (key, key.replace("/", "\\/")):
        sentence, _ = fail_one(Reply((spelled * 25 + "." * place + spelled).encode(), 403))
        assert "kkkkkkkk" not in sentence


@pytest.mark.parametrize("key", ["two words", "two\nlines", "sch\u00f6n", "a\x00b"])
def test_a_key_that_no_header_can_hold_is_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if "\x00" in key:
        monkeypatch.setattr(os, "environ", {"OPENAI_API_KEY": key})
    else:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UserError) as failed:
        EndpointAnswerer("http://127.0.0.1:9/v1", "mine").answer([ask("Oslo")])
    assert str(failed.value) == (
        "the environment variable OPENAI_API_KEY holds what no key has, such as a space or a line break: set it to the "
        "key alone"
    )


def test_an_unknown_model_is_one_sentence() -> None:
    error = {"object": "error", "message": "The model `mine` does not exist.", "code": 404}
    sentence, requests = fail_one(Reply(error, 404))
    assert sentence == (
        "question 'q0': SERVER does not know the model 'mine', or has no chat completions (404, "
        '\'{"object": "error", "message": "The model `mine` does not exist.", "code": 404}\'): correct model, or '
        "base_url, which mostly ends in /v1"
    )
    assert requests == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_failure_is_tried_again(status: int) -> None:
    answer = answer_one(lambda _, number: Reply(complete("No.")) if number == 2 else Reply({}, status))
    assert answer.prediction.text == "No."


def test_a_server_says_how_long_to_wait() -> None:
    def say(_: dict[str, Any], number: int) -> Reply:
        return Reply(complete("No.")) if number else Reply({}, 429, {"Retry-After": "0.4"})

    begun = time.monotonic()
    answer = answer_one(say)
    assert time.monotonic() - begun >= 0.4
    assert answer.generated.seconds < 0.3, "an answer's own time holds no waiting"


def test_nobody_waits_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MAX_WAIT_SECONDS", 0.05)
    sentence, requests = fail_one(Reply({}, 429, {"Retry-After": "86400"}), retries=2)
    assert sentence == (
        "question 'q0', tried 3 times: SERVER takes no more requests now (429, '{}'): lower the requests at a time "
        "(concurrency, --batch_size of `eval`), or go on later"
    )
    assert requests == 3


@pytest.mark.parametrize("retry_after", ["", "soon", "-1", "inf", "1e9", "9" * 400, "Wed, 99 Oct 2015 07:28:00 GMT"])
def test_a_time_to_wait_that_cannot_be_read_is_none(retry_after: str) -> None:
    assert read_wait(retry_after) == 0


def test_a_failing_server_is_one_sentence() -> None:
    sentence, requests = fail_one(Reply(b"<h1>\x1b[2JOops</h1>", 500), retries=2)
    assert sentence == (
        "question 'q0', tried 3 times: SERVER fails (500, '<h1>\\x1b[2JOops</h1>'): look at the server's log"
    )
    assert requests == 6  # three of the question, and three of the one that every server takes


def test_other_statuses_are_not_tried_again() -> None:
    error = {"error": {"message": "Unsupported parameter: 'max_tokens'"}}
    sentence, requests = fail_one(Reply(error, 400))
    assert sentence == (
        "question 'q0': SERVER refuses the request (400, "
        '\'{"error": {"message": "Unsupported parameter: \\\'max_tokens\\\'"}}\'): change what it names; '
        "call_format with tools_as (--prompt.call_format, --prompt.tools_as) does without its `tools`; in Python, "
        "`body` replaces any field"
    )
    assert requests == 2  # one of the question, and one that every server takes


@pytest.mark.parametrize("slow", [{"wait_seconds": 0.6}, {"drip_seconds": 0.05}])
def test_a_timeout_is_of_the_whole_request(slow: dict[str, float]) -> None:
    begun = time.monotonic()
    sentence, requests = fail_one(Reply(complete("No."), **slow), timeout_seconds=0.2, retries=1)
    assert sentence == (
        "question 'q0', tried 2 times: SERVER gave no answer within timeout_seconds=0.2: raise it, or lower "
        "max_new_tokens or the requests at a time (concurrency, --batch_size of `eval`)"
    )
    assert requests == 2
    assert time.monotonic() - begun < 2


def test_a_lost_connection_is_tried_again() -> None:
    def say(_: dict[str, Any], number: int) -> Reply:
        if number:
            return Reply(complete("No."))
        raise OSError("closes the connection")

    assert answer_one(say).prediction.text == "No."


@pytest.mark.parametrize(
    "payload", [b"<html>no</html>", b"", b"data: {}", b"[" * 100_000, gzip.compress(b"{}"), b"\xff{}", b"1" * 5000]
)
def test_what_is_not_json_is_one_sentence(payload: bytes) -> None:
    sentence, requests = fail_one(Reply(payload))
    assert sentence.startswith("question 'q0': SERVER answers with what is not JSON (")
    assert sentence.endswith("): check that base_url ends where the API of chat completions begins, mostly in /v1")
    assert len(sentence) < 500
    assert requests == 1


@pytest.mark.parametrize(
    "reply",
    [
        {"choices": []},
        {"choices": None},
        {"choices": ["a"]},
        {"choices": [{"text": "a"}]},
        {"choices": [{"message": "a"}]},
        {"choices": {"0": {}}},
        [],
        7,
    ],
)
def test_a_reply_without_choices_is_one_sentence(reply: Any) -> None:
    sentence, _ = fail_one(Reply(reply))
    assert sentence == (
        f"question 'q0': SERVER answers with no choices with a message ({json.dumps(reply)!r}): check that base_url "
        "ends where the API of chat completions begins, mostly in /v1"
    )


@pytest.mark.parametrize("message", [{"content": ["a"]}, {"content": 7}, {"tool_calls": "f()"}, {"tool_calls": {}}])
def test_a_message_of_another_shape_is_one_sentence(message: dict[str, Any]) -> None:
    sentence, _ = fail_one(Reply({"choices": [{"message": message}]}))
    shape = "a content that is no text" if "content" in message else "tool_calls that are no list"
    assert f"SERVER answers with {shape} (" in sentence


def test_a_huge_reply_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "MAX_REPLY_BYTES", 2**20)
    sentence, requests = fail_one(Reply(b" " * (64 * 2**20)))
    assert sentence == (
        "question 'q0': SERVER answers with more than 1 MB: look at what the server sends, or turn logprobs off"
    )
    assert requests == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with serve(Reply(complete("No."))) as other:
        sentence, _ = fail_one(Reply(b"", status, {"Location": f"{other.base_url}?key={KEY}"}))
        assert sentence == (
            f"question 'q0': SERVER redirects ({status}) to '{other.base_url}?key=***', where no key is sent: set "
            "base_url to the server"
        )
        assert not other.bodies


# --- errors that are the model's


VLLM = (
    "This model's maximum context length is 2048 tokens. However, you requested {} tokens ({} in the messages, {} in "
)


def hold(context: int, words: Callable[[int, int], dict[str, Any]]) -> Callable[[dict[str, Any], int], Reply]:
    """A server with so many tokens of context, of which a prompt takes 100 and one that speaks of Lima 3000."""

    def say(body: dict[str, Any], _: int) -> Reply:
        prompt = 3000 if "Lima" in body["messages"][0]["content"] else 100
        asked = body.get("max_tokens", body.get("max_completion_tokens", 1))
        if prompt + asked > context:
            return Reply({"error": words(prompt, asked)}, 400)
        return Reply(complete("x" * asked, finish="length"))

    return say


def say_numbers(prompt: int, asked: int) -> dict[str, Any]:
    return {"message": VLLM.format(prompt + asked, prompt, asked)}


def say_none(*_: int) -> dict[str, Any]:
    return {"message": "Too long.", "code": "context_length_exceeded"}


def say_exceeded(*_: int) -> dict[str, Any]:
    return {"message": "the request exceeds the available context size", "type": "exceed_context_size_error"}


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize(("words", "room"), [(say_numbers, 1948), (say_none, 1024), (say_exceeded, 1024)])
def test_too_many_tokens_for_the_answer_are_asked_for_again_as_fewer(
    words: Callable[[int, int], dict[str, Any]], room: int, field: str
) -> None:
    body = {"max_tokens": None, field: 4096}
    with serve(hold(2048, words)) as server, pytest.warns(UserWarning, match="4096 tokens of an answer") as told:
        answers = EndpointAnswerer(server.base_url, "mine", body=body).answer([ask("Oslo", 1), ask("Rome", 2)])
    assert [len(answer.prediction.text) for answer in answers] == [room, room]
    assert not any(answer.no_room for answer in answers)
    (notice,) = [str(each.message).replace(server.base_url, "SERVER") for each in told]
    assert re.sub("q[12]", "q", notice) == (
        "question 'q': the context of SERVER does not hold 4096 tokens of an answer beside the prompt: it is asked for "
        "fewer, and so are others; lower max_new_tokens, or raise the context of the server"
    )


@pytest.mark.parametrize("words", [say_numbers, say_none, say_exceeded])
@pytest.mark.parametrize("body", [{}, {"max_tokens": None}])
@pytest.mark.filterwarnings("ignore:.* tokens of an answer")
def test_a_prompt_that_leaves_no_room_is_an_answer_that_is_cut_off(
    words: Callable[[int, int], dict[str, Any]], body: dict[str, Any]
) -> None:
    with serve(hold(2048, words)) as server, pytest.warns(UserWarning, match="does not fit the context") as told:
        answers = EndpointAnswerer(server.base_url, "mine", body=body).answer([ask("Lima", 1), ask("Oslo", 2)])
    assert [answer.no_room for answer in answers] == [True, False]
    answer = answers[0]
    assert answer.prediction.text == ""
    assert answer.prediction.problem is Problem.EMPTY
    assert answer.prediction.is_cut
    assert answer.generated.is_cut
    assert "question 'q1': its prompt does not fit the context of" in "".join(str(each.message) for each in told)


@pytest.mark.filterwarnings("ignore:.* tokens of an answer")
def test_a_server_without_room_for_any_prompt_is_one_sentence() -> None:
    sentence, _ = fail_one(hold(64, say_numbers))
    assert sentence == (
        "question 'q0': SERVER has no room for a prompt of one line either: raise the context of the server "
        "(--max-model-len of vLLM, -c of llama.cpp)"
    )


def test_an_unknown_argument_is_no_lack_of_room() -> None:
    sentence, _ = fail_one(Reply({"error": {"message": "Unknown argument: 'context_window'"}}, 400))
    assert sentence.startswith("question 'q0': SERVER refuses the request (400, ")


def test_an_answer_of_as_many_tokens_as_were_asked_for_was_cut_off() -> None:
    reply = complete(None, ("weather_get_forecast", '{"city": "Os'), finish="tool_calls")
    answer = answer_one(Reply(reply), options=GenerationOptions(max_new_tokens=7))
    assert answer.prediction.is_cut
    assert not answer_one(Reply(reply), options=GenerationOptions(max_new_tokens=8)).prediction.is_cut


# --- errors under status 200


@pytest.mark.parametrize(
    "broken",
    [
        {"error": {"code": 502, "message": "Bad gateway."}},
        {"error": {"code": "429", "message": "Slow down."}, "choices": []},
        {"choices": [{"error": {"code": 503}, "message": {"content": "Th"}, "finish_reason": "error"}]},
        {"choices": [{"message": {"content": "Th"}, "finish_reason": "error"}]},
        {"choices": [{"message": {"content": ""}, "finish_reason": "abort"}]},
    ],
)
def test_a_passing_error_under_status_200_is_tried_again(broken: dict[str, Any]) -> None:
    answer = answer_one(lambda _, number: Reply(complete("No.") if number == 2 else broken))
    assert answer.prediction.text == "No."


@pytest.mark.parametrize(
    "error", [{"message": "no credits"}, {"code": "invalid_prompt", "message": "no"}, "no", {"a": 1}]
)
@pytest.mark.parametrize("is_of_choice", [False, True])
def test_an_error_under_status_200_is_one_sentence(error: Any, is_of_choice: bool) -> None:
    reply = complete("No.", error=error) if is_of_choice else complete("No.") | {"error": error}
    sentence, requests = fail_one(Reply(reply))
    assert re.fullmatch(r"question 'q0': SERVER answers with an error \('.+'\): look at the server's log", sentence)
    assert requests == 1


def test_a_status_that_a_reply_names_is_described() -> None:
    reply = {"error": {"code": 402, "message": "no credits"}}
    sentence, requests = fail_one(Reply(reply))
    assert sentence.startswith("question 'q0': SERVER refuses the request ('{")
    assert requests == 1


@pytest.mark.parametrize("nothing", [None, "", {}, []])
def test_an_error_that_is_none_is_none(nothing: Any) -> None:
    assert answer_one(Reply(complete("No.", error=nothing) | {"error": nothing})).prediction.text == "No."


# --- questions that a server refuses for ever


def refuse(status: int, *cities: str) -> Callable[[dict[str, Any], int], Reply]:
    """A server that refuses the questions about some cities."""

    def say(body: dict[str, Any], _: int) -> Reply:
        is_refused = any(city in body["messages"][0]["content"] for city in cities)
        return Reply({"error": {"message": "Schema?"}}, status) if is_refused else Reply(complete("No."))

    return say


@pytest.mark.parametrize("status", [400, 413, 422, 500])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_question_that_a_server_always_refuses_ends_no_evaluation(status: int, concurrency: int) -> None:
    questions = [ask(city, number) for number, city in enumerate(["Lima", *["Oslo"] * 9])]
    with serve(refuse(status, "Lima")) as server, pytest.warns(UserWarning, match="counts as an empty") as told:
        answers = EndpointAnswerer(server.base_url, "mine", concurrency=concurrency, retries=1).answer(questions)
    assert [answer.prediction.text for answer in answers] == ["", *["No."] * 9]
    assert (answers[0].prediction.calls, answers[0].prediction.problem) == ((), Problem.EMPTY)
    assert not any(answer.refusal for answer in answers[1:])
    assert not score_prediction(answers[0].prediction, questions[0]).exact
    sentence = answers[0].refusal
    assert sentence is not None
    assert sentence.startswith("question 'q0'")
    assert "Schema?" in sentence
    assert KEY not in sentence
    assert [str(notice.message) for notice in told] == [
        f"{sentence}; other questions are answered: this one counts as an empty answer"
    ]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 503])
def test_other_failures_of_one_question_end_the_evaluation(status: int) -> None:
    with serve(refuse(status, "Lima")) as server, pytest.raises(UserError, match=r"^question 'q1'"):
        EndpointAnswerer(server.base_url, "mine", concurrency=1, retries=0).answer([ask("Oslo", 0), ask("Lima", 1)])


@pytest.mark.filterwarnings("ignore:question")
def test_many_refused_questions_end_the_evaluation() -> None:
    with serve(refuse(400, "Lima")) as server:
        answerer = EndpointAnswerer(server.base_url, "mine", concurrency=1)
        for number in range(5):  # batches: what was refused is remembered
            assert answerer.answer([ask("Lima", number)])[0].refusal
        with pytest.raises(UserError, match=r"^6 questions are refused, the last one: question 'q5': .+ refuses the "):
            answerer.answer([ask("Lima", 5)])


@pytest.mark.filterwarnings("ignore:question")
def test_a_twentieth_of_many_questions_may_be_refused() -> None:
    with serve(refuse(400, "Lima")) as server:
        answerer = EndpointAnswerer(server.base_url, "mine", concurrency=1)
        answerer.answer([ask("Oslo", number) for number in range(133)])
        answers = answerer.answer([ask("Lima", number) for number in range(7)])  # 7 of 140
        assert all(answer.refusal for answer in answers)
        with pytest.raises(UserError, match=r"^8 questions are refused"):  # of 141
            answerer.answer([ask("Lima", 8)])


# --- proxies


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    with serve(Reply(complete("By the proxy."))) as proxy:
        monkeypatch.setenv("http_proxy", proxy.base_url.removesuffix("/v1"))
        yield proxy


def test_the_proxy_of_the_environment_is_asked(proxied: ChatServer) -> None:
    (answer,) = EndpointAnswerer("http://model.invalid/v1", "mine").answer([ask("Oslo")])
    assert answer.prediction.text == "By the proxy."
    assert proxied.paths == ["http://model.invalid/v1/chat/completions"]


def test_no_proxy_is_asked_for_a_host_without_one(proxied: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert answer_one(Reply(complete("No."))).prediction.text == "No."
    assert not proxied.paths


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://", "http://a:99999"])
def test_a_proxy_of_another_kind_is_one_sentence(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(UserError) as failed:
        EndpointAnswerer("http://model.invalid/v1", "mine").answer([ask("Oslo")])
    assert str(failed.value) == (
        "the environment variable http_proxy names no proxy of HTTP such as http://proxy:3128: correct it, or name the "
        "server's host in no_proxy"
    )


def test_a_proxy_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "127.0.0.1:9")
    with pytest.raises(UserError, match=r"cannot be reached \(its proxy, which the environment names, fails\): "):
        EndpointAnswerer("http://model.invalid/v1", "mine", retries=0).answer([ask("Oslo")])


@pytest.mark.parametrize("has_key", [True, False])
def test_what_a_netrc_holds_is_not_sent(has_key: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password other-secret\ndefault login me password other-secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    if not has_key:
        monkeypatch.delenv("OPENAI_API_KEY")
    with serve(Reply(complete("No."))) as server:
        EndpointAnswerer(server.base_url, "mine").answer([ask("Oslo")])
    assert server.headers[0].get("Authorization") == (f"Bearer {KEY}" if has_key else None)


# --- calls that a server cannot read


def test_calls_that_a_server_cannot_parse_are_the_models_syntax() -> None:
    said = '<tool_call>\n{"name": '
    reply = {"error": {"code": 500, "message": f"Failed to parse input at pos 12: {said}", "type": "server_error"}}
    with serve(Reply(reply, 500)) as server:
        (answer,) = EndpointAnswerer(server.base_url, "mine").answer([ask("Oslo")])
        assert len(server.bodies) == 1
    assert answer.prediction.text == said
    assert (answer.prediction.calls, answer.prediction.problem) == (None, Problem.SYNTAX)


@pytest.mark.parametrize("said", ["<function=f>", None])
def test_a_failed_generation_is_the_models_syntax(said: str | None) -> None:
    reply = {"error": {"message": "Failed to call a function.", "code": "tool_use_failed", "failed_generation": said}}
    answer = answer_one(Reply(reply, 400))
    assert answer.prediction.text == (said or "")
    assert (answer.prediction.calls, answer.prediction.problem) == (None, Problem.SYNTAX)


# --- settings


@pytest.mark.parametrize(
    "url", ["", "localhost:8000", "ftp://a/v1", "http://", "http://me:secret@host/v1", "http://[::1", "http://a:99999"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UserError) as failed:
        EndpointAnswerer(url, "mine")
    shown = "base_url" if "@" in url else f"base_url={url!r}"
    assert str(failed.value) == (
        f"{shown} must be an address such as http://localhost:8000/v1, without a name or a password: a key goes into "
        "an environment variable"
    )


@pytest.mark.parametrize("url", ["http://a/v1?key=1", "http://a/v1#b"])
def test_an_address_with_a_query_is_refused(url: str) -> None:
    with pytest.raises(UserError, match=r"^base_url='http://a/v1.+' must end where the API begins, without \? and #$"):
        EndpointAnswerer(url, "mine")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"model": ""}, "model is empty: give the name that the server knows the model by"),
        ({"concurrency": 0}, "concurrency=0 must be at least 1"),
        ({"timeout_seconds": 0}, "timeout_seconds=0 must be above 0"),
        ({"retries": -1}, "retries=-1 must be at least 0"),
        ({"tools_as": "xml"}, "tools_as='xml' must be one of request, json, signature"),
        (
            {"tools_as": "json"},
            "tools_as=json writes the tools as text: name the call_format that reads the calls",
        ),
        ({"body": {"a": {1}}}, "body=\"{'a': {1}}\" is no object of JSON"),
        ({"call_format": "hermez"}, "call format 'hermez' is not known"),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError) as failed:
        EndpointAnswerer(**{"base_url": "http://a/v1", "model": "mine", **settings})
    assert str(failed.value).startswith(sentence)


def test_the_identity_names_what_answers_depend_on_and_no_key() -> None:
    plain = EndpointAnswerer("http://a/v1/", "mine")
    assert plain.identity == "endpoint http://a/v1, model mine, call_format None, tools_as request, body {}"
    others = [
        EndpointAnswerer("http://a/v1", "other"),
        EndpointAnswerer("http://b/v1", "mine"),
        EndpointAnswerer("http://a/v1", "mine", call_format="hermes"),
        EndpointAnswerer("http://a/v1", "mine", call_format="hermes", tools_as="json"),
        EndpointAnswerer("http://a/v1", "mine", body={"seed": 1}),
    ]
    assert len({plain.identity, *(other.identity for other in others)}) == 6
    assert KEY not in repr(plain) + plain.identity
    assert EndpointAnswerer("http://a/v1", "mine", concurrency=9).identity == plain.identity


# --- the page


@pytest.fixture
def page_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cities = ["Oslo", "Rome", "Lima"]
    questions = [make_row(city, 2) for city in cities]
    rows = [{**make_row(city, 2), "query": f"I am off to {city}: how will it be?"} for city in cities]
    for name, lines in (("questions.jsonl", questions), ("rows.jsonl", rows)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("page_rows")
def test_the_page_asks_an_endpoint_as_it_stands_there(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = [block for block in read_blocks("evaluation.md", "python") if "EndpointAnswerer" in block]
    with serve(Reply(complete(None, ("get_weather", '{"city": "Rome", "days": 2}')))) as server:
        assert "http://localhost:8000/v1" in block
        exec(block.replace("http://localhost:8000/v1", server.base_url), {})
    assert float(capsys.readouterr().out.split()[-1]) == pytest.approx(1 / 3)


@pytest.mark.usefixtures("page_rows")
@pytest.mark.parametrize("word", ["retrieve_tools", "add_shots"])
def test_the_page_retrieves_as_it_stands_there(word: str) -> None:
    (block,) = [block for block in read_blocks("evaluation.md", "python") if word in block]
    names: dict[str, Any] = {}
    exec(block, names)
    if word == "add_shots":
        assert [len(question.messages) for question in names["questions"]] == [7, 7, 7]
    else:
        assert [question.tools for question in names["asked"]] == [names["questions"][0].tools] * 3
