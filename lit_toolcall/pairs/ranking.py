"""Which of two answers is better."""

from __future__ import annotations

from abc import ABC, abstractmethod

from lit_toolcall.metrics import Score


class AnswerRanking(ABC):
    """Ranks answers to one question; a config may name a subclass of your own by its import path."""

    @abstractmethod
    def rank(self, score: Score) -> tuple[float, ...]:
        """Give an answer's rank, compared value by value; higher is better, and equal ones make no pair."""


class PaperRanking(AnswerRanking):
    """Exactly the expected calls, then calls that are valid, then the right tools: the paper's order."""

    def rank(self, score: Score) -> tuple[float, ...]:
        return float(score.exact), float(score.valid), float(score.tools.f1 == 1.0)
