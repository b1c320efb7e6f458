"""The result of a dialogue as one JSON record, and the figures over many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lit_toolcall.metrics.intervals import Stratum, weigh_strata, wilson_interval
from lit_toolcall.multi_turn.checks import DialogueProblem
from lit_toolcall.multi_turn.entries import CATEGORIES


@dataclass(frozen=True)
class DialogueResult:
    """What came of a dialogue.

    Args:
        id: of its entry.
        category: one of `CATEGORIES`.
        valid: whether all turns passed their checks; None where it was not asked, as too long for the model.
        problem: the first one.
        detail: attributes that differ, or results that are missing.
        turn: the one that failed, counted from 0 as BFCL does.
        turns: of the entry.
        unreachable: no model that calls only tools on offer can pass: a gold call is of a tool that comes later.
        steps: answers that were asked for.
        calls: that were made, unknown tools included.
        tokens: of all answers.
        seconds: that the answers took.
        messages: the dialogue, up to its end or the first turn that failed: `{"role", "content"}`, and `calls` of the
            assistant, null where its text could not be parsed.
    """

    id: str
    category: str
    valid: bool | None
    problem: DialogueProblem | None
    detail: tuple[str, ...]
    turn: int | None
    turns: int
    unreachable: bool
    steps: int
    calls: int
    tokens: int
    seconds: float
    messages: tuple[Mapping[str, Any], ...]

    @property
    def record(self) -> dict[str, Any]:
        """The line of a file of results."""
        return {**asdict(self), "problem": self.problem and self.problem.value, "seconds": round(self.seconds, 4)}


def summarize_dialogues(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures over records of `DialogueResult`.

    Returns:
        `{"categories": {name: {"correct", "total", "value", "low", "high"}}, "multi_turn": {...} | None, "problems":
        {name: count}, "too_long_for_model": [ids], "unreachable": [ids]}`. What is too long for the model is in no
        `total`. `multi_turn` is BFCL's mean of the four categories, None where one of them is not complete.

    >>> record = {"id": "a", "category": "multi_turn_base", "valid": True, "problem": None, "unreachable": False}
    >>> summarize_dialogues([record])["categories"]["multi_turn_base"]["value"]
    1.0
    """
    categories = {}
    for category in CATEGORIES:
        verdicts = [record["valid"] for record in records if record["category"] == category]
        counted = [verdict for verdict in verdicts if verdict is not None]
        if verdicts:
            low, high = wilson_interval(sum(counted), len(counted))
            value = sum(counted) / len(counted) if counted else None
            categories[category] = {
                "value": value,
                "correct": sum(counted),
                "total": len(counted),
                "low": low,
                "high": high,
            }
    problems = Counter(record["problem"] for record in records if record["problem"] is not None)
    too_long = [record["id"] for record in records if record["problem"] == DialogueProblem.TOO_LONG_FOR_MODEL]
    is_complete = len(categories) == len(CATEGORIES) and not too_long
    return {
        "categories": categories,
        "multi_turn": _average(list(categories.values())) if is_complete else None,
        "problems": dict(problems.most_common()),
        "too_long_for_model": too_long,
        "unreachable": [record["id"] for record in records if record["unreachable"]],
    }


def _average(categories: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of the categories' rates, with its interval."""
    strata = [Stratum(1 / len(categories), each["correct"], each["total"]) for each in categories]
    value, low, high = weigh_strata(strata)
    correct, total = (sum(each[name] for each in categories) for name in ("correct", "total"))
    return {"value": value, "correct": correct, "total": total, "low": low, "high": high}
