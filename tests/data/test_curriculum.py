"""Curriculum: scores follow what makes a row hard; an epoch's order is a function of seed and epoch alone."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections import Counter
from itertools import groupby
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonargparse import ArgumentParser

from lit_toolcall.data.curriculum import Curriculum, Difficulty, difficulty, order_rows
from lit_toolcall.data.sources import Bfcl, Ledger
from lit_toolcall.types import Example, Message, Tool, ToolCall, UserError

TRIP = Tool(
    "book_trip",
    "",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "class": {"type": "string", "enum": ["first", "second"]},
            "stops": {"type": "array", "items": {"type": "object", "properties": {"by": {"enum": ["bus", "train"]}}}},
        },
    },
)


def row(*calls: dict[str, object], tools: int = 1) -> Example:
    others = tuple(Tool(f"other_{number}", "", {}) for number in range(tools - 1))
    answer = Message("assistant", "", tuple(ToolCall("book_trip", arguments) for arguments in calls))
    return Example("1", (TRIP, *others), (Message("user", "Go."),), answer)


def test_difficulty_counts_what_the_answer_holds() -> None:
    example = row({"city": "Oslo", "class": "first"}, {"stops": [{"by": "bus"}], "city": "Rome"}, tools=3)
    # enums: class, and the `by` inside of stops; nesting: a list of objects
    assert difficulty(example, 120) == Difficulty(3, 2, 4, enums=2, nesting=2, prompt_tokens=120)


def test_an_answer_in_words_and_an_unknown_argument_are_measured_too() -> None:
    words = Example("1", (TRIP,), (), Message("assistant", "No."))
    assert difficulty(words, 10) == Difficulty(1, 0, 0, 0, 0, 10)
    assert difficulty(Example("1", (), (), None), 10) == Difficulty(0, 0, 0, 0, 0, 10)
    assert difficulty(row({"unlisted": {"a": []}}), 10) == Difficulty(1, 1, 1, 0, 2, 10)


def test_a_schema_with_a_single_value_names_a_choice_and_a_property_called_enum_does_not() -> None:
    properties = {"unit": {"const": "cm"}, "of": {"type": "object", "properties": {"enum": {"type": "string"}}}}
    tool = Tool("measure", "", {"type": "object", "properties": properties})
    answer = Message("assistant", "", (ToolCall("measure", {"unit": "cm", "of": {"enum": "a"}}),))
    assert difficulty(Example("1", (tool,), (), answer), 10).enums == 1


@pytest.mark.parametrize("harder", ["tools", "calls", "arguments", "enums", "nesting", "prompt_tokens"])
def test_each_count_makes_a_row_harder(harder: str) -> None:
    counts = {"tools": 2, "calls": 1, "arguments": 2, "enums": 0, "nesting": 0, "prompt_tokens": 200}
    assert Difficulty(**(counts | {harder: counts[harder] + 1})).score > Difficulty(**counts).score


def test_benchmark_categories_are_ordered_as_small_models_find_them() -> None:
    if importlib.util.find_spec("bfcl_eval") is None:
        pytest.skip("the package bfcl_eval is not installed")
    means = [
        mean(
            difficulty(example, sum(len(tool.description) for tool in example.tools) // 4).score
            for example in Bfcl([category], limit=100).read(Ledger())
        )
        for category in ("simple_python", "multiple", "parallel", "parallel_multiple")
    ]
    assert means == sorted(means)


def plain_order(scores: list[float], curriculum: Curriculum, seed: int = 0, epoch: int = 0) -> list[int]:
    return order_rows(scores, curriculum, range(len(scores)), 1, seed, epoch)


SCORES = [float(number * 7 % 60) for number in range(60)]


def test_stages_go_from_easy_to_hard_shuffled_inside() -> None:
    visited = [SCORES[row] for row in plain_order(SCORES, Curriculum(stages=3))]
    assert [sorted(visited[start : start + 20]) for start in (0, 20, 40)] == [
        [float(score) for score in range(start, start + 20)] for start in (0, 20, 40)
    ]
    assert visited[:20] != sorted(visited[:20])


@pytest.mark.parametrize("pacing", ["stages", "linear", "root"])
def test_the_order_depends_on_seed_and_epoch_alone(pacing: str) -> None:
    curriculum = Curriculum(pacing)
    assert plain_order(SCORES, curriculum, 1, 2) == plain_order(SCORES, curriculum, 1, 2)
    assert plain_order(SCORES, curriculum, 1, 2) != plain_order(SCORES, curriculum, 2, 2)
    assert plain_order(SCORES, curriculum, 1, 2) != plain_order(SCORES, curriculum, 1, 3)


@pytest.mark.slow
def test_another_process_finds_the_same_order() -> None:
    keys = ["a", "b", "c"] * 20
    code = (
        "from lit_toolcall.data.curriculum import Curriculum, order_rows\n"
        "scores = [float(n * 7 % 60) for n in range(60)]\n"
        "print([order_rows(scores, Curriculum(p), ['a', 'b', 'c'] * 20, 4, 3, 1) for p in ('stages', 'linear')])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    orders = [order_rows(SCORES, Curriculum(pacing), keys, 4, 3, 1) for pacing in ("stages", "linear")]
    assert printed.strip() == str(orders)


@given(
    st.lists(st.tuples(st.floats(0, 20), st.integers(0, 4)), min_size=1, max_size=80),
    st.sampled_from(["stages", "linear", "root"]),
    st.integers(1, 9),
    st.floats(0.01, 1),
    st.floats(0.05, 1),
    st.integers(1, 5),
    st.integers(0, 2),
)
@settings(max_examples=300, deadline=None)
def test_an_epoch_visits_every_row_once(
    rows: list[tuple[float, int]],
    pacing: str,
    stages: int,
    start_fraction: float,
    epochs_to_full: float,
    group_rows: int,
    epoch: int,
) -> None:
    curriculum = Curriculum(pacing, stages, start_fraction, epochs_to_full)
    order = order_rows([score for score, _ in rows], curriculum, [key for _, key in rows], group_rows, 0, epoch)
    assert sorted(order) == list(range(len(rows)))


@pytest.mark.parametrize("pacing", ["linear", "root"])
def test_only_the_pool_is_visited_while_it_grows(pacing: str) -> None:
    curriculum = Curriculum(pacing, start_fraction=0.2, epochs_to_full=3.0)
    for epoch in range(3):
        order = plain_order(SCORES, curriculum, epoch=epoch)
        assert len(order) == 60
        for visit, number in enumerate(order):
            assert SCORES[number] < curriculum.pool_fraction(epoch + visit / 60) * 60  # scores are 0 to 59
    first, last = (Counter(plain_order(SCORES, curriculum, epoch=epoch)) for epoch in (0, 3))
    assert max(first.values()) > 1
    assert set(last.values()) == {1}
    assert len(last) == 60


def test_pooled_rows_are_visited_about_equally_often() -> None:
    curriculum = Curriculum("linear", start_fraction=0.25, epochs_to_full=1000.0)
    visits = Counter(plain_order(SCORES, curriculum))
    assert sorted(visits) == sorted(number for number in range(60) if SCORES[number] < 16)  # 15, and the pool's growth
    assert set(visits.values()) <= {3, 4}  # 60 visits of 15 to 16 rows


@pytest.mark.parametrize("pacing", ["stages", "linear", "root"])
def test_groups_stay_whole(pacing: str) -> None:
    keys = [number % 6 for number in range(60)]  # 10 rows a key, in groups of 5
    order = order_rows(SCORES, Curriculum(pacing, stages=1), keys, 5, 0, 0)
    runs = [len(list(run)) for _, run in groupby(order, key=lambda number: keys[number])]
    assert all(run % 5 == 0 for run in runs)


@pytest.mark.parametrize(
    ("settings_", "said"),
    [
        ({"pacing": "linaer"}, "curriculum.pacing='linaer' must be one of stages, linear, root"),
        ({"stages": 0}, "stages=0"),
        ({"start_fraction": 0.0}, "start_fraction=0.0"),
        ({"epochs_to_full": 0.0}, "epochs_to_full"),
    ],
)
def test_a_wrong_curriculum_is_refused_in_a_sentence(settings_: dict[str, float | str], said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        Curriculum(**settings_)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)


def test_a_curriculum_comes_from_yaml() -> None:
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--curriculum", type=Curriculum | None, default=None)
    given_ = parser.parse_string("curriculum: {pacing: root, epochs_to_full: 2.0}")
    assert parser.instantiate_classes(given_).curriculum == Curriculum("root", epochs_to_full=2.0)
    assert parser.instantiate_classes(parser.parse_string("curriculum: null")).curriculum is None
