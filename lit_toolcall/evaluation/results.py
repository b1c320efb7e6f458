"""The files that `test`, `predict` and `eval` write; an interrupted command goes on with those that are there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lit_toolcall.evaluation.confidence import summarize_confidence
from lit_toolcall.evaluation.confidence_chart import draw_confidence
from lit_toolcall.metrics import Score, summarize
from lit_toolcall.types import Example, UserError

if TYPE_CHECKING:
    from lit_toolcall.evaluation.answers import Answered

PREDICTIONS = "predictions.jsonl"
METRICS = "metrics.json"
CHART = "confidence.svg"
RECORD = "results.json"
"""Beside the answers: which command, model, questions and settings made them."""
KEPT = "predictions.rank-kept.part"
"""The answers of an interrupted run, of all its ranks."""


@dataclass(frozen=True)
class ResultOrigin:
    """The origin of answers: all that they depend on.

    Args:
        command: `test`, `predict` or `eval`.
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


def join_settings(settings: Mapping[str, Any]) -> str:
    """Write settings on one line, as `ResultOrigin.decoding` holds them.

    >>> join_settings({"max_new_tokens": 512, "dtype": "bfloat16"})
    'max_new_tokens 512, dtype bfloat16'
    """
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def begin_results(
    folder: Path, origin: ResultOrigin, rank: int, cure: str = "name another folder by --trainer.default_root_dir"
) -> str | None:
    """Keep results of another command, model, questions or settings from being replaced, finished or not.

    The answers of an interrupted run of the same origin are kept: they are gathered in one part, which all ranks read.

    Args:
        folder: the run folder.
        origin: of the results to come.
        rank: this process; the first one writes.
        cure: what to do where the folder holds others.

    Returns:
        A sentence where results of the same origin are there.

    Raises:
        UserError: the folder holds others.
    """
    before = refuse_other_results(folder, origin, cure)
    if rank != 0:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{RECORD}.part"
    partial.write_text(json.dumps(asdict(origin), indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / RECORD)
    kept = list(_read_parts(folder))
    if kept:
        _write_lines(folder / KEPT, kept)
        for part in set(folder.glob(part_of(Path(), "*").name)) - {folder / KEPT}:
            part.unlink()
        are = "question is" if len(kept) == 1 else "questions are"
        return f"{len(kept):,} {are} answered already, in {folder}: resuming with the others"
    return f"the answers in {folder}, of the same model, questions and settings, are replaced" if before else None


def refuse_other_results(folder: Path, origin: ResultOrigin, cure: str) -> bool:
    """Refuse a folder with results of another origin.

    Returns:
        Whether it holds results of the same one.

    Raises:
        UserError: it holds others.
    """
    there = [path.name for path in sorted(folder.glob("predictions*")) + sorted(folder.glob("metrics.json"))]
    before = _read_origin(folder / RECORD)
    if before is None and there:
        raise UserError(f"{folder} holds {there[0]}, and nothing says what made it: move it away, or {cure}")
    if before is None or not there:
        return False
    others = list_differences(before, origin)
    if others:
        raise UserError(
            f"{folder} holds the answers of `{before.command}`"
            f"{f' of {before.checkpoint}' if before.checkpoint else ''}, which differ ({'; '.join(others)}): " + cure
        )
    return True


def list_differences(before: ResultOrigin, now: ResultOrigin) -> list[str]:
    """Say in what two origins differ, for a sentence.

    >>> list_differences(ResultOrigin("eval", "a", "none", ""), ResultOrigin("eval", "b", "none", ""))
    ['base model a, now b']
    """
    return [
        f"{word} {was[:120]}, now {is_now[:120]}"
        for word, was, is_now in zip(before.parts, before.parts.values(), now.parts.values(), strict=True)
        if was and was != is_now  # an older record does not say all
    ]


def _read_origin(path: Path) -> ResultOrigin | None:
    if not path.is_file():
        return None
    try:
        return ResultOrigin(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"{path}: not what `test`, `predict` and `eval` write: move it away with the answers beside it"
        ) from error


def hash_questions(questions: Iterable[Example]) -> str:
    """Hash the questions, with the names that they are answered under and all that their scores depend on."""
    hashed = hashlib.sha256()
    for question in questions:
        asked = (question.id, question.category, question.tools, question.messages)
        expected = (question.answer, question.bfcl, question.forbidden)
        hashed.update(repr((asked, expected)).encode("utf-8", "surrogatepass"))
    return hashed.hexdigest()[:16]


class ResultFiles:
    """Keeps answers on disk as they come, so that an interrupted run loses none and goes on where it stopped.

    Each rank writes a part; `join_results` makes them one file.

    Args:
        folder: the run folder, after `begin_results` on every rank.
        rank: this process.

    Attributes:
        done: ids of the questions that are answered already.
    """

    def __init__(self, folder: Path, rank: int) -> None:
        self.folder = folder
        self._part = part_of(folder, rank)
        self.done = {line["record"]["id"] for line in _read_part(folder / KEPT)}
        folder.mkdir(parents=True, exist_ok=True)
        self._part.write_text("", encoding="utf-8")

    def add(self, answered: Sequence[Answered]) -> None:
        """Append answers to this rank's part."""
        with self._part.open("a", encoding="utf-8") as part:
            part.writelines(_write_line({"record": each.record, "score": _write_score(each)}) for each in answered)

    def add_record(self, record: Mapping[str, Any]) -> None:
        """Append a line that has no score, such as that of a dialogue."""
        with self._part.open("a", encoding="utf-8") as part:
            part.write(_write_line({"record": record, "score": None}))

    def describe_unfinished(self) -> str:
        """Say where the answers of an interrupted run are, and what the next start does with them."""
        return f"The answers so far are in {self.folder}; the same command resumes with the other questions."


def _write_score(answered: Answered) -> dict[str, Any] | None:
    return None if answered.score is None else answered.score.to_json()


def _write_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"


def _write_lines(path: Path, values: Iterable[Any]) -> None:
    """Write JSON lines, whole or not at all."""
    partial = path.with_name(f"{path.name}.writing")
    with partial.open("w", encoding="utf-8") as lines:
        lines.writelines(map(_write_line, values))
    partial.replace(path)


def part_of(folder: Path, rank: int | str) -> Path:
    """Name the file that one rank writes while it answers."""
    return folder / f"predictions.rank{rank}.part"


def _read_parts(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the answers in all parts, each question's once."""
    seen = set()
    for part in sorted(folder.glob(part_of(Path(), "*").name)):
        for line in _read_part(part):
            if line["record"]["id"] not in seen:
                seen.add(line["record"]["id"])
                yield line


def _read_part(part: Path) -> Iterator[dict[str, Any]]:
    """Yield a part's answers; a last line that a killed process has not finished is left out."""
    if not part.is_file():
        return
    # not splitlines(): an answer may hold U+2028 or U+0085, which JSON leaves as they are
    for text in part.read_bytes().decode("utf-8", "replace").split("\n"):
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and line.keys() >= {"record", "score"}:
            yield line


@dataclass(frozen=True)
class Results:
    """All answers of a run, sorted by id: the lines of `predictions.jsonl`, and their scores where they have one."""

    records: list[dict[str, Any]]
    scores: list[Score | None]

    @property
    def scores_by_category(self) -> dict[str, list[Score]]:
        """The scores that there are."""
        found: dict[str, list[Score]] = {}
        for record, score in zip(self.records, self.scores, strict=True):
            if score is not None:
                found.setdefault(record["category"], []).append(score)
        return found

    def without(self, categories: Collection[str]) -> Results:
        """Return the results of all other categories."""
        lines = zip(self.records, self.scores, strict=True)
        kept = [(record, score) for record, score in lines if record["category"] not in categories]
        return Results([record for record, _ in kept], [score for _, score in kept])


def join_results(folder: Path) -> Results:
    """Join all ranks' parts into `predictions.jsonl`, sorted by id; `remove_parts` comes when all else is written."""
    lines = sorted(_read_parts(folder), key=lambda line: str(line["record"]["id"]))
    scores = [None if line["score"] is None else Score.from_json(line["score"]) for line in lines]
    results = Results([line["record"] for line in lines], scores)
    _write_lines(folder / PREDICTIONS, results.records)
    return results


def remove_parts(folder: Path) -> None:
    """Remove all ranks' parts: the results are complete."""
    for part in folder.glob(part_of(Path(), "*").name):
        part.unlink()


def read_finished(folder: Path) -> dict[str, Any] | None:
    """Read the `metrics.json` of a folder whose questions are all answered; None where some are not."""
    if any(folder.glob(part_of(Path(), "*").name)) or not (folder / PREDICTIONS).is_file():
        return None
    try:
        metrics = json.loads((folder / METRICS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return metrics if isinstance(metrics, dict) and "all" in metrics else None


def measure_results(results: Results) -> dict[str, Any]:
    """Return the content of `metrics.json`: every rate with its counts and 95% interval, and how sure the model was."""
    confidence = summarize_confidence(results.records)
    return summarize(results.scores_by_category) | ({} if confidence is None else {"confidence": dict(confidence)})


def write_metrics(folder: Path, metrics: Mapping[str, Any]) -> None:
    """Write `metrics.json`, and where confidence is known a chart of it."""
    if "confidence" in metrics:
        (folder / CHART).write_text(draw_confidence(metrics["confidence"]), encoding="utf-8")
    (folder / METRICS).write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
