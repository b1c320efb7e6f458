"""Two models' answers to the same questions compared: gained and lost, by category and by problem."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from lit_toolcall.evaluation.answer_folders import AnswerFolder
from lit_toolcall.evaluation.confidence import MEASURES, list_hand_over
from lit_toolcall.json_values import equal_json, excerpt
from lit_toolcall.metrics import RATES
from lit_toolcall.metrics.intervals import Interval, holm_adjusted, mcnemar_p, newcombe_interval, wilson_interval
from lit_toolcall.types import UserError

Metric = Literal["correct", "ast_correct"]
TITLES: Mapping[str, str] = {"correct": "exact match", "ast_correct": "BFCL AST accuracy"}
"""What a record's value is called in words."""
RATE_OF: Mapping[str, str] = {"correct": "exact_match", "ast_correct": "ast_accuracy"}
"""The rate in `metrics.json` that counts it."""
LEVEL = 0.05
"""A difference is shown where so large a one would be rarer than this between equal models."""
Verdict = Literal["better", "worse", "no difference shown"]


@dataclass(frozen=True)
class Paired:
    """How two models answer some questions, question by question.

    Args:
        both: how many both answer rightly.
        neither: how many neither does.
        gained: ids of those that only the second one answers rightly.
        lost: ids of those that only the first one does.

    Example:
        >>> pair = Paired(both=10, neither=5, gained=("a", "b"), lost=("c",))
        >>> pair.total, pair.first, pair.second, round(pair.difference, 3), pair.p
        (18, 11, 12, 0.056, 1.0)
    """

    both: int
    neither: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many questions there are."""
        return self.both + self.neither + len(self.gained) + len(self.lost)

    @property
    def first(self) -> int:
        """How many the first model answers rightly."""
        return self.both + len(self.lost)

    @property
    def second(self) -> int:
        """How many the second model answers rightly."""
        return self.both + len(self.gained)

    @property
    def difference(self) -> float:
        """The second rate minus the first, -1 to 1."""
        return (len(self.gained) - len(self.lost)) / self.total

    @property
    def interval(self) -> Interval:
        """The 95% interval of the difference."""
        return newcombe_interval(self.both, len(self.lost), len(self.gained), self.neither)

    @property
    def p(self) -> float:
        """The exact McNemar test of no difference."""
        return mcnemar_p(len(self.lost), len(self.gained))

    def to_json(self) -> dict[str, Any]:
        """Return it as other programs read it."""
        low, high = self.interval
        return {
            "total": self.total,
            "first": self.first,
            "second": self.second,
            "difference": self.difference,
            "low": low,
            "high": high,
            "p": self.p,
            "gained": list(self.gained),
            "lost": list(self.lost),
        }


@dataclass(frozen=True)
class ProblemChange:
    """What became of one problem, by its name.

    Args:
        name: of the problem.
        first: how many answers of the first model have it.
        second: how many of the second one.
        fixed: how many have it in the first model's answer and no problem in the second's.
        new: how many have no problem in the first model's answer and this one in the second's.
    """

    name: str
    first: int
    second: int
    fixed: int
    new: int


@dataclass(frozen=True)
class Comparison:
    """A model's answers compared with a baseline's.

    Args:
        first: name of the baseline.
        second: name of the model.
        metric: what counts as right.
        overall: over all questions.
        categories: by category, in the order of their names.
        problems: by problem, the most frequent first.
        flows: how often an answer with one problem became one with another, the most frequent first; None: no problem.
        hand_over: by measure of confidence, what is right where the baseline's least certain questions are answered by
            the other model; empty where not each of its answers has confidence.
        p: the McNemar test's, adjusted where several models are compared with one baseline.
    """

    first: str
    second: str
    metric: Metric
    overall: Paired
    categories: Mapping[str, Paired]
    problems: tuple[ProblemChange, ...]
    flows: tuple[tuple[str | None, str | None, int], ...]
    hand_over: Mapping[str, list[dict[str, Any]]]
    p: float

    @property
    def verdict(self) -> Verdict:
        """Better or worse where the test and the interval both say so."""
        low, high = self.overall.interval
        if low is None or high is None or self.p >= LEVEL or low <= 0 <= high:
            return "no difference shown"
        return "better" if low > 0 else "worse"

    @property
    def adjusted(self) -> dict[str, float]:
        """The p-values of the categories, adjusted for their number."""
        return dict(zip(self.categories, holm_adjusted([pair.p for pair in self.categories.values()]), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return it as other programs read it."""
        adjusted = self.adjusted
        return {
            "first": self.first,
            "second": self.second,
            "verdict": self.verdict,
            "p_adjusted": self.p,
            "all": self.overall.to_json(),
            "categories": {
                name: pair.to_json() | {"p_adjusted": adjusted[name]} for name, pair in self.categories.items()
            },
            "problems": {
                each.name: {"first": each.first, "second": each.second, "fixed": each.fixed, "new": each.new}
                for each in self.problems
            },
            "flows": [{"from": before, "to": after, "questions": count} for before, after, count in self.flows],
            "hand_over": dict(self.hand_over),
        }


