"""Calls of simulated APIs: what is made, what is refused, and the bounds on what is made."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.multi_turn import Entry, Simulation, Simulator
from lit_toolcall.multi_turn import simulation as simulation_module
from lit_toolcall.types import ToolCall, UserError


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(seconds=0.3) as begun:
        yield begun


def make(simulation: Simulation, name: str, side: Any = "model", **arguments: Any) -> str:
    return simulation.call(side, ToolCall(name, arguments), simulation.entry.owners)


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
    make(first, "put", "gold", title="Emma")
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
    for side in ("gold", "model"):
        result = simulation.call(side, ToolCall(name, {}), offer)  # type: ignore[arg-type]
        assert result == f"Error during execution: name {name!r} is not defined"
    assert simulation.list_differences() == []


def test_the_process_refuses_such_names_by_itself(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    for name in ("_secret", "__init__", "__class__", "books", "not_bound", "put.__globals__"):
        asked = {"do": "call", "side": "model", "class": "GorillaFileSystem", "name": name, "arguments": {}}
        answer = simulator.ask(**asked, dialogue=simulation.number)
        assert answer == {"result": f"Error during execution: name {name!r} is not defined"}


def test_a_tool_that_is_not_on_offer_is_not_called(shelf: Entry, simulator: Simulator) -> None:
    simulation = simulator.load(shelf)
    result = simulation.call("model", ToolCall("put", {"title": "Emma"}), {"list_books"})
    assert result == "Error during execution: name 'put' is not defined"
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
        ("fill_memory", {}, ""),
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
    for side in ("gold", "model"):
        make(simulation, "put_into_itself", side)
    assert simulation.list_differences() == ["GorillaFileSystem.books"]
    assert "..." in make(simulation, "list_books")  # no JSON either: as Python writes it


@pytest.mark.slow
def test_the_calls_of_a_dialogue_are_bounded_in_all(
    shelf: Entry, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulation_module, "SECONDS_OF_DIALOGUE", 0.2)
    simulation = simulator.load(shelf)
    make(simulation, "spin")
    assert make(simulation, "list_books") == "Error during execution: the calls of this dialogue took over 0.2 seconds"


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
        f"{shelf.place}: the APIs of multi_turn_base_0 cannot be loaded: take the file from bfcl_eval again"
    )
