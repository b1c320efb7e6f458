"""Leakage, mixtures, splits, augmentation and curriculum through the command line."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from lit_toolcall.cli.main import main
from lit_toolcall.data.augment import ShuffleTools
from lit_toolcall.data.mixture import Mixture, MixturePart
from lit_toolcall.data.sources import JsonLines, Ledger, Source
from lit_toolcall.preparation.account import check_account
from lit_toolcall.preparation.pipeline import DONE, load_rows, prepare_rows
from lit_toolcall.preparation.recipes import ExampleRecipe, LeakageOptions
from lit_toolcall.prompting import PromptOptions, Renderer
from lit_toolcall.types import Example, Message, UserError

LINES = "JsonLines"


@pytest.fixture
def leaking(make_config: Callable[..., Path], tmp_path: Path) -> Callable[..., str]:
    """A config whose fourth row asks, in other words, what an evaluation row asks: `leaking(remove=True)`."""

    def make(**options: Any) -> str:
        questions = tmp_path / "questions.jsonl"
        row = {"query": "Which trains leave from Oslo to Bergen after nine this evening?", "tools": []}
        questions.write_text(json.dumps(row) + "\n")
        source = {"class_path": LINES, "init_args": {"path": str(questions)}}
        config = make_config(rows=24, data={"leakage": {"against": [source], **options}})
        rows = (tmp_path / "rows.jsonl").read_text().splitlines()
        planted = json.loads(rows[3]) | {
            "query": "please: which trains leave from Oslo to Bergen after ten this evening"
        }
        rows[3] = json.dumps(planted)
        (tmp_path / "rows.jsonl").write_text("\n".join(rows) + "\n")
        return str(config)

    return make


def test_leaking_rows_stop_a_fit_before_its_first_step(
    leaking: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--config", leaking()])
    said = capsys.readouterr().err
    assert "1 of 24 training rows repeat evaluation rows, more than data.leakage.max_leaked_fraction=0.0" in said
    assert "set data.leakage.remove, or raise the fraction" in said
    assert "rows.jsonl:4: asks" in said
    assert "which the evaluation row questions:1 has as" in said
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


@pytest.mark.slow
def test_leaking_rows_can_be_removed(
    leaking: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["fit", "--config", leaking(remove=True), "--data.init_args.max_rejected_fraction", "0"])
    assert "1 rows removed: they repeat evaluation rows" in capsys.readouterr().err
    (rejected,) = (tmp_path / "run" / "rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected)["place"].endswith("rows.jsonl:4")


@pytest.mark.slow
def test_a_share_of_leaking_rows_can_be_allowed(leaking: Callable[..., str], tmp_path: Path) -> None:
    main(["fit", "--config", leaking(max_leaked_fraction=0.05)])
    assert (tmp_path / "run" / "rejected.jsonl").read_text() == ""


@pytest.mark.slow
def test_leakage_against_rows_that_cannot_be_read(
    leaking: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, questions = leaking(), tmp_path / "questions.jsonl"
    questions.write_text(questions.read_text().replace('"query"', '"question"'))
    for command in (["fit"], ["inspect", "--report", str(tmp_path / "report.html")]):
        with pytest.raises(SystemExit):
            main([*command, "--config", config])
        assert "data.leakage.against: 1 rows cannot be read, the first: " in capsys.readouterr().err
    questions.write_text("")
    with pytest.raises(SystemExit):
        main(["fit", "--config", config])
    assert "data.leakage.against holds no row: give sources with at least one" in capsys.readouterr().err


def test_leakage_against_nothing(leaking: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["fit", "--config", leaking(), "--data.init_args.leakage.against", "[]"])
    assert "data.leakage.against names no source: give at least one, such as Bfcl" in capsys.readouterr().err


DEMO = {"class_path": LINES, "init_args": {"path": "demo:train.jsonl", "tools_path": "demo:tools.jsonl", "limit": 40}}
VALIDATION = {
    "class_path": LINES,
    "init_args": {"path": "demo:validation.jsonl", "tools_path": "demo:tools.jsonl", "limit": 40},
}


@pytest.mark.slow
def test_a_run_says_what_it_mixed(make_config: Callable[..., Path], tmp_path: Path) -> None:
    parts = [{"source": DEMO, "weight": 3.0}, {"source": VALIDATION, "weight": 1.0}]
    mixture = {"class_path": "Mixture", "init_args": {"parts": parts, "rows": 24}}
    data = {"train": [mixture], "validation_split": "unseen_tools", "validation_fraction": 0.2}
    config = str(make_config(data=data, trainer={"max_steps": 1}))
    main(["fit", "--config", config])
    (written,) = json.loads((tmp_path / "run" / "sources.json").read_text())
    taken = [part["taken"] for part in written["settings"]["parts"]]
    assert taken == [18, 6]
    assert written["settings"]["parts"][0]["settings"]["path"] == "demo:train.jsonl"
    (train,) = (tmp_path / "cache").glob("*/train/rows.jsonl")
    names = [
        {tool[0] for line in path.read_text().splitlines() for tool in json.loads(line)["tools"]}
        for path in (train, train.parents[1] / "validation" / "rows.jsonl")
    ]
    assert names[1]
    assert not names[0] & names[1]


@pytest.mark.slow
def test_augmented_rows_are_trained_in_the_order_of_a_curriculum(
    make_config: Callable[..., Path], tmp_path: Path
) -> None:
    augment = [{"class_path": "JoinCalls", "init_args": {"fraction": 1.0}}, {"class_path": "ShuffleTools"}]
    data = {"train": [DEMO], "augment": augment, "curriculum": {"pacing": "stages", "stages": 2}}
    main(["fit", "--config", str(make_config(data=data, trainer={"max_epochs": 1}))])
    (train,) = (tmp_path / "cache").glob("*/train/rows.jsonl")
    rows = [json.loads(line) for line in train.read_text().splitlines()]
    assert len(rows) > 38
    assert any("+" in row["id"] for row in rows)


@pytest.mark.slow
def test_a_report_is_shown_and_written(
    leaking: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = leaking()
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write("not json\n" * 3)
    page = tmp_path / "report.html"
    main(["inspect", "--config", config, "--report", str(page)])
    said = capsys.readouterr().out
    assert "Rows: 24 kept, 3 rejected" in said
    assert "a near query" in said
    assert "3 rejected" in page.read_text()
    with pytest.raises(SystemExit):
        main(["inspect", "--config", config, "--report", str(tmp_path / "no" / "report.html")])
    assert "give a file that can be written" in capsys.readouterr().err


@pytest.mark.slow
def test_inspect_names_what_calls_are_not_checked_against(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, rows = str(make_config(rows=16)), []
    for line in (tmp_path / "rows.jsonl").read_text().splitlines():
        row = json.loads(line)
        schema = {"type": "object", "properties": {"day": {"type": "string", "format": "date"}}}
        row["tools"] = [*row["tools"], {"name": "get_day", "description": "Get a day.", "parameters": schema}]
        rows.append(f"{json.dumps(row)}\n")
    (tmp_path / "rows.jsonl").write_text("".join(rows))
    main(["inspect", "--config", config])
    assert "calls are not checked against: `format 'date'` (1 tool)" in capsys.readouterr().out
    main(["inspect", "--config", config, "--report", str(tmp_path / "report.html")])
    assert "tools  part\n      1  format 'date'" in capsys.readouterr().out
    assert "format &#39;date&#39;" in (tmp_path / "report.html").read_text()


def test_a_report_needs_no_benchmark(
    make_config: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "bfcl_eval" else find_spec(name))
    main(["inspect", "--config", str(make_config()), "--report", str(tmp_path / "report.html")])
    assert "Leakage: not checked" in capsys.readouterr().out


def test_a_mixture_whose_rows_are_all_too_long_stops(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(rows=200)
    source = {"class_path": LINES, "init_args": {"path": str(tmp_path / "rows.jsonl")}}
    mixture = {"class_path": "Mixture", "init_args": {"parts": [{"source": source}], "rows": 8}}
    make_config(rows=200, data={"train": [mixture], "max_tokens": 60, "max_rejected_fraction": 1.0})
    with pytest.raises(SystemExit):
        main(["fit", "--config", str(config)])
    assert "no row is left to train on; 8 were rejected: fix them" in capsys.readouterr().err
    (done,) = (tmp_path / "cache").glob(f"*/{DONE}")
    account = json.loads(done.read_text())
    assert (account["found"], account["read"], account["kept"], account["trained"]) == (200, 8, 0, 0)


def test_the_account_counts_files_and_rows_apart(make_config: Callable[..., Path], tmp_path: Path) -> None:
    source = {"class_path": LINES, "init_args": {"path": str(tmp_path / "rows.jsonl")}}
    augment = [{"class_path": "JoinCalls", "init_args": {"fraction": 1.0}}]
    config = str(make_config(data={"train": [DEMO, source], "augment": augment}))
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write("not json\n" * 2)
    main(["inspect", "--config", config])
    (done,) = (tmp_path / "cache").glob(f"*/{DONE}")
    account = json.loads(done.read_text())
    assert (account["found"], account["unread"], account["read"]) == (66, 2, 64)
    assert account["added"] > 0
    assert account["kept"] == account["trained"] + 3 == 64 + account["added"]


class OneRow(Source):
    """Yields a few rows, after what else a test wants to happen then."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile

    def read(self, ledger: Ledger) -> Iterator[Example]:
        self.meanwhile()
        for number in range(4):
            ledger.kept += 1
            yield Example(str(number), (), (Message("user", "Hello?"),), Message("assistant", "Hello."))


