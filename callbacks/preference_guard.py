"""A guard of preference training against its two silent failures: a wrong reference, and collapse."""

from __future__ import annotations

from math import isfinite
from typing import Any, cast

import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_warn
from torch.optim import Optimizer

from lit_toolcall.modules import DPOModule
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import UserError

from .sample_calls import SampleCalls

FULL_PRECISION = 1e-5
HALF_PRECISION = 0.02
"""Largest difference of the first loss: 16-bit log-probabilities depend on what else is in a batch."""


class PreferenceGuard(Callback):
    """Checks the first loss, and warns or stops when the policy unlearns the chosen answers.

    Before the first step policy and reference must be equal, so that DPO's loss is log 2 (other losses have other
    constants): if it is not, the reference is not what the policy started from, and training stops.

    After that, at each logged step and validation: how much less likely than under the reference the chosen answers
    have become, and, beside a `SampleCalls`, by how much the rate of valid calls has dropped since the start: before
    the first step with its `at_start`, else since the first validation. Without a reference the valid calls alone are
    watched, and that the first loss is finite.

    Args:
        max_chosen_drop: how much log-probability the chosen answers may lose on average, in nats per token, before a
            warning.
        max_valid_drop: how much the sampled valid call rate may drop, 0 to 1, before a warning.
        stop: whether to stop training instead of warning; the last checkpoint is kept.
        tolerance: by how much the first loss may differ from what it must be, relative where that is above 1; where it
            is not given, 1e-5 if weights and `precision` are 32 bits, else 0.02.
    """

    def __init__(
        self,
        max_chosen_drop: float = 0.5,
        max_valid_drop: float = 0.2,
        stop: bool = False,
        tolerance: float | None = None,
    ) -> None:
        check_ranges(type(self), max_chosen_drop=max_chosen_drop, max_valid_drop=max_valid_drop, tolerance=tolerance)
        self.max_chosen_drop = max_chosen_drop
        self.max_valid_drop = max_valid_drop
        self.stop = stop
        self.tolerance = tolerance
        self._warned: set[str] = set()

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's signature)
        if not isinstance(pl_module, DPOModule):
            raise UserError(f"PreferenceGuard watches a DPOModule, not {type(pl_module).__name__}: leave it out")

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer) -> None:  # noqa: ARG002
        if trainer.global_step == 0:
            self._check_first_loss(trainer, cast(DPOModule, pl_module))

    def _check_first_loss(self, trainer: Trainer, pl_module: DPOModule) -> None:
        """Compare the loss of the first step with its value where policy and reference are equal."""
        loss, expected = pl_module.first_losses
        tolerance = self.tolerance
        if tolerance is None:
            is_full = pl_module.dtype_of_base == "float32" and trainer.precision == "32-true"
            tolerance = FULL_PRECISION if is_full else HALF_PRECISION
        if not isfinite(loss):
            raise UserError(
                f"the first loss is {loss}: look at model.loss and its settings, or compute in 32 bits "
                "(model.init_args.dtype, trainer.precision)"
            )
        if expected is not None and not abs(loss - expected) <= tolerance * max(1.0, abs(expected)):
            raise UserError(
                f"the first loss is {loss:.6f} and not {expected:.6f}, its value where policy and reference are "
                f"equal: the reference ({pl_module.reference_kind}) is not what the policy starts from. With "
                "model.init_adapter the reference must be adapter or cached"
            )

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,  # noqa: ARG002
        outputs: Any,  # noqa: ARG002
        batch: Any,  # noqa: ARG002
        batch_idx: int,
    ) -> None:
        every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]  # Lightning sets it, undeclared
        is_step = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        if every and is_step and trainer.global_step % every == 0:  # to look at a value waits for the GPU
            self._check_chosen(trainer, "train/chosen_logp_change")

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002
        if trainer.sanity_checking or trainer.state.fn != TrainerFn.FITTING:
            return
        self._check_chosen(trainer, "val/chosen_logp_change")
        for callback in trainer.callbacks:  # type: ignore[attr-defined]  # Lightning sets it, undeclared
            if isinstance(callback, SampleCalls):
                self._check_valid(trainer, callback)

    def _check_valid(self, trainer: Trainer, samples: SampleCalls) -> None:
        known = [rates["valid_call_rate"] for rates in samples.rates if "valid_call_rate" in rates]
        if not (known and samples.from_start):
            seen = "; drops are seen against the first validation only" if known else ""
            self._warn(
                "start",
                f"PreferenceGuard knows no valid call rate from before the first step{seen}: set at_start of "
                "SampleCalls, and ask questions with answers",
            )
        if known and not known[0] - known[-1] <= self.max_valid_drop:
            self._act(trainer, "valid", f"the sampled valid call rate fell from {known[0]:.1%} to {known[-1]:.1%}")

    def _check_chosen(self, trainer: Trainer, name: str) -> None:
        change = trainer.callback_metrics.get(name, torch.tensor(0.0)).item()
        if not change >= -self.max_chosen_drop:  # NaN is not either
            self._act(trainer, "chosen", f"the chosen answers have lost {-change:.2f} nats per token ({name})")

    def _act(self, trainer: Trainer, kind: str, what: str) -> None:
        """Warn once of each kind, or stop."""
        cure = "try loss SigmoidSFT, DPOP or CallAware, a lower lr, or fewer steps"
        if self.stop:
            trainer.should_stop = True
        done = "training stops" if self.stop else "training continues"
        self._warn(kind, f"step {trainer.global_step}: {what}: {done}; {cure}")

    def _warn(self, kind: str, sentence: str) -> None:
        if kind not in self._warned:
            self._warned.add(kind)
            rank_zero_warn(sentence)
