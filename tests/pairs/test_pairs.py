"""The command `pairs`: stopping, resuming, ranks and seeds, and refusals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from asking import ask
from said import fails
from transformers import PreTrainedModel

from lit_toolcall.cli.lightning_cli import make_cli
from lit_toolcall.cli.main import main
from lit_toolcall.data.augment import JoinCalls
from lit_toolcall.data.sources import JsonLines, Ledger, Pairs
from lit_toolcall.datamodules import SFTDataModule
from lit_toolcall.generation import GenerationOptions, TransformersEngine
from lit_toolcall.modules.sampling import check_batches
from lit_toolcall.pairs import PairParts
from lit_toolcall.prompting import PromptOptions, load_renderer
from lit_toolcall.types import Example, Message, UserError

GENERATE = TransformersEngine.generate


@pytest.fixture
def pairs_config(make_config: Callable[..., Path]) -> Path:
    """A tiny run over 24 questions, 4 at a time; a random model is never right, so the known answer is chosen."""
    config_path = make_config(
        model={
            "generation": {"max_new_tokens": 6, "temperature": 1.0},
            "pairs": {"samples": 3, "gold_chosen": True, "corrupted_fraction": 0.25},
        },
        data={"eval_batch_size": 4},
    )
    config = yaml.safe_load(config_path.read_text())
    config["model"]["class_path"] = "PairModule"
    config["trainer"].pop("callbacks")
    config_path.write_text(yaml.safe_dump(config))
    return config_path


def make_file(config: Path, folder: Path, *arguments: str) -> str:
    main(["pairs", "--config", str(config), "--trainer.default_root_dir", str(folder), *arguments])
    return (folder / "pairs.jsonl").read_text()


def test_the_command_writes_a_pair_file(pairs_config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = make_file(pairs_config, tmp_path / "run")
    ledger = Ledger()
    pairs = list(Pairs(str(tmp_path / "run" / "pairs.jsonl")).read_preferences(ledger))
    assert not ledger.rejected
    assert len(pairs) == text.count("\n") > 24
    corrupted = [pair for pair in pairs if pair.id.endswith("#c")]
    assert len(corrupted) == int((len(pairs) - len(corrupted)) / 3)
    printed = capsys.readouterr().out
    assert "24 questions, 72 answers" in printed
    assert "by what is wrong with the rejected answer" in printed
    assert not list((tmp_path / "run").glob("*.part"))


@pytest.mark.slow
def test_stopped_anywhere_it_goes_on_to_the_same_file(
    pairs_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make_file(pairs_config, tmp_path / "whole")
    assert make_file(pairs_config, tmp_path / "again") == whole, "equal seeds give equal pairs"
    for stop_after in (0, 1, 4):
        folder = tmp_path / f"stopped{stop_after}"
        with monkeypatch.context() as patched:
            patched.setattr(TransformersEngine, "generate", stopping(stop_after))
            with pytest.raises(Killed):
                make_file(pairs_config, folder)
        part = folder / "pairs.rank0.part"
        part.write_bytes(part.read_bytes() + b'{"batch": 5, "pai')  # killed while it wrote
        assert make_file(pairs_config, folder) == whole


def test_a_full_disk_loses_no_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = PairParts(tmp_path, 0, {"settings": "a"})
    parts.begin()
    parts.add(3, {"pairs": []})

    def fill(path: Path, *_: object, **__: object) -> None:
        path.open("w").close()
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_text", fill)
        with pytest.raises(OSError, match="No space left"):
            PairParts(tmp_path, 0, {"settings": "a"}).begin()
    again = PairParts(tmp_path, 0, {"settings": "a"})
    again.begin()
    assert again.done == {3}
    assert again.read() == [{"batch": 3, "pairs": []}]


@pytest.mark.slow
def test_a_terminated_run_ends_after_its_batch_and_goes_on(
    pairs_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def terminated(*arguments: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return GENERATE(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(TransformersEngine, "generate", terminated)
        with pytest.raises(SystemExit, match=r"Stopped after 1 of \d+ batches. Start again to resume."):
            make_file(pairs_config, tmp_path / "terminated")
    assert make_file(pairs_config, tmp_path / "terminated") == make_file(pairs_config, tmp_path / "whole")


def test_an_interrupted_run_says_how_to_resume(
    pairs_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> object:
        raise KeyboardInterrupt

    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patched:
        patched.setattr(TransformersEngine, "generate", interrupted)
        try:
            with pytest.raises(SystemExit, match="130"):
                make_file(pairs_config, tmp_path / "run")
            assert "Stopped; the batches done are kept. Start again to resume." in capsys.readouterr().err
        finally:
            signal.signal(signal.SIGINT, handler)  # Lightning leaves further interrupts ignored


class Killed(Exception):
    """Ends a run as a defect would: it is no mistake of a user's."""


