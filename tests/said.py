"""The error that a failing command prints."""

from __future__ import annotations

import lightning  # noqa: F401 (its log writes to the stderr of its first import, which no test may close)
import pytest

from lit_toolcall.cli.main import main


def fails(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that must fail, and return what it says."""
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said[said.index("error: ") :]
