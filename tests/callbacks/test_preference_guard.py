"""The guard of a preference training: what it stops, what it warns of, once, and what it leaves alone."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from conftest import TOOL
from lightning import Trainer
from lightning.pytorch.trainer.states import TrainerFn
from lit_toolcall.callbacks import PreferenceGuard, SampleCalls
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.modules import DPOModule
from lit_toolcall.types import UserError

GUARD = {"class_path": "PreferenceGuard"}
SAMPLES = {"class_path": "SampleCalls", "init_args": {"at_start": True, "questions": 2}}
STEEP = {"class_path": "torch.optim.SGD", "init_args": {"lr": 30.0}}
"""A learning rate so high that the chosen answers are lost as well."""


def count_steps(run: Path) -> int:
    return sum("train/loss" in line for line in (run / "metrics.jsonl").read_text().splitlines())


def fit_with_warnings(config: Path, *arguments: str, command: str = "fit") -> list[str]:
    """Train, and return what the guard has warned of."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        main([command, "--config", str(config), *arguments])
    words = ("PreferenceGuard", "answers have lost", "call rate fell")
    return [str(warning.message) for warning in warned if any(word in str(warning.message) for word in words)]


@pytest.mark.slow
def test_it_stops_where_the_reference_is_not_the_start(
    make_dpo_config: Callable[..., Path], sft_checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_dpo_config(reference="base", init_adapter=sft_checkpoint, trainer={"callbacks": [GUARD]})
    with pytest.raises(SystemExit):
        main(["fit", "--config", str(config)])
    assert "its value where policy and reference are equal: the reference (base) is not" in capsys.readouterr().err


@pytest.mark.slow
def test_it_stops_where_the_first_loss_is_no_number(
    make_dpo_config: Callable[..., Path], own_loss: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    loss = own_loss("loss_without_number", "chosen.logratio * float('nan')")
    with pytest.raises(SystemExit):
        main(["fit", "--config", str(make_dpo_config(loss=loss, trainer={"callbacks": [GUARD]}))])
    assert "the first loss is nan: look at model.loss and its settings" in capsys.readouterr().err


@pytest.mark.slow
def test_weights_that_are_no_numbers_any_more_stop_the_run(
    make_dpo_config: Callable[..., Path], own_loss: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    loss = own_loss("gradient_without_number", "chosen.logratio.abs().sqrt()")  # 0 at the start, its gradient infinite
    said = fails(capsys, "fit", "--config", str(make_dpo_config(loss=loss, trainer={"callbacks": [GUARD]})))
    assert "the gradient of step 1 has the norm nan, its loss is 0: lower the learning rate" in said


def test_it_warns_of_numbers_that_are_none() -> None:
    # under fp16 the gradient scaler leaves out each step, and nothing else would be said
    state = SimpleNamespace(fn=TrainerFn.FITTING)
    metrics = {"val/chosen_logp_change": torch.tensor(float("nan"))}
    trainer: Any = SimpleNamespace(
        sanity_checking=False, state=state, callback_metrics=metrics, callbacks=[], global_step=3
    )
    with pytest.warns(UserWarning, match="step 3: the chosen answers have lost nan nats per token"):
        PreferenceGuard().on_validation_end(trainer, None)  # type: ignore[arg-type]


@pytest.mark.slow
def test_16_bit_computation_over_32_bit_weights_is_allowed_for(
    make_dpo_config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(DPOModule, "first_losses", (0.695, 0.693))  # as of log-probabilities kept in 16 bits
    config = str(make_dpo_config(trainer={"callbacks": [GUARD], "max_steps": 1, "enable_checkpointing": False}))
    main(["fit", "--config", config, "--trainer.precision", "bf16-mixed"])
    with pytest.raises(SystemExit):
        main(["fit", "--config", config])
    assert "the first loss is 0.695000 and not 0.693000" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("stop", [False, True])
def test_it_warns_once_of_lost_answers_and_stops_where_asked(
    make_dpo_config: Callable[..., Path], tmp_path: Path, sft_checkpoint: str, stop: bool
) -> None:
    guard = GUARD | {"init_args": {"max_chosen_drop": 0.01, "stop": stop}}
    trainer = {"callbacks": [guard], "max_epochs": 10, "gradient_clip_val": None}
    (said,) = fit_with_warnings(make_dpo_config(init_adapter=sft_checkpoint, optimizer=STEEP, trainer=trainer))
    assert "the chosen answers have lost" in said
    assert f"training {'stops' if stop else 'continues'}; try loss" in said
    assert (count_steps(tmp_path / "run") < 10 * 3) == stop, "10 epochs of 3 steps"


def script_rates(monkeypatch: pytest.MonkeyPatch, rates: Sequence[float]) -> None:
    """Let the sampled rate of valid calls be these, one after the other."""
    coming = iter(rates)

    def answer(self: SampleCalls, *_: object) -> dict[str, float]:
        self.rates.append({"valid_call_rate": next(coming)})
        return self.rates[-1]

    monkeypatch.setattr(SampleCalls, "_answer", answer)


@pytest.mark.slow
@pytest.mark.parametrize("stop", [False, True])
def test_it_warns_once_of_invalid_calls_and_stops_where_asked(
    make_dpo_config: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: bool
) -> None:
    script_rates(monkeypatch, [0.9, 0.8, 0.6, 0.5])  # a drop of 0.3 after the second epoch
    guard = GUARD | {"init_args": {"stop": stop}}
    (said,) = fit_with_warnings(make_dpo_config(trainer={"callbacks": [SAMPLES, guard], "max_epochs": 3}))
    done = "training stops" if stop else "training continues"
    assert f"step 6: the sampled valid call rate fell from 90.0% to 60.0%: {done}; try loss" in said
    assert count_steps(tmp_path / "run") == (6 if stop else 9)


@pytest.mark.slow
def test_the_rate_before_the_first_step_outlives_a_restart(
    make_dpo_config: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_rates(monkeypatch, [0.9, 0.8, 0.6])
    config = make_dpo_config(trainer={"callbacks": [SAMPLES, GUARD, {"class_path": "AdapterCheckpoint"}]})
    assert not fit_with_warnings(config)
    checkpoint = str(tmp_path / "run" / "checkpoints" / "last.ckpt")
    (said,) = fit_with_warnings(config, "--ckpt_path", checkpoint, "--trainer.max_epochs", "2")
    assert "fell from 90.0% to 60.0%" in said


@pytest.mark.slow
def test_it_says_once_that_no_rate_from_before_the_first_step_is_known(
    make_dpo_config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    script_rates(monkeypatch, [0.9, 0.8])
    samples = {"class_path": "SampleCalls", "init_args": {"questions": 2}}
    (said,) = fit_with_warnings(make_dpo_config(trainer={"callbacks": [samples, GUARD], "max_epochs": 2}))
    assert "drops are seen against the first validation only: set at_start of SampleCalls" in said


@pytest.mark.slow
def test_it_is_silent_without_a_training(make_dpo_config: Callable[..., Path]) -> None:
    assert not fit_with_warnings(make_dpo_config(trainer={"callbacks": [SAMPLES, GUARD]}), command="validate")


@pytest.mark.slow
def test_questions_without_answers_have_no_rate(make_dpo_config: Callable[..., Path], tmp_path: Path) -> None:
    row = {"query": "Weather in Oslo?", "tools": [TOOL]}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row) + "\n")
    source = {"class_path": "JsonLines", "init_args": {"path": str(tmp_path / "questions.jsonl")}}
    trainer = {"callbacks": [SAMPLES, GUARD], "max_epochs": 2}
    (said,) = fit_with_warnings(make_dpo_config(data={"validation_questions": [source]}, trainer=trainer))
    assert "knows no valid call rate from before the first step: set at_start" in said
    assert "ask questions with answers" in said


@pytest.mark.slow
def test_it_looks_at_logged_steps_only(make_dpo_config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def look(_: PreferenceGuard, trainer: Trainer, name: str) -> None:
        looked.extend([trainer.global_step] if name.startswith("train/") else [])

    monkeypatch.setattr(PreferenceGuard, "_check_chosen", look)
    trainer = {"callbacks": [GUARD], "max_epochs": 2, "accumulate_grad_batches": 2, "log_every_n_steps": 2}
    main(["fit", "--config", str(make_dpo_config(trainer=trainer))])
    assert looked == [2, 4, 6]


@pytest.mark.parametrize("limits", [{"max_chosen_drop": 0.0}, {"max_valid_drop": -0.1}])
def test_limits_are_above_0(limits: dict[str, float]) -> None:
    with pytest.raises(UserError, match=r"PreferenceGuard: max_\w+_drop=\S+ must be above 0"):
        PreferenceGuard(**limits)


def test_it_watches_dpo_only(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--config", str(make_config(trainer={"callbacks": [GUARD]}))])
    assert "PreferenceGuard watches a DPOModule, not SFTModule: leave it out" in capsys.readouterr().err
