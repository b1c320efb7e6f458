"""The score of one answer, with the name of its first problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lit_toolcall.metrics.bfcl_ast import check_ast
from lit_toolcall.metrics.confusions import Confusion, TypeCount, count_types, list_confusions
from lit_toolcall.metrics.matching import (
    Counts,
    count_arguments,
    count_tools,
    expected_calls,
    is_exact_match,
    list_mandatory,
    match_calls,
    read_values,
)
from lit_toolcall.metrics.near_misses import choose_nearest, name_near_miss
from lit_toolcall.metrics.repetition import ends_in_loop, repeats_calls
from lit_toolcall.metrics.words import score_words
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Prediction, Problem, Tool, ToolCall


def name_problem(prediction: Prediction, example: Example) -> Problem | None:
    """Return the first problem of an answer, or None where it is exact.

    In this order:

    1. The text cannot be parsed, or holds neither calls nor words. Where the answer was cut off, that is the reason:
       `repetition` if it ends in a loop, else `cut_off`; otherwise what the parser found.
    2. Calls where none is expected.
    3. A call that breaks its tool's schema: unknown tool, argument names, types, choices, other rules.
    4. Too few calls: where the answer was cut off after calls that are all expected ones, `repetition` or `cut_off`,
       since the others might have followed; after others it is compared with as many of the expected ones, by the
       rules that follow. Too many: `repetition` where the same calls are made again. Another tool than expected.
    5. An argument that the expected answer lacks; one that it has and the call lacks.
    6. A wrong value; a near miss (`name_near_miss`) only where all wrong values of the answer are near, the first of
       them in their order.

    An answer that was cut off and has another fault, which no continuation could have repaired, is named by that one.
    An answer is exact even where it breaks a schema, as a few of BFCL's accepted values do, and even where it was cut
    off. Where any call counts as right, the problem is a missing call or a broken schema.
    """
    unreadable = name_unreadable(prediction)
    if unreadable is not None or prediction.calls is None:
        return unreadable
    expected = expected_calls(example)
    if expected is None:
        missing = None if prediction.calls else _name_cut(prediction) or Problem.MISSING_CALL
        return find_schema_problem(prediction.calls, example.tools) or missing
    calls = read_values(prediction.calls, example)
    if is_exact_match(calls, expected, example.tools):
        return None
    if not expected:
        return Problem.UNWANTED_CALL
    return (
        find_schema_problem(prediction.calls, example.tools)
        or _compare_names(calls, expected, example.tools, prediction)
        or _compare_arguments(calls, expected, example.tools)
    )


def name_unreadable(prediction: Prediction) -> Problem | None:
    """Say why an answer is neither calls nor words, which needs no expected answer; None where it is.

    Example:
        >>> str(name_unreadable(Prediction("f(a=", None, Problem.SYNTAX, is_cut=True)))
        'cut_off'
    """
    if prediction.calls is not None and prediction.problem is None:
        return None
    return _name_cut(prediction) or prediction.problem or Problem.SYNTAX


def _name_cut(prediction: Prediction) -> Problem | None:
    """Say how an answer failed to end; None where it ended."""
    if not prediction.is_cut:
        return None
    return Problem.REPETITION if ends_in_loop(prediction.text) else Problem.CUT_OFF


def find_schema_problem(calls: Sequence[ToolCall], tools: Sequence[Tool]) -> Problem | None:
    """Return how the first call that breaks its tool's schema does so; None where all calls fit."""
    found = (find_call_problem(call, tools) for call in calls)
    return next((problem[0] for problem in found if problem is not None), None)


def _compare_names(
    calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool], prediction: Prediction
) -> Problem | None:
    if len(calls) > len(expected):
        return Problem.REPETITION if repeats_calls(calls, expected, tools) else Problem.EXTRA_CALL
    if len(calls) < len(expected):
        matches = match_calls(calls, expected, tools)
        if len(matches) == len(calls) and all(match.is_exact for match in matches):
            return _name_cut(prediction) or Problem.MISSING_CALL
        if not prediction.is_cut:
            return Problem.MISSING_CALL
    if Counter(call.name for call in calls) - Counter(call.name for call in expected):
        return Problem.WRONG_TOOL
    return None


def _compare_arguments(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> Problem:
    """Name the problem of calls that fit their schemas and have the expected names."""
    wrong = [match for match in match_calls(calls, expected, tools) if not match.is_exact]
    if any(match.call.arguments.keys() - match.expected.arguments.keys() for match in wrong):
        return Problem.EXTRA_ARGUMENT
    if any(set(list_mandatory(match.expected.arguments)) - match.call.arguments.keys() for match in wrong):
        return Problem.MISSING_ARGUMENT
    near = [
        name_near_miss(value, match.expected.arguments[name], place)
        for match in wrong
        for name, value, place in match.wrong_arguments
    ]
    known = [problem for problem in near if problem is not None]
    return (choose_nearest(known) if len(known) == len(near) else None) or Problem.VALUE


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
    return expected is not None and is_exact_match(read_values(prediction.calls, example), expected, example.tools)


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
    retrieved: bool | None = None
    """All expected tools are among those that were retrieved; None where none were, or no tool is expected."""
    types: tuple[TypeCount, ...] = ()
    """The expected arguments by type, each type at most once; none where any call counts as right."""
    confusions: tuple[Confusion, ...] = ()
    """Expected and called names that differ; none of an answer that cannot be read, or where any call counts as
    right."""
    expected_tools: tuple[str, ...] = ()
    """The names of the expected calls, each once."""
    rouge_l: float | None = None
    """ROUGE-L of an answer in words, from 0 to 1; None where the expected answer is not words."""
    unauthorised: bool | None = None
    """Calls a forbidden tool, whatever the arguments; None where the question forbids none."""

    def to_json(self) -> dict[str, Any]:
        """Return JSON values that `from_json` takes.

        >>> import json
        >>> types, confusions = (TypeCount("string", 1),), (Confusion("f", None),)
        >>> score = Score(False, None, True, Problem.VALUE, Counts(1, 2, 2), Counts(1, 1, 1), None, types, confusions)
        >>> Score.from_json(json.loads(json.dumps(score.to_json()))) == score
        True
        """
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Score:
        """Make the score that `to_json` was asked for."""
        return cls(
            **{
                **value,
                "problem": None if value["problem"] is None else Problem(value["problem"]),
                "arguments": Counts(*value["arguments"]),
                "tools": Counts(*value["tools"]),
                "types": tuple(TypeCount(*each) for each in value["types"]),
                "confusions": tuple(Confusion(*each) for each in value["confusions"]),
                "expected_tools": tuple(value["expected_tools"]),
            }
        )


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
    read = read_values(calls, example)
    problem = name_problem(prediction, example)
    is_readable = prediction.calls is not None and prediction.problem is None
    return Score(
        exact=problem is None,
        ast=None if example.bfcl is None else check_ast(example.bfcl, as_bfcl) is None,
        valid=is_valid_answer(prediction, example),
        problem=problem,
        arguments=Counts() if expected is None else count_arguments(read, expected, example.tools),
        tools=Counts() if expected is None else count_tools(calls, expected),
        retrieved={call.name for call in expected} <= {tool.name for tool in example.tools}
        if example.is_retrieved and expected
        else None,
        types=() if expected is None else count_types(read, expected, example.tools),
        confusions=list_confusions(calls, expected) if is_readable and expected is not None else (),
        expected_tools=tuple(dict.fromkeys(call.name for call in expected or ())),
        rouge_l=score_words(prediction, example),
        unauthorised=any(call.name in example.forbidden for call in calls) if example.forbidden else None,
    )