def test_rows_that_another_process_has_written_meanwhile_are_taken(
    make_tokenizer: Callable[..., PreTrainedTokenizerFast], tmp_path: Path
) -> None:
    renderer, folder = Renderer(make_tokenizer(), PromptOptions()), tmp_path / "cache" / "rows"
    others = ExampleRecipe([OneRow(lambda: None)])
    prepare_rows(ExampleRecipe([OneRow(lambda: prepare_rows(others, renderer, folder))]), renderer, folder)
    assert [path.name for path in folder.parent.iterdir()] == ["rows"]
    assert load_rows(folder)[2].kept == 4


def test_a_source_that_fails_leaves_nothing_behind(
    make_tokenizer: Callable[..., PreTrainedTokenizerFast], tmp_path: Path
) -> None:
    def fail() -> None:
        raise UserError("no such file")

    renderer = Renderer(make_tokenizer(), PromptOptions())
    with pytest.raises(UserError):
        prepare_rows(ExampleRecipe([OneRow(fail)]), renderer, tmp_path / "cache" / "rows")
    assert not list((tmp_path / "cache").iterdir())


def test_keys_that_nothing_reads_are_named_at_each_start(
    make_tokenizer: Callable[..., PreTrainedTokenizerFast], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"query": "Hello?", "expected_output": "Hello.", "lang": "en", "\x1b[2J": 1}
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(row)}\n" * 4)
    recipe = ExampleRecipe([JsonLines(str(tmp_path / "rows.jsonl"))])
    assert recipe.is_fixed
    prepare_rows(recipe, Renderer(make_tokenizer(), PromptOptions()), tmp_path / "rows")
    for _ in range(2):  # the second start maps what the first has written
        check_account(load_rows(tmp_path / "rows")[2], max_rejected_fraction=0.0, max_leaked_fraction=0.0)
        assert "keys that nothing reads: `lang` (4 rows), `\\x1b[2J` (4 rows)" in capsys.readouterr().err


