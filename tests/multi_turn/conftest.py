"""A small package in the shape of bfcl_eval, for tests that need none."""

from __future__ import annotations

from pathlib import Path

import pytest
from shelf import ENTRY, GOLD, write_data, write_package

from lit_toolcall.multi_turn import Entry, read_entries


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """An entry over the APIs of a small package, which stands before bfcl_eval on the path."""
    write_package(tmp_path / "package")
    monkeypatch.syspath_prepend(str(tmp_path / "package"))
    (entry,) = read_entries("multi_turn_base", str(write_data(tmp_path / "data", [ENTRY], [GOLD])))
    return entry
