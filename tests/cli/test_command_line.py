"""Beginnings and ends of commands: folders, checkpoints by folder, interrupts, pipes, errors of the machine."""

from __future__ import annotations

import builtins
import errno
import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from signal import SIGINT
from typing import Any

import pytest
import torch
import yaml
from conftest import TOOL
from said import fails

from lit_toolcall.cli import main as main_module
from lit_toolcall.cli.commands import COMMANDS, Command
from lit_toolcall.cli.main import main
from lit_toolcall.generation import Request, TransformersEngine

ROOT = Path(__file__).parents[2]


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "lit_toolcall", *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=os.environ | environment, stdout=pipe, stderr=pipe, text=True, cwd=ROOT)


@pytest.mark.parametrize("command", ["fit", "inspect"])
@pytest.mark.parametrize("config", [["--config"], ["-c"], ["--config="]])
def test_the_command_line_wins_wherever_it_stands(
    command: str, config: list[str], make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(make_config(trainer={"max_epochs": 2}))
    given = [config[0] + path] if config[0].endswith("=") else [*config, path]
    own = ["--trainer.max_epochs", "7", "--model.init_args.lora.r", "5"]
    with pytest.raises(SystemExit) as stopped:
        main([command, *own, *given, "--print_config"])
    assert not stopped.value.code
    written = yaml.safe_load(capsys.readouterr().out)
    assert (written["trainer"]["max_epochs"], written["model"]["init_args"]["lora"]["r"]) == (7, 5)


def test_a_config_without_a_name_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--config" in fails(capsys, "fit", "--trainer.max_epochs", "7", "--config")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["configs"], 141), (["--help"], 141), (["fit", "--help"], 0)],  # argparse gives up in silence
)
def test_a_reader_that_stops_reading_is_no_error(arguments: list[str], status: int) -> None:
    process = start(*arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(60) == status


@pytest.mark.slow
@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}])
def test_a_terminal_that_knows_ascii_only(environment: dict[str, str], tmp_path: Path) -> None:
    done = start("fit", "--config", f"{tmp_path}/ü😀.yaml", **environment)
    _, said = done.communicate(timeout=120)
    assert done.returncode == 2
    assert "Traceback" not in said
    assert "no such file" in said


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.3, 0.6, 1.0, 1.5, 3.0])
def test_an_interrupt_while_libraries_are_imported(seconds: float) -> None:
    process = start("fit", "--config", "quickstart.yaml", "--print_config")
    time.sleep(seconds)
    process.send_signal(SIGINT)
    _, said = process.communicate(timeout=120)
    if process.returncode == 0:
        pytest.skip("it was done before")
    assert process.returncode in (130, -SIGINT), said  # -SIGINT: before Python had begun to run the program
    if process.returncode == 130:
        assert said.splitlines()[-1] == "interrupted"
        assert "Traceback" not in said


