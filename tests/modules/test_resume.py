"""Resuming from a checkpoint: what stays the same to the bit, what takes effect, what is refused."""

from __future__ import annotations

import itertools
import json
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from said import fails
from torch import Tensor

from lit_toolcall.cli.main import main
from lit_toolcall.datamodules.loaders import MicroBatchLoader
from lit_toolcall.modules import SFTModule
from lit_toolcall.packing import PackedBatch

ROWS = 20
"""19 of them train, in global batches of 4: five per full epoch, the last of 3 rows."""
STEPS = 5
LORA = "model.init_args.lora."
LR = "model.init_args.optimizer.init_args.lr"
QUIET = ["--trainer.num_sanity_val_steps", "0", "--trainer.enable_model_summary", "false"]


def weights(checkpoint: Path) -> dict[str, Tensor]:
    return torch.load(checkpoint, weights_only=True)["state_dict"]


def assert_equal(first: Path, second: Path) -> None:
    one, two = weights(first), weights(second)
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def logged(run: Path, name: str) -> list[tuple[int, float]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [(line["step"], line[name]) for line in lines if name in line]


@contextmanager
def batches_seen() -> Iterator[list[list[int]]]:
    """Note the rows of each global batch that any loader hands out, in order."""
    seen: list[list[int]] = []
    pack = MicroBatchLoader._pack

    def note(self: MicroBatchLoader, batch: Any) -> list[PackedBatch]:
        seen.append(list(batch))
        return pack(self, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MicroBatchLoader, "_pack", note)
        yield seen


@contextmanager
def interrupted_at(micro_batch: int) -> Iterator[None]:
    """Press Ctrl-C in a micro-batch, counted from 0."""
    count = itertools.count()
    step = SFTModule.training_step
    handler = signal.getsignal(signal.SIGINT)

    def stop(self: SFTModule, batch: PackedBatch, batch_idx: int) -> Tensor:
        if next(count) == micro_batch:
            raise KeyboardInterrupt
        return step(self, batch, batch_idx)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SFTModule, "training_step", stop)
        try:
            with pytest.raises(SystemExit):
                yield
        finally:
            signal.signal(signal.SIGINT, handler)


EVERY_SECOND_STEP = {
    "class_path": "AdapterCheckpoint",
    "init_args": {"every_n_train_steps": 2, "monitor": "train/loss", "save_top_k": -1},
}


class Runs:
    """A run that was not disturbed, and its checkpoint of the second step, in mid-epoch."""

    def __init__(self, folder: Path, config: Path, command: str = "fit") -> None:
        self.folder, self.config, self.command = folder, config, command
        whole = self.begin("whole")
        (middle,) = (whole / "checkpoints").glob("step=2-*.ckpt")
        self.checkpoint = folder / "half" / "checkpoints" / "middle.ckpt"
        self.checkpoint.parent.mkdir(parents=True)
        shutil.copy(middle, self.checkpoint)
        shutil.copy(whole / "config.yaml", folder / "half")

    def arguments(self, name: str, *more: str) -> list[str]:
        root = ["--trainer.default_root_dir", str(self.folder / name)]
        return [self.command, "--config", str(self.config), *root, *QUIET, *more]

    def begin(self, name: str, *more: str) -> Path:
        main(self.arguments(name, *more))
        return self.folder / name

    def resume(self, name: str, *more: str) -> Path:
        return self.begin(name, "--ckpt_path", str(self.checkpoint), *more)

    def last(self, name: str) -> Path:
        return self.folder / name / "checkpoints" / "last.ckpt"


@pytest.fixture
def runs(make_config: Callable[..., Path], tmp_path: Path) -> Runs:
    model = {"lora": {"r": 4, "dropout": 0.1}, "warmup_ratio": 0.2}  # dropout too resumes where it was
    trainer = {"callbacks": [EVERY_SECOND_STEP]}
    return Runs(tmp_path / "runs", make_config(rows=ROWS, data={"global_batch_size": 4}, model=model, trainer=trainer))


