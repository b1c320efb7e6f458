"""Which of two answers is better."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from lit_toolcall.metrics import Score
from lit_toolcall.types import UserError


class AnswerRanking(ABC):
    """Ranks answers to one question; a config may name a subclass of your own by its import path."""

    @abstractmethod
    def rank(self, score: Score) -> tuple[float, ...]:
        """Give an answer's rank, compared value by value; higher is better, and equal ones make no pair."""


def rank_answer(ranking: AnswerRanking, score: Score) -> tuple[float, ...]:
    """Ask a ranking for an answer's rank.

    Raises:
        UserError: it is not a tuple of numbers.
    """
    rank: Any = ranking.rank(score)
    if isinstance(rank, tuple) and rank and all(isinstance(part, int | float) and part == part for part in rank):
        return rank
    raise UserError(f"model.ranking: {type(ranking).__name__}.rank returned {rank!r}: return a tuple of numbers")


class PaperRanking(AnswerRanking):
    """Exactly the expected calls, then calls that are valid, then the right tools: the paper's order."""

    def rank(self, score: Score) -> tuple[float, ...]:
        return float(score.exact), float(score.valid), float(score.tools.are_all_right)
