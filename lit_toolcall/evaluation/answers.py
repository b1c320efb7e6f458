"""Answering questions and scoring the answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.evaluation.confidence import Confidence, measure_confidence
from lit_toolcall.generation import Engine, Generated, GenerationOptions, Request, ask_engine
from lit_toolcall.metrics import Score, score_prediction
from lit_toolcall.prompting import Renderer, encode_questions
from lit_toolcall.types import Example, Prediction


@dataclass(frozen=True)
class Answered:
    """A question with what a model answered.

    Args:
        example: the question.
        prediction: the answer's text and calls.
        generated: its text, tokens and seconds as the engine gave them.
        score: None where the right answer is not known.
        confidence: how sure the model was; None where that was not asked for, or the engine does not tell.
    """

    example: Example
    prediction: Prediction
    generated: Generated
    score: Score | None
    confidence: Confidence | None = None

    @property
    def record(self) -> dict[str, Any]:
        """The line of `predictions.jsonl`."""
        calls = self.prediction.calls
        problem = self.score.problem if self.score else self.prediction.problem
        return {
            "id": self.example.id,
            "category": self.example.category,
            "text": self.prediction.text,
            "calls": calls
            if calls is None
            else [{"name": call.name, "arguments": dict(call.arguments)} for call in calls],
            "problem": problem,
            "correct": self.score.exact if self.score else None,
            "ast_correct": self.score.ast if self.score else None,
            "seconds": round(self.generated.seconds, 4),
            "tokens": self.generated.tokens,
            "confidence": self.confidence.record if self.confidence else None,
        }


def answer_examples(
    engine: Engine,
    renderer: Renderer,
    examples: Sequence[Example],
    options: GenerationOptions,
    logprobs: bool = False,
) -> list[Answered]:
    """Answer one batch of questions, and score the answers where the right one is known.

    Args:
        engine: answers the prompts.
        renderer: writes the prompts and reads the answers.
        examples: the questions.
        options: how to decode.
        logprobs: whether to measure how sure the model is of its answers, which changes none of them.

    Raises:
        UserError: the chat template refuses a question's turns, or the engine does not answer all.
    """
    prompts = encode_questions(renderer, examples, options.max_new_tokens)
    generated = ask_engine(engine, Request(prompts, renderer.stop_strings, options, logprobs=logprobs))
    answered = []
    for example, (answer,) in zip(examples, generated, strict=True):
        prediction = renderer.parse(answer.text)
        known = example.answer is not None or example.bfcl is not None
        score = score_prediction(prediction, example) if known else None
        confidence = measure_confidence(renderer, prediction, answer) if logprobs else None
        answered.append(Answered(example, prediction, answer, score, confidence))
    return answered
