"""The progress bar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lit_toolcall.callbacks import QuestionProgress

from lit_toolcall.cli.main import main


def test_what_is_printed_before_the_first_bar_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    QuestionProgress().print("3 of 4", "parameters", sep=" ")
    assert capsys.readouterr().out == "3 of 4 parameters\n"


def test_early_messages_are_read_beside_a_bar(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["fit", "--config", str(make_config(trainer={"max_epochs": 1})), "--trainer.enable_progress_bar", "true"]
    main(config)
    capsys.readouterr()
    main([*config, "--ckpt_path", str(tmp_path / "run" / "checkpoints" / "last.ckpt")])
    assert "nothing is left to train: trainer.max_epochs=1 is reached" in capsys.readouterr().out
