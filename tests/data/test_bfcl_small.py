"""`bfcl-small`: which questions are drawn, and how well they estimate the whole set's figures."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from lit_toolcall.data.bfcl_small import SIZES, draw_small
from lit_toolcall.metrics import Counts, Score, measure_figures
from lit_toolcall.metrics.bfcl_figures import FIGURES, PUBLISHED
from lit_toolcall.metrics.intervals import Stratum, weigh_strata, wilson_interval
from lit_toolcall.types import UserError

IDS = {category: [f"{category}:{row}" for row in range(total)] for category, total in PUBLISHED.items()}
LARGE = ("non_live_ast", "live_ast", "irrelevance")
RIGHT, WRONG = (Score(right, right, True, None, Counts(), Counts()) for right in (True, False))


def test_four_hundred_questions_are_drawn_of_every_category() -> None:
    drawn = draw_small(IDS, seed=3)
    assert len(drawn) == len(set(drawn)) == 400
    assert Counter(name.split(":")[0] for name in drawn) == SIZES
    assert SIZES.keys() == PUBLISHED.keys()
    assert min(SIZES.values()) >= 8


def test_the_seed_alone_says_which_ids_are_drawn() -> None:
    drawn = draw_small(IDS)
    assert drawn == draw_small(IDS, seed=0)
    assert drawn != draw_small(IDS, seed=1)
    # written down, since results of different machines and versions are only compared on the same questions
    assert drawn[:4] == ("simple_python:48", "simple_python:99", "simple_python:113", "simple_python:119")
    others = {**IDS, "multiple": IDS["multiple"][:150]}
    assert [name for name in draw_small(others) if "multiple:" not in name] == [
        name for name in drawn if "multiple:" not in name
    ]


def test_every_question_is_as_likely_to_be_drawn() -> None:
    times = Counter(name for seed in range(300) for name in draw_small(IDS, seed) if name.startswith("parallel:"))
    assert len(times) == 200  # of 200; each is expected 300 * 31 / 200 = 46.5 times, with a deviation of 6.3
    assert 46.5 - 5 * 6.3 < min(times.values()) < max(times.values()) < 46.5 + 5 * 6.3


@pytest.mark.parametrize("left", [0, 7])
def test_a_category_with_too_few_questions_is_named(left: int) -> None:
    ids = {**IDS, "live_parallel": IDS["live_parallel"][:left]}
    with pytest.raises(
        UserError, match=rf"bfcl-small draws 8 questions of live_parallel, which has {left}: take the data of bfcl-eval"
    ):
        draw_small(ids)


def test_the_intervals_of_the_large_figures_are_equally_wide() -> None:
    halves = {}
    for name in LARGE:
        strata = [
            # half of the answers right, which makes the interval the widest
            Stratum(weight, SIZES[category] / 2, SIZES[category], PUBLISHED[category])  # type: ignore[arg-type]
            for category, weight in FIGURES[name].weights.items()
        ]
        value, low, high = weigh_strata(strata)
        assert value == pytest.approx(0.5)
        halves[name] = (high - low) / 2
    assert max(halves.values()) == pytest.approx(0.080, abs=0.0005)  # as the docs say
    assert max(halves.values()) - min(halves.values()) < 0.002


SIMPLE = ("simple_python", "simple_java", "simple_javascript")
WHOLES = {
    "half": dict.fromkeys(PUBLISHED, 0.5),
    "small model": {
        **dict.fromkeys(PUBLISHED, 0.2),
        **dict.fromkeys(SIMPLE, 0.45),
        "parallel": 0.03,
        "parallel_multiple": 0.02,
        "irrelevance": 0.7,
    },
    "good model": {**dict.fromkeys(PUBLISHED, 0.85), "simple_python": 0.95, "multiple": 0.93, "live_irrelevance": 0.9},
    "one that never calls": {
        **dict.fromkeys(PUBLISHED, 0.02),
        **dict.fromkeys(("irrelevance", "live_irrelevance"), 0.98),
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("accuracies", WHOLES.values(), ids=WHOLES)
def test_the_interval_holds_the_whole_sets_figure_95_times_of_100(accuracies: dict[str, float]) -> None:
    rng = random.Random(0)
    right = {name for category, ids in IDS.items() for name in rng.sample(ids, round(accuracies[category] * len(ids)))}
    whole = {
        name: sum(
            weight * sum(each in right for each in IDS[category]) / PUBLISHED[category]
            for category, weight in FIGURES[name].weights.items()
        )
        for name in LARGE
    }
    held: Counter[str] = Counter()
    errors = dict.fromkeys(LARGE, 0.0)
    simulations = 2000
    for seed in range(simulations):
        correct = Counter(name.split(":")[0] for name in draw_small(IDS, seed) if name in right)
        for name in LARGE:
            strata = [
                Stratum(weight, correct[category], SIZES[category], PUBLISHED[category])
                for category, weight in FIGURES[name].weights.items()
            ]
            value, low, high = weigh_strata(strata)
            held[name] += low <= whole[name] <= high
            errors[name] += (value - whole[name]) / simulations
    for name in LARGE:
        # not 95% to the point: a figure takes few values, and the rates that the interval is made of are estimated
        assert 0.93 < held[name] / simulations < 0.98
        assert abs(errors[name]) < 0.004  # without bias: the deviation of the mean of 2,000 is about 0.001


def test_a_part_is_called_an_estimate_and_the_whole_is_not() -> None:
    weights = FIGURES["non_live_ast"].weights
    whole = {category: [RIGHT, WRONG] * (PUBLISHED[category] // 2) for category in weights}
    figures = measure_figures(whole)
    assert list(figures) == ["non_live_ast", "non_live_ast_python"]
    assert (figures["non_live_ast"]["estimated"], figures["non_live_ast"]["of"]) == (False, 1150)
    part = {**whole, "parallel": [RIGHT] * 30}
    estimate = measure_figures(part)["non_live_ast"]
    assert (estimate["estimated"], estimate["total"], estimate["of"]) == (True, 980, 1150)
    assert estimate["value"] == pytest.approx(0.5 * 3 / 4 + 1 / 4)
    # only `parallel` is open
    assert 0.55 < estimate["low"] < 0.625 < estimate["high"] < 0.65
    assert measure_figures({"live_relevance": [RIGHT] * 9 + [WRONG] * 7})["relevance"] == {
        **{"value": 9 / 16, "correct": 9, "total": 16, "of": 16, "estimated": False},
        **dict(zip(("low", "high"), wilson_interval(9, 16), strict=True)),
    }
    del part["simple_java"]
    assert list(measure_figures(part)) == ["non_live_ast_python"]
