"""The command line: Lightning's `fit`, `validate`, `test`, `predict`, and our own commands beside them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lit_toolcall.cli.quiet import silence_libraries
from lit_toolcall.types import UserError

OWN_COMMANDS = {
    "inspect": "show rows as the model sees them, trained tokens coloured",
    "configs": "list the shipped configs",
}


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; an error that the user can mend is one sentence on stderr and exit status 2."""
    arguments = list(sys.argv[1:] if args is None else args)
    try:
        _dispatch(arguments)
    except Exception as error:
        cause = find_user_error(error)
        if cause is None:
            raise
        print(f"error: {cause}", file=sys.stderr)
        sys.exit(2)


def find_user_error(error: BaseException | None) -> UserError | None:
    """Find the error that a user can mend; jsonargparse wraps what a constructor raises.

    >>> find_user_error(ValueError("a defect")) is None
    True
    """
    while error is not None and not isinstance(error, UserError):
        error = error.__cause__ or error.__context__
    return error


def _dispatch(arguments: list[str]) -> None:
    silence_libraries()
    # imported here, so that `configs` and a wrong command answer at once
    if arguments[:1] == ["configs"]:
        from lit_toolcall.cli.configs import list_configs

        list_configs()
    elif arguments[:1] == ["inspect"]:
        from lit_toolcall.cli.inspect import inspect_rows

        inspect_rows(arguments[1:])
    else:
        from lit_toolcall.cli.lightning_cli import run

        run(arguments)
