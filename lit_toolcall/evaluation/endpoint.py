"""A model behind an OpenAI-compatible endpoint, asked over HTTP: several requests at a time, bounded, retried."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from lit_toolcall.evaluation.answerer import Answer
from lit_toolcall.evaluation.chat import (
    ChatStyle,
    NoAnswerError,
    ToolsAs,
    list_names_of,
    make_answer,
    make_style,
    map_names,
    read_reply,
    write_chat,
)
from lit_toolcall.evaluation.connection import check_url, find_proxy, name_cause, read_wait
from lit_toolcall.evaluation.server_errors import find_error, find_room, has_no_room, read_refusal
from lit_toolcall.generation import GenerationOptions
from lit_toolcall.json_values import clip, excerpt
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Message, Prediction, Problem, Tool, UserError

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

MAX_REPLY_BYTES = 32 * 1024 * 1024
"""The largest reply that is read; log-probabilities of a long answer take a few megabytes."""
FIRST_WAIT_SECONDS = 0.5
"""Before the first retry; each further one waits twice as long."""
MAX_WAIT_SECONDS = 60.0
"""Before a retry, whatever the server's Retry-After says."""
TOKEN_BOUNDS = ("max_tokens", "max_completion_tokens")
"""Fields of a request that bound its answer."""
REQUESTS = "the requests at a time (concurrency, --batch_size of `eval`)"
PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 529}
"""Statuses after which the same request may succeed."""
OF_ONE_QUESTION = {400, 413, 422, 500}
"""Statuses that may mean one question alone, such as a tool's schema that the server does not take."""
MOST_REFUSED = 5
"""Refused questions that end no evaluation; where more are asked, a twentieth of them."""
PROBE = Example(
    "probe",
    (Tool("get_time", "Get the time.", {"type": "object", "properties": {}}),),
    (Message("user", "What time is it?"),),
    None,
)
"""A question that every server takes."""
_KEY = re.compile(r"[!-~]+")

Outcome = tuple[int | None, Answer | Exception]
"""A question's number with its answer, or with the reason why there is none; no number: of all questions."""


class _Failure(Exception):
    """A request that brought no answer.

    Args:
        sentence: what happened, and what to do.
        is_passing: whether the same request may succeed.
        wait_seconds: that the server asks to wait.
        is_of_question: whether it may be this question alone that fails.
        tries: requests that were made.
    """

    def __init__(
        self, sentence: str, is_passing: bool = False, wait_seconds: float = 0.0, is_of_question: bool = False
    ) -> None:
        super().__init__(sentence)
        self.is_passing = is_passing
        self.wait_seconds = wait_seconds
        self.is_of_question = is_of_question
        self.tries = 1

    def name_question(self, question: Example) -> str:
        tries = f", tried {self.tries} times" if self.tries > 1 else ""
        return f"question {clip(question.id)!r}{tries}: {self}"


class _NoRoom(Exception):
    """A request that does not fit the model's context.

    Args:
        room: tokens of an answer that would fit; None where the server does not say.
    """

    def __init__(self, room: int | None) -> None:
        super().__init__()
        self.room = room


@dataclass
class _Tally:
    """What an answerer has seen: questions answered and refused, and what it has to tell of them."""

    answered: int = 0
    refused: int = 0
    notices: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    def tell_once(self, kind: str, notice: str) -> None:
        if kind not in self.told:
            self.told.add(kind)
            self.notices.append(notice)


