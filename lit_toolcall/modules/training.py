"""The training and validation loops that SFT and DPO share: one window a step, what is logged, all ranks together."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping
from math import isfinite

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from lit_toolcall.modules.policy import PolicyModule
from lit_toolcall.packing import PackedBatch
from lit_toolcall.types import UserError

Sums = dict[str, Tensor]
"""Scalars that add up over micro-batches and ranks, and that what is logged is computed from."""


class TrainingModule(PolicyModule):
    """Trains on packed batches."""

    progress_bar: tuple[str, ...] = ("loss",)
    """Which of the means the progress bar shows."""

    @abstractmethod
    def score_batch(self, batch: PackedBatch, logged: bool) -> tuple[Tensor, Sums]:
        """Compute a micro-batch's share of its window's loss.

        Args:
            batch: a micro-batch.
            logged: whether the sums will be looked at.

        Returns:
            The loss, whose sum over all micro-batches and ranks is the window's, and the sums.
        """

    @abstractmethod
    def take_means(self, sums: Mapping[str, float]) -> dict[str, float]:
        """Compute what is logged from the sums over micro-batches and ranks; with `loss` among it."""

    def on_train_start(self) -> None:
        self._sums: Sums = {}
        self._counts = torch.zeros(2)
        self._trained_tokens = 0
        self._since = time.perf_counter()
        schedule = self.lr_schedulers()
        if isinstance(schedule, LambdaLR):  # a run that goes on with other max_steps brings the rate of the old ones
            factors = [factor(schedule.last_epoch) for factor in schedule.lr_lambdas]
            for group, base, factor in zip(schedule.optimizer.param_groups, schedule.base_lrs, factors, strict=True):
                group["lr"] = base * factor

    def on_train_batch_start(self, batch: PackedBatch, batch_idx: int) -> None:  # noqa: ARG002 (Lightning's signature)
        """Log by optimizer steps: after an interrupt, Lightning's own count of them is one too high."""
        self.trainer.fit_loop.epoch_loop._batches_that_stepped = self.trainer.global_step

    def training_step(self, batch: PackedBatch, batch_idx: int) -> Tensor:  # noqa: ARG002 (Lightning's signature)
        logged = self._is_logged()
        loss, sums = self.score_batch(batch, logged)
        self._counts += torch.tensor([batch.tokens, batch.examples])
        self._trained_tokens += len(batch.target_ids)
        if logged:
            self._sums = add_sums(self._sums, sums)
        # Lightning divides by the micro-batches, DDP by the ranks; the window's size has counted both already.
        return loss * self.trainer.accumulate_grad_batches * self.trainer.world_size

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Log the window, all ranks together, and the norm of its gradient before clipping."""
        if not self._is_logged():
            return
        gradients = [parameter.grad for parameter in self.parameters() if parameter.grad is not None]
        counts = torch.cat([self._counts, torch.tensor([float(self._trained_tokens)])])
        tokens, examples, trained = self.trainer.strategy.reduce(counts.to(self.device), reduce_op="sum").tolist()
        seconds = time.perf_counter() - self._since
        self._check_finite(self._log_means("train", self._sums)["loss"])
        self.log_dict(
            {
                "train/lr": optimizer.param_groups[0]["lr"],
                "train/gradient_norm": torch.nn.utils.get_total_norm(gradients),
                "train/tokens_per_second": tokens / seconds,
                "train/examples_per_second": examples / seconds,
                "train/trained_tokens": trained,
            }
        )
        self._sums = {}
        self._counts.zero_()
        self._since = time.perf_counter()

    def _is_logged(self) -> bool:
        every = self.trainer.log_every_n_steps  # type: ignore[attr-defined]  # Lightning sets it, undeclared
        return every > 0 and (self.trainer.global_step + 1) % every == 0

    def on_validation_epoch_start(self) -> None:
        self._validation_sums: Sums = {}

    def validation_step(self, batch: PackedBatch, batch_idx: int) -> None:  # noqa: ARG002
        self._validation_sums = add_sums(self._validation_sums, self.score_batch(batch, logged=True)[1])

    def on_validation_epoch_end(self) -> None:
        """Log means over all ranks' rows, each counted once."""
        self._log_means("val", self._validation_sums)

    def _log_means(self, stage: str, sums: Sums) -> dict[str, float]:
        reduced = self.trainer.strategy.reduce(torch.stack(list(sums.values())), reduce_op="sum").tolist()
        means = self.take_means(dict(zip(sums, reduced, strict=True)))
        for name, value in means.items():
            self.log(f"{stage}/{name}", value, prog_bar=name in self.progress_bar)
        return means

    def _check_finite(self, loss: float) -> None:
        """Stop at the first logged loss that is no number; under fp16 the gradient scaler leaves out such a step."""
        if isfinite(loss) or getattr(self.trainer.precision_plugin, "scaler", None) is not None:
            return
        raise UserError(
            f"the loss of step {self.trainer.global_step + 1} is {loss}: lower the learning rate, look at model.loss, "
            "or compute in 32 bits (model.init_args.dtype, trainer.precision). Earlier checkpoints are kept"
        )


def add_sums(before: Sums, more: Sums) -> Sums:
    """Add sums of one kind; nothing before the first.

    >>> add_sums({}, {"loss": torch.tensor(1.0)})
    {'loss': tensor(1.)}
    """
    return {name: before[name] + value if before else value.detach() for name, value in more.items()}
