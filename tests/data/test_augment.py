"""Augmented rows stay right: calls fit, names differ, order and seeds hold, and the rest of a row is untouched."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from augmented_rows import (
    LIMA,
    NONE,
    OSLO,
    ROWS,
    TEXT,
    TIME,
    WEATHER,
    calls_of,
    check_rows,
    row,
    tool,
)
from shipped import list_shipped

from lit_toolcall.data import augment
from lit_toolcall.data.augment import (
    AddDistractors,
    Augmentation,
    DropOptional,
    JoinCalls,
    RemoveRightTool,
    RenameTools,
    ShuffleTools,
    augment_all,
)
from lit_toolcall.data.augment.irrelevance import NO_TOOL_FITS
from lit_toolcall.types import BfclQuestion, Example, Message, Tool, ToolCall, UserError

EVERY: list[Callable[[float], Augmentation]] = [
    lambda fraction: AddDistractors(tools=3, fraction=fraction),
    lambda fraction: ShuffleTools(fraction=fraction),
    lambda fraction: RemoveRightTool(fraction=fraction),
    lambda fraction: JoinCalls(most=4, fraction=fraction),
    lambda fraction: RenameTools(fraction=fraction),
    lambda fraction: DropOptional(fraction=fraction),
]
NAMES = [type(make(1.0)).__name__ for make in EVERY]


def test_every_shipped_augmentation_is_asked_here() -> None:
    assert set(NAMES) == set(list_shipped(augment, Augmentation))


@pytest.mark.parametrize("make", EVERY, ids=NAMES)
def test_the_demonstration_rows_stay_right(make: Callable[[float], Augmentation], demo: list[Example]) -> None:
    rows = augment_all([make(1.0)], demo, seed=1)
    check_rows(rows)
    assert rows != demo
    kept = {example.id for example in demo}
    assert [example.id for example in rows if example.id in kept] == [example.id for example in demo]
    for before, after in pairwise(rows):
        if after.id not in kept:
            assert after.id.startswith(f"{before.id}+")  # a new row follows its own
    assert augment_all([make(1.0)], demo, seed=1) == rows
    assert augment_all([make(0.5)], demo, seed=2) != augment_all([make(0.5)], demo, seed=1), "other rows are picked"


@pytest.mark.slow
def test_all_together_stay_right(demo: list[Example]) -> None:
    every = [make(0.5) for make in EVERY]
    rows = augment_all([*every, *every], demo[:150], seed=5)
    check_rows(rows)
    assert augment_all([*every, *every], demo[:150], seed=5) == rows


@pytest.mark.parametrize("make", EVERY, ids=NAMES)
def test_a_share_of_none_changes_nothing_and_one_of_all_is_the_most(
    make: Callable[[float], Augmentation], demo: list[Example]
) -> None:
    def changed(fraction: float) -> int:
        before = {example.id: example for example in demo}
        return sum(before.get(example.id) != example for example in augment_all([make(fraction)], demo, seed=1))

    assert changed(0.0) == 0
    assert 0.35 < changed(0.5) / changed(1.0) < 0.65


@pytest.mark.parametrize("make", EVERY, ids=NAMES)
@pytest.mark.parametrize("fraction", [-0.1, 1.5, float("nan")])
def test_a_fraction_outside_of_0_to_1_is_refused(make: Callable[[float], Augmentation], fraction: float) -> None:
    with pytest.raises(UserError, match=r"fraction=\S+ must lie between 0 and 1"):
        make(fraction)


@pytest.mark.parametrize("make", EVERY, ids=NAMES)
def test_rows_of_a_benchmark_and_rows_without_an_answer_stay(make: Callable[[float], Augmentation]) -> None:
    rows = [replace(OSLO, bfcl=BfclQuestion("simple", (), ())), replace(LIMA, answer=None)]
    assert augment_all([make(1.0)], rows, seed=1) == rows
    assert augment_all([make(1.0)], [], seed=1) == []


def test_each_augmentation_has_random_numbers_of_its_own(demo: list[Example]) -> None:
    first = augment_all([ShuffleTools()], demo, seed=1)
    after = augment_all([DropOptional(0.0), ShuffleTools()], demo, seed=1)
    assert after != first
    assert augment_all([ShuffleTools(), ShuffleTools(0.0)], demo, seed=1) == first


def test_every_process_gives_the_same_rows() -> None:
    """Ranks hash texts differently, so that nothing may hang on the order of a set."""
    code = "import test_augment as t; print(t.augment_all([make(1.0) for make in t.EVERY], t.ROWS, seed=1))"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parent,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    ]
    assert b"+joined" in outputs[0]
    assert outputs[0] == outputs[1]


# --- distractors


def test_distractors_come_from_other_rows_and_the_order_of_a_rows_own_stays(demo: list[Example]) -> None:
    known = {tool.name for example in demo for tool in example.tools}
    for before, after in zip(demo, augment_all([AddDistractors(tools=2, fraction=1.0)], demo, seed=1), strict=True):
        own = [tool for tool in after.tools if tool in before.tools]
        assert own == list(before.tools)
        assert len(after.tools) - len(own) in ((1, 2) if calls_of(before) else (0,))
        assert {tool.name for tool in after.tools} <= known


@pytest.mark.parametrize(
    "other",
    [
        tool("get_weather", "Something else.", street=TEXT),
        replace(WEATHER, name="look_outside"),
        tool("town_forecast", "The forecast of the weather.", town=TEXT),
    ],
    ids=["of one name", "of one definition", "that does the same"],
)
def test_a_tool_that_is_like_one_on_offer_is_no_distractor(other: Tool) -> None:
    rows = [replace(LIMA, id=str(number)) for number in range(20)] + [row("other", "Hm.", [], [other])]
    assert augment_all([AddDistractors(fraction=1.0)], rows, seed=1) == rows


def test_a_row_that_calls_nothing_gets_no_tool_that_might_be_the_missing_one() -> None:
    assert augment_all([AddDistractors(fraction=1.0)], ROWS, seed=1)[-1] == NONE


def test_distractors_need_a_number() -> None:
    with pytest.raises(UserError, match="AddDistractors: tools=0 must be at least 1; or set fraction to 0"):
        AddDistractors(tools=0)


# --- irrelevance


def test_the_right_tool_leaves_and_the_answer_says_so() -> None:
    rows = augment_all([RemoveRightTool(fraction=1.0)], ROWS, seed=1)
    assert [example.id for example in rows] == [
        "oslo", "oslo+irrelevant", "lima", "lima+irrelevant", "song", "song+irrelevant", "none"
    ]  # fmt: skip
    oslo, lima = rows[1], rows[3]
    assert oslo.messages == OSLO.messages
    assert oslo.tools == (TIME,)
    assert oslo.answer is not None
    assert oslo.answer.content in NO_TOOL_FITS
    assert not oslo.answer.calls
    assert lima.tools  # borrowed
    assert WEATHER not in lima.tools


def test_tools_like_the_right_one_leave_with_it() -> None:
    twin = tool("forecast_weather", "The weather forecast.", town=TEXT)
    (_, new) = augment_all([RemoveRightTool(fraction=1.0)], [replace(OSLO, tools=(WEATHER, twin, TIME))], seed=1)
    assert new.tools == (TIME,)


@pytest.mark.parametrize(
    "messages",
    [
        (Message("user", "Lima?"), Message("assistant", "", calls_of(LIMA)), Message("tool", "hot"), *OSLO.messages),
        (Message("system", "You may use get_weather."), *OSLO.messages),
        (*OSLO.messages, Message("assistant", "", (ToolCall("clock.now", {"zone": "CET"}),)), Message("tool", "12")),
    ],
    ids=["an earlier turn calls it", "a system message names it", "a result came last"],
)
def test_a_dialogue_that_needs_the_right_tool_has_no_irrelevance_row(messages: tuple[Message, ...]) -> None:
    rows = [replace(OSLO, messages=messages)]
    assert augment_all([RemoveRightTool(fraction=1.0)], rows, seed=1) == rows


def test_without_any_other_tool_there_is_no_irrelevance_row() -> None:
    assert augment_all([RemoveRightTool(fraction=1.0)], [LIMA], seed=1) == [LIMA]
