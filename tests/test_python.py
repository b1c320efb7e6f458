"""The examples of docs/python.md run as they stand, on a tiny model and tiny data; refusals of a plain trainer."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from typing import Any

import lightning
import pytest
from conftest import CITIES, make_pair, make_row
from lit_toolcall.callbacks import AdapterCheckpoint
from pages import DOCS, read_blocks

import lit_toolcall
from lit_toolcall import (
    DPOModule,
    Example,
    JsonLines,
    Message,
    Pairs,
    PreferenceDataModule,
    PromptOptions,
    SFTDataModule,
    SFTModule,
    ToolCall,
    UserError,
    find_call_format,
)
from lit_toolcall.cli.main import main

PAGES = ("python.md", "extending.md", "using.md")


@pytest.fixture
def folder(tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a model and rows, as the page has them."""
    work = tmp_path / "work"
    work.mkdir()
    shutil.copytree(tiny_folder, work / ".cache" / "SmolLM2-135M-Instruct")
    rows = [json.dumps(make_row(CITIES[number % 8], number)) + "\n" for number in range(40)]
    (work / "rows.jsonl").write_text("".join(rows))
    (work / "questions.jsonl").write_text("".join(rows[:3]))
    (work / "more.jsonl").write_text("".join(rows))
    (work / "pairs.jsonl").write_text("".join(json.dumps(make_pair(number)) + "\n" for number in range(20)))
    monkeypatch.setenv("HOME", str(tmp_path))  # where encoded rows are kept
    monkeypatch.chdir(work)
    return work


@pytest.mark.slow
def test_the_pages_code_runs_as_it_stands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocks = read_blocks("python.md", "python")
    assert len([line for line in blocks[0].splitlines() if line]) <= 15
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "python.md", "exec"), names)
    assert len(names["answers"]) == 3
    assert all(answer.score is not None for answer in names["answers"])
    assert names["answer"].example is names["question"]
    assert names["score"].problem is lit_toolcall.Problem.MISSING_CALL
    assert (folder / "runs" / "mine" / "checkpoints" / "last" / "adapter_model.safetensors").is_file()
    assert (folder / "runs" / "pairs" / "pairs.jsonl").is_file()
    assert "val/loss" in (folder / "runs" / "dpo" / "metrics.jsonl").read_text()
    assert "exact match" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_a_result_is_used_without_this_package() -> None:
    training, *_ = read_blocks("python.md", "python")
    exec(compile(training, "python.md", "exec"), {})
    keep, ask, read, read_hermes = read_blocks("using.md", "python")
    kept: dict[str, Any] = {}
    exec(compile(keep, "using.md", "exec"), kept)
    assert "lit_toolcall" not in ask + read + read_hermes
    names: dict[str, Any] = {}
    for block in (ask, read, read_hermes):
        exec(compile(block, "using.md", "exec"), names)
    assert names["calls"] == []  # a tiny model's answer
    turns = [{"role": "system", "content": names["system"]}, {"role": "user", "content": "Weather in Oslo?"}]
    prompt = names["tokenizer"].apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    question = Example("1", tuple(kept["tools"]), (Message("user", "Weather in Oslo?"),), answer=None)
    assert prompt == kept["renderer"].render_prompt(question)
    ids = names["tokenizer"](prompt, add_special_tokens=False)["input_ids"]
    assert ids == kept["renderer"].encode_prompt(question)
    calls = [ToolCall("get_weather", {"city": "Oslo", "near": {"sea": [1, 2]}}), ToolCall("wait", {})]
    plain = [(call.name, dict(call.arguments)) for call in calls]
    assert names["read_calls"](find_call_format("tool_code").render(calls)) == plain
    assert names["read_hermes_calls"](find_call_format("hermes").render(calls)) == plain
    assert names["read_calls"]("In words.") == names["read_hermes_calls"]("In words.") == []


def test_answers_need_no_trainer_and_leave_the_policy_as_it_was(folder: Path) -> None:
    model = SFTModule(base_model=".cache/SmolLM2-135M-Instruct", dtype="float32")
    model.generation = lit_toolcall.GenerationOptions(max_new_tokens=4)
    questions = lit_toolcall.read_questions([JsonLines(str(folder / "rows.jsonl"), limit=5)])
    alone = [answer.prediction.text for answer in model.answer(questions, batch_size=1)]
    model.policy.train()
    assert [answer.prediction.text for answer in model.answer(questions, batch_size=3)] == alone
    assert model.policy.training