@pytest.mark.slow
def test_the_same_settings_resume_to_the_bit(runs: Runs) -> None:
    with batches_seen() as before:
        runs.begin("counted")
    with batches_seen() as after:
        runs.resume("again")
    assert len(before) == 2 * STEPS
    assert after == before[2:]
    assert_equal(runs.last("again"), runs.last("whole"))
    kept = torch.load(runs.checkpoint, weights_only=True)["resume"]
    assert (kept["rows_done"], kept["steps_done"], kept["micro_batches"]) == (8, 2, 2)


@pytest.mark.slow
def test_what_may_change_takes_effect(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    whole = logged(runs.folder / "whole", "train/lr")

    # the learning rate: the same schedule at ten times the rate, from the next step on
    run = runs.resume("lr", f"--{LR}", "0.1")
    assert f"{LR} is 0.1; the checkpoint was trained with 0.01: takes effect" in capsys.readouterr().out
    assert logged(run, "train/lr") == [(step, pytest.approx(10 * rate)) for step, rate in whole[2:]]
    assert (
        yaml.safe_load((run / "config.yaml").read_text())["model"]["init_args"]["optimizer"]["init_args"]["lr"] == 0.1
    )

    # weight decay stands in the optimizer, and is trained with
    runs.resume("decay", "--model.init_args.optimizer.init_args.weight_decay", "0.5")
    state = torch.load(runs.last("decay"), weights_only=True)["optimizer_states"][0]
    assert [group["weight_decay"] for group in state["param_groups"]] == [0.5]
    whole_weights, decayed = weights(runs.last("whole")), weights(runs.last("decay"))
    assert not all(torch.equal(whole_weights[name], decayed[name]) for name in decayed)

    # more steps: the rate is that of the longer schedule, as of a run that had it from the start
    longer = runs.begin("longer", "--trainer.max_epochs", "3")
    run = runs.resume("epochs", "--trainer.max_epochs", "3")
    assert logged(run, "train/lr") == logged(longer, "train/lr")[2:]
    assert len(logged(run, "train/lr")) == 3 * STEPS - 2

    # warm-up and schedule
    run = runs.resume("schedule", "--model.init_args.schedule", "transformers.get_constant_schedule")
    assert [rate for _, rate in logged(run, "train/lr")] == pytest.approx([0.01] * (2 * STEPS - 2))
    other = runs.begin("other", "--model.init_args.warmup_ratio", "0.5")
    run = runs.resume("warmup", "--model.init_args.warmup_ratio", "0.5")
    assert logged(run, "train/lr") == logged(other, "train/lr")[2:]

    # clipping
    runs.resume("clip", "--trainer.gradient_clip_val", "1.0e-9")
    assert not all(torch.equal(whole_weights[name], value) for name, value in weights(runs.last("clip")).items())

    # logging, validation and checkpoints change nothing that is trained
    run = runs.resume("log", "--trainer.log_every_n_steps", "2", "--trainer.val_check_interval", "4")
    assert [step for step, _ in logged(run, "train/lr")] == [3, 5, 7, 9]
    assert_equal(runs.last("log"), runs.last("whole"))
    runs.resume("saved", "--trainer.callbacks.every_n_train_steps", "3")
    assert list((runs.folder / "saved" / "checkpoints").glob("step=6-*.ckpt"))
    assert_equal(runs.last("saved"), runs.last("whole"))

    # precision of the computation
    runs.resume("precision", "--trainer.precision", "bf16-mixed")
    assert not all(torch.equal(whole_weights[name], value) for name, value in weights(runs.last("precision")).items())


@pytest.mark.slow
@pytest.mark.parametrize("micro_batches", [1, 3, 4])
def test_other_micro_batches_train_each_row_left_once(runs: Runs, micro_batches: int) -> None:
    if micro_batches == 4:  # 3 rows cannot fill them: the last step joins the one before
        with batches_seen() as after:
            runs.resume("again", "--trainer.accumulate_grad_batches", "4", "--trainer.max_epochs", "1")
        assert [len(batch) for batch in after] == [4, 7]
    else:
        with batches_seen() as after:
            runs.resume("again", "--trainer.accumulate_grad_batches", str(micro_batches), "--trainer.max_epochs", "1")
        assert [len(batch) for batch in after] == [4, 4, 3]
    with batches_seen() as whole:
        runs.begin("counted", "--trainer.max_epochs", "1")
    assert sorted(row for batch in whole for row in batch) == list(range(19))
    assert [row for batch in after for row in batch] == [row for batch in whole[2:] for row in batch]
    steps = [step for step, _ in logged(runs.folder / "again", "train/loss")]
    assert steps == list(range(2, 2 + len(after)))


REFUSED = {
    "seed": (["--data.init_args.seed", "7"], "data.init_args.seed was 42 and is 7"),
    "global batch": (["--data.init_args.global_batch_size", "8"], "data.init_args.global_batch_size was 4 and is 8"),
    "groups": (["--data.init_args.tool_group_size", "2"], "data.init_args.tool_group_size was 1 and is 2"),
    "curriculum": (
        ["--data.init_args.curriculum.pacing", "root"],
        "data.init_args.curriculum was None and is Curriculum(",
    ),
    "fewer rows": (["--data.init_args.validation_fraction", "0.2"], "gave 19 training rows and gives 16"),
    "other rows": (
        ["--data.init_args.augment", '[{"class_path": "RenameTools"}]'],
        "as many training rows as before, but",
    ),
    "optimizer": (
        ["--model.init_args.optimizer", "torch.optim.SGD", "--model.init_args.optimizer.init_args.lr", "0.1"],
        "model.init_args.optimizer was torch.optim.adamw.AdamW and is torch.optim.sgd.SGD",
    ),
    "amsgrad": (
        ["--model.init_args.optimizer.init_args.amsgrad", "true"],
        "amsgrad of model.init_args.optimizer was False and is True",
    ),
    "rank": (["--" + LORA + "r", "8"], "weights differ in name or shape"),
    "alpha": (["--" + LORA + "alpha", "8"], "set model.init_args.lora.alpha to 32"),
    "targets": (["--" + LORA + "targets", "all-linear"], "weights differ in name or shape"),
    "prompt": (["--prompt.tools_as", "json"], "prompts written another way"),
    "quantization": (["--model.init_args.quantization", "4bit"], "quantization was none and is 4bit"),
    "epochs": (["--trainer.max_steps", "1"], "more than trainer.max_steps=1: raise it"),
    "too many parts": (["--trainer.accumulate_grad_batches", "5"], "cannot fill 5 micro-batches"),
}


@pytest.mark.slow
def test_what_may_not_change_is_refused(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    for name, (arguments, sentence) in REFUSED.items():
        said = fails(capsys, *runs.arguments(name, "--ckpt_path", str(runs.checkpoint), *arguments))
        assert sentence in said, name
        assert len(said.splitlines()) == 1, name
        assert not (runs.folder / name / "config.yaml").exists(), "nothing was trained with it"


@pytest.mark.slow
def test_another_base_model_is_refused(runs: Runs, tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_folder)
    model.model.layers[0].mlp.up_proj.weight.data *= 1.01
    model.save_pretrained(tiny_folder)
    said = fails(capsys, *runs.arguments("base", "--ckpt_path", str(runs.checkpoint)))
    assert "has other weights than" in said


@pytest.mark.slow
def test_a_run_resumes_from_every_place(runs: Runs) -> None:
    # after Ctrl-C inside the fourth step, with other micro-batches
    with interrupted_at(7):
        runs.begin("stopped")
    for micro_batches in ("2", "1"):
        runs.checkpoint = runs.last("stopped")
        with batches_seen() as after:
            runs.resume(f"after {micro_batches}", "--trainer.accumulate_grad_batches", micro_batches)
        assert len(after) == 2 * STEPS - 3
    assert_equal(runs.last("after 2"), runs.last("whole"))
    # at the end of an epoch, with more epochs
    runs.begin("first epoch", "--trainer.max_epochs", "1")
    for micro_batches in ("2", "1", "4"):
        runs.checkpoint = runs.last("first epoch")
        with batches_seen() as after:
            runs.resume(f"second {micro_batches}", "--trainer.accumulate_grad_batches", micro_batches)
        assert sorted(row for batch in after for row in batch) == list(range(19))
    assert logged(runs.folder / "second 2", "train/lr") == logged(runs.folder / "whole", "train/lr")[STEPS:]


@pytest.mark.slow
def test_nothing_left_to_train_is_said(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs.checkpoint = runs.last("whole")
    runs.resume("again")
    assert "nothing is left to train: trainer.max_epochs=2 is reached" in capsys.readouterr().out
    assert "more than trainer.max_epochs=1" in fails(
        capsys, *runs.arguments("less", "--ckpt_path", str(runs.checkpoint), "--trainer.max_epochs", "1")
    )


@pytest.mark.slow
@pytest.mark.parametrize("renamed", [False, True])
def test_an_older_checkpoint_says_what_cannot_be_checked(
    runs: Runs, renamed: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = torch.load(runs.checkpoint, weights_only=True)
    if renamed:
        rows = checkpoint["resume"]["identity"]["rows"]
        rows["window_examples"] = rows.pop("global_batch_size")
    else:
        del checkpoint["resume"]
    torch.save(checkpoint, runs.checkpoint)
    runs.resume("again")
    assert "the checkpoint is of an older version: whether rows, seed," in capsys.readouterr().out
    assert_equal(runs.last("again"), runs.last("whole"))


@pytest.mark.slow
def test_weights_alone_are_not_resumed(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = torch.load(runs.checkpoint, weights_only=True)
    del checkpoint["optimizer_states"], checkpoint["lr_schedulers"]
    torch.save(checkpoint, runs.checkpoint)
    said = fails(capsys, *runs.arguments("again", "--ckpt_path", str(runs.checkpoint)))
    assert "holds weights only: start from them by model.init_args.init_adapter" in said


@pytest.mark.slow
@pytest.mark.parametrize("micro_batches", [2, 4])
def test_the_rate_falls_to_the_end_however_the_steps_are_cut(runs: Runs, micro_batches: int) -> None:
    # with 4 micro-batches an epoch has 4 steps, not 5: the schedule was at its end an epoch early, and rose again
    runs.begin("long", "--trainer.max_epochs", "6", "--trainer.callbacks.every_n_train_steps", "5")
    (runs.checkpoint,) = (runs.folder / "long" / "checkpoints").glob("step=25-*.ckpt")
    run = runs.resume("again", "--trainer.max_epochs", "6", "--trainer.accumulate_grad_batches", str(micro_batches))
    before = logged(runs.folder / "long", "train/lr")[24][1]
    rates = [rate for _, rate in logged(run, "train/lr")]
    assert len(rates) == (5 if micro_batches == 2 else 4)
    assert sorted([before, *rates], reverse=True) == [before, *rates]
    assert before / rates[0] < 3


@pytest.mark.slow
def test_epochs_that_end_elsewhere_are_refused(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    for limit in ("2", "4", "8"):  # of 10 micro-batches, where 4 are trained
        more = ["--ckpt_path", str(runs.checkpoint), "--trainer.limit_train_batches", limit]
        said = fails(capsys, *runs.arguments(limit, *more))
        assert f"ended an epoch after all its steps and would end it after {int(limit) // 2} steps" in said
    limited = runs.begin("limited", "--trainer.limit_train_batches", "6", "--trainer.max_epochs", "3")
    (runs.checkpoint,) = (limited / "checkpoints").glob("step=4-*.ckpt")
    for micro_batches in ("1", "2", "4"):
        limit = str(3 * int(micro_batches))
        with batches_seen() as after:
            run = runs.resume(
                f"again {micro_batches}",
                *("--trainer.limit_train_batches", limit, "--trainer.accumulate_grad_batches", micro_batches),
                *("--trainer.max_epochs", "3"),
            )
        assert len(after) == 5
        assert logged(run, "train/lr") == logged(limited, "train/lr")[4:]
    said = fails(capsys, *runs.arguments("whole epochs", "--ckpt_path", str(runs.checkpoint)))
    assert "ended an epoch after 3 steps and would end it after all its steps" in said


@pytest.mark.slow
def test_a_run_that_max_steps_ended_is_not_called_complete(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs.begin("short", "--trainer.max_steps", "3", "--trainer.max_epochs", "1")
    runs.checkpoint = runs.last("short")
    capsys.readouterr()
    with batches_seen() as after:
        runs.resume("again", "--trainer.max_epochs", "1")
    assert len(after) == STEPS - 3
    assert "nothing is left to train" not in capsys.readouterr().out


@pytest.mark.slow
def test_later_steps_of_a_run_are_not_replaced(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    (earlier,) = (runs.folder / "whole" / "checkpoints").glob("step=2-*.ckpt")
    before = runs.last("whole").read_bytes()
    shutil.copytree(runs.folder / "whole", runs.folder / "again")
    said = fails(capsys, *runs.arguments("whole", "--ckpt_path", str(earlier)))
    assert f"is of step 2, and {runs.last('whole')} of step {2 * STEPS} would be replaced: resume from" in said
    assert runs.last("whole").read_bytes() == before
    runs.last("whole").write_bytes(before[:99])  # cut short by a full disk
    runs.begin("whole", "--ckpt_path", str(earlier))
    assert_equal(runs.last("whole"), runs.last("again"))
    assert not list(runs.last("whole").parent.glob("last-*"))


@pytest.mark.slow
def test_a_folder_with_another_run_is_refused(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    other = runs.begin("other", "--trainer.max_steps", "2")
    before = runs.last("other").read_bytes()
    said = fails(capsys, *runs.arguments("other", "--ckpt_path", str(runs.checkpoint)))
    assert f"other already holds another run than that of {runs.checkpoint}: resume it with --ckpt_path" in said
    assert runs.last("other").read_bytes() == before
    assert len(logged(other, "train/lr")) == 2


@pytest.mark.slow
def test_what_is_said_of_a_setting_is_what_comes_of_it(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in (("amsgrad", "true"), ("foreach", "true")):
        setting = f"model.init_args.optimizer.init_args.{name}"
        with pytest.raises(SystemExit):
            main(runs.arguments(name, "--ckpt_path", str(runs.checkpoint), f"--{setting}", value))
        said = capsys.readouterr()
        (line,) = [line for line in said.out.splitlines() if line.startswith(setting)]
        assert line.endswith("it must be the same, which is checked")
        assert f"{name} of model.init_args.optimizer was" in said.err
    said = fails(capsys, *runs.arguments("try", "--ckpt_path", str(runs.checkpoint), "--trainer.fast_dev_run", "true"))
    assert "leave out --ckpt_path" in said


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["base", "adapter", "cached"])
def test_dpo_goes_on_by_the_same_contract(
    make_dpo_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], reference: str
) -> None:
    config = make_dpo_config(reference=reference, trainer={"max_epochs": 2, "callbacks": [EVERY_SECOND_STEP]})
    half = ["fit", "--config", str(config), *QUIET]
    main([*half, "--trainer.default_root_dir", str(tmp_path / "whole")])
    (last,) = (tmp_path / "whole" / "checkpoints").glob("step=2-*.ckpt")
    said = fails(capsys, *half, "--ckpt_path", str(last), "--data.init_args.global_batch_size", "2")
    assert "data.init_args.global_batch_size was 4 and is 2" in said
    for name, more, factor in (("same", [], 1), ("faster", [f"--{LR}", "0.02"], 2)):
        shutil.copytree(
            tmp_path / "whole", tmp_path / name, ignore=shutil.ignore_patterns("metrics.jsonl")
        )  # with the reference that it keeps
        (tmp_path / name / "checkpoints" / "last.ckpt").unlink()
        run = ["--trainer.default_root_dir", str(tmp_path / name)]
        main([*half, *run, "--ckpt_path", str(tmp_path / name / "checkpoints" / last.name), *more])
        rates = logged(tmp_path / name, "train/lr")
        assert rates == [
            (step, pytest.approx(factor * rate)) for step, rate in logged(tmp_path / "whole", "train/lr")[2:]
        ]
    assert_equal(tmp_path / "same" / "checkpoints" / "last.ckpt", tmp_path / "whole" / "checkpoints" / "last.ckpt")
