"""What `eval` takes for a model: runs, checkpoints, adapter folders, model folders; and hostile settings in them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from conftest import CITIES, make_row
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.modules.finished import Overrides, _override, load_finished
from lit_toolcall.types import UserError


def write_rows(path: Path, count: int = 5) -> str:
    rows = [{**make_row(CITIES[number % 8], number), "id": f"row-{number}"} for number in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def read_answers(folder: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def answers_of(model: str | Path, rows: str, out: Path, *more: str) -> list[dict[str, Any]]:
    """Evaluate a model, and return its answers without what a clock says."""
    main(["eval", str(model), "--suite", rows, "--out", str(out), *more])
    return read_answers(out)


def strengthen(checkpoint: str) -> None:
    """Make a checkpoint's adapters so strong that they change answers, in the folder of each adapter too."""
    from safetensors.torch import load_file, save_file

    def grow(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        torch.manual_seed(1)
        names = sorted(name for name in state if "lora_B" in name)
        return state | {name: torch.randn_like(state[name]) * 0.5 for name in names}

    loaded = torch.load(checkpoint, weights_only=True)
    loaded["state_dict"] = grow(loaded["state_dict"])
    torch.save(loaded, checkpoint)
    for folder in Path(checkpoint).parent.iterdir():
        if folder.is_dir():
            weights = folder / "adapter_model.safetensors"
            save_file(grow(load_file(weights)), weights, metadata={"format": "pt"})


@pytest.mark.slow
def test_every_way_to_name_a_run_gives_the_same_answers(
    sft_checkpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strengthen(sft_checkpoint)
    rows = write_rows(tmp_path / "questions.jsonl")
    run = Path(sft_checkpoint).parents[1]
    adapter = Path(sft_checkpoint).with_suffix("")
    alone = tmp_path / "alone"
    shutil.copytree(adapter, alone)
    named = {"run": run, "checkpoint": sft_checkpoint, "checkpoints": run / "checkpoints", "alone": alone}
    named["adapter"] = adapter
    answers = {name: answers_of(model, rows, tmp_path / f"of_{name}") for name, model in named.items()}
    base = answers_of(tmp_path / "tiny", rows, tmp_path / "of_base", "--dtype", "float32", "--max_new_tokens", "8")
    assert [line["text"] for line in base] != [line["text"] for line in answers["run"]]
    for name in named:
        assert answers[name] == answers["run"], name
    # and as the trainer's own command has them
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["data"]["init_args"]["test"] = [{"class_path": "JsonLines", "init_args": {"path": rows}}]
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(config))
    of_test = tmp_path / "of_test"
    command = ["test", "--config", str(tmp_path / "test.yaml"), "--ckpt_path", sft_checkpoint]
    main([*command, "--trainer.default_root_dir", str(of_test)])
    assert read_answers(of_test) == answers["run"]
    # without its settings, default ones hold, and a line says so
    (alone / "lit_toolcall.json").unlink()
    capsys.readouterr()
    more = ("--dtype", "float32", "--max_new_tokens", "8")
    assert answers_of(alone, rows, tmp_path / "of_defaults", *more) == answers["run"]
    said = f"{alone} has no lit_toolcall.json, which says how it was trained: the default prompt settings are used"
    assert said in capsys.readouterr().out


@pytest.mark.slow
def test_a_dpo_run_is_evaluated(make_dpo_config: Callable[..., Path], tmp_path: Path) -> None:
    main(["fit", "--config", str(make_dpo_config(pairs=8, reference="base"))])
    run = tmp_path / "run"
    strengthen(str(run / "checkpoints" / "last.ckpt"))
    rows = write_rows(tmp_path / "questions.jsonl", 3)
    shutil.copytree(run / "checkpoints" / "last", tmp_path / "alone")
    answers = answers_of(run, rows, tmp_path / "of_run")
    assert len(answers) == 3
    assert answers_of(tmp_path / "alone", rows, tmp_path / "of_adapter") == answers


@pytest.mark.slow
def test_a_four_bit_model_is_evaluated(tiny_folder: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "questions.jsonl", 3)
    more = ("--dtype", "float32", "--max_new_tokens", "6")
    whole = answers_of(tiny_folder, rows, tmp_path / "whole", *more)
    quantized = answers_of(tiny_folder, rows, tmp_path / "4bit", "--quantization", "4bit", *more)
    assert [line["confidence"] for line in whole] != [line["confidence"] for line in quantized]
    assert "quantization 4bit" in (tmp_path / "4bit" / "results.json").read_text()


@pytest.mark.slow
def test_a_base_model_that_has_moved_is_named(
    sft_checkpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = write_rows(tmp_path / "questions.jsonl", 2)
    run = Path(sft_checkpoint).parents[1]
    before = answers_of(run, rows, tmp_path / "before")
    moved = tmp_path / "moved"
    (tmp_path / "tiny").rename(moved)
    adapter = Path(sft_checkpoint).with_suffix("")
    shutil.copytree(adapter, tmp_path / "alone")
    for model in (run, tmp_path / "alone"):
        said = fails(capsys, "eval", str(model), "--suite", rows, "--out", str(tmp_path / "out"))
        assert f"base_model={tmp_path / 'tiny'}: no such folder" in said
        assert "give its whole path by --base_model" in said
        out = tmp_path / f"after_{model.name}"
        assert answers_of(model, rows, out, "--base_model", str(moved)) == before
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["base_model"] = "moved"  # relative, to where `fit` was started
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    said = fails(capsys, "eval", str(run), "--suite", rows, "--out", str(tmp_path / "out"))
    assert "base_model=moved: no tokenizer could be loaded" in said
    assert "if its base model has moved, name it by --base_model" in said
    monkeypatch.chdir(tmp_path)
    assert answers_of(run, rows, tmp_path / "relative") == before


def test_a_model_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "questions.jsonl", 2)

    def refuse(model: str) -> str:
        return fails(capsys, "eval", model, "--suite", rows, "--out", str(tmp_path / "out"))

    missing = tmp_path / "none"
    assert f"MODEL={missing}: no such file or folder (seen from {Path.cwd()}): give its whole path" in refuse(
        str(missing)
    )
    assert "MODEL=last.ckpt: no such file or folder" in refuse("last.ckpt")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert f"MODEL={empty}: neither a run folder with checkpoints/last.ckpt, an adapter folder" in refuse(str(empty))
    notes = tmp_path / "notes.txt"
    notes.write_text("hello")
    assert "config.yaml is missing, which says how it was trained" in refuse(str(notes))


@pytest.mark.slow
def test_a_hub_id_that_cannot_be_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = write_rows(tmp_path / "questions.jsonl", 2)
    said = fails(capsys, "eval", "no-such/model", "--suite", rows, "--out", str(tmp_path / "out"))
    assert "base_model=no-such/model: no tokenizer could be loaded" in said


def test_a_model_whose_weights_are_cut_off(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tiny_folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    rows = write_rows(tmp_path / "questions.jsonl", 2)
    said = fails(capsys, "eval", str(tiny_folder), "--suite", rows, "--out", str(tmp_path / "out"))
    assert f"base_model={tiny_folder}: " in said
    assert "MODEL=" not in said


def make_run(folder: Path, config: Any) -> Path:
    """Write a run folder whose checkpoint is never reached."""
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "last.ckpt").write_bytes(b"")
    if config is not None:
        (folder / "config.yaml").write_text(config if isinstance(config, str) else yaml.safe_dump(config))
    return folder


ARGUMENTS = {"lora": {"r": 4}, "generation": {"max_new_tokens": 8}, "dtype": "float32", "quantization": "none"}
CONFIG = {"base_model": "tiny", "prompt": {}, "model": {"init_args": ARGUMENTS}}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (None, "config.yaml is missing, which says how it was trained: copy it there from the run folder"),
        ("a: [", "config.yaml: not what `fit` writes (ParserError"),
        ("[]", "config.yaml: not what `fit` writes (TypeError"),
        ("{}", "config.yaml: not what `fit` writes (KeyError: 'model')"),
        ("!!python/object/apply:os.system ['touch pwned']", "config.yaml: not what `fit` writes (ConstructorError"),
        ("[" * 1100, "config.yaml: not what `fit` writes (RecursionError"),
        ("a: " + "x" * 1_000_001, "config.yaml is larger than 1,000,000 bytes"),
        (b"\xff\xfe\x00", "config.yaml cannot be read"),
        (
            {**CONFIG, "prompt": {"call_format": "pwned.Format"}},
            "the run's call format pwned.Format is Python code of its own: read it, then set --trust_remote_code true",
        ),
        (
            {**CONFIG, "prompt": {"class_path": "pwned.Format"}},
            "its settings under `prompt` are no values: use `test --config`",
        ),
        ({**CONFIG, "prompt": {"call_form": "hermes"}}, "its settings cannot be used (Group 'prompt' does not accept"),
        ({**CONFIG, "base_model": 3}, 'its settings cannot be used (Parser key "base_model"'),
    ],
)
def test_a_run_with_settings_that_cannot_be_used(
    config: Any, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pwned.py").write_text("raise SystemExit('code of a run was run')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    run = make_run(tmp_path / "run", None if isinstance(config, bytes) else config)
    if isinstance(config, bytes):
        (run / "config.yaml").write_bytes(config)
    with pytest.raises(UserError) as refused:
        load_finished(str(run), Overrides())
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 1000
    assert not (tmp_path / "pwned").exists()


def test_a_run_cannot_trust_itself(tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its config says that code beside the weights may run; only the user's own setting counts."""
    code = 'import pathlib\npathlib.Path(__file__).with_name("pwned").touch()\n'
    for name in ("tokenization_evil.py", "modeling_evil.py", "configuration_evil.py"):
        (tiny_folder / name).write_text(code)
    config = json.loads((tiny_folder / "config.json").read_text())
    maps = {"AutoConfig": "configuration_evil.C", "AutoModelForCausalLM": "modeling_evil.M"}
    (tiny_folder / "config.json").write_text(json.dumps({**config, "model_type": "evil", "auto_map": maps}))
    arguments = {**ARGUMENTS, "trust_remote_code": True}
    written = {"base_model": str(tiny_folder), "prompt": {}, "trust_remote_code": True}
    run = make_run(tmp_path / "run", {**written, "model": {"init_args": arguments}})
    rows = write_rows(tmp_path / "questions.jsonl", 2)
    for model in (str(run), str(tiny_folder)):
        said = fails(capsys, "eval", model, "--suite", rows, "--out", str(tmp_path / "out"))
        assert "base_model=" in said
    assert not list(tiny_folder.rglob("pwned"))


def make_adapter(folder: Path, settings: Any = None, **config: Any) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", **config}))
    (folder / "adapter_model.safetensors").write_bytes(b"")
    if settings is not None:
        (folder / "lit_toolcall.json").write_text(settings if isinstance(settings, str) else json.dumps(settings))
    return folder


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("{", "lit_toolcall.json is not JSON"),
        ("[" * 100_000, "lit_toolcall.json is not JSON"),
        ("[]", "lit_toolcall.json holds no JSON object"),
        (" " * 1_000_001, "lit_toolcall.json is larger than 1,000,000 bytes"),
        ({"prompt": {"call_format": 5}}, "its settings cannot be used"),
        ({"prompt": {"unknown": "x"}}, "its settings cannot be used"),
        ({"prompt": "hermes"}, "its settings under `prompt` are no values"),
        ({"prompt": {"call_format": "os.system"}}, "the run's call format os.system is Python code of its own"),
        ({"generation": {"max_new_tokens": "many"}}, "its settings cannot be used"),
        ({"generation": {"max_new_tokens": -1}}, "generation.max_new_tokens=-1 must be at least 1"),
        ({"generation": {"temperature": 10**400}}, "its settings cannot be used (int too large"),
        ({"dtype": "float8"}, "its settings cannot be used"),
        ({"quantization": ["4bit"]}, "its settings cannot be used"),
        ({}, "it does not name its base model: give it by --base_model"),
    ],
)
def test_an_adapter_with_settings_that_cannot_be_used(settings: Any, sentence: str, tmp_path: Path) -> None:
    if isinstance(settings, dict) and settings:
        settings = {"base_model": "tiny", **settings}
    folder = make_adapter(tmp_path / "adapter", settings)
    with pytest.raises(UserError) as refused:
        load_finished(str(folder), Overrides())
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda folder: (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin"), "only weights in"),
        (lambda folder: (folder / "adapter_config.json").write_text('{"peft_type": "PROMPT_TUNING"}'), "only LORA"),
        (lambda folder: (folder / "adapter_config.json").write_text("nothing"), "adapter_config.json is not JSON"),
    ],
)
def test_an_adapter_that_is_not_loaded(change: Callable[[Path], object], sentence: str, tmp_path: Path) -> None:
    folder = make_adapter(tmp_path / "adapter", {"base_model": "tiny"})
    change(folder)
    with pytest.raises(UserError, match=sentence):
        load_finished(str(folder), Overrides())


