"""Splits: nothing is lost without a word, and no validation tool occurs in training."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.data.splits import Split, spell_alike, split_random, split_unseen_tools
from lit_toolcall.types import Example, Message, Tool, ToolCall, UserError

Splitter = Callable[[Sequence[Example], float, int], Split]


def row(number: int, offered: str, called: str = "", earlier: str = "") -> Example:
    """A row whose tools are named by single letters."""
    tools = tuple(Tool(name, "", {}) for name in offered)
    turns = (Message("user", "Go."), Message("assistant", "", tuple(ToolCall(name, {}) for name in earlier)))
    answer = Message("assistant", "" if called else "None fits.", tuple(ToolCall(name, {}) for name in called))
    return Example(str(number), tools, turns, answer, place=f"rows:{number}")


def names_of(rows: Sequence[Example]) -> set[str]:
    offered = {tool.name for row in rows for tool in row.tools}
    turns = [turn for row in rows for turn in (*row.messages, row.answer) if turn is not None]
    return {spell_alike(name) for name in offered | {call.name for turn in turns for call in turn.calls}}


def check_laws(rows: Sequence[Example], split: Split) -> None:
    """Every row is in one place, in its order; the sides' names are apart; called tools are still available."""
    places = [row.place for row in rows]
    parts = [[row.place for row in split.train], [row.place for row in split.validation]]
    dropped = [rejection.place for rejection in split.dropped]
    assert sorted(parts[0] + parts[1] + dropped) == sorted(places)
    assert all(part == [place for place in places if place in set(part)] for part in (*parts, dropped))
    assert not names_of(split.train) & names_of(split.validation)
    before = {row.place: row for row in rows}
    for kept in (*split.train, *split.validation):
        was = before[kept.place]
        called = {call.name for turn in (*was.messages, was.answer) if turn for call in turn.calls}
        assert [tool for tool in was.tools if tool.name in called] == [t for t in kept.tools if t.name in called]
        assert (kept.messages, kept.answer) == (was.messages, was.answer)
        assert bool(kept.tools) == bool(was.tools)


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def test_rows_over_separate_tools_are_split_without_a_change() -> None:
    rows = [row(number, LETTERS[number // 4], LETTERS[number // 4]) for number in range(80)]  # 20 tools, 4 rows each
    split = split_unseen_tools(rows, 0.2, seed=1)
    check_laws(rows, split)
    assert (len(split.train), len(split.validation), split.dropped) == (64, 16, [])
    assert all(row in rows for row in split.validation)


def test_distractors_of_the_other_side_leave_the_offers() -> None:
    # all rows offer the next row's tool too, so the offers link all of them
    rows = [row(number, LETTERS[number] + LETTERS[(number + 1) % 20], LETTERS[number]) for number in range(20)]
    split = split_unseen_tools(rows, 0.2, seed=0)
    check_laws(rows, split)
    assert (len(split.train), len(split.validation), split.dropped) == (16, 4, [])


def test_rows_that_call_tools_of_both_sides_are_dropped() -> None:
    # a chain of pairs, ab bc cd ..., and each tool alone too
    rows = [row(number, LETTERS[number], LETTERS[number]) for number in range(20)]
    rows += [row(20 + number, LETTERS[number : number + 2], LETTERS[number : number + 2]) for number in range(19)]
    split = split_unseen_tools(rows, 0.2, seed=0)
    check_laws(rows, split)
    assert len(split.validation) >= 4
    assert 0 < len(split.dropped) <= 8  # never more than were to be held back: 0.2 * 39
    assert "calls tools of training and of validation rows" in split.dropped[0].reason


def test_a_tool_called_in_an_earlier_turn_counts_as_called() -> None:
    rows = [row(number, LETTERS[number // 2] + "z", LETTERS[number // 2], earlier="z") for number in range(40)]
    with pytest.raises(UserError, match="shared tools link all rows"):
        split_unseen_tools(rows, 0.1, seed=0)


def test_spellings_of_one_name_are_one_tool() -> None:
    spellings = ["math.get_gcd", "Math_Get_GCD", "mathGetGcd"]
    rows = []
    for number, name in enumerate([*spellings, *(f"other_{number // 3}" for number in range(27))]):
        tools = (Tool(name, "", {}),)
        answer = Message("assistant", "", (ToolCall(name, {}),))
        rows.append(Example(str(number), tools, (), answer, place=f"rows:{number}"))
    for seed in range(5):
        split = split_unseen_tools(rows, 0.3, seed)
        check_laws(rows, split)
        assert sum(row.tools[0].name in spellings for row in split.train) in (0, 3)


def test_rows_answered_in_words_keep_a_tool_on_either_side() -> None:
    rng = random.Random(0)
    rows = [row(number, "".join(rng.sample(LETTERS, 4)), "") for number in range(100)]
    rows += [
        row(100 + number, (own := rng.choice(LETTERS)) + rng.choice(LETTERS.replace(own, "")), own)
        for number in range(200)
    ]
    split = split_unseen_tools(rows, 0.15, seed=0)
    check_laws(rows, split)
    assert any(not row.answer.calls for row in split.validation if row.answer)
    assert len(split.validation) >= 30


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(LETTERS), max_size=5, unique=True), st.integers(0, 3)),
        min_size=2,
        max_size=60,
    ),
    st.floats(0.02, 0.9),
    st.integers(0, 3),
)
@settings(max_examples=400, deadline=None)
def test_any_rows_are_split_apart_or_refused(rows: list[tuple[list[str], int]], fraction: float, seed: int) -> None:
    examples = [row(n, "".join(names), "".join(names[:calls])) for n, (names, calls) in enumerate(rows)]
    try:
        split = split_unseen_tools(examples, fraction, seed)
    except UserError:
        return
    check_laws(examples, split)
    assert split.train
    assert split.validation
    assert len(split.dropped) <= max(1, round(fraction * len(examples)))


@pytest.mark.parametrize("split_rows", [split_random, split_unseen_tools])
def test_the_seed_alone_decides(split_rows: Splitter) -> None:
    rows = [row(number, LETTERS[number // 4], LETTERS[number // 4]) for number in range(80)]
    assert split_rows(rows, 0.2, 1) == split_rows(rows, 0.2, 1)
    assert split_rows(rows, 0.2, 1) != split_rows(rows, 0.2, 2)


@pytest.mark.slow
def test_another_process_splits_alike() -> None:
    code = (
        "from lit_toolcall.data.sources import JsonLines, Ledger\n"
        "from lit_toolcall.data.splits import split_unseen_tools\n"
        "rows = list(JsonLines('demo:train.jsonl', 'demo:tools.jsonl').read(Ledger()))\n"
        "print([row.id for row in split_unseen_tools(rows, 0.1, 0).validation])"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
        )
        for hash_seed in ("1", "2")
    ]
    assert printed[0].stdout == printed[1].stdout != b"[]\n"


def test_a_random_split_holds_back_a_fraction() -> None:
    rows = [row(number, "a", "a") for number in range(40)]
    split = split_random(rows, 0.25, seed=0)
    assert (len(split.train), len(split.validation), split.dropped) == (30, 10, [])
    assert sorted((*split.train, *split.validation), key=lambda row: int(row.id)) == rows
    assert len(split_random(rows, 0.001, seed=0).validation) == 1


@pytest.mark.parametrize("split_rows", [split_random, split_unseen_tools])
@pytest.mark.parametrize(
    ("rows", "fraction", "said"),
    [
        ([row(number, "a", "a") for number in range(9)], 1.0, "validation_fraction=1.0 must lie between 0 and 1"),
        ([row(number, "a", "a") for number in range(9)], 0.0, "validation_fraction=0.0 must lie between 0 and 1"),
        ([row(0, "a", "a")], 0.5, "1 rows cannot be split"),
        ([], 0.5, "0 rows cannot be split"),
    ],
)
def test_an_impossible_split_is_refused_in_a_sentence(
    split_rows: Splitter, rows: list[Example], fraction: float, said: str
) -> None:
    with pytest.raises(UserError, match=said) as refused:
        split_rows(rows, fraction, 0)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(number, "a", "a") for number in range(9)], "leaves no row for validation"),
        ([row(number, "", "") for number in range(9)], "no row offers or calls a tool"),
    ],
)
def test_unseen_tools_that_cannot_be_are_refused_in_a_sentence(rows: list[Example], said: str) -> None:
    with pytest.raises(UserError, match=said) as refused:
        split_unseen_tools(rows, 0.3, 0)
    assert "\n" not in str(refused.value)


def test_a_random_split_that_leaves_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(UserError, match=r"validation_fraction=0\.9 leaves none of 2 rows for training"):
        split_random([row(0, "a"), row(1, "a")], 0.9, 0)


def test_the_demonstration_rows_have_unseen_tools() -> None:
    rows = list(JsonLines("demo:train.jsonl", "demo:tools.jsonl").read(Ledger()))
    split = split_unseen_tools(rows, 0.1, seed=0)
    check_laws(rows, split)
    assert abs(len(split.validation) - 0.1 * len(rows)) <= 0.02 * len(rows)
    assert len(split.dropped) <= 0.1 * len(rows)
