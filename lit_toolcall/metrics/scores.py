"""Everything that is measured about one answer."""

from __future__ import annotations

from dataclasses import dataclass

from lit_toolcall.metrics.bfcl_ast import check_ast
from lit_toolcall.metrics.expected import expected_calls
from lit_toolcall.metrics.matching import Counts, count_arguments, count_tools
from lit_toolcall.metrics.taxonomy import is_valid_answer, name_problem
from lit_toolcall.types import Example, Prediction, Problem


@dataclass(frozen=True)
class Score:
    """What is measured about one answer."""

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
    )
