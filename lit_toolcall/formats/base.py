"""What a call format is: how calls are written into an answer and read back out of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from lit_toolcall.types import Problem, ToolCall


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


class CallFormat(ABC):
    """A syntax for calls. Law: `parse(render(calls)) == calls`, or `render` raises `CallSyntaxError`."""

    name: ClassVar[str]
    """As a config names it."""
    markers: ClassVar[tuple[str, ...]]
    """Strings that may become single tokens of the vocabulary."""
    start: ClassVar[str]
    """The string that opens calls; a text without it is an answer in words. Where it is no marker, what follows it, at
    the start of a line, tells calls from words."""
    stop: ClassVar[str | None]
    """The string after which an answer is complete; None where only the end of the turn says so."""
    instruction: ClassVar[str]
    """One or two sentences of the system prompt that tell a model how to write calls."""

    @abstractmethod
    def render(self, calls: Sequence[ToolCall]) -> str:
        """Write calls as the text that a model should answer, its stop string included.

        Raises:
            CallSyntaxError: a name or value that this format cannot hold.
        """

    @abstractmethod
    def parse(self, text: str) -> tuple[ToolCall, ...]:
        """Read the calls out of an answer; none where it is text only.

        The stop string may be absent, since generation ends there. Nothing is evaluated.

        Raises:
            CallSyntaxError: the text is not well-formed, or passes a bound on length or depth.
        """