def compare_folders(folders: Sequence[AnswerFolder], metric: Metric) -> list[Comparison]:
    """Compare each folder with the first one; all answer the same questions.

    Args:
        folders: as `check_questions` or `keep_common` leave them.
        metric: what counts as right.

    Raises:
        UserError: no question has such a score, or only one of two answers to a question has.
    """
    first, *others = folders
    compared = [_compare(first, other, metric) for other in others]
    adjusted = holm_adjusted([each.p for each in compared])
    return [replace(each, p=p) for each, p in zip(compared, adjusted, strict=True)]


def _compare(first: AnswerFolder, second: AnswerFolder, metric: Metric) -> Comparison:
    by_category: dict[str, list[str]] = defaultdict(list)
    for name, record in first.records.items():
        scores = record[metric], second.records[name][metric]
        if (scores[0] is None) != (scores[1] is None):
            scored, unscored = (first, second) if scores[1] is None else (second, first)
            raise UserError(
                f"question {excerpt(name)} has a score in {scored.name} and none in {unscored.name} (`{metric}`): "
                "test both with the same release and questions"
            )
        if scores[0] is not None:
            by_category[record["category"]].append(name)
    if not by_category:
        raise UserError(f"no answer in {first.name} has a score `{metric}`: leave --metric out for exact match")
    scored_ids = [name for name, record in first.records.items() if record[metric] is not None]
    overall = pair_answers(first, second, scored_ids, metric)
    scored_records = [first.records[name] for name in scored_ids]
    is_measured = all(record.get("confidence") for record in scored_records)
    return Comparison(
        first.name,
        second.name,
        metric,
        overall,
        {category: pair_answers(first, second, by_category[category], metric) for category in sorted(by_category)},
        *_follow_problems(first, second, scored_ids),
        {measure: list_hand_over(scored_records, measure, second.records, metric) for measure in MEASURES}
        if is_measured
        else {},
        overall.p,
    )


def pair_answers(first: AnswerFolder, second: AnswerFolder, ids: Sequence[str], metric: Metric) -> Paired:
    """Count how two models answer some questions that both have scores for."""
    pairs = [(name, first.records[name][metric], second.records[name][metric]) for name in ids]
    return Paired(
        both=sum(before and after for _, before, after in pairs),
        neither=sum(not before and not after for _, before, after in pairs),
        gained=tuple(name for name, before, after in pairs if after and not before),
        lost=tuple(name for name, before, after in pairs if before and not after),
    )


def _follow_problems(
    first: AnswerFolder, second: AnswerFolder, ids: Sequence[str]
) -> tuple[tuple[ProblemChange, ...], tuple[tuple[str | None, str | None, int], ...]]:
    flows = Counter((first.records[name]["problem"], second.records[name]["problem"]) for name in ids)
    had: Counter[str | None] = Counter()
    has: Counter[str | None] = Counter()
    for (before, after), count in flows.items():
        had[before] += count
        has[after] += count
    names = sorted({name for pair in flows for name in pair if name is not None})
    names.sort(key=lambda name: -max(had[name], has[name]))
    changes = tuple(
        ProblemChange(name, had[name], has[name], fixed=flows[name, None], new=flows[None, name]) for name in names
    )
    changed = [(before, after, count) for (before, after), count in flows.items() if before != after]
    return changes, tuple(sorted(changed, key=lambda flow: (-flow[2], str(flow[0]), str(flow[1]))))


def check_questions(folders: Sequence[AnswerFolder]) -> None:
    """Refuse folders that answer other questions than the first.

    Raises:
        UserError: ids differ, or the questions under one id do.
    """
    first, *others = folders
    for other in others:
        missing, more = (len(a.records.keys() - b.records.keys()) for a, b in ((first, other), (other, first)))
        if missing or more:
            raise UserError(
                f"{other.name} answers other questions than {first.name}: {missing:,} of its "
                f"{len(first.records):,} are missing and {more:,} are added; add --common to compare the others"
            )
    _check_same(folders)


