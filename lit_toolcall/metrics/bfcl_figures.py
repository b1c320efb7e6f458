"""BFCL's official summary figures, whole or estimated from a part of the questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.metrics.intervals import Stratum, weigh_strata
from lit_toolcall.metrics.rates import RATES
from lit_toolcall.metrics.scores import Score

PUBLISHED: Mapping[str, int] = {
    "simple_python": 400,
    "simple_java": 100,
    "simple_javascript": 50,
    "multiple": 200,
    "parallel": 200,
    "parallel_multiple": 200,
    "irrelevance": 240,
    "live_simple": 258,
    "live_multiple": 1053,
    "live_parallel": 16,
    "live_parallel_multiple": 24,
    "live_irrelevance": 884,
    "live_relevance": 16,
}
"""How many questions each single-turn category has in bfcl-eval 2026.3.23."""

UNSATISFIABLE: Mapping[str, tuple[str, ...]] = {
    # a list of `any`, whose items BFCL reads as strings alone, holds numbers and booleans
    "simple_java": ("simple_java_36", "simple_java_65"),
    "live_simple": ("live_simple_106-63-0", "live_simple_112-68-0"),
    "live_multiple": ("live_multiple_862-181-3", "live_multiple_964-207-0"),
}
"""The questions that no answer satisfies by BFCL's rules, so no category that has them reaches 100%."""


@dataclass(frozen=True)
class Figure:
    """A weighted mean of categories' AST accuracies.

    Args:
        title: in the terminal.
        weights: of each category; they add up to 1.
    """

    title: str
    weights: Mapping[str, float]


def _weigh_by_count(*categories: str) -> dict[str, float]:
    total = sum(PUBLISHED[category] for category in categories)
    return {category: PUBLISHED[category] / total for category in categories}


FIGURES: Mapping[str, Figure] = {
    "non_live_ast": Figure(
        "Non-Live AST",
        {
            **dict.fromkeys(("simple_python", "simple_java", "simple_javascript"), 1 / 12),
            **dict.fromkeys(("multiple", "parallel", "parallel_multiple"), 1 / 4),
        },
    ),
    "non_live_ast_python": Figure(
        "Non-Live AST, Python only",
        dict.fromkeys(("simple_python", "multiple", "parallel", "parallel_multiple"), 1 / 4),
    ),
    "live_ast": Figure(
        "Live AST", _weigh_by_count("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")
    ),
    "irrelevance": Figure("Irrelevance Detection", dict.fromkeys(("irrelevance", "live_irrelevance"), 1 / 2)),
    "relevance": Figure("Relevance Detection", {"live_relevance": 1}),
}
"""As the leaderboard weighs them (`eval_runner_helper.py` of bfcl-eval 2026.3.23), and one that it does not have, of
Python alone."""


def measure_figures(scores_by_category: Mapping[str, Sequence[Score]]) -> dict[str, Any]:
    """Return the official figures whose categories were all asked.

    Each has the `value` with the ends of its 95% interval, `low` and `high`, how many answers are `correct` of the
    `total` that were asked, and the number `of` questions that its categories have. Where not all of them were asked
    it is `estimated`: the value estimates the whole set's figure, and the interval is of where that one lies.

    Example:
        >>> from lit_toolcall.metrics.matching import Counts
        >>> right = Score(True, True, True, None, Counts(), Counts())
        >>> figure = measure_figures({"live_relevance": [right] * 12})["relevance"]
        >>> figure["value"], figure["total"], figure["of"], figure["estimated"]
        (1.0, 12, 16, True)
    """
    asked = {
        category: counts
        for category, scores in scores_by_category.items()
        if (counts := RATES["ast_accuracy"].add_up(scores))[1]
    }
    return {name: _measure(figure, asked) for name, figure in FIGURES.items() if figure.weights.keys() <= asked.keys()}


def _measure(figure: Figure, asked: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    parts = {category: asked[category] for category in figure.weights}
    is_estimated = any(total < PUBLISHED[category] for category, (_, total) in parts.items())
    strata = [
        Stratum(figure.weights[category], int(correct), int(total), PUBLISHED[category] if is_estimated else None)
        for category, (correct, total) in parts.items()
    ]
    value, low, high = weigh_strata(strata)
    return {
        "value": value,
        "correct": sum(stratum.correct for stratum in strata),
        "total": sum(stratum.total for stratum in strata),
        "low": low,
        "high": high,
        "of": sum(PUBLISHED[category] for category in parts),
        "estimated": is_estimated,
    }


def describe_figures(metrics: Mapping[str, Any]) -> str:
    """Write the official figures in percent, with the questions that no answer satisfies; nothing where there are none.

    Args:
        metrics: the content of `metrics.json`.
    """
    lines = [_describe(FIGURES[name].title, measured) for name, measured in metrics["bfcl"].items()]
    if "irrelevance" in metrics["bfcl"]:
        lines.append("An answer that cannot be read counts as right on irrelevance: read it beside AST accuracy.")
    named = [name for summary in metrics["categories"].values() for name in summary.get("unsatisfiable", ())]
    if named:
        lines.append(f"No answer satisfies {', '.join(named)}: BFCL counts all as wrong.")
    return "\n".join(lines)


def _describe(title: str, measured: Mapping[str, Any]) -> str:
    rate = f"{measured['value']:.1%} [{measured['low']:.1%}, {measured['high']:.1%}]"
    if not measured["estimated"]:
        return f"{title:<38}{rate:<24}{measured['total']:,} questions"
    return f"{title + ' (estimated)':<38}{rate:<24}{measured['total']:,} of {measured['of']:,} questions"
