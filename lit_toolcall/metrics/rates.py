"""The rates of answers: one table for `metrics.json`, the terminal, loggers and monitors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lit_toolcall.import_path import import_object
from lit_toolcall.metrics.intervals import Interval, bootstrap_interval, wilson_interval
from lit_toolcall.metrics.scores import Score
from lit_toolcall.types import UserError


@dataclass(frozen=True)
class Ratio:
    """The way from the counts of answers to a rate.

    Args:
        counts: names of the counts, as in `metrics.json`.
        divide: takes the counts, of one answer or summed over answers, as numbers or 0-dim tensors; returns the
            numerator and the denominator.
        interval: takes the numerator and the denominator of each answer; returns the ends of the 95% interval.
        is_whole: whether the counts are whole numbers.
    """

    counts: tuple[str, ...]
    divide: Callable[..., tuple[Any, Any]]
    interval: Callable[[Sequence[tuple[float, float]]], Interval]
    is_whole: bool = True


def _wilson_of_sums(fractions: Sequence[tuple[float, float]]) -> Interval:
    return wilson_interval(sum(part for part, _ in fractions), sum(whole for _, whole in fractions))


PROPORTION = Ratio(("correct", "total"), lambda correct, total: (correct, total), _wilson_of_sums)
F1 = Ratio(
    ("hits", "predicted", "expected"),
    # the harmonic mean of hits / predicted and hits / expected
    lambda hits, predicted, expected: (2 * hits, predicted + expected),
    bootstrap_interval,
)
MEAN = Ratio(("sum", "total"), lambda summed, total: (summed, total), bootstrap_interval, is_whole=False)


@dataclass(frozen=True)
class Rate:
    """A rate over answers, micro-averaged: the counts of all answers are summed, then divided.

    A rate over nothing is None: questions of which none expects a call, answered without any, have no F1.

    Args:
        name: as it is logged, after `val/` or `test/`.
        counts: takes an answer's score; returns its counts, or None where the rate does not apply to the answer.
        ratio: the meaning of the counts, and the way from them to a rate with its interval.
        better: whether the least or the greatest value is best.
        title: in the terminal's table; None where the table leaves it out.
        place: the keys of `metrics.json` that lead to it; none: its name.

    Example:
        >>> from lit_toolcall.metrics.matching import Counts
        >>> score = Score(False, None, True, None, Counts(hits=1, predicted=2, expected=4), Counts())
        >>> recall = RATES["argument_recall"].measure([score])
        >>> recall["correct"], recall["total"], recall["value"]
        (1, 4, 0.25)
        >>> RATES["tool_select_f1"].measure([score])["value"] is None  # nothing was called or expected
        True
    """

    name: str
    counts: Callable[[Score], Sequence[float] | None]
    ratio: Ratio = PROPORTION
    better: Literal["min", "max"] = "max"
    title: str | None = None
    place: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        """The keys of `metrics.json` that lead to it."""
        return self.place or (self.name,)

    def count(self, scores: Sequence[Score]) -> list[Sequence[float]]:
        """Return the counts of each answer that the rate applies to."""
        return [counts for counts in map(self.counts, scores) if counts is not None]

    def add_up(self, scores: Sequence[Score]) -> list[float]:
        """Sum the counts of answers; all sums are 0 where the rate applies to none of them."""
        return [sum(column) for column in zip([0] * len(self.ratio.counts), *self.count(scores), strict=True)]

    def measure(self, scores: Sequence[Score]) -> dict[str, Any]:
        """Return the rate over answers: its value, its counts, and `low` and `high`, the ends of its 95% interval.

        The value and the ends are None where the denominator is 0.
        """
        sums = self.add_up(scores)
        numerator, denominator = self.ratio.divide(*sums)
        low, high = self.ratio.interval([self.ratio.divide(*counts) for counts in self.count(scores)])
        return {
            "value": numerator / denominator if denominator else None,
            **dict(zip(self.ratio.counts, sums, strict=True)),
            "low": low,
            "high": high,
        }


_TABLE = (
    Rate("exact_match", lambda score: (score.exact, 1), title="exact match"),
    Rate(
        "ast_accuracy",
        lambda score: None if score.ast is None else (score.ast, 1),
        title="BFCL AST accuracy",
    ),
    Rate("valid_call_rate", lambda score: (score.valid, 1), title="valid call rate"),
    Rate("invalid_call_rate", lambda score: (not score.valid, 1), better="min"),
    Rate(
        "argument_precision",
        lambda score: (score.arguments.hits, score.arguments.predicted),
        place=("arguments", "precision"),
    ),
    Rate(
        "argument_recall",
        lambda score: (score.arguments.hits, score.arguments.expected),
        place=("arguments", "recall"),
    ),
    Rate("argument_f1", lambda score: score.arguments, F1, title="argument F1", place=("arguments", "f1")),
    Rate(
        "tool_select_precision",
        lambda score: (score.tools.hits, score.tools.predicted),
        place=("tool_select", "precision"),
    ),
    Rate(
        "tool_select_recall",
        lambda score: (score.tools.hits, score.tools.expected),
        place=("tool_select", "recall"),
    ),
    Rate("tool_select_f1", lambda score: score.tools, F1, title="Tool Select F1", place=("tool_select", "f1")),
    Rate(
        "tool_recall",
        lambda score: None if score.retrieved is None else (score.retrieved, 1),
        title="tool recall of retrieval",
    ),
    Rate(
        "rouge_l",
        lambda score: None if score.rouge_l is None else (score.rouge_l, 1),
        MEAN,
        title="ROUGE-L of words",
    ),
    Rate(
        "unauthorised_call_rate",
        lambda score: None if score.unauthorised is None else (score.unauthorised, 1),
        better="min",
        title="unauthorised call rate",
    ),
)

RATES: dict[str, Rate] = {rate.name: rate for rate in _TABLE}
"""By name, in the order that they are shown in. A rate that is added here is measured, logged and may be monitored."""
RESERVED = {("total",), ("problems",), ("groups",), ("argument_types",), ("unsatisfiable",)}
"""What else stands in `metrics.json` beside the rates."""


def describe_rate(measured: Mapping[str, Any] | None) -> str:
    """Write a rate of `metrics.json` in percent with its 95% interval; nothing where nothing was measured.

    >>> describe_rate({"value": 0.82, "correct": 410, "total": 500, "low": 0.784, "high": 0.851})
    '82.0% [78%, 85%]'
    >>> describe_rate({"value": None, "low": None, "high": None}), describe_rate(None)
    ('', '')
    """
    if measured is None or measured.get("value") is None:
        return ""
    return f"{measured['value']:.1%} [{measured['low']:.0%}, {measured['high']:.0%}]"


def import_rates(paths: Sequence[str]) -> None:
    """Add rates of a user's own to the table.

    Args:
        paths: the import path of each, such as `my_rates.WORDS_ONLY`.

    Raises:
        UserError: there is no rate, or another one has its name or its place in `metrics.json`.
    """
    for path in paths:
        rate = import_object(path, "rates", "a Rate, such as my_rates.WORDS_ONLY")
        if not isinstance(rate, Rate):
            raise UserError(f"rates={path}: not a lit_toolcall.metrics.Rate: give the path of one")
        others = [each for each in RATES.values() if each is not rate]
        if rate.name in {each.name for each in others}:
            raise UserError(f"rates={path}: another rate is named {rate.name}: choose another name")
        if rate.path in {*RESERVED, *(each.path for each in others)}:
            raise UserError(f"rates={path}: metrics.json holds something else at {'.'.join(rate.path)}: change `place`")
        RATES[rate.name] = rate
