"""The examples of docs/extending.md run as they stand; a class of a user's own that cannot be used is one sentence."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import CITIES, TOOL
from pages import read_blocks, write_blocks
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.data.sources import JsonLines
from lit_toolcall.formats import CallFormat, CallSyntaxError, find_call_format
from lit_toolcall.metrics import RATES
from lit_toolcall.preparation.questions import read_questions
from lit_toolcall.prompting import PromptOptions, load_renderer
from lit_toolcall.types import ToolCall

MakeConfig = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_rates() -> Iterator[None]:
    """Take rates of a test out of the table again."""
    before = dict(RATES)
    yield
    RATES.clear()
    RATES.update(before)


@pytest.fixture
def folder(tmp_path: Path, make_config: MakeConfig, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the files of the page, and `my_run.yaml`."""
    make_config().rename(tmp_path / "my_run.yaml")
    for language in ("python", "yaml"):
        write_blocks("extending.md", language, tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(name: str) -> None:
    """Run the command of the page that names a config."""
    [line] = [block for block in read_blocks("extending.md", "console") if f" {name}" in block]
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "lit_toolcall"]
    main(words[3:])


def test_a_source(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool = {"name": TOOL["name"], "about": TOOL["description"], "schema": TOOL["parameters"]}
    rows = [{"ask": f"{city}?", "tools": [tool], "call": tool["name"], "with": {"city": city}} for city in CITIES]
    (folder / "my_rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"tools": []}]))
    run("my_rows.yaml")
    shown = capsys.readouterr().out
    assert "7 training and 1 validation rows of 9 read" in shown
    assert "my_rows.jsonl:9: no `ask`" in shown
    assert "Oslo?" in shown


@pytest.mark.slow
def test_a_format(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("my_format.yaml")
    last = str(folder / "run" / "checkpoints" / "last.ckpt")
    main(["test", "--config", "my_run.yaml", "--config", "my_format.yaml", "--ckpt_path", last])
    capsys.readouterr()
    said = fails(capsys, "validate", "--config", "my_run.yaml", "--ckpt_path", last)
    assert "the checkpoint does not fit this model" in said
    main(["inspect", "--config", "my_run.yaml", "--config", "my_format.yaml", "--rows", "1"])
    assert '>>><call>{"name": "get_weather", "arguments": {"city":' in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_a_format_of_ones_own_keeps_the_law_of_formats() -> None:
    form = find_call_format("my_format.Lines")
    calls = (ToolCall("f", {"text": "a <call> b\nc"}), ToolCall("g", {}))
    assert form.parse(f"<think>{form.render(calls)}</think>{form.render(calls)}") == calls
    assert form.parse("In words.") == ()
    with pytest.raises(CallSyntaxError, match="a call that this format cannot hold: f"):
        form.render([ToolCall("f", {"pair": (1, 2)})])  # reads back as a list
    with pytest.raises(CallSyntaxError, match="not JSON"):
        form.parse("<call>f(1)")


@pytest.mark.usefixtures("folder")
def test_rows_in_a_format_of_ones_own_are_encoded_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    form = type(find_call_format("my_format.Lines"))
    written = form.write

    def write_long_ones_otherwise(self: CallFormat, calls: Sequence[ToolCall]) -> str:
        return written(self, calls).replace(" ", "  " if '"Lima"' in written(self, calls) else " ")

    command = ["inspect", "--config", "my_run.yaml", "--config", "my_format.yaml", "--rows", "24"]
    main(command)
    assert '"arguments":  {' not in capsys.readouterr().out
    monkeypatch.setattr(form, "write", write_long_ones_otherwise)  # as after an edit that the fingerprint does not see
    main(command)
    assert '"arguments":  {"city":  "Lima"' in capsys.readouterr().out


def test_a_loss(folder: Path, make_dpo_config: MakeConfig) -> None:
    make_dpo_config().rename(folder / "my_dpo_run.yaml")
    run("my_loss.yaml")
    logged = [json.loads(line) for line in (folder / "run" / "metrics.jsonl").read_text().splitlines()]
    first = next(line["train/loss"] for line in logged if "train/loss" in line)
    assert first == pytest.approx(1.3133, abs=1e-4)  # policy = reference: log(1 + exp(1))


def test_a_rate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("my_rates.yaml")
    assert "wrong values" in capsys.readouterr().out
    measured = json.loads((folder / "run" / "metrics.json").read_text())["all"]
    assert measured["wrong_value_rate"]["total"] == 24
    mean = measured["calls_per_answer"]
    assert mean["answers"] == 24
    assert mean["value"] == mean["calls"] / 24
    assert mean["low"] <= mean["value"] <= mean["high"]
    logged = (folder / "run" / "metrics.jsonl").read_text()
    assert "test/wrong_value_rate" in logged


def test_a_rate_of_ones_own_ranks_checkpoints(folder: Path) -> None:
    config = yaml.safe_load((folder / "my_run.yaml").read_text())
    keep = {"class_path": "AdapterCheckpoint", "init_args": {"monitor": "val/wrong_value_rate"}}
    config["trainer"] |= {"max_steps": 1, "callbacks": [{"class_path": "SampleCalls"}, keep]}
    (folder / "my_run.yaml").write_text(yaml.safe_dump(config))
    main(["fit", "--config", "my_run.yaml", "--config", "my_rates.yaml"])
    assert list((folder / "run" / "checkpoints").glob("step=1-wrong_value_rate=*.ckpt"))


@pytest.mark.usefixtures("folder")
def test_an_augmentation(capsys: pytest.CaptureFixture[str]) -> None:
    run("my_augmentation.yaml")
    assert "weather in " in capsys.readouterr().out


def test_an_engine(folder: Path, tiny_folder: Path) -> None:
    renderer = load_renderer(str(tiny_folder), PromptOptions())
    questions = read_questions([JsonLines("rows.jsonl")])
    right = {
        renderer.decode(renderer.encode_prompt(each)): renderer.render_answer(each.answer)
        for each in questions[:6]
        if each.answer is not None
    }
    (folder / "answers.json").write_text(json.dumps(right))
    run("my_engine.yaml")
    metrics = json.loads((folder / "run" / "metrics.json").read_text())["all"]
    assert (metrics["exact_match"]["correct"], metrics["exact_match"]["total"]) == (6, 24)


OWN = """
from lit_toolcall import Augmentation, CallFormat, Engine, PreferenceLoss, Rate, RowSource

class Rows(RowSource): pass
class Form(CallFormat):
    def read(self, text): return ()
    def write(self, calls): return ""
class Loss(PreferenceLoss): pass
class Change(Augmentation):
    def __init__(self): super().__init__(1.0)
class Model(Engine): pass
class Other: pass
class Needy(CallFormat):
    start = instruction = "x"
    def __init__(self, sign): pass
    def read(self, text): return ()
    def write(self, calls): return ""
    def find_calls(self, text, position): return None
TAKEN = Rate("exact_match", lambda score: (1, 1))
PLACED = Rate("mine", lambda score: (1, 1), place=("problems",))
NUMBER = 3
"""
NO_MODULE = "no module `nowhere` on the import path"


def name_in(setting: str, path: str) -> dict[str, Any]:
    """Write a config that names a class or object where a setting takes one."""
    entry = {"class_path": path}
    return {
        "source": {"data": {"init_args": {"train": [entry]}}},
        "augmentation": {"data": {"init_args": {"augment": [entry]}}},
        "loss": {"model": {"init_args": {"loss": entry}}},
        "engine": {"model": {"init_args": {"engine": entry}}},
        "format": {"prompt": {"call_format": path}},
        "rate": {"rates": [path]},
    }[setting]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "path", "sentence"),
    [
        ("source", "nowhere.Rows", NO_MODULE),
        ("source", "own_module.Other", "`Other` is not a source: choose ApiBank, "),
        ("source", "own_module.Rows", "`Rows` has no example_of: sources need it, so add it"),
        ("augmentation", "nowhere.Change", NO_MODULE),
        ("augmentation", "own_module.Other", "`Other` is not an augmentation: choose AddDistractors, "),
        ("augmentation", "own_module.Change", "`Change` has no augment: augmentations need it, so add it"),
        ("loss", "nowhere.Loss", NO_MODULE),
        ("loss", "own_module.Other", "`Other` is not a loss: choose Sigmoid, "),
        ("loss", "own_module.Loss", "`Loss` has no __call__: losses need it, so add it"),
        ("engine", "nowhere.Model", NO_MODULE),
        ("engine", "own_module.Other", "`Other` is not an Engine: choose TransformersEngine"),
        ("engine", "own_module.Model", "model.engine: Can't instantiate abstract class Model"),
        ("format", "nowhere.Form", NO_MODULE),
        ("format", "own_module.Other", "own_module.Other: not a class made from lit_toolcall.formats.CallFormat"),
        ("format", "own_module.Form", "the class has no find_calls, start, instruction: add what CallFormat asks for"),
        ("format", "own_module.Needy", "a format is made without arguments"),
        ("format", "own_module.Missing", "module 'own_module' has no attribute 'Missing'"),
        ("rate", "nowhere.MINE", NO_MODULE),
        ("rate", "own_module.NUMBER", "rates=own_module.NUMBER: not a lit_toolcall.metrics.Rate: give the path of one"),
        ("rate", "own_module.TAKEN", "rates=own_module.TAKEN: another rate is named exact_match: choose another name"),
        ("rate", "own_module.PLACED", "metrics.json holds something else at problems: change `place`"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    setting: str,
    path: str,
    sentence: str,
    folder: Path,
    make_dpo_config: MakeConfig,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "own_module.py").write_text(OWN)
    (folder / "own.yaml").write_text(yaml.safe_dump(name_in(setting, path)))
    if setting == "loss":
        make_dpo_config().rename(folder / "my_run.yaml")
    said = fails(capsys, "test" if setting == "engine" else "fit", "--config", "my_run.yaml", "--config", "own.yaml")
    assert said.count("\n") == 1
    assert sentence in said
