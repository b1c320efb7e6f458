"""What the README shows works as it stands there."""

from __future__ import annotations

import importlib
import json
import textwrap
from pathlib import Path

import pytest
import yaml
from conftest import TOOL

from lit_toolcall.cli.main import main
from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.types import Message, ToolCall

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def block_with(words: str) -> str:
    """Return the indented block, blank lines inside it included, that holds some words."""
    lines = README.splitlines()
    here = next(number for number, line in enumerate(lines) if words in line)

    def is_inside(number: int) -> bool:
        return 0 <= number < len(lines) and (not lines[number].strip() or lines[number].startswith("    "))

    first = last = here
    while is_inside(first - 1):
        first -= 1
    while is_inside(last + 1):
        last += 1
    return textwrap.dedent("\n".join(lines[first : last + 1])).strip() + "\n"


def test_the_reader_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "readme_reader.py").write_text(block_with("class MyRows(RowSource)"))
    monkeypatch.syspath_prepend(str(tmp_path))
    tool = {"name": "wait", "about": "Wait.", "json_schema": {"type": "object", "properties": {}}}
    row = {"ask": "Wait!", "tools": [tool], "call": "wait", "with": {}}
    (tmp_path / "mine.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({"tools": []}) + "\n")
    ledger = Ledger()
    [example] = importlib.import_module("readme_reader").MyRows(str(tmp_path / "mine.jsonl")).read(ledger)
    assert example.answer == Message("assistant", calls=(ToolCall("wait", {}),))
    assert [str(rejection).rpartition("/")[2] for rejection in ledger.rejected] == ["mine.jsonl:2: no `ask`"]


def test_a_config_laid_over_a_shipped_one_brings_its_own_sources_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text(block_with("# mine.yaml").partition("# in the project's folder")[0])
    with pytest.raises(SystemExit):
        main(["fit", "--config", "quickstart.yaml", "--config", "mine.yaml", "--print_config"])
    settings = yaml.safe_load(capsys.readouterr().out)["data"]["init_args"]
    [train], [test] = settings["train"], settings["test"]
    assert train["init_args"].items() >= {"path": "rows.jsonl", "tools_path": None, "limit": None, "skip": 0}.items()
    assert test["init_args"]["path"] == "questions.jsonl"
    assert settings["validation"] == []
    assert settings["global_batch_size"] == 4, "what it does not name stays"


def test_a_row_as_shown_is_kept(tmp_path: Path) -> None:

    line = next(line for line in README.splitlines() if line.startswith('    {"query"'))
    (tmp_path / "rows.jsonl").write_text(line.strip() + "\n")
    [example] = JsonLines(str(tmp_path / "rows.jsonl")).read(Ledger())
    assert example.tools[0].name == TOOL["name"]
