"""Trainer settings under which an optimizer step would not be one global batch: refused before data are read."""

from __future__ import annotations

from typing import Any

from lightning import Trainer
from lightning.pytorch.callbacks import (
    BackboneFinetuning,
    BatchSizeFinder,
    GradientAccumulationScheduler,
    LearningRateFinder,
    ModelPruning,
    StochasticWeightAveraging,
    WeightAveraging,
)

from lit_toolcall.types import UserError

REFUSED_CALLBACKS = {
    GradientAccumulationScheduler: "it adds up whole optimizer steps; set data.init_args.global_batch_size instead",
    StochasticWeightAveraging: "it replaces the learning-rate schedule and averages adapters factor by factor",
    WeightAveraging: "checkpoints hold the weights that train, not their average",
    LearningRateFinder: "it trains before the run begins; compare runs of a few steps instead",
    BatchSizeFinder: "micro-batches are parts of a global batch; set trainer.accumulate_grad_batches instead",
    BackboneFinetuning: "only adapters train",
    ModelPruning: "it would prune the frozen base",
}
"""Lightning's callbacks that change what a step is or what trains."""
INSTEAD_OF_PRECISION = {
    "bf16-true": "bf16-mixed",
    "transformer-engine": "bf16-mixed",
    "16-true": "16-mixed",
    "transformer-engine-float16": "16-mixed",
}
"""Precisions under which adapters would be 16 bits, with those that keep only the frozen weights in 16."""


def refuse_trainer_settings(trainer: Trainer) -> None:
    """Refuse settings under which a step is not a whole global batch, or the weights are not what trains.

    Raises:
        UserError: naming the setting, and what to do instead.
    """
    set_by_trainer: Any = trainer  # some attributes are undeclared
    for callback in set_by_trainer.callbacks:
        for refused, reason in REFUSED_CALLBACKS.items():
            if isinstance(callback, refused):
                raise UserError(f"trainer.callbacks: {type(callback).__name__}: {reason}: leave it out")
    if trainer.barebones:
        raise UserError("trainer.barebones: nothing would be logged or kept: leave it out")
    check_precision(trainer.precision)
    if set_by_trainer.fast_dev_run:
        return
    if set_by_trainer.overfit_batches:
        raise UserError(
            "trainer.overfit_batches counts micro-batches, which differ in each epoch: limit the rows of a source "
            "instead, such as JsonLines with limit: 32"
        )
    if set_by_trainer.reload_dataloaders_every_n_epochs:
        raise UserError("trainer.reload_dataloaders_every_n_epochs: each epoch has its own order already: leave it out")
    _check_limit(trainer.limit_train_batches, trainer.accumulate_grad_batches)


def check_precision(precision: object) -> None:
    """Refuse to train adapters in anything but 32 bits.

    Args:
        precision: the trainer's, as the user writes it or as Lightning names it.

    Raises:
        UserError: with the precision to set instead.

    >>> check_precision(32), check_precision("bf16-mixed")
    (None, None)
    """
    fact = f"trainer.precision={precision}: adapters stay in 32 bits"
    if precision in INSTEAD_OF_PRECISION:
        raise UserError(
            f"{fact}, 16-bit ones lose small updates: set trainer.precision to {INSTEAD_OF_PRECISION[precision]} and "
            "model.init_args.dtype to the type of the frozen weights"
        )
    if precision in (64, "64", "64-true"):
        raise UserError(f"{fact}: set trainer.precision to 32-true and model.init_args.dtype to float32")


def _check_limit(limit: float, micro_batches: int) -> None:
    """Refuse to end an epoch inside an optimizer step.

    >>> _check_limit(1.0, 4), _check_limit(8, 4)
    (None, None)
    """
    if isinstance(limit, float) and limit not in (0.0, 1.0):
        raise UserError(
            f"trainer.limit_train_batches={limit} may end inside an optimizer step: give a number of micro-batches, a "
            f"multiple of trainer.accumulate_grad_batches={micro_batches}"
        )
    if isinstance(limit, int) and limit % micro_batches:
        raise UserError(
            f"trainer.limit_train_batches={limit} ends inside an optimizer step: give a multiple of "
            f"trainer.accumulate_grad_batches={micro_batches}"
        )
