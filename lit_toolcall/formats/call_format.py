"""The interface of a call format, its law and its bounds: calls are written into an answer and read back out of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, NoReturn

from lit_toolcall.formats.thoughts import Span, find_said, join_said, place_said
from lit_toolcall.json_values import MAX_DEPTH
from lit_toolcall.types import Problem, ToolCall

MAX_CHARACTERS = 20_000
"""The longest answer that is parsed."""


class CallSyntaxError(Exception):
    """A text that is not a well-formed answer.

    Args:
        problem: its name in the taxonomy.
        detail: what was found, in words.
    """

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail


def refuse(problem: Problem, detail: str) -> NoReturn:
    """Raise a `CallSyntaxError` of any problem."""
    raise CallSyntaxError(problem, detail)


def fail(detail: str) -> NoReturn:
    """Raise a `CallSyntaxError` of `Problem.SYNTAX`."""
    raise CallSyntaxError(Problem.SYNTAX, detail)


def check_length(text: str) -> None:
    """Refuse a text that is longer than a parser takes.

    Raises:
        CallSyntaxError: `Problem.TOO_LONG`.
    """
    if len(text) > MAX_CHARACTERS:
        refuse(Problem.TOO_LONG, f"an answer of {len(text)} characters, more than {MAX_CHARACTERS}")


def check_depth(depth: int) -> None:
    """Refuse lists and objects that nest deeper than a parser takes.

    Raises:
        CallSyntaxError: `Problem.TOO_LONG`.
    """
    if depth > MAX_DEPTH:
        refuse(Problem.TOO_LONG, f"values nested more than {MAX_DEPTH} deep")


class CallFormat(ABC):
    """A syntax for calls. Law: `parse(render(calls)) == calls`, or `render` raises `CallSyntaxError`.

    A config may name a subclass of your own by its import path; it is made without arguments.
    """

    markers: ClassVar[tuple[str, ...]] = ()
    """Strings that may become single tokens of the vocabulary."""
    start: ClassVar[str]
    """The string that opens calls; a text without it is an answer in words. Where it is no marker, what follows it, at
    the start of a line, tells calls from words."""
    stop: ClassVar[str | None] = None
    """The string after which an answer is complete; None where only the end of the turn says so."""
    instruction: ClassVar[str]
    """One or two sentences of the system prompt that tell a model how to write calls."""

    def render(self, calls: Sequence[ToolCall]) -> str:
        """Write calls as the text that a model should answer, its stop string included.

        Raises:
            CallSyntaxError: a name or value that this format cannot hold.
        """
        text = self.write(calls)
        check_round_trip(calls, text, self.parse)
        return text

    @abstractmethod
    def write(self, calls: Sequence[ToolCall]) -> str:
        """Write calls; what would not read back as these calls is refused by `render`.

        Raises:
            CallSyntaxError: a name or value that this format cannot hold.
        """

    def parse(self, text: str) -> tuple[ToolCall, ...]:
        """Read the calls out of an answer, its thoughts cut off; none where it is text only.

        The stop string may be absent, since generation ends there. Nothing is evaluated.

        Raises:
            CallSyntaxError: the text is not well-formed, or passes a bound on length or depth.
        """
        return self.read(self.cut_thoughts(text))

    def cut_thoughts(self, text: str) -> str:
        """Return an answer without its thoughts; what looks like them inside a call stays."""
        return join_said(text, self._find_said(text))

    def _find_said(self, text: str) -> list[Span]:
        return find_said(text, self.find_calls, self.begins_calls, self._reads)

    def place_calls(self, text: str) -> list[Span]:
        """Find where each call stands in an answer, thoughts included: the same calls that `parse` reads.

        Raises:
            CallSyntaxError: the text is not well-formed.
        """
        said = self._find_said(text)
        spans = self.find_each_call(join_said(text, said))
        return [(place_said(start, said), place_said(end - 1, said) + 1) for start, end in spans]

    def _reads(self, text: str) -> bool:
        try:
            self.read(text)
        except CallSyntaxError:
            return False
        return True

    @abstractmethod
    def read(self, text: str) -> tuple[ToolCall, ...]:
        """Read the calls out of an answer without thoughts.

        Raises:
            CallSyntaxError: as for `parse`.
        """

    @abstractmethod
    def find_calls(self, text: str, position: int) -> Span | None:
        """Find where the next calls begin and end, from a position on; None where none begin."""

    def find_each_call(self, text: str) -> list[Span]:
        """Find where each call begins and ends in an answer without thoughts, markers and space around it left out.

        A format whose `find_calls` finds several calls at once, or markers with them, replaces this.

        Raises:
            CallSyntaxError: the text is not well-formed.
        """
        spans: list[Span] = []
        span = self.find_calls(text, 0)
        while span is not None:
            spans.append(strip_span(text, span))
            span = self.find_calls(text, span[1]) if span[1] > span[0] else None
        return spans

    def begins_calls(self, text: str, position: int) -> Span | None:  # noqa: ARG002
        """Tell where calls end that begin just at a position, once that begins a line; None where none do."""
        return None

    def read_as_bfcl(self, text: str) -> tuple[ToolCall, ...] | None:  # noqa: ARG002
        """Read the calls of an answer without thoughts as BFCL's own decoder does, none where that fails.

        Returns:
            None where it has no decoder of this format.
        """
        return None


def strip_span(text: str, span: Span) -> Span:
    """Leave out the space at both ends of a part of a text.

    >>> strip_span("a  b ", (1, 5))
    (3, 4)
    """
    part = text[span[0] : span[1]]
    start = span[0] + len(part) - len(part.lstrip())
    return start, max(start, span[0] + len(part.rstrip()))


def check_round_trip(calls: Sequence[ToolCall], text: str, parse: Callable[[str], tuple[ToolCall, ...]]) -> None:
    """Raise where a rendered text does not read back as the calls it was made of, types and order included.

    Raises:
        CallSyntaxError: it reads as something else, cannot be read, or cannot be encoded as UTF-8.

    >>> call = ToolCall("f", {"a": (1, 2)})
    >>> check_round_trip([call], "", lambda _: (ToolCall("f", {"a": [1, 2]}),))
    Traceback (most recent call last):
    ...
    lit_toolcall.formats.call_format.CallSyntaxError: a call that this format cannot hold: f
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CallSyntaxError(Problem.SYNTAX, "a lone surrogate is not text") from error
    if not calls:
        raise CallSyntaxError(Problem.SYNTAX, "no calls to write: an answer without calls is plain text")
    if _spelling(parse(text)) != _spelling(calls):
        names = ", ".join(call.name for call in calls)
        raise CallSyntaxError(Problem.SYNTAX, f"a call that this format cannot hold: {names}")


def _spelling(calls: Sequence[ToolCall]) -> str:
    # repr tells apart what == does not: 1, 1.0 and True; 0.0 and -0.0; the order of keys.
    return repr([(call.name, dict(call.arguments)) for call in calls])
