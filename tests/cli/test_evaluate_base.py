"""`eval` of a base model: asked in the prompt format that it knows best, and in that of our runs beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import CITIES, make_row

from lit_toolcall.cli import evaluate
from lit_toolcall.cli.main import main
from lit_toolcall.evaluation.prompt_formats import CANDIDATES, draw_format_questions


@pytest.fixture(autouse=True)
def few_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = draw_format_questions()
    monkeypatch.setattr(evaluate, "draw_format_questions", lambda: [*drawn[:1], *drawn[-1:]])


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.jsonl"
    path.write_text("".join(json.dumps(make_row(city, 2)) + "\n" for city in CITIES[:3]))
    return path


def ask(model: Path, suite: Path, folder: Path, *more: str) -> None:
    short = ["--max_new_tokens", "4", "--accelerator", "cpu", "--dtype", "float32"]
    main(["eval", str(model), "--suite", str(suite), "--out", str(folder), *short, *more])


def read(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "metrics.json").read_text())
    return found


def test_a_base_model_is_asked_in_both_formats(
    tiny_folder: Path, suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(tiny_folder, suite, tmp_path / "out")
    printed = capsys.readouterr().out
    best, ours = read(tmp_path / "out"), read(tmp_path / "out" / "default_format")
    formats = best["prompt_formats"]
    assert isinstance(formats, dict)
    assert formats["questions"] == 2
    assert [each["name"] for each in formats["candidates"]] == [name for name in CANDIDATES if name != "native"]
    assert "prompt_formats" not in ours
    assert best["all"]["total"] == ours["all"]["total"] == 3  # type: ignore[index]
    assert "prompt formats on 2 questions, 1 of which want calls" in printed
    assert f"own: {formats['chosen']}" in printed
    assert "ours: tool_code" in printed
    assert not list((tmp_path / "out").rglob("*.part"))