def stopping(after: int) -> Callable[..., object]:
    calls = iter(range(after))

    def generate(*arguments: object) -> object:
        if next(calls, None) is None:
            raise Killed
        return GENERATE(*arguments)  # type: ignore[arg-type]

    return generate


@pytest.mark.slow
def test_another_seed_gives_other_pairs(pairs_config: Path, tmp_path: Path) -> None:
    first = make_file(pairs_config, tmp_path / "first")
    assert make_file(pairs_config, tmp_path / "second", "--model.init_args.seed", "7") != first


@pytest.mark.slow
def test_a_part_of_another_run_and_a_finished_file_are_refused(
    pairs_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(TransformersEngine, "generate", stopping(1))
        with pytest.raises(Killed):
            make_file(pairs_config, tmp_path / "run")
    with pytest.raises(SystemExit):
        make_file(pairs_config, tmp_path / "run", "--model.init_args.seed", "7")
    assert "was begun with other settings" in capsys.readouterr().err
    kept = yaml.safe_load((tmp_path / "run" / "config.predict.yaml").read_text())
    assert kept["model"]["init_args"]["seed"] == 42, "a refused run leaves the folder as it was"
    make_file(pairs_config, tmp_path / "run")
    with pytest.raises(SystemExit):
        make_file(pairs_config, tmp_path / "run")
    assert "pairs.jsonl is finished" in capsys.readouterr().err


@pytest.mark.slow
def test_two_ranks_make_the_same_pairs(pairs_config: Path, tmp_path: Path) -> None:
    one = make_file(pairs_config, tmp_path / "one")
    two = [sys.executable, "-m", "lit_toolcall", "pairs", "--config", str(pairs_config)]
    two += ["--trainer.default_root_dir", str(tmp_path / "two"), "--trainer.devices", "2", "--trainer.strategy", "ddp"]
    subprocess.run(two, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, timeout=300)
    assert (tmp_path / "two" / "pairs.jsonl").read_text() == one


def deal(data: SFTDataModule, loader: str, ranks: int) -> list[list[int]]:
    """The questions of each batch, over all ranks; every rank must have at least one batch."""
    dealt: list[list[int]] = []
    for rank in range(ranks):
        data.trainer = SimpleNamespace(global_rank=rank, world_size=ranks)  # type: ignore[assignment]
        batches: Any = getattr(data, loader)()
        assert len(batches)
        dealt += [[int(question.id) for question in batch] for batch in batches]
    return sorted(dealt)


def test_batches_do_not_depend_on_the_ranks(tiny_folder: Path) -> None:
    data = SFTDataModule(str(tiny_folder), PromptOptions(), eval_batch_size=10)
    data.questions = [
        Example(str(number), (), (Message("user", "Wait."),), Message("assistant", "Yes.")) for number in range(16)
    ]
    numbers = list(range(16))
    assert deal(data, "predict_dataloader", 2) == deal(data, "predict_dataloader", 1) == [numbers[:10], numbers[10:]]
    assert deal(data, "test_dataloader", 2) == [numbers[:8], numbers[8:]], "a test's are balanced"
    data.eval_batch_size = 16
    assert deal(data, "predict_dataloader", 2) == [numbers[:8], numbers[8:]], "`predict` has work for both all the same"
    batches = data.question_batches()
    check_batches(batches, ranks=1)
    sentence = "16 questions make 1 batches of data.eval_batch_size for 2 devices: set it to 8 or less, or lower"
    with pytest.raises(UserError, match=sentence):
        check_batches(batches, ranks=2)


JOINED = "[{class_path: JoinCalls, init_args: {fraction: 1.0}}]"


@pytest.mark.slow
def test_questions_of_pairs_are_augmented(pairs_config: Path, tmp_path: Path) -> None:
    text = make_file(pairs_config, tmp_path / "run", "--data.init_args.augment", JOINED)
    pairs = [json.loads(line) for line in text.splitlines()]
    joined = [pair for pair in pairs if "+joined#" in pair["id"]]
    assert joined
    assert all(len(pair["origins"]) > 1 for pair in joined)
    assert all(pair["id"].startswith(pair["origins"][0]) for pair in pairs)
    assert make_file(pairs_config, tmp_path / "again", "--data.init_args.augment", JOINED) == text


@pytest.mark.slow
def test_questions_of_other_commands_stay_as_they_are(
    make_config: Callable[..., Path], tmp_path: Path, tiny_folder: Path
) -> None:
    main(["predict", "--config", str(make_config()), "--data.init_args.augment", JOINED])
    assert "+joined" not in (tmp_path / "run" / "predictions.jsonl").read_text()
    questions = JsonLines("demo:validation.jsonl", "demo:tools.jsonl", limit=40)
    data = SFTDataModule(str(tiny_folder), PromptOptions(), test=[questions], augment=[JoinCalls(fraction=1.0)])
    data.setup("test")
    assert data.questions == list(questions.read(Ledger()))


@pytest.mark.slow
def test_after_pairs_a_test_asks_the_questions_as_they_are(pairs_config: Path) -> None:
    arguments = ["pairs", "--config", str(pairs_config), "--data.init_args.augment", JOINED]
    data = make_cli(arguments).datamodule
    assert any(question.made_of for question in data.questions)
    for stage in ("test", "predict"):
        data.setup(stage)
        assert len(data.questions) == 24


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "gemma3", "phi3"])
def test_samples_share_the_prompt_and_change_no_answer(
    architecture: str, tiny_folder: Path, tiny_model: Callable[..., PreTrainedModel]
) -> None:
    renderer = load_renderer(str(tiny_folder), PromptOptions())
    model = tiny_model(architecture, vocab_size=len(renderer.tokenizer)).eval()
    prompts = [renderer.encode_text(text) for text in ("Weather in Oslo?", "And in Lima, for two days, please?")]
    options = GenerationOptions(max_new_tokens=24)
    alone = [answer.text for answer in ask(model, renderer, prompts, options)]
    shared = [answer.text for answer in ask(model, renderer, prompts, options, samples=3)]
    assert shared == [text for text in alone for _ in range(3)]
    assert alone[0] != alone[1]


