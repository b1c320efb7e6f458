"""What a transformation is: a seeded change of one question, whose right answer is known after it too."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from lit_toolcall.data.augment.alike import ToolPool
from lit_toolcall.data.leakage import ToolNameIndex
from lit_toolcall.types import Example

ORIGINAL = "original"
"""The category of the questions as they were read."""


@dataclass(frozen=True)
class Outcome:
    """What a transformation makes of a question.

    Args:
        example: the changed question; None where it is left out.
        note: why it is left out, or what is to be counted beside it; empty where there is nothing to say.
    """

    example: Example | None
    note: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What a transformation sees beside the question.

    Args:
        pool: the tools of the whole test set.
        trained_tools: the tools of the training rows; empty where none were given.
    """

    pool: ToolPool
    trained_tools: ToolNameIndex


Change = Callable[[Example, Surroundings, Random], Outcome]
"""Changes one question. The id, the category and `made_of` are set by the caller."""


@dataclass(frozen=True)
class Level:
    """One strength or sort of a transformation.

    Args:
        change: makes the changed question.
        compared_with: the category that its answers are compared with, question by question; None for none.
    """

    change: Change
    compared_with: str | None = ORIGINAL


Levels = Mapping[str, Level]


def make_random(seed: int, kind: str, identity: str) -> Random:
    """Make the random numbers for a question, the same for all levels of a kind, in every process.

    One more level, another order of the questions or a smaller batch changes nothing, and levels are nested:
    the words misspelt at a low rate are misspelt at a higher one.

    >>> make_random(0, "typos", "q1").random() == make_random(0, "typos", "q1").random()
    True
    """
    return Random(json.dumps([seed, kind, identity]))  # a text is hashed by Random itself; ASCII, whatever the id


def list_expected_tools(example: Example) -> tuple[str, ...]:
    """List the names of the tools that a right answer calls, each once; none where it calls none or any.

    >>> from lit_toolcall.types import Message, ToolCall
    >>> calls = (ToolCall("f", {"n": 1}), ToolCall("f", {"n": 2}))
    >>> list_expected_tools(Example("1", (), (), Message("assistant", "", calls)))
    ('f',)
    """
    gold = example.bfcl.ground_truth if example.bfcl is not None else None
    accepted = [name for calls in gold or () for name in calls]
    answered = [call.name for call in example.answer.calls] if example.answer is not None else []
    return tuple(dict.fromkeys((*accepted, *answered)))


def list_called_before(example: Example) -> tuple[str, ...]:
    """List the names of the tools that earlier turns call."""
    return tuple(dict.fromkeys(call.name for message in example.messages for call in message.calls))
