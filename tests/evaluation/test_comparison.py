"""Paired statistics and comparisons equal counts by hand."""

from __future__ import annotations

import math
import random
from collections import Counter
from typing import Any

import pytest

from lit_toolcall.evaluation.answer_folders import AnswerFolder
from lit_toolcall.evaluation.comparison import Paired, compare_folders
from lit_toolcall.evaluation.counted import count_rates, list_counted
from lit_toolcall.metrics.intervals import holm_adjusted, mcnemar_p, newcombe_interval

PROBLEMS = ("value", "syntax", "missing_call")


def ids(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(count))


def make_folder(name: str, seed: int, rate: float, count: int = 300) -> AnswerFolder:
    draw = random.Random(seed)
    records: dict[str, dict[str, Any]] = {}
    for number in range(count):
        is_right = draw.random() < rate
        records[str(number)] = {
            "id": str(number),
            "category": f"c{number % 7}",
            "text": "",
            "problem": None if is_right else draw.choice(PROBLEMS),
            "correct": is_right,
            "ast_correct": (is_right or draw.random() < 0.2) if number % 2 else None,
            "confidence": {"mean": -draw.random(), "lowest": -1 - draw.random()},
        }
    return AnswerFolder(name, records, count_rates(list(records.values())))


def test_the_paired_interval_covers_the_true_difference() -> None:
    total = 14
    tables = [
        (both, first, second, total - both - first - second)
        for both in range(total + 1)
        for first in range(total + 1 - both)
        for second in range(total + 1 - both - first)
    ]
    ends = {table: newcombe_interval(*table) for table in tables}
    for chances in ((0.5, 0.1, 0.2, 0.2), (0.3, 0.05, 0.3, 0.35), (0.1, 0.1, 0.1, 0.7), (0.8, 0.02, 0.08, 0.1)):
        true = chances[2] - chances[1]
        covered = 0.0
        for table in tables:
            ways = math.factorial(total) / math.prod(map(math.factorial, table))
            low, high = ends[table]
            assert low is not None
            assert high is not None
            if low <= true <= high:
                covered += ways * math.prod(chance**count for chance, count in zip(chances, table, strict=True))
        assert 0.92 < covered < 1  # nominally 0.95


def test_the_paired_interval_turns_round_with_the_models() -> None:
    for both, first, second, neither in ((36, 12, 2, 0), (5, 0, 0, 5), (0, 10, 0, 0), (0, 3, 4, 0), (1, 0, 0, 0)):
        low, high = newcombe_interval(both, first, second, neither)
        assert newcombe_interval(both, second, first, neither) == pytest.approx((-(high or 0), -(low or 0)))
        assert low is not None
        assert high is not None
        total = both + first + second + neither
        assert -1 <= low <= (second - first) / total <= high <= 1


def test_answers_that_go_together_make_the_interval_narrower() -> None:
    def width(*table: int) -> float:
        low, high = newcombe_interval(*table)
        assert low is not None
        assert high is not None
        return high - low

    # both models have 60 and 70 of 100
    assert width(58, 2, 12, 28) < width(42, 18, 28, 12) < width(30, 30, 40, 0)


def test_holm_never_says_more_than_the_tests_alone() -> None:
    draw = random.Random(1)
    for count in range(1, 9):
        p_values = [draw.random() ** 3 for _ in range(count)]
        adjusted = holm_adjusted(p_values)
        assert all(p <= each <= min(1.0, p * count) for p, each in zip(p_values, adjusted, strict=True))
        assert adjusted[p_values.index(min(p_values))] == pytest.approx(min(1.0, min(p_values) * count))
    assert holm_adjusted([]) == []


