"""Curves: the rates at each level of each kind, and what the questions of a level gain and lose by it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lit_toolcall.metrics import RATES, Score, describe_rate
from lit_toolcall.metrics.intervals import mcnemar_p
from lit_toolcall.robustness.making import Category, RobustSet
from lit_toolcall.types import Example

COMPARED = ("exact_match", "ast_accuracy", "unauthorised_call_rate")
"""Rates whose answers are compared question by question."""

Curves = dict[str, list[dict[str, Any]]]


def make_curves(scored: Iterable[tuple[Example, Score]], asked: RobustSet) -> Curves:
    """Return the rates of each category, and its paired differences: an entry of `metrics.json`.

    Args:
        scored: the questions of `asked` that were answered, in any order, each with the score of its answer.
        asked: as `make_robust` or `group_by_language` made it.

    Returns:
        By kind, in order of levels, `{"level", "category", "total", "rates": {name: {"value", counts, "low", "high"}},
        "against", "paired": {name: {"pairs", "gained", "lost", "difference", "p"}}, "left_out": {reason: count},
        "notes": {note: count}}`. `against` is the category that the same questions are compared with. Of a rate,
        `gained` counts the questions of which it holds here and not there, `lost` the others; `p` is that of McNemar's
        test. Rates that apply to no answer, or to no pair, are left out.
    """
    found: dict[str, dict[str, Score]] = {}
    for example, score in scored:
        found.setdefault(example.category, {})[example.origins[0]] = score
    curves: Curves = {}
    for category in asked.categories:
        curves.setdefault(category.kind, []).append(_measure(category, found))
    return curves


def _measure(category: Category, found: Mapping[str, Mapping[str, Score]]) -> dict[str, Any]:
    here = found.get(category.name, {})
    scores = list(here.values())
    there = found.get(category.compared_with or "", {})
    pairs = [(score, there[identity]) for identity, score in here.items() if identity in there]
    return {
        "level": category.level,
        "category": category.name,
        "total": len(scores),
        "rates": {name: rate.measure(scores) for name, rate in RATES.items() if rate.count(scores)},
        "against": category.compared_with,
        "paired": {name: difference for name in COMPARED if (difference := _compare(name, pairs))},
        "left_out": dict(category.left_out),
        "notes": dict(category.notes),
    }


def _compare(name: str, pairs: Sequence[tuple[Score, Score]]) -> dict[str, Any] | None:
    """Count the questions that a rate holds of on one side only; None where it applies to no pair."""
    counts = [[RATES[name].counts(score) for score in pair] for pair in pairs]
    held = [(bool(here[0]), bool(there[0])) for here, there in counts if here is not None and there is not None]
    if not held:
        return None
    gained, lost = held.count((True, False)), held.count((False, True))
    return {
        "pairs": len(held),
        "gained": gained,
        "lost": lost,
        "difference": (gained - lost) / len(held),
        "p": mcnemar_p(gained, lost),
    }


def describe_curves(curves: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Write curves as a table: a line a category, in percent with 95% intervals, and the paired difference beside it.

    The difference is that of BFCL's AST accuracy where it applies, else of exact match.
    """
    head = ("", "questions", "left out", "exact match", "AST accuracy", "unauthorised", "gained", "lost", "p")
    lines = [head, *(_describe(entry) for entries in curves.values() for entry in entries)]
    shown = [place for place in range(len(head)) if any(line[place] for line in lines[1:])]
    widths = [max(len(line[place]) for line in lines) for place in shown]
    table = []
    for line in lines:
        first, *rest = [line[place] for place in shown]
        table.append("  ".join([first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:], strict=True))]))
    return "\n".join(line.rstrip() for line in table)


def _describe(entry: Mapping[str, Any]) -> tuple[str, ...]:
    paired = entry["paired"].get("ast_accuracy") or entry["paired"].get("exact_match")
    left_out = sum(entry["left_out"].values())
    return (
        entry["category"],
        str(entry["total"]),
        str(left_out) if left_out else "",
        *(describe_rate(entry["rates"].get(name)) for name in COMPARED),
        *((str(paired["gained"]), str(paired["lost"]), f"{paired['p']:.3f}") if paired else ("", "", "")),
    )
