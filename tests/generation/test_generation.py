"""Answers end at their stop strings, each by itself, and do not depend on the batch they were generated in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from asking import ask
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerFast

from lit_toolcall.generation import GenerationOptions
from lit_toolcall.generation.shared_trunk import Trunk, attend_shared, sharing
from lit_toolcall.generation.transformers_engine import AnswerEnds
from lit_toolcall.models.loading import add_token_rows
from lit_toolcall.prompting import PromptOptions, Renderer
from lit_toolcall.prompting.limits import ModelLimits
from lit_toolcall.types import UserError

MakeModel = Callable[..., PreTrainedModel]
MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
TEMPLATE_WITHOUT_END = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}"


def model_for(renderer: Renderer, tiny_model: MakeModel) -> PreTrainedModel:
    sizes = {"hidden_size": 64, "vocab_size": 300, "max_position_embeddings": 512}
    model = tiny_model("llama", **sizes)
    add_token_rows(model, renderer.tokenizer, renderer.new_tokens)
    return model.eval()


def recite(model: PreTrainedModel, follows: Mapping[int, int]) -> None:
    """Make a model say one fixed token after each: its layers add nothing, so its output sees the last token only."""
    embeddings, outputs = model.get_input_embeddings().weight.data, model.get_output_embeddings().weight.data
    for layer in model.model.layers:
        layer.self_attn.o_proj.weight.data.zero_()
        layer.mlp.down_proj.weight.data.zero_()
    outputs.zero_()
    for token, following in follows.items():
        outputs[following] += embeddings[token] / embeddings[token].norm()


def reciting_model(renderer: Renderer, tiny_model: MakeModel, *lines: str) -> PreTrainedModel:
    """Make a model that, asked with a line's first token, answers with the rest; no token may come twice."""
    model = model_for(renderer, tiny_model)
    lines_ids = [renderer.encode_text(line) for line in lines]
    assert len({token for ids in lines_ids for token in ids}) == sum(len(ids) for ids in lines_ids)
    recite(model, {token: following for ids in lines_ids for token, following in pairwise(ids)})
    return model


@pytest.fixture
def renderer(make_tokenizer: MakeTokenizer) -> Renderer:
    return Renderer(make_tokenizer(), PromptOptions())


@pytest.mark.parametrize("penalty", [1.0, 1.2])
def test_batches_of_two_and_of_five_answer_alike(renderer: Renderer, tiny_model: MakeModel, penalty: float) -> None:
    model = model_for(renderer, tiny_model)
    question = "What is the weather in Oslo for the next two days?"
    prompts = [renderer.encode_text(question[:length]) for length in (4, 11, 20, 31, 50)]
    options = GenerationOptions(max_new_tokens=12, repetition_penalty=penalty)

    def answers(size: int) -> list[tuple[str, int]]:
        batches = [prompts[begin : begin + size] for begin in range(0, 5, size)]
        made = [answer for batch in batches for answer in ask(model, renderer, batch, options)]
        return [(answer.text, answer.tokens) for answer in made]

    assert answers(2) == answers(5) == answers(1)
    assert len(set(answers(5))) == 5


def test_each_answer_ends_at_its_own_stop_string(renderer: Renderer, tiny_model: MakeModel) -> None:
    lines = ["A12<|end|>BC", "DEF<|im_end|>GH", "LMNPQRST"]
    model = reciting_model(renderer, tiny_model, *lines)
    prompts = [renderer.encode_text(line)[:1] for line in lines]
    options = GenerationOptions(max_new_tokens=5)
    first, second, third = ask(model, renderer, [[9, 9, *prompts[0]], *prompts[1:]], options)
    assert (first.text, first.tokens) == ("12<|end|>", 3)  # the padding after it does not count
    assert (second.text, second.tokens) == ("EF<|im_end|>", 3)
    assert (third.text, third.tokens) == ("MNPQR", 5)
    assert [answer.is_cut for answer in (first, second, third)] == [False, False, True]
    assert all(answer.seconds > 0 for answer in (first, second, third))


@pytest.mark.parametrize("samples", [1, 2])
def test_an_answer_is_cut_off_by_its_bound_and_not_by_an_end(
    samples: int, make_tokenizer: MakeTokenizer, tiny_model: MakeModel
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions(), ModelLimits((), positions=8))
    model = reciting_model(renderer, tiny_model, "A12<|end|>BC", "DEF<|im_end|>GH", "LMNPQRST")
    prompts = [[9] * 8, [*[9] * 4, *renderer.encode_text("L")], *map(renderer.encode_text, "ADL")]
    expected = {  # by the bound: the first prompt leaves no position, the second one three
        3: [("", True), ("MNP", True), ("12<|end|>", False), ("EF<|im_end|>", False), ("MNP", True)],
        2: [("", True), ("MN", True), ("12", True), ("EF", True), ("MN", True)],
    }
    for most, answers in expected.items():
        said = ask(model, renderer, prompts, GenerationOptions(max_new_tokens=most), samples)
        assert [(each.text, each.is_cut) for each in said] == [each for each in answers for _ in range(samples)]


def test_generation_ends_when_all_answers_have(renderer: Renderer, tiny_model: MakeModel) -> None:
    model = reciting_model(renderer, tiny_model, "A12<|end|>BC", "D<|im_end|>GH")
    steps = []
    model.register_forward_hook(lambda *_: steps.append(1))
    prompts = [renderer.encode_text("A"), renderer.encode_text("D")]
    ask(model, renderer, prompts, GenerationOptions(max_new_tokens=50))
    assert len(steps) == 3  # 1, 2, <|end|>