def test_a_comparison_equals_a_count_by_hand() -> None:
    first, second = make_folder("A", 1, 0.4), make_folder("B", 2, 0.6)
    (found,) = compare_folders([first, second], "correct")
    before, after = ([record["correct"] for record in each.records.values()] for each in (first, second))
    names = list(first.records)
    assert found.overall.gained == tuple(n for n, b, a in zip(names, before, after, strict=True) if a and not b)
    assert found.overall.lost == tuple(n for n, b, a in zip(names, before, after, strict=True) if b and not a)
    assert (found.overall.first, found.overall.second, found.overall.total) == (sum(before), sum(after), 300)
    assert found.overall.p == found.p == mcnemar_p(len(found.overall.lost), len(found.overall.gained))
    assert found.verdict == "better"
    assert list(found.categories) == [f"c{number}" for number in range(7)]
    assert sum(pair.total for pair in found.categories.values()) == 300
    assert sum(len(pair.gained) for pair in found.categories.values()) == len(found.overall.gained)

    flows = Counter((first.records[name]["problem"], second.records[name]["problem"]) for name in names)
    for change in found.problems:
        assert change.first == sum(count for (was, _), count in flows.items() if was == change.name)
        assert change.second == sum(count for (_, now), count in flows.items() if now == change.name)
        assert (change.fixed, change.new) == (flows[change.name, None], flows[None, change.name])
    assert {change.name for change in found.problems} == set(PROBLEMS)
    assert {(was, now): count for was, now, count in found.flows} == {
        flow: count for flow, count in flows.items() if flow[0] != flow[1]
    }
    for measure, lines in found.hand_over.items():
        ordered = sorted(first.records.values(), key=lambda record: record["confidence"][measure])
        for line in lines:
            handed = round(3 * line["percent"])
            right = [second.records[record["id"]]["correct"] for record in ordered[:handed]]
            right += [record["correct"] for record in ordered[handed:]]
            assert line["correct"] == sum(right)


def test_a_metric_counts_the_questions_that_have_it() -> None:
    first, second = make_folder("A", 1, 0.4), make_folder("B", 2, 0.6)
    (found,) = compare_folders([first, second], "ast_correct")
    assert found.overall.total == 150
    assert found.overall.first == sum(bool(record["ast_correct"]) for record in first.records.values())


def test_three_models_are_compared_with_the_first_and_adjusted() -> None:
    folders = [make_folder("A", 1, 0.5), make_folder("B", 2, 0.5), make_folder("C", 3, 0.65)]
    same, better = compare_folders(folders, "correct")
    assert (same.second, better.second) == ("B", "C")
    assert [same.p, better.p] == holm_adjusted([same.overall.p, better.overall.p])
    assert same.verdict == "no difference shown"


@pytest.mark.parametrize(
    ("gained", "lost", "verdict"),
    [(20, 5, "better"), (5, 20, "worse"), (9, 9, "no difference shown"), (0, 0, "no difference shown")],
)
def test_a_verdict_needs_more_than_a_difference(gained: int, lost: int, verdict: str) -> None:
    before = {f"{n}": n < 50 for n in range(100)}
    after = {f"{n}": n < 50 - lost or 50 <= n < 50 + gained for n in range(100)}

    def folder(name: str, right: dict[str, bool]) -> AnswerFolder:
        records = {
            key: {"id": key, "category": "", "problem": None if is_right else "value", "correct": is_right}
            for key, is_right in right.items()
        }
        return AnswerFolder(name, records, {"categories": {"": {}}})

    (found,) = compare_folders([folder("A", before), folder("B", after)], "correct")
    assert (len(found.overall.gained), len(found.overall.lost)) == (gained, lost)
    assert found.verdict == verdict
    assert not found.hand_over  # no confidence


def test_counts_of_a_pair() -> None:
    pair = Paired(both=3, neither=4, gained=ids("g", 2), lost=ids("l", 1))
    assert (pair.total, pair.first, pair.second, pair.difference) == (10, 4, 5, 0.1)
    assert pair.to_json()["gained"] == ["g0", "g1"]


def test_each_question_counts_once_in_the_form_that_others_are_compared_with() -> None:
    forms = [("1", "de"), ("1", "en"), ("2", "de"), ("2", "fr")]
    records = {
        f"{of}@language={lang}": {"id": f"{of}@language={lang}", "category": f"language={lang}", "variant_of": of}
        for of, lang in forms
    }
    levels = [
        {"category": f"language={lang}", "against": against}
        for lang, against in (("en", None), ("de", "language=en"), ("fr", "language=en"))
    ]
    folder = AnswerFolder("A", records, {"categories": {}, "robustness": {"language": levels}})
    assert list_counted(folder) == ["1@language=en", "2@language=de"]


def test_tools_are_compared_by_the_expected_calls() -> None:
    def folder(name: str, right: str) -> AnswerFolder:
        records = {
            key: {"id": key, "category": "", "problem": None, "correct": key in right, "expected": [{"name": tool}] * 2}
            for key, tool in (("a", "f"), ("b", "f"), ("c", "g"))
        }
        return AnswerFolder(name, records, count_rates(list(records.values())))

    (found,) = compare_folders([folder("A", "ab"), folder("B", "c")], "correct")
    assert list(found.tools) == ["f", "g"]  # f is wrong twice in B
    assert (found.tools["f"].total, found.tools["f"].lost, found.tools["g"].gained) == (2, ("a", "b"), ("c",))
