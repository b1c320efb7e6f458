"""`eval` of a base model: asked in the prompt format that it knows best, and in that of our runs beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import CITIES, make_row

from lit_toolcall.cli import evaluate, tested
from lit_toolcall.cli.main import main
from lit_toolcall.evaluation.prompt_formats import CANDIDATES, RECORD, choose_format, draw_format_questions
from lit_toolcall.modules.finished import SETTINGS

TWO = draw_format_questions()[::39]


@pytest.fixture(autouse=True)
def choosing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Choose on two questions; gets an entry each time."""
    chosen: list[int] = []

    def choose(*given: Any) -> Any:
        chosen.append(1)
        return choose_format(*given)

    monkeypatch.setattr(tested, "draw_format_questions", lambda: TWO)
    monkeypatch.setattr(tested, "choose_format", choose)
    return chosen


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.jsonl"
    path.write_text("".join(json.dumps({"id": city, **make_row(city, 2)}) + "\n" for city in CITIES[:3]))
    return path


def ask(model: Path | str, suite: Path, folder: Path, *more: str) -> None:
    short = ["--max_new_tokens", "4", "--accelerator", "cpu", "--dtype", "float32"]
    main(["eval", str(model), "--suite", str(suite), "--out", str(folder), *short, *more])


def read(folder: Path, name: str = "metrics.json") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / name).read_text())
    return found


def test_a_base_model_is_asked_in_both_formats(
    tiny_folder: Path, suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, beside = tmp_path / "out", tmp_path / "out" / "default_format"
    ask(tiny_folder, suite, out)
    printed = capsys.readouterr().out
    formats = read(out)["prompt_formats"]
    assert formats["questions"] == 2
    assert [each["name"] for each in formats["candidates"]] == [name for name in CANDIDATES if name != "native"]
    assert "prompt_formats" not in read(beside)
    assert read(out)["all"]["total"] == read(beside)["all"]["total"] == 3
    assert read(out, "results.json")["engine"] == "TransformersEngine, read leniently"
    assert read(beside, "results.json")["engine"] == "TransformersEngine"
    assert "prompt formats on 2 questions, 1 of which want calls:" in printed
    assert re.search(rf"own: {re.escape(formats['chosen'])} +ours: tool_code\n", printed)
    assert not list(out.rglob("*.part"))


def test_an_interrupted_evaluation_chooses_and_answers_nothing_twice(
    tiny_folder: Path,
    suite: Path,
    tmp_path: Path,
    choosing: list[int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ask_all = evaluate.ask_all
    asked: list[tuple[bool, int]] = []

    def stop_at_ours(answerer: Any, questions: Any, *rest: Any) -> None:
        asked.append((answerer.lenient, len(questions)))
        if not answerer.lenient and len(asked) == 2:
            ask_all(answerer, questions[:1], *rest)
            raise KeyboardInterrupt
        ask_all(answerer, questions, *rest)

    monkeypatch.setattr(evaluate, "ask_all", stop_at_ours)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        ask(tiny_folder, suite, tmp_path / "out")
    first = read(tmp_path / "out")
    capsys.readouterr()
    ask(tiny_folder, suite, tmp_path / "out")
    assert asked == [(True, 3), (False, 3), (False, 2)]
    assert len(choosing) == 1
    assert read(tmp_path / "out") == first
    assert read(tmp_path / "out" / "default_format")["all"]["total"] == 3
    assert f"{tmp_path / 'out'} holds all answers already" in capsys.readouterr().out


@pytest.mark.parametrize(("formats", "choices"), [("best", 1), ("default", 0)])
def test_one_format_is_asked_alone(
    formats: str, choices: int, tiny_folder: Path, suite: Path, tmp_path: Path, choosing: list[int]
) -> None:
    ask(tiny_folder, suite, tmp_path / "out", "--formats", formats)
    assert len(choosing) == choices
    assert ("prompt_formats" in read(tmp_path / "out")) == bool(choices)
    assert not (tmp_path / "out" / "default_format").exists()


def test_a_format_that_is_given_is_not_chosen(
    tiny_folder: Path, suite: Path, tmp_path: Path, choosing: list[int]
) -> None:
    ask(tiny_folder, suite, tmp_path / "out", "--prompt.call_format", "hermes")
    assert not choosing
    assert "prompt_formats" not in read(tmp_path / "out")
    assert read(tmp_path / "out", "results.json")["engine"].endswith("read leniently")
    assert not (tmp_path / "out" / "default_format").exists()


def test_a_model_that_was_trained_here_is_asked_as_it_was_trained(
    tiny_folder: Path, suite: Path, tmp_path: Path, choosing: list[int]
) -> None:
    (tiny_folder / SETTINGS).write_text(json.dumps({"prompt": {"call_format": "hermes"}}))
    ask(tiny_folder, suite, tmp_path / "out")
    assert not choosing
    assert read(tmp_path / "out", "results.json")["engine"] == "TransformersEngine"


def test_a_choice_of_other_settings_is_refused(
    tiny_folder: Path, suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(tiny_folder, suite, tmp_path / "out", "--formats", "best")
    capsys.readouterr()
    with pytest.raises(SystemExit):
        ask(tiny_folder, suite, tmp_path / "out", "--max_new_tokens", "5")
    assert f"{tmp_path / 'out' / RECORD}: the prompt format was chosen for what differs (decoding " in (
        capsys.readouterr().err
    )
