"""One optimizer step is one global batch: schedules, optimizers and settings that keep to it, and those that do not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from said import fails
from transformers import optimization

from lit_toolcall.cli.main import main
from lit_toolcall.data.sources import JsonLines


def rates(run: Path) -> list[float]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line["train/lr"] for line in lines if "train/lr" in line]


TORCH = "torch.optim.lr_scheduler."
SCHEDULES: dict[str, tuple[str, dict[str, Any], list[float]]] = {
    # six steps, two of warm-up where the schedule has one, a peak of 1
    "constant": ("transformers.get_constant_schedule", {}, [1, 1, 1, 1, 1, 1]),
    "constant, warm": ("transformers.get_constant_schedule_with_warmup", {}, [0, 0.5, 1, 1, 1, 1]),
    "linear": ("transformers.get_linear_schedule_with_warmup", {}, [0, 0.5, 1, 0.75, 0.5, 0.25]),
    "polynomial": (
        "transformers.get_polynomial_decay_schedule_with_warmup",
        {"power": 1.0, "lr_end": 0.0},
        [0, 0.5, 1, 0.75, 0.5, 0.25],
    ),
    "wsd": ("transformers.get_wsd_schedule", {"num_decay_steps": 2, "decay_type": "linear"}, [0, 0.5, 1, 1, 1, 0.5]),
    "wsd by itself": ("transformers.get_wsd_schedule", {}, [0, 0.5, 1, 1, 1, 1]),
    "by name": (
        "transformers.get_scheduler",
        {"name": "constant_with_warmup"},
        [0, 0.5, 1, 1, 1, 1],
    ),
    "torch linear": (
        TORCH + "LinearLR",
        {"start_factor": 1.0, "end_factor": 0.0},
        [1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6],
    ),
    "torch cosine": (TORCH + "CosineAnnealingLR", {}, [1, 0.933, 0.75, 0.5, 0.25, 0.067]),
    "step": (TORCH + "StepLR", {"step_size": 3, "gamma": 0.5}, [1, 1, 1, 0.5, 0.5, 0.5]),
}
WARM = ["--model.init_args.warmup_ratio", "0.3"]
PEAK = {"class_path": "torch.optim.SGD", "init_args": {"lr": 1.0}}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "arguments", "expected"), SCHEDULES.values(), ids=SCHEDULES)
def test_a_schedule_gets_its_steps_by_name(
    make_config: Callable[..., Path], tmp_path: Path, path: str, arguments: dict[str, Any], expected: list[float]
) -> None:
    model = {"optimizer": PEAK, "schedule": path, "schedule_arguments": arguments}
    main(["fit", "--config", str(make_config(model=model)), *WARM])
    assert rates(tmp_path / "run") == pytest.approx(expected, abs=1e-3)
    main(
        [
            "fit",
            "--config",
            str(tmp_path / "run" / "config.yaml"),
            "--trainer.default_root_dir",
            str(tmp_path / "again"),
        ]
    )
    assert rates(tmp_path / "again") == rates(tmp_path / "run")


def test_a_schedule_without_warm_up_says_so(
    make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["fit", "--config", str(make_config(model={"schedule": "transformers.get_constant_schedule"})), *WARM])
    assert "get_constant_schedule has no warm-up: warmup_ratio=0.3 has no effect" in capsys.readouterr().out


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "plateau": ({"schedule": TORCH + "ReduceLROnPlateau"}, {}, "makes a ReduceLROnPlateau, which does not follow"),
    "greedy": ({"schedule": "transformers.optimization.get_greedy_schedule"}, {}, "makes a GreedyLR"),
    "sequential": ({"schedule": TORCH + "SequentialLR"}, {}, "needs schedulers: give it in"),
    "no minimum": (
        {"schedule": "transformers.get_cosine_with_min_lr_schedule_with_warmup"},
        {},
        "One of min_lr or min_lr_rate should be set",
    ),
    "unknown argument": (
        {"schedule": "transformers.get_wsd_schedule", "schedule_arguments": {"decay_steps": 3}},
        {},
        "takes no decay_steps; it takes num_warmup_steps, num_decay_steps",
    ),
    "warm-up below nothing": (
        {
            "schedule": "transformers.get_wsd_schedule",
            "schedule_arguments": {"num_decay_steps": 2, "num_warmup_steps": -1},
        },
        {},
        "model.schedule_arguments.num_warmup_steps=-1 must be at least 0",
    ),
    "no schedule": ({"schedule": "torch.optim.SGD"}, {}, "model.schedule=torch.optim.sgd.SGD"),
    "too long": (
        {
            "schedule": "transformers.get_wsd_schedule",
            "schedule_arguments": {"num_decay_steps": 6},
            "warmup_ratio": 0.3,
        },
        {},
        "2 warm-up and 6 decay steps are more than the run's 6",
    ),
    "lbfgs": ({"optimizer": {"class_path": "torch.optim.LBFGS"}}, {}, "LBFGS: it computes the loss several times"),
    "sparse": ({"optimizer": {"class_path": "torch.optim.SparseAdam"}}, {}, "adapters have dense gradients"),
    "own rate": ({"optimizer": {"class_path": "transformers.Adafactor"}}, {}, "chooses its rate by itself: give lr"),
    "wrong argument": (
        {"optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": -1.0}}},
        {},
        "Invalid learning rate: -1.0: change its init_args",
    ),
    "accumulation": (
        {},
        {"callbacks": [{"class_path": "GradientAccumulationScheduler", "init_args": {"scheduling": {0: 2}}}]},
        "it adds up whole optimizer steps; set data.init_args.global_batch_size instead: leave it out",
    ),
    "averaging": (
        {},
        {"callbacks": [{"class_path": "StochasticWeightAveraging", "init_args": {"swa_lrs": 0.1}}]},
        "it replaces the learning-rate schedule",
    ),
    "ema": ({}, {"callbacks": [{"class_path": "EMAWeightAveraging"}]}, "not their average: leave it out"),
    "finder": ({}, {"callbacks": [{"class_path": "LearningRateFinder"}]}, "it trains before the run begins"),
    "batch size": ({}, {"callbacks": [{"class_path": "BatchSizeFinder"}]}, "micro-batches are parts of a global batch"),
    "overfit": ({}, {"overfit_batches": 2}, "trainer.overfit_batches counts micro-batches"),
    "reload": ({}, {"reload_dataloaders_every_n_epochs": 1}, "each epoch has its own order already"),
    "fraction of batches": ({}, {"limit_train_batches": 0.5}, "=0.5 may end inside an optimizer step"),
    "half a step": ({}, {"limit_train_batches": 3}, "=3 ends inside an optimizer step: give a multiple of"),
    "16 bits": ({}, {"precision": "bf16-true"}, "adapters stay in 32 bits"),
    "64 bits": (
        {},
        {"precision": 64},
        "trainer.precision=64: adapters stay in 32 bits: set trainer.precision to 32-true",
    ),
    "broken module": (
        {"schedule": "broken_module.schedule"},
        {},
        "model.schedule=broken_module.schedule: it cannot be imported (ZeroDiv",
    ),
}


@pytest.mark.parametrize(("model", "trainer", "sentence"), REFUSED.values(), ids=REFUSED)
def test_settings_that_break_steps_are_refused_before_data_are_read(
    make_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    model: dict[str, Any],
    trainer: dict[str, Any],
    sentence: str,
) -> None:
    def read(*_: object) -> None:
        raise AssertionError("data were read")

    if "get_greedy_schedule" in str(model) and not hasattr(optimization, "get_greedy_schedule"):
        pytest.skip("this transformers has no greedy schedule")
    (tmp_path / "broken_module.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    if "num_decay_steps" not in str(model):  # how long a run is, its rows say
        monkeypatch.setattr(JsonLines, "read", read)
    said = fails(capsys, "fit", "--config", str(make_config(model=model, trainer=trainer)))
    assert sentence in said
    assert len(said.splitlines()) == 1


def test_whole_steps_may_be_fewer(make_config: Callable[..., Path], tmp_path: Path) -> None:
    main(["fit", "--config", str(make_config(trainer={"limit_train_batches": 4}))])
    assert len(rates(tmp_path / "run")) == 2 * 2


@pytest.mark.parametrize("optimizer", ["torch.optim.SGD", "torch.optim.Adagrad", "torch.optim.Adam"])
def test_other_optimizers_train(make_config: Callable[..., Path], tmp_path: Path, optimizer: str) -> None:
    main(
        ["fit", "--config", str(make_config(model={"optimizer": {"class_path": optimizer, "init_args": {"lr": 0.01}}}))]
    )
    assert len(rates(tmp_path / "run")) == 6


def test_an_optimizer_has_its_own_defaults(make_config: Callable[..., Path], tmp_path: Path) -> None:
    # the parser would keep the weight decay of another default class
    main(["fit", "--config", str(make_config(model={"optimizer": PEAK}, trainer={"max_steps": 1}))])
    settings = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())["model"]["init_args"]["optimizer"]
    assert settings["init_args"]["weight_decay"] == 0


def test_adafactor_and_fused_adam_train(make_config: Callable[..., Path], tmp_path: Path) -> None:
    adafactor = {"lr": 0.01, "scale_parameter": False, "relative_step": False}
    for path, arguments in (("transformers.Adafactor", adafactor), ("torch.optim.AdamW", {"lr": 0.01, "fused": True})):
        optimizer = {"class_path": path, "init_args": arguments}
        run = tmp_path / path
        main(
            [
                "fit",
                "--config",
                str(make_config(model={"optimizer": optimizer}, trainer={"default_root_dir": str(run)})),
            ]
        )
        assert len(rates(run)) == 6


def test_a_fast_dev_run_leaves_nothing(make_config: Callable[..., Path], tmp_path: Path) -> None:
    config = str(make_config())
    main(["fit", "--config", config, "--trainer.fast_dev_run", "true"])
    assert not (tmp_path / "run").exists()
    main(["fit", "--config", config])
    assert (tmp_path / "run" / "checkpoints" / "last.ckpt").is_file()


@pytest.mark.slow
def test_a_run_that_sigterm_ends_says_so(make_config: Callable[..., Path], tmp_path: Path) -> None:
    config = str(make_config(trainer={"max_epochs": 500}))
    process = subprocess.Popen(
        [sys.executable, "-m", "lit_toolcall", "fit", "--config", config],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    metrics = tmp_path / "run" / "metrics.jsonl"
    for _ in range(600):
        if metrics.is_file() and metrics.read_text().count("\n") > 3:
            break
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGTERM
    assert f"Resume with --ckpt_path {tmp_path / 'run' / 'checkpoints' / 'last.ckpt'}" in said
    assert "Traceback" not in said
