"""The rates as torchmetrics classes, over batches and ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

from lit_toolcall.metrics.rates import RATES
from lit_toolcall.metrics.scores import Score
from lit_toolcall.types import UserError


class RateMetric(Metric):
    """Any rate of the table, over batches and ranks; NaN over nothing.

    `update` takes the scores of some answers, `compute` returns a 0-dim tensor.

    Args:
        rate: its name in `RATES`.

    Raises:
        UserError: no rate has that name.

    Example:
        >>> from lit_toolcall.metrics import Counts, Score
        >>> recall = RateMetric("argument_recall")
        >>> recall.update([Score(False, None, True, None, Counts(hits=1, predicted=2, expected=4), Counts())])
        >>> recall.compute()
        tensor(0.2500)
    """

    is_differentiable = False
    full_state_update = False
    sums: Tensor
    """(C,) the counts summed over answers, integers where they are whole."""

    def __init__(self, rate: str) -> None:
        super().__init__()
        if rate not in RATES:
            raise UserError(f"no rate is named {rate!r}: choose from {', '.join(RATES)}")
        self.rate = rate  # not the table's entry: its functions cannot be pickled
        dtype = torch.int64 if RATES[rate].ratio.is_whole else torch.float32
        self.add_state("sums", torch.tensor(RATES[rate].add_up([]), dtype=dtype), dist_reduce_fx="sum")

    @property
    def higher_is_better(self) -> bool:  # type: ignore[override]  # a class attribute there, which instances may not set
        return RATES[self.rate].better == "max"

    def update(self, scores: Sequence[Score]) -> None:
        self.sums += torch.tensor(RATES[self.rate].add_up(scores), dtype=self.sums.dtype, device=self.sums.device)

    def compute(self) -> Tensor:
        numerator, denominator = RATES[self.rate].ratio.divide(*self.sums)
        return numerator / denominator


class ToolCallExactMatch(RateMetric):
    """The fraction of answers whose names and arguments are all exactly the expected ones.

    Example:
        >>> from lit_toolcall.formats import Hermes
        >>> from lit_toolcall.metrics import score_prediction
        >>> from lit_toolcall.types import Example, Message, Prediction, Tool, ToolCall
        >>> schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        >>> question = Message("user", "Weather in Oslo?")
        >>> answer = Message("assistant", calls=(ToolCall("get_weather", {"city": "Oslo"}),))
        >>> example = Example("1", (Tool("get_weather", "", schema),), (question,), answer)
        >>> exact_match = ToolCallExactMatch()
        >>> for city in ("Oslo", "Lima"):  # what a model wrote
        ...     text = f'<tool_call>{{"name": "get_weather", "arguments": {{"city": "{city}"}}}}</tool_call>'
        ...     exact_match.update([score_prediction(Prediction(text, Hermes().parse(text)), example)])
        >>> exact_match.compute()
        tensor(0.5000)
    """

    def __init__(self) -> None:
        super().__init__("exact_match")


class BfclAstAccuracy(RateMetric):
    """The fraction of BFCL's questions that are answered rightly by its own rules; others do not count."""

    def __init__(self) -> None:
        super().__init__("ast_accuracy")


class ValidCallRate(RateMetric):
    """The fraction of answers without an invalid tool, argument or syntax."""

    def __init__(self) -> None:
        super().__init__("valid_call_rate")


class ArgumentF1(RateMetric):
    """Micro-averaged F1 of (argument, value) pairs."""

    def __init__(self) -> None:
        super().__init__("argument_f1")


class ToolSelectF1(RateMetric):
    """Micro-averaged F1 of the tools' names."""

    def __init__(self) -> None:
        super().__init__("tool_select_f1")


def score_metrics() -> MetricCollection:
    """Return a metric for each rate, under its name.

    Compute groups are off: torchmetrics merges metrics whose states agree on the first batch, and these do
    whenever the first answers are all right.
    """
    return MetricCollection({name: RateMetric(name) for name in RATES}, compute_groups=False)


def compute_known_rates(metrics: MetricCollection) -> dict[str, float]:
    """Compute all metrics, over all ranks, and leave out rates over nothing."""
    values = {name: float(value) for name, value in metrics.compute().items()}
    return {name: value for name, value in values.items() if math.isfinite(value)}
