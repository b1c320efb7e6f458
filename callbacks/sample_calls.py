"""Answers to validation questions during training: the loss does not say whether calls come out right."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, cast

from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger

from lit_toolcall.evaluation.changes import COLUMNS, Change, count_changes, list_changes, write_table
from lit_toolcall.metrics import compute_known_rates, score_metrics
from lit_toolcall.modules.policy import PolicyModule
from lit_toolcall.ranges import check_ranges

TABLE = "val/answers"


class SampleCalls(Callback):
    """Answers validation questions at each validation, logs their scores, and keeps the answers.

    Logs the rates of `metrics.json`, such as `val/exact_match`, `val/valid_call_rate` and `val/argument_f1`, which a
    checkpoint or early stopping may watch; the fraction of answers with each problem, as `val/problems/NAME`; and what
    it costs, as `val/sampling_seconds`. Writes the answers into `samples/` of the run folder, one file per validation
    and rank, and beside them a table of what changed since the validation before (broken, fixed, still wrong), which
    goes to W&B and TensorBoard too.

    Args:
        questions: how many validation rows to answer, over all ranks; the first ones.
        batch_size: questions answered at a time on each rank.
        at_start: whether to answer them before the first step too, to measure what training changes.

    Attributes:
        rates: those measured so far, one mapping per time, by their logged names without `val/`; in a resumed run the
            first of all and those since.
        from_start: whether the first ones were measured before the first step.
    """

    def __init__(self, questions: int = 40, batch_size: int = 20, at_start: bool = False) -> None:
        check_ranges(type(self), questions=questions, batch_size=batch_size)
        self.questions = questions
        self.batch_size = batch_size
        self.at_start = at_start
        self.rates: list[dict[str, float]] = []
        self.from_start = False
        self._last_step: int | None = None  # of the answers that the next ones are compared with
        self._last_ranks = 0  # that wrote them
        self._problems: set[str] = set()  # seen so far: a problem that is gone is logged as 0

    def state_dict(self) -> dict[str, Any]:
        return {
            "first_rates": self.rates[:1],
            "from_start": self.from_start,
            "last_step": self._last_step,
            "last_ranks": self._last_ranks,
            "problems": sorted(self._problems),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rates, self.from_start = list(state_dict["first_rates"]), state_dict["from_start"]
        self._last_step, self._last_ranks = state_dict.get("last_step"), state_dict.get("last_ranks", 0)
        self._problems = set(state_dict.get("problems", ()))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if not self.at_start or trainer.global_step:
            return
        rates = self._answer(trainer, cast(PolicyModule, pl_module))
        self.from_start = True
        for logger in trainer.loggers:  # not pl_module.log: Lightning would log it at the end of the epoch
            logger.log_metrics({f"val/{rate}": value for rate, value in rates.items()}, 0)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.sanity_checking:
            return
        for rate, value in self._answer(trainer, cast(PolicyModule, pl_module)).items():
            pl_module.log(f"val/{rate}", value, prog_bar=rate == "exact_match")

    def _answer(self, trainer: Trainer, pl_module: PolicyModule) -> dict[str, float]:
        """Answer the questions, keep the answers, and return the rates over all ranks."""
        begun = time.perf_counter()
        rows = trainer.datamodule.validation_questions[: self.questions]  # type: ignore[attr-defined]
        mine = rows[trainer.global_rank :: trainer.world_size]
        answered = pl_module.answer(mine, self.batch_size)
        folder = Path(trainer.default_root_dir) / "samples"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(answer.record, ensure_ascii=False) + "\n" for answer in answered]
        (folder / name_samples(trainer.global_step, trainer.global_rank)).write_text("".join(lines), encoding="utf-8")
        metrics = score_metrics().to(pl_module.device)
        metrics.update([answer.score for answer in answered if answer.score is not None])
        self.rates.append(compute_known_rates(metrics))  # ranks meet here: all have written their answers
        if trainer.is_global_zero:
            self._report(trainer, folder, time.perf_counter() - begun)
        self._last_step, self._last_ranks = trainer.global_step, trainer.world_size
        return self.rates[-1]

    def _report(self, trainer: Trainer, folder: Path, seconds: float) -> None:
        """Log the problems and the cost, and write what changed since the answers before."""
        step = trainer.global_step
        now = read_samples(folder, step, trainer.world_size)
        problems = Counter(line["problem"] for line in now if line["problem"])
        self._problems |= problems.keys()
        values = {f"val/problems/{name}": problems[name] / len(now) for name in sorted(self._problems)}
        for logger in trainer.loggers:
            logger.log_metrics({**values, "val/sampling_seconds": seconds}, step)
        before = [] if self._last_step is None else read_samples(folder, self._last_step, self._last_ranks)
        changes = list_changes(before, now)
        counts = ", ".join(f"{count} {name}" for name, count in count_changes(changes).items())
        heading = f"# Step {step}{f', against step {self._last_step}' if before else ''}: {counts}\n\n"
        (folder / f"step={step}-changes.md").write_text(heading + write_table(changes) + "\n", encoding="utf-8")
        log_changes(trainer, changes, heading)


def read_samples(folder: Path, step: int, ranks: int) -> list[dict[str, Any]]:
    """Read the answers that all ranks have written at a step; none where they are gone.

    Files of higher ranks are of an earlier run, which had more of them.
    """
    files = [folder / name_samples(step, rank) for rank in range(ranks)]
    texts = [file.read_text(encoding="utf-8") for file in files if file.is_file()]
    return [json.loads(line) for text in texts for line in text.split("\n") if line]


def name_samples(step: int, rank: int) -> str:
    """Name the file of a rank's answers."""
    return f"step={step}-rank={rank}.jsonl"


def log_changes(trainer: Trainer, changes: Sequence[Change], heading: str) -> None:
    """Give the table to the loggers that show tables."""
    for logger in trainer.loggers:
        if isinstance(logger, WandbLogger):
            logger.log_table(TABLE, columns=list(COLUMNS), data=[list(astuple(change)) for change in changes])
        elif isinstance(logger, TensorBoardLogger):
            logger.experiment.add_text(TABLE, heading + write_table(changes), trainer.global_step)
