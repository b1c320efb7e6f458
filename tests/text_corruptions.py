"""Right answers whose text is made unreadable, or is cut off, each in one way that has a name in `Problem`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from lit_toolcall.data.corruptions import is_corruptible, shuffled
from lit_toolcall.formats import CallFormat, CallSyntaxError
from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.json_values import MAX_DEPTH
from lit_toolcall.types import Example, Problem, ToolCall

_PLACEHOLDER = "given_twice"
_BRACKETS_AND_QUOTES = "()[]{}\"'"
_EMPTY = ("", " \n", "<think>Which city?</think>", "<think>\n</think>\n\n")
_LOOP_CHARACTERS = 200
_TRIES = 50


@dataclass(frozen=True)
class WrongText:
    """A text as a model might have written it.

    Args:
        text: without the end of the turn.
        is_cut: whether it was stopped before its end.
    """

    text: str
    is_cut: bool = False


def corrupt_text(example: Example, problem: Problem, call_format: CallFormat, rng: Random) -> WrongText | None:
    """Write a row's right calls as a text that is wrong in one way.

    Args:
        example: a row whose answer is known, has calls and fits its tools.
        problem: one of the keys of `TEXT_CORRUPTIONS`.
        call_format: writes the calls.
        rng: decides what goes wrong; the same state gives the same text.

    Returns:
        None where the row has no calls, its answer is not known, breaks its own tools, or is scored by a benchmark, or
        where the format cannot write its calls.

    >>> from lit_toolcall.formats import Hermes
    >>> from lit_toolcall.types import Message, Tool
    >>> right = Message("assistant", "", (ToolCall("wait", {"seconds": 5}),))
    >>> example = Example("1", (Tool("wait", "", {}),), (), right)
    >>> corrupt_text(example, Problem.CUT_OFF, Hermes(), Random(1)).text
    '<tool_call>\\n{"name'
    """
    if not is_corruptible(example) or example.answer is None or not example.answer.calls:
        return None
    try:
        return TEXT_CORRUPTIONS[problem](example.answer.calls, call_format, rng)
    except CallSyntaxError:
        return None


TextCorruption = Callable[[tuple[ToolCall, ...], CallFormat, Random], WrongText | None]
"""Writes calls wrongly; None where they cannot be wrong in that way."""


def _write(calls: tuple[ToolCall, ...], call_format: CallFormat) -> str:
    """Write calls without the string that ends the answer."""
    return call_format.render(calls).removesuffix(call_format.stop or "")


def _is_readable(text: str, least_calls: int, call_format: CallFormat) -> bool:
    try:
        return len(call_format.parse(text)) >= least_calls
    except CallSyntaxError:
        return False


def _drop_bracket(calls: tuple[ToolCall, ...], call_format: CallFormat, rng: Random) -> WrongText | None:
    """Leave out a bracket or a quotation mark without which the calls cannot be read."""
    text = _write(calls, call_format)
    begin = text.find(call_format.start) + len(call_format.start) if call_format.markers else 0
    for place in shuffled([i for i in range(begin, len(text)) if text[i] in _BRACKETS_AND_QUOTES], rng):
        wrong = text[:place] + text[place + 1 :]
        try:
            call_format.parse(wrong)
        except CallSyntaxError as error:
            if error.problem is Problem.SYNTAX:
                return WrongText(wrong)
    return None


def _give_twice(calls: tuple[ToolCall, ...], call_format: CallFormat, rng: Random) -> WrongText | None:
    """Give an argument twice in one call."""
    with_arguments = [i for i, call in enumerate(calls) if call.arguments]
    if not with_arguments:
        return None
    index = rng.choice(with_arguments)
    name = rng.choice(list(calls[index].arguments))
    twice = replace(calls[index], arguments={**calls[index].arguments, _PLACEHOLDER: calls[index].arguments[name]})
    return WrongText(_write((*calls[:index], twice, *calls[index + 1 :]), call_format).replace(_PLACEHOLDER, name))


def _exceed_bound(calls: tuple[ToolCall, ...], call_format: CallFormat, rng: Random) -> WrongText | None:
    """Give a value that is longer, or nests deeper, than a parser takes."""
    with_arguments = [i for i, call in enumerate(calls) if call.arguments]
    if not with_arguments:
        return None
    index = rng.choice(with_arguments)
    name = rng.choice(list(calls[index].arguments))
    deep = "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1)
    written = rng.choice([deep, '"' + "x" * (MAX_CHARACTERS + 1) + '"'])
    marked = replace(calls[index], arguments={**calls[index].arguments, name: _PLACEHOLDER})
    text = _write((*calls[:index], marked, *calls[index + 1 :]), call_format)
    quoted = next(quote + _PLACEHOLDER + quote for quote in "\"'" if quote + _PLACEHOLDER + quote in text)
    return WrongText(text.replace(quoted, written))


def _say_nothing(_: tuple[ToolCall, ...], __: CallFormat, rng: Random) -> WrongText:
    return WrongText(rng.choice(_EMPTY))


def _cut_off(calls: tuple[ToolCall, ...], call_format: CallFormat, rng: Random) -> WrongText | None:
    """Cut the text off before its last call is complete; what is cut off after it is still right."""
    text = _write(calls, call_format)
    places = [end for end in range(1, len(text)) if not _is_readable(text[:end], len(calls), call_format)]
    return WrongText(text[: rng.choice(places)], is_cut=True) if places else None


def _loop(calls: tuple[ToolCall, ...], call_format: CallFormat, rng: Random) -> WrongText | None:
    """Write the calls up to some place, then the last of what was written again and again until it is cut off.

    Where all calls are complete in spite of it, as where a line is repeated after them, another place is taken.
    """
    text = _write(calls, call_format)
    for _ in range(_TRIES):
        end = rng.randrange(1, len(text))
        unit = text[rng.randrange(end) : end]
        repeated = unit * (3 + _LOOP_CHARACTERS // len(unit))
        looping = text[:end] + repeated + unit[: rng.randrange(len(unit))]
        if len(looping) < MAX_CHARACTERS and not _is_readable(looping, len(calls), call_format):
            return WrongText(looping, is_cut=True)
    return None


TEXT_CORRUPTIONS: Mapping[Problem, TextCorruption] = {
    Problem.REPETITION: _loop,
    Problem.CUT_OFF: _cut_off,
    Problem.SYNTAX: _drop_bracket,
    Problem.DUPLICATE_ARGUMENT: _give_twice,
    Problem.TOO_LONG: _exceed_bound,
    Problem.EMPTY: _say_nothing,
}
