"""One sentence at start for settings that Lightning, PyTorch or PEFT refuse late, or take for something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from lightning import LightningModule
from lightning.fabric.utilities.exceptions import MisconfigurationException

from lit_toolcall.cli.known_errors import find_user_error, first_words
from lit_toolcall.models.lora import check_targets
from lit_toolcall.modules.policy import PolicyModule
from lit_toolcall.modules.trainer_checks import check_precision
from lit_toolcall.ranges import Range, check_number, count_of
from lit_toolcall.types import UserError

NO_END = "-1 is no bound"
NUMBERS: dict[str, Range] = {
    "max_epochs": count_of(-1, NO_END, is_optional=True),
    "max_steps": count_of(-1, NO_END),
    "min_epochs": count_of(0, is_optional=True),
    "min_steps": count_of(0, is_optional=True),
    "num_nodes": count_of(),
    "accumulate_grad_batches": count_of(),
    "log_every_n_steps": count_of(is_optional=True),
    "check_val_every_n_epoch": count_of(is_optional=True),
    "num_sanity_val_steps": count_of(-1, "-1 is all", is_optional=True),
    "gradient_clip_val": Range(0, 1_000_000, hint="0 is no clipping", is_optional=True),
}
"""Of the trainer's settings that are numbers, those that have one meaning."""
SHARES_OR_COUNTS = {
    "limit_train_batches": False,
    "limit_val_batches": True,
    "limit_test_batches": False,
    "limit_predict_batches": False,
    "val_check_interval": False,
}
"""Settings that are a share as a float and a number of batches as an integer, and whether they may be 0."""
HALF = ("16-mixed", "16", 16)


def check_settings(trainer: Mapping[str, Any]) -> None:
    """Refuse settings of a run before anything is read.

    Args:
        trainer: the settings under `trainer`.

    Raises:
        UserError: one is out of range, or cannot be met here.
    """
    for name, allowed in NUMBERS.items():
        if name in trainer:
            check_number(f"trainer.{name}", trainer[name], allowed)
    for name in ("max_epochs", "max_steps"):
        if trainer.get(name) == 0:
            raise UserError(f"trainer.{name}=0 trains nothing: give at least 1, or -1 for no bound")
    for name, may_be_none in SHARES_OR_COUNTS.items():
        _check_share_or_count(f"trainer.{name}", trainer.get(name), may_be_none)
    _check_precision(trainer)


def _check_share_or_count(setting: str, value: Any, may_be_none: bool) -> None:
    if value is None or isinstance(value, str):  # None is Lightning's default; a time is a text or a mapping
        return
    if isinstance(value, float):
        check_number(setting, value, Range(0, 1, above=not may_be_none, hint="a share as 0.5, batches as 5"))
    elif isinstance(value, int):
        check_number(setting, value, count_of(0 if may_be_none else 1))


def _check_precision(trainer: Mapping[str, Any]) -> None:
    precision = trainer.get("precision")
    check_precision(precision)
    if not _is_on_cpu(trainer.get("accelerator")):
        return
    if precision in HALF:
        raise UserError(
            f"trainer.precision={precision}: float16 needs a GPU: on a CPU set trainer.precision to bf16-mixed and "
            "model.init_args.dtype to bfloat16, or 32-true and float32"
        )


def _is_on_cpu(accelerator: Any) -> bool:
    if accelerator == "cpu":
        return True
    has_gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    return accelerator in (None, "auto") and not has_gpu


def check_start(model: LightningModule) -> None:
    """Refuse adapters that cannot be made, before data are read.

    Raises:
        UserError: a target is not in the model.
    """
    if isinstance(model, PolicyModule):
        check_targets(model.base_model, model.lora, model.trust_remote_code)


@contextmanager
def missing_packages() -> Iterator[None]:
    """Say in a sentence which package a class of the config needs.

    Raises:
        UserError: it is not installed.
    """
    try:
        yield
    except Exception as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ModuleNotFoundError):
            cause = cause.__cause__ or cause.__context__
        if cause is None or find_user_error(error) is not None:
            raise
        raise UserError(
            f"a class of the config needs a package that is not installed ({first_words(cause)}): install it, or "
            "choose another class, such as another trainer.logger"
        ) from error


@contextmanager
def trainer_errors() -> Iterator[None]:
    """Say in a sentence what Lightning refuses when a trainer is made.

    Raises:
        UserError: it has refused something.
    """
    try:
        yield
    except (MisconfigurationException, ValueError, TypeError) as error:
        if "gpu" in str(error).lower() or "CUDA" in str(error):
            raise UserError(
                f"trainer.accelerator and trainer.devices: {torch.cuda.device_count()} GPUs can be used here "
                f"({first_words(error)}): set trainer.accelerator to cpu or auto, or trainer.devices to fewer"
            ) from error
        raise UserError(f"trainer: {first_words(error)}") from error
