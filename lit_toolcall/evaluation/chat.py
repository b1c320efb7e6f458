"""Chat completions of OpenAI's API: questions as messages and tools, answers read back; nothing is sent here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any, Literal

from lit_toolcall.evaluation.answerer import Answer
from lit_toolcall.evaluation.confidence import Confidence, measure_certainty
from lit_toolcall.formats import CallFormat, CallSyntaxError, find_call_format, has_words, read_call_object
from lit_toolcall.formats.call_format import check_length
from lit_toolcall.formats.thoughts import find_said, join_said
from lit_toolcall.generation import Generated
from lit_toolcall.prompting.renderer import SHOW_TOOL, write_system, write_tool_response
from lit_toolcall.prompting.template import join_neighbours
from lit_toolcall.types import Example, Message, Prediction, Problem, Tool, ToolCall, UserError

MAX_NAME = 64
"""Characters of a function's name in OpenAI's API."""
_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9_-]")
_NO_ROOM = re.compile(
    r"context[ _-]*(?:length|size|window)|exceed_context|maximum model length|prompt is too long", re.IGNORECASE
)
"""Words of servers that have no position left: OpenAI and vLLM, llama.cpp, vLLM, others."""
_UNPARSED = re.compile(r"Failed to parse input at pos \d+: (?P<text>.*)", re.DOTALL)
"""llama.cpp's word, with status 500, for calls of the model that its own parser cannot read."""

ToolsAs = Literal["request", "json", "signature"]


class NoAnswerError(Exception):
    """A reply that holds no answer of a chat completion."""


@dataclass(frozen=True)
class ChatStyle:
    """How questions are put and answers are read.

    Args:
        call_format: reads calls that a server leaves in the text; None where it reads them itself.
        tools_as: `request` gives the tools beside the messages, and the server's own template shows them; `json` and
            `signature` write them into the system message, as in training.
    """

    call_format: CallFormat | None = None
    tools_as: ToolsAs = "request"


def make_style(call_format: str | None, tools_as: ToolsAs) -> ChatStyle:
    """Make the style of two settings.

    Raises:
        UserError: there is no such format or way of showing tools, or the tools are text and nothing reads the calls.

    >>> make_style(None, "json")
    Traceback (most recent call last):
    lit_toolcall.types.UserError: tools_as=json writes the tools as text: name the call_format that reads the calls
    """
    if tools_as not in ("request", *SHOW_TOOL):
        raise UserError(f"tools_as={tools_as!r} must be one of request, {', '.join(SHOW_TOOL)}")
    if call_format is None and tools_as != "request":
        raise UserError(f"tools_as={tools_as} writes the tools as text: name the call_format that reads the calls")
    return ChatStyle(None if call_format is None else find_call_format(call_format), tools_as)


def map_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name one that OpenAI's API allows: letters, digits, `_` and `-`, 64 of them at most, no two alike.

    Allowed names stay as they are.

    >>> map_names(["math.sum", "math_sum", "a b"])
    {'math.sum': 'math_sum_2', 'math_sum': 'math_sum', 'a b': 'a_b'}
    """
    distinct = list(dict.fromkeys(names))
    allowed = {name for name in distinct if 0 < len(name) <= MAX_NAME and not _NOT_ALLOWED.search(name)}
    taken = set(allowed)
    sent: dict[str, str] = {}
    for name in distinct:
        spelled = _NOT_ALLOWED.sub("_", name[:MAX_NAME]) or "_"
        ends = chain([""], (f"_{number}" for number in count(2)))
        free = (spelled[: MAX_NAME - len(end)] + end for end in ends)
        sent[name] = name if name in allowed else next(each for each in free if each not in taken)
        taken.add(sent[name])
    return sent


def list_names_of(example: Example) -> list[str]:
    """List the names of a question's tools, and of those that its dialogue has called."""
    return [tool.name for tool in example.tools] + [call.name for each in example.messages for call in each.calls]


def write_chat(example: Example, style: ChatStyle, names: Mapping[str, str]) -> dict[str, Any]:
    """Write a question as `messages` and `tools` of a request.

    Args:
        example: the question.
        style: how its tools are shown.
        names: of `map_names`.

    Raises:
        UserError: the call format cannot hold a call of the dialogue.
    """
    if style.call_format is not None and style.tools_as != "request":
        return {"messages": _write_as_text(example, style.call_format, style.tools_as)}
    messages = write_messages(example.messages, names)
    return {"messages": messages} | ({"tools": write_tools(example.tools, names)} if example.tools else {})


