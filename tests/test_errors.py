"""Each error that a user can cause is one sentence that names the place and the cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import wandb
import yaml
from lightning import LightningDataModule
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.prompting import PromptOptions


def test_a_misspelt_config(capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", "sft_lama.yaml")
    assert said.startswith(
        "error: --config sft_lama.yaml: no such file, and not a shipped config (did you mean sft_llama"
    )
    assert "quickstart.yaml" in said


@pytest.mark.parametrize("name", ["dpo_smollm_safe", "dpo_smollm_safe.yaml"])
def test_a_config_by_its_former_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", name)
    assert said == f"error: --config {name}: this shipped config is called dpo_smollm_call_aware.yaml now\n"


def test_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert "fit" in fails(capsys, "fti")


def test_a_text_file_given_as_checkpoint(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("not a checkpoint\n")
    said = fails(capsys, "test", "--config", str(make_config()), "--ckpt_path", str(tmp_path / "notes.txt"))
    assert "notes.txt: not a checkpoint of this program: give a .ckpt file that `fit` has written" in said


@pytest.mark.slow
def test_a_missing_checkpoint(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "test", "--config", str(make_config()), "--ckpt_path", "no/such.ckpt")
    assert "ckpt_path=no/such.ckpt: no such file" in said
    said = fails(capsys, "test", "--config", str(make_config()), "--ckpt_path", "tests")
    assert "ckpt_path=tests: a folder without a checkpoint: give a .ckpt file or the run folder of a `fit`" in said


def test_a_missing_model(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", str(make_config()), "--base_model", "no-such/model")
    assert "base_model=no-such/model: no tokenizer could be loaded" in said
    assert "check the name and the network, or give a local folder" in said


def test_a_run_folder_in_use(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config())
    checkpoint = tmp_path / "run" / "checkpoints" / "last.ckpt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(b"")
    said = fails(capsys, "fit", "--config", config)
    assert "already holds a run: resume it with --ckpt_path" in said


@pytest.mark.slow
def test_a_checkpoint_of_another_prompt(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config(trainer={"max_epochs": 1}))
    main(["fit", "--config", config])
    checkpoint = str(tmp_path / "run" / "checkpoints" / "last.ckpt")
    said = fails(capsys, "test", "--config", config, "--ckpt_path", checkpoint, "--prompt.tools_as", "json")
    assert "prompts written another way" in said
    said = fails(capsys, "test", "--config", config, "--ckpt_path", checkpoint, "--model.init_args.lora.r", "8")
    assert "the checkpoint does not fit this model" in said
    assert "config.yaml in its run folder" in said


@pytest.mark.slow
def test_a_checkpoint_of_another_scale(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config(trainer={"max_epochs": 1}))
    main(["fit", "--config", config])
    path = tmp_path / "run" / "checkpoints" / "last.ckpt"
    sentence = "the checkpoint was trained with lora.alpha=32, which scales its weights, and not with 64: set"
    other = ["--config", config, "--model.init_args.lora.alpha", "64", "--trainer.default_root_dir", str(tmp_path)]
    assert sentence in fails(capsys, "validate", *other, "--ckpt_path", str(path))
    assert sentence in fails(capsys, "fit", *other, "--model.init_args.init_adapter", str(path))
    older = torch.load(path, weights_only=True)
    del older["lora_alpha"]
    torch.save(older, path)
    main(["validate", *other, "--ckpt_path", str(path)])


def test_an_unknown_lora_target(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    config = make_config(model={"lora": {"targets": ["q_proj", "query_key_value"]}})
    said = fails(capsys, "fit", "--config", str(config))
    assert (
        "lora.targets: query_key_value matches no linear layer in the blocks of this llama model: choose from down_proj"
        in said
    )


def test_an_unknown_call_format(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", str(make_config()), "--prompt.call_format", "xml")
    assert "tool_code" in said
    assert "hermes" in said


def test_inspect_past_the_end(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "inspect", "--config", str(make_config()), "--first", "500")
    assert "there are 23 training rows, numbered from 0" in said


class OtherData(LightningDataModule):
    """Data of a user's own."""

    def __init__(self, base_model: str, prompt: PromptOptions) -> None:  # noqa: ARG002 (the command line gives them)
        super().__init__()


def test_inspect_of_other_data(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = make_config()
    config = yaml.safe_load(path.read_text())
    config["data"] = {"class_path": f"{__name__}.OtherData"}
    path.write_text(yaml.safe_dump(config))
    said = fails(capsys, "inspect", "--config", str(path))
    assert "inspect shows the rows of an SFTDataModule or a PreferenceDataModule, not of OtherData" in said


def test_wandb_without_a_key(
    make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise wandb.errors.UsageError("api_key not configured (no-tty)")

    monkeypatch.setattr(wandb, "init", refuse)
    config = make_config(trainer={"logger": {"class_path": "lightning.pytorch.loggers.WandbLogger"}})
    said = fails(capsys, "fit", "--config", str(config))
    assert said.startswith(
        "error: trainer.logger: W&B cannot start (api_key not configured (no-tty)): run `wandb login`"
    )


def test_a_checkpoint_without_weights(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"epoch": 1}, tmp_path / "other.ckpt")
    said = fails(capsys, "test", "--config", str(make_config()), "--ckpt_path", str(tmp_path / "other.ckpt"))
    assert "other.ckpt: holds no trained weights: give a .ckpt file that `fit` has written" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model.init_args.lora.r", "-1"], "lora.r=-1 must be at least 1"),
        (["--model.init_args.lora.dropout", "2"], "lora.dropout=2.0 must be at least 0 and below 1"),
        (["--model.init_args.generation.max_new_tokens", "-5"], "generation.max_new_tokens=-5 must be at least 1"),
        (["--model.init_args.generation.temperature", "-1"], "generation.temperature=-1.0 must be at least 0"),
        (["--model.init_args.optimizer.init_args.lr", "-1"], "model.optimizer: Invalid learning rate: -1.0"),
        (
            ["--data.init_args.global_batch_size", "-4"],
            "data.global_batch_size=-4 must be at least 1",
        ),
        (["--model.init_args.lora.rr", "2"], "`model.init_args.lora` has no `rr`: did you mean `r`?"),
        (["--trainer.maxepochs", "2"], "`trainer` has no `maxepochs`: did you mean `max_epochs`?"),
        (["--base_model", "./no/folder"], "base_model=./no/folder: no such folder (seen from "),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    arguments: list[str], sentence: str, make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    said = fails(capsys, "fit", "--config", str(make_config()), *arguments)
    assert sentence in said
    assert "usage:" not in said


def test_a_run_folder_that_cannot_be_made(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    folder = str(tmp_path / "file" / "run")
    said = fails(capsys, "fit", "--config", str(make_config()), "--trainer.default_root_dir", folder)
    assert f"trainer.default_root_dir={folder}: Not a directory: name another folder" in said


def test_inspect_of_no_row(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert "--rows=-1 must be at least 1" in fails(capsys, "inspect", "--config", str(make_config()), "--rows", "-1")


def test_a_run_without_end(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", str(make_config(trainer={"max_epochs": -1})))
    assert "training has no end: set trainer.max_epochs or trainer.max_steps" in said


def test_no_questions_to_sample(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    sample = {"class_path": "SampleCalls", "init_args": {"questions": 0}}
    said = fails(capsys, "fit", "--config", str(make_config(trainer={"callbacks": [sample]})))
    assert "questions=0 must be at least 1" in said
