"""`test` that is stopped goes on where it stopped, on one rank and on two."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from processes import run, start, wait_for

from lit_toolcall.cli.main import main
from lit_toolcall.evaluation import Answer, EngineAnswerer
from lit_toolcall.types import Example

TWO = ("--trainer.devices", "2", "--trainer.strategy", "ddp")


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """Read the answers, without what a clock says."""
    lines = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def count_kept(folder: Path) -> int:
    return sum(part.read_text().count("\n") for part in folder.glob("predictions.rank*.part"))


@pytest.mark.slow
def test_an_interrupt_inside_a_batch_costs_no_answer(
    make_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = str(make_config(rows=9, data={"eval_batch_size": 4}))
    whole = tmp_path / "whole"
    main(["test", "--config", config, "--trainer.default_root_dir", str(whole)])
    stream = EngineAnswerer.stream
    answered: list[str] = []

    def answer_some(self: EngineAnswerer, questions: Sequence[Example]) -> Iterator[Answer]:
        for question, answer in zip(questions, stream(self, questions), strict=True):
            if len(answered) == 6:  # the second of the second batch
                raise KeyboardInterrupt
            answered.append(question.id)
            yield answer

    monkeypatch.setattr(EngineAnswerer, "stream", answer_some)
    with pytest.raises(SystemExit) as stopped:
        main(["test", "--config", config])
    assert stopped.value.code == 130
    out = tmp_path / "run"
    assert count_kept(out) == 6
    (part,) = out.glob("predictions.rank*.part")
    with part.open("a") as file:
        file.write('{"record": {"id": ')
    asked: list[str] = []

    def count(self: EngineAnswerer, questions: Sequence[Example]) -> Iterator[Answer]:
        asked.extend(question.id for question in questions)
        return stream(self, questions)

    monkeypatch.setattr(EngineAnswerer, "stream", count)
    main(["test", "--config", config])
    assert "6 questions are answered already" in capsys.readouterr().out
    assert sorted(asked + answered) == sorted(line["id"] for line in read_lines(whole))
    assert read_lines(out) == read_lines(whole)
    assert (out / "metrics.json").read_text() == (whole / "metrics.json").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("ranks", [1, 2])
def test_a_killed_test_goes_on_where_it_stopped(ranks: int, make_config: Callable[..., Path], tmp_path: Path) -> None:
    more = TWO if ranks == 2 else ()
    model = {"generation": {"max_new_tokens": 100}}
    config = str(make_config(model=model, rows=60, data={"eval_batch_size": 2}))
    out, whole = tmp_path / "run", tmp_path / "whole"
    process = start("test", "--config", config, *more)
    wait_for(lambda: process.poll() is not None or count_kept(out) > 4)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    kept = count_kept(out)
    assert 4 < kept < 60
    status, said, err = run("test", "--config", config, *more)
    assert status == 0, err[-3000:]
    assert said.count(f"{kept} questions are answered already") == 1
    main(["test", "--config", config, "--trainer.default_root_dir", str(whole)])
    assert read_lines(out) == read_lines(whole)
    assert (out / "metrics.json").read_text() == (whole / "metrics.json").read_text()
