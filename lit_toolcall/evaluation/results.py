"""The files that `test` and `predict` write."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lit_toolcall.evaluation.answers import Answered
from lit_toolcall.metrics import Score, summarize


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


def part_of(folder: Path, rank: int) -> Path:
    """Name the file that one rank writes while it answers."""
    return folder / f"predictions.rank{rank}.part"


def join_predictions(folder: Path, ranks: int) -> Path:
    """Join all ranks' parts into `predictions.jsonl`, sorted by id, and remove them."""
    parts = [part_of(folder, rank) for rank in range(ranks)]
    texts = [part.read_text(encoding="utf-8") for part in parts]
    # not splitlines(): an answer may hold U+2028 or U+0085, which JSON leaves as they are
    records = [json.loads(line) for text in texts for line in text.split("\n") if line]
    records.sort(key=lambda record: str(record["id"]))
    joined = folder / "predictions.jsonl"
    joined.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    for part in parts:
        part.unlink()
    return joined


def write_metrics(folder: Path, scores_of_ranks: Sequence[Mapping[str, Sequence[Score]]]) -> dict[str, Any]:
    """Write `metrics.json`: every rate with its counts and 95% interval, over all ranks' scores."""
    scores: dict[str, list[Score]] = defaultdict(list)
    for rank_scores in scores_of_ranks:
        for category, of_category in rank_scores.items():
            scores[category] += of_category
    metrics = summarize(scores)
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
    return metrics
