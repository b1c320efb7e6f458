"""Two models' answers to the same questions compared: gained and lost, by category and by problem."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from lit_toolcall.evaluation.answer_folders import AnswerFolder, is_dialogue
from lit_toolcall.evaluation.confidence import MEASURES, is_measured, list_hand_over
from lit_toolcall.evaluation.counted import Metric, count_rates, list_counted, take_rates
from lit_toolcall.json_values import equal_json, excerpt
from lit_toolcall.metrics import describe_rate
from lit_toolcall.metrics.bfcl_figures import FIGURES
from lit_toolcall.metrics.intervals import Interval, holm_adjusted, mcnemar_p, newcombe_interval, wilson_interval
from lit_toolcall.types import UserError

TITLES: Mapping[Metric, str] = {"correct": "exact match", "ast_correct": "BFCL AST accuracy"}
"""What a record's value is called in words."""
DIALOGUES = "dialogues right in all turns"
"""What is counted of dialogues."""
LEVEL = 0.05
"""Significance level of the McNemar test."""
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
        overall: over what `list_counted` gives, each question once.
        categories: by category, in the order of their names; those of dialogues and of changed forms too.
        dialogues: over all dialogues, where they are beside other questions; None where there are none, or none else.
        tools: by tool of the expected calls, over the same questions as `overall`, the most often wrong ones first.
        problems: by problem, the most frequent first, over the same questions and `dialogues`.
        flows: how often an answer with one problem became one with another, the most frequent first; None: no problem.
        hand_over: by measure of confidence, what is right where the baseline's least certain questions are answered by
            the other model; empty where not each of its answers has confidence.
        p: the McNemar test's, adjusted where several models are compared with one baseline.
        are_dialogues: whether `overall` is over dialogues.
        not_asked: dialogues that one of the models was not asked, as too long for it; they are in no figure.
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
    dialogues: Paired | None = None
    tools: Mapping[str, Paired] = field(default_factory=dict)
    are_dialogues: bool = False
    not_asked: int = 0

    @property
    def title(self) -> str:
        """What `overall` counts, in words."""
        return DIALOGUES if self.are_dialogues else TITLES[self.metric]

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
            "counted": "dialogues" if self.are_dialogues else "questions",
            "all": self.overall.to_json(),
            "dialogues": None if self.dialogues is None else self.dialogues.to_json(),
            "dialogues_not_asked": self.not_asked,
            "categories": {
                name: pair.to_json() | {"p_adjusted": adjusted[name]} for name, pair in self.categories.items()
            },
            "tools": {name: pair.to_json() for name, pair in self.tools.items()},
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
    scored: list[str] = []
    not_asked = 0
    for name, record in first.records.items():
        known = [folder.records[name][metric] is not None for folder in (first, second)]
        if all(known):
            scored.append(name)
        elif any(known) and is_dialogue(record):
            not_asked += 1
        elif any(known):
            with_score, without = (first, second) if known[0] else (second, first)
            raise UserError(
                f"question {excerpt(name)} has a score in {with_score.name} and none in {without.name} (`{metric}`): "
                "test both with the same release and questions"
            )
    counted = set(list_counted(first))
    overall_ids = [name for name in scored if name in counted]
    if not overall_ids:
        if not_asked:
            raise UserError(f"no dialogue was asked of both {first.name} and {second.name}: each is too long for one")
        raise UserError(f"no answer in {first.name} has a score `{metric}`: leave --metric out for exact match")
    overall = pair_answers(first, second, overall_ids, metric)
    dialogues = [name for name in scored if is_dialogue(first.records[name]) and name not in counted]
    records = [first.records[name] for name in overall_ids]
    problems, flows = _follow_problems(first, second, [*overall_ids, *dialogues])
    return Comparison(
        first.name,
        second.name,
        metric,
        overall,
        {
            category: pair_answers(first, second, ids, metric)
            for category, ids in sorted(_group(scored, lambda name: [first.records[name]["category"]]).items())
        },
        problems,
        flows,
        {measure: list_hand_over(records, measure, second.records, metric) for measure in MEASURES}
        if all(map(is_measured, records))
        else {},
        overall.p,
        pair_answers(first, second, dialogues, metric) if dialogues else None,
        _pair_tools(first, second, overall_ids, metric),
        is_dialogue(records[0]),
        not_asked,
    )


