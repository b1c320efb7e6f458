"""Checks before a command begins: its settings, classes and run folder; each refusal is one sentence."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
import yaml
from filelock import BaseFileLock, FileLock, Timeout
from jsonargparse import Namespace
from lightning import LightningDataModule, LightningModule
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.loggers import CSVLogger, Logger

from lit_toolcall.cli.known_errors import find_user_error, first_words, list_causes
from lit_toolcall.cli.settings import list_abstract_methods, load_text
from lit_toolcall.models.checkpoint import read_checkpoint
from lit_toolcall.models.lora import check_targets
from lit_toolcall.modules.policy import PolicyModule
from lit_toolcall.modules.resume import tell_effect
from lit_toolcall.modules.trainer_checks import check_precision
from lit_toolcall.paths import expand_path
from lit_toolcall.ranges import Range, check_number, count_of
from lit_toolcall.types import UserError

NO_END = "-1 is no limit"
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
FRACTIONS_OR_COUNTS = {
    "limit_train_batches": False,
    "limit_val_batches": True,
    "limit_test_batches": False,
    "limit_predict_batches": False,
    "val_check_interval": False,
}
"""Settings that are a fraction as a float and a number of batches as an integer, and whether they may be 0."""
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
            raise UserError(f"trainer.{name}=0 trains nothing: give at least 1, or -1 for no limit")
    for name, may_be_zero in FRACTIONS_OR_COUNTS.items():
        _check_fraction_or_count(f"trainer.{name}", trainer.get(name), may_be_zero)
    _check_precision(trainer)


def restore_counts(trainer: Namespace, given: Mapping[str, Any]) -> None:
    """Give settings that are a fraction or a count the kind of number that was written.

    `typing` keeps one `Union[int, float]` for both orders of its members, the first that any library made, and the
    parser tries them in this order: 1, a count, may come out as 1.0, the whole.

    Args:
        trainer: the settings under `trainer`, as parsed.
        given: the same as they were written.

    >>> trainer = Namespace(limit_train_batches=1.0)
    >>> restore_counts(trainer, {"limit_train_batches": "1"})
    >>> trainer.limit_train_batches
    1
    """
    for name in FRACTIONS_OR_COUNTS:
        written = given.get(name)
        written = load_text(written) if isinstance(written, str) else written
        if type(written) in (int, float) and trainer.get(name) == written:
            trainer[name] = written


def _check_fraction_or_count(setting: str, value: Any, may_be_zero: bool) -> None:
    if value is None or isinstance(value, str):  # None is Lightning's default; a time is a text or a mapping
        return
    if isinstance(value, float):
        check_number(
            setting, value, Range(0, 1, above=not may_be_zero, hint="0.5 is a fraction, 5 a number of batches")
        )
    elif isinstance(value, int):
        check_number(setting, value, count_of(0 if may_be_zero else 1))


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


PATHS = ("base_model", "cache_dir", "ckpt_path", "default_root_dir", "dirpath", "init_adapter", "report")
PATHS_OF_OTHERS = ("dir", "log_dir", "root_dir", "save_dir")
"""Of loggers and callbacks of Lightning."""


def expand_paths(config: Namespace | list[Any]) -> None:
    """Write every setting that is a path in full, inside lists and classes too.

    Raises:
        UserError: no such user, or a variable that is not set.

    >>> config = Namespace(trainer=Namespace(default_root_dir="~/runs", logger=[Namespace(save_dir="~")]))
    >>> expand_paths(config)
    >>> "~" in str(config)
    False
    """
    for holder, name, value in list(_list_values(config)):
        if name in (*PATHS, *PATHS_OF_OTHERS) and isinstance(value, str):
            holder[name] = expand_path(value, name)


def _list_values(config: Any) -> Iterator[tuple[Any, str, Any]]:
    if isinstance(config, list):
        for each in config:
            yield from _list_values(each)
    elif isinstance(config, Namespace | dict):
        for name, value in vars(config).items() if isinstance(config, Namespace) else config.items():
            yield config, name, value
            yield from _list_values(value)


LOCK = ".lock"
"""Of a run folder; the kernel frees it when the process dies, however it does."""


def refuse_abstract(made: LightningModule | LightningDataModule, setting: str) -> None:
    """Refuse an abstract base class: LightningModule has no metaclass that does.

    Raises:
        UserError: a method of it is abstract.
    """
    if methods := list_abstract_methods(type(made)):
        raise UserError(
            f"{setting}.class_path: `{type(made).__name__}` is an abstract base class (it has no "
            f"{', '.join(methods)}): choose a class made from it"
        )


def print_differences(checkpoint: Path, dumped: str, command: str) -> None:
    """Print where this run's settings differ from the checkpoint's, and for `fit` what follows from each.

    For other commands only model and prompt matter, and this run's settings hold.
    """
    trained_with = checkpoint.parent.parent / "config.yaml"
    if not trained_with.is_file():
        return
    before, now = (flatten_config(yaml.safe_load(text)) for text in (trained_with.read_text(encoding="utf-8"), dumped))
    now = {name.removeprefix(f"{command}."): value for name, value in now.items()}
    trained_as = before.get("model.class_path")
    if now.get("model.class_path") != trained_as:  # its settings would be compared with none
        print(f"model.class_path is {now.get('model.class_path')}; the checkpoint was trained as {trained_as}")
        return
    for name in (name for name in now if before.get(name) != now[name] and name not in ("ckpt_path", "config")):
        difference = f"{name} is {now[name]}; the checkpoint was trained with {before.get(name)}"
        if command == "fit":
            print(f"{difference}: {tell_effect(name, before.get(name, now[name]), now[name])}")
        elif name.partition(".")[0] in ("base_model", "prompt", "model"):
            print(difference)


def flatten_config(config: Any, prefix: str = "") -> dict[str, Any]:
    """Name each value of nested mappings by its path.

    >>> flatten_config({"model": {"lora": {"r": 16}}})
    {'model.lora.r': 16}
    """
    if not isinstance(config, dict):
        return {prefix.removesuffix("."): config}
    return {name: value for key in config for name, value in flatten_config(config[key], f"{prefix}{key}.").items()}


def take_run_folder(folder: Any, setting: str = "trainer.default_root_dir") -> BaseFileLock | None:
    """Make the run folder, find out at once whether results can be kept, and keep other processes out of it.

    Args:
        folder: as a user gives it.
        setting: that names it, for the error.

    Returns:
        What keeps them out, until it is released or the process ends; None on ranks that the first one started.

    Raises:
        UserError: the folder cannot be made or written to, or another process works in it.
    """
    if not folder or not isinstance(folder, str):
        raise UserError(f"{setting}={folder!r}: name a folder for the run")
    path = Path(folder)
    lock = FileLock(path / LOCK, timeout=0)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "it cannot be written to")
        if cast(Any, rank_zero_only).rank != 0:
            return None
        lock.acquire()
    except Timeout as error:
        raise UserError(
            f"{setting}={folder}: another process uses this folder: wait until it ends, or name another folder"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UserError(f"{setting}={folder}: {reason}: name another folder") from error
    return lock


def refuse_used_folder(folder: Path, checkpoint: Path | None = None, step: int = 0) -> None:
    """Keep a run from mixing with an earlier one that it does not resume, and from replacing its later steps.

    Args:
        folder: of the run.
        checkpoint: that the run resumes from; None where it is new.
        step: of the checkpoint.

    Raises:
        UserError: the folder holds another run, or later steps of this one.
    """
    last = folder / "checkpoints" / "last.ckpt"
    if not last.exists():
        return
    if checkpoint is not None and checkpoint.resolve().is_relative_to(folder.resolve()):
        reached = step if checkpoint.samefile(last) else _read_step(last)
        if step < reached:
            raise UserError(
                f"{checkpoint} is of step {step}, and {last} of step {reached} would be replaced: resume from the "
                "latter, or move it away"
            )
        return
    held = "a run" if checkpoint is None else f"another run than that of {checkpoint}"
    raise UserError(
        f"{folder} already holds {held}: resume it with --ckpt_path {last}, or name another folder with "
        "--trainer.default_root_dir"
    )


def _read_step(checkpoint: Path) -> int:
    """Return the step of a checkpoint; 0 for one that cannot be read, which is no loss."""
    try:
        return int(read_checkpoint(checkpoint).get("global_step", 0))
    except UserError:
        return 0


def refuse_used_logs(loggers: Sequence[Logger]) -> None:
    """Keep a CSVLogger of a fixed version from deleting what an earlier command, or the part before, has logged.

    Raises:
        UserError: its folder holds metrics.
    """
    if cast(Any, rank_zero_only).rank != 0:
        return
    for logger in loggers:
        if isinstance(logger, CSVLogger) and (path := Path(logger.log_dir) / "metrics.csv").exists():
            raise UserError(
                f"trainer.logger: CSVLogger would delete {path}, which an earlier command wrote: leave out its "
                "`version`, or name another one (metrics.jsonl of the run folder keeps all metrics, without a logger)"
            )


@contextmanager
def missing_packages() -> Iterator[None]:
    """Name the missing package that a class of the config needs.

    Raises:
        UserError: it is not installed.
    """
    try:
        yield
    except Exception as error:
        cause = next((each for each in list_causes(error) if isinstance(each, ModuleNotFoundError)), None)
        if cause is None or find_user_error(error) is not None:
            raise
        raise UserError(
            f"a class of the config needs a package that is not installed ({first_words(cause)}): install it, or "
            "choose another class, such as another trainer.logger"
        ) from error


@contextmanager
def trainer_errors() -> Iterator[None]:
    """Turn what Lightning refuses when a trainer is made into one sentence.

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
