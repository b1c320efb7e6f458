"""Calls of simulated APIs: what is made, what is refused, and the bounds on what is made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.multi_turn import Entry, Simulation, Simulator
from lit_toolcall.multi_turn import simulation as simulation_module
from lit_toolcall.multi_turn.simulation import CallResult
from lit_toolcall.types import ToolCall, UserError


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seconds=0.3) as begun:
        yield begun


def make(simulation: Simulation, name: str, **arguments: Any) -> str:
    return simulation.call(ToolCall(name, arguments), simulation.entry.owners).text


def make_gold(simulation: Simulation, name: str, **arguments: Any) -> str | None:
    return simulation.call_gold(ToolCall(name, arguments))


def test_results_are_written_as_bfcl_writes_them(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    assert make(simulation, "put", title="Emma") == "None"
    assert make(simulation, "list_books") == '{"books": ["Faust", "Emma"], "long": false}'
    assert make(simulation, "shout", title="a") == "A"  # a text as it is; what it prints goes nowhere
    assert make(simulation, "raise_to", base=2, exponent=3) == "True"
    assert "Error during execution: " in make(simulation, "put", nothing=1)
    assert make(simulation, "list_books") == '{"books": ["Faust", "Emma"], "long": false}'


def test_sides_and_dialogues_and_evaluations_are_apart(shelf: Entry, simulator: Simulator) -> None:
    first, second = simulator.load(shelf), simulator.load(shelf)
    make(first, "put", title="Emma")
    assert first.list_differences() == ["GorillaFileSystem.books"]
    assert second.list_differences() == []
    make_gold(first, "put", title="Emma")
    assert first.list_differences() == []
    assert make(first, "change_constant") == "['book', 'changed']"
    assert make(second, "change_constant") == "['book', 'changed']"  # not twice
    first.end()
    with Simulator() as another:
        assert make(another.load(shelf), "list_books") == '{"books": ["Faust"], "long": false}'


@pytest.mark.parametrize(
    "name",
    [
        *("_secret", "__init__", "__class__", "_load_scenario", "books", "not_bound", "put.__globals__"),
        *("GorillaFileSystem.put", "importlib.import_module", "eval", "exit", "", "put()", "put\n", "élan"),
    ],
)
def test_names_that_are_no_public_method_are_never_called(shelf: Entry, simulator: Simulator, name: str) -> None:
    simulation = simulator.load(shelf)
    offer = {name: "GorillaFileSystem", **shelf.owners}
    assert simulation.call(ToolCall(name, {}), offer) == CallResult(
        f"Error during execution: name {name!r} is not defined", is_of_api=False
    )
    with pytest.raises(UserError):
        make_gold(simulation, name)
    assert simulation.list_differences() == []


def test_the_process_refuses_such_names_by_itself(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    for name in ("_secret", "__init__", "__class__", "books", "not_bound", "put.__globals__"):
        asked = {"do": "call", "side": "model", "class": "GorillaFileSystem", "name": name, "arguments": {}}
        answer = simulator.ask(**asked, dialogue=simulation.number)
        assert answer["refused"] == f"name {name!r} is not defined"


def test_a_tool_that_is_not_on_offer_is_not_called(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    result = simulation.call(ToolCall("put", {"title": "Emma"}), {"list_books"})
    assert result.text == "Error during execution: name 'put' is not defined"
    assert simulation.list_differences() == []


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (10**300, "a number of more than 300 digits"),
        (deep(70), "values nested more than 64 deep"),
        ("x" * 100_001, "arguments of more than 100000 characters"),
        ([float("nan")], "the number nan, which JSON does not have"),
        (float("inf"), "the number inf, which JSON does not have"),
        ({1: 2}, "a key that is not a string"),
        ((1, 2), "a value of type tuple"),
        (print, "a value of type builtin_function_or_method"),
        (type("Text", (str,), {})("x"), "a value of type Text"),
    ],
)
def test_only_json_values_within_bounds_reach_a_method(
    shelf: Entry, simulator: Simulator, value: Any, reason: str
) -> None:
    simulation = simulator.load(shelf)
    assert make(simulation, "put", title=value) == f"Error during execution: {reason}"
    assert simulation.list_differences() == []


@pytest.mark.parametrize(
    ("name", "arguments", "event"),
    [
        ("read_file", {"path": "/etc/hostname"}, "open"),
        ("write_file", {"path": "CANARY"}, "open"),
        ("make_folder", {"path": "CANARY"}, "os.mkdir"),
        ("run", {"command": "touch CANARY"}, "subprocess.Popen"),
        ("connect", {}, "socket.__new__"),
        ("evaluate", {"text": "1 + 1"}, "compile"),
        ("import_module", {}, "import"),
        ("fork", {}, "os.fork"),
    ],
)
def test_a_call_reaches_no_file_process_socket_or_code(
    shelf: Entry, simulator: Simulator, name: str, arguments: Any, event: str, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    aimed = {key: value.replace("CANARY", str(canary)) for key, value in arguments.items()}
    simulation = simulator.load(shelf)
    assert make(simulation, name, **aimed) == f"Error during execution: {event} is not allowed here"
    assert not canary.exists()


def test_a_call_does_not_see_the_environment(
    shelf: Entry, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET_TOKEN", "hidden")
    seen = make(simulator.load(shelf), "list_environment")
    assert "TZ" in seen
    assert "A_SECRET_TOKEN" not in seen


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("spin", {}, "the call took too much time or memory"),
        ("raise_to", {"base": 10**299, "exponent": 10**299}, "the call took too much time or memory"),
        ("raise_to", {"base": 7, "exponent": 10**9}, "the call took too much time or memory"),
        ("leave", {}, ""),
        ("fill_memory", {}, "the call took too much time or memory"),
    ],
)
def test_a_costly_call_is_an_error_and_the_state_stays(
    shelf: Entry, simulator: Simulator, name: str, arguments: Any, said: str
) -> None:
    simulation, other = simulator.load(shelf), simulator.load(shelf)
    make(simulation, "put", title="Emma")
    make(other, "put", title="Ulysses")
    begun = time.perf_counter()
    assert make(simulation, name, **arguments) == f"Error during execution: {said}"
    assert time.perf_counter() - begun < 10
    assert make(simulation, "list_books") == '{"books": ["Faust", "Emma"], "long": false}'
    assert make(other, "list_books") == '{"books": ["Faust", "Ulysses"], "long": false}'
    assert simulation.list_differences() == ["GorillaFileSystem.books"]
    for dialogue in (simulation, other):
        dialogue.end()


def test_a_result_is_bounded(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    assert make(simulation, "repeat_often", title="x", times=1_000_000) == "x" * 1_000_000
    assert make(simulation, "repeat_often", title="x", times=1_000_001) == (
        "Error during execution: a result of 1000001 characters, more than 1000000"
    )


def test_a_state_that_cannot_be_compared_differs(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    make(simulation, "put_into_itself")
    make_gold(simulation, "put_into_itself")
    assert simulation.list_differences() == ["GorillaFileSystem.books"]
    assert "..." in make(simulation, "list_books")  # no JSON either: as Python writes it


def test_the_models_calls_are_counted_by_their_cpu_time(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    make(simulation, "wait", seconds=0.4)
    make_gold(simulation, "work", seconds=0.2)
    assert simulation.seconds < 0.1
    make(simulation, "work", seconds=0.2)
    assert 0.2 <= simulation.seconds < 0.3
    make(simulation, "spin")
    assert 0.5 <= simulation.seconds < 0.6  # the bound of a call, which the simulator sets to 0.3
    make(simulation, "list_books")  # after which its calls were made again
    assert simulation.seconds < 0.6
    assert not simulation.is_out_of_time
    simulation.seconds = 60.1
    assert simulation.is_out_of_time


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("spin", {}),
        ("fill_memory", {}),
        ("repeat_often", {"title": "x", "times": 1_000_001}),
        ("run", {"command": "true"}),
        ("run_quietly", {"command": "true"}),
        ("no_tool", {}),
        ("put", {"title": float("nan")}),
    ],
)
def test_what_the_program_says_of_a_call_is_no_result_of_an_api(
    shelf: Entry, simulator: Simulator, name: str, arguments: Any
) -> None:
    simulation = simulator.load(shelf)
    result = simulation.call(ToolCall(name, arguments), simulation.entry.owners)
    assert not result.is_of_api
    reason = result.text.removeprefix("Error during execution: ")
    if name == "no_tool":
        reason = "no tool of its entry"
    with pytest.raises(UserError) as refused:
        make_gold(simulation, name, **arguments)
    assert str(refused.value) == (
        f"{shelf.place}: the gold call '{name}' of multi_turn_base_0 cannot be made ({reason}): "
        "take the file from bfcl_eval again"
    )


def test_an_error_of_an_api_is_a_result(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    result = simulation.call(ToolCall("put", {"nothing": 1}), simulation.entry.owners)
    assert result.is_of_api
    assert make_gold(simulation, "put", nothing=1) == result.text


def test_memory_that_other_dialogues_take_is_not_missed(shelf: Entry) -> None:
    with Simulator(memory_bytes=400 * 2**20) as simulator:
        first, second = simulator.load(shelf), simulator.load(shelf)
        assert make(first, "keep", megabytes=250) == "None"
        assert make(second, "keep", megabytes=250) == "None"
        assert simulator.restarts == 1
        assert make(first, "list_books") == '{"books": ["Faust"], "long": false}'
        assert make(first, "keep", megabytes=250) == "Error during execution: the call took too much time or memory"
        third = simulator.load(shelf)
        assert make(third, "list_books") == '{"books": ["Faust"], "long": false}'


def test_memory_that_the_models_calls_take_is_not_blamed_on_a_gold_call(shelf: Entry) -> None:
    with Simulator(memory_bytes=400 * 2**20) as simulator:
        simulation = simulator.load(shelf)
        assert make_gold(simulation, "put", title="Emma") == "None"
        assert make(simulation, "keep", megabytes=250) == "None"
        assert make_gold(simulation, "keep", megabytes=250) is None
        another = simulator.load(shelf)
        assert make_gold(another, "keep", megabytes=250) == "None"
        with pytest.raises(UserError, match="the gold call 'keep' of multi_turn_base_0 cannot be made"):
            make_gold(another, "keep", megabytes=2500)


def test_an_entry_that_needs_all_the_memory_is_loaded_alone(shelf: Entry) -> None:
    huge = replace(shelf, initial_config={"GorillaFileSystem": {"books": ["x" * 2**20] * 80}})
    with Simulator(memory_bytes=400 * 2**20) as simulator:
        first = simulator.load(shelf)
        make(first, "keep", megabytes=300)
        assert make(simulator.load(huge), "repeat", title="x") == "x"
        assert simulator.restarts == 1
        assert make(first, "list_books") == '{"books": ["Faust"], "long": false}'
        endless = replace(shelf, initial_config={"GorillaFileSystem": {"books": ["x" * 2**20] * 300}})
        with pytest.raises(UserError) as refused:
            simulator.load(endless)
    assert str(refused.value) == (
        f"{shelf.place}: the APIs of multi_turn_base_0 cannot be loaded (they took too much time or memory): "
        "take the file from bfcl_eval again"
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("import no_resource", "ModuleNotFoundError: No module named 'no_resource'"),
        ("raise ValueError('current limit exceeds maximum limit')", "ValueError: current limit exceeds maximum limit"),
        ("os._exit(7)", "ended with 7"),
    ],
)
def test_a_system_without_bounds_is_named(
    shelf: Entry, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, reason: str
) -> None:
    program = tmp_path / "worker.py"
    whole = simulation_module.WORKER.read_text(encoding="utf-8")
    assert whole.count("    import resource") == 1
    program.write_text(whole.replace("    import resource", f"    {line}"), encoding="utf-8")
    monkeypatch.setattr(simulation_module, "WORKER", program)
    with pytest.raises(UserError) as refused:
        simulator.load(shelf)
    assert str(refused.value) == (
        "BFCL's simulated APIs need a process whose memory and CPU time the system bounds, as Linux does: " + reason
    )


def test_importing_the_apis_writes_no_file(shelf: Entry, simulator: Simulator, tmp_path: Path) -> None:
    before = sorted((tmp_path / "package").rglob("*"))
    make(simulator.load(shelf), "list_books")
    assert sorted((tmp_path / "package").rglob("*")) == before


def test_apis_that_cannot_be_imported_are_named(shelf: Entry, simulator: Simulator, tmp_path: Path) -> None:
    (next((tmp_path / "package").rglob("math_api.py"))).write_text("import no_such_module\n")
    with pytest.raises(UserError) as refused:
        simulator.load(shelf)
    assert str(refused.value) == (
        "BFCL's simulated APIs cannot be imported (ModuleNotFoundError: No module named 'no_such_module'): "
        "pip install --no-deps bfcl-eval==2026.3.23 mpmath"
    )


def test_without_the_package_a_sentence_says_what_to_install(
    shelf: Entry, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation_module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UserError) as refused:
        simulator.load(shelf)
    assert str(refused.value) == (
        "the simulated APIs of BFCL's multi-turn categories are in the package bfcl_eval, which is not installed: "
        "pip install --no-deps bfcl-eval==2026.3.23 mpmath"
    )


def test_an_entry_that_no_class_can_load_is_named(shelf: Entry, simulator: Simulator) -> None:
    broken = type(shelf)(**{**vars(shelf), "initial_config": {"GorillaFileSystem": 3}})
    with pytest.raises(UserError) as refused:
        simulator.load(broken)
    assert str(refused.value) == (
        f"{shelf.place}: the APIs of multi_turn_base_0 cannot be loaded "
        "(AttributeError: 'int' object has no attribute 'get'): take the file from bfcl_eval again"
    )