def test_parts_of_schemas_that_nothing_checks_are_named_at_each_start(
    make_tokenizer: Callable[..., PreTrainedTokenizerFast], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wait = {"type": "object", "properties": {"time": {"type": "string", "format": "duration"}}, "\x1b[2J": 1}
    tools = [{"name": name, "description": "Wait.", "parameters": wait} for name in ("wait", "sleep")]
    row = {"query": "Hello?", "tools": tools, "expected_output": "Hello."}
    (tmp_path / "rows.jsonl").write_text(f"{json.dumps(row)}\n" * 4)
    prepare_rows(
        ExampleRecipe([JsonLines(str(tmp_path / "rows.jsonl"))]),
        Renderer(make_tokenizer(), PromptOptions()),
        tmp_path / "rows",
    )
    for _ in range(2):  # the second start maps what the first has written
        check_account(load_rows(tmp_path / "rows")[2], max_rejected_fraction=0.0, max_leaked_fraction=0.0)
        sentence = (
            "parts of tools' schemas that calls are not checked against: `\\x1b[2J` (2 tools), "
            "`format 'duration'` (2 tools)"
        )
        assert sentence in capsys.readouterr().err


class OwnAugmentation(ShuffleTools):
    """A user's own, which may read anything."""


def test_rows_of_a_users_own_code_are_made_anew_at_each_start(tmp_path: Path) -> None:
    source, own = JsonLines(str(tmp_path / "rows.jsonl")), OneRow(lambda: None)
    mixture = Mixture([MixturePart(own)])
    assert ExampleRecipe([source], augment=[ShuffleTools()]).is_fixed
    for recipe in (
        ExampleRecipe([own]),
        ExampleRecipe([mixture]),
        ExampleRecipe([source], validation=[own]),
        ExampleRecipe([source], augment=[OwnAugmentation()]),
        ExampleRecipe([source], leakage=LeakageOptions([own])),
    ):
        assert not recipe.is_fixed