def trainer() -> lightning.Trainer:
    return lightning.Trainer(max_steps=1, accelerator="cpu", logger=False, enable_progress_bar=False)


@pytest.mark.parametrize("stage", ["fit", "validate"])
def test_a_plain_trainer_refuses_the_rows_of_the_other_data_module(
    stage: str, tiny_folder: Path, tmp_path: Path
) -> None:
    base_model = str(tiny_folder)
    rows = SFTDataModule(base_model, train=[JsonLines(str(tmp_path / "no.jsonl"))])
    pairs = PreferenceDataModule(base_model, train=[Pairs(str(tmp_path / "no.jsonl"))])
    sentence = "does not train on the rows of"
    with pytest.raises(UserError, match=f"^SFTModule {sentence} PreferenceDataModule: set data.class_path to SFTData"):
        getattr(trainer(), stage)(SFTModule(base_model), datamodule=pairs)
    with pytest.raises(UserError, match=f"^DPOModule {sentence} SFTDataModule: set data.class_path to Preference"):
        getattr(trainer(), stage)(DPOModule(base_model=base_model), datamodule=rows)


def test_a_plain_trainer_refuses_data_without_a_module(tiny_folder: Path) -> None:
    with pytest.raises(UserError, match=r"^SFTModule trains on the rows of a data module: give the trainer data"):
        trainer().fit(SFTModule(str(tiny_folder)), train_dataloaders=[1])


def test_a_model_and_its_data_have_one_base_model_and_one_prompt(tiny_folder: Path, tmp_path: Path) -> None:
    base_model = str(tiny_folder)
    data = SFTDataModule(f"{base_model}/", prompt=PromptOptions("hermes"), train=[JsonLines(str(tmp_path / "no"))])
    with pytest.raises(UserError, match=r"^prompt is PromptOptions\(call_format='tool_code', .* give both the same$"):
        trainer().fit(SFTModule(base_model), datamodule=data)
    with pytest.raises(
        UserError, match=r"^base_model is other for the model and .*tiny/ for the data: give both the same$"
    ):
        trainer().fit(SFTModule("other"), datamodule=data)


@pytest.mark.slow
def test_a_second_run_in_a_folder_leaves_the_first_ones_checkpoint(folder: Path) -> None:
    base_model = ".cache/SmolLM2-135M-Instruct"
    for _ in range(2):
        model = SFTModule(base_model, dtype="float32")
        own = lightning.Trainer(
            max_steps=1, accelerator="cpu", logger=False, default_root_dir="run", callbacks=[AdapterCheckpoint()]
        )
        own.fit(model, datamodule=SFTDataModule(base_model, train=[JsonLines("rows.jsonl")]))
    assert len(list((folder / "run" / "checkpoints").glob("last*.ckpt"))) == 2


def test_every_public_name_is_found_and_documented() -> None:
    pages = "".join((DOCS / page).read_text(encoding="utf-8") for page in PAGES)
    for name in lit_toolcall.__all__:
        found = getattr(lit_toolcall, name)
        assert f"`{name}`" in pages or f"`lit_toolcall.{name}`" in pages, name
        if name not in ("__version__", "RATES"):
            assert found.__doc__, name
    assert set(lit_toolcall.__all__) <= set(dir(lit_toolcall))
    with pytest.raises(AttributeError, match="module 'lit_toolcall' has no attribute 'Nothing'"):
        lit_toolcall.Nothing  # type: ignore[attr-defined]  # noqa: B018


def test_public_names_are_those_that_a_type_checker_sees() -> None:
    assert lit_toolcall.__file__ is not None
    tree = ast.parse(Path(lit_toolcall.__file__).read_text(encoding="utf-8"))
    [block] = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {
        (node.module, alias.asname) for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert seen == {(home, name) for name, home in lit_toolcall._HOMES.items()}


def test_what_the_pages_import_is_public() -> None:
    for page in PAGES:
        for block in read_blocks(page, "python"):
            for node in ast.walk(ast.parse(block)):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lit_toolcall"):
                    assert node.module == "lit_toolcall"
                    assert {alias.name for alias in node.names} <= set(lit_toolcall.__all__)


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--version"])
    assert capsys.readouterr().out == f"lit_toolcall {lit_toolcall.__version__}\n"
