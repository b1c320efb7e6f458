"""Pairs made of the answers to one question, and the ranking that tells the better answer."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from lit_toolcall.data.corruptions import PAIR_CORRUPTIONS, is_corruptible
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.metrics import Score, name_problem, score_prediction
from lit_toolcall.prompting import Renderer
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Message, Prediction, Preference, UserError


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
    """Exactly the expected calls, then valid calls, then the right tools: as Gupta, Pandey and Jain (docs/paper.md)."""

    def rank(self, score: Score) -> tuple[float, ...]:
        return float(score.exact), float(score.valid), float(score.tools.are_all_right)


Ranks = dict[str, list[float]]
"""The ranks of the `chosen` and the `rejected` answer: an empty list for one that was not sampled, such as the known
answer or one with an error put in."""
RankedPair = tuple[Preference, Ranks]


@dataclass(frozen=True)
class PairOptions:
    """How many answers are sampled, and which pairs they become.

    Args:
        samples: answers sampled for each question.
        pairs_per_question: pairs made of a question's samples at most, those with the worst answers first.
        wrong_chosen: whether the best answer is chosen also where it is not exactly right, as long as its calls are
            valid.
        gold_chosen: whether the known right answer is chosen where no sample is exactly right.
        corrupted_fraction: fraction of all pairs, 0 to 1, whose rejected answer is the right one with an error put in.
    """

    samples: int = 8
    pairs_per_question: int = 2
    wrong_chosen: bool = False
    gold_chosen: bool = False
    corrupted_fraction: float = 0.2

    def __post_init__(self) -> None:
        check_ranges(
            type(self),
            samples=self.samples,
            pairs_per_question=self.pairs_per_question,
            corrupted_fraction=self.corrupted_fraction,
        )
        if self.wrong_chosen and self.gold_chosen:
            raise UserError("model.pairs: set wrong_chosen or gold_chosen, not both")


@dataclass(frozen=True)
class Candidate:
    """One sampled answer.

    Args:
        message: the answer as it will stand in the pair: calls where they are written as a renderer writes them, the
            text as it came where not.
        prediction: the calls that were read from it.
        score: its measurements.
    """

    message: Message
    prediction: Prediction
    score: Score

    @property
    def key(self) -> str:
        """Equal for answers with the same calls, in whatever order these and their arguments stand and whatever text is
        beside them, and for answers without calls that differ in spaces only.
        """
        if self.prediction.calls:
            calls = [[call.name, json.dumps(call.arguments, sort_keys=True)] for call in self.prediction.calls]
            return json.dumps(sorted(calls))
        return " ".join(self.prediction.text.split())


def read_candidate(renderer: Renderer, question: Example, text: str, is_cut: bool = False) -> Candidate | None:
    """Read a sampled answer, which may have been cut off; None where it is empty."""
    prediction = renderer.parse(text, is_cut)
    written = renderer.cut_answer(text).removesuffix(renderer.template.turn_end)
    if not written.strip():
        return None
    message = Message("assistant", written)
    if prediction.calls:
        as_calls = Message("assistant", "", prediction.calls)
        try:
            same = renderer.render_answer(as_calls).removesuffix(renderer.template.turn_end) == written
        except CallSyntaxError:  # written another way, the calls may nest deeper than the format holds
            same = False
        message = as_calls if same else message
    return Candidate(message, prediction, score_prediction(prediction, question))


def make_pairs(
    example: Example, candidates: Sequence[Candidate], ranking: AnswerRanking, options: PairOptions
) -> list[RankedPair]:
    """Pair the best answer with the worse ones, the worst first.

    Answers of equal rank make no pair, and near-duplicates of an answer make no second one.

    Args:
        example: the question, with the right answer.
        candidates: answers to it, in the order they were sampled.
        ranking: tells the better of two.
        options: how many, and which may be chosen.

    >>> from lit_toolcall.pairs.making import PaperRanking
    >>> question = Example("q", (), (Message("user", "Who are you?"),), Message("assistant", "A model."))
    >>> answers = ("I am a model.", "<|tool_code|>")  # no tool is asked for: the broken call is wrong
    >>> predictions = (Prediction(answers[0], ()), Prediction(answers[1], None))
    >>> candidates = [
    ...     Candidate(Message("assistant", text), prediction, score_prediction(prediction, question))
    ...     for text, prediction in zip(answers, predictions)
    ... ]
    >>> [(pair, ranks)] = make_pairs(question, candidates, PaperRanking(), PairOptions())
    >>> pair.chosen[0].content, pair.rejected[0].content, pair.reason
    ('I am a model.', '<|tool_code|>', 'syntax')
    >>> ranks
    {'chosen': [1.0, 1.0, 1.0], 'rejected': [0.0, 0.0, 1.0]}
    """
    distinct = {candidate.key: candidate for candidate in reversed(candidates)}
    ranked = sorted(((rank_answer(ranking, each.score), each) for each in distinct.values()), key=lambda pair: pair[0])
    if not ranked:
        return []
    best_rank, best = next(pair for pair in ranked if pair[0] == ranked[-1][0])
    if best.score.exact or (options.wrong_chosen and best.score.valid):
        chosen: Message | None = best.message
        worse = [pair for pair in ranked if pair[0] < best_rank]
    else:
        gold = example.answer if example.answer and example.answer.trained else None
        chosen = gold if options.gold_chosen else None
        worse, best_rank = ranked, ()
    if chosen is None:
        return []
    return [
        (
            _preference(example, number, chosen, each.message, str(each.score.problem)),
            {"chosen": list(best_rank), "rejected": list(rank)},
        )
        for number, (rank, each) in enumerate(worse[: options.pairs_per_question])
    ]


def make_corruption(example: Example, rng: Random) -> RankedPair | None:
    """Pair the right answer with the same one made wrong in one way.

    None where there is no way, or where the row does not train its answer.
    """
    assert example.answer is not None
    if not example.answer.trained or not is_corruptible(example):
        return None
    for corruption in rng.sample(PAIR_CORRUPTIONS, len(PAIR_CORRUPTIONS)):
        calls = corruption(example, rng)
        if calls is not None:
            wrong = Message("assistant", "", calls)
            problem = name_problem(Prediction("", calls), example)
            return _preference(example, "c", example.answer, wrong, str(problem)), {"chosen": [], "rejected": []}
    return None


def _preference(example: Example, number: int | str, chosen: Message, rejected: Message, reason: str) -> Preference:
    return Preference(
        id=f"{example.id}#{number}",
        tools=example.tools,
        messages=example.messages,
        chosen=(chosen,),
        rejected=(rejected,),
        reason=reason,
        place=example.place,
        origins=example.origins,
    )
