"""Errors of servers of chat completions: which are the model's own failure, and which leave it no room."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lit_toolcall.evaluation.answerer import Answer
from lit_toolcall.evaluation.chat import ChatStyle, read_generated

_NO_ROOM = re.compile(
    r"maximum (?:context|model) length|context[ _]length[ _]exceeded|exceed_context|(?:prompt|input) is too long"
    r"|exceed\w*\b[^.;]{0,60}\b(?:context|maximum number of tokens)|context (?:length|size|window)[^.;]{0,40}\bexceeded"
    r"|longer than[^.;]{0,40}\bcontext|tokens` must be <=|`inputs` must have less than",
    re.IGNORECASE,
)
"""Words of servers for a request that does not fit: OpenAI, vLLM, SGLang, llama.cpp, Ollama, Anthropic, Gemini, TGI."""
_CONTEXT = re.compile(r"(?:context|model) length (?:is |of )?(?:only )?(\d{1,9})|must be <= (\d{1,9})", re.IGNORECASE)
_PROMPT = re.compile(
    r"(\d{1,9}) (?:tokens )?(?:in the (?:messages|prompt)|input tokens|tokens from the input|`inputs` tokens)"
    r"|resulted in (\d{1,9}) tokens",
    re.IGNORECASE,
)
_UNPARSED = (
    re.compile(r"Failed to parse input at pos \d+: (?P<text>.*)", re.DOTALL),  # llama.cpp
    re.compile(r"Failed to parse tool call arguments as JSON(?P<text>)"),  # llama.cpp, which does not quote them
    re.compile(r"error parsing tool call: raw='(?P<text>.*)', err=", re.DOTALL),  # Ollama
)
"""Words, with status 500, for calls of the model that the server's own parser cannot read."""


def find_error(reply: Any) -> tuple[int, Any] | None:
    """Find the error that a reply of status 200 holds, or its first choice; OpenRouter and SGLang send such.

    Returns:
        The status that the error names, 0 where it names none, and the error; 500 where the answer was only broken off;
        None where there is no error.

    >>> find_error({"error": {"code": 502, "message": "Bad."}}), find_error({"choices": [{"finish_reason": "stop"}]})
    ((502, {'code': 502, 'message': 'Bad.'}), None)
    """
    if not isinstance(reply, dict):
        return None
    choices = reply.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    error = reply.get("error") or choice.get("error")
    if error:
        code = str(error.get("code")) if isinstance(error, dict) else ""
        return (int(code) if re.fullmatch("[45][0-9][0-9]", code) else 0), error
    if choice.get("finish_reason") in ("error", "abort"):
        return 500, {"message": f"finish_reason {choice['finish_reason']}"}
    return None


def has_no_room(status: int, reply: Any) -> bool:
    """Tell whether a request is refused since it does not fit the model's context, its `max_tokens` included.

    >>> has_no_room(400, {"error": {"message": "This model's maximum context length is 2048 tokens. However, ..."}})
    True
    >>> has_no_room(400, {"error": {"message": "Unknown argument: 'context_window'"}})
    False
    """
    return status in (400, 413, 422) and _NO_ROOM.search(" ".join(_read_words(reply))) is not None


def find_room(reply: Any) -> int | None:
    """Return how many tokens of an answer the context has room for; None where the server does not say.

    >>> words = "maximum context length is 2048 tokens. However, you requested 4400 tokens (304 in the messages, ...)"
    >>> find_room({"error": {"message": words}})
    1744
    """
    error, words = _find_object(reply), " ".join(_read_words(reply))
    context, prompt = error.get("n_ctx"), error.get("n_prompt_tokens")  # llama.cpp
    if type(context) is int and type(prompt) is int:
        return context - prompt
    found, used = _CONTEXT.search(words), _PROMPT.search(words)
    return int(found[1] or found[2]) - int(used[1] or used[2]) if found and used else None


def read_refusal(status: int, reply: Any, style: ChatStyle, seconds: float) -> Answer | None:
    """Read the answer that an error stands for: the model's own failure, which asking again would only repeat.

    llama.cpp, Ollama and Groq answer calls that they cannot read with an error, which mostly holds the model's text.

    Returns:
        None where the error is the server's or the user's.

    >>> reply = {"error": {"message": "Failed to parse input at pos 3: <tool_call>{"}}
    >>> read_refusal(500, reply, ChatStyle(), 0.5).prediction.problem.value
    'syntax'
    """
    error = _find_object(reply)
    words, code, _ = _read_words(reply)
    found = [match for pattern in _UNPARSED if (match := pattern.search(words))] if status == 500 else []
    if not found and code != "tool_use_failed":
        return None
    text = found[0]["text"] if found else error.get("failed_generation")
    return read_generated(text if isinstance(text, str) else "", style, seconds)


def _find_object(reply: Any) -> Mapping[str, Any]:
    error = reply.get("error", reply) if isinstance(reply, dict) else None
    return error if isinstance(error, dict) else {"message": error}


def _read_words(reply: Any) -> tuple[str, str, str]:
    """Return the message, the code and the type of an error, each empty where it is no text."""
    error = _find_object(reply)
    message, code, kind = (
        each if isinstance(each := error.get(key), str) else "" for key in ("message", "code", "type")
    )
    return message, code, kind