def test_an_adapter_of_another_model(tiny_folder: Path, tmp_path: Path) -> None:
    config = {"r": 4, "lora_alpha": 8, "target_modules": ["no_such_module"], "base_model_name_or_path": "x"}
    folder = make_adapter(tmp_path / "adapter", {"base_model": str(tiny_folder), "dtype": "float32"}, **config)
    with pytest.raises(UserError, match=f"this adapter does not fit {tiny_folder} .*: give its base by --base_model"):
        load_finished(str(folder), Overrides())
    config["target_modules"] = ["q_proj"]
    (folder / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", **config}))
    with pytest.raises(UserError, match="this adapter does not fit"):  # its weights are no safetensors file
        load_finished(str(folder), Overrides())


def test_what_a_user_gives_comes_before_what_a_run_says() -> None:
    own = {"base_model": "own", "dtype": "float16", "generation": {"max_new_tokens": 9}, "quantization": None}
    read = _override(own, Overrides(base_model="mine", dtype="float32"), "run")
    assert (read["base_model"], read["dtype"], read["quantization"]) == ("mine", "float32", "none")
    assert read["generation"].max_new_tokens == 9
    assert "trust_remote_code" not in read


def test_a_link_to_a_run_is_the_run(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", "[]")
    os.symlink(run, tmp_path / "link")
    with pytest.raises(UserError, match=r"run/config\.yaml: not what `fit` writes"):
        load_finished(str(tmp_path / "link"), Overrides())


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, written: Path) -> None:
        self.written = written

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.written, "run")


def test_code_in_a_checkpoint_is_not_run(tiny_folder: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", {**CONFIG, "base_model": str(tiny_folder)})
    torch.save({"state_dict": {}, "bomb": Bomb(tmp_path / "written")}, run / "checkpoints" / "last.ckpt")
    with pytest.raises(UserError, match="not a checkpoint of this program"):
        load_finished(str(run), Overrides())
    assert not (tmp_path / "written").exists()
