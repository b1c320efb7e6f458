"""What docs/evaluation.md says of robustness is so."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import CITIES, make_row
from pages import DOCS, read_blocks

from lit_toolcall.robustness import TRANSFORMATIONS
from lit_toolcall.robustness.curves import COMPARED
from lit_toolcall.robustness.injection import HARMS

SECTION = (DOCS / "evaluation.md").read_text(encoding="utf-8").partition("## Robustness")[2].partition("\n## ")[0]


def test_the_page_lists_each_kind_with_its_levels() -> None:
    listed = {
        kind: re.findall(r"`([^`]+)`", levels)
        for kind, levels in re.findall(r"^\| `(\w+)` \| ([^|]+) \|", SECTION, flags=re.MULTILINE)
    }
    assert {kind: listed[kind] for kind in TRANSFORMATIONS} == {
        kind: list(levels) for kind, levels in TRANSFORMATIONS.items()
    }
    assert set(COMPARED) <= set(re.findall(r"`(\w+)`", SECTION))
    assert {harm.tool.name for harm in HARMS} <= set(re.findall(r"`(\w+)`", SECTION))


@pytest.mark.slow
def test_the_pages_code_runs_as_it_stands(
    tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_folder, tmp_path / ".cache" / "SmolLM2-135M-Instruct")
    rows = [make_row(CITIES[number], number) | {"lang": lang} for number, lang in enumerate(("en", "de"))]
    (tmp_path / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    names: dict[str, Any] = {}
    for block in read_blocks("evaluation.md", "python"):
        if "robustness" in block:
            exec(compile(block, "evaluation.md", "exec"), names)
    assert {entry["category"] for entries in names["curves"].values() for entry in entries} >= {
        "tools=1",
        "injection=result",
    }
    assert [entry["total"] for entry in names["curves"]["injection"]] == [2] * 5
    assert [each.level for each in names["asked"].categories] == ["en", "de"]
    assert "injection=result" in capsys.readouterr().out
