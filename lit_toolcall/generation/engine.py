"""The seam for engines: requests, answers, and the class that every engine extends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from transformers import PreTrainedModel

from lit_toolcall.prompting import Renderer
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import UserError

if TYPE_CHECKING:
    from peft import PeftModel


@dataclass(frozen=True)
class GenerationOptions:
    """The settings of decoding.

    Args:
        max_new_tokens: tokens after which an answer is cut off.
        temperature: 0 takes the likeliest token each time; above 0 samples.
        top_p: sampling considers the likeliest tokens up to this sum of probabilities, above 0 and at most 1.
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
class Request:
    """A batch of prompts to answer.

    Args:
        prompts: token ids of each prompt. An engine that takes text decodes them, and loses the protection of text
            that spells a special token.
        stop_strings: an answer is complete after the first of them that it says, special tokens written out.
        options: how to decode.
        samples: answers per prompt.
        seed: of the samples; an equal request with an equal seed gets equal answers. None leaves it to the engine.
        logprobs: whether the log-probability of each token of the answers is asked for.
    """

    prompts: Sequence[Sequence[int]]
    stop_strings: tuple[str, ...]
    options: GenerationOptions
    samples: int = 1
    seed: int | None = None
    logprobs: bool = False


@dataclass(frozen=True)
class Generated:
    """One answer.

    Args:
        text: up to and with its stop string, special tokens written out; empty where its prompt leaves the model no
            position.
        tokens: how many were generated for it, its end included.
        seconds: from the request to its own end, as who asked would wait for it.
        logprobs: (tokens,) log-probability of each token in nats, as the model gives it: before the temperature, top-p
            and repetition penalty. None where the request asks for none.
        token_ids: (tokens,) the tokens themselves, in the renderer's vocabulary, where `logprobs` are given: they tell
            which part of the text each log-probability belongs to. None where that is not known.
        is_cut: whether it was stopped by `max_new_tokens` or the model's positions, not by an end of its own.
    """

    text: str
    tokens: int
    seconds: float
    logprobs: tuple[float, ...] | None = None
    token_ids: tuple[int, ...] | None = None
    is_cut: bool = False


class Engine(ABC):
    """Answers prompts with the weights that a model has when the engine is made.

    One is made at the start of `test`, `predict` and `pairs`, and at each validation in which `SampleCalls` answers. A
    config may name a subclass of your own by its import path, with further arguments of its constructor.

    Args:
        model: in eval mode, with its adapters; an engine that runs elsewhere reads or ignores its weights.
        renderer: its tokenizer, token ids that end an answer (`end_ids`), and positions.
    """

    def __init__(self, model: PreTrainedModel | PeftModel, renderer: Renderer) -> None:
        self.model = model
        self.renderer = renderer

    @property
    def identity(self) -> str:
        """The engine and those of its settings that answers depend on: results of another one are not replaced."""
        return type(self).__qualname__

    @abstractmethod
    def generate(self, request: Request) -> list[list[Generated]]:
        """Answer all prompts of a request.

        What its options do not name, such as top-k, is off. An answer has as many tokens as `find_room` gives it at
        most, and is empty where it gives none.

        Returns:
            For each prompt its samples.
        """


EngineFactory = Callable[[Any, Renderer], Engine]
"""Makes an engine of a model (PreTrainedModel or PeftModel) and its renderer."""


def ask_engine(engine: Engine, request: Request) -> list[list[Generated]]:
    """Ask an engine, and check that it answers all that it was asked.

    Returns:
        For each prompt its samples.

    Raises:
        UserError: it does not.
    """
    answers = engine.generate(request)
    counts = [len(samples) if isinstance(samples, list) else None for samples in answers]
    if counts != [request.samples] * len(request.prompts):
        raise UserError(
            f"model.engine: {type(engine).__name__}.generate must return a list for each of {len(request.prompts)} "
            f"prompts, of {request.samples} answers each"
        )
    return answers


def find_room(renderer: Renderer, prompt: Sequence[int], max_new_tokens: int) -> int:
    """Count the tokens that an answer may have: no more than the model has positions after the prompt."""
    if renderer.positions is None:
        return max_new_tokens
    return min(max_new_tokens, max(0, renderer.positions - len(prompt)))
