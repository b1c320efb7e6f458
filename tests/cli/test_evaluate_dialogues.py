"""`eval` of dialogues of several turns, over the APIs of a small package in place of bfcl_eval."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, Reply, complete, serve
from shelf import ENTRY, GOLD, write_data, write_package

from lit_toolcall.cli.evaluate import name_dialogue
from lit_toolcall.cli.main import main
from lit_toolcall.evaluation import hash_questions
from lit_toolcall.multi_turn import CATEGORIES, read_entries
from lit_toolcall.suites import Lookup, SuiteOptions, read_suite
from lit_toolcall.types import UserError

CALLS = {
    "Put Emma on the shelf.": [("put", '{"title": "Emma"}')],
    "And what is there?": [("list_books", "{}")],
    "Put Ulysses there.": [("put", '{"title": "Ulysses", "place": 1}'), ("shout", '{"title": "all"}')],
}


def answer_gold(body: dict[str, Any], _number: int = 0) -> Reply:
    """Make the gold calls after the user's words, and end the turn after their results."""
    last = body["messages"][-1]
    return Reply(complete("Done.") if last["role"] == "tool" else complete(None, *CALLS[last["content"]]))


def answer_idly(_body: dict[str, Any], _number: int = 0) -> Reply:
    return Reply(complete("No."))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of data with one dialogue of each category."""
    write_package(tmp_path / "package")
    monkeypatch.syspath_prepend(str(tmp_path / "package"))
    for category in CATEGORIES:
        id_ = f"{category}_0"
        write_data(tmp_path / "data", [ENTRY | {"id": id_}], [GOLD | {"id": id_}], category)
    return str(tmp_path / "data")


def command(server: ChatServer, data: str, out: Path, *more: str) -> list[str]:
    engine = ["--engine", "openai", "--base_url", server.base_url]
    return ["eval", "mine", "--suite", "bfcl-multi-turn", "--path", data, "--out", str(out), *engine, *more]


def read_metrics(out: Path) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((out / "metrics.json").read_text())
    return metrics


def read_lines(out: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


@pytest.mark.slow
def test_gold_calls_are_right_in_all_turns_and_an_idle_model_in_none(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, say, value in (("gold", answer_gold, 1.0), ("idle", answer_idly, 0.0)):
        with serve(say) as server:
            main(command(server, data, tmp_path / name))
        figures = read_metrics(tmp_path / name)["multi_turn"]
        assert {each["value"] for each in figures["categories"].values()} == {value}
        assert figures["multi_turn"]["value"] == value
        assert figures["multi_turn"]["total"] == 4
        assert {line["correct"] for line in read_lines(tmp_path / name)} == {bool(value)}
        said = capsys.readouterr()
        assert "dialogues of several turns, right in all of them:" in said.out
        assert re.search(rf"mean of the four \(estimated\) +{value:.1%}", said.out)
        assert "4/4" in said.err
        assert "dialogues" in said.err


@pytest.mark.slow
def test_dialogues_that_are_held_are_not_held_again(
    data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail_once(body: dict[str, Any], number: int) -> Reply:
        return Reply({"error": {"message": "gone"}}, status=401) if number == 8 else answer_gold(body)

    with serve(fail_once) as server:  # six requests a dialogue
        with pytest.raises(SystemExit):
            main([*command(server, data, tmp_path / "out"), "--batch_size", "1"])
        assert len(server.bodies) == 9
        capsys.readouterr()
        main(command(server, data, tmp_path / "out"))
        assert len(server.bodies) == 9 + 3 * 6
        assert "1 question is answered already" in capsys.readouterr().out
        main(command(server, data, tmp_path / "whole"))
    assert read_lines(tmp_path / "out") == read_lines(tmp_path / "whole")
    assert read_metrics(tmp_path / "out") == read_metrics(tmp_path / "whole")


@pytest.mark.slow
def test_dialogues_longer_than_the_model_are_named_and_not_asked(
    data: str, tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    model = ["eval", str(tiny_folder), "--suite", "bfcl-multi-turn", "--path", data, "--dtype", "float32"]
    main([*model, "--out", str(out), "--max_new_tokens", "4000"])
    figures = read_metrics(out)["multi_turn"]
    named = [f"{category}_0" for category in sorted(CATEGORIES)]
    assert sorted(figures["too_long_for_model"]) == named
    assert figures["multi_turn"] is None
    assert {each["total"] for each in figures["categories"].values()} == {0}
    assert {line["correct"] for line in read_lines(out)} == {None}
    said = capsys.readouterr().out
    assert "not asked, since the model has too few positions: " in said
    assert all(name in said for name in named)


@pytest.mark.slow
def test_a_model_of_files_holds_dialogues(data: str, tiny_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    model = ["eval", str(tiny_folder), "--suite", "bfcl-multi-turn", "--path", data, "--dtype", "float32"]
    main([*model, "--out", str(out), "--max_new_tokens", "8", "--limit", "1"])
    figures = read_metrics(out)["multi_turn"]
    assert sum(each["correct"] for each in figures["categories"].values()) == 0
    assert {line["correct"] for line in read_lines(out)} == {False}


def test_changed_dialogues_are_other_questions(data: str, tmp_path: Path) -> None:
    def hashes() -> Iterator[str]:
        for category in CATEGORIES[:1]:
            yield hash_questions(map(name_dialogue, read_entries(category, data)))

    before = list(hashes())
    other = GOLD | {"ground_truth": [["put('Dracula')"], *GOLD["ground_truth"][1:]]}
    write_data(tmp_path / "data", [ENTRY], [other])
    assert list(hashes()) != before


def test_a_folder_without_dialogues_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=str(tmp_path)):
        read_suite("bfcl-multi-turn", SuiteOptions(path=str(tmp_path)), Lookup())
