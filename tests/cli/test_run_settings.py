"""Settings that a run is refused for at its start, and what it does whatever its intervals and callbacks are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from lightning.pytorch.callbacks import ModelCheckpoint
from lit_toolcall.callbacks import AdapterCheckpoint, QuestionProgress, SampleCalls, ValidateAtEnd
from lit_toolcall.callbacks.defaults import add_default_callbacks
from lit_toolcall.callbacks.monitors import list_logged
from said import fails

from lit_toolcall.cli.before_run import check_settings
from lit_toolcall.cli.known_errors import describe_error
from lit_toolcall.cli.main import main
from lit_toolcall.datamodules import SFTDataModule
from lit_toolcall.metrics import RATES
from lit_toolcall.modules import DPOModule, SFTModule
from lit_toolcall.prompting import PromptOptions

MakeConfig = Callable[..., Path]


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def validated_steps(run: Path) -> list[float]:
    return [line["step"] for line in metrics(run) if "val/loss" in line]


def callback(name: str, **init_args: Any) -> dict[str, Any]:
    return {"class_path": name, "init_args": init_args}


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where data are read: what is refused at start must be refused before."""

    def read(*_: object) -> None:
        raise AssertionError("data were read")

    monkeypatch.setattr(SFTDataModule, "prepare_data", read)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("max_epochs", 0, "trainer.max_epochs=0 trains nothing: give at least 1, or -1 for no limit"),
        ("max_epochs", -5, "trainer.max_epochs=-5 must be at least -1; -1 is no limit"),
        ("max_steps", 0, "trainer.max_steps=0 trains nothing"),
        ("max_steps", -2, "trainer.max_steps=-2 must be at least -1"),
        ("accumulate_grad_batches", 0, "trainer.accumulate_grad_batches=0 must be at least 1"),
        ("log_every_n_steps", 0, "trainer.log_every_n_steps=0 must be at least 1"),
        ("log_every_n_steps", -1, "trainer.log_every_n_steps=-1 must be at least 1"),
        ("check_val_every_n_epoch", 0, "trainer.check_val_every_n_epoch=0 must be at least 1"),
        ("val_check_interval", 0, "trainer.val_check_interval=0 must be at least 1"),
        ("val_check_interval", 0.0, "trainer.val_check_interval=0.0 must be above 0 and at most 1"),
        ("val_check_interval", 1.5, "trainer.val_check_interval=1.5 must be above 0 and at most 1; 0.5 is a fraction"),
        ("limit_train_batches", 0, "trainer.limit_train_batches=0 must be at least 1"),
        ("limit_val_batches", -1, "trainer.limit_val_batches=-1 must be at least 0"),
        ("gradient_clip_val", -1.0, "trainer.gradient_clip_val=-1.0 must be at least 0"),
        ("gradient_clip_val", float("nan"), "trainer.gradient_clip_val=nan must be at least 0"),
        ("num_sanity_val_steps", -2, "trainer.num_sanity_val_steps=-2 must be at least -1"),
        ("precision", "bf16-true", "trainer.precision=bf16-true: adapters stay in 32 bits"),
        ("precision", "16-true", "trainer.precision to 16-mixed and model.init_args.dtype"),
        ("precision", "16-mixed", "trainer.precision=16-mixed: float16 needs a GPU: on a CPU set"),
        ("accelerator", "gpu", "set trainer.accelerator to cpu or auto"),
        ("devices", 0, "trainer: `Trainer(devices=0)` value is not a valid input using cpu accelerator"),
        (
            "logger",
            {"class_path": "lightning.pytorch.loggers.TensorBoardLogger", "init_args": {"save_dir": "x"}},
            "a class of the config needs a package that is not installed",
        ),
    ],
)
@pytest.mark.usefixtures("no_data")
def test_a_setting_of_the_trainer_is_refused_at_start(
    setting: str, value: object, sentence: str, make_config: MakeConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    said = fails(capsys, "fit", "--config", str(make_config(trainer={setting: value})))
    assert sentence in said
    assert len(said.strip().splitlines()) <= 2


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.usefixtures("no_data")
def test_a_learning_rate_that_trains_nothing_is_refused(
    value: float, make_config: MakeConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    optimizer = {"class_path": "torch.optim.SGD", "init_args": {"lr": value}}
    said = fails(capsys, "fit", "--config", str(make_config(model={"optimizer": optimizer})))
    assert "model.optimizer" in said


@pytest.mark.slow
@pytest.mark.usefixtures("no_data")
def test_no_adapters_are_refused(make_config: MakeConfig, capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", str(make_config(model={"lora": None})))
    assert "model.lora=null: full fine-tuning is not supported, adapters are what trains" in said


@pytest.mark.usefixtures("no_data")
def test_a_target_of_no_layer_is_refused_before_data_are_read(
    make_config: MakeConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    said = fails(capsys, "fit", "--config", str(make_config(model={"lora": {"targets": ["lm_head"]}})))
    assert "lora.targets: lm_head matches no linear layer" in said


def test_settings_of_shipped_configs_are_taken() -> None:
    check_settings({"precision": "bf16-mixed", "accelerator": "cpu", "val_check_interval": 400, "max_epochs": 3})
    check_settings({"precision": "32-true", "limit_val_batches": 0, "val_check_interval": 0.5, "max_steps": -1})


@pytest.mark.parametrize(
    ("watcher", "sentence"),
    [
        (callback("EarlyStopping", monitor="val/loss", patience=-1), "EarlyStopping: patience=-1 must be at least 0"),
        (callback("EarlyStopping", monitor="val_loss"), "monitor=val_loss is not logged (did you mean val/loss?)"),
        (callback("EarlyStopping", monitor="val/exact_match"), "is logged by SampleCalls only: add it to"),
        (callback("EarlyStopping", monitor="val/token_accuracy"), "mode=min would keep the worst by"),
        (callback("AdapterCheckpoint", monitor="val/loss", mode="max"), "mode=max would keep the worst by val/loss"),
        (
            callback("AdapterCheckpoint", monitor="val/accuracy"),
            "AdapterCheckpoint: monitor=val/accuracy is not logged",
        ),
        (callback("AdapterCheckpoint", monitor="val/rewards/margins"), "monitor=val/rewards/margins is not logged"),
        (callback("AdapterCheckpoint", monitor="val/margin"), "monitor=val/margin is called val/rewards/margins now"),
        (callback("lightning.pytorch.callbacks.ModelCheckpoint", monitor="loss"), "ModelCheckpoint: monitor=loss is"),
    ],
)
@pytest.mark.usefixtures("no_data")
def test_what_is_never_logged_cannot_be_monitored(
    watcher: dict[str, Any], sentence: str, make_config: MakeConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    said = fails(capsys, "fit", "--config", str(make_config(trainer={"callbacks": [watcher]})))
    assert sentence in said


def test_a_mode_follows_from_the_name() -> None:
    assert AdapterCheckpoint().mode == "min"
    assert AdapterCheckpoint(monitor="val/exact_match").mode == "max"
    assert AdapterCheckpoint(monitor="val/rewards/accuracies").mode == "max"
    assert AdapterCheckpoint(monitor="val/kl").mode == "min"


def list_names(run: Path) -> set[str]:
    """List what a run has logged."""
    return {name for line in metrics(run) for name in line} - {"step", "epoch"}


@pytest.mark.slow
def test_sft_logs_what_the_tables_name(make_config: MakeConfig, tmp_path: Path) -> None:
    samples = callback("SampleCalls", questions=2)
    main(["fit", "--config", str(make_config(trainer={"max_epochs": 1, "callbacks": [samples]}))])
    logged, known = list_names(tmp_path / "run"), set(list_logged(SFTModule("model", PromptOptions()), [SampleCalls()]))
    more = {name for name in logged if name.startswith("val/problems/")} | {"val/sampling_seconds"}
    assert more <= logged, "what no checkpoint is ranked by"
    logged -= more
    assert logged <= known
    assert known - logged <= {f"val/{name}" for name in RATES}, "a rate that no sampled answer has is left out"
    assert "val/exact_match" in logged


@pytest.mark.slow
def test_dpo_logs_what_the_tables_name(make_dpo_config: MakeConfig, tmp_path: Path) -> None:
    main(["fit", "--config", str(make_dpo_config())])
    assert list_names(tmp_path / "run") == set(list_logged(DPOModule(base_model="model", prompt=PromptOptions()), []))


@pytest.mark.slow
@pytest.mark.parametrize(
    "trainer",
    [
        {"val_check_interval": 400, "check_val_every_n_epoch": None},  # longer than the run
        {"val_check_interval": 4, "check_val_every_n_epoch": None},  # of 12 micro-batches, and again at the end
        {"val_check_interval": 5, "check_val_every_n_epoch": None},
        {"check_val_every_n_epoch": 7},
        {"check_val_every_n_epoch": 2, "max_epochs": 3},
        {"max_epochs": -1, "max_steps": 2},
        {"max_steps": 5, "max_epochs": -1, "val_check_interval": 100, "check_val_every_n_epoch": None},
        {"val_check_interval": 0.5},
        {},
    ],
)
def test_the_last_step_is_validated(trainer: dict[str, Any], make_config: MakeConfig, tmp_path: Path) -> None:
    callbacks = [callback("AdapterCheckpoint"), callback("SampleCalls", questions=2)]
    main(["fit", "--config", str(make_config(trainer={"callbacks": callbacks, **trainer}))])
    run = tmp_path / "run"
    last = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"]
    assert last == max(line["step"] for line in metrics(run) if "train/loss" in line) + 1
    best = {int(path.name.split("-")[0].removeprefix("step=")) for path in (run / "checkpoints").glob("step=*.ckpt")}
    assert last in best
    assert (run / "samples" / f"step={last}-rank=0.jsonl").is_file()
    steps = validated_steps(run)
    assert len(steps) == len(set(steps))


def test_an_interval_longer_than_an_epoch_is_refused(
    make_config: MakeConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    said = fails(capsys, "fit", "--config", str(make_config(trainer={"val_check_interval": 400})))
    assert "trainer.val_check_interval=400 is more than the 6 micro-batches of an epoch: lower it, or set" in said


def test_a_run_that_never_validates_says_so(
    make_config: MakeConfig, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        main(["fit", "--config", str(make_config(trainer={"limit_val_batches": 0, "max_epochs": 1}))])
    assert "trainer.limit_val_batches=0: nothing is validated, so no best checkpoint is kept" in caplog.text
    assert (tmp_path / "run" / "checkpoints" / "last.ckpt").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["fit", "validate", "test"])
def test_metrics_of_an_earlier_command_are_not_deleted(
    command: str, make_config: MakeConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Lightning's CSVLogger begins its file anew (rf-detr#1321)."""
    kept = tmp_path / "csv" / "metrics.csv"
    kept.parent.mkdir()
    kept.write_text("step,train/loss\n0,1.0\n")
    where = {"save_dir": str(tmp_path / "csv"), "name": "", "version": ""}
    logger = {"class_path": "lightning.pytorch.loggers.CSVLogger", "init_args": where}
    said = fails(capsys, command, "--config", str(make_config(trainer={"logger": logger, "max_epochs": 1})))
    assert f"CSVLogger would delete {kept}" in said
    assert kept.read_text() == "step,train/loss\n0,1.0\n"
    del where["version"]
    main(["fit", "--config", str(make_config(trainer={"logger": logger, "max_epochs": 1}))])
    assert (tmp_path / "csv" / "version_0" / "metrics.csv").is_file()


@pytest.mark.slow
def test_checkpoints_longer_apart_than_the_run_keep_the_last_step(make_config: MakeConfig, tmp_path: Path) -> None:
    callbacks = [callback("AdapterCheckpoint", every_n_train_steps=1000)]
    main(["fit", "--config", str(make_config(trainer={"callbacks": callbacks}))])
    last = torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    assert last["global_step"] == 6


def overlay(path: Path, trainer: dict[str, Any]) -> str:
    path.write_text(yaml.safe_dump({"trainer": trainer}))
    return str(path)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["callbacks", "callbacks+"])
def test_an_overlay_of_callbacks_keeps_checkpoints(key: str, make_config: MakeConfig, tmp_path: Path) -> None:
    stop = overlay(tmp_path / "stop.yaml", {key: [callback("EarlyStopping", monitor="val/loss")]})
    main(["fit", "--config", str(make_config(trainer={"max_epochs": 1})), "--config", stop])
    assert (tmp_path / "run" / "checkpoints" / "last.ckpt").is_file()
    assert (tmp_path / "run" / "checkpoints" / "last" / "adapter_model.safetensors").is_file()


@pytest.mark.slow
def test_checkpoints_are_switched_off_by_name(make_config: MakeConfig, tmp_path: Path) -> None:
    off = overlay(tmp_path / "off.yaml", {"callbacks": [], "enable_checkpointing": False})
    main(["fit", "--config", str(make_config(trainer={"max_epochs": 1})), "--config", off])
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_a_checkpoint_callback_of_the_users_is_theirs(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        added = add_default_callbacks([ModelCheckpoint()], None, False, is_trained=True)
    assert [type(each) for each in added] == [ModelCheckpoint, ValidateAtEnd]
    assert "ModelCheckpoint keeps no PEFT folder beside its checkpoints: AdapterCheckpoint does" in caplog.text
    assert [type(each) for each in add_default_callbacks(None, None, True, is_trained=False)] == [QuestionProgress]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.\nmore"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
        MemoryError(),
    ],
)
def test_memory_that_runs_out_is_one_sentence(error: Exception) -> None:
    assert re.match(r"out of memory .*: raise trainer\.accumulate_grad_", describe_error(error) or "")
    assert describe_error(RuntimeError("a defect")) is None


@pytest.mark.slow
def test_progress_counts_epochs_from_1_and_questions(
    make_config: MakeConfig, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config(trainer={"enable_progress_bar": True, "max_epochs": 2}))
    main(["fit", "--config", config])
    shown = capsys.readouterr().out
    assert "Epoch 1 of 2" in shown
    assert "Epoch 2 of 2" in shown
    assert "Epoch 0" not in shown
    main(["test", "--config", config])
    assert "24/24" in capsys.readouterr().out