def write_tools(tools: Sequence[Tool], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Write tools as functions with their JSON Schema.

    >>> write_tools([Tool("a.b", "Do it.", {})], {"a.b": "a_b"})
    [{'type': 'function', 'function': {'name': 'a_b', 'description': 'Do it.', 'parameters': {}}}]
    """
    return [
        {
            "type": "function",
            "function": {
                "name": names[tool.name],
                "description": tool.description,
                "parameters": dict(tool.parameters),
            },
        }
        for tool in tools
    ]


def write_messages(messages: Sequence[Message], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Write a dialogue with an id for each call, and one result for each id, as the API demands.

    A call whose result the dialogue does not have gets an empty one. A result without a call before it is the user's.

    >>> called = Message("assistant", "", (ToolCall("f", {}), ToolCall("f", {})))
    >>> [each["role"] for each in write_messages([called, Message("tool", "1"), Message("user", "?")], {"f": "f"})]
    ['assistant', 'tool', 'tool', 'user']
    """
    written: list[dict[str, Any]] = []
    waiting: list[str] = []
    numbers = count()

    def write_result(content: str) -> None:
        written.append({"role": "tool", "tool_call_id": waiting.pop(0), "content": content})

    for message in messages:
        if message.role == "tool" and waiting:
            write_result(message.content)
            continue
        while waiting:
            write_result("")
        if message.role == "tool":
            written.append({"role": "user", "content": write_tool_response(message.content)})
        elif message.calls:
            waiting += [f"call{next(numbers):05d}" for _ in message.calls]  # nine characters: Mistral's rule
            calls = [_write_call(call, identity, names) for call, identity in zip(message.calls, waiting, strict=True)]
            written.append({"role": message.role, "content": message.content, "tool_calls": calls})
        else:
            written.append({"role": message.role, "content": message.content})
    while waiting:
        write_result("")
    return written


def _write_call(call: ToolCall, identity: str, names: Mapping[str, str]) -> dict[str, Any]:
    arguments = json.dumps(dict(call.arguments), ensure_ascii=False)
    return {"id": identity, "type": "function", "function": {"name": names[call.name], "arguments": arguments}}


def _write_as_text(example: Example, call_format: CallFormat, tools_as: str) -> list[dict[str, str]]:
    """Write the tools and the dialogue's calls as text, as the renderer does in training."""
    shown = [SHOW_TOOL[tools_as](tool) for tool in example.tools]
    turns = [{"role": "system", "content": write_system(call_format, shown)}] if shown else []
    for message in example.messages:
        if message.role == "tool":
            turns.append({"role": "user", "content": write_tool_response(message.content)})
            continue
        try:
            calls = call_format.render(message.calls) if message.calls else ""
        except CallSyntaxError as error:
            raise UserError(
                f"question {example.id!r}: a call of its dialogue cannot be written: {error}: use another call_format"
            ) from error
        content = "\n".join(part for part in (message.content, calls) if part)
        turns.append({"role": message.role, "content": content})
    return join_neighbours(turns)


def read_reply(reply: Any, style: ChatStyle, names: Mapping[str, str], seconds: float) -> Answer:
    """Read the answer out of a chat completion.

    Args:
        reply: the decoded JSON.
        style: how calls in the text are read.
        names: of `map_names`.
        seconds: that the server took.

    Raises:
        NoAnswerError: it holds none, with the reason.

    >>> reply = {"choices": [{"message": {"content": "No."}, "finish_reason": "length"}]}
    >>> answer = read_reply(reply, ChatStyle(), {}, 0.5)
    >>> answer.prediction.calls, answer.prediction.is_cut, answer.generated.tokens
    ((), True, 0)
    """
    choices = reply.get("choices") if isinstance(reply, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise NoAnswerError("no choices with a message")
    content, given = message.get("content"), message.get("tool_calls")
    if not isinstance(content, str | None) or not isinstance(given, list | None):
        raise NoAnswerError("a content that is no text, or tool_calls that are no list")
    functions = [each.get("function") if isinstance(each, dict) else None for each in given or ()]
    content = _clean(content or "")
    is_cut = choice.get("finish_reason") == "length"
    prediction = _read_calls(content, functions, names) if functions else _read_text(content, style.call_format)
    return _make_answer(prediction, is_cut, seconds, _count_tokens(reply), _list_logprobs(choice))


def read_refusal(status: int, reply: Any, style: ChatStyle, seconds: float) -> Answer | None:
    """Read the answer that an error stands for: the model's own failure, which asking again would only repeat.

    A prompt that leaves the model no position is answered by nothing, cut off, as by an engine in this process.
    llama.cpp and Groq answer calls that they cannot read with an error that holds the model's text.

    Returns:
        None where the error is the server's or the user's.

    >>> reply = {"error": {"message": "Failed to parse input at pos 3: <tool_call>{"}}
    >>> read_refusal(500, reply, ChatStyle(), 0.5).prediction.problem.value
    'syntax'
    """
    error = reply.get("error", reply) if isinstance(reply, dict) else None
    error = error if isinstance(error, dict) else {"message": error}
    words, code, kind = (each if isinstance(each := error.get(key), str) else "" for key in ("message", "code", "type"))
    if status in (400, 413, 422) and _NO_ROOM.search(f"{words} {code} {kind}"):
        return _make_answer(Prediction("", (), Problem.EMPTY), True, seconds, 0, None)
    unparsed = _UNPARSED.search(words) if status == 500 else None
    if unparsed is None and code != "tool_use_failed":
        return None
    text = unparsed["text"] if unparsed else error.get("failed_generation")
    text = _clean(text) if isinstance(text, str) else ""
    prediction = _read_text(text, style.call_format) if style.call_format else Prediction(text, None, Problem.SYNTAX)
    return _make_answer(prediction, False, seconds, 0, None)


def _make_answer(
    prediction: Prediction, is_cut: bool, seconds: float, tokens: int, logprobs: tuple[float, ...] | None
) -> Answer:
    generated = Generated(prediction.text, tokens, seconds, logprobs, is_cut=is_cut)
    confidence = Confidence(measure_certainty(logprobs), None) if logprobs else None
    return Answer(replace(prediction, is_cut=is_cut), generated, confidence)


def _read_calls(content: str, functions: Sequence[Any], names: Mapping[str, str]) -> Prediction:
    """Read the calls that a server has found; the text shows them as they came."""
    text = "\n".join(
        [*([content] if content else []), *(_clean(json.dumps(each, ensure_ascii=False)) for each in functions)]
    )
    own_names = {sent: name for name, sent in names.items()}
    try:
        check_length(text)
        calls = [_read_function(function) for function in functions]
    except CallSyntaxError as error:
        return Prediction(text, None, error.problem)
    return Prediction(text, tuple(ToolCall(own_names.get(call.name, call.name), call.arguments) for call in calls))


def _read_function(function: Any) -> ToolCall:
    """Read `{"name", "arguments"}`, the arguments JSON text, or an object of servers that are not strict.

    Raises:
        CallSyntaxError: it is no call.
    """
    if not isinstance(function, dict):
        raise CallSyntaxError(Problem.SYNTAX, "no function")
    name, arguments = function.get("name"), function.get("arguments")
    if isinstance(arguments, dict):
        arguments = json.dumps(arguments)  # read within the same bounds
    if arguments is None or arguments == "":  # of functions without parameters
        arguments = "{}"
    cleaned = {"name": _clean(name) if isinstance(name, str) else name, "arguments": arguments}
    return read_call_object(cleaned, "arguments")


def _read_text(text: str, call_format: CallFormat | None) -> Prediction:
    """Read an answer in which the server has found no calls: words, or calls of a format, after thoughts."""
    if call_format is None:
        said = join_said(text, find_said(text, _find_none, _find_none, bool))
        return Prediction(text, (), None if has_words(said) else Problem.EMPTY)
    said = call_format.cut_thoughts(text)
    as_bfcl = call_format.read_as_bfcl(said)
    try:
        calls = call_format.read(said)
    except CallSyntaxError as error:
        return Prediction(text, None, error.problem, as_bfcl)
    return Prediction(text, calls, None if calls or has_words(said) else Problem.EMPTY, as_bfcl)


def _find_none(text: str, position: int) -> None:  # noqa: ARG001
    return None


def _count_tokens(reply: Mapping[str, Any]) -> int:
    """Return the tokens that the server counts for the answer; 0 where it counts none."""
    usage = reply.get("usage")
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return tokens if type(tokens) is int and tokens >= 0 else 0


def _list_logprobs(choice: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Return the log-probability of each token; None where the server gives them not, or not for all."""
    field = choice.get("logprobs")
    tokens = field.get("content") if isinstance(field, dict) else None
    if not isinstance(tokens, list) or not tokens:
        return None
    given = [each.get("logprob") if isinstance(each, dict) else None for each in tokens]
    logprobs = [float(each) for each in given if isinstance(each, int | float) and math.isfinite(each)]
    return tuple(logprobs) if len(logprobs) == len(tokens) else None


def _clean(text: str) -> str:
    """Replace lone surrogates, which JSON can spell and no file can hold.

    >>> _clean("a\\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode("utf-8")
