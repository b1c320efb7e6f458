"""Curves count what a plain count counts."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from robust_rows import as_bfcl, make_question

from lit_toolcall.metrics import Score, score_prediction, summarize
from lit_toolcall.robustness import (
    Category,
    RobustSet,
    describe_curves,
    group_by_language,
    make_curves,
    make_robust,
)
from lit_toolcall.types import Example, Prediction, ToolCall

SET = [as_bfcl(make_question(number, extra_tools=2)) for number in range(12)]
HARMFUL = "delete_files"


def answer(example: Example, rng: random.Random) -> Prediction:
    """Answer as a poor model would: rightly, wrongly, in words, not readably, or with a forbidden call among others."""
    assert example.answer is not None
    right = example.answer.calls
    forbidden = tuple(ToolCall(name, {"anything": 1}) for name in example.forbidden)
    other = ToolCall(example.tools[0].name, {})
    return Prediction("", rng.choice((right, right, (other,), (), None, (*right, *forbidden), forbidden)))


def answer_all(made: RobustSet, seed: int) -> list[tuple[Example, Prediction, Score]]:
    rng = random.Random(seed)
    answered = [(question, answer(question, rng)) for question in made.questions]
    return [(question, prediction, score_prediction(prediction, question)) for question, prediction in answered]


def scored(answered: list[tuple[Example, Prediction, Score]]) -> list[tuple[Example, Score]]:
    return [(question, score) for question, _, score in answered]


@pytest.mark.parametrize("seed", range(5))
def test_unauthorised_calls_are_counted_over_the_questions_that_forbid_some(seed: int) -> None:
    made = make_robust(SET, ["injection", "typos"])
    answered = answer_all(made, seed)
    for category in made.categories:
        harmed = total = 0
        for question, prediction, _ in answered:
            if question.category == category.name and question.forbidden:
                total += 1
                harmed += any(call.name in question.forbidden for call in prediction.calls or ())
        summary = summarize({"x": [score for question, _, score in answered if question.category == category.name]})
        if category.kind == "injection":
            measured = summary["all"]["unauthorised_call_rate"]
            assert (measured["correct"], measured["total"]) == (harmed, total)
            assert total == len(category.questions)
        else:
            assert total == 0
            assert "unauthorised_call_rate" not in summary["all"]


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ((ToolCall(HARMFUL, {}),), True),
        ((ToolCall("find_weather", {}), ToolCall(HARMFUL, {"path": "/"})), True),
        ((ToolCall("find_weather", {}),), False),
        ((), False),
        (None, False),
        ((ToolCall("DELETE_FILES", {}),), False),
    ],
)
def test_a_call_is_unauthorised_whatever_its_arguments(calls: tuple[ToolCall, ...] | None, expected: bool) -> None:
    question = replace(make_question(0), forbidden=(HARMFUL,))
    assert score_prediction(Prediction("", calls), question).unauthorised is expected
    assert score_prediction(Prediction("", calls), replace(question, forbidden=())).unauthorised is None


@pytest.mark.parametrize("seed", range(3))
def test_curves_hold_the_rates_of_each_category_and_the_paired_counts(seed: int) -> None:
    made = make_robust(SET)
    answered = answer_all(made, seed)
    random.Random(seed).shuffle(answered)
    curves = make_curves(scored(answered), made)
    of = {(question.category, question.made_of[0]): score for question, _, score in answered}
    entries = [entry for entries in curves.values() for entry in entries]
    assert [entry["category"] for entry in entries] == [category.name for category in made.categories]
    for entry, category in zip(entries, made.categories, strict=True):
        scores = [score for (name, _), score in of.items() if name == category.name]
        assert entry["total"] == len(scores) == len(category.questions)
        assert entry["rates"]["exact_match"]["correct"] == sum(score.exact for score in scores)
        for rate, hold in (("exact_match", lambda score: score.exact), ("ast_accuracy", lambda score: score.ast)):
            gained = lost = pairs = 0
            for row in SET:
                here, there = of.get((category.name, row.id)), of.get((category.compared_with or "", row.id))
                if here and there and hold(here) is not None and hold(there) is not None:
                    pairs += 1
                    gained += hold(here) and not hold(there)
                    lost += hold(there) and not hold(here)
            if pairs:
                paired = entry["paired"][rate]
                assert (paired["pairs"], paired["gained"], paired["lost"]) == (pairs, gained, lost)
                assert paired["difference"] == pytest.approx((gained - lost) / pairs)
            else:
                assert rate not in entry["paired"]
    assert json.loads(json.dumps(curves)) == curves


def make_scores(category: str, exact: str) -> list[tuple[Example, Score]]:
    question = make_question(0)
    good = score_prediction(Prediction("", question.answer.calls if question.answer else ()), question)
    bad = score_prediction(Prediction("", ()), question)
    return [
        (
            replace(question, id=f"{place}@{category}", category=category, made_of=(str(place),)),
            good if is_right == "1" else bad,
        )
        for place, is_right in enumerate(exact)
    ]


def category(kind: str, level: str, compared_with: str | None = None, **counts: Any) -> Category:
    return Category(kind, level, (), compared_with, counts.get("left_out", {}), counts.get("notes", {}))


PAIR = RobustSet(
    (category("original", ""), category("typos", "0.1", "original", left_out={"no word": 3}, notes={"odd": 2}))
)


def test_a_paired_difference_worked_by_hand() -> None:
    before = make_scores("original", "1111111111" + "10")
    after = make_scores("typos=0.1", "0000000011" + "01")
    entry = make_curves([*before, *after], PAIR)["typos"][0]
    # 8 + 1 lost, 1 gained: p = 2 (1 + 10) / 2^10
    assert entry["paired"]["exact_match"] == {
        "pairs": 12,
        "gained": 1,
        "lost": 9,
        "difference": pytest.approx(-8 / 12),
        "p": pytest.approx(22 / 1024),
    }
    assert entry["against"] == "original"
    assert (entry["left_out"], entry["notes"]) == ({"no word": 3}, {"odd": 2})


def test_questions_are_paired_by_id_and_only_where_both_were_answered() -> None:
    before = make_scores("original", "110")
    after = make_scores("typos=0.1", "0111")[1:]
    paired = make_curves([*reversed(after), *before], PAIR)["typos"][0]["paired"]["exact_match"]
    assert (paired["pairs"], paired["gained"], paired["lost"]) == (2, 1, 0)


def test_a_category_without_answers_has_no_rates() -> None:
    entry = make_curves(make_scores("original", "1"), PAIR)["typos"][0]
    assert (entry["total"], entry["rates"], entry["paired"]) == (0, {}, {})
    assert describe_curves(make_curves([], PAIR)).splitlines()[2].split() == ["typos=0.1", "0", "3"]


def test_the_table_shows_each_category_with_its_difference() -> None:
    before, after = make_scores("original", "1111111111"), make_scores("typos=0.1", "1100000000")
    lines = describe_curves(make_curves([*before, *after], PAIR)).splitlines()
    assert re_split(lines[0]) == ["questions", "left out", "exact match", "gained", "lost", "p"]
    assert re_split(lines[1]) == ["original", "10", "100.0% [72%, 100%]"]
    # Wilson's interval of 2 of 10; 8 lost of 8: p = 2 / 2^8
    assert re_split(lines[2]) == ["typos=0.1", "10", "3", "20.0% [6%, 51%]", "0", "8", "0.008"]
    assert len({len(line) for line in lines[:1] + lines[2:]}) == 1


def re_split(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_same_answers_differ_in_nothing() -> None:
    made = make_robust(SET, ["order"])
    answers = [
        (question, score_prediction(Prediction("", question.answer.calls if question.answer else ()), question))
        for question in made.questions
    ]
    for entry in make_curves(answers, made)["order"]:
        assert entry["rates"]["exact_match"]["value"] == 1
        assert [(each["gained"], each["lost"], each["p"]) for each in entry["paired"].values()] == [(0, 0, 1.0)] * 2


def test_languages_are_compared_with_the_reference_by_id() -> None:
    rows = [replace(make_question(0), id=name, category=lang) for name, lang in (("a", "en"), ("a", "de"), ("b", "de"))]
    made = group_by_language(rows)
    right = rows[0].answer.calls if rows[0].answer else ()
    answers = [
        (question, score_prediction(Prediction("", right if question.id != "a@language=de" else ()), question))
        for question in made.questions
    ]
    english, german = make_curves(answers, made)["language"]
    assert (english["level"], english["total"], english["paired"]) == ("en", 1, {})
    assert (german["level"], german["total"], german["against"]) == ("de", 2, "language=en")
    assert (german["paired"]["exact_match"]["pairs"], german["paired"]["exact_match"]["lost"]) == (1, 1)
