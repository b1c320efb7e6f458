"""Spoilt configs and command lines: each is taken, or refused in a sentence; none ends in a stack trace.

`LIT_TOOLCALL_FUZZ_CONFIGS` sets how many there are; 300 are quick enough for each run of the tests, the issue asks for
2,000.
"""

from __future__ import annotations

import copy
import json
import os
import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from lightning import Trainer
from said import fails

from lit_toolcall.cli import lightning_cli
from lit_toolcall.cli.main import main

CASES = int(os.environ.get("LIT_TOOLCALL_FUZZ_CONFIGS", "300"))
VALUES = [
    None,
    [],
    {},
    "",
    " ",
    0,
    -1,
    1,
    3.5,
    -0.0,
    True,
    False,
    float("nan"),
    float("inf"),
    10**30,
    -(10**30),
    "x",
    "null",
    "a.b.c",
    "os.system",
    "torch.nn.Linear",
    "builtins.exit",
    "JsonLines",
    "SFTModule",
    "../x",
    "~",
    "~nobody/x",
    "\0",
    "\n",
    "ü",
    "😀",
    "\u202e",
    "a" * 5000,
    "=",
    "--",
    "{",
    "[",
    "!!python/object:os.x",
    "1e5",
    "2024-01-01",
    [None],
    [[[]]],
    [1, "a", {}],
    {"class_path": None},
    {"class_path": "x"},
    {"class_path": "torch.nn.Linear", "init_args": {}},
    {"class_path": []},
    {"class_path": "JsonLines", "init_args": []},
    {"init_args": {"path": 3}},
    {"a": {"b": {"c": {}}}},
    {"": 1},
    {"a b": 1},
    {"class_path": "JsonLines", "dict_kwargs": {"x": 1}},
    {"__class__": 1},
    {"a.b": 1},
    {"1": 2},
]
KEYS = [
    "",
    "x",
    "lr",
    "class_path",
    "init_args",
    "dict_kwargs",
    "path",
    "r",
    "fit",
    "config",
    "a.b",
    "__init__",
    "ü",
    "1",
    " ",
    "trainer",
    "model",
    "self",
]
TOKENS = [
    "",
    "-",
    "--",
    "---",
    "-x",
    "--x",
    "--x=",
    "=",
    "--=",
    "--model",
    "--model.",
    "--model..a",
    "--.model",
    "--data.init_args.train",
    "--data.init_args.train+",
    "--data.init_args.train+=x",
    "--trainer.callbacks+=EarlyStopping",
    "--model.init_args.lora.r",
    "--trainer.max_steps=",
    "--config",
    "-c",
    "--config=",
    "--config=/",
    "--config=\0",
    "--config=" + "x" * 5000,
    "--config=quickstart.yml",
    "--print_config=x",
    "--print_config=",
    "--model=SFTModule",
    "--model=X",
    "--model={",
    "--model=[1]",
    "--model=null",
    "--data=null",
    "--trainer=null",
    "--trainer={}",
    "--trainer=x",
    "--seed_everything=x",
    "--seed_everything=-1",
    "--seed_everything=true",
    "--seed_everything=99999999999999999999",
    "--ckpt_path=",
    "--ckpt_path=x",
    "--ckpt_path=.",
    "--ckpt_path=null",
    "--base_model=",
    "--base_model=null",
    "--base_model=[]",
    "--prompt=null",
    "--prompt={}",
    "--prompt.x=1",
    "--prompt.call_format=",
    "ü",
    "\udcff",
    "--ü=1",
    "--trainer.devices=0",
    "--trainer.devices=[]",
    "--trainer.accelerator=gpu",
    "--trainer.accelerator=x",
    "--trainer.strategy=x",
    "--trainer.precision=16-true",
    "--trainer.logger=x",
    "--trainer.logger=true",
    "--trainer.plugins=x",
    "--trainer.profiler=x",
    "--trainer.callbacks=x",
    "--trainer.callbacks=[x]",
    "--trainer.num_nodes=-1",
    "--trainer.default_root_dir=",
    "--trainer.default_root_dir=null",
    "--trainer.default_root_dir=/proc/x",
    "--trainer.default_root_dir=\0",
    "--trainer.limit_train_batches=2.5",
    "--trainer.val_check_interval=-1",
    "--trainer.max_time=x",
    "--trainer.gradient_clip_val=x",
    "--trainer.benchmark=x",
    "--model.help",
    "--model.help=x",
    "--trainer.callbacks.help=x",
    "--optimizer=x",
    "--lr=1",
    "--model.class_path=x",
    "--data.class_path=[]",
    "--model.init_args=3",
    "--model.dict_kwargs={a: 1}",
    "fit",
    "test",
    "tset",
    "--help=x",
    "--ckpt_path=~nobody/x",
    "--trainer",
    "--weights_only=x",
    "--verbose=x",
]

INSIDES = ("Traceback", "Parser key", "Unexpected import path", " at 0x", "Union subtypes", "<class")
"""What speaks of the parser's insides."""


def list_holders(config: Any) -> Iterator[Any]:
    """List every mapping and list inside a config."""
    if isinstance(config, dict | list):
        yield config
        for value in config.values() if isinstance(config, dict) else config:
            yield from list_holders(value)


