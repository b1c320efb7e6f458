"""`fit`, `test`, `predict` and `inspect` from the command line, on a tiny model."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from peft import PeftModel
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from lit_toolcall.cli.main import main
from lit_toolcall.generation import Generated, Request, TransformersEngine
from lit_toolcall.modules import SFTModule
from lit_toolcall.packing import PackedBatch


def run_process(arguments: list[str]) -> None:
    """Run the command line in a process of its own, as DDP starts further ones like it."""
    command = [sys.executable, "-m", "lit_toolcall", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, timeout=300, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]


def weights(checkpoint: Path) -> dict[str, Tensor]:
    return torch.load(checkpoint, weights_only=True)["state_dict"]


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_fit_writes_a_run_folder(make_config: Callable[..., Path], tmp_path: Path) -> None:
    main(["fit", "--config", str(make_config())])
    run = tmp_path / "run"
    logged = metrics(run)
    losses = [line["train/loss"] for line in logged if "train/loss" in line]
    assert losses[-1] < losses[0]
    keys = {key for line in logged for key in line}
    assert {"train/lr", "train/entropy", "train/gradient_norm", "train/token_accuracy", "val/loss"} <= keys
    assert {"train/tokens_per_second", "train/examples_per_second", "train/trained_tokens"} <= keys
    assert yaml.safe_load((run / "config.yaml").read_text())["data"]["init_args"]["global_batch_size"] == 8
    checkpoint = run / "checkpoints" / "last.ckpt"
    assert all("lora" in name or "trainable_tokens" in name for name in weights(checkpoint))


@pytest.mark.slow
def test_the_peft_folder_loads_with_plain_peft(
    make_config: Callable[..., Path], tmp_path: Path, tiny_folder: Path
) -> None:
    main(["fit", "--config", str(make_config())])
    folder = tmp_path / "run" / "checkpoints" / "last"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    base = AutoModelForCausalLM.from_pretrained(tiny_folder)
    base.resize_token_embeddings(len(tokenizer))
    model = PeftModel.from_pretrained(base, folder)
    assert tokenizer.decode(tokenizer.encode("<|tool_code|>", add_special_tokens=False)) == "<|tool_code|>"
    assert len(tokenizer.encode("<|tool_code|><|end|>", add_special_tokens=False)) == 2
    stored = load_file(folder / "adapter_model.safetensors")
    assert sum(tensor.numel() for tensor in stored.values()) < 20_000  # the two whole embeddings would be 50,000
    trained = weights(tmp_path / "run" / "checkpoints" / "last.ckpt")
    loaded = model.state_dict()
    for name, weight in trained.items():
        torch.testing.assert_close(loaded[name.removeprefix("policy.")].float(), weight)


@pytest.mark.slow
def test_fit_goes_on_from_the_middle_of_an_epoch_as_if_undisturbed(
    make_config: Callable[..., Path], tmp_path: Path
) -> None:
    config = str(make_config())
    main(["fit", "--config", config, "--trainer.default_root_dir", str(tmp_path / "whole")])
    half = [
        "--trainer.default_root_dir",
        str(tmp_path / "half"),
        "--trainer.callbacks.every_n_train_steps",
        "2",
    ]
    steps = ["--trainer.callbacks.save_top_k", "-1", "--trainer.callbacks.monitor", "train/loss"]
    main(["fit", "--config", config, *half, *steps])
    (middle,) = (tmp_path / "half" / "checkpoints").glob("step=2-*.ckpt")
    resumed = ["--trainer.default_root_dir", str(tmp_path / "resumed"), "--ckpt_path", str(middle)]
    main(["fit", "--config", config, *resumed])
    whole, again = (weights(tmp_path / run / "checkpoints" / "last.ckpt") for run in ("whole", "resumed"))
    for name, weight in whole.items():
        torch.testing.assert_close(again[name], weight, atol=1e-6, rtol=1e-5)


@pytest.mark.slow
def test_more_steps_resume_where_max_steps_ended_an_epoch(make_config: Callable[..., Path], tmp_path: Path) -> None:
    config = str(make_config(trainer={"max_epochs": 1, "gradient_clip_val": 0.0}))
    main(["fit", "--config", config, "--trainer.default_root_dir", str(tmp_path / "whole")])
    half = ["fit", "--config", config, "--trainer.default_root_dir", str(tmp_path / "half")]
    main([*half, "--trainer.max_steps", "1"])
    begun = len(metrics(tmp_path / "half"))
    main([*half, "--ckpt_path", str(tmp_path / "half" / "checkpoints" / "last.ckpt")])

    def steps(lines: list[dict[str, float]], name: str) -> list[float]:
        return [line[name] for line in lines if "train/loss" in line]

    whole, resumed = metrics(tmp_path / "whole"), metrics(tmp_path / "half")[begun:]
    assert len(steps(whole, "train/loss")) > 2
    for name in ("train/lr", "train/loss"):
        assert steps(resumed, name) == pytest.approx(steps(whole, name)[1:], rel=1e-3)


@pytest.mark.slow
def test_an_interrupt_inside_a_step_loses_only_that_step(
    make_config: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = str(make_config())
    main(["fit", "--config", config, "--trainer.default_root_dir", str(tmp_path / "whole")])
    steps = itertools.count()
    training_step = SFTModule.training_step

    def interrupted(self: SFTModule, batch: PackedBatch, batch_idx: int) -> Tensor:
        if next(steps) == 5:  # two micro-batches per step: in the middle of the third
            raise KeyboardInterrupt
        return training_step(self, batch, batch_idx)

    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr(SFTModule, "training_step", interrupted)
        try:
            with pytest.raises(SystemExit):
                main(["fit", "--config", config, "--trainer.default_root_dir", str(tmp_path / "half")])
        finally:
            signal.signal(signal.SIGINT, handler)  # Lightning leaves further interrupts ignored
    (saved,) = (tmp_path / "half" / "checkpoints").glob("*.ckpt")
    main(["fit", "--config", config, "--trainer.default_root_dir", str(tmp_path / "half"), "--ckpt_path", str(saved)])
    logged = [[line["step"] for line in metrics(tmp_path / run) if "train/loss" in line] for run in ("whole", "half")]
    assert logged[1] == logged[0]
    whole, again = (weights(tmp_path / run / "checkpoints" / "last.ckpt") for run in ("whole", "half"))
    for name, weight in whole.items():
        torch.testing.assert_close(again[name], weight, atol=1e-6, rtol=1e-5)


@pytest.mark.slow
def test_two_ranks_take_the_same_steps_as_one(make_config: Callable[..., Path], tmp_path: Path) -> None:
    # SGD, since Adam turns rounding differences of tiny gradients into whole steps
    optimizer = {"class_path": "torch.optim.SGD", "init_args": {"lr": 0.5}}
    data = {
        "validation_fraction": 0.25,
        "augment": [{"class_path": "JoinCalls"}, {"class_path": "RenameTools"}],
        "curriculum": {"pacing": "root"},
        "tool_group_size": 2,
    }
    config = str(make_config(model={"optimizer": optimizer}, data=data, rows=32))
    main(["fit", "--config", config, "--trainer.default_root_dir", str(tmp_path / "one")])
    ranks = [
        "--trainer.devices",
        "2",
        "--trainer.strategy",
        "ddp",
        "--trainer.default_root_dir",
        str(tmp_path / "two"),
    ]
    run_process(["fit", "--config", config, *ranks])
    one, two = (weights(tmp_path / run / "checkpoints" / "last.ckpt") for run in ("one", "two"))
    for name, weight in one.items():
        torch.testing.assert_close(two[name], weight, atol=1e-6, rtol=1e-4)
    losses = [
        [line["train/loss"] for line in metrics(tmp_path / run) if "train/loss" in line] for run in ("one", "two")
    ]
    assert len(losses[0]) >= 6
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


@pytest.mark.slow
def test_qlora_trains_ten_steps_with_falling_loss(make_config: Callable[..., Path], tmp_path: Path) -> None:
    config = make_config(
        model={"quantization": "4bit", "dtype": "bfloat16"}, trainer={"max_steps": 10, "max_epochs": -1}
    )
    main(["fit", "--config", str(config)])
    losses = [line["train/loss"] for line in metrics(tmp_path / "run") if "train/loss" in line]
    assert len(losses) == 10
    assert sum(losses[7:]) < sum(losses[:3])


@pytest.mark.slow
def test_an_8_bit_optimizer_is_named_in_the_config(make_config: Callable[..., Path], tmp_path: Path) -> None:
    optimizer = {"class_path": "bitsandbytes.optim.AdamW8bit", "init_args": {"lr": 1e-2}}
    main(["fit", "--config", str(make_config(model={"optimizer": optimizer}))])
    losses = [line["train/loss"] for line in metrics(tmp_path / "run") if "train/loss" in line]
    assert losses[-1] < losses[0]


def test_test_writes_predictions_and_metrics(make_config: Callable[..., Path], tmp_path: Path) -> None:
    main(["test", "--config", str(make_config(rows=6))])
    lines = [json.loads(line) for line in (tmp_path / "run" / "predictions.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == sorted(f"rows:{index}" for index in range(1, 7))
    assert (tmp_path / "run" / "config.test.yaml").is_file()
    known = {"id", "category", "question", "tools", "expected"}
    said = {"text", "calls", "problem", "correct", "ast_correct", "seconds", "tokens", "confidence"}
    assert all(set(line) == known | said for line in lines)
    assert lines[0]["question"][-1]["role"] == "user"
    assert lines[0]["expected"][0]["name"] in lines[0]["tools"]
    rate = json.loads((tmp_path / "run" / "metrics.json").read_text())["all"]["exact_match"]
    assert rate["total"] == 6
    assert rate["correct"] == sum(line["correct"] for line in lines)
    (logged,) = metrics(tmp_path / "run")
    assert logged["test/exact_match"] == pytest.approx(rate["value"])
    assert logged["step"] == 0  # nothing was trained
    assert "test/ast_accuracy" not in logged  # these are not BFCL's questions


def test_test_asks_as_many_questions_at_a_time_as_it_is_told(
    make_config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []
    generate = TransformersEngine.generate

    def count(self: TransformersEngine, request: Request) -> list[list[Generated]]:
        sizes.append(len(request.prompts))
        return generate(self, request)

    monkeypatch.setattr(TransformersEngine, "generate", count)
    monkeypatch.setattr("lit_toolcall.evaluation.run.MOST_CHARACTERS", 1)  # by which `eval` cuts its own batches
    main(["test", "--config", str(make_config(rows=6, data={"eval_batch_size": 4}))])
    assert sizes == [4, 2]


@pytest.mark.slow
def test_two_ranks_answer_each_question_once(make_config: Callable[..., Path], tmp_path: Path) -> None:
    run_process(["test", "--config", str(make_config(rows=7)), "--trainer.devices", "2", "--trainer.strategy", "ddp"])
    lines = (tmp_path / "run" / "predictions.jsonl").read_text().splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == len(lines) == 7
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["all"]["exact_match"]["total"] == 7


def test_predict_needs_no_answers(make_config: Callable[..., Path], tmp_path: Path) -> None:
    config = make_config()
    tool = {"name": "get_weather", "description": "", "parameters": {"type": "object", "properties": {}}}
    (tmp_path / "questions.jsonl").write_text(json.dumps({"query": "Weather in Oslo?", "tools": [tool]}) + "\n")
    source = f'[{{"class_path": "JsonLines", "init_args": {{"path": "{tmp_path / "questions.jsonl"}"}}}}]'
    main(["predict", "--config", str(config), "--data.init_args.test", source])
    (line,) = [json.loads(line) for line in (tmp_path / "run" / "predictions.jsonl").read_text().splitlines()]
    assert line["correct"] is None
    assert line["tokens"] > 0


def test_inspect_marks_what_is_trained(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    main(["inspect", "--config", str(make_config()), "--rows", "1"])
    shown = capsys.readouterr().out
    assert "user\nWeather in" in shown
    assert ">>><|tool_code|>\nget_weather(**{" in shown
    assert "<|end|><|im_end|><<<" in shown


@pytest.mark.slow
def test_calls_are_sampled_while_training(make_config: Callable[..., Path], tmp_path: Path) -> None:
    sample = {"class_path": "SampleCalls", "init_args": {"questions": 3, "batch_size": 2}}
    data = {"validation_fraction": 0.25}
    main(["fit", "--config", str(make_config(data=data, trainer={"max_epochs": 1, "callbacks": [sample]}))])
    (logged,) = [line for line in metrics(tmp_path / "run") if "val/exact_match" in line]
    (samples,) = (tmp_path / "run" / "samples").glob("step=*.jsonl")
    records = [json.loads(line) for line in samples.read_text().splitlines()]
    assert len(records) == 3
    assert logged["val/exact_match"] == pytest.approx(sum(record["correct"] for record in records) / 3)
    (costs,) = [line for line in metrics(tmp_path / "run") if "val/sampling_seconds" in line]
    shown = {name: value for name, value in costs.items() if name.startswith("val/problems/")}
    counted = Counter(record["problem"] for record in records if record["problem"])
    assert shown == {f"val/problems/{name}": pytest.approx(count / 3) for name, count in counted.items()}
    assert costs["val/sampling_seconds"] > 0


@pytest.mark.slow
def test_samples_are_compared_with_those_before(make_config: Callable[..., Path], tmp_path: Path) -> None:
    sample = {"class_path": "SampleCalls", "init_args": {"questions": 3, "batch_size": 2, "at_start": True}}
    data = {"validation_fraction": 0.25}
    trainer = {"max_epochs": 2, "callbacks": [sample]}
    main(["fit", "--config", str(make_config(data=data, trainer=trainer))])
    files = sorted(
        (tmp_path / "run" / "samples").glob("*.md"), key=lambda path: int(path.name.split("=")[1].split("-")[0])
    )
    first, *later = [path.read_text() for path in files]
    assert first.startswith("# Step 0: ")
    assert first.count("| new |") == 3
    assert len(later) == 2
    assert all(", against step " in text.splitlines()[0] and "| new |" not in text for text in later)


@pytest.mark.slow
def test_a_checkpoint_says_what_differs(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config(trainer={"max_epochs": 1}))
    main(["fit", "--config", config])
    checkpoint = str(tmp_path / "run" / "checkpoints" / "last.ckpt")
    main(["test", "--config", config, "--ckpt_path", checkpoint, "--model.init_args.generation.max_new_tokens", "4"])
    said = [line for line in capsys.readouterr().out.splitlines() if "trained with" in line]
    assert said == ["model.init_args.generation.max_new_tokens is 4; the checkpoint was trained with 8"]