def test_the_end_of_turn_counts_where_it_also_pads(make_tokenizer: MakeTokenizer, tiny_model: MakeModel) -> None:
    tokenizer = make_tokenizer()
    tokenizer.pad_token = tokenizer.eos_token  # as of SmolLM2
    renderer = Renderer(tokenizer, PromptOptions())
    model = reciting_model(renderer, tiny_model, "AB<|im_end|>C", "123<|end|>45", "LMNPQRST")
    prompts = [renderer.encode_text(text) for text in "A1L"]
    answers = ask(model, renderer, prompts, GenerationOptions(max_new_tokens=6))
    assert [answer.text for answer in answers] == ["B<|im_end|>", "23<|end|>", "MNPQRS"]
    assert [answer.tokens for answer in answers] == [2, 3, 6]


def test_a_model_without_a_padding_token_is_padded_with_its_end(
    make_tokenizer: MakeTokenizer, tiny_model: MakeModel
) -> None:
    tokenizer = make_tokenizer(TEMPLATE_WITHOUT_END)
    tokenizer.pad_token = None
    renderer = Renderer(tokenizer, PromptOptions("hermes"))
    model = reciting_model(renderer, tiny_model, "AB<|im_end|>C", "123456")
    prompts = [renderer.encode_text(text) for text in ("A", "1")]
    answers = ask(model, renderer, [[9, *prompts[0]], prompts[1]], GenerationOptions(max_new_tokens=4))
    assert [(answer.text, answer.tokens) for answer in answers] == [("B<|im_end|>", 2), ("2345", 4)]


def test_a_models_own_decoding_defaults_do_not_leak_in(renderer: Renderer, tiny_model: MakeModel) -> None:
    model = reciting_model(renderer, tiny_model, "A12345678")
    for name, value in {"do_sample": True, "temperature": 9.0, "top_k": 3, "repetition_penalty": 3.0}.items():
        setattr(model.generation_config, name, value)
    model.generation_config.eos_token_id = renderer.encode_text("4")
    options = GenerationOptions(max_new_tokens=5)
    (answer,) = ask(model, renderer, [renderer.encode_text("A")], options)
    assert answer.text == "12345"


def test_a_temperature_samples(renderer: Renderer, tiny_model: MakeModel) -> None:
    model, prompt = model_for(renderer, tiny_model), renderer.encode_text("Weather")
    torch.manual_seed(0)
    options = GenerationOptions(max_new_tokens=8, temperature=2.0)
    answers = ask(model, renderer, [prompt] * 4, options)
    assert len({answer.text for answer in answers}) > 1


def test_the_attention_of_training_is_set_again(renderer: Renderer, tiny_model: MakeModel) -> None:
    model = model_for(renderer, tiny_model)
    model.set_attn_implementation("eager")
    ask(model, renderer, [renderer.encode_text("A")], GenerationOptions(max_new_tokens=1))
    assert model.config._attn_implementation == "eager"


@pytest.mark.parametrize(
    ("special_tokens", "answer", "done"),
    [
        ("text", "f()\n<|end|>", True),  # spelt over several tokens
        ("text", "f()\n<|end|", False),
        ("text", "Fine.<|im_end|>", True),
        ("add", "f()<|end|>", True),
        ("add", "", False),
    ],
)
def test_a_stop_string_counts_in_the_answer_only(
    special_tokens: str, answer: str, done: bool, make_tokenizer: MakeTokenizer
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions(special_tokens=special_tokens))
    prompt = renderer.encode_text("Write <|end|> now.<|im_end|>")
    ids = torch.tensor([prompt + renderer.encode_text(answer)])
    assert AnswerEnds(renderer, renderer.stop_strings, len(prompt))(ids, torch.empty(0)).tolist() == [done]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_large_queries_and_keys_stay_finite_over_a_trunk(dtype: torch.dtype) -> None:
    # 16 * 90 * 90 = 129,600, above float16's 65,504; all scores are equal, so the values' mean comes out
    large = torch.full((1, 1, 3, 16), 90.0, dtype=dtype)
    values = torch.tensor([1.0, 2.0, 3.0, 6.0], dtype=dtype).view(1, 1, 4, 1).expand(1, 1, 4, 16)
    cache = DynamicCache()
    cache.update(large, values[:, :, :3], 0)
    with sharing(Trunk(cache, torch.ones(1, 3, dtype=torch.long))):
        one = large[:, :, :1]
        attended, _ = attend_shared(SimpleNamespace(layer_idx=0), one, one, values[:, :, 3:], None)  # type: ignore[arg-type]
    assert attended.dtype == dtype
    assert torch.equal(attended, torch.full((1, 1, 1, 16), 3.0, dtype=dtype))  # (1 + 2 + 3 + 6) / 4


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"top_p": -0.1}, r"generation\.top_p=-0\.1 must be above 0 and at most 1"),
        ({"top_p": 1.5}, r"generation\.top_p=1\.5 must be above 0 and at most 1"),
        ({"repetition_penalty": 0.0}, r"generation\.repetition_penalty=0\.0 must be above 0; 1 is no penalty"),
    ],
)
def test_a_setting_out_of_range_is_one_sentence(options: dict[str, float], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        GenerationOptions(**options)  # type: ignore[arg-type]
