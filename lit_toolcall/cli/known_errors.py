"""Errors of the machine, the user's files and other libraries, each as one sentence; any other is a bug of ours."""

from __future__ import annotations

import errno
import os
import traceback
from collections.abc import Iterator
from pathlib import Path

from lit_toolcall.json_values import clip
from lit_toolcall.types import UserError

PACKAGE = Path(__file__).parents[1]
MAX_SAID = 300
"""Characters of another library's message that are shown."""


def list_causes(error: BaseException | None) -> Iterator[BaseException]:
    """List an error and its causes."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def find_user_error(error: BaseException | None) -> UserError | None:
    """Find the error that a user can fix among an error's causes; jsonargparse wraps what a constructor raises.

    >>> find_user_error(ValueError("a bug")) is None
    True
    """
    return next((cause for cause in list_causes(error) if isinstance(cause, UserError)), None)


def describe_error(error: BaseException) -> str | None:
    """Say in one sentence what went wrong on the machine or in a library; None for what may be a bug of this package.

    >>> describe_error(FileNotFoundError(2, "No such file or directory", "rows.jsonl"))
    'rows.jsonl: No such file or directory'
    >>> describe_error(ValueError("a bug")) is None
    True
    """
    kind = type(error)
    said = first_words(error)
    if isinstance(error, MemoryError) or kind.__name__ == "OutOfMemoryError" or "can't allocate memory" in said:
        return (
            f"out of memory ({said[:100]}): raise trainer.accumulate_grad_batches, lower data.init_args.max_tokens or "
            "data.init_args.eval_batch_size, or set model.init_args.gradient_checkpointing: true or "
            "quantization: 4bit"
        )
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        cure = ": free some, or name another folder" if error.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        return f"{place}{error.strerror or said}{cure}"
    if isinstance(error, ImportError) and not (error.name or "").startswith("lit_toolcall"):
        return f"{said}: install it, or leave out what needs it"
    if isinstance(error, UnicodeDecodeError):
        return f"a file is not {error.encoding.upper()} (byte {error.start}: {error.reason}): save it as UTF-8"
    if isinstance(error, UnicodeEncodeError):
        return f"text cannot be written as {error.encoding.upper()} ({error.reason}): set PYTHONUTF8=1"
    if kind.__module__.startswith("wandb.errors"):
        return f"trainer.logger: W&B cannot start ({said}): run `wandb login`, or set WANDB_MODE=offline"
    if kind.__name__ == "MisconfigurationException" or kind.__module__.startswith("yaml"):
        return said
    return None


def describe_refused_value(error: Exception) -> str | None:
    """Say why an object could not be made with the settings that it was given; None for a bug of this package.

    An error that a library raises by itself is about its settings. For an error in a user's own class, outside this
    package and the installed ones, the line is named.
    """
    frames = [frame for cause in list_causes(error) for frame in traceback.extract_tb(cause.__traceback__)]
    files = [Path(frame.filename) for frame in frames]
    ours = [file for file in files if file.is_relative_to(PACKAGE) and file.parent != PACKAGE / "cli"]
    raising = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    if ours or raising.is_relative_to(PACKAGE):
        return None
    users = [frame for frame, file in zip(frames, files, strict=True) if not _is_installed(file)]
    return f"{error or type(error).__name__}{f' ({users[-1].filename}:{users[-1].lineno})' if users else ''}"


def _is_installed(file: Path) -> bool:
    return (
        file.is_relative_to(PACKAGE)
        or bool({"site-packages", "dist-packages"} & set(file.parts))
        or (file.is_relative_to(Path(os.__file__).parent) or not file.is_absolute())
    )


def first_words(error: BaseException) -> str:
    """Take the beginning of what an error says, on one line; its name where it says nothing.

    >>> first_words(ValueError("no such\\n  thing"))
    'no such thing'
    """
    said = " ".join(str(error).split()) or type(error).__name__
    return clip(said, MAX_SAID)
