"""The figures of a test run, as in `metrics.json`: each rate with its counts and its 95% interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from lit_toolcall.metrics.intervals import bootstrap_f1_interval, wilson_interval
from lit_toolcall.metrics.matching import Counts
from lit_toolcall.metrics.scores import Score

NON_LIVE_PYTHON = ("simple_python", "multiple", "parallel", "parallel_multiple")
LIVE = ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")


def summarize(scores_by_category: Mapping[str, Sequence[Score]]) -> dict[str, Any]:
    """Return the content of `metrics.json`.

    Returns:
        `{"all": {...}, "categories": {name: {...}}, "bfcl": {...}}`. Each of the inner objects has
        `exact_match`, `valid_call_rate`, `invalid_call_rate`, for BFCL's questions `ast_accuracy` (on
        irrelevance questions a text that cannot be parsed is right by it, so it says little alone),
        `arguments`, `tool_select` and the `problems`, counted by name. A rate over nothing is None, and so are
        the ends of its interval. `bfcl` has the aggregates whose
        categories are all there.

    Example:
        >>> score = Score(True, None, True, None, Counts(2, 2, 2), Counts(1, 1, 1))
        >>> summary = summarize({"demo": [score]})
        >>> summary["all"]["exact_match"]["value"], summary["categories"]["demo"]["arguments"]["f1"]["value"]
        (1.0, 1.0)
    """
    everything = [score for scores in scores_by_category.values() for score in scores]
    categories = {category: summarize_scores(scores) for category, scores in scores_by_category.items()}
    return {
        "all": summarize_scores(everything),
        "categories": categories,
        "bfcl": _aggregate(scores_by_category),
    }


def summarize_scores(scores: Sequence[Score]) -> dict[str, Any]:
    """Return the rates of some answers, and their problems by name, the most frequent first."""
    summary: dict[str, Any] = {
        "total": len(scores),
        "exact_match": _rate([score.exact for score in scores]),
        "valid_call_rate": _rate([score.valid for score in scores]),
        "invalid_call_rate": _rate([not score.valid for score in scores]),
    }
    verdicts = _verdicts(scores)
    if verdicts:
        summary["ast_accuracy"] = _rate(verdicts)
    summary["arguments"] = _f1([score.arguments for score in scores])
    summary["tool_select"] = _f1([score.tools for score in scores])
    problems = Counter(score.problem.value for score in scores if score.problem is not None)
    summary["problems"] = dict(problems.most_common())
    return summary


def _verdicts(scores: Sequence[Score]) -> list[bool]:
    return [score.ast for score in scores if score.ast is not None]


def _rate(verdicts: Sequence[bool]) -> dict[str, Any]:
    correct, total = sum(verdicts), len(verdicts)
    low, high = wilson_interval(correct, total)
    value = correct / total if total else None
    return {"value": value, "correct": correct, "total": total, "low": low, "high": high}


def _f1(counts: Sequence[Counts]) -> dict[str, Any]:
    """Micro averages; precision and recall with Wilson's interval, F1 with one from resampled answers."""
    total = sum(counts, Counts())
    low, high = bootstrap_f1_interval(counts)
    return {
        "precision": _share(total.precision, total.hits, total.predicted),
        "recall": _share(total.recall, total.hits, total.expected),
        "f1": {
            "value": total.f1,
            "hits": total.hits,
            "predicted": total.predicted,
            "expected": total.expected,
            "low": low,
            "high": high,
        },
    }


def _share(value: float | None, hits: int, total: int) -> dict[str, Any]:
    low, high = wilson_interval(hits, total)
    return {"value": value, "correct": hits, "total": total, "low": low, "high": high}


def _aggregate(scores_by_category: Mapping[str, Sequence[Score]]) -> dict[str, Any]:
    """Return BFCL's aggregates over the categories that are there.

    Non-Live AST is the plain mean over its files. The leaderboard's also averages Java and JavaScript into
    the simple file, which this software does not score: hence another name. Live AST weighs each question
    alike; it is the leaderboard's only where every question of the four categories was asked.
    """
    verdicts = {category: _verdicts(scores) for category, scores in scores_by_category.items()}
    aggregates: dict[str, Any] = {}
    if all(verdicts.get(category) for category in NON_LIVE_PYTHON):
        rates = [_rate(verdicts[category]) for category in NON_LIVE_PYTHON]
        aggregates["non_live_ast_python"] = _mean(rates)
    if all(verdicts.get(category) for category in LIVE):
        aggregates["live_ast"] = _rate([verdict for category in LIVE for verdict in verdicts[category]])
    return aggregates


def _mean(rates: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of independent rates, with the interval that theirs combine to.

    Zou and Donner, Statistics in Medicine 27 (2008) 1693-1702, applied to a mean.
    """
    value = sum(rate["value"] for rate in rates) / len(rates)
    below = sum((rate["value"] - rate["low"]) ** 2 for rate in rates) ** 0.5 / len(rates)
    above = sum((rate["high"] - rate["value"]) ** 2 for rate in rates) ** 0.5 / len(rates)
    return {
        "value": value,
        "correct": sum(rate["correct"] for rate in rates),
        "total": sum(rate["total"] for rate in rates),
        "low": value - below,
        "high": value + above,
    }
