"""Scores summed up as torchmetrics, over batches and ranks."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

from lit_toolcall.metrics.matching import Counts
from lit_toolcall.metrics.scores import Score


class ScoreShare(Metric):
    """The share of answers for which something holds; nan before the first."""

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    correct: Tensor
    total: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("correct", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("total", torch.tensor(0), dist_reduce_fx="sum")

    @abstractmethod
    def verdict(self, score: Score) -> bool | None:
        """Return whether it holds; None for an answer that does not count."""

    def update(self, scores: Sequence[Score]) -> None:
        verdicts = [verdict for verdict in map(self.verdict, scores) if verdict is not None]
        self.correct += sum(verdicts)
        self.total += len(verdicts)

    def compute(self) -> Tensor:
        return self.correct / self.total


class ToolCallExactMatch(ScoreShare):
    """The share of answers whose names and arguments are all exactly the expected ones."""

    def verdict(self, score: Score) -> bool | None:
        return score.exact


class BfclAstAccuracy(ScoreShare):
    """The share of BFCL's questions that are answered rightly by its own rules; others do not count."""

    def verdict(self, score: Score) -> bool | None:
        return score.ast


class ValidCallRate(ScoreShare):
    """The share of answers without an invalid tool, argument or syntax."""

    def verdict(self, score: Score) -> bool | None:
        return score.valid


class ScoreF1(Metric):
    """Micro-averaged counts of one kind; a rate over nothing is nan."""

    is_differentiable = False
    higher_is_better = True
    full_state_update = False
    hits: Tensor
    predicted: Tensor
    expected: Tensor

    def __init__(self) -> None:
        super().__init__()
        for state in ("hits", "predicted", "expected"):
            self.add_state(state, torch.tensor(0), dist_reduce_fx="sum")

    @abstractmethod
    def counts_of(self, score: Score) -> Counts:
        """Return the counts of this kind."""

    def update(self, scores: Sequence[Score]) -> None:
        counts = sum(map(self.counts_of, scores), Counts())
        self.hits += counts.hits
        self.predicted += counts.predicted
        self.expected += counts.expected

    def total(self) -> Counts:
        """Return the counts so far."""
        return Counts(int(self.hits), int(self.predicted), int(self.expected))

    def rate(self, value: float | None) -> Tensor:
        return torch.tensor(math.nan if value is None else value, device=self.hits.device)


class ArgumentF1(ScoreF1):
    """Precision, recall and F1 of (argument, value) pairs."""

    def counts_of(self, score: Score) -> Counts:
        return score.arguments

    def compute(self) -> dict[str, Tensor]:
        total = self.total()
        return {
            "argument_precision": self.rate(total.precision),
            "argument_recall": self.rate(total.recall),
            "argument_f1": self.rate(total.f1),
        }


class ToolSelectF1(ScoreF1):
    """F1 of the tools' names."""

    def counts_of(self, score: Score) -> Counts:
        return score.tools

    def compute(self) -> Tensor:
        return self.rate(self.total().f1)


def score_metrics() -> MetricCollection:
    """Return all of these under the names that are logged.

    Compute groups are off: torchmetrics merges metrics whose states agree on the first batch, and these do
    whenever the first answers are all right.
    """
    return MetricCollection(
        {
            "exact_match": ToolCallExactMatch(),
            "ast_accuracy": BfclAstAccuracy(),
            "valid_call_rate": ValidCallRate(),
            "argument": ArgumentF1(),
            "tool_select_f1": ToolSelectF1(),
        },
        compute_groups=False,
    )


def compute_known_rates(metrics: MetricCollection) -> dict[str, float]:
    """Compute all metrics, over all ranks, and leave out rates over nothing."""
    values = {name: float(value) for name, value in metrics.compute().items()}
    return {name: value for name, value in values.items() if math.isfinite(value)}
