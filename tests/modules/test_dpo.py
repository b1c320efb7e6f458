"""DPO from the command line: its first loss, resuming, several ranks, losses and checkpoints that are refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from math import log
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.modules.dpo import AGAINST_REFERENCE, DPO_MEANS

ONE_STEP = ["--trainer.max_steps", "1"]


def read_metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def train_metrics(run: Path, name: str) -> list[float]:
    return [line[name] for line in read_metrics(run) if name in line]


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["base", "adapter", "cached"])
def test_the_first_loss_is_log_2(make_dpo_config: Callable[..., Path], tmp_path: Path, reference: str) -> None:
    main(["fit", "--config", str(make_dpo_config(reference=reference)), *ONE_STEP])
    assert train_metrics(tmp_path / "run", "train/loss")[0] == pytest.approx(log(2), abs=1e-5)


@pytest.mark.slow
def test_call_aware_trains_and_starts_at_log_2(make_dpo_config: Callable[..., Path], tmp_path: Path) -> None:
    main(["fit", "--config", str(make_dpo_config(loss="CallAware")), "--trainer.max_epochs", "8"])
    losses = train_metrics(tmp_path / "run", "train/loss")
    assert losses[0] == pytest.approx(log(2), abs=1e-5)
    assert losses[-1] < losses[0] - 0.02


GUARD = {"callbacks": [{"class_path": "AdapterCheckpoint"}, {"class_path": "PreferenceGuard"}]}
DROPOUT = {"r": 4, "dropout": 0.5}
"""Of SFT's adapters: DPO switches it off."""


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["adapter", "cached"])
def test_the_first_loss_is_log_2_from_an_sft_adapter(
    make_dpo_config: Callable[..., Path], tmp_path: Path, sft_checkpoint: str, reference: str
) -> None:
    config = make_dpo_config(reference=reference, init_adapter=sft_checkpoint, lora=DROPOUT, trainer=GUARD)
    main(["fit", "--config", str(config), "--trainer.max_epochs", "8"])
    losses = train_metrics(tmp_path / "run", "train/loss")
    assert losses[0] == pytest.approx(log(2), abs=1e-5)
    assert losses[-1] < losses[0] - 0.02


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["adapter", "cached"])
def test_two_ranks_train_as_one(make_dpo_config: Callable[..., Path], tmp_path: Path, reference: str) -> None:
    sgd = {"class_path": "torch.optim.SGD", "init_args": {"lr": 0.5}}
    config = make_dpo_config(reference=reference, optimizer=sgd, trainer={"max_epochs": 2})
    command = [sys.executable, "-m", "lit_toolcall", "fit", "--config", str(config), "--trainer.default_root_dir"]
    two_ranks = ["--trainer.devices", "2", "--trainer.strategy", "ddp"]
    one_rank = ["--trainer.accumulate_grad_batches", "2"]
    for name, ranks in (("one", one_rank), ("two", two_ranks)):
        subprocess.run(
            [*command, str(tmp_path / name), *ranks],
            check=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True,
            timeout=300,
        )
    for metric in ("train/loss", "train/rewards/margins", "train/kl", "val/loss"):
        one, two = (train_metrics(tmp_path / name, metric) for name in ("one", "two"))
        assert len(one) == len(two) > 0
        assert two == pytest.approx(one, abs=1e-5, rel=1e-4), metric
    weights = [
        load_file(tmp_path / name / "checkpoints" / "last" / "adapter_model.safetensors") for name in ("one", "two")
    ]
    assert weights[0].keys() == weights[1].keys()
    assert not any("reference" in name for name in weights[0])
    assert not (tmp_path / "one" / "checkpoints" / "last" / "reference").exists()
    for name, weight in weights[0].items():
        assert torch.allclose(weights[1][name], weight, atol=1e-6, rtol=1e-4), name


