"""Start of the process: Ctrl-C while libraries are imported, and warnings that no user can act on."""

from __future__ import annotations

import logging
import os
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""Exit status after Ctrl-C, as the shell has it: 128 and the signal's number."""


@contextmanager
def ending_at_once() -> Iterator[None]:
    """End at once at Ctrl-C: a library may take an interrupted import for a failed one."""

    def end(_signal_number: int, _frame: FrameType | None) -> None:
        os.write(2, b"interrupted\n")
        os._exit(INTERRUPTED)

    if threading.current_thread() is not threading.main_thread():  # which alone may set a handler
        yield
        return
    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


MESSAGES = (
    "LightningCLI's args parameter",  # main() takes arguments, so that tests can call it
    "`is_gradient_checkpointing` is deprecated",  # PEFT asks transformers for it
    "`isinstance\\(treespec, LeafSpec\\)` is deprecated",  # Lightning asks torch for it
    "Found .* module\\(s\\) in eval mode",  # the base, until on_fit_start
    ".*does not have many workers",  # batches are packed in the process, in milliseconds
    "You're resuming from a checkpoint that ended before",  # the loader resumes at an optimizer step by itself
    "Precision .* is not supported by the model summary",  # it guesses the size of weights
    ".*predict returned None",  # the answers go to predictions.jsonl
)


def silence_libraries() -> None:
    """Hide messages that say nothing about a user's run."""
    for message in MESSAGES:
        warnings.filterwarnings("ignore", message=message)
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # its optional kernels for other machines
    logging.getLogger("lightning.pytorch.utilities.rank_zero").addFilter(
        lambda record: "litlogger" not in record.getMessage()  # an advertisement
    )
