"""Supervised fine-tuning: the loss on the answer only."""

from __future__ import annotations

import time

import torch
from torch import Tensor
from torch.optim import Optimizer

from lit_toolcall.losses import answer_loss, token_entropy, token_logps
from lit_toolcall.models.policy import answer_logits
from lit_toolcall.modules.policy import PolicyModule
from lit_toolcall.packing import PackedBatch


class SFTModule(PolicyModule):
    """Trains a policy to give the answers of a data set."""

    def on_train_start(self) -> None:
        self._sums = torch.zeros(4, device=self.device)
        self._counts = torch.zeros(2)
        self._trained_tokens = 0
        self._since = time.perf_counter()

    def training_step(self, batch: PackedBatch, batch_idx: int) -> Tensor:  # noqa: ARG002 (Lightning's signature)
        logits = answer_logits(self.policy, batch)
        logps = token_logps(logits, batch.target_ids)
        loss = answer_loss(logps, batch.weights, batch.window_weight)
        self._counts += torch.tensor([batch.tokens, batch.examples])
        self._trained_tokens += len(batch.target_ids)
        if self._is_logged():
            self._sums += answer_sums(logits.detach(), logps.detach(), batch)
        # Lightning divides by the micro-batches, DDP by the ranks; the window's weight has counted both already.
        return loss * self.trainer.accumulate_grad_batches * self.trainer.world_size

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Log the window, all ranks together, and the norm of its gradient before clipping."""
        if not self._is_logged():
            return
        gradients = [parameter.grad for parameter in self.parameters() if parameter.grad is not None]
        counts = torch.cat([self._counts, torch.tensor([float(self._trained_tokens)])])
        loss, weight, correct, entropy = self.trainer.strategy.reduce(self._sums, reduce_op="sum").tolist()
        tokens, examples, trained = self.trainer.strategy.reduce(counts.to(self.device), reduce_op="sum").tolist()
        seconds = time.perf_counter() - self._since
        self.log("train/loss", loss / weight, prog_bar=True)
        self.log("train/token_accuracy", correct / weight, prog_bar=True)
        self.log_dict(
            {
                "train/entropy": entropy / weight,
                "train/lr": optimizer.param_groups[0]["lr"],
                "train/gradient_norm": torch.nn.utils.get_total_norm(gradients),
                "train/tokens_per_second": tokens / seconds,
                "train/examples_per_second": examples / seconds,
                "train/trained_tokens": trained,
            }
        )
        self._sums.zero_()
        self._counts.zero_()
        self._since = time.perf_counter()

    def _is_logged(self) -> bool:
        every = self.trainer.log_every_n_steps  # type: ignore[attr-defined]  # Lightning sets it, undeclared
        return every > 0 and (self.trainer.global_step + 1) % every == 0

    def on_validation_epoch_start(self) -> None:
        self._validation_sums = torch.zeros(4, device=self.device)

    def validation_step(self, batch: PackedBatch, batch_idx: int) -> None:  # noqa: ARG002
        logits = answer_logits(self.policy, batch)
        self._validation_sums += answer_sums(logits, token_logps(logits, batch.target_ids), batch)

    def on_validation_epoch_end(self) -> None:
        """Log means over all ranks' rows, each counted once."""
        sums = self.trainer.strategy.reduce(self._validation_sums, reduce_op="sum")
        loss, weight, correct, entropy = sums.tolist()
        self.log("val/loss", loss / weight, prog_bar=True)
        self.log_dict({"val/token_accuracy": correct / weight, "val/entropy": entropy / weight})


def answer_sums(logits: Tensor, logps: Tensor, batch: PackedBatch) -> Tensor:
    """Sum over the trained tokens, each by its weight, what is logged as means.

    Args:
        logits: (R, V)
        logps: (R,) log-probabilities of the targets.
        batch: their weights and targets.

    Returns:
        (4,): negative log-probability in nats, weight, correct tokens, entropy in nats.
    """
    weights = batch.weights
    correct = (logits.argmax(-1) == batch.target_ids).float()
    rows = torch.stack([-logps, torch.ones_like(logps), correct, token_entropy(logits)])  # (4, R)
    return (rows * weights).sum(1)
