"""The files that `test` and `predict` write."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lit_toolcall.evaluation.confidence_chart import draw_confidence
from lit_toolcall.metrics import Score, summarize
from lit_toolcall.types import Example, UserError

if TYPE_CHECKING:
    from lit_toolcall.evaluation.answers import Answered

RECORD = "results.json"
"""Beside the answers: which command, model, questions and settings made them."""


@dataclass(frozen=True)
class ResultOrigin:
    """The origin of answers: all that they depend on.

    Args:
        command: `test` or `predict`.
        base_model: folder or hub id.
        weights: a hash of the trained weights; `none` where the base model answers.
        questions: a hash of the questions.
        checkpoint: the file that the weights come from.
        prompts: a hash of how questions and tools are written.
        decoding: the settings under `generation`, and how the base model's weights are held.
        engine: its `identity`.
    """

    command: str
    base_model: str
    weights: str
    questions: str
    checkpoint: str | None = None
    prompts: str = ""
    decoding: str = ""
    engine: str = ""

    @property
    def parts(self) -> dict[str, str]:
        """The values that must agree for results to be replaced, by the words for them."""
        return {
            "command": self.command,
            "base model": self.base_model,
            "trained weights": self.weights,
            "questions": self.questions,
            "prompts": self.prompts,
            "decoding": self.decoding,
            "engine": self.engine,
        }


def begin_results(folder: Path, origin: ResultOrigin, rank: int) -> str | None:
    """Keep results of another command, model, questions or settings from being replaced, finished or not.

    Args:
        folder: the run folder.
        origin: of the results to come.
        rank: this process; the first one writes down the origin.

    Returns:
        A sentence where results of the same origin are replaced.

    Raises:
        UserError: the folder holds others.
    """
    there = [path.name for path in sorted(folder.glob("predictions*")) + sorted(folder.glob("metrics.json"))]
    before = _read_origin(folder / RECORD)
    cure = "name another folder by --trainer.default_root_dir"
    if before is None and there:
        raise UserError(f"{folder} holds {there[0]}, and nothing says what made it: move it away, or {cure}")
    if before is not None and there:
        others = [
            f"{word} {was[:120]}, now {now[:120]}"
            for word, was, now in zip(before.parts, before.parts.values(), origin.parts.values(), strict=True)
            if was and was != now  # an older record does not say all
        ]
        if others:
            raise UserError(
                f"{folder} holds the answers of `{before.command}`"
                f"{f' of {before.checkpoint}' if before.checkpoint else ''}, which differ ({'; '.join(others)}): "
                + cure
            )
    if rank == 0:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{RECORD}.part"
        partial.write_text(json.dumps(asdict(origin), indent=1) + "\n", encoding="utf-8")
        partial.replace(folder / RECORD)
    return f"the answers in {folder}, of the same model, questions and settings, are replaced" if there else None


def _read_origin(path: Path) -> ResultOrigin | None:
    if not path.is_file():
        return None
    try:
        return ResultOrigin(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{path}: not what `test` and `predict` write: move it away with the answers beside it"
        ) from error


def hash_questions(questions: Iterable[Example]) -> str:
    """Hash the questions, with the names that they are answered under."""
    hashed = hashlib.sha256()
    for question in questions:
        hashed.update(repr((question.id, question.tools, question.messages)).encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()[:16]


class ResultFiles:
    """Keeps answers on disk as they come, so that an interrupted run loses none.

    Each rank writes a part; `join_predictions` makes them one file.

    Args:
        folder: the run folder.
        rank: this process.

    Attributes:
        scores: of this rank's answers, by category.
    """

    def __init__(self, folder: Path, rank: int) -> None:
        self.folder = folder
        self.scores: dict[str, list[Score]] = defaultdict(list)
        self._part = part_of(folder, rank)
        folder.mkdir(parents=True, exist_ok=True)
        self._part.write_text("", encoding="utf-8")

    def add(self, answered: Sequence[Answered]) -> None:
        """Append answers to this rank's part, and keep their scores."""
        with self._part.open("a", encoding="utf-8") as part:
            part.writelines(json.dumps(answer.record, ensure_ascii=False) + "\n" for answer in answered)
        for answer in answered:
            if answer.score is not None:
                self.scores[answer.example.category].append(answer.score)

    def describe_unfinished(self) -> str:
        """Say where the answers of an interrupted run are, and what the next start does with them."""
        return f"The answers so far are in {self._part}; the same command asks all questions again and replaces them."


def part_of(folder: Path, rank: int | str) -> Path:
    """Name the file that one rank writes while it answers."""
    return folder / f"predictions.rank{rank}.part"


def join_predictions(folder: Path, ranks: int) -> Path:
    """Join all ranks' parts into `predictions.jsonl`, sorted by id, and remove them."""
    parts = [part_of(folder, rank) for rank in range(ranks)]
    records = [record for part in parts for record in read_records(part)]
    records.sort(key=lambda record: str(record["id"]))
    joined = folder / "predictions.jsonl"
    joined.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    for part in folder.glob(part_of(Path(), "*").name):  # those of an interrupted run on more ranks too
        part.unlink()
    return joined


def read_records(path: Path) -> list[dict[str, Any]]:
    """Read the lines that this software has just written."""
    # not splitlines(): an answer may hold U+2028 or U+0085, which JSON leaves as they are
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def write_metrics(
    folder: Path, scores_of_ranks: Sequence[Mapping[str, Sequence[Score]]], confidence: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write `metrics.json`: every rate with its counts and 95% interval, over all ranks' scores.

    Where confidence is known, `confidence.svg` draws it.

    Args:
        folder: the run folder.
        scores_of_ranks: by category.
        confidence: what `summarize_confidence` says of all ranks' answers.
    """
    scores: dict[str, list[Score]] = defaultdict(list)
    for rank_scores in scores_of_ranks:
        for category, of_category in rank_scores.items():
            scores[category] += of_category
    metrics = summarize(scores)
    if confidence is not None:
        metrics["confidence"] = dict(confidence)
        (folder / "confidence.svg").write_text(draw_confidence(confidence), encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    return metrics
