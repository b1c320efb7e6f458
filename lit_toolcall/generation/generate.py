"""Batched generation that stops each answer where it is complete."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from transformers import GenerationConfig, PreTrainedModel, StoppingCriteria, StoppingCriteriaList

from lit_toolcall.generation.shared_trunk import SHARED_TRUNK, read_trunk, sharing
from lit_toolcall.models.policy import attention, base_of
from lit_toolcall.prompting import Renderer
from lit_toolcall.ranges import check_ranges

if TYPE_CHECKING:
    from peft import PeftModel

TAIL_TOKENS = 16
"""How far back a stop string is looked for: longer than any stop string in tokens."""


@dataclass(frozen=True)
class GenerationOptions:
    """How answers are decoded.

    Args:
        max_new_tokens: tokens after which an answer is cut off.
        temperature: 0 takes the likeliest token each time; above 0 samples.
        top_p: sampling considers the likeliest tokens up to this share of probability, above 0 and at most 1.
        repetition_penalty: above 1 makes tokens less likely that occur in the prompt or answer already; 1 for none.
    """

    max_new_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        check_ranges(
            type(self),
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            repetition_penalty=self.repetition_penalty,
        )


@dataclass(frozen=True)
class Generated:
    """One answer.

    Args:
        text: up to and with its stop string; empty where its prompt leaves the model no position.
        tokens: how many were generated for it.
        seconds: from the start of its batch to its own end, as who asked would wait for it.
    """

    text: str
    tokens: int
    seconds: float


class AnswerEnds(StoppingCriteria):
    """Marks the rows of a batch whose answers are complete, and keeps when that was.

    Args:
        renderer: decodes, and knows the strings and tokens that end an answer.
        prompt_tokens: length of the padded prompts, where these do not count.
        most_tokens: of each row's answer; empty for no bound.

    Attributes:
        tokens: of each complete row's answer.
        seconds: from the making of this object to each complete row's end.
    """

    def __init__(self, renderer: Renderer, prompt_tokens: int, most_tokens: Sequence[int] = ()) -> None:
        self.renderer = renderer
        self.prompt_tokens = prompt_tokens
        self.most_tokens = most_tokens
        self.end_ids = set(renderer.end_ids)
        self.begun = time.perf_counter()
        self.tokens: dict[int, int] = {}
        self.seconds: dict[int, float] = {}

    def __call__(self, input_ids: Tensor, scores: Tensor, **_: object) -> Tensor:  # noqa: ARG002 (transformers' signature)
        said = input_ids.shape[1] - self.prompt_tokens
        begin = max(self.prompt_tokens, input_ids.shape[1] - TAIL_TOKENS)
        for row, tail in enumerate(input_ids[:, begin:].tolist()):
            if row not in self.tokens and self._is_complete(row, tail, said):
                self.tokens[row], self.seconds[row] = said, time.perf_counter() - self.begun
        return torch.tensor([row in self.tokens for row in range(len(input_ids))], device=input_ids.device)

    def _is_complete(self, row: int, tail: list[int], said: int) -> bool:
        if not self.end_ids.isdisjoint(tail[-1:]) or (self.most_tokens and said >= self.most_tokens[row]):
            return True
        text = self.renderer.decode(tail)
        return any(stop in text for stop in self.renderer.stop_strings)


def generate_answers(
    model: PreTrainedModel | PeftModel,
    renderer: Renderer,
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    samples: int = 1,
) -> list[Generated]:
    """Answer one batch of prompts.

    Args:
        model: in eval mode.
        renderer: decodes, and knows where answers end.
        prompts: token ids.
        options: how to decode.
        samples: answers a prompt; the model reads the prompt once for all of them.

    Returns:
        All answers of the first prompt, then those of the next.
    """
    rooms = [find_room(renderer, prompt, options.max_new_tokens) for prompt in prompts]
    asked = [number for number, room in enumerate(rooms) if room]
    if len(asked) < len(prompts):
        answers = iter(generate_answers(model, renderer, [prompts[each] for each in asked], options, samples))
        return [next(answers) if room else Generated("", 0, 0.0) for room in rooms for _ in range(samples)]
    if not prompts:
        return []
    tokenizer = renderer.tokenizer
    padding = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    input_ids, mask = pad_left(prompts, padding)
    config = GenerationConfig(
        max_new_tokens=max(rooms),
        do_sample=options.temperature > 0,
        temperature=options.temperature if options.temperature > 0 else None,
        top_p=options.top_p if options.temperature > 0 else None,
        top_k=0 if options.temperature > 0 else None,
        repetition_penalty=options.repetition_penalty,
        eos_token_id=renderer.end_ids,
        pad_token_id=padding,
    )
    ends = AnswerEnds(renderer, input_ids.shape[1], [room for room in rooms for _ in range(samples)])
    input_ids, mask = input_ids.to(model.device), mask.to(model.device)
    with torch.inference_mode():
        output = _generate(model, config, input_ids, mask, ends, samples)
    rows = output[:, input_ids.shape[1] :].tolist()
    return [
        Generated(_cut(renderer, renderer.decode(ids[: ends.tokens[row]])), ends.tokens[row], ends.seconds[row])
        for row, ids in enumerate(rows)
    ]


def find_room(renderer: Renderer, prompt: Sequence[int], max_new_tokens: int) -> int:
    """Count the tokens that an answer may have: no more than the model has positions after the prompt."""
    if renderer.positions is None:
        return max_new_tokens
    return min(max_new_tokens, max(0, renderer.positions - len(prompt)))


def _generate(
    model: PreTrainedModel | PeftModel,
    config: GenerationConfig,
    input_ids: Tensor,
    mask: Tensor,
    stop: StoppingCriteria,
    samples: int,
) -> Tensor:
    """Run transformers' generation; several samples over one trunk."""
    base: Any = base_of(model)  # whose class mixes `generate` in
    ids, seen = input_ids.repeat_interleave(samples, dim=0), mask.repeat_interleave(samples, dim=0)
    options = {"generation_config": config, "stopping_criteria": StoppingCriteriaList([stop])}
    with attention(model, "sdpa"):
        if samples == 1 or input_ids.shape[1] == 1:
            return cast(Tensor, base.generate(input_ids=ids, attention_mask=seen, **options))
        trunk = read_trunk(model, input_ids, mask)
    with attention(model, SHARED_TRUNK), sharing(trunk) as cache:
        return cast(Tensor, base.generate(input_ids=ids, attention_mask=seen, past_key_values=cache, **options))


def pad_left(prompts: Sequence[Sequence[int]], padding: int) -> tuple[Tensor, Tensor]:
    """Pad prompts on the left to one length.

    Returns:
        (B, L) token ids and (B, L) attention mask.

    >>> pad_left([[5], [6, 7]], padding=0)[0].tolist()
    [[0, 5], [6, 7]]
    """
    length = max(len(prompt) for prompt in prompts)
    ids = [[padding] * (length - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (length - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids), torch.tensor(mask)


def _cut(renderer: Renderer, text: str) -> str:
    """Cut an answer after its first stop string."""
    ends = [text.find(stop) + len(stop) for stop in renderer.stop_strings if stop in text]
    return text[: min(ends)] if ends else text
