"""Ctrl-C while libraries are imported."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
"""Exit status after Ctrl-C, as the shell has it: 128 and the signal's number."""


@contextmanager
def ending_at_once() -> Iterator[None]:
    """End at Ctrl-C without more ado: a library may take an import of its own that was cut short for a failure."""

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
