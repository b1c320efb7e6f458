"""Chat completions of OpenAI's API: questions as messages and tools, answers read back; nothing is sent here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any, Literal, TypeGuard

from lit_toolcall.evaluation.answerer import Answer
from lit_toolcall.evaluation.confidence import Confidence, measure_certainty
from lit_toolcall.formats import CallFormat, CallSyntaxError, find_call_format, has_words, read_call_object
from lit_toolcall.formats.call_format import check_length
from lit_toolcall.formats.thoughts import find_said, join_said
from lit_toolcall.generation import Generated
from lit_toolcall.prompting.renderer import SHOW_TOOL, write_system, write_tool_response
from lit_toolcall.prompting.template import join_neighbours
from lit_toolcall.ranges import MOST
from lit_toolcall.types import Example, Message, Prediction, Problem, Tool, ToolCall, UserError

MAX_NAME = 64
"""Characters of a function's name in OpenAI's API."""
_NOT_ALLOWED = re.compile(r"[^a-zA-Z0-9_-]")
_CUT = ("length", "max_tokens", "model_length")
"""Reasons to finish of an answer that was cut off: OpenAI's, Anthropic's, Mistral's."""
LEAST_LOGPROB = -1.0e30
"""Below it a log-probability is none: minus infinity, or a number that no float holds."""
NO_ANSWER = "(no answer)"
"""Stands for an empty turn of the assistant, which Mistral refuses; without one the roles would not alternate."""
_OPENER = (
    r"<\|?(?:tool_calls?|function_calls?|tool_call_start|start_function_call|tool_calls_section_begin|python_tag)\|?>"
    r"|<\uff5ctool\u2581calls?\u2581begin\uff5c>|\[TOOL_CALLS\]|<function=|<invoke name=|<\w{1,40}[:_]tool_call>"
    r"|```tool_code\b|functools\[|<\|channel\|>commentary to="
)
"""What opens the calls of a model, in the vocabulary of Hermes, Mistral, Llama, DeepSeek, Kimi, and others."""
_BEGINS = re.compile(_OPENER)
_FENCE = re.compile(r"```\w{0,40}\s{0,20}+")
_OBJECT = re.compile(r"\[?\s{0,20}+\{\s{0,20}+\"")
_NAME_KEY = re.compile(r'"(?:name|function|function_name|tool|tool_name)"\s{0,20}+:')
_ARGUMENTS_KEY = re.compile(r'"(?:arguments|parameters|args)"\s{0,20}+:')

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
            is_empty = message.role == "assistant" and not message.content.strip()
            written.append({"role": message.role, "content": NO_ANSWER if is_empty else message.content})
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


