"""The figures of a test run: the content of `metrics.json`, and how the terminal and loggers show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lit_toolcall.metrics.bfcl_figures import UNSATISFIABLE, measure_figures
from lit_toolcall.metrics.breakdowns import (
    add_up_types,
    count_groups,
    count_problems,
    list_confused_tools,
    list_worst_tools,
)
from lit_toolcall.metrics.rates import RATES, describe_rate
from lit_toolcall.metrics.scores import Score


def summarize(scores_by_category: Mapping[str, Sequence[Score]]) -> dict[str, Any]:
    """Return the content of `metrics.json`.

    Returns:
        `{"all": {...}, "categories": {name: {...}}, "bfcl": {...}, "confusions": {...}, "tools": {...}}`.

        `all` and each category have the `total` of answers, each rate of `RATES` with its counts and its 95% interval,
        the `problems` counted by name, the same in `groups`, and `argument_types`. A rate over nothing is None, and so
        are the ends of its interval; one that applies to none of the answers is left out, as `ast_accuracy` is where
        no question is BFCL's. (On irrelevance questions a text that cannot be parsed is right by it, so it says little
        alone.) A BFCL category also has its `unsatisfiable` questions: those, of all that it has, that no answer
        satisfies. `bfcl` has the official figures whose categories were all asked, `estimated` where it was only a
        part of them. `confusions` and `tools` are over all answers: `list_confused_tools`, `list_worst_tools`.

    Example:
        >>> from lit_toolcall.metrics import Counts
        >>> score = Score(True, None, True, None, Counts(2, 2, 2), Counts(1, 1, 1))
        >>> summary = summarize({"demo": [score]})
        >>> summary["all"]["exact_match"]["value"], summary["categories"]["demo"]["arguments"]["f1"]["value"]
        (1.0, 1.0)
    """
    everything = [score for scores in scores_by_category.values() for score in scores]
    return {
        "all": summarize_scores(everything),
        "categories": {
            category: _summarize_category(category, scores) for category, scores in scores_by_category.items()
        },
        "bfcl": measure_figures(scores_by_category),
        "confusions": list_confused_tools(everything),
        "tools": list_worst_tools(everything),
    }


def _summarize_category(category: str, scores: Sequence[Score]) -> dict[str, Any]:
    summary = summarize_scores(scores)
    if category in UNSATISFIABLE and "ast_accuracy" in summary:
        summary["unsatisfiable"] = list(UNSATISFIABLE[category])
    return summary


def summarize_scores(scores: Sequence[Score]) -> dict[str, Any]:
    """Return the rates of some answers, their problems by name and group, and their arguments by type."""
    summary: dict[str, Any] = {"total": len(scores)}
    for rate in RATES.values():
        if scores and not rate.count(scores):  # it applies to none of them
            continue
        *groups, key = rate.path
        holder = summary
        for group in groups:
            holder = holder.setdefault(group, {})
        holder[key] = rate.measure(scores)
    summary["problems"] = count_problems(scores)
    summary["groups"] = count_groups(scores)
    summary["argument_types"] = add_up_types(scores)
    return summary


def list_rates(summary: Mapping[str, Any]) -> dict[str, float]:
    """List the rates of one summary under the names that loggers take.

    >>> list_rates({"exact_match": {"value": 0.5}, "arguments": {"f1": {"value": None}}})
    {'test/exact_match': 0.5}
    """
    values = {name: _find(summary, rate.path).get("value") for name, rate in RATES.items()}
    return {f"test/{name}": value for name, value in values.items() if value is not None}


def describe_metrics(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the rates of several summaries side by side, in percent, with their 95% intervals.

    Args:
        summaries: by title; each is one of the objects in `metrics.json`, such as its `all`.
    """
    width = max(22, *(len(title) + 2 for title in summaries))
    first = 3 + max(len(rate.title or "") for rate in RATES.values())
    lines = [" " * first + "".join(f"{title:>{width}}" for title in summaries)]
    for rate in RATES.values():
        cells = [describe_rate(_find(summary, rate.path)) for summary in summaries.values()]
        if rate.title and any(cells):
            lines.append(f"{rate.title:<{first}}" + "".join(f"{cell:>{width}}" for cell in cells))
    lines.append(f"{'questions':<{first}}" + "".join(f"{summary['total']:>{width}}" for summary in summaries.values()))
    return "\n".join(lines)


def _find(summary: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = summary
    for key in path:
        found = found.get(key, {})
    assert isinstance(found, Mapping)
    return found
