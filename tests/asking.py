"""Prompts put to the engine that runs a model in this process."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import PreTrainedModel

from lit_toolcall.generation import Generated, GenerationOptions, Request, TransformersEngine, ask_engine
from lit_toolcall.prompting import Renderer


def ask(
    model: PreTrainedModel,
    renderer: Renderer,
    prompts: Sequence[Sequence[int]],
    options: GenerationOptions,
    samples: int = 1,
    logprobs: bool = False,
) -> list[Generated]:
    """Return all samples of the first prompt, then those of the next."""
    request = Request(prompts, renderer.stop_strings, options, samples, logprobs=logprobs)
    return [answer for of_prompt in ask_engine(TransformersEngine(model, renderer), request) for answer in of_prompt]
