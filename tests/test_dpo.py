"""DPO on tiny models: the three references agree, the reference never changes, only adapter weights move."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import log
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import CITIES, TOOL

from lit_toolcall.cli.main import main

ONE_STEP = ["--trainer.max_steps", "1"]


def called(city: str, days: int) -> list[dict[str, Any]]:
    function = {"name": "get_weather", "arguments": json.dumps({"city": city, "days": days})}
    return [{"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": function}]}]


def make_pair(number: int) -> dict[str, Any]:
    city, wrong = CITIES[number % 8], CITIES[(number + 3) % 8]
    return {
        "id": str(number),
        "tools": json.dumps([TOOL]),
        "messages": [{"role": "user", "content": f"Weather in {city} for {number} days?"}],
        "chosen": called(city, number),
        "rejected": called(wrong, number),
        "reason": "value",
        "scores": {"chosen": [1.0], "rejected": [0.0]},
    }


@pytest.fixture
def make_dpo_config(tmp_path: Path, make_config: Callable[..., Path]) -> Callable[..., Path]:
    """Write a config of a tiny DPO run: `make_dpo_config(reference="base")`."""

    def make(pairs: int = 16, trainer: dict[str, object] | None = None, **model: object) -> Path:
        path = tmp_path / "pairs.jsonl"
        path.write_text("".join(json.dumps(make_pair(number)) + "\n" for number in range(pairs)))
        config_path = make_config(
            model=model, trainer={"accumulate_grad_batches": 1, "max_epochs": 1, **(trainer or {})}
        )
        config = yaml.safe_load(config_path.read_text())
        config["model"]["class_path"] = "DPOModule"
        settings = config["data"]["init_args"]
        config["data"] = {
            "class_path": "PreferenceDataModule",
            "init_args": {
                "train": [{"class_path": "Pairs", "init_args": {"path": str(path)}}],
                "validation_share": 0.25,
                "test": settings["test"],
                "window_examples": 4,
            },
        }
        config_path.write_text(yaml.safe_dump(config))
        return config_path

    return make


def read_metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def train_metrics(run: Path, name: str) -> list[float]:
    return [line[name] for line in read_metrics(run) if name in line]


@pytest.mark.parametrize("reference", ["base", "adapter", "cached"])
def test_the_first_loss_is_log_2(make_dpo_config: Callable[..., Path], tmp_path: Path, reference: str) -> None:
    main(["fit", "--config", str(make_dpo_config(reference=reference)), *ONE_STEP])
    assert train_metrics(tmp_path / "run", "train/loss")[0] == pytest.approx(log(2), abs=1e-5)


@pytest.fixture
def sft_checkpoint(make_config: Callable[..., Path], tmp_path: Path) -> str:
    """A short SFT run's last checkpoint."""
    folder = tmp_path / "sft"
    main(["fit", "--config", str(make_config()), "--trainer.default_root_dir", str(folder), "--trainer.max_steps", "3"])
    return str(folder / "checkpoints" / "last.ckpt")


GUARD = {"callbacks": [{"class_path": "AdapterCheckpoint"}, {"class_path": "PreferenceGuard"}]}


@pytest.mark.parametrize("reference", ["adapter", "cached"])
def test_the_first_loss_is_log_2_from_an_sft_adapter(
    make_dpo_config: Callable[..., Path], tmp_path: Path, sft_checkpoint: str, reference: str
) -> None:
    config = make_dpo_config(reference=reference, init_adapter=sft_checkpoint, trainer=GUARD)
    main(["fit", "--config", str(config)])
    losses = train_metrics(tmp_path / "run", "train/loss")
    assert losses[0] == pytest.approx(log(2), abs=1e-5)
    assert losses[-1] < losses[0]


def test_the_guard_stops_where_the_reference_is_not_the_start(
    make_dpo_config: Callable[..., Path], sft_checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_dpo_config(reference="base", init_adapter=sft_checkpoint, trainer=GUARD)
    with pytest.raises(SystemExit):
        main(["fit", "--config", str(config)])
    assert "what it is where policy and reference are equal: the reference (base) is not" in capsys.readouterr().err
