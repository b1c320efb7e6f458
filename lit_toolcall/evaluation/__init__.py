"""Asking a model questions, scoring its answers, and the files that hold them."""

from lit_toolcall.evaluation.answerer import Answer, Answerer
from lit_toolcall.evaluation.answers import Answered, answer_examples
from lit_toolcall.evaluation.endpoint import EndpointAnswerer
from lit_toolcall.evaluation.results import (
    ResultFiles,
    ResultOrigin,
    begin_results,
    hash_questions,
    join_predictions,
    write_metrics,
)

__all__ = [
    "Answer",
    "Answered",
    "Answerer",
    "EndpointAnswerer",
    "ResultFiles",
    "ResultOrigin",
    "answer_examples",
    "begin_results",
    "hash_questions",
    "join_predictions",
    "write_metrics",
]
