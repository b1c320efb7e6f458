"""The seam for what is evaluated: a model in this process, or one behind an endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from lit_toolcall.evaluation.confidence import Confidence, measure_confidence
from lit_toolcall.formats import Lenient
from lit_toolcall.generation import Engine, Generated, GenerationOptions, Request, ask_engine
from lit_toolcall.prompting import Renderer, encode_questions
from lit_toolcall.types import Example, Prediction, Tool


@dataclass(frozen=True)
class Answer:
    """What was answered to one question.

    Args:
        prediction: its text and calls.
        generated: its text, tokens and seconds as they came.
        confidence: how sure the model was; None where that is not known.
        no_room: whether the prompt alone did not fit the model's context, so that nothing was answered.
        refusal: the sentence of a server that refuses this question for ever, so that nothing was answered.
    """

    prediction: Prediction
    generated: Generated
    confidence: Confidence | None = None
    no_room: bool = False
    refusal: str | None = None


class Answerer(Protocol):
    """Answers questions, whatever runs the model."""

    @property
    def identity(self) -> str:
        """What answers, and those of its settings that answers depend on."""

    def stream(self, questions: Sequence[Example]) -> Iterator[Answer]:
        """Answer some questions at a time, and yield the answers in their order, each as soon as it is there.

        Raises:
            UserError: one cannot be answered, after the answers before it.
        """


class EngineAnswerer:
    """Writes prompts by a renderer, lets an engine answer them, and reads the answers by the same renderer.

    Args:
        engine: answers prompts.
        renderer: writes the prompts and reads the answers.
        options: how to decode.
        logprobs: whether to measure how sure the model is of its answers, which changes none of them.
        lenient: whether calls in other formats than the renderer's are read too (`Lenient`): for base models alone.
    """

    def __init__(
        self,
        engine: Engine,
        renderer: Renderer,
        options: GenerationOptions,
        logprobs: bool = False,
        lenient: bool = False,
    ) -> None:
        self.engine = engine
        self.renderer = renderer
        self.options = options
        self.logprobs = logprobs
        self.lenient = lenient

    @property
    def identity(self) -> str:
        return f"{self.engine.identity}, read leniently" if self.lenient else self.engine.identity

    def stream(self, questions: Sequence[Example]) -> Iterator[Answer]:
        """Answer some questions at a time, and yield the answers in their order.

        Raises:
            UserError: the chat template refuses a question's turns, or the engine does not answer all.
        """
        prompts = encode_questions(self.renderer, questions, self.options.max_new_tokens)
        request = Request(prompts, self.renderer.stop_strings, self.options, logprobs=self.logprobs)
        for question, (answer,) in zip(questions, ask_engine(self.engine, request), strict=True):
            asked = self.renderer.format
            reader = Lenient(asked, list_arguments(question.tools)) if self.lenient else asked
            prediction = self.renderer.parse(answer.text, answer.is_cut, reader)
            confidence = measure_confidence(self.renderer, prediction, answer, reader) if self.logprobs else None
            yield Answer(prediction, answer, confidence)


def list_arguments(tools: Sequence[Tool]) -> dict[str, list[str]]:
    """List the arguments of each tool, in the order in which its schema declares them.

    >>> list_arguments([Tool("buy", "", {"properties": {"what": {}, "price": {}}})])
    {'buy': ['what', 'price']}
    """
    return {tool.name: list(tool.parameters.get("properties", {})) for tool in tools}
