"""BFCL's own verdict on an answer: AST accuracy for the Python categories, irrelevance and relevance.

The rules are those of bfcl-eval 2026.3.23 in our own words; a parity test compares the two. Its oddities are
kept, since the figure is only worth something beside the leaderboard's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lit_toolcall.metrics.bfcl_values import find_value_problem
from lit_toolcall.types import BfclQuestion, ToolCall


def check_ast(question: BfclQuestion, calls: Sequence[ToolCall]) -> str | None:
    """Return why BFCL counts an answer as wrong, or None where it counts it as right.

    Args:
        question: the category, the function docs and the accepted values.
        calls: the decoded calls; none where the answer is words or cannot be decoded. BFCL counts both as
            right on an irrelevance question, so its accuracy there says nothing unless AST accuracy stands
            beside it.

    Example:
        >>> docs = {"name": "f", "parameters": {"properties": {"n": {"type": "integer"}}, "required": ["n"]}}
        >>> question = BfclQuestion("simple_python", (docs,), ({"f": {"n": [3]}},))
        >>> check_ast(question, [ToolCall("f", {"n": 3})]) is None
        True
        >>> check_ast(question, [ToolCall("f", {"n": 4})])
        "argument 'n' of 'f': 4 is not among the accepted values [3]"
    """
    category = question.category
    if "irrelevance" in category:
        return f"{len(calls)} call(s) where no function fits" if calls else None
    if "relevance" in category:
        return None if calls else "no call where a function fits"
    if question.ground_truth is None:
        return "the question has no published answer"
    if len(calls) != len(question.ground_truth):
        return f"{len(calls)} call(s), expected {len(question.ground_truth)}"
    if "parallel" in category:
        return _check_parallel(question.functions, question.ground_truth, calls)
    gold = question.ground_truth[0]
    # In a simple category BFCL looks at the first function's docs, whatever gold's name is.
    docs = _find_docs(question.functions, gold) if "multiple" in category else question.functions[0]
    return _find_call_problem(docs, gold, calls[0])


def _check_parallel(
    functions: Sequence[Mapping[str, Any]],
    ground_truth: Sequence[Mapping[str, Mapping[str, Any]]],
    calls: Sequence[ToolCall],
) -> str | None:
    """Give each gold call, in order, the first call left that fits; no better matching is looked for."""
    left = list(calls)
    for gold in ground_truth:
        docs = _find_docs(functions, gold)
        problems = [_find_call_problem(docs, gold, call) for call in left]
        if None not in problems:
            return f"no call fits the expected {next(iter(gold))!r}: {'; '.join(filter(None, problems))}"
        del left[problems.index(None)]
    return None


def _find_docs(
    functions: Sequence[Mapping[str, Any]], gold: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    name = next(iter(gold))
    return next((docs for docs in functions if docs["name"] == name), None)


def _find_call_problem(
    docs: Mapping[str, Any] | None, gold: Mapping[str, Mapping[str, Any]], call: ToolCall
) -> str | None:
    """Return why one call does not fit one gold call `{name: {argument: [accepted values]}}`."""
    if docs is None:
        return f"the question has no docs of its own answer {next(iter(gold))!r}"
    if call.name != docs["name"]:
        return f"function {call.name!r} instead of {docs['name']!r}"
    (accepted,) = gold.values()
    properties = docs["parameters"]["properties"]
    for name in docs["parameters"].get("required", ()):
        if name not in call.arguments:
            return f"required argument {name!r} of {call.name!r} is missing"
    for name, value in call.arguments.items():
        if name not in properties or name not in accepted:
            return f"argument {name!r} of {call.name!r} is not expected"
        problem = find_value_problem(value, accepted[name], properties[name])
        if problem:
            return f"argument {name!r} of {call.name!r}: {problem}"
    for name, values in accepted.items():
        if name not in call.arguments and "" not in values:
            return f"argument {name!r} of {call.name!r} is missing"
    return None
