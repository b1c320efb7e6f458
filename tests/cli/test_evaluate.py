"""The command `eval` as a user meets it: figures, files, what is asked again, and what is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from chat_server import ChatServer, Reply, complete, serve
from conftest import CITIES, make_row
from filelock import FileLock
from processes import run, start, wait_for
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.evaluation import endpoint

KEY = "sk-this-is-a-secret-1234"
RIGHT = ("Oslo", "Lima", "Rome")
Run = Callable[..., str]


OURS = ("--formats", "default")
"""A base model is asked in the format of our runs alone."""


def write_rows(path: Path, count: int = 8, **changes: Any) -> str:
    rows = [{**make_row(CITIES[number % 8], number), "id": f"row-{number}", **changes} for number in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def answer_some(body: dict[str, Any], _number: int = 0) -> Reply:
    """Answer right where the city is one of `RIGHT`, with a wrong city elsewhere."""
    city, days = re.findall(r"Weather in (\w+) for (\d+) days", body["messages"][-1]["content"])[-1]
    arguments = {"city": city if city in RIGHT else "Nowhere", "days": int(days)}
    return Reply(complete(None, ("get_weather", json.dumps(arguments))))


@pytest.fixture(autouse=True)
def fast_and_keyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with serve(answer_some) as running:
        yield running


@pytest.fixture
def rows(tmp_path: Path) -> str:
    return write_rows(tmp_path / "rows.jsonl")


def remote(server: ChatServer, rows: str, out: Path, *more: str) -> list[str]:
    """Write the command that asks a server."""
    engine = ["--engine", "openai", "--base_url", server.base_url]
    return ["eval", "mine", "--suite", rows, "--out", str(out), *engine, *more]


def wait_for_requests(server: ChatServer) -> int:
    """Count the requests, when those that were under way have come in."""
    count = -1
    while count != len(server.bodies):
        count = len(server.bodies)
        time.sleep(0.3)
    return count


def read_lines(out: Path) -> list[dict[str, Any]]:
    """Read the answers, without what a clock says."""
    lines = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def read_metrics(out: Path) -> dict[str, Any]:
    metrics: dict[str, Any] = json.loads((out / "metrics.json").read_text())
    return metrics


# --- a model behind a server


def test_a_served_model_is_scored(
    server: ChatServer, rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    main(remote(server, rows, out))
    said = capsys.readouterr()
    metrics = read_metrics(out)
    exact = metrics["all"]["exact_match"]
    assert (exact["correct"], exact["total"]) == (3, 8)  # 3 of 8 cities
    assert metrics["all"]["problems"] == {"value": 5}
    assert metrics["suite"]["ids"] == [f"row-{number}" for number in range(8)]
    assert [line["correct"] for line in read_lines(out)] == [True] * 3 + [False] * 5
    assert "exact match                      37.5%" in said.out
    assert f"written: {out / 'metrics.json'}" in said.out
    assert "8/8" in said.err
    assert sorted(path.name for path in out.iterdir()) == [".lock", "metrics.json", "predictions.jsonl", "results.json"]


def test_the_key_is_in_no_file_and_in_nothing_said(
    server: ChatServer, rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(remote(server, rows, tmp_path / "out"))
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    said = capsys.readouterr()
    assert KEY not in said.out + said.err
    assert not any(KEY.encode() in path.read_bytes() for path in (tmp_path / "out").iterdir())


def test_a_server_that_dies_in_the_middle_costs_no_answer(
    rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    is_restarted = False

    def die(body: dict[str, Any], number: int) -> Reply:
        is_alive = number < 5 or is_restarted
        return answer_some(body) if is_alive else Reply({"error": {"message": "out of memory"}}, status=500)

    out, whole = tmp_path / "out", tmp_path / "whole"
    with serve(die) as server:
        command = remote(server, rows, out, "--batch_size", "1", "--retries", "0")
        assert "out of memory" in fails(capsys, *command)
        assert not (out / "predictions.jsonl").exists()
        asked, is_restarted = len(server.bodies), True
        main(command)
        assert len(server.bodies) == asked + 3
        assert "5 questions are answered already" in capsys.readouterr().out
        main(remote(server, rows, whole))
    assert read_lines(out) == read_lines(whole)
    assert read_metrics(out) == read_metrics(whole)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--engine", "openai"], "--engine openai and --base_url belong together"),
        (["--base_url", "http://localhost:1/v1"], "--engine openai and --base_url belong together"),
        (
            ["--engine", "openai", "--base_url", "http://localhost:1/v1", "--devices", "2"],
            "--devices: one process asks a server; raise --batch_size for more requests at a time",
        ),
        (
            ["--engine", "openai", "--base_url", "http://localhost:1/v1", "--dtype", "float32"],
            "--dtype: the server holds the model: leave it out of --engine openai",
        ),
        (["--batch_size", "0"], "--batch_size=0 must be at least 1"),
        (["--devices", "0"], "--devices=0 must be at least 1"),
        (["--max_new_tokens", "0"], "--max_new_tokens=0 must be at least 1"),
        (["--limit", "0"], "--limit=0 must be at least 1"),
        (["--fraction", "1.5"], "--fraction=1.5 must be above 0 and at most 1"),
        (["--fraction", "nan"], "--fraction=nan"),
        (["--robust", "[typo]"], "--robust: no change is named 'typo': choose from "),
        (["--robust", "[unseen]"], "--robust: `unseen` compares with the training rows: give their file by --training"),
        (["--shots", "2"], "--shots: give the file of solved rows by --shots_path"),
        (["--categories", "[simple]"], "--categories: the suite has no 'simple': choose from "),
        (["--categories", "simple"], "`categories` is a list, not a string: give `[simple]`"),
        (["--limit", "many"], "--limit=many must be a whole number"),
        (["--limit"], "--limit has no value: write one after it"),
        (["--limits", "3"], "there is no setting `limits`: did you mean `limit`?"),
        (["--lim", "3"], "there is no setting `lim`: did you mean `limit`?"),
        (["--engine", "vllm"], "--engine=vllm is not one of transformers, openai"),
        (["--dtype", "f16"], "--dtype=f16 is not one of float32, bfloat16, float16"),
        (["--prompt.call_formt", "x"], "`prompt` has no `call_formt`: did you mean `call_format`?"),
        (["--accelerator", "banana"], "--accelerator banana --devices 1: You selected an invalid accelerator name"),
        (["more"], "`more` belongs to no option: eval takes one MODEL"),
    ],
)
def test_a_setting_that_cannot_be_used(
    given: list[str], sentence: str, rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    said = fails(capsys, "eval", str(tmp_path / "none"), "--suite", rows, "--out", str(out), *given)
    assert sentence in said
    assert said.count("\n") == 1
    assert not out.exists() or "--accelerator" in given


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ([], "MODEL and --suite and --out"),
        (["m"], "--suite and --out"),
        (["m", "--suite", "bfcl"], "--out"),
        (["--suite", "bfcl", "--out", "o"], "MODEL"),
    ],
)
def test_what_is_needed_is_named(given: list[str], missing: str, capsys: pytest.CaptureFixture[str]) -> None:
    cure = "write `lit_toolcall eval MODEL --suite bfcl-small --out FOLDER`"
    assert fails(capsys, "eval", *given) == f"error: eval needs {missing}: {cure}\n"


def test_a_misspelt_suite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    said = fails(capsys, "eval", "m", "--suite", "bfc-smal", "--out", out)
    assert said == "error: --suite bfc-smal: no such suite or file: did you mean `bfcl-small`?\n"
    said = fails(capsys, "eval", "m", "--suite", "gorilla", "--out", out)
    assert "choose from bfcl, bfcl-small, bfcl-multi-turn, api-bank, robust, all, or name a file" in said


# --- the folder of answers


def test_a_finished_folder_is_shown_and_nothing_is_asked(
    server: ChatServer, rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    main(remote(server, rows, out))
    first = capsys.readouterr().out
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    main(remote(server, rows, out))
    again = capsys.readouterr().out
    assert len(server.bodies) == 8
    assert again.rpartition("\n\n")[0] == first.rpartition("\n\n")[0]
    assert f"{out} holds all answers already: nothing was asked; --overwrite true asks anew" in again
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    main(remote(server, rows, out, "--overwrite", "true"))
    assert len(server.bodies) == 16
    assert "are replaced" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda command, _: command.__setitem__(1, "other"), "base model mine, now other"),
        (lambda command, _: command.extend(["--limit", "3"]), "questions"),
        (lambda command, _: command.extend(["--max_new_tokens", "9"]), "decoding"),
        (lambda _, rows: write_rows(rows, expected_output={"function": "get_weather", "arguments": {"city": "A"}}), ""),
    ],
)
def test_a_folder_of_other_answers_is_refused(
    change: Callable[[list[str], Path], object],
    word: str,
    server: ChatServer,
    rows: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    command = remote(server, rows, out)
    main(command)
    before = read_lines(out)
    change(command, Path(rows))
    said = fails(capsys, *command)
    assert f"{out} holds the answers of `eval`, which differ" in said
    assert word in said
    assert "name another folder by --out" in said
    said = fails(capsys, *command, "--overwrite", "true")
    assert "which differ" in said
    assert read_lines(out) == before


@pytest.mark.parametrize("batch_size", ["1", "8"])
def test_answers_are_kept_when_the_user_interrupts(
    batch_size: str,
    server: ChatServer,
    rows: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, whole = tmp_path / "out", tmp_path / "whole"
    stream, left = endpoint.EndpointAnswerer.stream, [3]

    def interrupted(self: Any, questions: Any) -> Iterator[Any]:
        for answer in stream(self, questions):
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            yield answer

    monkeypatch.setattr(endpoint.EndpointAnswerer, "stream", interrupted)
    command = remote(server, rows, out, "--batch_size", batch_size)
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 130
    said = capsys.readouterr()
    assert f"The answers so far are in {out}; the same command resumes with the other questions." in said.out
    assert said.err.rstrip().endswith("interrupted")
    monkeypatch.setattr(endpoint.EndpointAnswerer, "stream", stream)
    (part,) = out.glob("predictions.rank*.part")
    with part.open("a") as file:
        file.write('{"record": {"id": "row-7", "cor')  # of a process that was killed while it wrote
    asked = wait_for_requests(server)
    main(command)
    assert len(server.bodies) - asked == 5
    main(remote(server, rows, whole))
    assert read_lines(out) == read_lines(whole)
    assert read_metrics(out) == read_metrics(whole)
    assert sorted(path.name for path in out.iterdir()) == sorted(path.name for path in whole.iterdir())


def test_a_folder_that_cannot_be_used(
    server: ChatServer, rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert f"--out={file}: File exists: name another folder" in fails(capsys, *remote(server, rows, file))
    unknown = tmp_path / "unknown"
    unknown.mkdir()
    (unknown / "predictions.jsonl").write_text("{}\n")
    said = fails(capsys, *remote(server, rows, unknown))
    assert f"{unknown} holds predictions.jsonl, and nothing says what made it: move it away, or name another" in said
    (unknown / "results.json").write_text("[]")
    said = fails(capsys, *remote(server, rows, unknown))
    assert f"{unknown / 'results.json'}: not what `test`, `predict` and `eval` write" in said
    used = tmp_path / "used"
    used.mkdir()
    with FileLock(used / ".lock"):
        said = fails(capsys, *remote(server, rows, used))
    assert f"--out={used}: another process uses this folder: wait until it ends, or name another folder" in said
    assert not server.bodies


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into every folder")
def test_a_folder_without_permission(
    server: ChatServer, rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert f"--out={closed}: it cannot be written to" in fails(capsys, *remote(server, rows, closed))


def test_files_of_other_programs_are_left_alone(server: ChatServer, rows: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    main(remote(server, rows, out))
    assert (out / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("error", [MemoryError("9 GB"), torch.OutOfMemoryError("9 GB")])
def test_too_little_memory_names_the_settings_of_this_command(
    error: Exception,
    server: ChatServer,
    rows: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any) -> Iterator[Any]:
        raise error

    monkeypatch.setattr(endpoint.EndpointAnswerer, "stream", fail)
    said = fails(capsys, *remote(server, rows, tmp_path / "out"))
    assert said == "error: out of memory (9 GB): lower --batch_size (16), or set --quantization 4bit\n"


# --- what the terminal gets


def test_no_control_character_of_a_file_reaches_the_terminal(
    server: ChatServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {**make_row("Oslo", number), "id": f"\x1b[2J{number}", "category": f"\x1b[31mred{number}"}
        for number in range(4)
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    main(remote(server, str(path), tmp_path / "out"))
    shown = capsys.readouterr().out
    assert "red0" in shown
    assert "\x1b[31m" not in shown
    assert "\x1b[2J" not in shown
    main(remote(server, str(path), tmp_path / "out"))
    assert "\x1b[31m" not in capsys.readouterr().out
    said = fails(capsys, *remote(server, str(path), tmp_path / "other", "--categories", "[blue]"))
    assert r"choose from \x1b[31mred0, \x1b[31mred1" in said


def test_help_explains_each_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["eval", "--help"])
    assert stopped.value.code == 0
    said = capsys.readouterr().out
    entries = re.split(r"^  --", said, flags=re.MULTILINE)[1:]
    assert len(entries) >= 25
    for entry in entries:
        words = [word for word in entry.partition("(type")[0].split()[1:] if re.match(r"[a-z`O]", word)]
        assert len(words) >= 3, entry
    assert "`robust`: questions of BFCL" in " ".join(said.split())


# --- batches and processes


@pytest.mark.slow
def test_batches_of_1_7_and_all_give_the_same_figures(tiny_folder: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 9)
    model = ["eval", str(tiny_folder), "--suite", rows, "--dtype", "float32", "--max_new_tokens", "6", *OURS]
    for size in ("1", "7", "16"):
        main([*model, "--out", str(tmp_path / size), "--batch_size", size])
    assert read_lines(tmp_path / "1") == read_lines(tmp_path / "7") == read_lines(tmp_path / "16")
    assert read_metrics(tmp_path / "1") == read_metrics(tmp_path / "7") == read_metrics(tmp_path / "16")


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_a_command_that_is_killed_goes_on_where_it_stopped(sent: signal.Signals, rows: str, tmp_path: Path) -> None:
    def hesitate(body: dict[str, Any], number: int) -> Reply:
        reply = answer_some(body)
        return Reply(reply.body, wait_seconds=60) if number in (4, 5) else reply

    out, whole = tmp_path / "out", tmp_path / "whole"
    with serve(hesitate) as server:
        command = remote(server, rows, out, "--batch_size", "2")
        process = start(*command)
        wait_for(lambda: len(server.bodies) > 5)
        time.sleep(0.3)
        process.send_signal(sent)
        said = process.communicate(timeout=60)
        assert process.returncode == (-9 if sent == signal.SIGKILL else 130)
        assert "Traceback" not in said[1]
        main(command)
        assert len(server.bodies) == 6 + 4
        main(remote(server, rows, whole))
    assert read_lines(out) == read_lines(whole)
    assert read_metrics(out) == read_metrics(whole)


@pytest.mark.slow
def test_a_closed_output_is_no_error(server: ChatServer, rows: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    line = " ".join([sys.executable, "-m", "lit_toolcall", *remote(server, rows, out)])
    done = subprocess.run(f"{line} | head -1", shell=True, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    assert "error" not in done.stderr
    assert read_metrics(out)["all"]["total"] == 8


TWO = ("--devices", "2", "--accelerator", "cpu")


@pytest.mark.slow
@pytest.mark.parametrize("count", [9, 1])
def test_two_processes_give_the_figures_of_one(count: int, tiny_folder: Path, tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", count)
    model = ["eval", str(tiny_folder), "--suite", rows, "--dtype", "float32", "--max_new_tokens", "6", *OURS]
    main([*model, "--out", str(tmp_path / "one")])
    status, out, err = run(*model, "--out", str(tmp_path / "two"), *TWO)
    assert status == 0, err[-3000:]
    assert out.count("exact match") == out.count("written: ") == 1
    assert read_lines(tmp_path / "one") == read_lines(tmp_path / "two")
    assert read_metrics(tmp_path / "one") == read_metrics(tmp_path / "two")
    names = [sorted(path.name for path in (tmp_path / each).iterdir()) for each in ("one", "two")]
    assert names[0] == names[1]


@pytest.mark.slow
def test_two_processes_share_what_one_has_left(tiny_folder: Path, tmp_path: Path) -> None:
    """All that is left was in the share of one process."""
    rows = write_rows(tmp_path / "rows.jsonl", 8)
    model = ["eval", str(tiny_folder), "--suite", rows, "--dtype", "float32", "--max_new_tokens", "6", *OURS]
    main([*model, "--out", str(tmp_path / "one")])
    left = tmp_path / "left"
    shutil.copytree(tmp_path / "one", left)
    lines = read_lines(left)
    for name in ("predictions.jsonl", "metrics.json", "confidence.svg"):
        (left / name).unlink(missing_ok=True)
    kept = [{"record": {**line, "seconds": 0.1}, "score": None} for line in lines if int(line["id"][-1]) % 2 == 0]
    (left / "predictions.rank0.part").write_text("".join(json.dumps(line) + "\n" for line in kept))
    status, out, err = run(*model, "--out", str(left), *TWO)
    assert status == 0, err[-3000:]
    assert out.count("4 questions are answered already") == 1
    assert read_lines(left) == lines


@pytest.mark.slow
def test_an_error_in_two_processes_is_said_once(tmp_path: Path, tiny_folder: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 8)
    config = json.loads((tiny_folder / "config.json").read_text())
    (tiny_folder / "config.json").write_text(json.dumps({**config, "model_type": "mamba"}))
    status, _, err = run("eval", str(tiny_folder), "--suite", rows, "--out", str(tmp_path / "out"), *OURS, *TWO)
    assert status == 2, err[-3000:]
    assert err.count("error: ") == 1
    assert "Traceback" not in err


@pytest.mark.slow
def test_an_error_in_the_second_process_ends_the_first(tmp_path: Path, tiny_folder: Path) -> None:
    """A question of the second process alone is refused by the chat template."""
    template = tiny_folder / "chat_template.jinja"
    words = "{% for message in messages %}{% if 'Lima' in message['content'] %}{{ raise_exception('no Lima') }}"
    template.write_text(words + "{% endif %}{% endfor %}" + template.read_text())
    rows = write_rows(tmp_path / "rows.jsonl", 2)
    out = tmp_path / "out"
    model = ["eval", str(tiny_folder), "--suite", rows, "--dtype", "float32", "--max_new_tokens", "6", *OURS]
    status, said, err = run(*model, "--out", str(out), *TWO)
    assert status == 2, err[-3000:]
    assert err.count("error: ") == 1
    assert "no Lima" in err
    assert "Traceback" not in err
    assert said.count("The answers so far are in") <= 1


@pytest.mark.slow
def test_an_interrupt_ends_both_processes(tmp_path: Path, tiny_folder: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 300)
    out = tmp_path / "out"
    model = ["eval", str(tiny_folder), "--suite", rows, "--dtype", "float32", "--max_new_tokens", "200", *OURS]
    process = start(*model, "--out", str(out), *TWO, "--batch_size", "2")
    wait_for(lambda: (out / "predictions.rank0.part").exists() and (out / "predictions.rank0.part").stat().st_size > 0)
    os.killpg(process.pid, signal.SIGINT)
    said, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.count("interrupted") == 1
    assert "Traceback" not in err
    assert said.count("The answers so far are in") == 1
    kept = sum(len(part.read_text().splitlines()) for part in out.glob("predictions.rank*.part"))
    assert 0 < kept < 300


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_no_process_is_left_when_one_is_killed(killed: int, tmp_path: Path, tiny_folder: Path) -> None:
    rows = write_rows(tmp_path / "rows.jsonl", 300)
    out = tmp_path / "out"
    model = ["eval", str(tiny_folder), "--suite", rows, "--dtype", "float32", "--max_new_tokens", "200", *OURS]
    process = start(*model, "--out", str(out), *TWO, "--batch_size", "2")
    parts = [out / f"predictions.rank{rank}.part" for rank in (0, 1)]
    wait_for(lambda: all(part.exists() and part.stat().st_size > 0 for part in parts))
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill([process.pid, int(child)][killed], signal.SIGKILL)
    process.communicate(timeout=60)  # ends when no process holds its pipes
    assert process.returncode != 0
    assert not any(pid_exists(pid) for pid in (process.pid, int(child)))


def pid_exists(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0]
    except OSError:
        return False