@pytest.mark.slow
def test_dropout_that_is_not_used_is_said(
    make_dpo_config: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    config = ["fit", "--config", str(make_dpo_config(trainer={"max_steps": 1}))]
    with caplog.at_level("INFO"):
        main([*config, "--model.init_args.lora.dropout", "0.1"])
    assert "lora.dropout=0.1 is not used" in caplog.text


@pytest.mark.slow
def test_a_stopped_run_goes_on_with_its_cached_reference(make_dpo_config: Callable[..., Path], tmp_path: Path) -> None:
    checkpoint = {"every_n_train_steps": 2, "monitor": "train/loss", "save_top_k": -1}
    trainer = {"max_epochs": 2, "callbacks": [{"class_path": "AdapterCheckpoint", "init_args": checkpoint}]}
    config = ["--config", str(make_dpo_config(reference="cached", trainer=trainer))]
    main(["fit", *config])
    (middle,) = (tmp_path / "run" / "checkpoints").glob("step=4-*.ckpt")
    whole = train_metrics(tmp_path / "run", "train/loss")
    (tmp_path / "run" / "checkpoints" / "last.ckpt").unlink()
    main(["fit", *config, "--ckpt_path", str(middle)])
    assert len(whole) > 4
    assert train_metrics(tmp_path / "run", "train/loss")[len(whole) :] == pytest.approx(whole[4:], abs=1e-6)


@pytest.mark.slow
def test_a_cached_reference_that_is_gone_or_of_other_data_is_refused(
    make_dpo_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_dpo_config(reference="cached")
    main(["fit", "--config", str(config)])
    again = ["fit", "--config", str(config), "--ckpt_path", str(tmp_path / "run" / "checkpoints" / "last.ckpt")]
    again += ["--trainer.max_epochs", "2"]
    make_dpo_config(pairs=12, reference="cached")
    with pytest.raises(SystemExit):
        main(again)
    assert "gave 12 training rows and gives 9: set it back" in capsys.readouterr().err
    make_dpo_config(reference="cached")
    (tmp_path / "run" / "reference.safetensors").unlink()
    with pytest.raises(SystemExit):
        main(again)
    assert "the policy has trained already" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["base", "adapter", "cached"])
def test_an_sft_checkpoint_is_asked_but_not_gone_on_with(
    make_dpo_config: Callable[..., Path],
    sft_checkpoint: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    reference: str,
) -> None:
    checkpoint = ["--config", str(make_dpo_config(reference=reference)), "--ckpt_path", sft_checkpoint]
    with pytest.raises(SystemExit):
        main(["fit", *checkpoint])
    said = capsys.readouterr()
    assert "is not a DPO's: start from an SFT result by model.init_args.init_adapter" in said.err
    assert "DPOModule; the checkpoint was trained as lit_toolcall.SFTModule" in said.out
    assert "trained with" not in said.out
    for command in ("test", "predict", *(["validate"] if reference != "cached" else [])):
        main([command, *checkpoint, "--trainer.default_root_dir", str(tmp_path / command)])


@pytest.mark.slow
def test_a_run_goes_on_with_its_reference_only(
    make_dpo_config: Callable[..., Path],
    tmp_path: Path,
    sft_checkpoint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    begun = str(make_dpo_config(init_adapter=sft_checkpoint))
    main(["fit", "--config", begun])
    go_on = ["--ckpt_path", str(tmp_path / "run" / "checkpoints" / "last.ckpt"), "--trainer.max_epochs", "2"]
    main(["fit", "--config", begun, *go_on])
    overwritten = torch.load(sft_checkpoint, weights_only=True)
    overwritten["state_dict"] = {name: 2 * weight for name, weight in overwritten["state_dict"].items()}
    torch.save(overwritten, sft_checkpoint)
    others: list[dict[str, Any]] = [{"init_adapter": sft_checkpoint}, {}]
    for other in others:
        with pytest.raises(SystemExit):
            main(["fit", "--config", str(make_dpo_config(**other)), *go_on])
        said = capsys.readouterr().err
        assert "was trained against another reference: model.init_args.reference and init_adapter" in said


PLAIN_MODULE = """
from dataclasses import dataclass
from lit_toolcall.losses import PreferenceLoss

def loss(chosen, rejected, beta=0.1):
    return -chosen.logratio

class Loss:
    pass

@dataclass(frozen=True)
class Needs(PreferenceLoss):
    scale: float

    def __call__(self, chosen, rejected):
        return -self.scale * chosen.logratio
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"loss": "Sigmoidd"}, "model.init_args.loss.class_path: no loss `Sigmoidd`; did you mean `Sigmoid`?"),
        ({"loss": "sigmoid"}, "model.init_args.loss.class_path: no loss `sigmoid`; did you mean `Sigmoid`?"),
        ({"loss": "call_aware"}, "no loss `call_aware`; did you mean `CallAware`?"),
        (
            {"loss": "call_aware", "loss_arguments": {"beta": 0.1, "sft_weight": 5.0}},
            "`model.init_args` has no `loss_arguments`: write `loss: {class_path: CallAware, "
            "init_args: {beta: 0.1, sft_weight: 5.0}}`",
        ),
        ({"loss_arguments": None}, "`model.init_args` has no `loss_arguments`: write `loss: Sigmoid`"),
        ({"loss": "math.nothing"}, "the module `math` has no `nothing`"),
        (
            {"loss": "math.pi"},
            "model.init_args.loss.class_path=math.pi: a number, not a class made from `PreferenceLoss`",
        ),
        ({"loss": "plain_module.loss"}, "plain_module.loss: a function, not a class made from `PreferenceLoss`"),
        ({"loss": "plain_module.Loss"}, "`Loss` is not a loss: choose Sigmoid, SigmoidSFT, DPOP"),
        ({"loss": "plain_module.Needs"}, "`model.init_args.loss`: Needs needs `scale`"),
        ({"loss": "PreferenceLoss"}, "`PreferenceLoss` is an abstract base class: choose Sigmoid"),
        ({"loss": "broken_module.Loss"}, "importing `broken_module` fails with ZeroDivisionError: division by zero"),
        (
            {"loss": {"class_path": "IPO", "init_args": {"alpha": 1.0}}},
            "`model.init_args.loss.init_args` has no `alpha`: it is `model.init_args.lora.alpha`",
        ),
        ({"loss": {"class_path": "IPO", "init_args": {"beta": 0.0}}}, "model.loss.beta=0.0 must be above 0"),
        ({"reference": "none"}, "model.reference=none: the loss Sigmoid compares with a reference: set reference to"),
        ({"init_adapter": "nowhere.ckpt"}, "model.init_adapter=nowhere.ckpt: no such file"),
    ],
)
def test_wrong_settings_are_one_sentence(
    make_dpo_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: dict[str, Any],
    sentence: str,
) -> None:
    (tmp_path / "broken_module.py").write_text("1 / 0\n")
    (tmp_path / "plain_module.py").write_text(PLAIN_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SystemExit):
        main(["fit", "--config", str(make_dpo_config(**arguments))])
    assert sentence in capsys.readouterr().err


def test_a_loss_of_ones_own_is_named_by_its_path(
    make_dpo_config: Callable[..., Path], tmp_path: Path, own_loss: Callable[..., str]
) -> None:
    loss = {"class_path": own_loss("my_losses", "self.scale * (1 - chosen.logratio)"), "init_args": {"scale": 2.0}}
    main(["fit", "--config", str(make_dpo_config(loss=loss)), *ONE_STEP])
    assert train_metrics(tmp_path / "run", "train/loss")[0] == pytest.approx(2.0, abs=1e-5)


@pytest.mark.slow
def test_a_loss_without_a_reference_computes_none(
    make_dpo_config: Callable[..., Path],
    tmp_path: Path,
    sft_checkpoint: str,
    own_loss: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    loss = own_loss("alone", "chosen.token_nll - rejected.token_nll", needs_reference=False)
    settings: dict[str, Any] = {"loss": loss, "init_adapter": sft_checkpoint, "trainer": GUARD | {"max_epochs": 4}}
    config = str(make_dpo_config(reference="none", **settings))
    main(["fit", "--config", config])
    losses, margins = (train_metrics(tmp_path / "run", f"train/{name}") for name in ("loss", "rewards/margins"))
    assert losses[-1] < losses[0]
    assert [-margin for margin in margins] == pytest.approx(losses, abs=1e-6), "rewards are per token"
    logged = {name for line in read_metrics(tmp_path / "run") for name in line if name.startswith("val/")}
    assert logged == {f"val/{name}" for name in set(DPO_MEANS) - set(AGAINST_REFERENCE)}
    last = tmp_path / "run" / "checkpoints" / "last.ckpt"
    assert not any("reference" in name for name in torch.load(last, weights_only=True)["state_dict"])
    go_on = ["--ckpt_path", str(last), "--trainer.max_epochs", "5"]
    main(["fit", "--config", config, *go_on])
    with_reference = str(make_dpo_config(**settings | {"loss": "Sigmoid"}))
    assert "was trained against another reference" in fails(capsys, "fit", "--config", with_reference, *go_on)
    monitor = {"class_path": "AdapterCheckpoint", "init_args": {"monitor": "val/kl"}}
    config = str(make_dpo_config(reference="none", loss=loss, trainer={"callbacks": [monitor]}))
    new_run = ["--trainer.default_root_dir", str(tmp_path / "monitored")]
    assert "monitor=val/kl is not logged" in fails(capsys, "fit", "--config", config, *new_run)


@pytest.mark.slow
def test_a_reference_that_is_not_used_is_said(
    make_dpo_config: Callable[..., Path], own_loss: Callable[..., str], caplog: pytest.LogCaptureFixture
) -> None:
    loss = own_loss("policy_alone", "chosen.token_nll", needs_reference=False)
    with caplog.at_level("INFO"):
        main(["fit", "--config", str(make_dpo_config(loss=loss, reference="adapter")), *ONE_STEP])
    assert "the loss Own needs no reference: model.reference=adapter is not used" in caplog.text


def test_a_loss_that_says_that_it_needs_no_reference_but_looks_at_it_stops_the_run(
    make_dpo_config: Callable[..., Path], own_loss: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    loss = own_loss("forgetful", "-chosen.logratio", needs_reference=False)
    said = fails(capsys, "fit", "--config", str(make_dpo_config(loss=loss, reference="none")))
    assert "model.loss compares with a reference, and there is none: leave its `needs_reference` True" in said


@pytest.mark.slow
def test_another_loss_takes_effect_on_a_run_that_goes_on(
    make_dpo_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["fit", "--config", str(make_dpo_config(loss={"class_path": "CallAware", "init_args": {"beta": 0.5}}))])
    other = make_dpo_config(loss={"class_path": "IPO", "init_args": {"beta": 0.25}})
    go_on = ["--ckpt_path", str(tmp_path / "run" / "checkpoints" / "last.ckpt"), "--trainer.max_epochs", "2"]
    main(["fit", "--config", str(other), *go_on])
    said = capsys.readouterr().out
    assert "loss.class_path is lit_toolcall.losses.IPO; the checkpoint was trained with" in said
    assert "loss.init_args.beta is 0.25; the checkpoint was trained with 0.5: takes effect" in said
    assert train_metrics(tmp_path / "run", "val/start_loss")[-1] == pytest.approx(4.0), "(1 / (2 * 0.25))^2"


@pytest.mark.parametrize("own", [False, True])
def test_help_explains_each_setting_of_a_loss(
    own_loss: Callable[..., str], capsys: pytest.CaptureFixture[str], own: bool
) -> None:
    name = own_loss("explained", "-chosen.logratio") if own else "CallAware"
    with pytest.raises(SystemExit) as stopped:
        main(["fit", "--model", "DPOModule", "--model.loss.help", name])
    assert stopped.value.code in (0, None)
    said = " ".join(capsys.readouterr().out.split())
    assert ("--loss.scale SCALE" if own else "a, the weight of SFT's loss on the chosen answer. (type: float") in said


@pytest.mark.parametrize(
    ("module", "returned", "sentence"),
    [
        (
            "mean_losses",
            "-chosen.logratio.mean()",
            "model.loss=mean_losses.Own returns the shape () for 4 pairs: return one loss per pair, without a mean",
        ),
        (
            "fixed_losses",
            "chosen.logratio.detach()",
            "model.loss=fixed_losses.Own returns a loss without a gradient: compute it from the `policy`",
        ),
        (
            "later_losses",
            "chosen.logratio.abs().sqrt()",  # 0 at the start, its gradient infinite
            "the gradient of step 1 has the norm nan, its loss is 0: lower the learning rate",
        ),
    ],
)
def test_a_loss_of_ones_own_that_cannot_train_stops_the_run(
    make_dpo_config: Callable[..., Path],
    tmp_path: Path,
    own_loss: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    module: str,
    returned: str,
    sentence: str,
) -> None:
    assert sentence in fails(capsys, "fit", "--config", str(make_dpo_config(loss=own_loss(module, returned))))
    assert not list((tmp_path / "run").glob("checkpoints/*nan*"))
    assert not (tmp_path / "run" / "checkpoints" / "last.ckpt").exists(), "no validation came before"


@pytest.mark.slow
def test_the_best_checkpoint_may_be_by_the_answers(make_dpo_config: Callable[..., Path], tmp_path: Path) -> None:
    checkpoint = {"class_path": "AdapterCheckpoint", "init_args": {"monitor": "val/exact_match", "mode": "max"}}
    samples = {"class_path": "SampleCalls", "init_args": {"at_start": True, "questions": 2}}
    main(["fit", "--config", str(make_dpo_config(trainer={"callbacks": [samples, checkpoint]}))])
    assert list((tmp_path / "run" / "checkpoints").glob("step=*-exact_match=*.ckpt"))
    assert (tmp_path / "run" / "samples" / "step=0-rank=0.jsonl").is_file()
    rates = [line for line in read_metrics(tmp_path / "run") if "val/valid_call_rate" in line]
    assert [line["step"] for line in rates] == [0, 2]
