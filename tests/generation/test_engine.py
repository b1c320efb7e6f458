"""The seam for engines: an engine of a user's own answers in every command, seeds, and log-probabilities."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from asking import ask
from peft import PeftModel
from said import fails
from test_generation import model_for, reciting_model
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lit_toolcall.cli.lightning_cli import make_cli
from lit_toolcall.cli.main import main
from lit_toolcall.generation import Engine, Generated, GenerationOptions, Request, TransformersEngine, ask_engine
from lit_toolcall.prompting import PromptOptions, Renderer
from lit_toolcall.prompting.limits import ModelLimits
from lit_toolcall.types import UserError

MakeModel = Callable[..., PreTrainedModel]
MakeTokenizer = Callable[..., PreTrainedTokenizerFast]


class OneAnswer(Engine):
    """Says one thing to all prompts; a user's own engine.

    Args:
        model: not used.
        renderer: not used.
        text: what it says.
        forgotten: samples that it leaves out of each prompt's.
    """

    def __init__(self, model: PreTrainedModel | PeftModel, renderer: Renderer, text: str, forgotten: int = 0) -> None:
        super().__init__(model, renderer)
        self.text = text
        self.forgotten = forgotten

    @property
    def identity(self) -> str:
        return f"OneAnswer {self.text!r}"

    def generate(self, request: Request) -> list[list[Generated]]:
        answer = Generated(self.text + request.stop_strings[0], tokens=2, seconds=0.5)
        return [[answer] * (request.samples - self.forgotten) for _ in request.prompts]


class NoAnswer(Engine):
    """Lacks what an engine must do."""


def one_answer(text: str = "No.", forgotten: int = 0) -> dict[str, Any]:
    return {"class_path": "test_engine.OneAnswer", "init_args": {"text": text, "forgotten": forgotten}}


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["test", "predict"])
def test_an_engine_of_a_users_own_answers_questions(
    command: str, make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([command, "--config", str(make_config({"engine": one_answer("Maybe.")}, rows=5))])
    answers = read_lines(tmp_path / "run" / "predictions.jsonl")
    assert [(each["text"], each["tokens"], each["seconds"]) for each in answers] == [("Maybe.<|end|>", 2, 0.5)] * 5
    said = fails(capsys, command, "--config", str(make_config({"engine": one_answer("Never.")}, rows=5)))
    assert "(engine OneAnswer 'Maybe.', now OneAnswer 'Never.')" in said


@pytest.mark.slow
def test_an_engine_of_a_users_own_answers_while_training(make_config: Callable[..., Path], tmp_path: Path) -> None:
    callbacks = [{"class_path": "SampleCalls", "init_args": {"questions": 3, "at_start": True}}]
    trainer = {"callbacks": callbacks, "max_epochs": 1}
    config = make_config({"engine": one_answer()}, {"validation_fraction": 0.25, "max_tokens": 600}, trainer)
    main(["fit", "--config", str(config)])
    samples = sorted((tmp_path / "run" / "samples").glob("*.jsonl"))
    assert [path.name for path in samples] == ["step=0-rank=0.jsonl", "step=3-rank=0.jsonl"]
    assert [each["text"] for path in samples for each in read_lines(path)] == ["No.<|end|>"] * 6


@pytest.mark.slow
def test_pairs_are_made_of_the_engines_answers(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"samples": 3, "gold_chosen": True, "corrupted_fraction": 0.0}
    model = {"pairs": options, "engine": one_answer(), "generation": {"temperature": 1.0}}
    path = make_config(model, trainer={"callbacks": []}, rows=5)
    path.write_text(path.read_text().replace("SFTModule", "PairModule"))
    config = ["--config", str(path)]
    main(["pairs", *config])
    pairs = read_lines(tmp_path / "run" / "pairs.jsonl")
    assert [pair["rejected"][0]["content"] for pair in pairs] == ["No.<|end|>"] * 5
    forgetful = ["--model.init_args.engine.init_args.forgotten", "1"]
    said = fails(capsys, "pairs", *config, *forgetful, "--trainer.default_root_dir", str(tmp_path / "other"))
    assert "model.engine: OneAnswer.generate must return a list for each of 5 prompts, of 3 answers each" in said


@pytest.mark.parametrize(
    ("engine", "sentence"),
    [
        (3, "`model.init_args.engine` is a number, and must be an Engine (`class_path: TransformersEngine`)"),
        ({"class_path": "Engine"}, "model.engine: Can't instantiate abstract class Engine"),
        ({"class_path": "test_engine.NoAnswer"}, "model.engine: Can't instantiate abstract class NoAnswer"),
        ({"class_path": "test_engine.OneAnswer"}, "OneAnswer needs `text`: set model.init_args.engine.init_args.text"),
        ({"class_path": "pathlib.PurePath"}, "`PurePath` is not an Engine: choose TransformersEngine"),
    ],
)
def test_what_is_no_engine_is_one_sentence(
    engine: object, sentence: str, make_config: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in fails(capsys, "predict", "--config", str(make_config({"engine": engine}, rows=2)))


def test_without_a_setting_the_model_in_this_process_answers(make_config: Callable[..., Path], tmp_path: Path) -> None:
    texts = []
    for model in ({}, {"engine": "TransformersEngine"}):
        module: Any = make_cli(["predict", "--config", str(make_config(model, rows=2))]).model
        assert type(module.answerer.engine) is TransformersEngine
        assert module.answerer.engine.model is module.policy
        texts.append([each["text"] for each in read_lines(tmp_path / "run" / "predictions.jsonl")])
    assert texts[0] == texts[1]


def test_answers_outside_a_list_for_their_prompt_are_one_sentence(
    make_tokenizer: MakeTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    monkeypatch.setattr(OneAnswer, "generate", lambda *_: [Generated("No.", 1, 0.0)])
    engine = OneAnswer(None, renderer, "")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="must return a list for each of 1 prompts, of 1 answers each"):
        ask_engine(engine, Request([[1]], (), GenerationOptions()))


def test_equal_seeds_give_equal_samples(make_tokenizer: MakeTokenizer, tiny_model: MakeModel) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    engine = TransformersEngine(model_for(renderer, tiny_model), renderer)
    options = GenerationOptions(max_new_tokens=8, temperature=2.0)

    def texts(seed: int) -> list[str]:
        request = Request([renderer.encode_text("Oslo?")], renderer.stop_strings, options, samples=4, seed=seed)
        return [answer.text for answer in ask_engine(engine, request)[0]]

    assert texts(1) == texts(1) != texts(2)


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("options", [{}, {"temperature": 1.5, "top_p": 0.9, "repetition_penalty": 1.3}])
def test_logprobs_are_those_of_a_forward_pass(
    samples: int,
    options: dict[str, float],
    make_tokenizer: MakeTokenizer,
    tiny_model: MakeModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    model = model_for(renderer, tiny_model)
    prompts = [renderer.encode_text(text) for text in ("Weather?", "And in Lima, for two days, please?")]
    outputs: list[Tensor] = []
    generate = model.generate

    def spy(**arguments: Any) -> Tensor:
        outputs.append(generate(**arguments))
        return outputs[-1]

    monkeypatch.setattr(model, "generate", spy)
    decoding = GenerationOptions(max_new_tokens=12, **options)  # type: ignore[arg-type]
    torch.manual_seed(0)
    answers = ask(model, renderer, prompts, decoding, samples, logprobs=True)
    torch.manual_seed(0)
    plain = ask(model, renderer, prompts, decoding, samples)
    assert [each.text for each in answers] == [each.text for each in plain]
    assert all(each.logprobs is None for each in plain)
    padded = max(map(len, prompts))
    for number, answer in enumerate(answers):
        said = outputs[0][number, padded : padded + answer.tokens]
        ids = torch.tensor([prompts[number // samples] + said.tolist()])
        with torch.inference_mode():
            expected = model(input_ids=ids).logits[0, -len(said) - 1 : -1].log_softmax(-1)  # (T, V)
        torch.testing.assert_close(torch.tensor(answer.logprobs), expected[range(len(said)), said], atol=1e-4, rtol=0)


def test_logprobs_end_with_their_answer(make_tokenizer: MakeTokenizer, tiny_model: MakeModel) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions(), ModelLimits((), positions=16))
    model = reciting_model(renderer, tiny_model, "A12<|end|>BC", "LMNPQRST")
    prompts = [[9] * 16, renderer.encode_text("A"), renderer.encode_text("L")]  # the first leaves no position
    answers = ask(model, renderer, prompts, GenerationOptions(max_new_tokens=5), logprobs=True)
    assert [len(each.logprobs or ()) for each in answers] == [0, 3, 5]
    assert answers[0].logprobs == ()
