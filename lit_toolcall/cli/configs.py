"""`configs`: the shipped configs with the command and cost that stand at their top."""

from __future__ import annotations

from collections.abc import Sequence

from lit_toolcall.cli.find_config import shipped_configs
from lit_toolcall.types import UserError


def list_configs(arguments: Sequence[str]) -> None:
    """Print each shipped config's name and its first comment lines.

    Raises:
        UserError: there are arguments after the command's name.
    """
    if arguments[1:] not in ([], ["-h"], ["--help"]):
        raise UserError(f"configs takes no arguments, not even `{arguments[1]}`: it lists the shipped configs")
    for name, path in shipped_configs().items():
        print(name)
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            print(f"    {line.lstrip('# ')}")