def read_reply(
    reply: Any, style: ChatStyle, names: Mapping[str, str], seconds: float, max_tokens: int | None = None
) -> Answer:
    """Read the answer out of a chat completion.

    Args:
        reply: the decoded JSON.
        style: how calls in the text are read.
        names: of `map_names`.
        seconds: that the server took.
        max_tokens: that the request allowed. An unreadable answer of so many was cut off, whatever the server says.

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
    content, given = _read_content(message), message.get("tool_calls")
    if not isinstance(given, list | None):
        raise NoAnswerError("tool_calls that are no list")
    functions = [each.get("function") if isinstance(each, dict) else None for each in given or ()]
    if not functions and message.get("function_call"):
        functions = [message["function_call"]]
    prediction = _read_calls(content, functions, names) if functions else _read_text(content, style.call_format, names)
    tokens = _count_tokens(reply)
    is_used_up = max_tokens is not None and tokens >= max_tokens and prediction.problem is not None
    is_cut = choice.get("finish_reason") in _CUT or is_used_up
    return make_answer(prediction, is_cut, seconds, tokens, _list_logprobs(choice))


def _read_content(message: Mapping[str, Any]) -> str:
    """Return the text of a message, the parts of a list joined, thoughts among them left out; else its refusal.

    Raises:
        NoAnswerError: it is of another kind.
    """
    content = message.get("content")
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        texts = [part.get("text") for part in content]
        content = "".join(text for text in texts if isinstance(text, str))
    if not isinstance(content, str | None):
        raise NoAnswerError("a content that is no text")
    refusal = message.get("refusal")
    return _clean(content or (refusal if isinstance(refusal, str) else ""))


def make_answer(
    prediction: Prediction, is_cut: bool, seconds: float, tokens: int = 0, logprobs: tuple[float, ...] | None = None
) -> Answer:
    """Make the answer of a prediction."""
    generated = Generated(prediction.text, tokens, seconds, logprobs, is_cut=is_cut)
    confidence = Confidence(measure_certainty(logprobs), None) if logprobs else None
    return Answer(replace(prediction, is_cut=is_cut), generated, confidence)


def read_generated(text: str, style: ChatStyle, seconds: float) -> Answer:
    """Read what a model wrote and its server could not read: calls of a named format, else bad syntax.

    >>> read_generated("<tool_call>{", ChatStyle(), 0.5).prediction.problem.value
    'syntax'
    """
    text = _clean(text)
    prediction = _read_text(text, style.call_format, {}) if style.call_format else _fail_syntax(text)
    return make_answer(prediction, False, seconds)


def _fail_syntax(text: str) -> Prediction:
    return Prediction(text, None, Problem.SYNTAX)


def _read_calls(content: str, functions: Sequence[Any], names: Mapping[str, str]) -> Prediction:
    """Read the calls that a server has found; the text shows them as they came, after the words and thoughts."""
    written = "\n".join(_clean(json.dumps(each, ensure_ascii=False)) for each in functions)
    text = f"{content}\n{written}" if content else written
    own_names = {sent: name for name, sent in names.items()}
    try:
        check_length(written)
        calls = [_read_function(function) for function in functions]
    except CallSyntaxError as error:
        return Prediction(text, None, error.problem)
    own = tuple(ToolCall(own_names.get(call.name, call.name), call.arguments) for call in calls)
    return Prediction(text, own, words=_cut_thoughts(content))


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


def _read_text(text: str, call_format: CallFormat | None, names: Mapping[str, str]) -> Prediction:
    """Read an answer in which the server has found no calls: words, or calls of a format, after thoughts.

    Without a format, calls that the server has left there are no words: they are `syntax`, as nothing could make them.
    """
    if call_format is None:
        said = _cut_thoughts(text)
        if is_unread_call(said, names):
            return _fail_syntax(text)
        return Prediction(text, (), None if has_words(said) else Problem.EMPTY, words=said)
    said = call_format.cut_thoughts(text)
    as_bfcl = call_format.read_as_bfcl(said)
    try:
        calls = call_format.read(said)
    except CallSyntaxError as error:
        return Prediction(text, None, error.problem, as_bfcl)
    return Prediction(text, calls, None if calls or has_words(said) else Problem.EMPTY, as_bfcl, words=said)


def is_unread_call(said: str, names: Mapping[str, str]) -> bool:
    """Tell whether an answer without thoughts writes calls, in whatever format.

    It begins with what opens calls, with an object of JSON that has the keys of a call, or is a call such as `name()`;
    or a later line begins with an opener and what it opens, or with an object or a list that names a tool on offer.

    Args:
        said: the answer.
        names: of the tools on offer, as they are and as they were sent.

    >>> names = {"get": "get"}
    >>> said = ['<tool_call>{"name": ', '{"name": "get", "arguments": {}}', "[get(a=1)]", "Use [get] or <tool_call>."]
    >>> [is_unread_call(text, names) for text in said]
    [True, True, True, False]
    """
    said = said.strip()
    fence = None if _BEGINS.match(said) else _FENCE.match(said)
    begin = said[fence.end() :] if fence else said
    if _BEGINS.match(begin):
        return True
    if _OBJECT.match(begin) and _NAME_KEY.search(begin) and _ARGUMENTS_KEY.search(begin):
        return True
    name = "(?:" + ("|".join(re.escape(each) for each in {*names, *names.values()} if each) or "(?!)") + ")"
    if re.match(rf"{name}\(", begin) and begin.rstrip("`\n ").endswith(")"):
        return True
    called = (
        rf'(?:{_OPENER})\s{{0,20}}+(?:[\[{{<]|{name}\b)|\[?\s{{0,20}}+\{{\s{{0,20}}+"name"\s*+:\s*+"{name}"|\[{name}\('
    )
    return re.search(rf"^[ \t]{{0,20}}+(?:```\w{{0,40}}\s{{0,20}}+)?(?:{called})", said, re.MULTILINE) is not None


def _cut_thoughts(text: str) -> str:
    return join_said(text, find_said(text, _find_none, _find_none, bool))


def _find_none(text: str, position: int) -> None:  # noqa: ARG001
    return None


def _count_tokens(reply: Mapping[str, Any]) -> int:
    """Return the tokens that the server counts for the answer; 0 where it counts none."""
    usage = reply.get("usage")
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return tokens if type(tokens) is int and 0 <= tokens <= MOST else 0


def _list_logprobs(choice: Mapping[str, Any]) -> tuple[float, ...] | None:
    """Return the log-probability of each token; None where the server does not give one for each, of 0 at most."""
    field = choice.get("logprobs")
    tokens = field.get("content") if isinstance(field, dict) else None
    if not isinstance(tokens, list) or not tokens:
        return None
    given = [each.get("logprob") if isinstance(each, dict) else None for each in tokens]
    logprobs = [float(each) for each in given if _is_number(each) and LEAST_LOGPROB <= each <= 0]
    return tuple(logprobs) if len(logprobs) == len(tokens) else None


def _is_number(value: Any) -> TypeGuard[int | float]:
    return type(value) in (int, float)


def _clean(text: str) -> str:
    """Replace lone surrogates, which JSON can spell and no file can hold.

    >>> _clean("a\\ud800b")
    'a?b'
    """
    return text.encode("utf-8", "replace").decode("utf-8")
