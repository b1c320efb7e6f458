"""The rates of `metrics.json` as the terminal and loggers show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RATES = {
    "exact match": ("exact_match",),
    "BFCL AST accuracy": ("ast_accuracy",),
    "valid call rate": ("valid_call_rate",),
    "argument F1": ("arguments", "f1"),
    "Tool Select F1": ("tool_select", "f1"),
}
"""What the terminal shows of `metrics.json`: titles, and where the rates stand."""


def list_rates(summary: Mapping[str, Any]) -> dict[str, float]:
    """List the rates of one summary under the names that loggers take.

    >>> list_rates({"exact_match": {"value": 0.5}, "arguments": {"f1": {"value": None}}})
    {'test/exact_match': 0.5}
    """
    rates = {}
    for path in RATES.values():
        value = _find(summary, path).get("value")
        if value is not None:
            rates["test/" + "_".join(path)] = value
    return rates


def describe_metrics(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the rates of several summaries side by side, in percent, with their 95% intervals.

    Args:
        summaries: by title; each is one of the objects in `metrics.json`, such as its `all`.
    """
    width = max(22, *(len(title) + 2 for title in summaries))
    lines = [" " * 20 + "".join(f"{title:>{width}}" for title in summaries)]
    for title, path in RATES.items():
        cells = [_describe_rate(summary, path) for summary in summaries.values()]
        if any(cells):
            lines.append(f"{title:<20}" + "".join(f"{cell:>{width}}" for cell in cells))
    lines.append(f"{'questions':<20}" + "".join(f"{summary['total']:>{width}}" for summary in summaries.values()))
    return "\n".join(lines)


def _describe_rate(summary: Mapping[str, Any], path: tuple[str, ...]) -> str:
    rate = _find(summary, path)
    if rate.get("value") is None:  # no AST accuracy for questions that are not BFCL's
        return ""
    return f"{rate['value']:.1%} [{rate['low']:.0%}, {rate['high']:.0%}]"


def _find(summary: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = summary
    for key in path:
        found = found.get(key, {})
    assert isinstance(found, Mapping)
    return found
