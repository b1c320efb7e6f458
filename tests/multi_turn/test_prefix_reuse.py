"""The tools of a dialogue are computed once, not once a step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from scripted import Said, gold_model
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lit_toolcall.generation import GenerationOptions, PrefixCacheEngine, Request, ask_engine
from lit_toolcall.models.loading import add_token_rows
from lit_toolcall.multi_turn import Entry, run_dialogues
from lit_toolcall.packing.trees import shared_prefix_length
from lit_toolcall.prompting import PromptOptions, Renderer
from lit_toolcall.types import Example


@pytest.mark.slow
def test_a_step_computes_what_is_new_in_it(
    shelf: Entry,
    make_tokenizer: Callable[..., PreTrainedTokenizerFast],
    tiny_model: Callable[..., PreTrainedModel],
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    model = tiny_model("llama", vocab_size=300, max_position_embeddings=8192)
    add_token_rows(model, renderer.tokenizer, renderer.new_tokens)
    engine = PrefixCacheEngine(model.eval(), renderer)
    entries = [replace(shelf, id=f"entry_{number}") for number in range(2)]
    gold = gold_model(entries)
    prompts: list[list[int]] = []
    computed: list[int] = []

    def ask(examples: Sequence[Example]) -> list[Said]:
        (example,) = examples
        prompts.append(renderer.encode_prompt(example))
        before = engine.computed_tokens
        ask_engine(engine, Request(prompts[-1:], renderer.stop_strings, GenerationOptions(max_new_tokens=2)))
        computed.append(engine.computed_tokens - before)
        return gold(examples)

    assert all(result.valid for result in run_dialogues(entries, ask))
    assert len(prompts) == 12  # 6 steps each
    assert computed[0] == len(prompts[0])
    tools = len(renderer.encode_text(renderer.render_system(shelf.turns[0].tools)))
    assert tools > 0.9 * computed[0]
    for number in range(1, 12):
        shared = shared_prefix_length(prompts[number - 1], prompts[number])
        assert computed[number] == max(1, len(prompts[number]) - shared)  # the last token is needed
        assert shared > tools  # also the second dialogue's first step
        assert number == 6 or shared >= len(prompts[number - 1]) - 2  # all that was said before
    assert sum(computed) < sum(map(len, prompts)) / 4
