"""Prompts over the keys and values of the one before: the same answers, and only what is new is computed."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence

import pytest
from test_generation import model_for
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lit_toolcall.generation import (
    GenerationOptions,
    PrefixCacheEngine,
    Request,
    TransformersEngine,
    ask_engine,
)
from lit_toolcall.models.lora import LoraOptions, add_lora
from lit_toolcall.prompting import PromptOptions, Renderer

MakeModel = Callable[..., PreTrainedModel]
MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
TOOLS = "Tools: get_weather(city: str, days: int), get_time(city: str), and many more of which nobody knows. "


@pytest.fixture
def renderer(make_tokenizer: MakeTokenizer) -> Renderer:
    return Renderer(make_tokenizer(), PromptOptions())


def dialogue(renderer: Renderer) -> list[list[int]]:
    """Make the prompts of two dialogues' steps over the same tools, then one over others."""
    first = renderer.encode_text(f"{TOOLS}What is the weather in Oslo?")
    second = first + renderer.encode_text(" get_weather it is. It rains.")
    other = renderer.encode_text(f"{TOOLS}When is it in Lima?")
    return [first, second, second, first, other, renderer.encode_text("No tools at all.")]


def answer(engine: TransformersEngine, prompts: Sequence[Sequence[int]], logprobs: bool = False) -> list[tuple]:
    options = GenerationOptions(max_new_tokens=12, repetition_penalty=1.1)
    request = Request(prompts, engine.renderer.stop_strings, options, logprobs=logprobs)
    return [(said.text, said.tokens, said.logprobs) for (said,) in ask_engine(engine, request)]


@pytest.mark.parametrize("architecture", ["llama", "gemma3", "qwen2", "phi3"])
def test_answers_are_those_of_an_engine_that_keeps_nothing(
    architecture: str, renderer: Renderer, tiny_model: MakeModel
) -> None:
    sizes = {"vocab_size": len(renderer.tokenizer), "max_position_embeddings": 512}
    model = tiny_model(architecture, **sizes).eval()  # gemma3: two of three layers see 8 tokens
    kept, plain = PrefixCacheEngine(model, renderer), TransformersEngine(model, renderer)
    for prompt in dialogue(renderer):
        ((text, tokens, logprobs),) = answer(kept, [prompt], logprobs=True)
        ((expected, expected_tokens, expected_logprobs),) = answer(plain, [prompt], logprobs=True)
        assert (text, tokens) == (expected, expected_tokens)
        assert logprobs == pytest.approx(expected_logprobs, abs=1e-4)
    assert kept.reused_tokens > kept.computed_tokens


def test_only_what_is_new_is_computed(renderer: Renderer, tiny_model: MakeModel) -> None:
    model = model_for(renderer, tiny_model)
    seen: list[int] = []
    embeddings = model.get_input_embeddings()
    embeddings.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].shape[1]))
    engine = PrefixCacheEngine(model, renderer)
    first, second, _, _, other, none = dialogue(renderer)
    shared = next(n for n, (a, b) in enumerate(zip(second, other, strict=False)) if a != b)
    expected = {0: len(first), 1: len(second) - len(first), 2: 1, 3: len(other) - shared, 4: len(none)}
    for number, prompt in enumerate([first, second, second, other, none]):
        before = engine.computed_tokens, engine.reused_tokens
        seen.clear()
        ((_, tokens, _),) = answer(engine, [prompt])
        assert seen == [expected[number], *[1] * (tokens - 1)]
        assert engine.computed_tokens - before[0] == expected[number]
        assert engine.reused_tokens - before[1] == len(prompt) - expected[number]


def test_several_prompts_or_samples_run_as_ever(renderer: Renderer, tiny_model: MakeModel) -> None:
    model = model_for(renderer, tiny_model)
    engine, plain = PrefixCacheEngine(model, renderer), TransformersEngine(model, renderer)
    prompts = dialogue(renderer)[:3]
    answer(engine, prompts[:1])
    assert answer(engine, prompts) == answer(plain, prompts)
    request = Request(prompts[:1], renderer.stop_strings, GenerationOptions(8, temperature=1.0), samples=3, seed=1)
    texts = [[said.text for said in ask_engine(each, request)[0]] for each in (engine, plain)]
    assert texts[0] == texts[1]
    assert answer(engine, prompts[1:2]) == answer(plain, prompts[1:2])
    assert engine.identity == plain.identity


@pytest.mark.slow
def test_adapters_are_used(renderer: Renderer, tiny_model: MakeModel) -> None:
    adapted = add_lora(model_for(renderer, tiny_model), LoraOptions(r=2), ()).eval()
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(weight, std=0.5)
    engine, plain = PrefixCacheEngine(adapted, renderer), TransformersEngine(adapted, renderer)
    for prompt in dialogue(renderer):
        assert answer(engine, [prompt]) == answer(plain, [prompt])


def test_what_is_kept_is_one_prompt_and_can_be_freed(renderer: Renderer, tiny_model: MakeModel) -> None:
    engine = PrefixCacheEngine(model_for(renderer, tiny_model), renderer)
    for prompt in dialogue(renderer):
        answer(engine, [prompt])
        assert engine._kept is not None
        keys = engine._kept[1].layers[0].keys
        assert keys.shape[2] == len(prompt)
    kept = weakref.ref(engine._kept[1])
    engine.forget()
    gc.collect()
    assert kept() is None
    answer(engine, [prompt])
    assert engine.reused_tokens > 0


def test_nothing_is_kept_of_a_request_that_failed(
    renderer: Renderer, tiny_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = PrefixCacheEngine(model_for(renderer, tiny_model), renderer)
    first, second, *_ = dialogue(renderer)
    expected = answer(engine, [second])
    answer(engine, [first])
    with monkeypatch.context() as patch:
        patch.setattr(type(renderer), "decode", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            answer(engine, [second])
    assert engine._kept is None
    assert answer(engine, [second]) == expected
