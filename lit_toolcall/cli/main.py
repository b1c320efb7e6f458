"""The command line: Lightning's `fit`, `validate`, `test`, `predict`, and our own commands beside them."""

from __future__ import annotations

import difflib
import os
import re
import select
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

from lit_toolcall.cli.known_errors import describe_error, find_user_error, list_causes
from lit_toolcall.cli.quiet import silence_libraries

TRAINER_COMMANDS = ("fit", "validate", "test", "predict", "pairs")
OWN_COMMANDS = {
    "inspect": "show rows as the model sees them, trained tokens coloured",
    "configs": "list the shipped configs",
}
LONG_WORD = re.compile(r"[^\s=:]{300,}")
"""Longer than most paths: a mistake, of which the beginning tells enough."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as the shell has it: 128 and the signal's number. 141 is that of a pipe that was closed."""


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; an error that the user can fix is one sentence on stderr and exit status 2."""
    arguments = list(sys.argv[1:] if args is None else args)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know fewer characters than the data
    try:
        try:
            _dispatch(arguments)
        finally:
            sys.stdout.flush()
    except SystemExit as stopped:
        if any(isinstance(cause, KeyboardInterrupt) for cause in list_causes(stopped)):  # Lightning has said so
            _stop(INTERRUPTED, stopped.code if isinstance(stopped.code, str) else None)
        raise
    except KeyboardInterrupt:
        _stop(INTERRUPTED, "interrupted")
    except Exception as error:
        if any(isinstance(cause, KeyboardInterrupt) for cause in list_causes(error)):
            _stop(INTERRUPTED, "interrupted")
        if isinstance(error, BrokenPipeError) and _is_closed():
            _stop(141, None)
        said = find_user_error(error) or describe_error(error)
        if said is None:
            raise
        _stop(2, f"error: {LONG_WORD.sub(_clip, str(said))}")


def _clip(word: re.Match[str]) -> str:
    return f"{word[0][:80]}..."


def _stop(status: int, said: str | None) -> NoReturn:
    if said is not None:
        print(said, file=sys.stderr)
    sys.exit(status)


def _is_closed() -> bool:
    """Tell whether nobody reads what is printed; then print nothing more."""
    pipe = select.poll()
    pipe.register(sys.stdout.fileno(), 0)
    if not pipe.poll(0):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    return True


def _dispatch(arguments: list[str]) -> None:
    silence_libraries()
    # imported here, so that `configs` and a wrong command answer at once
    if not arguments or arguments[0] not in ("-h", "--help", *TRAINER_COMMANDS, *OWN_COMMANDS):
        _refuse_command(arguments)
    if arguments[0] == "configs":
        from lit_toolcall.cli.configs import list_configs

        list_configs()
    elif arguments[0] == "inspect":
        with _ending_at_once():
            from lit_toolcall.cli.inspect import inspect_rows

        inspect_rows(arguments[1:])
    else:
        with _ending_at_once():
            from lit_toolcall.cli.lightning_cli import run

        run(arguments)


@contextmanager
def _ending_at_once() -> Iterator[None]:
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


def _refuse_command(arguments: Sequence[str]) -> NoReturn:
    names = (*TRAINER_COMMANDS, *OWN_COMMANDS)
    if not arguments or arguments[0].startswith("-"):
        _stop(2, f"error: no command is given: write one of {', '.join(names)}; --help explains them")
    near = difflib.get_close_matches(arguments[0].lower(), names, n=1)
    guess = f"; did you mean `{near[0]}`?" if near else f": use one of {', '.join(names)}"
    _stop(2, f"error: no command `{arguments[0][:80]}`{guess}")
