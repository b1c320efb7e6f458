"""The seam for what is evaluated: a model in this process, or one behind an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lit_toolcall.generation import Generated
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
