"""The engine that runs a model in this process by transformers, and stops each answer where it is complete."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn
from transformers import DynamicCache, GenerationConfig, PreTrainedModel, StoppingCriteria, StoppingCriteriaList
from transformers.modeling_outputs import CausalLMOutput

from lit_toolcall.generation.engine import Engine, Generated, Request, find_room
from lit_toolcall.generation.shared_trunk import SHARED_TRUNK, read_trunk, sharing
from lit_toolcall.losses import token_logps
from lit_toolcall.models.forward import base_of, use_attention
from lit_toolcall.prompting import Renderer

if TYPE_CHECKING:
    from peft import PeftModel

TAIL_TOKENS = 16
"""Tokens at the end of an answer in which a stop string is looked for: more than any stop string has."""


class AnswerEnds(StoppingCriteria):
    """Marks the complete answers of a batch, and keeps when each was complete.

    Args:
        renderer: decodes, and knows the tokens that end an answer.
        stop_strings: that end an answer too.
        prompt_tokens: length of the padded prompts, which are left out.
        most_tokens: of each answer; empty for no bound.

    Attributes:
        tokens: numbers of tokens of the complete answers, by their place in the batch.
        cut: places of those that are complete only for their number of tokens.
        seconds: from the making of this object to the end of each of them.
    """

    def __init__(
        self, renderer: Renderer, stop_strings: Sequence[str], prompt_tokens: int, most_tokens: Sequence[int] = ()
    ) -> None:
        self.renderer = renderer
        self.stop_strings = stop_strings
        self.prompt_tokens = prompt_tokens
        self.most_tokens = most_tokens
        self.end_ids = set(renderer.end_ids)
        self.begun = time.perf_counter()
        self.tokens: dict[int, int] = {}
        self.cut: set[int] = set()
        self.seconds: dict[int, float] = {}

    def __call__(self, input_ids: Tensor, scores: Tensor, **_: object) -> Tensor:  # noqa: ARG002 (transformers' signature)
        new_tokens = input_ids.shape[1] - self.prompt_tokens
        begin = max(self.prompt_tokens, input_ids.shape[1] - TAIL_TOKENS)
        for answer, tail in enumerate(input_ids[:, begin:].tolist()):
            if answer in self.tokens:
                continue
            has_ended = self._has_ended(tail)
            if has_ended or (self.most_tokens and new_tokens >= self.most_tokens[answer]):
                self.tokens[answer], self.seconds[answer] = new_tokens, time.perf_counter() - self.begun
                if not has_ended:
                    self.cut.add(answer)
        return torch.tensor([answer in self.tokens for answer in range(len(input_ids))], device=input_ids.device)

    def _has_ended(self, tail: list[int]) -> bool:
        if not self.end_ids.isdisjoint(tail[-1:]):
            return True
        text = self.renderer.decode(tail)
        return any(stop in text for stop in self.stop_strings)


class TokenLogprobs(StoppingCriteria):
    """Keeps the log-probability of each new token, and stops nothing.

    Without it a request for log-probabilities would have to keep all logits, (B, V) a token.

    Attributes:
        steps: (B,) for each new token so far.
    """

    def __init__(self) -> None:
        self.steps: list[Tensor] = []

    def see(self, _: nn.Module, __: Any, output: CausalLMOutput) -> None:
        """Take the logits that the next token is chosen by: a forward hook of the model."""
        assert output.logits is not None
        self._logits = output.logits[:, -1]  # (B, V)

    def __call__(self, input_ids: Tensor, scores: Tensor, **_: object) -> Tensor:  # noqa: ARG002 (transformers' signature)
        self.steps.append(token_logps(self._logits, input_ids[:, -1]))
        return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)


class TransformersEngine(Engine):
    """Runs the model in this process by transformers; it reads a prompt once for all its samples."""

    def generate(self, request: Request) -> list[list[Generated]]:
        if request.seed is not None:
            torch.manual_seed(request.seed)
        rooms = [find_room(self.renderer, prompt, request.options.max_new_tokens) for prompt in request.prompts]
        asked = [prompt for prompt, room in zip(request.prompts, rooms, strict=True) if room]
        answers = iter(self._answer(request, asked, [room for room in rooms if room]) if asked else [])
        nothing = () if request.logprobs else None
        unanswered = Generated("", 0, 0.0, nothing, nothing, is_cut=True)
        return [[next(answers) if room else unanswered for _ in range(request.samples)] for room in rooms]

    def find_cache(self, prompts: Sequence[Sequence[int]], samples: int) -> DynamicCache | None:  # noqa: ARG002
        """Return the keys and values that generation begins with, of the first tokens of all prompts; None for none."""
        return None

    def _answer(self, request: Request, prompts: Sequence[Sequence[int]], rooms: Sequence[int]) -> list[Generated]:
        """Answer prompts of which each leaves room for an answer; all samples of the first, then those of the next."""
        tokenizer, options = self.renderer.tokenizer, request.options
        padding = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        input_ids, mask = pad_left(prompts, padding)
        config = GenerationConfig(
            max_new_tokens=max(rooms),
            do_sample=options.temperature > 0,
            temperature=options.temperature if options.temperature > 0 else None,
            top_p=options.top_p if options.temperature > 0 else None,
            top_k=0 if options.temperature > 0 else None,
            repetition_penalty=options.repetition_penalty,
            eos_token_id=self.renderer.end_ids,
            pad_token_id=padding,
        )
        most_tokens = [room for room in rooms for _ in range(request.samples)]
        ends = AnswerEnds(self.renderer, request.stop_strings, input_ids.shape[1], most_tokens)
        logprobs = TokenLogprobs() if request.logprobs else None
        input_ids, mask = input_ids.to(self.model.device), mask.to(self.model.device)
        with torch.inference_mode():
            cache = self.find_cache(prompts, request.samples)
            output = _generate(self.model, config, input_ids, mask, ends, logprobs, request.samples, cache)
        generated = output[:, input_ids.shape[1] :].tolist()
        of_tokens = torch.stack(logprobs.steps, dim=1).tolist() if logprobs else None  # (B * S, T)
        answers = []
        for number, ids in enumerate(generated):
            tokens = ends.tokens[number]
            text = _cut(self.renderer.decode(ids[:tokens]), request.stop_strings)
            of_answer = tuple(of_tokens[number][:tokens]) if of_tokens else None
            said = tuple(ids[:tokens]) if of_tokens else None
            answers.append(Generated(text, tokens, ends.seconds[number], of_answer, said, number in ends.cut))
        return answers


def _generate(
    model: PreTrainedModel | PeftModel,
    config: GenerationConfig,
    input_ids: Tensor,
    mask: Tensor,
    ends: AnswerEnds,
    logprobs: TokenLogprobs | None,
    samples: int,
    cache: DynamicCache | None,
) -> Tensor:
    """Run transformers' generation; several samples over one trunk, or one over keys and values that are there."""
    base: Any = base_of(model)  # whose class mixes `generate` in
    ids, seen = input_ids.repeat_interleave(samples, dim=0), mask.repeat_interleave(samples, dim=0)
    criteria = StoppingCriteriaList([ends, logprobs] if logprobs else [ends])
    options = {"generation_config": config, "stopping_criteria": criteria}
    with base.register_forward_hook(logprobs.see) if logprobs else nullcontext():
        with use_attention(model, "sdpa"):
            if samples == 1 or input_ids.shape[1] == 1:
                return cast(Tensor, base.generate(input_ids=ids, attention_mask=seen, past_key_values=cache, **options))
            trunk = read_trunk(model, input_ids, mask)
        with use_attention(model, SHARED_TRUNK), sharing(trunk) as cache:
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


def _cut(text: str, stop_strings: Sequence[str]) -> str:
    """Cut an answer after its first stop string."""
    ends = [text.find(stop) + len(stop) for stop in stop_strings if stop in text]
    return text[: min(ends)] if ends else text
