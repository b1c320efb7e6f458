"""The score of one answer, with the name of its first problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lit_toolcall.metrics.bfcl_ast import check_ast
from lit_toolcall.metrics.matching import (
    Counts,
    count_arguments,
    count_tools,
    expected_calls,
    is_exact_match,
    list_mandatory,
    match_calls,
)
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Prediction, Problem, Tool, ToolCall


def name_problem(prediction: Prediction, example: Example) -> Problem | None:
    """Return the first problem of an answer, or None where it is exact.

    In this order: the text cannot be parsed, or holds neither calls nor words; calls where none is expected; a
    call that breaks its tool's schema (unknown tool, argument names, types, choices, other rules); too few or too
    many calls; another tool than expected; an argument that the expected answer lacks; one that it has and the
    call lacks; a wrong value.

    An answer is exact even where it breaks a schema, as a few of BFCL's accepted values do. Where any call
    counts as right, the problem is a missing call or a broken schema.
    """
    if prediction.calls is None or prediction.problem is not None:
        return prediction.problem or Problem.SYNTAX
    expected = expected_calls(example)
    if expected is None:
        return find_schema_problem(prediction.calls, example.tools) or (
            None if prediction.calls else Problem.MISSING_CALL
        )
    if is_exact_match(prediction.calls, expected, example.tools):
        return None
    if not expected:
        return Problem.UNWANTED_CALL
    return (
        find_schema_problem(prediction.calls, example.tools)
        or _compare_names(prediction.calls, expected)
        or _compare_arguments(prediction.calls, expected, example.tools)
    )


def find_schema_problem(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> Problem | None:
    """Return how the first call that breaks its tool's schema does so; None where all calls fit."""
    found = (find_call_problem(call, tools) for call in calls)
    return next((problem[0] for problem in found if problem is not None), None)


def _compare_names(calls: Sequence[ToolCall], expected: Sequence[ToolCall]) -> Problem | None:
    if len(calls) < len(expected):
        return Problem.MISSING_CALL
    if len(calls) > len(expected):
        return Problem.EXTRA_CALL
    if Counter(call.name for call in calls) != Counter(call.name for call in expected):
        return Problem.WRONG_TOOL
    return None


def _compare_arguments(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> Problem:
    """Name the problem of calls that fit their schemas and have the expected names."""
    wrong = [match for match in match_calls(calls, expected, tools) if not match.is_exact]
    if any(match.call.arguments.keys() - match.expected.arguments.keys() for match in wrong):
        return Problem.EXTRA_ARGUMENT
    if any(set(list_mandatory(match.expected.arguments)) - match.call.arguments.keys() for match in wrong):
        return Problem.MISSING_ARGUMENT
    return Problem.VALUE


def is_valid_answer(prediction: Prediction, example: Example) -> bool:
    """Tell whether an answer is free of an invalid tool, argument or syntax, whatever its values.

    The rate of Gupta, Pandey and Jain (docs/paper.md), made strict in two places: where a call is expected, words
    alone are not valid, so that a model that never calls does not reach 100%; and an argument's type and choices
    count as well as its name. Where no call is expected, words alone are valid, and so is a call that fits its
    schema. An exact answer is always valid, and one without calls or words never.
    """
    if prediction.calls is None or prediction.problem is not None:
        return False
    expected = expected_calls(example)
    if not prediction.calls:
        return expected == ()
    if find_schema_problem(prediction.calls, example.tools) is None:
        return True
    return expected is not None and is_exact_match(prediction.calls, expected, example.tools)


@dataclass(frozen=True)
class Score:
    """The measurements of one answer."""

    exact: bool
    """All names and arguments are the expected ones; where any call counts as right: it fits its schema."""
    ast: bool | None
    """Right by BFCL's own rules; None where the question is not BFCL's."""
    valid: bool
    """Free of an invalid tool, argument or syntax."""
    problem: Problem | None
    """The first problem; None exactly where `exact` is true."""
    arguments: Counts
    """(argument, value) pairs; no counts where any call counts as right."""
    tools: Counts
    """Tool names; no counts where any call counts as right."""
    unauthorised: bool | None = None
    """Calls a forbidden tool, whatever the arguments; None where the question forbids none."""


def score_prediction(prediction: Prediction, example: Example) -> Score:
    """Measure one answer.

    A text that cannot be parsed has no calls: all that was expected is missing, and on BFCL's irrelevance
    questions it is right by BFCL's rules, though neither exact nor valid. By these rules the calls are those that
    BFCL's own decoder reads, where the format is one that it knows.

    Example:
        >>> from lit_toolcall.types import Message, Tool, ToolCall
        >>> tool = Tool("f", "", {"properties": {"n": {"type": "integer"}}, "required": ["n"]})
        >>> example = Example("1", (tool,), (), Message("assistant", calls=(ToolCall("f", {"n": 3}),)))
        >>> score = score_prediction(Prediction("", (ToolCall("f", {"n": 4}),)), example)
        >>> score.exact, score.valid, str(score.problem), score.tools
        (False, True, 'value', Counts(hits=1, predicted=1, expected=1))
    """
    calls = prediction.calls or ()
    as_bfcl = calls if prediction.bfcl_calls is None else prediction.bfcl_calls
    expected = expected_calls(example)
    problem = name_problem(prediction, example)
    return Score(
        exact=problem is None,
        ast=None if example.bfcl is None else check_ast(example.bfcl, as_bfcl) is None,
        valid=is_valid_answer(prediction, example),
        problem=problem,
        arguments=Counts() if expected is None else count_arguments(calls, expected, example.tools),
        tools=Counts() if expected is None else count_tools(calls, expected),
        unauthorised=any(call.name in example.forbidden for call in calls) if example.forbidden else None,
    )