def spoil(config: dict[str, Any], random: Random) -> dict[str, Any]:
    """Drop, rename, repeat, move or retype settings at any depth."""
    spoilt = copy.deepcopy(config)
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        holders = [holder for holder in list_holders(spoilt) if holder]
        if not holders:
            return spoilt
        holder = random.choice(holders)
        place = random.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        kind = random.randrange(6)
        if kind == 0:
            del holder[place]
        elif kind == 1 and isinstance(holder, dict):
            holder[random.choice((*KEYS, f"{place}s", place[:-1], place.upper()))] = holder.pop(place)
        elif kind == 2:
            other = random.choice(holders)
            value = copy.deepcopy(holder[place])
            if isinstance(other, dict):
                other[place if isinstance(place, str) else "x"] = value
            else:
                other.append(value)
        elif kind == 3 and isinstance(holder, dict):
            holder[random.choice(KEYS)] = copy.deepcopy(random.choice(VALUES))
        elif kind == 4:
            holder[place] = [holder[place]] if random.random() < 0.5 else {"x": holder[place]}
        else:
            holder[place] = copy.deepcopy(random.choice(VALUES))
    return spoilt


def write(config: dict[str, Any], path: Path, random: Random) -> None:
    """Write a config, one in eight with its text spoilt too."""
    text = json.dumps(config) if random.random() < 0.2 else yaml.safe_dump(config, allow_unicode=True)
    data = text.encode("utf-8", "surrogatepass")
    for _ in range(random.choice((0,) * 7 + (3,))):
        at = random.randrange(len(data) + 1)
        data = (
            data[:at]
            + random.choice((b"\t", b"\xff", b"\0", b": ", b"- ", b"[", b"&a ", b"*a", b"\n", b"#", b"'"))
            + data[at + random.choice((0, 1)) :]
        )
    path.write_bytes(random.choice((b"",) * 20 + (b"\xef\xbb\xbf", b"\xff\xfe")) + data)


def find_problem(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str | None:
    """Run a command line; say what is wrong with how it ends, if anything is."""
    try:
        main(arguments)
        code: Any = 0
    except SystemExit as stopped:
        code = stopped.code or 0
    except BaseException:
        return "".join(traceback.format_exc()[-1500:])
    said = capsys.readouterr().err
    if not code:
        return None
    if code != 2 or "error: " not in said:
        return f"exit {code!r}: {said[-500:]}"
    said = said[said.index("error: ") :]
    words = [words for words in INSIDES if words in said]
    return f"{words}: {said[:1500]}" if words or len(said) > 1000 or said.count("\n") > 4 else None


@pytest.mark.slow
def test_no_config_and_no_command_line_ends_in_a_trace(
    make_config: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for command in ("fit", "validate", "test", "predict"):
        stub = wraps(getattr(Trainer, command))(lambda *_args, **_kwargs: None)
        monkeypatch.setattr(lightning_cli.ToolCallTrainer, command, stub, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    valid = yaml.safe_load(make_config().read_text())
    path = tmp_path / "spoilt.yaml"
    problems = []
    for number in range(CASES):
        random = Random(number)
        command = random.choice(("fit", "fit", "fit", "test", "predict", "validate"))
        arguments = [command, "--config", str(path)]
        if number % 2:
            path.write_text(yaml.safe_dump(valid))
            for _ in range(random.choice((1, 1, 2, 3))):
                arguments.insert(random.randrange(len(arguments) + 1), random.choice(TOKENS))
        else:
            write(spoil(valid, random), path, random)
        problem = find_problem(arguments, capsys)
        if problem:
            shown = path.read_bytes()[:600] if number % 2 == 0 else ""
            problems.append(f"case {number}: {arguments} {shown!r}\n{problem}")
    assert not problems, "\n\n".join([f"{len(problems)} of {CASES}", *problems[:20]])


NULLS: list[tuple[dict[str, Any], str]] = [
    ({"seed_everything": None}, "seed_everything=None must be a whole number"),
    ({"prompt": None}, "`prompt` is null: leave it out"),
    ({"model": {"init_args": None}}, "model.init_args is null: leave it out"),
    ({"data": {"init_args": None}}, "data.init_args is null: leave it out"),
    ({"model": {"init_args": {"schedule": None}}}, "model.schedule is null: leave it out"),
    ({"trainer": {"accumulate_grad_batches": None}}, "trainer.accumulate_grad_batches=None must be a whole number"),
    ({"trainer": {"max_steps": None}}, "trainer.max_steps=None must be a whole number"),
    ({"trainer": {"num_nodes": None}}, "trainer.num_nodes=None must be a whole number"),
]


@pytest.mark.parametrize(("overlay", "sentence"), NULLS, ids=[json.dumps(overlay) for overlay, _ in NULLS])
def test_null_in_a_later_config_is_refused_at_start(
    make_config: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    overlay: dict[str, Any],
    sentence: str,
) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(yaml.safe_dump(overlay))
    assert sentence in fails(capsys, "fit", "--config", str(make_config()), "--config", str(path))


@pytest.mark.parametrize("setting", ["trainer.default_root_dir", "base_model", "ckpt_path"])
def test_a_value_of_any_length_is_shown_in_part(
    make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str], setting: str
) -> None:
    said = fails(capsys, "fit", "--config", str(make_config()), f"--{setting}", "a" * 5000)
    assert len(said) < 1000
    assert "a" * 80 + "..." in said
