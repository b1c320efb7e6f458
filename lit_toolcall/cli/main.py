"""The command line: finds a command in the table and runs it; an error that the user can fix is one sentence."""

from __future__ import annotations

import os
import re
import select
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from lit_toolcall import __version__
from lit_toolcall.cli.commands import COMMANDS, describe_commands
from lit_toolcall.cli.known_errors import describe_error, find_user_error, list_causes
from lit_toolcall.cli.startup import INTERRUPTED, ending_at_once, silence_libraries
from lit_toolcall.cli.wording import escape_controls, guess_name, show
from lit_toolcall.types import UserError

LONG_WORD = re.compile(r"[^\s=:]{300,}")
"""Longer than most paths: its beginning is enough to recognize it."""
PIPE_CLOSED = 141
"""Exit status where the output was closed early, as the shell has it."""


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
            _stop(PIPE_CLOSED, None)
        said = find_user_error(error) or describe_error(error)
        if said is None:
            raise
        _stop(2, f"error: {escape_controls(LONG_WORD.sub(_clip, str(said)))}")  # it may cite a file


def _clip(word: re.Match[str]) -> str:
    return f"{word[0][:80]}..."


def _stop(status: int, said: str | None) -> NoReturn:
    if said is not None:
        print(said, file=sys.stderr)
    sys.exit(status)


def _is_closed() -> bool:
    """Tell whether the output was closed; then print nothing more."""
    pipe = select.poll()
    pipe.register(sys.stdout.fileno(), 0)
    if not pipe.poll(0):
        return False
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
    return True


def _dispatch(arguments: list[str]) -> None:
    silence_libraries()
    name = arguments[0] if arguments else ""
    if name in ("-h", "--help"):
        print(describe_commands())
        return
    if name == "--version":
        print(f"lit_toolcall {__version__}")
        return
    if name not in COMMANDS:
        raise UserError(_describe_unknown(name))
    module, _, function = COMMANDS[name].function.partition(":")
    with ending_at_once():
        run = getattr(import_module(module), function)
    run(arguments)


def _describe_unknown(name: str) -> str:
    names = ", ".join(COMMANDS)
    if not name or name.startswith("-"):
        return f"no command is given: write one of {names} first; --help explains them"
    return f"no command `{show(name)}`{guess_name(name, COMMANDS) or f': use one of {names}'}"