def keep_common(folders: Sequence[AnswerFolder]) -> list[AnswerFolder]:
    """Keep the questions that all folders answer; where any is left out, the rates are counted anew.

    `metrics.json` then has only what a line of `predictions.jsonl` tells: exact match and AST accuracy.

    Raises:
        UserError: there is none, or the questions under one id differ.
    """
    common = set.intersection(*(set(folder.records) for folder in folders))
    if not common:
        raise UserError(f"{' and '.join(folder.name for folder in folders)} answer no question in common")
    kept = []
    for folder in folders:
        records = {name: record for name, record in folder.records.items() if name in common}
        is_whole = len(records) == len(folder.records)
        kept.append(AnswerFolder(folder.name, records, folder.metrics if is_whole else count_rates(records)))
    _check_same(kept)
    return kept


def _check_same(folders: Sequence[AnswerFolder]) -> None:
    first, *others = folders
    for other in others:
        for name, record in first.records.items():
            changed = [
                key
                for key in ("question", "category", "expected")
                if key in record
                and key in other.records[name]
                and not equal_json(record[key], other.records[name][key])
            ]
            if changed:
                raise UserError(
                    f"question {excerpt(name)} has another {changed[0]} in {other.name} than in {first.name}: "
                    "test both with the same questions"
                )


def count_rates(records: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Count exact match and AST accuracy over records, in the shape of `metrics.json`.

    >>> counted = count_rates({"1": {"category": "", "correct": True, "ast_correct": None}})
    >>> counted["all"]["exact_match"]["value"], counted["all"].keys()
    (1.0, dict_keys(['total', 'exact_match']))
    """
    by_category: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records.values():
        by_category[record["category"]].append(record)
    return {
        "all": _count(list(records.values())),
        "categories": {category: _count(of_category) for category, of_category in by_category.items()},
    }


def _count(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counted: dict[str, Any] = {"total": sum(record["correct"] is not None for record in records)}
    for metric, rate in RATE_OF.items():
        known = [record[metric] for record in records if record[metric] is not None]
        if known:
            low, high = wilson_interval(sum(known), len(known))
            value = sum(known) / len(known)
            counted[RATES[rate].name] = {
                "value": value, "correct": sum(known), "total": len(known), "low": low, "high": high,
            }  # fmt: skip
    return counted


NO_CALL = ("irrelevance", "live_irrelevance")
"""Categories whose questions want no call."""
COLUMNS = ("exact match", "AST accuracy", "valid calls", "irrelevance", "questions gained, lost", "p")


def tabulate(folders: Sequence[AnswerFolder], metric: Metric = "correct") -> str:
    """Write a line in Markdown for each folder.

    Exact match, AST accuracy and valid calls are over the questions that want calls, with 95% intervals; `irrelevance`
    is the fraction of the others that are answered without a readable call. Gained and lost, and the p of the McNemar
    test, which is not adjusted for the number of lines, compare the former with the first folder's.

    Args:
        folders: as `check_questions` leaves them, the baseline first.
        metric: what counts as gained and lost.
    """
    first = folders[0]
    ids = [
        name
        for name, record in first.records.items()
        if record["category"] not in NO_CALL and record[metric] is not None
    ]
    lines = [f"| run | {' | '.join(COLUMNS)} |", "| --- " * (len(COLUMNS) + 1) + "|"]
    for folder in folders:
        categories = folder.metrics["categories"]
        calling = [summary for name, summary in categories.items() if name not in NO_CALL]
        silent = [categories[name] for name in NO_CALL if name in categories]
        cells = [_sum_rate(calling, rate) for rate in ("exact_match", "ast_accuracy", "valid_call_rate")]
        cells.append(_sum_rate(silent, "ast_accuracy"))
        pair = pair_answers(first, folder, ids, metric)
        p = "<0.01" if pair.p < 0.01 else f"{pair.p:.2f}"
        cells += [f"+{len(pair.gained)} -{len(pair.lost)}", p]
        name = folder.name.replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _sum_rate(summaries: Sequence[Mapping[str, Any]], rate: str) -> str:
    """Sum a rate's counts over categories, and write it with its interval."""
    rates = [summary[rate] for summary in summaries if rate in summary]
    correct, total = (sum(each[part] for each in rates) for part in ("correct", "total"))
    low, high = wilson_interval(correct, total)
    return f"{correct / total:.1%} [{low:.0%}, {high:.0%}]" if total else "-"
