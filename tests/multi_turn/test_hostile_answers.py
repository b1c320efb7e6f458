"""Hostile answers, through every call format, to BFCL's own APIs: nothing that they write is run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted import needs_bfcl

from lit_toolcall.formats import CALL_FORMATS, CallSyntaxError
from lit_toolcall.multi_turn import Simulation, Simulator, read_entries
from lit_toolcall.types import ToolCall

pytestmark = needs_bfcl

NAMES = [
    "importlib.import_module",
    "__import__",
    "__class__",
    "__init__",
    "__getattribute__",
    "_load_scenario",
    "_load_directory",
    "_current_dir",
    "get_method_called",
    "mkdir.__globals__",
    "mkdir.__self__._load_scenario",
    "GorillaFileSystem.mkdir",
    "self.mkdir",
    "eval",
    "exec",
    "open",
    "exit",
    "post_tweet",  # of an API that the entry does not have
    "(lambda: 1)",
]
VALUES = [
    "__import__('os').system('touch CANARY')",
    '__import__("os").system("touch CANARY")',
    "open('CANARY', 'w')",
    "[open('CANARY', 'w') for _ in range(1)]",
    "(lambda: open('CANARY', 'w'))()",
    "f\"{open('CANARY', 'w')}\"",
    "mkdir(dir_name='inner')",
    "9**9**9",
    "9" * 5000,
    "1e999",
    "[" * 5000 + "]" * 5000,
    "dir_name",
]


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    entry = next(
        entry for entry in read_entries("multi_turn_base") if set(entry.owners.values()) == {"GorillaFileSystem"}
    )
    with Simulator() as simulator:
        yield simulator.load(entry)


def play(simulation: Simulation, format_name: str, text: str) -> list[str]:
    """Read an answer and make its calls, as a dialogue does."""
    try:
        calls = CALL_FORMATS[format_name].parse(text)
    except CallSyntaxError:
        return []
    on_offer = {tool.name for tool in simulation.entry.turns[0].tools}
    return [simulation.call(call, on_offer).text for call in calls]


def write(format_name: str) -> str:
    return CALL_FORMATS[format_name].render([ToolCall("mkdir", {"dir_name": "TEXT"})])


@pytest.mark.parametrize("format_name", CALL_FORMATS)
def test_an_ordinary_answer_is_carried_out(simulation: Simulation, format_name: str) -> None:
    assert play(simulation, format_name, write(format_name)) == ["None"]
    assert simulation.list_differences() == ["GorillaFileSystem.root"]


@pytest.mark.parametrize("format_name", CALL_FORMATS)
def test_names_that_are_no_tool_on_offer_are_never_called(simulation: Simulation, format_name: str) -> None:
    results = []
    for name in NAMES:
        results += play(simulation, format_name, write(format_name).replace("mkdir", name))
    assert len(results) >= 10  # the formats read most of them as calls
    assert all(result.startswith("Error during execution: name ") for result in results)
    assert simulation.list_differences() == []


@pytest.mark.parametrize("format_name", CALL_FORMATS)
def test_values_that_are_no_literals_are_never_worked_out(
    simulation: Simulation, format_name: str, tmp_path: Path
) -> None:
    for value in VALUES:
        text = write(format_name).replace('"TEXT"', value.replace("CANARY", str(tmp_path / "canary")))
        assert play(simulation, format_name, text) == []
    assert not (tmp_path / "canary").exists()
    assert simulation.list_differences() == []


@pytest.mark.slow
def test_costly_calls_of_bfcls_own_apis_are_errors() -> None:
    huge, most = 10**299, 10**9
    costly = [
        ToolCall("power", {"base": huge, "exponent": huge}),
        ToolCall("power", {"base": 7, "exponent": most}),
        ToolCall("round_number", {"number": 5, "decimal_places": -most}),
        ToolCall("square_root", {"number": 2, "precision": most}),
        ToolCall("logarithm", {"value": 2, "base": 3, "precision": most}),
    ]
    entry = next(entry for entry in read_entries("multi_turn_base") if "MathAPI" in entry.owners.values())
    with Simulator(seconds=0.5) as simulator:
        simulation = simulator.load(entry)
        for call in costly:
            result = simulation.call(call, entry.owners).text
            assert "error" in result.lower(), call
            assert len(result) < 1000
        assert simulation.call(ToolCall("add", {"a": 1, "b": 2}), entry.owners).text == '{"result": 3}'


@pytest.mark.slow
def test_folders_that_hold_each_other_are_no_danger(simulation: Simulation) -> None:
    offer = simulation.entry.owners

    def make(tool: str, **arguments: str) -> str:
        return simulation.call(ToolCall(tool, arguments), offer).text

    make("mkdir", dir_name="a")
    make("cp", source="a", destination="a")
    assert "recursion" in make("find", path="a", name="x")
    assert simulation.list_differences() == ["GorillaFileSystem.root"]
    make("mkdir", dir_name="d0")
    for level in range(40):  # each folder holds the one before it twice
        make("mkdir", dir_name=f"d{level + 1}")
        make("cp", source=f"d{level}", destination="copy")
        make("mv", source="copy", destination=f"d{level + 1}")
        make("mv", source=f"d{level}", destination=f"d{level + 1}")
    simulation.simulator.seconds = 0.3
    simulation.simulator.close()  # the next process has the shorter bound
    assert make("find", path="d40", name="x") == "Error during execution: the call took too much time or memory"
    assert "d40" in make("ls")
    simulation.end()
