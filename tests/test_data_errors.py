"""Each error that rows and their settings can cause is one sentence that names the place and the cure."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.data.sources import ApiBank, JsonLines, Pairs, Rejection, ToolACE
from lit_toolcall.data.splits import split_random
from lit_toolcall.datamodules import SFTDataModule
from lit_toolcall.datamodules.loaders import Shard
from lit_toolcall.preparation.account import Account, check_account
from lit_toolcall.preparation.questions import check_ids, read_every_row
from lit_toolcall.preparation.recipes import LeakageOptions
from lit_toolcall.prompting import PromptOptions
from lit_toolcall.types import Example, UserError

REJECTED = tuple(Rejection(f"rows.jsonl:{line}", "not JSON") for line in range(7))


def test_a_missing_data_file(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    config = make_config(data={"train": [{"class_path": "JsonLines", "init_args": {"path": "no/such.jsonl"}}]})
    assert "no/such.jsonl" in fails(capsys, "fit", "--config", str(config))


def test_a_wrong_tool_name_in_a_row(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config(rows=16))
    path = tmp_path / "rows.jsonl"
    lines = path.read_text().splitlines()
    lines[4] = lines[4].replace('"function": "get_weather"', '"function": "get_wether"')
    path.write_text("\n".join(lines) + "\n")
    said = fails(capsys, "fit", "--config", config)
    assert f"{path}:5: call 'get_wether' is not among this example's tools: get_weather" in said
    assert "1 of 16 rows rejected, more than max_rejected_fraction=0.05" in said


@pytest.mark.slow
def test_a_few_rejected_rows_are_reported_and_left_out(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config(rows=16))
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write("not json\n")
    main(["fit", "--config", config, "--data.init_args.max_rejected_fraction", "0.1"])
    assert "1 of 17 rows rejected" in capsys.readouterr().err
    (rejected,) = (tmp_path / "run" / "rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected)["place"].endswith("rows.jsonl:17")


def test_a_row_longer_than_the_limit(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", str(make_config(data={"max_tokens": 60})))
    assert "rows.jsonl:1: the row has " in said
    assert "more than max_tokens=60, also without unused tools and old turns: raise" in said


@pytest.mark.slow
@pytest.mark.parametrize("command", ["fit", "validate"])
def test_rows_of_the_other_kind(
    command: str,
    make_config: Callable[..., Path],
    make_dpo_config: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    sentence = "does not train on the rows of"
    config = ["--config", str(make_config()), "--model", "DPOModule"]
    said = fails(capsys, command, *config)
    assert f"DPOModule {sentence} SFTDataModule: set data.class_path to PreferenceDataModule" in said
    path = make_dpo_config()
    path.write_text(path.read_text().replace("DPOModule", "SFTModule"))
    said = fails(capsys, command, "--config", str(path))
    assert f"SFTModule {sentence} PreferenceDataModule: set data.class_path to SFTDataModule" in said


def test_global_batches_too_small_for_their_micro_batches(
    make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(trainer={"accumulate_grad_batches": 16})
    assert "cannot fill 16 micro-batches" in fails(capsys, "fit", "--config", str(config))


@pytest.mark.slow
def test_no_source(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert "data.train names no source" in fails(capsys, "fit", "--config", str(make_config(data={"train": []})))
    assert "data.test names no source" in fails(capsys, "test", "--config", str(make_config(data={"test": []})))


def test_test_rows_are_never_skipped(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config())
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write("{}\n")
    assert "data.test: 1 rows cannot be read, the first: " in fails(capsys, "test", "--config", config)


@pytest.mark.slow
def test_rows_without_an_answer_are_named(make_config: Callable[..., Path], tmp_path: Path) -> None:
    config = str(make_config(rows=16))
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    row = {"tools": [tool], "messages": [{"role": "user", "content": "Hello?"}]}
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write(json.dumps(row) + "\n")
    main(["fit", "--config", config, "--data.init_args.max_rejected_fraction", "0.1"])
    (rejected,) = (tmp_path / "run" / "rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected) == {
        "place": f"{tmp_path / 'rows.jsonl'}:17",
        "reason": "the row has no answer to train on",
    }


def test_groups_of_no_row(make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]) -> None:
    said = fails(capsys, "fit", "--config", str(make_config(data={"tool_group_size": 0})))
    assert "tool_group_size=0 must be at least 1; 1 is plain shuffling" in said


@pytest.mark.slow
def test_turns_that_a_chat_template_refuses(
    make_config: Callable[..., Path], tmp_path: Path, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = (tiny_folder / "chat_template.jinja").read_text()
    refuse = "{% if messages[-1]['content'] == 'Again!' %}{{ raise_exception('no echo') }}{% endif %}"
    (tiny_folder / "chat_template.jinja").write_text(refuse + template)
    config = str(make_config(rows=16))
    row = {"query": "Again!", "tools": [], "expected_output": "No."}
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write(json.dumps(row) + "\n")
    sentence = "the tokenizer's chat template refuses the turns user: no echo: fix the row, or set another template"
    main(["fit", "--config", config, "--data.init_args.max_rejected_fraction", "0.1"])
    assert f"{tmp_path / 'rows.jsonl'}:17: {sentence}" in capsys.readouterr().err
    assert f"{tmp_path / 'rows.jsonl'}:17: {sentence}" in fails(capsys, "test", "--config", config)


def test_sources_without_a_row() -> None:
    with pytest.raises(UserError, match="the sources hold no row: give files with at least one, or change their skip"):
        check_account(Account(), max_rejected_fraction=0.05, max_leaked_fraction=0.0)
    with pytest.raises(
        UserError, match=r"data\.test holds no row: give sources with at least one, or change their skip and limit"
    ):
        read_every_row([], "data.test")


def test_added_rows_do_not_hide_rejected_ones() -> None:
    # 93 good and 7 bad rows; augmentations made 345 of the 93
    account = Account(found=100, unread=7, read=93, added=252, kept=345, trained=340, rejected=REJECTED)
    with pytest.raises(UserError, match=r"7 of 100 rows rejected, more than max_rejected_fraction=0\.05"):
        check_account(account, max_rejected_fraction=0.05, max_leaked_fraction=0.0)
    check_account(account, max_rejected_fraction=0.07, max_leaked_fraction=0.0)


def test_rows_that_are_not_drawn_do_not_hide_rejected_ones() -> None:
    account = Account(found=2000, read=50, kept=43, trained=40, rejected=REJECTED)
    with pytest.raises(UserError, match=r"7 of 50 rows rejected, more than max_rejected_fraction=0\.05"):
        check_account(account, max_rejected_fraction=0.05, max_leaked_fraction=0.0)


def test_no_training_row_is_an_error_whatever_the_fraction() -> None:
    account = Account(found=2000, read=7, kept=3, rejected=REJECTED)
    with pytest.raises(UserError, match=r"no row is left to train on; 7 were rejected: fix them\n  rows\.jsonl:0: "):
        check_account(account, max_rejected_fraction=1.0, max_leaked_fraction=0.0)


def test_test_rows_of_one_id() -> None:
    question = Example("1", (), (), None, place="rows.jsonl:2")
    with pytest.raises(UserError, match=r"rows\.jsonl:2: the id '1' occurs twice among the test rows: rename one"):
        check_ids([question, question])


def test_a_validation_share_that_leaves_nothing_to_train_on() -> None:
    rows = [Example("1", (), (), None), Example("2", (), (), None)]
    with pytest.raises(
        UserError, match=r"validation_fraction=0\.9 leaves none of 2 rows for training: lower it or add"
    ):
        split_random(rows, 0.9, seed=0)


def test_fewer_rows_than_devices() -> None:
    with pytest.raises(
        UserError, match=r"1 test questions are too few for 2 devices: add rows or lower trainer\.devices"
    ):
        Shard(rank=0, ranks=2).of(["one"], "test questions")


def dialogues(path: Path) -> None:
    """Write rows whose answers are in words, after a call."""
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}
    call = {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}]}
    turns = [{"role": "user", "content": "Go."}, call, {"role": "tool", "content": "1"}]
    row = {"tools": [tool], "messages": [*turns, {"role": "assistant", "content": "Done."}]}
    path.write_text((json.dumps(row) + "\n") * 24)


@pytest.mark.slow
@pytest.mark.parametrize("trained_turns", ["last", "calls"])
def test_a_training_without_a_call_is_said(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], trained_turns: str
) -> None:
    config = str(make_config(data={"trained_turns": trained_turns}, trainer={"max_steps": 1}))
    dialogues(tmp_path / "rows.jsonl")
    main(["fit", "--config", config])
    said = "rows train an answer in words alone, though their earlier turns call tools" in capsys.readouterr().err
    assert said == (trained_turns == "last")
    main(["inspect", "--config", config, "--report", str(tmp_path / "report.html")])
    report = capsys.readouterr().out.partition("Calls per answer (0: in words)\n")[2].splitlines()
    assert [line.split("#")[0].split() for line in report[:2]][: 1 if said else 2] == (
        [["0", "24"]] if said else [["0", "24"], ["1", "24"]]
    )


def test_inspect_where_no_row_is_left_says_why(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config()
    (tmp_path / "rows.jsonl").write_text("not JSON\n" * 3)
    said = fails(capsys, "inspect", "--config", str(config))
    assert "no row is left to train on" in said
    assert "rows.jsonl:1" in said


def test_a_cache_folder_that_cannot_be_made(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(data={"cache_dir": str(tmp_path / "rows.jsonl")})
    said = fails(capsys, "fit", "--config", str(config))
    assert "data.cache_dir=" in said
    assert "name another folder" in said


def test_shares_and_limits_out_of_range() -> None:
    against = [JsonLines("rows.jsonl")]
    with pytest.raises(UserError, match=r"data\.leakage\.max_leaked_fraction=7 must lie between 0 and 1"):
        LeakageOptions(against, max_leaked_fraction=7)
    with pytest.raises(UserError, match=r"data\.max_rejected_fraction=-1 must lie between 0 and 1"):
        SFTDataModule("base", PromptOptions(), max_rejected_fraction=-1)
    for source in (JsonLines, ToolACE, ApiBank, Pairs):
        with pytest.raises(UserError, match="limit=0 must be at least 1"):
            source("rows.jsonl", limit=0)
