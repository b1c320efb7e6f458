"""The result of a dialogue as one JSON record, and the figures over many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lit_toolcall.metrics.intervals import Stratum, weigh_strata, wilson_interval
from lit_toolcall.multi_turn.checks import DialogueProblem
from lit_toolcall.multi_turn.entries import CATEGORIES

PUBLISHED = 200
"""How many dialogues each category has in bfcl-eval 2026.3.23."""


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
        calls_made: calls of the answers that were followed, unknown tools included.
        tokens: of all answers.
        seconds: that the answers took.
        text: the last answer.
        question: all that the user says, in all turns.
        tools: names of those on offer in the last turn.
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
    calls_made: int
    tokens: int
    seconds: float
    text: str
    question: tuple[Mapping[str, Any], ...]
    tools: tuple[str, ...]
    messages: tuple[Mapping[str, Any], ...]

    @property
    def record(self) -> dict[str, Any]:
        """The line of `predictions.jsonl`: the keys of other lines, null where a dialogue has none, and its own."""
        return {
            **asdict(self),
            "problem": self.problem and self.problem.value,
            "seconds": round(self.seconds, 4),
            "expected": None,
            "calls": None,
            "correct": self.valid,
            "ast_correct": None,
            "confidence": None,
        }


def summarize_dialogues(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the figures over records of `DialogueResult`.

    Returns:
        `{"categories": {name: {"correct", "total", "value", "low", "high"}}, "multi_turn": {...} | None, "problems":
        {name: count}, "too_long_for_model": [ids], "unreachable": [ids]}`. What is too long for the model is in no
        `total`. `multi_turn` is BFCL's mean of the four categories: a category's figures, with `of`, the dialogues
        that BFCL has, and `estimated`, whether not all of them were asked. Its interval is then of where the mean of
        all lies. It is None where no dialogue of a category was asked, or some are too long for the model, which are
        no draw by chance.

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
    return {
        "categories": categories,
        "multi_turn": _average(list(categories.values()))
        if len(categories) == len(CATEGORIES) and not too_long
        else None,
        "problems": dict(problems.most_common()),
        "too_long_for_model": too_long,
        "unreachable": [record["id"] for record in records if record["unreachable"]],
    }


def _average(categories: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the mean of the categories' rates, with its interval."""
    is_estimated = any(each["total"] < PUBLISHED for each in categories)
    whole = PUBLISHED if is_estimated else None
    value, low, high = weigh_strata(
        [Stratum(1 / len(categories), each["correct"], each["total"], whole) for each in categories]
    )
    return {
        "value": value,
        "correct": sum(each["correct"] for each in categories),
        "total": sum(each["total"] for each in categories),
        "low": low,
        "high": high,
        "of": PUBLISHED * len(categories),
        "estimated": is_estimated,
    }