def _group(ids: Sequence[str], list_groups: Callable[[str], Iterable[str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for name in ids:
        for group in list_groups(name):
            groups[group].append(name)
    return groups


def _pair_tools(first: AnswerFolder, second: AnswerFolder, ids: Sequence[str], metric: Metric) -> dict[str, Paired]:
    """Compare the questions by the tools of their expected calls, those that the second model has most often wrong."""

    def list_tools(name: str) -> set[str]:
        calls = first.records[name].get("expected") or ()
        return {call["name"] for call in calls if isinstance(call, dict) and isinstance(call.get("name"), str)}

    pairs = {tool: pair_answers(first, second, asked, metric) for tool, asked in _group(ids, list_tools).items()}
    return dict(sorted(pairs.items(), key=lambda item: (item[1].second - item[1].total, -item[1].first, item[0])))


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

    The rates are then those that a line of `predictions.jsonl` tells, exact match and AST accuracy, over what counts.

    Raises:
        UserError: there is none, or the questions under one id differ.
    """
    common = set.intersection(*(set(folder.records) for folder in folders))
    if not common:
        raise UserError(f"{' and '.join(folder.name for folder in folders)} answer no question in common")
    kept = [
        replace(folder, records={name: record for name, record in folder.records.items() if name in common})
        for folder in folders
    ]
    counted = list_counted(kept[0])
    for place, folder in enumerate(kept):
        if len(folder.records) < len(folders[place].records):
            rates = count_rates([folder.records[name] for name in counted])
            forms = {"robustness": folder.metrics.get("robustness", {})}  # which forms count is told by these
            kept[place] = replace(folder, metrics=forms | rates)
    _check_same(kept)
    return kept


def _check_same(folders: Sequence[AnswerFolder]) -> None:
    first, *others = folders
    for other in others:
        for name, record in first.records.items():
            changed = [
                key
                for key in (("category", "turns") if is_dialogue(record) else ("question", "category", "expected"))
                if key in record
                and key in other.records[name]
                and not equal_json(record[key], other.records[name][key])
            ]
            if changed:
                raise UserError(
                    f"question {excerpt(name)} has another {changed[0]} in {other.name} than in {first.name}: "
                    "test both with the same questions"
                )


NO_CALL = FIGURES["irrelevance"].weights.keys()
"""Categories whose questions want no call."""
COLUMNS = ("exact match", "AST accuracy", "valid calls", "irrelevance", "questions gained, lost", "p")


def tabulate(folders: Sequence[AnswerFolder], metric: Metric = "correct") -> str:
    """Write a line in Markdown for each folder.

    Exact match, AST accuracy and valid calls are over the questions that want calls, with 95% intervals; `irrelevance`
    is the fraction of the others that are answered without a readable call. Gained and lost, and the p of the McNemar
    test, which is not adjusted for the number of lines, compare the former with the first folder's. `dialogues` is the
    fraction that is right in all turns; in a folder of dialogues alone they are gained and lost.

    Args:
        folders: as `check_questions` leaves them, the baseline first.
        metric: what counts as gained and lost.
    """
    first = folders[0]
    counted = [name for name in list_counted(first) if first.records[name]["category"] not in NO_CALL]
    has_dialogues = any("multi_turn" in folder.metrics for folder in folders)
    columns = [*COLUMNS[:-2], *(["dialogues"] if has_dialogues else []), *COLUMNS[-2:]]
    lines = [f"| run | {' | '.join(columns)} |", "| --- " * (len(columns) + 1) + "|"]
    for folder in folders:
        categories = take_rates(folder)["categories"]
        calling = [summary for name, summary in categories.items() if name not in NO_CALL]
        silent = [categories[name] for name in NO_CALL if name in categories]
        cells = [_sum_rate(calling, rate) for rate in ("exact_match", "ast_accuracy", "valid_call_rate")]
        cells.append(_sum_rate(silent, "ast_accuracy"))
        if has_dialogues:
            dialogues = folder.metrics.get("multi_turn", {}).get("categories", {})
            cells.append(_sum_rate([{"correct": rate} for rate in dialogues.values()], "correct"))
        both = [name for name in counted if None not in (first.records[name][metric], folder.records[name][metric])]
        pair = pair_answers(first, folder, both, metric)
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
    return describe_rate({"value": correct / total if total else None, "low": low, "high": high}) or "-"
