"""The answers that a verdict counts, each question once, and their rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from lit_toolcall.evaluation.answer_folders import AnswerFolder, is_dialogue, list_references
from lit_toolcall.metrics import RATES, Counts, Score

Metric = Literal["correct", "ast_correct"]
RATE_OF: Mapping[Metric, str] = {"correct": "exact_match", "ast_correct": "ast_accuracy"}
"""The rate in `metrics.json` that counts a record's value."""


def list_counted(folder: AnswerFolder) -> list[str]:
    """List the ids that a verdict is over: what `all` of `metrics.json` counts; else the dialogues; else the forms.

    Of a question that was asked in several forms one counts: the unchanged one, else that which the other forms are
    compared with, else the first.

    >>> records = {
    ...     "1": {"id": "1", "category": "a"},
    ...     "1@typos=0.1": {"id": "1@typos=0.1", "category": "typos=0.1", "variant_of": "1"},
    ...     "d": {"id": "d", "category": "multi_turn_base", "turns": 3},
    ... }
    >>> [list_counted(AnswerFolder("A", records, {"categories": names})) for names in ({"a": {}}, {})]
    [['1'], ['d']]
    """
    records = list(folder.records.values())
    questions = [record for record in records if not is_dialogue(record)]
    counted = [record for record in questions if record["category"] in folder.metrics["categories"]]
    references = list_references(folder.metrics)

    def is_derived(record: Mapping[str, Any]) -> tuple[bool, bool]:
        return record.get("variant_of") is not None, record["category"] not in references

    chosen: dict[str, str] = {}
    for record in sorted(counted or list(filter(is_dialogue, records)) or questions, key=is_derived):
        chosen.setdefault(record.get("variant_of") or record["id"], record["id"])
    taken = set(chosen.values())
    return [name for name in folder.records if name in taken]


def take_rates(folder: AnswerFolder) -> Mapping[str, Any]:
    """Return what `metrics.json` counts, in `all` and by category; where that is nothing, what a verdict counts."""
    if folder.metrics["all"]["total"]:
        return folder.metrics
    return count_rates([folder.records[name] for name in list_counted(folder)])


def count_rates(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Count exact match and AST accuracy, in the shape of `metrics.json`; dialogues are in neither.

    >>> counted = count_rates([{"category": "", "correct": True, "ast_correct": None}])
    >>> counted["all"]["exact_match"]["value"], counted["all"].keys()
    (1.0, dict_keys(['total', 'exact_match']))
    """
    by_category: dict[str, list[Score]] = defaultdict(list)
    for record in records:
        if record["correct"] is not None and not is_dialogue(record):
            # the rest of a score is not in a record, and no rate of `RATE_OF` reads it
            score = Score(record["correct"], record.get("ast_correct"), False, None, Counts(), Counts())
            by_category[record["category"]].append(score)
    return {
        "all": _measure([score for scores in by_category.values() for score in scores]),
        "categories": {category: _measure(scores) for category, scores in by_category.items()},
    }


def _measure(scores: Sequence[Score]) -> dict[str, Any]:
    rates = {name: RATES[name].measure(scores) for name in RATE_OF.values() if RATES[name].count(scores)}
    return {"total": len(scores), **rates}
