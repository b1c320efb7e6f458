"""Our execution and checks against BFCL's own, on its gold calls and changes of them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from scripted import Model, needs_bfcl
from variants import VARIANTS

from lit_toolcall.data.sources.bfcl import find_installed
from lit_toolcall.multi_turn import CATEGORIES, Entry, Simulator, read_entries, run_dialogues
from lit_toolcall.multi_turn.dialogue import MAX_STEPS

pytestmark = [needs_bfcl, pytest.mark.slow]

UNREACHABLE = "multi_turn_miss_func_49"
"""Its second turn needs a tool that is withheld until the fourth: BFCL makes the call nevertheless, we do not."""


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return [entry for category in CATEGORIES for entry in read_entries(category)]


@pytest.fixture(scope="module")
def official() -> Mapping[str, Any]:
    """What BFCL's own code says; it evaluates its own gold calls, in a process of its own."""
    program = Path(__file__).with_name("official_checks.py")
    command = [sys.executable, "-B", str(program), str(find_installed()), *CATEGORIES]
    run = subprocess.run(command, capture_output=True, check=True, env={"TZ": "UTC"})
    found: Mapping[str, Any] = json.loads(run.stdout)
    return found


def test_the_results_of_all_gold_calls_are_the_official_ones(entries: list[Entry], official: Mapping[str, Any]) -> None:
    compared = 0
    with Simulator() as simulator:
        for entry in entries:
            simulation = simulator.load(entry)
            for turn, expected in zip(entry.turns, official["results"][entry.id], strict=True):
                results = [simulation.call_gold(call) for call in turn.gold]
                assert results == expected, entry.id
                compared += len(results)
            simulation.end()
    assert compared == 4625


def test_a_second_evaluation_does_not_see_the_first_ones_state(entries: list[Entry]) -> None:
    long = [entry for entry in entries if entry.has_long_context]  # whose APIs share constants of their modules

    def play(simulator: Simulator, is_kept: bool) -> list[str]:
        results = []
        for entry in long:
            simulation = simulator.load(entry)
            results += [simulation.call(call, entry.owners) for turn in entry.turns for call in turn.gold]
            if not is_kept:
                simulation.end()
        return results

    with Simulator() as simulator:
        first = play(simulator, is_kept=True)
        assert play(simulator, is_kept=False) == first
        assert simulator.restarts == 0  # one process did it all


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_verdicts_are_the_official_ones(variant: str, entries: list[Entry], official: Mapping[str, Any]) -> None:
    by_id = {entry.id: entry for entry in entries}

    def calls(entry: str, turn: int, step: int) -> Any:
        steps = VARIANTS[variant](by_id[entry].turns[turn].gold)
        return steps[step] if step < len(steps) else ()

    longest = {entry.id: max(len(VARIANTS[variant](turn.gold)) for turn in entry.turns) for entry in entries}
    asked = [entry for entry in entries if longest[entry.id] <= MAX_STEPS]  # the official loop would stop it
    results = {result.id: result for result in run_dialogues(asked, Model(calls))}
    expected = official["verdicts"][variant]
    differing = {
        key: (result.problem, expected[key]) for key, result in results.items() if result.problem != expected[key]
    }
    assert len(results) >= 798
    assert differing.keys() <= {UNREACHABLE}
    valid = sum(result.valid is True for result in results.values())
    if variant == "gold":
        assert (valid, expected[UNREACHABLE]) == (799, None)
        assert [result.id for result in results.values() if result.unreachable] == [UNREACHABLE]
    elif variant == "idle":
        assert valid == 0
    elif variant != "call_by_call":
        assert len({*expected.values()}) >= 2  # BFCL's verdicts differ too
