"""Refusals of the argument parser in the user's words, by kind; settings, values and cures are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from lightning import LightningDataModule, LightningModule, Trainer
from said import fails

from lit_toolcall.cli.commands import COMMANDS, OF_TRAINER
from lit_toolcall.cli.lightning_cli import ToolCallCLI
from lit_toolcall.cli.main import main
from lit_toolcall.cli.settings import parameters_of

JSON_LINES = {"class_path": "JsonLines", "init_args": {"path": "rows.jsonl"}}
TRAIN = "data.init_args.train"


def change(config: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    *above, last = name.split(".")
    holder = config
    for each in above:
        holder = holder[each]
    holder[last] = value
    return config


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        # class names, of every family
        (
            TRAIN,
            [{**JSON_LINES, "class_path": "JsonLine"}],
            f"{TRAIN}[0].class_path: no source `JsonLine`; did you mean `JsonLines`?",
        ),
        ("model.class_path", "SFTModul", "model.class_path: no LightningModule `SFTModul`; did you mean `SFTModule`?"),
        (
            "data.class_path",
            "SFTData",
            "data.class_path: no LightningDataModule `SFTData`; did you mean `SFTDataModule`?",
        ),
        (
            "trainer.callbacks",
            [{"class_path": "AdapterChekpoint"}],
            "no callback `AdapterChekpoint`; did you mean `AdapterCheckpoint`?",
        ),
        ("trainer.logger", {"class_path": "WandbLoger"}, "no logger `WandbLoger`; did you mean `WandbLogger`?"),
        (
            "data.init_args.augment",
            [{"class_path": "JoinCall"}],
            "no augmentation `JoinCall`; did you mean `JoinCalls`?",
        ),
        (
            "model.init_args.optimizer.class_path",
            "torch.optim.AdanW",
            "the module `torch.optim` has no `AdanW`; did you mean `AdamW`?",
        ),
        ("model.class_path", "SFTDataModule", "no LightningModule `SFTDataModule`"),
        ("model.class_path", "torch.nn.Linear", "`Linear` is not a LightningModule: choose"),
        # shapes
        (TRAIN, JSON_LINES, f"`{TRAIN}` is a list: put `- ` before `class_path`"),
        ("data.init_args.test", JSON_LINES, "`data.init_args.test` is a list: put `- ` before `class_path`"),
        (
            TRAIN,
            [{"class_path": "JsonLines", "path": "x"}],
            f"`{TRAIN}[0]`: move `path` under `init_args`, beside `class_path`",
        ),
        (TRAIN, "rows.jsonl", "give `[{class_path: JsonLines, init_args: {path: rows.jsonl}}]`"),
        (TRAIN, ["rows.jsonl"], "give `{class_path: JsonLines, init_args: {path: rows.jsonl}}`"),
        (TRAIN, [{"init_args": {"path": "x"}}], f"`{TRAIN}[0]` names no class: add `class_path: JsonLines`"),
        (TRAIN, [{"class_path": "JsonLines"}], f"JsonLines needs `path`: set {TRAIN}[0].init_args.path"),
        (
            TRAIN,
            [{"class_path": "JsonLines", "init_args": ["x"]}],
            f"`{TRAIN}[0].init_args` is a list, and must hold settings",
        ),
        (TRAIN, 3, f"`{TRAIN}` is a list of sources, not a number"),
        ("model.init_args.lora", [1], "`model.init_args.lora` is a list, and must be a mapping of settings"),
        ("model", None, "`model` is null, and must be a LightningModule (`class_path: SFTModule`)"),
        ("trainer", None, "`trainer` is"),
        ("fit", {"base_model": "x"}, "`fit` is a command, not a setting: move what stands under it to the top level"),
        # abstract classes
        (
            TRAIN,
            [{**JSON_LINES, "class_path": "lit_toolcall.data.sources.Source"}],
            "`Source` is an abstract base class: choose ApiBank",
        ),
        (
            "model.class_path",
            "lit_toolcall.modules.training.TrainingModule",
            "`TrainingModule` is an abstract base class",
        ),
        # unknown settings, and where they live
        ("model.init_args.lora.rank", 8, "`model.init_args.lora` has no `rank`: it is called `r` here"),
        ("model.init_args.lora.colour", 8, "`model.init_args.lora` has no `colour`: it has r, alpha, dropout, targets"),
        ("model.init_args.lr", 1.0, "`model.init_args` has no `lr`: it is `model.init_args.optimizer.init_args.lr`"),
        ("lr", 1.0, "there is no setting `lr`: it is `model.init_args.optimizer.init_args.lr`"),
        ("batch_size", 8, "there is no setting `batch_size`: it is `data.init_args.global_batch_size`"),
        # names of before 0.1.0
        (
            "data.init_args.window_examples",
            8,
            "`data.init_args` has no `window_examples`: it is called `global_batch_size` here",
        ),
        (
            "model.init_args.warmup_share",
            0.1,
            "`model.init_args` has no `warmup_share`: it is called `warmup_ratio` here",
        ),
        (
            "data.init_args.augment",
            [{"class_path": "JoinCalls", "init_args": {"share": 0.5}}],
            "`data.init_args.augment[0].init_args` has no `share`: it is called `fraction` here",
        ),
        ("trainer.max_epoch", 8, "`trainer` has no `max_epoch`: did you mean `max_epochs`?"),
        (
            "trainer.global_batch_size",
            8,
            "`trainer` has no `global_batch_size`: it is `data.init_args.global_batch_size`",
        ),
        (
            "data.init_args.predict",
            [],
            "`data.init_args` has no `predict`: the questions of `predict` are set by `data.init_args.test`",
        ),
        (
            "model.init_args.optimizer.init_args.lrr",
            1,
            "`model.init_args.optimizer.init_args` has no `lrr`: did you mean `lr`?",
        ),
        ("verbose", True, "`verbose` is a setting of `validate` and `test`, not of `fit`"),
        # values
        ("trainer.max_epochs", "many", "trainer.max_epochs=many must be a whole number"),
        ("data.init_args.global_batch_size", 2.5, "data.init_args.global_batch_size=2.5 must be a whole number"),
        ("model.init_args.lora.r", "many", "model.init_args.lora.r=many must be a whole number"),
        (
            "model.init_args.gradient_checkpointing",
            "perhaps",
            "gradient_checkpointing=perhaps must be true or false",
        ),
        ("model.init_args.optimizer.init_args.lr", "fast", "lr=fast must be a number"),
        ("data.init_args.trained_turns", "al", "trained_turns=al is not one of last, calls, all; did you mean `all`?"),
        (
            "model.init_args.dtype",
            "bf16",
            "dtype=bf16 is not one of float32, bfloat16, float16; did you mean `bfloat16`?",
        ),
        ("trainer.precision", "bf17", "trainer.precision=bf17 is not one of 64, 32, 16"),
        ("base_model", None, "`base_model` is null, and must be a string"),
        ("seed_everything", -1, "seed_everything=-1 must be at least 0"),
        # own classes
        (
            TRAIN,
            [{"class_path": "my_reader_x.Rows"}],
            "no module `my_reader_x` on the import path: start in its folder, or set PYTHONPATH",
        ),
    ],
)
def test_a_setting_that_cannot_be(
    name: str, value: Any, sentence: str, make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_config()
    path.write_text(yaml.safe_dump(change(yaml.safe_load(path.read_text()), name, value)))
    said = fails(capsys, "fit", "--config", str(path))
    assert sentence in said
    assert said.count("\n") == 1
    assert not any(words in said for words in ("Parser key", "<class", "Union", " at 0x"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["fit"], "fit needs a config: give --config NAME; `lit_toolcall configs` lists the shipped ones"),
        (["inspect"], "inspect needs a config: give --config NAME"),
        (["tset"], "no command `tset`; did you mean `test`?"),
        (["train"], "no command `train`: use one of fit, validate"),
        (["--config", "quickstart.yaml", "fit"], "no command is given: write one of fit, validate"),
        (["--trainer.max_epochs=3", "fit"], "no command is given: write one of fit, validate"),
        ([], "no command is given: write one of fit, validate, test, predict, pairs, eval, compare, inspect"),
        (["fit", "--config"], "--config has no value"),
        (["fit", "--config", "C", "--print_config", "--trainer.max_epochs", "many"], "trainer.max_epochs=many must be"),
        (["fit", "--print_config", "--config", "C", "--model.init_args.lr", "1"], "`model.init_args` has no `lr`"),
        (["fit", "--config", "C", "--base_model"], "--base_model has no value"),
        (
            ["fit", "--config", "C", "--lr", "3"],
            "there is no setting `lr`: it is `model.init_args.optimizer.init_args.lr`",
        ),
        (["fit", "--config", "C", "rows.jsonl"], "`rows.jsonl` belongs to no option"),
        (["fit", "--model", "X", "--config", "C"], "no LightningModule `X`"),
        (["inspect", "--config", "C", "--rows", "x"], "rows=x must be a whole number"),
        (["inspect", "--config", "C", "--ckpt_path", "x"], "`ckpt_path` is a setting of"),
    ],
)
def test_a_command_line_that_cannot_be(
    arguments: list[str], sentence: str, make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config())
    assert sentence in fails(capsys, *[config if argument == "C" else argument for argument in arguments])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise ValueError('my own')", "importing `own_reader_y` fails with ValueError: my own ("),
        ("import no_such_package_z", "importing `own_reader_y` needs `no_such_package_z`, which is not installed"),
        ("class Row: pass", "the module `own_reader_y` has no `Rows`; did you mean `Row`?"),
        ("class Rows: pass", "`Rows` is not a source: choose ApiBank"),
    ],
)
def test_a_class_of_ones_own_that_cannot_be_imported(
    text: str,
    sentence: str,
    make_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "own_reader_y.py").write_text(f"{text}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(__import__("sys").modules, "own_reader_y", raising=False)
    config = make_config(data={"train": [{"class_path": "own_reader_y.Rows", "init_args": {"path": "x"}}]})
    assert sentence in fails(capsys, "fit", "--config", str(config))


def test_a_class_of_ones_own_that_fails_is_named(
    make_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = (
        "from lightning import Callback\nclass Own(Callback):\n    def __init__(self):\n        raise KeyError('x')\n"
    )
    (tmp_path / "own_callback_y.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    config = make_config(trainer={"callbacks": [{"class_path": "own_callback_y.Own"}]})
    said = fails(capsys, "fit", "--config", str(config))
    assert "cannot be created with these settings: own_callback_y.Own: 'x'" in said


@pytest.mark.parametrize(
    ("trainer", "sentence"),
    [
        ({"accelerator": "gpu"}, "No supported gpu backend found"),
        ({"strategy": "dpp"}, "You selected an invalid strategy name: `strategy='dpp'`"),
        ({"devices": 0}, "value is not a valid input using cpu accelerator"),
        ({"profiler": "x"}, "it can only be one of ['simple', 'advanced', 'pytorch', 'xla']"),
        ({"max_time": "x"}, "Expected a string in the format DD:HH:MM:SS"),
        ({"limit_train_batches": 2.5}, "trainer.limit_train_batches=2.5 must be above 0 and at most 1"),
        ({"default_root_dir": None}, "trainer.default_root_dir=None: name a folder for the run"),
    ],
)
def test_what_the_trainer_refuses(
    trainer: dict[str, object], sentence: str, make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in fails(capsys, "fit", "--config", str(make_config(trainer=trainer)))


def test_the_names_of_commands_are_those_of_the_trainer() -> None:
    of_trainer = [name for name, command in COMMANDS.items() if command.function == OF_TRAINER]
    assert of_trainer == list(ToolCallCLI.subcommands())


def test_parameters_that_are_passed_on_are_known() -> None:
    for made in (Trainer, LightningModule, LightningDataModule):
        assert not parameters_of(made)[1]
    parameters, is_open = parameters_of(__import__("lit_toolcall.modules", fromlist=["PairModule"]).PairModule)
    assert {"pairs", "seed", "lora", "base_model"} <= set(parameters)
    assert not is_open


def spelled(text: str, encoding: str) -> bytes:
    return text.encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_config_whose_encoding_names_itself_is_read(
    encoding: str, make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = make_config()
    path.write_bytes(spelled(path.read_text() + "# ü\n", encoding))
    with pytest.raises(SystemExit) as stopped:
        main(["fit", "--config", str(path), "--print_config"])
    assert not stopped.value.code
    assert "global_batch_size: 8" in capsys.readouterr().out


def test_a_config_as_json(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    path = make_config()
    path.write_text(json.dumps(yaml.safe_load(path.read_text()), indent="\t"))
    with pytest.raises(SystemExit):
        main(["fit", "--config", str(path), "--print_config"])
    assert "global_batch_size: 8" in capsys.readouterr().out


DEEP = "a: " + "[" * 300 + "]" * 300
BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{below}'] * 10)}]\n" for below, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", ": holds nothing: a config holds settings, such as"),
        (b"# only words\n", ": holds nothing"),
        (b"- a\n", ": holds a list"),
        (b"words", ": holds a string"),
        ("a: ü".encode("latin-1"), ":1: not UTF-8: save the file as UTF-8"),
        (b"a:\n\tb: 1", ":2: a tab before the setting: indent with spaces"),
        (b"a: [1\nb: 2", ":2: not YAML (did not find expected ',' or ']')"),
        (b"a: 1\nb: 2\na: 3\n", ":3: `a` is set here and in line 1, and YAML would keep one: remove the other"),
        (b"m:\n  x: 1\n  y: 2\n  x: 3\n", ":4: `x` is set here and in line 2"),
        (b"m: [{x: 1, x: 2}]\n", ":1: `x` is set here and in line 1"),
        (b'{"a": 1, "a": 2}', ": `a` is set twice in one object: remove one"),
        (
            b"a: !!python/object/apply:os.system [x]",
            ":1: the tag 'tag:yaml.org,2002:python/object/apply:os.system' makes",
        ),
        (b"a: !mine 1", ":1: the tag '!mine' makes an object: write plain values"),
        (BOMB.encode(), ": more than 100,000 values"),
        (b"a: &a [*a]", ": an anchor that contains itself"),
        (DEEP.encode(), ": nested more than 100 levels deep"),
        (b"a: " + b"[" * 200_000, ": nested more than 100 levels deep"),
        (b'{"a":' * 100_000, ": nested more than 100 levels deep"),
        (b"x" * 1_000_001, ": more than 1,000,000 bytes: give a config, not a file of data"),
        (b"a: \0", ": not YAML (unacceptable character"),
        (b"on: 1", ": `True` is read as true or false, not as a name: quote it"),
        (b"a: !!timestamp x", ": not YAML ("),
        (b"a: 1\n---\nb: 2\n", ":2: not YAML"),
        (b"a: !!binary eA==", ": binary data is not a plain value: write strings, numbers, lists or settings"),
    ],
)
def test_a_file_that_is_no_config(
    data: bytes, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "spoilt.yaml"
    path.write_bytes(data)
    assert fails(capsys, "fit", "--config", str(path)).startswith(f"error: --config {path}{sentence}")


def test_merge_keys_are_no_repetition(make_config: Callable[..., Path], tmp_path: Path) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("trainer:\n  <<: &base {max_epochs: 3}\n  max_epochs: 4\n")
    with pytest.raises(SystemExit) as stopped:
        main(["fit", "--config", str(make_config()), "--config", str(overlay), "--print_config"])
    assert not stopped.value.code


def test_values_keep_their_types(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    config = make_config(model={"optimizer": {"class_path": "torch.optim.AdamW", "init_args": {"lr": float("nan")}}})
    config.write_text(config.read_text() + "ckpt_path: '1e5'\n")
    with pytest.raises(SystemExit):
        main(["fit", "--config", str(config), "--print_config"])
    printed = yaml.safe_load(capsys.readouterr().out)
    assert str(printed["model"]["init_args"]["optimizer"]["init_args"]["lr"]) == "nan"
    assert printed["ckpt_path"] == "1e5"


def test_a_folder_as_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"--config {tmp_path}: a folder" in fails(capsys, "fit", "--config", str(tmp_path))


def test_a_config_that_can_be_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", "a" * 10_000)
    assert said == f"error: --config '{'a' * 80}': File name too long: give the name of a file\n"
