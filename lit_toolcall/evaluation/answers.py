"""Answering questions and scoring the answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.evaluation.answerer import Answer, Answerer
from lit_toolcall.evaluation.confidence import Confidence
from lit_toolcall.generation import Generated
from lit_toolcall.metrics import Score, name_unreadable, score_prediction
from lit_toolcall.types import Example, Message, Prediction, ToolCall


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
        problem = self.score.problem if self.score else name_unreadable(self.prediction)
        answer = self.example.answer
        return {
            "id": self.example.id,
            "category": self.example.category,
            **self._origin,
            "question": [_write_message(message) for message in self.example.messages],
            "tools": [tool.name for tool in self.example.tools],
            "expected": None if answer is None else _write_calls(answer.calls),
            **({"expected_text": answer.content} if answer is not None and answer.content else {}),
            "text": self.prediction.text,
            "calls": calls if calls is None else _write_calls(calls),
            "problem": problem,
            "correct": self.score.exact if self.score else None,
            "ast_correct": self.score.ast if self.score else None,
            "seconds": round(self.generated.seconds, 4),
            "tokens": self.generated.tokens,
            "confidence": self.confidence.record if self.confidence else None,
        }

    @property
    def _origin(self) -> dict[str, str]:
        """Of a changed form of a question, `ORIGINAL@KIND=LEVEL`: the id of the original."""
        made_of = self.example.made_of
        is_form = len(made_of) == 1 and self.example.id.startswith(f"{made_of[0]}@")
        return {"variant_of": made_of[0]} if is_form else {}


def _write_message(message: Message) -> dict[str, Any]:
    calls = {"calls": _write_calls(message.calls)} if message.calls else {}
    return {"role": message.role, "content": message.content, **calls}


def _write_calls(calls: Iterable[ToolCall]) -> list[dict[str, Any]]:
    return [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]


def answer_examples(answerer: Answerer, examples: Sequence[Example]) -> list[Answered]:
    """Answer one batch of questions, and score the answers where the right one is known.

    Args:
        answerer: answers them.
        examples: the questions.

    Raises:
        UserError: a question cannot be answered.
    """
    return [score_answer(*each) for each in zip(examples, answerer.stream(examples), strict=True)]


def score_answer(example: Example, answer: Answer) -> Answered:
    """Score an answer, where the right one is known."""
    known = example.answer is not None or example.bfcl is not None
    score = score_prediction(answer.prediction, example) if known else None
    return Answered(example, answer.prediction, answer.generated, score, answer.confidence)
