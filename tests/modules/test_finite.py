"""NaN and infinity: the run stops, and no checkpoint holds them, however seldom something is logged."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.modules import SFTModule
from lit_toolcall.modules.finite import MAX_SKIPPED_STEPS, refuse_broken_state
from lit_toolcall.types import UserError

SELDOM = {"log_every_n_steps": 50}
HUGE = {"class_path": "torch.optim.AdamW", "init_args": {"lr": 1e30}}


def assert_all_finite(folder: Path) -> None:
    for path in folder.rglob("*.ckpt"):
        checkpoint = torch.load(path, weights_only=True)
        assert all(weight.isfinite().all() for weight in checkpoint["state_dict"].values()), path
        for state in checkpoint["optimizer_states"][0]["state"].values():
            assert all(value.isfinite().all() for value in state.values() if isinstance(value, torch.Tensor)), path
    assert not list(folder.rglob("*nan*"))


@pytest.mark.slow
@pytest.mark.parametrize("every", [1, 50])
def test_an_exploding_run_stops_and_leaves_the_last_finite_state(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], every: int
) -> None:
    config = str(make_config(trainer=SELDOM | {"max_epochs": 1}))
    main(["fit", "--config", config])
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    before = last.read_bytes()
    rate = ["--model.init_args.optimizer.init_args.lr", "1e30", "--trainer.log_every_n_steps", str(every)]
    go_on = ["--ckpt_path", str(last), "--trainer.max_epochs", "3"]
    said = fails(capsys, "fit", "--config", config, *go_on, *rate)
    assert "lower the learning rate" in said
    assert len(said.splitlines()) == 1
    assert last.read_bytes() == before
    assert_all_finite(tmp_path)


@pytest.mark.parametrize("steps", [1, 2, 9])
def test_an_exploding_run_ends_with_an_error_after_any_step(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], steps: int
) -> None:
    config = str(make_config(model={"optimizer": HUGE}, trainer=SELDOM | {"max_steps": steps, "max_epochs": 9}))
    assert "earlier checkpoints are" in fails(capsys, "fit", "--config", config).lower()
    assert_all_finite(tmp_path)


def test_an_exploding_preference_training_stops(
    make_dpo_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_dpo_config(optimizer=HUGE, trainer=SELDOM | {"max_epochs": 3})
    assert "earlier checkpoints are" in fails(capsys, "fit", "--config", str(config)).lower()
    assert_all_finite(tmp_path)


def test_a_loss_without_number_but_with_a_gradient_stops_too(
    make_dpo_config: Callable[..., Path],
    own_loss: Callable[..., str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    loss = own_loss("number_beside", "-chosen.logratio + float('nan')")
    said = fails(capsys, "fit", "--config", str(make_dpo_config(loss=loss, trainer=SELDOM)))
    assert "the loss of step 1 is nan: lower the learning rate" in said
    assert_all_finite(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_validation_loss_without_number_is_said_and_never_the_best(
    make_config: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: float
) -> None:
    take_means = SFTModule.take_means
    values = iter([value, 3.0, value])

    def broken(self: SFTModule, sums: Any) -> dict[str, float]:
        means = take_means(self, sums)
        return means | {"loss": next(values)} if self.trainer.validating else means

    monkeypatch.setattr(SFTModule, "take_means", broken)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        main(["fit", "--config", str(make_config(trainer={"max_epochs": 3, "num_sanity_val_steps": 0}))])
    assert sum("this state is never among the best" in str(warning.message) for warning in warned) == 2
    folder = tmp_path / "run" / "checkpoints"
    assert {path.name for path in folder.glob("*.ckpt")} == {"step=6-loss=3.0000.ckpt", "last.ckpt"}
    assert torch.load(folder / "last.ckpt", weights_only=True)["global_step"] == 9, "the newest state, which is finite"


def test_a_checkpoint_of_the_optimizer_is_looked_at_too() -> None:
    good = {"state_dict": {"a": torch.ones(2)}, "optimizer_states": [], "global_step": 3}
    refuse_broken_state(good)
    state = {"state": {0: {"step": torch.tensor(1), "exp_avg": torch.tensor([1.0, float("inf")])}}}
    with pytest.raises(UserError, match="after step 3 the optimizer's exp_avg hold NaN or infinity"):
        refuse_broken_state(good | {"optimizer_states": [state]})
    with pytest.raises(UserError, match="after step 3 the weights a hold NaN or infinity"):
        refuse_broken_state(good | {"state_dict": {"a": torch.tensor([1e30])}})


def scaled_module(loss: float = 0.0) -> SimpleNamespace:
    """What watches a step under fp16's gradient scaler."""
    trainer = SimpleNamespace(precision_plugin=SimpleNamespace(scaler=object()), global_step=40, world_size=1)
    module = SimpleNamespace(
        trainer=trainer,
        device=torch.device("cpu"),
        _step_loss=torch.tensor(loss),
        _skipped_steps=0,
        _health=torch.zeros(2),
    )
    stop: Any = SFTModule._stop_if_broken
    module._stop_if_broken = partial(stop, module)
    return module


