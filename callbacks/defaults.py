"""Callbacks that every training has, also where a config names others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, ProgressBar
from lightning.pytorch.utilities import rank_zero_info

from lit_toolcall.types import UserError

from .adapter_checkpoint import AdapterCheckpoint
from .progress import QuestionProgress


class ValidateAtEnd(Callback):
    """Validates after the last step of a run, which is then scored, sampled and perhaps among the best checkpoints.

    `trainer.val_check_interval` may be longer than the run, or end before it. A run that cannot validate says so.
    """

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:  # noqa: ARG002
        """Say before the first step what will not be validated; the data have been read.

        Raises:
            UserError: the interval is longer than an epoch and starts anew in each.
        """
        if stage != "fit":
            return
        if trainer.limit_val_batches == 0:
            rank_zero_info(
                "trainer.limit_val_batches=0: nothing is validated, so no best checkpoint is kept and no answers are "
                "sampled; last.ckpt is"
            )
            return
        interval = trainer.val_check_interval
        if not isinstance(interval, int) or trainer.check_val_every_n_epoch is None:
            return
        batches = len(trainer.datamodule.train_dataloader())  # type: ignore[attr-defined]  # Lightning sets it
        if interval > batches:
            raise UserError(
                f"trainer.val_check_interval={interval} is more than the {batches} micro-batches of an epoch: lower "
                "it, or set trainer.check_val_every_n_epoch to null, which counts over epochs"
            )

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Ask Lightning to stop where it stops anyway: it then validates first."""
        if is_last_step(trainer):
            if trainer.check_val_every_n_epoch is not None:
                trainer.check_val_every_n_epoch = 1
            trainer.should_stop = True


def is_last_step(trainer: Trainer) -> bool:
    """Tell whether the run ends after this micro-batch."""
    if trainer.max_steps != -1 and trainer.global_step >= trainer.max_steps:
        return True
    max_epochs = -1 if trainer.max_epochs is None else trainer.max_epochs
    return max_epochs != -1 and trainer.is_last_batch and trainer.current_epoch + 1 >= max_epochs


def add_default_callbacks(
    given: Callback | Sequence[Callback] | None,
    enable_checkpointing: bool | None,
    enable_progress_bar: bool | None,
    is_trained: bool,
) -> list[Callback]:
    """Add what a list of callbacks leaves out: a list in a second config replaces the first one's.

    Args:
        given: the callbacks of the config.
        enable_checkpointing: the trainer's; False switches checkpoints off.
        enable_progress_bar: the trainer's; False switches the progress bar off.
        is_trained: whether the command trains, and is no trial by `fast_dev_run`.

    Returns:
        The given ones and the added ones.
    """
    callbacks = list(given) if isinstance(given, Sequence) else [given] if given else []
    if enable_progress_bar is not False and not any(isinstance(callback, ProgressBar) for callback in callbacks):
        callbacks.append(QuestionProgress())
    if not is_trained:
        return callbacks
    checkpoints = [callback for callback in callbacks if isinstance(callback, Checkpoint)]
    if enable_checkpointing is not False and not checkpoints:
        callbacks.append(AdapterCheckpoint())
    elif checkpoints and not any(isinstance(callback, AdapterCheckpoint) for callback in checkpoints):
        names = " and ".join(type(callback).__name__ for callback in checkpoints)
        rank_zero_info(f"{names} keeps no PEFT folder beside its checkpoints: AdapterCheckpoint does")
    return [*callbacks, ValidateAtEnd()]
