"""Pairs of answers from a model's own samples."""

from lit_toolcall.pairs.files import PairParts
from lit_toolcall.pairs.making import Candidate, PairOptions, make_corruption, make_pairs, read_candidate
from lit_toolcall.pairs.ranking import AnswerRanking, PaperRanking
from lit_toolcall.pairs.records import preference_to_record

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
