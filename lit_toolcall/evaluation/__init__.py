"""Asking a model questions, scoring its answers, and the files that hold them."""

from lit_toolcall.evaluation.answers import Answered, answer_examples
from lit_toolcall.evaluation.results import ResultFiles, join_predictions, write_metrics

__all__ = [
    "Answered",
    "ResultFiles",
    "answer_examples",
    "join_predictions",
    "write_metrics",
]
