"""Asking a model questions, scoring its answers, and the files that hold them."""

from lit_toolcall.evaluation.answerer import Answer, Answerer, EngineAnswerer
from lit_toolcall.evaluation.answers import Answered, answer_examples
from lit_toolcall.evaluation.endpoint import EndpointAnswerer
from lit_toolcall.evaluation.results import (
    ResultFiles,
    ResultOrigin,
    Results,
    begin_results,
    hash_questions,
    join_results,
    remove_parts,
    write_metrics,
)

__all__ = [
    "Answer",
    "Answered",
    "Answerer",
    "EndpointAnswerer",
    "EngineAnswerer",
    "ResultFiles",
    "ResultOrigin",
    "Results",
    "answer_examples",
    "begin_results",
    "hash_questions",
    "join_results",
    "remove_parts",
    "write_metrics",
]
