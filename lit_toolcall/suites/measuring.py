"""The figures over the answers to a suite: the content of `metrics.json`, and how the terminal shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lit_toolcall.evaluation import Results, describe_confidence, measure_results
from lit_toolcall.metrics import describe_figures, describe_metrics, describe_rate
from lit_toolcall.multi_turn import CATEGORIES, summarize_dialogues
from lit_toolcall.robustness import ORIGINAL, describe_curves, make_curves
from lit_toolcall.suites.content import SuiteContent, SuiteOptions


def measure(content: SuiteContent, options: SuiteOptions, results: Results) -> dict[str, Any]:
    """Return the content of `metrics.json`.

    Beside what `measure_results` gives it has `suite`, with the ids of what was asked; `multi_turn` of dialogues; and
    `robustness` of changed forms, which count in no other figure.

    Args:
        content: what was asked.
        options: how it was chosen.
        results: all answers.
    """
    changed = {category.name for category in content.robust.categories} if content.robust else set()
    alone = {ORIGINAL} if results.scores_by_category.keys() <= changed else set()
    metrics: dict[str, Any] = {
        "suite": {
            "name": content.name,
            "seed": options.seed,
            "limit": options.limit,
            "fraction": options.fraction,
            "categories": options.categories,
            "ids": [*(question.id for question in content.questions), *(each.id for each in content.dialogues)],
        }
    }
    metrics |= measure_results(results.without(changed - alone))
    dialogues = [record for record in results.records if record["category"] in CATEGORIES]
    if dialogues:
        metrics["multi_turn"] = summarize_dialogues(dialogues)
    if content.robust is not None:
        by_id = {question.id: question for question in content.questions}
        lines = zip(results.records, results.scores, strict=True)
        metrics["robustness"] = make_curves(
            [(by_id[record["id"]], score) for record, score in lines if score is not None], content.robust
        )
    return metrics


def describe_results(metrics: Mapping[str, Any]) -> str:
    """Write the figures for the terminal: rates, official figures, dialogues, problems, curves, confidence."""
    parts = []
    if metrics["all"]["total"]:
        parts.append(describe_categories(metrics))
        parts.append(describe_figures(metrics))
        parts.append(describe_problems(metrics["all"]))
    if "multi_turn" in metrics:
        parts.append(describe_dialogues(metrics["multi_turn"]))
    if "robustness" in metrics:
        parts.append(describe_curves(metrics["robustness"]))
    if "confidence" in metrics:
        parts.append(describe_confidence(metrics["confidence"]))
    return "\n\n".join(part for part in parts if part)


def describe_categories(metrics: Mapping[str, Any]) -> str:
    """Write the rates over all answers, and the main ones of each category below each other."""
    lines = [describe_metrics({"all": metrics["all"]})]
    if len(metrics["categories"]) > 1:
        width = 2 + max(len(name) for name in metrics["categories"])
        lines += ["", f"{'category':<{width}}{'exact match':>21}{'BFCL AST accuracy':>21}{'valid':>8}{'questions':>11}"]
        for name, summary in metrics["categories"].items():
            exact, ast = (describe_rate(summary.get(rate)) for rate in ("exact_match", "ast_accuracy"))
            valid = f"{summary['valid_call_rate']['value']:.0%}"
            lines.append(f"{name:<{width}}{exact:>21}{ast:>21}{valid:>8}{summary['total']:>11,}")
    return "\n".join(lines)


def describe_problems(summary: Mapping[str, Any]) -> str:
    """Write what is wrong, by group and name, the most frequent first; nothing where nothing is wrong.

    >>> print(describe_problems({"total": 4, "problems": {"type": 1, "value": 2}}))
    what is wrong with 3 of 4 answers:
           1  type
           2  value
    """
    wrong = sum(summary["problems"].values())
    if not wrong:
        return ""
    lines = [f"what is wrong with {wrong:,} of {summary['total']:,} answers:"]
    return "\n".join([*lines, *(f"{count:>8,}  {name}" for name, count in summary["problems"].items())])


def describe_dialogues(figures: Mapping[str, Any]) -> str:
    """Write the fractions of dialogues that are right in all turns, and what was left out."""
    lines = ["dialogues of several turns, right in all of them:"]
    rows = dict(figures["categories"])
    mean = figures["multi_turn"]
    if mean is not None:
        rows["mean of the four (estimated)" if mean["estimated"] else "mean of the four"] = mean
    lines += [f"  {name:<30}{describe_rate(rate):>20}  of {rate['total']:,}" for name, rate in rows.items()]
    lines += [f"{count:>8,}  {name}" for name, count in figures["problems"].items()]
    if figures["too_long_for_model"]:
        lines.append(f"not asked, since the model has too few positions: {', '.join(figures['too_long_for_model'])}")
    return "\n".join(lines)
