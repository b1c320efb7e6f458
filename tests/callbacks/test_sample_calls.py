"""Answers sampled while training: what changed, what is logged, and what a run does with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger
from lit_toolcall.callbacks import SampleCalls
from lit_toolcall.callbacks.sample_calls import read_samples
from processes import run

from lit_toolcall.cli.main import main
from lit_toolcall.evaluation import Answered
from lit_toolcall.evaluation.changes import count_changes, list_changes
from lit_toolcall.generation import Generated
from lit_toolcall.metrics import score_prediction
from lit_toolcall.types import Example, Message, Prediction, Tool, ToolCall

TOOL = Tool("get_weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
CITIES = ("Oslo", "Lima", "Rome")


def ask(city: str) -> Example:
    answer = Message("assistant", calls=(ToolCall(TOOL.name, {"city": city}),))
    return Example(city, (TOOL,), (Message("user", f"Weather in {city}?"),), answer)


class Table(WandbLogger):
    """Takes tables in place of W&B."""

    def __init__(self) -> None:
        self.tables: list[dict[str, Any]] = []
        self.logged: list[tuple[dict[str, float], int]] = []

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        self.logged.append((dict(metrics), step or 0))

    def log_table(self, key: str, columns: Any = None, data: Any = None, **_: Any) -> None:
        self.tables.append({"key": key, "columns": columns, "data": data})


class Board(TensorBoardLogger):
    """Takes texts in place of TensorBoard."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str, int]] = []

    @property
    def experiment(self) -> Any:
        return SimpleNamespace(add_text=lambda *given: self.texts.append(given))

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        pass


