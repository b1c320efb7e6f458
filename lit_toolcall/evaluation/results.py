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


RATES = {
    "exact match": ("exact_match",),
    "BFCL AST accuracy": ("ast_accuracy",),
    "valid call rate": ("valid_call_rate",),
    "argument F1": ("arguments", "f1"),
    "Tool Select F1": ("tool_select", "f1"),
}
"""What the terminal shows of `metrics.json`: titles, and where the rates stand."""


def list_rates(summary: Mapping[str, Any]) -> dict[str, float]:
    """List the rates of one summary under the names that loggers take.

    >>> list_rates({"exact_match": {"value": 0.5}, "arguments": {"f1": {"value": None}}})
    {'test/exact_match': 0.5}
    """
    rates = {}
    for path in RATES.values():
        value = _find(summary, path).get("value")
        if value is not None:
            rates["test/" + "_".join(path)] = value
    return rates


def describe_metrics(summaries: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the rates of several summaries side by side, in percent, with their 95% intervals.

    Args:
        summaries: by title; each is one of the objects in `metrics.json`, such as its `all`.
    """
    width = max(22, *(len(title) + 2 for title in summaries))
    lines = [" " * 20 + "".join(f"{title:>{width}}" for title in summaries)]
    for title, path in RATES.items():
        cells = [_describe_rate(summary, path) for summary in summaries.values()]
        if any(cells):
            lines.append(f"{title:<20}" + "".join(f"{cell:>{width}}" for cell in cells))
    lines.append(f"{'questions':<20}" + "".join(f"{summary['total']:>{width}}" for summary in summaries.values()))
    return "\n".join(lines)


def _describe_rate(summary: Mapping[str, Any], path: tuple[str, ...]) -> str:
    rate = _find(summary, path)
    if rate.get("value") is None:  # no AST accuracy for questions that are not BFCL's
        return ""
    return f"{rate['value']:.1%} [{rate['low']:.0%}, {rate['high']:.0%}]"


def _find(summary: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = summary
    for key in path:
        found = found.get(key, {})
    assert isinstance(found, Mapping)
    return found
