"""Where answers go wrong: their problems by name and group, by tool, by pairs of tools and by types of arguments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from lit_toolcall.metrics.confusions import Confusion
from lit_toolcall.metrics.scores import Score
from lit_toolcall.types import GROUPS, Problem

MOST_LISTED = 50
"""The most tools, and pairs of tools, that `metrics.json` lists."""
_GROUP_OF = {problem: group for group, problems in GROUPS.items() for problem in problems}


def count_problems(scores: Iterable[Score]) -> dict[str, int]:
    """Count the wrong answers by the name of their problem, the most frequent first; their sum is all of them."""
    return dict(Counter(problem.value for problem in _list_problems(scores)).most_common())


def count_groups(scores: Iterable[Score]) -> dict[str, int]:
    """Count the wrong answers by the group of their problem in `GROUPS`, the most frequent first.

    Example:
        >>> from lit_toolcall.metrics import Counts
        >>> problems = (Problem.WRONG_TOOL, Problem.UNKNOWN_TOOL, None)
        >>> count_groups(Score(not problem, None, True, problem, Counts(), Counts()) for problem in problems)
        {'wrong_function': 2}
    """
    return dict(Counter(_GROUP_OF[problem] for problem in _list_problems(scores)).most_common())


def _list_problems(scores: Iterable[Score]) -> list[Problem]:
    return [score.problem for score in scores if score.problem is not None]


def add_up_types(scores: Iterable[Score]) -> dict[str, dict[str, int]]:
    """Add up the expected arguments by type, the most frequent type first.

    Returns:
        `{type: {"expected": n, "right": n, "wrong": n, "missing": n}}`, where the last three sum to the first.
    """
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for score in scores:
        for count in score.types:
            sums[count.type].update(
                {"expected": count.expected, "right": count.right, "wrong": count.wrong, "missing": count.missing}
            )
    return {kind: dict(sums[kind]) for kind in sorted(sums, key=lambda kind: (-sums[kind]["expected"], kind))}


def list_confused_tools(scores: Iterable[Score]) -> dict[str, Any]:
    """List which tools are called in place of which.

    Returns:
        `{"total": n, "pairs": [{"expected": name, "called": name, "count": n}, ...]}`: all confusions, and the
        `MOST_LISTED` most frequent ones. `expected` is null for a call too many, `called` for one too few.
    """
    counts = Counter(pair for score in scores for pair in score.confusions)
    pairs = sorted(counts, key=lambda pair: (-counts[pair], _sort_names(pair)))
    listed = [{"expected": pair.expected, "called": pair.called, "count": counts[pair]} for pair in pairs]
    return {"total": counts.total(), "pairs": listed[:MOST_LISTED]}


def _sort_names(pair: Confusion) -> tuple[str, str]:
    return pair.expected or "", pair.called or ""


def list_worst_tools(scores: Iterable[Score]) -> dict[str, Any]:
    """List the tools by how often questions that need them are answered wrongly.

    Returns:
        `{"total": n, "worst": {name: {"asked": n, "exact": n, "problems": {...}}}}`: how many tools any question needs,
        and those `MOST_LISTED` with the most wrong answers. A question that needs two tools counts for both.
    """
    by_tool: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        for name in score.expected_tools:
            by_tool[name].append(score)
    worst = sorted(by_tool, key=lambda name: (-len(_list_problems(by_tool[name])), name))[:MOST_LISTED]
    return {"total": len(by_tool), "worst": {name: _describe_tool(by_tool[name]) for name in worst}}


def _describe_tool(scores: Sequence[Score]) -> dict[str, Any]:
    problems = count_problems(scores)
    return {"asked": len(scores), "exact": len(scores) - sum(problems.values()), "problems": problems}