class Policy:
    """Answers each question with the city that it is told."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.says: dict[str, str] = {}
        self.logged: dict[str, float] = {}

    def answer(self, questions: Sequence[Example], batch_size: int) -> list[Answered]:  # noqa: ARG002
        return [self._answer(question) for question in questions]

    def _answer(self, question: Example) -> Answered:
        city = self.says.get(question.id, question.id)
        prediction = Prediction(f"<b>{city}\x1b[2J", (ToolCall(TOOL.name, {"city": city}),))
        generated = Generated(prediction.text, tokens=3, seconds=0.1)
        return Answered(question, prediction, generated, score_prediction(prediction, question))

    def log(self, name: str, value: float, prog_bar: bool = False) -> None:  # noqa: ARG002
        self.logged[name] = value


class Training:
    """A training that validates when a test says so."""

    def __init__(self, folder: Path, callback: SampleCalls) -> None:
        self.table, self.board, self.policy = Table(), Board(), Policy()
        self.callback = callback
        self.trainer = SimpleNamespace(
            default_root_dir=str(folder),
            datamodule=SimpleNamespace(validation_questions=[ask(city) for city in CITIES]),
            global_rank=0,
            global_step=0,
            is_global_zero=True,
            loggers=[self.table, self.board],
            sanity_checking=False,
            world_size=1,
        )
        self.folder = folder / "samples"

    def validate(self, step: int, **says: str) -> str:
        """Validate with these answers, right ones elsewhere; return the table of changes."""
        self.trainer.global_step = step
        self.policy.says = says
        self.callback.on_validation_epoch_end(self.trainer, self.policy)  # type: ignore[arg-type]
        return (self.folder / f"step={step}-changes.md").read_text()


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(tmp_path, SampleCalls())


def read_rows(table: str) -> dict[str, str]:
    """Read the change of each question from a table."""
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][2:]
    return {row[1]: row[0] for row in rows}


def test_changes_are_told_against_the_validation_before(training: Training) -> None:
    first = training.validate(10, Oslo="Bern", Lima="Bern")
    assert first.startswith("# Step 10: 0 broken, 0 fixed, 0 still wrong, 3 new, 0 still right, 0 not scored\n")
    second = training.validate(20, Lima="Kiev", Rome="Bern")
    assert second.startswith(
        "# Step 20, against step 10: 1 broken, 1 fixed, 1 still wrong, 0 new, 0 still right, 0 not scored\n"
    )
    assert read_rows(second) == {"Rome": "broken", "Oslo": "fixed", "Lima": "still wrong"}
    assert "&lt;b&gt;Kiev" in second
    assert "<b>" not in second
    assert "\x1b" not in second
    third = training.validate(30)
    assert "# Step 30, against step 20: 0 broken, 2 fixed, 0 still wrong, 0 new, 1 still right" in third


def test_the_table_goes_to_wandb_and_tensorboard(training: Training) -> None:
    training.validate(10, Oslo="Bern")
    written = training.validate(20)
    table = training.table.tables[-1]
    assert table["key"] == "val/answers"
    assert table["columns"] == ["change", "id", "question", "expected", "before", "now", "problem"]
    assert [row[:3] for row in table["data"]] == [
        ["fixed", "Oslo", "Weather in Oslo?"],
        ["still right", "Lima", "Weather in Lima?"],
        ["still right", "Rome", "Weather in Rome?"],
    ]
    name, text, step = training.board.texts[-1]
    assert (name, step) == ("val/answers", 20)
    assert text.strip() == written.strip()


def test_rates_problems_and_cost_are_logged(training: Training) -> None:
    training.validate(10, Oslo="Bern")
    assert training.policy.logged["val/exact_match"] == pytest.approx(2 / 3)
    values, step = training.table.logged[-1]
    assert step == 10
    assert values.pop("val/sampling_seconds") > 0
    assert values == {"val/problems/value": pytest.approx(1 / 3)}
    training.validate(20)
    assert training.table.logged[-1][0]["val/problems/value"] == 0  # gone, and said so


def test_a_resumed_training_compares_with_the_answers_before(training: Training, tmp_path: Path) -> None:
    training.validate(10, Oslo="Bern")
    state = json.loads(json.dumps(training.callback.state_dict()))
    resumed = Training(tmp_path, SampleCalls())
    resumed.callback.load_state_dict(state)
    table = resumed.validate(20)
    assert table.startswith("# Step 20, against step 10: 0 broken, 1 fixed")
    assert resumed.table.logged[-1][0]["val/problems/value"] == 0
    assert [rates["exact_match"] for rates in resumed.callback.rates] == [pytest.approx(2 / 3), 1.0]
    elsewhere = Training(tmp_path / "elsewhere", SampleCalls())  # where the answers before are not
    elsewhere.callback.load_state_dict(state)
    assert elsewhere.validate(20).startswith("# Step 20: 0 broken, 0 fixed, 0 still wrong, 3 new")


def test_the_sanity_check_answers_nothing(training: Training) -> None:
    training.trainer.sanity_checking = True
    training.callback.on_validation_epoch_end(training.trainer, training.policy)  # type: ignore[arg-type]
    assert not training.folder.exists()


SAMPLE = {"class_path": "SampleCalls", "init_args": {"questions": 3, "batch_size": 2}}


def read_changes(run: Path) -> list[str]:
    files = (run / "samples").glob("*-changes.md")
    return [path.read_text() for path in sorted(files, key=lambda path: int(path.name[5:].split("-")[0]))]


@pytest.mark.slow
def test_early_stopping_watches_the_exact_match(make_config: Callable[..., Path], tmp_path: Path) -> None:
    stop = {"class_path": "EarlyStopping", "init_args": {"monitor": "val/exact_match", "mode": "max", "patience": 1}}
    trainer = {"max_epochs": 9, "callbacks": [SAMPLE, stop]}
    main(["fit", "--config", str(make_config(data={"validation_fraction": 0.25}, trainer=trainer))])
    assert len(read_changes(tmp_path / "run")) == 2  # nothing comes out right: the second is no better


@pytest.mark.slow
def test_a_run_that_is_resumed_goes_on_comparing(make_config: Callable[..., Path], tmp_path: Path) -> None:
    trainer = {"max_epochs": 1, "callbacks": [SAMPLE, {"class_path": "AdapterCheckpoint"}]}
    config = str(make_config(data={"validation_fraction": 0.25}, trainer=trainer))
    main(["fit", "--config", config])
    last = str(tmp_path / "run" / "checkpoints" / "last.ckpt")
    main(["fit", "--config", config, "--ckpt_path", last, "--trainer.max_epochs", "2"])
    first, second = read_changes(tmp_path / "run")
    assert first.count("| new |") == 3
    assert ", against step " in second.splitlines()[0]
    assert "| new |" not in second


@pytest.mark.slow
def test_two_ranks_make_one_table(make_config: Callable[..., Path], tmp_path: Path) -> None:
    """Three questions: two for one rank, one for the other."""
    config = make_config(data={"validation_fraction": 0.25}, trainer={"max_epochs": 1, "callbacks": [SAMPLE]})
    content = yaml.safe_load(config.read_text())
    content["trainer"]["accumulate_grad_batches"] = 1
    config.write_text(yaml.safe_dump(content))
    status, _, err = run("fit", "--config", str(config), "--trainer.devices", "2", "--trainer.strategy", "ddp")
    assert status == 0, err[-3000:]
    (table,) = read_changes(tmp_path / "run")
    assert table.count("| new |") == 3
    parts = sorted((tmp_path / "run" / "samples").glob("step=*-rank=*.jsonl"))
    assert [len(part.read_text().splitlines()) for part in parts] == [2, 1]


def test_answers_of_an_earlier_run_with_more_ranks_are_not_read(tmp_path: Path) -> None:
    for rank in (0, 1, 2, 10):
        (tmp_path / f"step=5-rank={rank}.jsonl").write_text(json.dumps({"id": str(rank)}) + "\n")
    assert [line["id"] for line in read_samples(tmp_path, 5, 2)] == ["0", "1"]
    assert [line["id"] for line in read_samples(tmp_path, 5, 4)] == ["0", "1", "2"]
    assert read_samples(tmp_path, 6, 4) == []


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (None, None, "not scored"),
        (True, None, "not scored"),
        (None, False, "new"),
        (None, True, "new"),
        (False, False, "still wrong"),
        (True, False, "broken"),
    ],
)
def test_answers_without_a_score_are_not_wrong(before: bool | None, now: bool | None, change: str) -> None:
    first, second = ({"id": "1", "correct": each, "text": "f()", "question": []} for each in (before, now))
    counts = count_changes(list_changes([first], [second]))
    assert {name for name, count in counts.items() if count} == {change}
