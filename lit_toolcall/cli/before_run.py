"""What a command refuses, or says, before it begins."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import yaml
from filelock import BaseFileLock, FileLock, Timeout
from lightning import LightningDataModule, LightningModule
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.loggers import CSVLogger, Logger

from lit_toolcall.cli.settings import list_abstract_methods
from lit_toolcall.models.checkpoint import read_checkpoint
from lit_toolcall.modules.resume import tell_effect
from lit_toolcall.types import UserError

LOCK = ".lock"
"""Of a run folder; the kernel frees it when the process dies, however it does."""


def refuse_abstract(made: LightningModule | LightningDataModule, setting: str) -> None:
    """Refuse a class that others are made of: LightningModule has no metaclass that does.

    Raises:
        UserError: a method of it is abstract.
    """
    if methods := list_abstract_methods(type(made)):
        raise UserError(
            f"{setting}.class_path: `{type(made).__name__}` is abstract, a base of other classes (it has no "
            f"{', '.join(methods)}): choose one of those"
        )


def print_differences(checkpoint: Path, dumped: str, command: str) -> None:
    """Say where this run differs from what the checkpoint was trained with, and for `fit` what comes of it.

    Other commands look at model and prompt alone, and this run's hold.
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


def take_run_folder(folder: Any) -> BaseFileLock | None:
    """Make the run folder, find out at once whether results can be kept, and keep other processes out of it.

    Returns:
        What keeps them out, until it is released or the process ends; None on ranks that the first one started.

    Raises:
        UserError: the folder cannot be made or written to, or another process works in it.
    """
    if not folder or not isinstance(folder, str):
        raise UserError(f"trainer.default_root_dir={folder!r}: name a folder for the run")
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
            f"trainer.default_root_dir={folder}: another process works in this folder: wait for its end, or name "
            "another folder"
        ) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UserError(f"trainer.default_root_dir={folder}: {reason}: name another folder") from error
    return lock


def refuse_used_folder(folder: Path, checkpoint: Path | None = None, step: int = 0) -> None:
    """Keep a run from mixing with an earlier one that it does not go on with, and from replacing its later steps.

    Args:
        folder: of the run.
        checkpoint: that the run goes on from; None where it is new.
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
                f"{checkpoint} is of step {step} and {last} of step {reached}, which would be replaced: go on from "
                "the latter, or move it away"
            )
        return
    held = "a run" if checkpoint is None else f"another run than that of {checkpoint}"
    raise UserError(
        f"{folder} already holds {held}: go on with it by --ckpt_path {last}, or name another folder by "
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
