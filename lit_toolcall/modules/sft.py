"""Supervised fine-tuning, with the loss on the answer only."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from lit_toolcall.losses import answer_loss, token_entropy, token_logps
from lit_toolcall.models.forward import answer_logits
from lit_toolcall.modules.training import Mode, Sums, TrainingModule
from lit_toolcall.packing import PackedBatch
from lit_toolcall.types import Example

SFT_MEANS: dict[str, Mode | None] = {"loss": "min", "token_accuracy": "max", "entropy": "min"}
"""What SFT logs for training and validation: whether the least or the greatest is best; None where neither is."""


class SFTModule(TrainingModule):
    """Trains a policy to give the answers of a data set."""

    row_kind = Example
    progress_bar = ("loss", "token_accuracy")

    def score_batch(self, batch: PackedBatch, logged: bool) -> tuple[Tensor, Sums]:
        logits = answer_logits(self.policy, batch)
        logps = token_logps(logits, batch.target_ids)
        loss = answer_loss(logps, batch.weights, batch.step_weight)
        return loss, sum_answers(logits.detach(), logps.detach(), batch) if logged else {}

    def take_means(self, sums: Mapping[str, float]) -> dict[str, float]:
        return {name: sums[name] / sums["weight"] for name in SFT_MEANS}


def sum_answers(logits: Tensor, logps: Tensor, batch: PackedBatch) -> Sums:
    """Sum over the trained tokens, each by its weight, the values that are logged as means.

    Args:
        logits: (R, V)
        logps: (R,) log-probabilities of the targets.
        batch: their weights and targets.

    Returns:
        Scalars: the negative log-probability and the entropy in nats, the number of correct tokens, the weight.
    """
    weights = batch.weights
    correct = (logits.argmax(-1) == batch.target_ids).float()
    return {
        "loss": -(logps * weights).sum(),
        "token_accuracy": (correct * weights).sum(),
        "entropy": (token_entropy(logits) * weights).sum(),
        "weight": weights.sum(),
    }
