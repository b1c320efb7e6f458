"""The training and validation loops of SFT and DPO: one global batch per step, logging over all ranks, resuming."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from math import isfinite
from random import Random
from typing import Any, ClassVar, Literal

import torch
from lightning import Callback
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from lit_toolcall.modules.agreement import RowKind, refuse_other_prompts, refuse_other_rows
from lit_toolcall.modules.finite import (
    MAX_SKIPPED_STEPS,
    describe_broken_step,
    refuse_broken_rates,
    refuse_broken_state,
)
from lit_toolcall.modules.lightning_loops import (
    count_begun_epochs,
    count_steps_of_epoch,
    leave_out_schedules,
    loop_state,
    set_logged_step,
    set_progress,
)
from lit_toolcall.modules.policy import PolicyModule
from lit_toolcall.modules.resume import (
    RunIdentity,
    count_epoch_steps,
    find_progress,
    identity_from_plain,
    identity_to_plain,
    refuse_changes,
    refuse_other_limit,
    refuse_too_few_rows,
)
from lit_toolcall.modules.schedules import apply_settings, name_of, read_settings, takes_warmup
from lit_toolcall.modules.trainer_checks import refuse_trainer_settings
from lit_toolcall.packing import PackedBatch, RowIdentity
from lit_toolcall.types import UserError

Sums = dict[str, Tensor]
"""Scalars that add up over micro-batches and ranks; logged values are computed from them."""
Mode = Literal["min", "max"]
"""Whether the least or the greatest of a logged value is best."""
STEP_VALUES = ("lr", "gradient_norm", "tokens_per_second", "examples_per_second", "trained_tokens")
"""Logged of each training step beside the means, in this order."""


class TrainingModule(PolicyModule):
    """Trains on packed batches."""

    row_kind: ClassVar[RowKind | None] = None
    """What the rows are that it trains on; None for any."""
    progress_bar: tuple[str, ...] = ("loss",)
    """The means that the progress bar shows."""
    _settings_before: list[dict[str, Any]] | None = None
    """Of the optimizer whose state is restored; None where none is."""
    _more_steps_before: int = 0
    """Steps trained before this run was resumed, beyond those of its own cut of the rows; negative where fewer."""

    @abstractmethod
    def score_batch(self, batch: PackedBatch, logged: bool) -> tuple[Tensor, Sums]:
        """Compute a micro-batch's part of its step's loss.

        Args:
            batch: a micro-batch.
            logged: whether the sums are used.

        Returns:
            The loss, whose sum over all micro-batches and ranks is the step's, and the sums.
        """

    @abstractmethod
    def take_means(self, sums: Mapping[str, float]) -> dict[str, float]:
        """Compute the logged values, `loss` among them, from the sums over micro-batches and ranks."""

    def configure_callbacks(self) -> Sequence[Callback]:
        """Add none: this is the first hook, before data are read, and the place to refuse what cannot train."""
        if self.trainer.state.fn in (TrainerFn.FITTING, TrainerFn.VALIDATING):
            data: object = self.trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it, undeclared
            refuse_other_rows(type(self).__name__, self.row_kind, data)
            refuse_other_prompts(self.base_model, self.prompt, data)
        if self.trainer.state.fn == TrainerFn.FITTING:
            refuse_trainer_settings(self.trainer)
            optimizer, _ = self.make_steps([nn.Parameter(torch.zeros(8, 8))], steps=1_000_000)
            self._optimizer_name, self._settings_at_start = name_of(optimizer), read_settings(optimizer)
            if self.warmup_ratio and not takes_warmup(self.schedule):
                self.print(f"{name_of(self.schedule)} has no warm-up: warmup_ratio={self.warmup_ratio} has no effect")
        return []

    def count_steps(self) -> int:
        """Count the steps before this run was resumed too, so that the schedule ends with the run."""
        steps, most = super().count_steps(), self.trainer.max_steps
        if not self._more_steps_before or self.trainer.max_epochs in (None, -1):
            return steps
        by_epochs = self._steps_per_epoch * self.trainer.max_epochs + self._more_steps_before
        return by_epochs if most == -1 else min(by_epochs, most)

    def on_fit_start(self) -> None:
        super().on_fit_start()
        self._noise_seed = torch.initial_seed()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what a resumed run must know; refuse to keep weights that are NaN or infinite."""
        super().on_save_checkpoint(checkpoint)
        if self.trainer.state.fn != TrainerFn.FITTING:
            return
        self._stop_if_broken()
        refuse_broken_state(checkpoint)
        progress = find_progress(count_steps_of_epoch(loop_state(checkpoint)), self._rows, self._parts)
        checkpoint["resume"] = {
            "identity": identity_to_plain(self._describe_run()),
            "optimizer_settings": self.optimizer_settings,
            "rows_done": progress.rows,
            "steps_done": progress.steps,
            "micro_batches": self.trainer.accumulate_grad_batches,
            "devices": self.trainer.world_size,
            "epoch_limit": self._epoch_limit,
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        if self.trainer.state.fn == TrainerFn.FITTING:
            self.check_resume(checkpoint)
            self._set_progress(checkpoint)

    def check_resume(self, checkpoint: Mapping[str, Any]) -> None:
        """Refuse to resume what is not this run.

        Raises:
            UserError: the checkpoint holds weights only, something differs that may not, or nothing would be trained.
        """
        if self.trainer.fast_dev_run:  # type: ignore[attr-defined]  # Lightning sets it, undeclared
            raise UserError("trainer.fast_dev_run tries the first step of a run: leave out --ckpt_path")
        if not {"loops", "optimizer_states", "lr_schedulers"} <= checkpoint.keys():
            raise UserError(
                "the checkpoint of --ckpt_path holds weights only: start from them by model.init_args.init_adapter"
            )
        kept = checkpoint.get("resume")
        before = identity_from_plain(kept["identity"]) if kept else None
        if kept and before:
            refuse_changes(before, self._describe_run(), kept["optimizer_settings"], self._settings_at_start)
            refuse_other_limit(kept.get("epoch_limit", self._epoch_limit), self._epoch_limit)
        else:
            self.print(
                "the checkpoint is of an older version: whether rows, seed, global_batch_size, base model and "
                "optimizer are those of its run cannot be checked, and micro-batches and devices must be"
            )

    def _check_end(self, epochs: int) -> None:
        """Say that nothing is left, or refuse to resume with less than was trained."""
        for name, done, limit in (
            ("max_epochs", epochs, self.trainer.max_epochs),
            ("max_steps", self.trained_steps, self.trainer.max_steps),
        ):
            if limit not in (None, -1) and done > limit:
                raise UserError(
                    f"the checkpoint of --ckpt_path has trained {self.trained_steps} steps (whole epochs: {epochs}), "
                    f"more than trainer.{name}={limit}: raise it"
                )
            if limit == done:
                self.print(f"nothing is left to train: trainer.{name}={limit} is reached; raise it to train more")

    def _set_progress(self, checkpoint: dict[str, Any]) -> None:
        """Resume at the optimizer step, by rows, with this run's schedule and micro-batches."""
        state, micro_batches = loop_state(checkpoint), self.trainer.accumulate_grad_batches
        kept = checkpoint.get("resume", {"micro_batches": micro_batches, "devices": self.trainer.world_size})
        progress = find_progress(count_steps_of_epoch(state), self._rows, kept["micro_batches"] * kept["devices"])
        refuse_too_few_rows(progress, self._rows, self._parts)
        steps = count_epoch_steps(self._rows, self._parts) if progress.is_end else progress.steps
        begun = count_begun_epochs(state)
        is_end = progress.is_end or progress.steps == self._epoch_limit
        epochs = begun if is_end else max(0, begun - 1)  # max_steps ends a run, and Lightning counts its epoch as whole
        self._check_end(epochs)
        in_own_cut = epochs * self._steps_per_epoch + (0 if is_end else steps)
        self._more_steps_before = self.trained_steps - in_own_cut
        set_progress(state, steps, kept["micro_batches"], micro_batches)
        leave_out_schedules(checkpoint)  # the rate follows from the step and this run's settings alone
        self._settings_before = kept.get("optimizer_settings", [])

    @property
    def _rows(self) -> RowIdentity:
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it, undeclared
        identity: RowIdentity = data.row_identity
        return identity

    @property
    def _steps_per_epoch(self) -> int:
        steps = count_epoch_steps(self._rows, self._parts)
        return min(steps, self._epoch_limit or steps)

    @property
    def _epoch_limit(self) -> int | None:
        """Optimizer steps after which trainer.limit_train_batches ends an epoch; None where it does not."""
        limit = self.trainer.limit_train_batches
        steps = limit // self.trainer.accumulate_grad_batches if isinstance(limit, int) else None
        return steps if steps and steps < count_epoch_steps(self._rows, self._parts) else None

    @property
    def _parts(self) -> int:
        return self.trainer.accumulate_grad_batches * self.trainer.world_size

    def _describe_run(self) -> RunIdentity:
        return RunIdentity(
            module=type(self).__name__,
            optimizer=self._optimizer_name,
            base_model=self.base_model,
            base_hash=self.base_hash,
            dtype=self.dtype_of_base,
            quantization=self.quantization,
            rows=self._rows,
        )

    def on_train_start(self) -> None:
        self._sums: Sums = {}
        self._counts = torch.zeros(2)
        self._trained_tokens = 0
        self._since = time.perf_counter()
        self._step_loss = torch.zeros((), device=self.device)
        self._health = torch.zeros(2, device=self.device)
        self._skipped_steps = 0
        if self._settings_before is not None:
            optimizer, schedule = self.optimizers(use_pl_optimizer=False), self.lr_schedulers()
            assert isinstance(optimizer, Optimizer)
            assert isinstance(schedule, LRScheduler)
            apply_settings(
                optimizer, self.optimizer_settings, self._settings_before, schedule, self.trainer.global_step
            )
            self._settings_before = None

    def on_train_batch_start(self, batch: PackedBatch, batch_idx: int) -> None:  # noqa: ARG002 (Lightning's signature)
        """Log by optimizer steps, and seed dropout by them: a resumed run drops what an undisturbed one does."""
        step, part = self.trainer.global_step, batch_idx % self.trainer.accumulate_grad_batches
        set_logged_step(self.trainer, step)
        torch.manual_seed(Random(f"{self._noise_seed}:{step}:{part}:{self.global_rank}").getrandbits(63))

    def training_step(self, batch: PackedBatch, batch_idx: int) -> Tensor:  # noqa: ARG002 (Lightning's signature)
        logged = self._is_logged()
        loss, sums = self.score_batch(batch, logged)
        self._counts += torch.tensor([batch.tokens, batch.examples])
        self._trained_tokens += len(batch.target_ids)
        self._step_loss = self._step_loss + loss.detach().float()
        if logged:
            self._sums = add_sums(self._sums, sums)
        # Lightning divides by the micro-batches, DDP by the ranks; the step's weight has counted both already.
        return loss * self.trainer.accumulate_grad_batches * self.trainer.world_size

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Check every step; log some, over all ranks, with the norm of the gradient before clipping."""
        gradients = [parameter.grad for parameter in self.parameters() if parameter.grad is not None]
        norm = torch.nn.utils.get_total_norm(gradients)
        self._watch(norm)
        refuse_broken_rates([group["lr"] for group in optimizer.param_groups], self.trainer.global_step + 1)
        if not self._is_logged():
            return
        counts = torch.cat([self._counts, torch.tensor([float(self._trained_tokens)])])
        tokens, examples, trained = self.trainer.strategy.reduce(counts.to(self.device), reduce_op="sum").tolist()
        seconds = time.perf_counter() - self._since
        self._stop_if_broken()
        self._log_means("train", self._sums)
        values = (optimizer.param_groups[0]["lr"], norm, tokens / seconds, examples / seconds, trained)
        self.log_dict({f"train/{name}": value for name, value in zip(STEP_VALUES, values, strict=True)})
        self._sums = {}
        self._counts.zero_()
        self._since = time.perf_counter()

    def _watch(self, gradient_norm: Tensor) -> None:
        """Add up losses and gradient norms, alike on all ranks: NaN stays NaN. A GPU is asked only before saving."""
        loss, self._step_loss = self._step_loss, torch.zeros_like(self._step_loss)
        if getattr(self.trainer.precision_plugin, "scaler", None) is not None:  # which skips such a step
            self._skipped_steps = 0 if isfinite(gradient_norm.item()) else self._skipped_steps + 1
            if self._skipped_steps > MAX_SKIPPED_STEPS:
                raise UserError(
                    f"fp16's gradient scaler has skipped {self._skipped_steps} steps in a row, up to step "
                    f"{self.trainer.global_step + 1}: nothing trains any more: set trainer.precision to bf16-mixed, or "
                    "lower the learning rate. Earlier checkpoints are kept"
                )
            if self._skipped_steps:
                return
        if self.trainer.world_size > 1:
            loss = torch.as_tensor(self.trainer.strategy.reduce(loss, reduce_op="sum"))
        self._health = self._health + torch.stack([loss, gradient_norm.to(loss)])
        if self.device.type == "cpu":
            self._stop_if_broken()

    def _stop_if_broken(self) -> None:
        loss, norm = self._health.tolist()
        if not (isfinite(loss) and isfinite(norm)):
            raise UserError(describe_broken_step(self.trainer.global_step + 1, loss, norm))
        self._health.zero_()

    def _is_logged(self) -> bool:
        every = self.trainer.log_every_n_steps  # type: ignore[attr-defined]  # Lightning sets it, undeclared
        return every > 0 and (self.trainer.global_step + 1) % every == 0

    def on_train_end(self) -> None:
        self._stop_if_broken()

    def on_validation_epoch_start(self) -> None:
        self._validation_sums: Sums = {}

    def validation_step(self, batch: PackedBatch, batch_idx: int) -> None:  # noqa: ARG002
        self._validation_sums = add_sums(self._validation_sums, self.score_batch(batch, logged=True)[1])

    def on_validation_epoch_end(self) -> None:
        """Log means over all ranks' rows, each counted once."""
        loss = self._log_means("val", self._validation_sums)["loss"]
        if not isfinite(loss):
            rank_zero_warn(
                f"val/loss at step {self.trainer.global_step} is {loss}, though the weights are finite: this state is "
                "never among the best; look at the learning rate, or compute in 32 bits (model.init_args.dtype, "
                "trainer.precision)"
            )

    def _log_means(self, stage: str, sums: Sums) -> dict[str, float]:
        reduced = self.trainer.strategy.reduce(torch.stack(list(sums.values())), reduce_op="sum").tolist()
        means = self.take_means(dict(zip(sums, reduced, strict=True)))
        for name, value in means.items():
            self.log(f"{stage}/{name}", value, prog_bar=name in self.progress_bar)
        return means


def add_sums(before: Sums, more: Sums) -> Sums:
    """Add sums of one kind; nothing before the first.

    >>> add_sums({}, {"loss": torch.tensor(1.0)})
    {'loss': tensor(1.)}
    """
    return {name: before[name] + value if before else value.detach() for name, value in more.items()}
