"""Tools, calls, messages, examples and predictions, and the names of problems with an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeVar

Role = Literal["system", "user", "assistant", "tool"]


class UserError(Exception):
    """One sentence that a user can act on; the command line prints it without a stack trace."""


class Problem(StrEnum):
    """A problem with an answer, the first that applies; the values appear in `predictions.jsonl`.

    They stand about in the order in which they are looked for; `metrics.name_problem` has the exact one. Some are
    looked for twice: `repetition` and `cut_off` beside `missing_call` and `extra_call` too, `extra_argument` and
    `missing_argument` before the values too. Those of a broken schema come as its check meets them.
    """

    REPETITION = "repetition"
    """The answer repeats itself until it is cut off, or its calls are too many because it makes them again."""
    CUT_OFF = "cut_off"
    """The answer was cut off before its end, and for that is not readable or lacks a call, those before it being
    right."""
    SYNTAX = "syntax"
    """The call cannot be parsed."""
    DUPLICATE_ARGUMENT = "duplicate_argument"
    """One call gives an argument twice."""
    TOO_LONG = "too_long"
    """The answer passes a bound of the parser, in characters or in nesting."""
    EMPTY = "empty"
    """Neither calls nor words: nothing, only thoughts, or only markers and end tokens."""
    UNWANTED_CALL = "unwanted_call"
    """A call was made where no tool fits."""
    UNKNOWN_TOOL = "unknown_tool"
    """A call's name is not among the available tools."""
    ARGUMENT_NAME = "argument_name"
    """A required argument is missing and an unknown one is given."""
    MISSING_ARGUMENT = "missing_argument"
    """A required argument is missing, or one that the expected answer has."""
    EXTRA_ARGUMENT = "extra_argument"
    """An argument is not in the tool's schema, or not in the expected answer."""
    TYPE = "type"
    """A value is not of its argument's type."""
    ENUM = "enum"
    """A value is not one of its argument's choices."""
    CONSTRAINT = "constraint"
    """A value breaks a bound, a pattern or another rule of its argument's schema."""
    MISSING_CALL = "missing_call"
    """Fewer calls than expected."""
    EXTRA_CALL = "extra_call"
    """More calls than expected."""
    WRONG_TOOL = "wrong_tool"
    """An available tool, but not the expected one."""
    VALUE = "value"
    """A well-formed call with a value that is not the expected one, nor near it."""
    VALUE_CASE = "value_case"
    """The expected value but for upper and lower case, spaces or punctuation."""
    VALUE_UNIT = "value_unit"
    """The expected amount, its unit given, left out or spelled otherwise."""
    VALUE_FORMAT = "value_format"
    """The expected date, time, number or list, written in another way."""
    VALUE_ROUNDING = "value_rounding"
    """The expected number but for rounding."""


GROUPS: Mapping[str, tuple[Problem, ...]] = {
    "wrong_argument_name": (Problem.ARGUMENT_NAME,),
    "type_mismatch": (Problem.TYPE,),
    "missing_argument": (Problem.MISSING_ARGUMENT,),
    "extra_argument": (Problem.EXTRA_ARGUMENT,),
    "wrong_function": (Problem.UNKNOWN_TOOL, Problem.WRONG_TOOL),
    "syntax": (Problem.SYNTAX, Problem.DUPLICATE_ARGUMENT),
    "no_end": (Problem.REPETITION, Problem.CUT_OFF, Problem.TOO_LONG),
    "number_of_calls": (Problem.EMPTY, Problem.UNWANTED_CALL, Problem.MISSING_CALL, Problem.EXTRA_CALL),
    "wrong_value": (Problem.ENUM, Problem.CONSTRAINT, Problem.VALUE),
    "near_value": (Problem.VALUE_CASE, Problem.VALUE_UNIT, Problem.VALUE_FORMAT, Problem.VALUE_ROUNDING),
}
"""The problems in groups, each in one. The first six are the kinds of errors of the paper's Table V (docs/paper.md)."""


@dataclass(frozen=True)
class Tool:
    """A function that a model may call."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """JSON Schema of type `object`: `{"type": "object", "properties": {...}, "required": [...]}`."""


@dataclass(frozen=True)
class ToolCall:
    """One call of a tool, with JSON values as arguments."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Message:
    """One turn of a dialogue: text, calls, or both."""

    role: Role
    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    reasoning: str = ""
    """The assistant's thoughts before it answers; shown and trained where the chat template has a place for them."""
    trained: bool = True
    """False for a turn of the assistant that is context only, such as one that its author gave no weight."""


@dataclass(frozen=True)
class BfclQuestion:
    """A question of BFCL as its own rules score it: the function docs and the accepted values, as published."""

    category: str
    functions: tuple[Mapping[str, Any], ...]
    """The docs in BFCL's dialect, whose types (`float`, `tuple`, `any`) JSON Schema cannot tell apart."""
    ground_truth: tuple[Mapping[str, Mapping[str, Any]], ...] | None
    """`({name: {argument: [accepted values]}}, ...)`; `""` among the values: may be left out. None: not published."""


@dataclass(frozen=True)
class Example:
    """A question with the available tools and, where it is known, the answer."""

    id: str
    tools: tuple[Tool, ...]
    messages: tuple[Message, ...]
    """The dialogue up to the answer."""
    answer: Message | None
    """None where only a prediction is asked for, or where any call counts as right."""
    category: str = ""
    place: str = ""
    """Its source, `file:line`."""
    bfcl: BfclQuestion | None = None
    made_of: tuple[str, ...] = ()
    """Ids of the rows that it is made of, by an augmentation or for a test of robustness; empty for a row as read."""
    forbidden: tuple[str, ...] = ()
    """Names of tools that an injected instruction asks for, and that the answer must not call."""

    is_retrieved: bool = False
    """Its tools were chosen out of many before asking, so that an expected one may be missing."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Ids of the rows, as they were read, that it asks about."""
        return self.made_of or (self.id,)


@dataclass(frozen=True)
class Preference:
    """Two answers to one question, one better than the other."""

    id: str
    tools: tuple[Tool, ...]
    messages: tuple[Message, ...]
    """The dialogue up to the answers."""
    chosen: tuple[Message, ...]
    """The assistant's turn, or several with the tools' results between them; the same for `rejected`."""
    rejected: tuple[Message, ...]
    reason: str = ""
    """The reason why the rejected answer is worse, in the terms of `Problem` where it has one."""
    place: str = ""
    """Its source, `file:line`."""
    origins: tuple[str, ...] = ()
    """Ids of the rows that its question is made of, several where they were joined; empty where that is not known."""


RowT = TypeVar("RowT", bound=Example | Preference)
"""What one row of a data set is trained as."""


@dataclass(frozen=True)
class Prediction:
    """A generated answer after parsing."""

    text: str
    calls: tuple[ToolCall, ...] | None
    """Empty where the answer is plain text; None where the text cannot be parsed."""
    problem: Problem | None = None
    """Why it cannot be parsed, or that it is empty."""
    bfcl_calls: tuple[ToolCall, ...] | None = None
    """The calls that BFCL's own decoder reads, none where it fails; None where it knows no such format."""
    is_cut: bool = False
    """Whether it was stopped before its end, by a bound on its tokens."""
    words: str | None = None
    """The text without thoughts and the names of special tokens; None where it was not read apart."""