@dataclass(frozen=True)
class EndpointAnswerer:
    """Answers questions by the chat completions of an OpenAI-compatible server.

    Args:
        base_url: where the API begins, such as `http://localhost:8000/v1`; the key is sent there, and nowhere else.
        model: its name at the server.
        api_key_variable: the environment variable that holds the key; where it is not set, none is sent.
        options: how to decode. The repetition penalty, which OpenAI does not know, is sent where it is not 1.
        concurrency: requests at a time.
        timeout_seconds: of one request, from its start to the end of its answer.
        retries: further requests after a lost connection, a timeout, or a status such as 429 or 500.
        call_format: reads calls that the server leaves in the text; left out, the server must read them.
        tools_as: `request` sends the tools beside the messages, and the server's template shows them; `json` and
            `signature` write them, with the instruction of `call_format`, into the system message, as in training.
        logprobs: whether to ask for the log-probability of each token; not every server gives them.
        body: further fields of each request, which replace those of this class; None leaves a field out.

    Raises:
        UserError: a setting is none of its values.

    Example:
        >>> answerer = EndpointAnswerer("http://localhost:8000/v1", "mine", body={"seed": 7})
        >>> answerer.make_request(Example("1", (), (), None))["seed"]
        7
    """

    base_url: str
    model: str
    api_key_variable: str = "OPENAI_API_KEY"
    options: GenerationOptions = field(default_factory=GenerationOptions)
    concurrency: int = 4
    timeout_seconds: float = 300.0
    retries: int = 3
    call_format: str | None = None
    tools_as: ToolsAs = "request"
    logprobs: bool = False
    body: Mapping[str, Any] = field(default_factory=dict)
    _tally: _Tally = field(default_factory=_Tally, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_ranges(
            type(self), concurrency=self.concurrency, timeout_seconds=self.timeout_seconds, retries=self.retries
        )
        check_url(self.base_url)
        if not self.model:
            raise UserError("model is empty: give the name that the server knows the model by")
        make_style(self.call_format, self.tools_as)
        try:
            json.dumps(dict(self.body), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise UserError(f"body={excerpt(repr(self.body))} is no object of JSON ({error}): correct it") from error

    @property
    def identity(self) -> str:
        """The endpoint, and what answers depend on beside the decoding."""
        body = json.dumps(dict(self.body), sort_keys=True)
        return (
            f"endpoint {self.base_url.rstrip('/')}, model {self.model}, call_format {self.call_format}, "
            f"tools_as {self.tools_as}, body {body}"
        )

    @cached_property
    def style(self) -> ChatStyle:
        """How questions are put and answers are read."""
        return make_style(self.call_format, self.tools_as)

    def make_request(self, question: Example) -> dict[str, Any]:
        """Make the JSON body of a question's request.

        Raises:
            UserError: the call format cannot hold a call of the dialogue.
        """
        options, call_format = self.options, self.style.call_format
        body: dict[str, Any] = {
            "model": self.model,
            **write_chat(question, self.style, map_names(list_names_of(question))),
            "max_tokens": options.max_new_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
        }
        if options.repetition_penalty != 1:
            body["repetition_penalty"] = options.repetition_penalty
        if call_format is not None and call_format.stop:
            body["stop"] = [call_format.stop]
        if self.logprobs:
            body["logprobs"] = True
        return {name: value for name, value in (body | dict(self.body)).items() if value is not None}

    def answer(self, questions: Sequence[Example]) -> list[Answer]:
        """Answer some questions at a time, in their order.

        Raises:
            UserError: one is not answered, with the reason; the first one of them in order.
        """
        return list(self.stream(questions))

    def stream(self, questions: Sequence[Example]) -> Iterator[Answer]:
        """Yield the answers in the questions' order, each as soon as it and all before it are there.

        Requests run in a thread of their own, so that an interrupt, or leaving the iterator, ends them at once.
        Of a question that does not fit the server's context, or that the server refuses, a warning tells.

        Raises:
            UserError: as for `answer`, after the answers before it.
        """
        outcomes: SimpleQueue[Outcome] = SimpleQueue()
        loop = asyncio.new_event_loop()
        task = loop.create_task(self._answer_all(questions, outcomes))
        thread = Thread(target=_run, args=(loop, task, outcomes), daemon=True)
        thread.start()
        early: dict[int, Answer | Exception] = {}
        try:
            for number in range(len(questions)):
                while number not in early:
                    place, outcome = outcomes.get()
                    early[number if place is None else place] = outcome
                answer = early.pop(number)
                while self._tally.notices:
                    warnings.warn(self._tally.notices.pop(0), stacklevel=2)
                if isinstance(answer, Exception):
                    raise answer
                yield answer
        finally:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(task.cancel)
            thread.join()

    async def _answer_all(self, questions: Sequence[Example], outcomes: SimpleQueue[Outcome]) -> None:
        from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

        todo = iter(enumerate(questions))
        has_failed = False

        async def work(session: ClientSession) -> None:
            nonlocal has_failed
            for number, question in todo:
                try:
                    outcomes.put((number, await self._answer(session, question)))
                except Exception as error:
                    has_failed = True
                    outcomes.put((number, error))
                if has_failed:  # those before it are answered, the rest would be for nothing
                    return

        async with ClientSession(
            connector=TCPConnector(limit=self.concurrency),
            timeout=ClientTimeout(total=self.timeout_seconds),
            headers=self._make_headers(),
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            proxy=find_proxy(self.base_url),  # not by trust_env, which sends what ~/.netrc holds
        ) as session:
            await asyncio.gather(*(work(session) for _ in range(self.concurrency)))

    def _make_headers(self) -> dict[str, str]:
        key = self._read_key()
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        return headers | ({"Authorization": f"Bearer {key}"} if key else {})

    def _read_key(self) -> str:
        """Return the key; empty where there is none. It is kept nowhere."""
        key = os.environ.get(self.api_key_variable, "").strip()
        if key and not _KEY.fullmatch(key):
            raise UserError(
                f"the environment variable {self.api_key_variable} holds what no key has, such as a space or a line "
                "break: set it to the key alone"
            )
        return key

    async def _answer(self, session: ClientSession, question: Example) -> Answer:
        """Ask until an answer comes, or the server refuses this question and no other.

        Raises:
            UserError: none comes.
        """
        tally = self._tally
        try:
            answer = await self._fit(session, question)
        except _Failure as failure:
            sentence = failure.name_question(question)
            if not failure.is_of_question or not await self._takes_others(session):
                raise UserError(sentence) from None
            tally.refused += 1
            if tally.refused > max(MOST_REFUSED, (tally.answered + tally.refused) // 20):
                raise UserError(f"{tally.refused} questions are refused, the last one: {sentence}") from None
            tally.notices.append(f"{sentence}; other questions are answered: this one counts as an empty answer")
            return replace(make_answer(Prediction("", (), Problem.EMPTY), False, 0.0), refusal=sentence)
        if not answer.no_room:
            tally.answered += 1
            return answer
        if not tally.answered and not await self._takes_others(session):
            raise UserError(
                f"question {clip(question.id)!r}: {self.base_url} has no room for a prompt of one line either: raise "
                "the context of the server (--max-model-len of vLLM, -c of llama.cpp)"
            ) from None
        tally.tell_once(
            "no room",
            f"question {clip(question.id)!r}: its prompt does not fit the context of {self.base_url}: it counts as an "
            "empty answer that was cut off, and so do others that do not fit",
        )
        return answer

    async def _takes_others(self, session: ClientSession) -> bool:
        """Tell whether the server answers a question that every server takes."""
        try:
            return not (await self._fit(session, PROBE)).no_room
        except _Failure:
            return False

    async def _fit(self, session: ClientSession, question: Example) -> Answer:
        """Ask with fewer tokens for the answer where as many as allowed do not fit the context beside the prompt.

        Raises:
            _Failure: no answer comes.
        """
        request, names = self.make_request(question), map_names(list_names_of(question))
        bound = next((name for name in TOKEN_BOUNDS if type(request.get(name)) is int), None)
        while True:
            try:
                return await self._insist(session, request, names)
            except _NoRoom as refusal:
                asked, room = (1 if bound is None else request[bound]), refusal.room
                if bound is None or asked <= 1 or (room is not None and room < 1):
                    answer = make_answer(Prediction("", (), Problem.EMPTY), True, 0.0)
                    return replace(answer, no_room=True)
                request[bound] = room if room is not None and room < asked else asked // 2
                self._tally.tell_once(
                    "less room",
                    f"question {clip(question.id)!r}: the context of {self.base_url} does not hold {asked} tokens of "
                    "an answer beside the prompt: it is asked for fewer, and so are others; lower max_new_tokens, or "
                    "raise the context of the server",
                )

    async def _insist(self, session: ClientSession, request: Mapping[str, Any], names: Mapping[str, str]) -> Answer:
        """Send a request until it is answered, as often as the retries allow.

        Raises:
            _Failure: no answer comes.
            _NoRoom: it does not fit the model's context.
        """
        for attempt in range(self.retries + 1):
            try:
                return await self._ask(session, request, names)
            except _Failure as failure:
                failure.tries = attempt + 1
                if not failure.is_passing or attempt == self.retries:
                    raise
                wait_seconds = max(failure.wait_seconds, FIRST_WAIT_SECONDS * 2**attempt)
                await asyncio.sleep(min(wait_seconds, MAX_WAIT_SECONDS))
        raise AssertionError("the last attempt returns or raises")

    async def _ask(self, session: ClientSession, request: Mapping[str, Any], names: Mapping[str, str]) -> Answer:
        """Send one request, and read its answer.

        Raises:
            _Failure: there is none.
            _NoRoom: the request does not fit the model's context.
        """
        from aiohttp import ClientError

        url = f"{self.base_url.rstrip('/')}/chat/completions"
        begun = time.monotonic()
        try:
            # not followed: the key would go where the redirect says
            async with session.post(url, json=request, allow_redirects=False) as response:
                payload = await self._read_bounded(response)
        except TimeoutError:
            raise _Failure(
                f"{self.base_url} gave no answer within timeout_seconds={self.timeout_seconds}: raise it, or lower "
                f"max_new_tokens or {REQUESTS}",
                is_passing=True,
            ) from None
        except (ClientError, OSError, UnicodeError) as error:
            raise _Failure(
                f"{self.base_url} cannot be reached ({name_cause(error)}): start the server, or correct base_url",
                is_passing=True,
            ) from None
        seconds = time.monotonic() - begun
        reply = _decode(payload)
        status, failed = response.status, reply
        if status == 200 and (found := find_error(reply)):
            status, failed = found[0], {"error": found[1]}
        if status != 200:
            if has_no_room(status, failed):
                raise _NoRoom(find_room(failed))
            answer = read_refusal(status, failed, self.style, seconds)
            if answer is None:
                raise self._describe_status(response, status, self._excerpt(payload))
            return answer
        try:
            if reply is None:
                raise NoAnswerError("what is not JSON")
            bound = next((request[name] for name in TOKEN_BOUNDS if type(request.get(name)) is int), None)
            return read_reply(reply, self.style, names, seconds, bound)
        except (NoAnswerError, RecursionError) as error:
            reason = "what is nested too deep" if isinstance(error, RecursionError) else error
            raise _Failure(
                f"{self.base_url} answers with {reason} ({self._excerpt(payload)}): check that base_url ends where the "
                "API of chat completions begins, mostly in /v1"
            ) from None

    async def _read_bounded(self, response: ClientResponse) -> bytes:
        payload = bytearray()
        async for chunk in response.content.iter_any():
            payload += chunk
            if len(payload) > MAX_REPLY_BYTES:
                response.close()
                raise _Failure(
                    f"{self.base_url} answers with more than {MAX_REPLY_BYTES // 2**20} MB: look at what the server "
                    "sends, or turn logprobs off"
                )
        return bytes(payload)

    def _describe_status(self, response: ClientResponse, status: int, words: str) -> _Failure:
        """Say what an error status means, of HTTP or in a reply of status 200, and what to do."""
        if status == 0:
            return _Failure(f"{self.base_url} answers with an error ({words}): look at the server's log")
        said = f"({status}, {words})" if status == response.status else f"({words})"
        if 300 <= status < 400:
            place = excerpt(self._mask(response.headers.get("Location", "")), 80)
            return _Failure(
                f"{self.base_url} redirects ({status}) to {place}, where no key is sent: set base_url to the server"
            )
        if status in (401, 403):
            has_key = "Authorization" in response.request_info.headers
            refuses = "refuses the key in" if has_key else "wants a key, and there is none in"
            return _Failure(
                f"{self.base_url} {refuses} the environment variable {self.api_key_variable} {said}: put a valid one "
                "there, or name another variable by api_key_variable"
            )
        if status == 404:
            return _Failure(
                f"{self.base_url} does not know the model {clip(self.model)!r}, or has no chat completions {said}: "
                "correct model, or base_url, which mostly ends in /v1"
            )
        if status == 429:
            return _Failure(
                f"{self.base_url} takes no more requests now {said}: lower {REQUESTS}, or go on later",
                is_passing=True,
                wait_seconds=read_wait(response.headers.get("Retry-After", "")),
            )
        if status >= 500 or status in PASSING:
            return _Failure(
                f"{self.base_url} fails {said}: look at the server's log",
                is_passing=status in PASSING,
                is_of_question=status in OF_ONE_QUESTION,
                wait_seconds=read_wait(response.headers.get("Retry-After", "")),
            )
        return _Failure(
            f"{self.base_url} refuses the request {said}: change what it names; call_format with tools_as "
            "(--prompt.call_format, --prompt.tools_as) does without its `tools`; in Python, `body` replaces any field",
            is_of_question=status in OF_ONE_QUESTION,
        )

    def _excerpt(self, payload: bytes) -> str:
        """Quote the beginning of a reply, without the key, which some servers repeat."""
        return excerpt(self._mask(payload.decode("utf-8", "replace")), 200) if payload else "no words"

    def _mask(self, text: str) -> str:
        key = self._read_key()
        spellings = (key, key.replace("/", "\\/")) if key else ()  # JSON may escape a slash
        for spelling in spellings:
            text = text.replace(spelling, "***")
        return text


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], outcomes: SimpleQueue[Outcome]) -> None:
    """Run a task to its end; what keeps it from beginning is told as the outcome of no question."""
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        pass
    except Exception as error:
        outcomes.put((None, error))
    finally:
        loop.close()


def _decode(payload: bytes) -> Any:
    """Return the value of a JSON text; None where it is none."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return None