def test_a_loss_without_number_that_a_scaler_lets_pass_stops_too() -> None:
    watch: Any = SFTModule._watch
    watch(scaled_module(float("inf")), torch.tensor(float("inf")))  # it leaves this step out
    with pytest.raises(UserError, match="the loss of step 41 is nan: lower the learning rate"):
        watch(scaled_module(float("nan")), torch.tensor(1.0))


@pytest.mark.slow
@pytest.mark.parametrize("part", ["state_dict", "optimizer_states"])
def test_a_spoilt_checkpoint_is_refused_by_each_command(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    config = str(make_config(trainer={"max_epochs": 1}))
    main(["fit", "--config", config])
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    checkpoint = torch.load(last, weights_only=True)
    values = checkpoint[part] if part == "state_dict" else checkpoint[part][0]["state"][0]
    values = [value for value in values.values() if value.ndim == 2]
    values[0][0, 0] = float("nan")
    torch.save(checkpoint, last)
    arguments = ["--config", config, "--ckpt_path", str(last)]
    for command in ("fit", "validate", "test"):
        assert "hold NaN or infinity" in fails(capsys, command, *arguments), command
    new = ["--trainer.default_root_dir", str(tmp_path / "new"), "--model.init_args.init_adapter", str(last)]
    assert "in the checkpoint the" in fails(capsys, "fit", "--config", config, *new)


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["float('nan')", "float('inf')", "-1.0"])
def test_a_rate_that_is_none_is_not_trained_at(
    make_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    rate: str,
) -> None:
    name = f"rates_{abs(hash(rate))}"
    (tmp_path / f"{name}.py").write_text(
        "from torch.optim.lr_scheduler import LambdaLR\n\n\ndef make(optimizer):\n"
        f"    return LambdaLR(optimizer, lambda step: {rate} if step == 2 else 1.0)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    said = fails(capsys, "fit", "--config", str(make_config(model={"schedule": f"{name}.make"}, trainer=SELDOM)))
    assert "model.schedule gives step 3 the learning rate" in said
    assert_all_finite(tmp_path)


def test_a_scaler_may_leave_out_some_steps_but_not_all() -> None:
    module, watch = scaled_module(), cast(Any, SFTModule._watch)
    overflow, fine = torch.tensor(float("inf")), torch.tensor(1.0)
    for norm in [overflow] * MAX_SKIPPED_STEPS + [fine] + [overflow] * MAX_SKIPPED_STEPS:
        watch(module, norm)
    with pytest.raises(UserError, match=f"skipped {MAX_SKIPPED_STEPS + 1} steps in a row, up to step 41"):
        watch(module, overflow)


@pytest.mark.slow
def test_the_last_checkpoint_is_the_last_step(make_config: Callable[..., Path], tmp_path: Path) -> None:
    # Lightning kept the last of the best: here what ranks falls, and the run ends between validations
    checkpoint = {
        "class_path": "AdapterCheckpoint",
        "init_args": {"save_top_k": 1, "monitor": "train/lr", "mode": "max"},
    }
    trainer = {"max_steps": 8, "max_epochs": 9, "callbacks": [checkpoint]}
    main(["fit", "--config", str(make_config(trainer=trainer))])
    assert torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == 8
