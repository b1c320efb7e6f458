"""The seam for what is evaluated: a model in this process, or one behind an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lit_toolcall.generation import Engine, Generated, GenerationOptions, Request, ask_engine
from lit_toolcall.prompting import Renderer, encode_questions
from lit_toolcall.types import Example, Prediction


@dataclass(frozen=True)
class Answer:
    """What was answered to one question.

    Args:
        prediction: its text and calls.
        generated: its text, tokens and seconds as they came.
    """

    prediction: Prediction
    generated: Generated


class Answerer(Protocol):
    """Answers questions, whatever runs the model."""

    @property
    def identity(self) -> str:
        """What answers, and those of its settings that answers depend on."""

    def answer(self, questions: Sequence[Example]) -> list[Answer]:
        """Answer some questions at a time, in their order.

        Raises:
            UserError: one cannot be answered.
        """


class EngineAnswerer:
    """Writes prompts by a renderer, lets an engine answer them, and reads the answers by the same renderer.

    Args:
        engine: answers prompts.
        renderer: writes the prompts and reads the answers.
        options: how to decode.
    """

    def __init__(self, engine: Engine, renderer: Renderer, options: GenerationOptions) -> None:
        self.engine = engine
        self.renderer = renderer
        self.options = options

    @property
    def identity(self) -> str:
        return self.engine.identity

    def answer(self, questions: Sequence[Example]) -> list[Answer]:
        """Answer some questions at a time.

        Raises:
            UserError: the chat template refuses a question's turns, or the engine does not answer all.
        """
        prompts = encode_questions(self.renderer, questions, self.options.max_new_tokens)
        generated = ask_engine(self.engine, Request(prompts, self.renderer.stop_strings, self.options))
        return [Answer(self.renderer.parse(answer.text, answer.is_cut), answer) for (answer,) in generated]
