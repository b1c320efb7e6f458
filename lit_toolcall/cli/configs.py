"""`configs`: the shipped configs with the command and cost that stand at their top."""

from __future__ import annotations

from lit_toolcall.cli.find_config import shipped_configs


def list_configs() -> None:
    """Print each shipped config's name and its first comment lines."""
    for name, path in shipped_configs().items():
        print(name)
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            print(f"    {line.lstrip('# ')}")
