"""Pairs of answers from a model's own samples."""

from lit_toolcall.pairs.making import (
    AnswerRanking,
    Candidate,
    PairOptions,
    PaperRanking,
    make_corruption,
    make_pairs,
    read_candidate,
)
from lit_toolcall.pairs.pair_files import PairParts, preference_to_record

__all__ = [
    "AnswerRanking",
    "Candidate",
    "PairOptions",
    "PairParts",
    "PaperRanking",
    "make_corruption",
    "make_pairs",
    "preference_to_record",
    "read_candidate",
]