@pytest.mark.parametrize("command", ["test", "predict"])
def test_an_interrupt_while_answering(
    command: str,
    make_config: Callable[..., Path],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import signal

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TransformersEngine, "generate", interrupt)
    handler = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as stopped:
            main([command, "--config", str(make_config(rows=4))])
    finally:
        signal.signal(signal.SIGINT, handler)
    assert stopped.value.code == 130
    assert "Traceback" not in capsys.readouterr().err
    assert "Stopped. The answers so far are in " in caplog.text
    assert "the same command resumes with the other questions" in caplog.text
    assert "--ckpt_path" not in caplog.text


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    with pytest.raises(SystemExit, match=r"needs Python 3.11 or newer, and this is 3.10: start it with a newer python"):
        runpy.run_path(str(ROOT / "lit_toolcall" / "__main__.py"), run_name="__main__")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "x.ckpt"), "x.ckpt: No space left on device: free some"),
        (PermissionError(errno.EACCES, "Permission denied", "rows.jsonl"), "rows.jsonl: Permission denied"),
        (MemoryError(), ": raise trainer.accumulate_grad_batches"),
        (torch.OutOfMemoryError("CUDA out of memory"), ": raise trainer.accumulate_grad_batches"),
        (
            ModuleNotFoundError("No module named 'deepspeed'", name="deepspeed"),
            "No module named 'deepspeed': install it",
        ),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "a file is not UTF-8 (byte 0"),
        (yaml.YAMLError("bad"), "bad"),
    ],
)
def test_errors_of_the_machine_are_one_sentence(
    error: Exception, sentence: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: list[str]) -> None:
        raise error

    monkeypatch.setattr(main_module, "_dispatch", fail)
    said = fails(capsys, "configs")
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("error", [ValueError("x"), TypeError("x"), KeyError("x"), AssertionError()])
def test_a_defect_of_ours_keeps_its_trace(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> None:
        raise error

    monkeypatch.setattr(main_module, "_dispatch", fail)
    with pytest.raises(type(error)):
        main(["configs"])


def test_a_logger_whose_package_is_missing(
    make_config: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = builtins.__import__

    def without(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith(("tensorboard", "torch.utils.tensorboard")):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return found(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    logger = {"class_path": "lightning.pytorch.loggers.TensorBoardLogger", "init_args": {"save_dir": str(tmp_path)}}
    said = fails(capsys, "fit", "--config", str(make_config(trainer={"logger": logger})))
    assert "tensorboard" in said
    assert said.count("\n") == 1


def results(run: Path) -> tuple[str, str, dict[str, Any]]:
    return (
        (run / "predictions.jsonl").read_text(),
        (run / "metrics.json").read_text(),
        json.loads((run / "results.json").read_text()),
    )


@pytest.mark.slow
def test_results_are_replaced_by_their_like_only(
    make_config: Callable[..., Path], sft_checkpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, run = str(make_config(rows=6)), tmp_path / "run"
    main(["test", "--config", config])
    assert "are replaced" not in capsys.readouterr().out
    before = results(run)
    assert (before[2]["command"], before[2]["weights"]) == ("test", "none")
    main(["test", "--config", config, "--seed_everything", "7"])  # other adapters at the start, the same base model
    assert f"the answers in {run}, of the same model, questions and settings, are replaced" in capsys.readouterr().out
    cure = "name another folder by --trainer.default_root_dir"
    before = results(run)

    said = fails(capsys, "predict", "--config", config)
    assert f"{run} holds the answers of `test`, which differ (command test, now predict): {cure}" in said
    said = fails(capsys, "test", "--config", config, "--ckpt_path", sft_checkpoint)
    assert "which differ (trained weights none, now " in said
    said = fails(capsys, "test", "--config", config, "--data.init_args.test.init_args.limit", "3")
    assert "which differ (questions " in said
    said = fails(capsys, "test", "--config", config, "--prompt.call_format", "hermes")
    assert "which differ (prompts " in said
    said = fails(capsys, "test", "--config", config, "--model.init_args.generation.max_new_tokens", "3")
    assert "which differ (decoding max_new_tokens " in said
    assert "now max_new_tokens 3, temperature 0.0" in said
    assert results(run) == before


@pytest.mark.slow
def test_results_of_an_older_record_are_replaced_by_their_like(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, record = str(make_config(rows=6)), tmp_path / "run" / "results.json"
    main(["test", "--config", config])
    older = json.loads(record.read_text())
    del older["prompts"], older["decoding"]
    record.write_text(json.dumps(older))
    main(["test", "--config", config])
    assert "are replaced" in capsys.readouterr().out
    assert json.loads(record.read_text()).keys() > older.keys()


@pytest.mark.slow
def test_an_interrupted_test_keeps_others_out(
    make_config: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = str(make_config(rows=4))

    def fail(*_: Any, **__: Any) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(TransformersEngine, "generate", fail)
        assert "out of memory" in fails(capsys, "test", "--config", config)
    assert not (tmp_path / "run" / "predictions.jsonl").exists()
    assert "holds the answers of `test`" in fails(capsys, "predict", "--config", config)
    main(["test", "--config", config])
    assert not list((tmp_path / "run").glob("*.part"))


def test_results_of_unknown_origin_stay(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "predictions.jsonl").write_text("precious\n")
    said = fails(capsys, "test", "--config", str(make_config(rows=4)))
    assert f"{run} holds predictions.jsonl, and nothing says what made it: move it away" in said
    assert (run / "predictions.jsonl").read_text() == "precious\n"


@pytest.mark.slow
def test_two_runs_at_once_in_one_folder(
    make_config: Callable[..., Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config, said = str(make_config(rows=4)), []
    generate = TransformersEngine.generate

    def start_and_generate(self: TransformersEngine, request: Request) -> Any:
        said.append(fails(capsys, "fit", "--config", config))
        return generate(self, request)

    monkeypatch.setattr(TransformersEngine, "generate", start_and_generate)
    main(["test", "--config", config])
    assert f"trainer.default_root_dir={tmp_path / 'run'}: another process uses this folder" in said[0]
    monkeypatch.setattr(TransformersEngine, "generate", generate)
    main(["fit", "--config", config, "--trainer.max_steps", "1"])  # free again


@pytest.mark.slow
def test_a_killed_run_leaves_its_folder_free(tmp_path: Path) -> None:
    text = (
        "import os, sys; from lit_toolcall.cli.before_run import take_run_folder; "
        f"lock = take_run_folder({str(tmp_path / 'run')!r}); "
    )
    kill = subprocess.run([sys.executable, "-c", f"{text} os.kill(os.getpid(), 9)"], cwd=ROOT, check=False)
    assert kill.returncode == -9
    again = subprocess.run([sys.executable, "-c", text], cwd=ROOT, check=False)
    assert again.returncode == 0


@pytest.mark.slow
def test_the_home_folder_is_meant_in_every_path(
    make_config: Callable[..., Path],
    tmp_path: Path,
    tiny_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    logger = {"class_path": "lightning.pytorch.loggers.CSVLogger", "init_args": {"save_dir": "~/logs ü"}}
    make_config(
        trainer={"max_epochs": 1, "default_root_dir": "~/rün 1", "logger": logger}, data={"cache_dir": "~/my cache"}
    )
    common = ["--config", "~/config.yaml", "--base_model", f"~/{tiny_folder.name}"]
    main(["fit", *common])
    assert not (tmp_path / "~").exists()
    assert (tmp_path / "rün 1" / "checkpoints" / "last.ckpt").is_file()
    assert list((tmp_path / "my cache").iterdir())
    assert list((tmp_path / "logs ü").iterdir())
    assert "already holds a run" in fails(capsys, "fit", *common)
    main(["test", *common, "--ckpt_path", "~/rün 1/checkpoints/last.ckpt"])
    page = ["inspect", *common, "--report", "~/report 1.html"]
    main(page)
    assert (tmp_path / "report 1.html").is_file()
    new = ["--trainer.default_root_dir", "~/rün 2", "--model.init_args.init_adapter", "~/rün 1"]
    main(["fit", *common, *new])
    assert "no such folder" in fails(capsys, "validate", "--config", "~/config.yaml", "--base_model", "~/nothing")
    assert "~nobody_x" in fails(capsys, "fit", *common, "--trainer.default_root_dir", "~nobody_x/run")


@pytest.mark.slow
def test_a_variable_of_the_environment_is_meant_in_every_path(
    make_config: Callable[..., Path],
    tmp_path: Path,
    tiny_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCRATCH_X", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    make_config(trainer={"max_steps": 1, "default_root_dir": "$SCRATCH_X/run 1"}, data={"cache_dir": "${SCRATCH_X}/c"})
    common = ["--config", "$SCRATCH_X/config.yaml", "--base_model", f"$SCRATCH_X/{tiny_folder.name}"]
    main(["fit", *common])
    assert (tmp_path / "run 1" / "checkpoints" / "last.ckpt").is_file()
    assert list((tmp_path / "c").iterdir())
    said = fails(capsys, "fit", *common, "--trainer.default_root_dir", "$NOT_SET_X/run")
    assert "default_root_dir=$NOT_SET_X/run: $NOT_SET_X is not set in the environment" in said
    assert not list(tmp_path.glob("$*"))


@pytest.mark.slow
def test_a_checkpoint_by_its_folders(
    make_config: Callable[..., Path], sft_checkpoint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    last = Path(sft_checkpoint)
    config = ["--config", str(make_config(rows=4, trainer={"max_steps": 1}))]
    for number, place in enumerate((last, last.with_suffix(""), last.parent, last.parents[1])):
        main(["test", *config, "--ckpt_path", str(place)])
        assert results(tmp_path / "run")[2]["checkpoint"] == str(last)
        new = ["--trainer.default_root_dir", str(tmp_path / f"new {number}")]
        main(["fit", *config, *new, "--model.init_args.init_adapter", str(place)])
    last.rename(tmp_path / "away.ckpt")
    said = fails(capsys, "test", *config, "--ckpt_path", str(last.with_suffix("")))
    assert "a PEFT folder without last.ckpt beside it: give a .ckpt file of `fit`" in said


@pytest.mark.slow
def test_inspect_says_what_fit_will_say(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(rows=12)
    bad = {"query": "Weather?", "tools": [TOOL], "expected_output": {"function": "get_wether", "arguments": {}}}
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write(f"{json.dumps(bad)}\n" * 4)
    main(["inspect", "--config", str(config), "--rows", "1"])
    shown = capsys.readouterr().out
    assert "11 training and 1 validation rows of 16 read" in shown
    assert shown.count("rejected: ") == 4
    assert "rows.jsonl:13" in shown
    assert "fit will stop: 4 of 16 rows rejected, more than max_rejected_fraction=0.05" in shown
    said = fails(capsys, "fit", "--config", str(config))
    assert "4 of 16 rows rejected, more than max_rejected_fraction=0.05" in said


@pytest.mark.slow
def test_inspect_escapes_control_characters(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = make_config(rows=4)
    rows = (tmp_path / "rows.jsonl").read_text().replace("Weather in", "\\u001b[31mWeather\\u0008 \\u202e\\u009b in")
    (tmp_path / "rows.jsonl").write_text(rows)
    main(["inspect", "--config", str(config), "--report", str(tmp_path / "page.html")])
    main(["inspect", "--config", str(config)])
    shown = capsys.readouterr().out
    assert "\\x1b[31mWeather\\x08 \\u202e\\x9b in" in shown
    assert not any(each in shown for each in "\x1b\x08\u202e\x9b")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["measure_encoding.py"], "usage: measure_encoding.py BASE_MODEL ROWS"),
        (["convert_quickstart_model.py"], "usage: convert_quickstart_model.py FOLDER"),
    ],
)
def test_scripts_say_what_is_missing(arguments: list[str], sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, f"scripts/{arguments[0]}", *arguments[1:]],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def loaded_by(*arguments: str) -> set[str]:
    """Run a command in a process of its own, and list the packages that it has imported."""
    text = (
        "import sys\nfrom lit_toolcall.cli.main import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print('\\nloaded:', *{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.rpartition("loaded:")[2].split())


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("configs",), ("tset",), (), ("compare", "--help"), ("compare", "a", "b")],
)
def test_what_needs_no_library_answers_at_once(arguments: tuple[str, ...]) -> None:
    assert not loaded_by(*arguments) & {"lightning", "torch", "transformers", "torchmetrics", "pyarrow", "numpy"}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["fit", "inspect"])
def test_help_on_settings_leaves_out_what_it_does_not_need(command: str) -> None:
    # PEFT brings bitsandbytes, and with it a second and a half of torch's compiler
    assert not loaded_by(command, "--help") & {"peft", "bitsandbytes", "datasets", "wandb", "pandas"}


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    for name, command in COMMANDS.items():
        assert any(line.split() == [name, *command.help.split()] for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_found_where_the_table_says(name: str) -> None:
    module, _, function = COMMANDS[name].function.partition(":")
    assert callable(getattr(import_module(module), function))


def test_help_of_a_command_says_what_the_table_says(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["inspect", "--help"])
    assert not stopped.value.code
    said = capsys.readouterr().out
    assert said.startswith("usage: lit_toolcall inspect ")
    assert COMMANDS["inspect"].help in said


def test_a_new_command_is_one_entry(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(COMMANDS, "echo", Command("repeat the arguments", "builtins:print"))
    main(["echo", "--loud"])
    assert capsys.readouterr().out == "['echo', '--loud']\n"
    main(["--help"])
    assert "  echo      repeat the arguments\n" in capsys.readouterr().out
    assert "did you mean `echo`?" in fails(capsys, "ehco")
    assert "compare, inspect, configs, echo" in fails(capsys, "train")


def test_configs_takes_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    assert "configs takes no arguments, not even `x`" in fails(capsys, "configs", "x")


@pytest.mark.parametrize("option", [["--config", "quickstart.yaml", "fit"], ["-x"], ["--"]])
def test_an_option_before_the_command(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert "no command is given: write one of fit, " in fails(capsys, *option)
