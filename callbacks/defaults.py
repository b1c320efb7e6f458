"""Callbacks of every training, also where a config names others."""

from __future__ import annotations

from collections.abc import Sequence

from lightning import Callback
from lightning.pytorch.callbacks import Checkpoint, ProgressBar
from lightning.pytorch.utilities import rank_zero_info

from .checkpoint import AdapterCheckpoint
from .end_validation import ValidateAtEnd
from .progress import QuestionProgress


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
