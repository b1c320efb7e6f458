"""Leakage, mixtures, splits, augmentation and curriculum through the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.cli.main import main

LINES = "JsonLines"


@pytest.fixture
def leaking(make_config: Callable[..., Path], tmp_path: Path) -> Callable[..., str]:
    """A config whose fourth row asks, in other words, what an evaluation row asks: `leaking(remove=True)`."""

    def make(**options: Any) -> str:
        questions = tmp_path / "questions.jsonl"
        row = {"query": "Which trains leave from Oslo to Bergen after nine this evening?", "tools": []}
        questions.write_text(json.dumps(row) + "\n")
        source = {"class_path": LINES, "init_args": {"path": str(questions)}}
        config = make_config(rows=24, data={"leakage": {"against": [source], **options}})
        rows = (tmp_path / "rows.jsonl").read_text().splitlines()
        planted = json.loads(rows[3]) | {
            "query": "please: which trains leave from Oslo to Bergen after ten this evening"
        }
        rows[3] = json.dumps(planted)
        (tmp_path / "rows.jsonl").write_text("\n".join(rows) + "\n")
        return str(config)

    return make


def test_leaking_rows_stop_a_fit_before_its_first_step(
    leaking: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--config", leaking()])
    said = capsys.readouterr().err
    assert "1 of 24 training rows repeat evaluation rows, more than data.leakage.max_leaked_share=0.0" in said
    assert "set data.leakage.remove, or raise the share" in said
    assert "which the evaluation row questions:1 has as" in said
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


def test_leaking_rows_can_be_removed(leaking: Callable[..., str], tmp_path: Path) -> None:
    main(["fit", "--config", leaking(remove=True)])
    (rejected,) = (tmp_path / "run" / "rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected)["place"].endswith("rows.jsonl:4")


def test_a_share_of_leaking_rows_can_be_allowed(leaking: Callable[..., str], tmp_path: Path) -> None:
    main(["fit", "--config", leaking(max_leaked_share=0.05)])
    assert (tmp_path / "run" / "rejected.jsonl").read_text() == ""


def test_leakage_against_nothing(leaking: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--config", leaking(), "--data.init_args.leakage.against", "[]"])
    assert "data.leakage.against names no source: give at least one, such as Bfcl" in capsys.readouterr().err


DEMO = {"class_path": LINES, "init_args": {"path": "demo:train.jsonl", "tools_path": "demo:tools.jsonl", "limit": 40}}
VALIDATION = {
    "class_path": LINES,
    "init_args": {"path": "demo:validation.jsonl", "tools_path": "demo:tools.jsonl", "limit": 40},
}


def test_a_run_says_what_it_mixed(make_config: Callable[..., Path], tmp_path: Path) -> None:
    parts = [{"source": DEMO, "weight": 3.0}, {"source": VALIDATION, "weight": 1.0}]
    mixture = {"class_path": "Mixture", "init_args": {"parts": parts, "rows": 24}}
    data = {"train": [mixture], "validation_split": "unseen_tools", "validation_share": 0.2}
    config = str(make_config(data=data, trainer={"max_steps": 1}))
    main(["fit", "--config", config])
    (written,) = json.loads((tmp_path / "run" / "sources.json").read_text())
    taken = [part["taken"] for part in written["settings"]["parts"]]
    assert taken == [18, 6]
    assert written["settings"]["parts"][0]["settings"]["path"] == "demo:train.jsonl"
    (train,) = (tmp_path / "cache").glob("*/train/examples.jsonl")
    names = [
        {tool[0] for line in path.read_text().splitlines() for tool in json.loads(line)["tools"]}
        for path in (train, train.parents[1] / "validation" / "examples.jsonl")
    ]
    assert names[1]
    assert not names[0] & names[1]


def test_augmented_rows_are_trained_in_the_order_of_a_curriculum(
    make_config: Callable[..., Path], tmp_path: Path
) -> None:
    augment = [{"class_path": "JoinCalls", "init_args": {"share": 1.0}}, {"class_path": "ShuffleTools"}]
    data = {"train": [DEMO], "augment": augment, "curriculum": {"pacing": "stages", "stages": 2}}
    main(["fit", "--config", str(make_config(data=data, trainer={"max_epochs": 1}))])
    (train,) = (tmp_path / "cache").glob("*/train/examples.jsonl")
    rows = [json.loads(line) for line in train.read_text().splitlines()]
    assert len(rows) > 38
    assert any("+" in row["id"] for row in rows)


def test_a_report_is_shown_and_written(
    leaking: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = leaking()
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write("not json\n" * 3)
    page = tmp_path / "report.html"
    main(["inspect", "--config", config, "--report", str(page)])
    said = capsys.readouterr().out
    assert "Rows: 24 kept, 3 rejected" in said
    assert "a near query" in said
    assert "3 rejected" in page.read_text()
    with pytest.raises(SystemExit):
        main(["inspect", "--config", config, "--report", str(tmp_path / "no" / "report.html")])
    assert "give a file that can be written" in capsys.readouterr().err