def pairs_fail(capsys: pytest.CaptureFixture[str], config: Path, *arguments: str) -> str:
    return fails(capsys, "pairs", "--config", str(config), *arguments)


@pytest.mark.slow
def test_what_cannot_make_pairs_is_one_sentence(
    pairs_config: Path, make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "temperature is 0" in pairs_fail(capsys, pairs_config, "--model.init_args.generation.temperature", "0")
    assert "must be at least 1" in pairs_fail(capsys, pairs_config, "--model.init_args.pairs.samples", "0")
    assert "at least 0 and below 1" in pairs_fail(
        capsys, pairs_config, "--model.init_args.pairs.corrupted_fraction", "1"
    )
    both = pairs_fail(capsys, pairs_config, "--model.init_args.pairs.wrong_chosen", "true")
    assert "model.pairs: set wrong_chosen or gold_chosen, not both" in both
    bfcl = "[{class_path: Bfcl, init_args: {limit: 2, path: null}}]"
    assert "a benchmark's question" in pairs_fail(capsys, pairs_config, "--data.init_args.test", bfcl)
    (tmp_path / "rows.jsonl").write_text(json.dumps({"query": "Well?", "tools": []}) + "\n")
    assert "a question without an answer" in pairs_fail(capsys, pairs_config)
    preferences = ("--data", "PreferenceDataModule")
    assert "pairs needs data.class_path SFTDataModule, not Pref" in pairs_fail(capsys, pairs_config, *preferences)
    said = fails(capsys, "predict", "--config", str(pairs_config))
    assert "PairModule makes pairs: the command is `pairs`, not `predict`" in said
    assert "pairs needs model.class_path PairModule, not SFTModule" in pairs_fail(capsys, make_config())


def test_a_question_that_the_chat_template_refuses_is_named(
    pairs_config: Path, tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tiny_folder / "chat_template.jinja"
    refuse = "{% if messages[-1]['content'] == 'Again!' %}{{ raise_exception('no echo') }}{% endif %}"
    template.write_text(refuse + template.read_text())
    with (tmp_path / "rows.jsonl").open("a") as rows:
        rows.write(json.dumps({"query": "Again!", "tools": [], "expected_output": "No."}) + "\n")
    sentence = "the tokenizer's chat template refuses the turns user: no echo: fix the row"
    assert f"{tmp_path / 'rows.jsonl'}:25: {sentence}" in pairs_fail(capsys, pairs_config)


@pytest.mark.slow
def test_what_is_done_is_said(
    pairs_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(TransformersEngine, "generate", stopping(2))
        with pytest.raises(Killed):
            make_file(pairs_config, tmp_path / "run")
    make_file(pairs_config, tmp_path / "run")
    assert "resuming: 2 of 6 batches are done" in capsys.readouterr().out
