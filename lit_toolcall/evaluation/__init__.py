"""Asking a model questions, scoring its answers, and the files that hold them."""

from lit_toolcall.evaluation.answers import Answered, answer_examples
from lit_toolcall.evaluation.results import ResultFiles, describe_metrics, join_predictions, list_rates, write_metrics

__all__ = [
    "Answered",
    "ResultFiles",
    "answer_examples",
    "describe_metrics",
    "join_predictions",
    "list_rates",
    "write_metrics",
]
