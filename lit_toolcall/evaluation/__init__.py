"""Asking a model questions, scoring its answers, and the files that hold them.

What asks a model is imported when it is first used: what only reads answers does not wait for torch.
"""

from typing import TYPE_CHECKING, Any

from lit_toolcall.evaluation.confidence import describe_confidence, summarize_confidence
from lit_toolcall.evaluation.results import (
    ResultFiles,
    ResultOrigin,
    begin_results,
    hash_questions,
    join_predictions,
    read_records,
    write_metrics,
)

if TYPE_CHECKING:
    from lit_toolcall.evaluation.answers import Answered as Answered
    from lit_toolcall.evaluation.answers import answer_examples as answer_examples

__all__ = [
    "Answered",
    "ResultFiles",
    "ResultOrigin",
    "answer_examples",
    "begin_results",
    "describe_confidence",
    "hash_questions",
    "join_predictions",
    "read_records",
    "summarize_confidence",
    "write_metrics",
]

if not TYPE_CHECKING:  # a type checker would take any name for known

    def __getattr__(name: str) -> Any:
        """Import what asks a model (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from lit_toolcall.evaluation import answers

        return getattr(answers, name)
