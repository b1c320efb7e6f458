"""A model that is asked in batches of any size gives the same answers, problems and figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lit_toolcall.evaluation import Answered, EngineAnswerer, answer_examples
from lit_toolcall.generation import GenerationOptions, TransformersEngine
from lit_toolcall.metrics import summarize
from lit_toolcall.models.loading import add_token_rows
from lit_toolcall.prompting import PromptOptions, Renderer, encode_questions
from lit_toolcall.types import Example, Message, Tool, ToolCall

MakeModel = Callable[..., PreTrainedModel]
MakeTokenizer = Callable[..., PreTrainedTokenizerFast]


TOOLS = tuple(
    Tool(name, "", {"type": "object", "properties": {argument: {"type": "integer"}}, "required": [argument]})
    for name, argument in (("wait", "s"), ("dim", "to"))
)


def make_question(number: int) -> Example:
    """Ask for one call, for two, or for words."""
    wait, dim = ToolCall("wait", {"s": number}), ToolCall("dim", {"to": number})
    asked, calls = [("Wait {} s", (wait,)), ("Dim to {}", (dim,)), ("Both {}", (wait, dim)), ("Hi {}", ())][number % 4]
    answer = Message("assistant", "" if calls else "Hi.", calls)
    return Example(str(number), TOOLS, (Message("user", asked.format(number)),), answer)


def train(model: PreTrainedModel, renderer: Renderer, rows: list[Example], steps: int) -> None:
    """Train a random model until it answers in the right form, and not always rightly."""
    prompts = encode_questions(renderer, rows, 0)
    texts = [renderer.render_answer(row.answer) for row in rows if row.answer]
    answers = [renderer.encode_text(text) for text in texts]
    length = max(len(prompt) + len(answer) for prompt, answer in zip(prompts, answers, strict=True))
    ids, labels = torch.zeros(len(rows), length, dtype=torch.long), torch.full((len(rows), length), -100)
    for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
        ids[row, : len(prompt) + len(answer)] = torch.tensor([*prompt, *answer])
        labels[row, len(prompt) : len(prompt) + len(answer)] = torch.tensor(answer)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        model(input_ids=ids, labels=labels).loss.backward()
        optimizer.step()


def summarize_answers(answered: list[Answered]) -> dict[str, Any]:
    return summarize({"demo": [answer.score for answer in answered if answer.score is not None]})


@pytest.mark.slow
def test_batches_of_one_of_seven_and_of_all_give_the_same_figures(
    make_tokenizer: MakeTokenizer, tiny_model: MakeModel
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    model = tiny_model("llama", hidden_size=64, vocab_size=450, max_position_embeddings=512)
    add_token_rows(model, renderer.tokenizer, renderer.new_tokens)
    train(model, renderer, [make_question(number) for number in range(24)], steps=60)
    engine = TransformersEngine(model.eval(), renderer)
    rows = [make_question(number) for number in range(15, 31)]

    def ask(size: int, most_tokens: int) -> list[Answered]:
        batches = [rows[begin : begin + size] for begin in range(0, len(rows), size)]
        answerer = EngineAnswerer(engine, renderer, GenerationOptions(max_new_tokens=most_tokens))
        return [each for batch in batches for each in answer_examples(answerer, batch)]

    longest = max(answer.generated.tokens for answer in ask(len(rows), 40))
    for most_tokens in (40, longest - 1):  # all answers end, and the longest of them are cut off
        alone = ask(1, most_tokens)
        problems = summarize_answers(alone)["all"]["problems"]
        assert any(each.generated.is_cut for each in alone) == (most_tokens < longest)
        assert len(problems) >= 3
        for other in (ask(7, most_tokens), ask(len(rows), most_tokens)):
            for one, same in zip(alone, other, strict=True):
                assert one.record | {"seconds": 0} == same.record | {"seconds": 0}
                assert one.generated.is_cut == same.generated.is_cut
                assert one.score == same.score
            assert summarize_answers(other) == summarize_answers(alone)
