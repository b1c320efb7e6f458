"""Asking a model questions, scoring its answers, and the files that hold them.

What asks a model is imported when it is first used: what only reads answers does not wait for torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lit_toolcall.evaluation.confidence import describe_confidence, summarize_confidence
from lit_toolcall.evaluation.results import (
    ResultFiles,
    ResultOrigin,
    Results,
    begin_results,
    hash_questions,
    join_results,
    measure_results,
    remove_parts,
    write_metrics,
)

if TYPE_CHECKING:
    from lit_toolcall.evaluation.answerer import Answer as Answer
    from lit_toolcall.evaluation.answerer import Answerer as Answerer
    from lit_toolcall.evaluation.answerer import EngineAnswerer as EngineAnswerer
    from lit_toolcall.evaluation.answers import Answered as Answered
    from lit_toolcall.evaluation.answers import answer_examples as answer_examples
    from lit_toolcall.evaluation.answers import score_answer as score_answer
    from lit_toolcall.evaluation.endpoint import EndpointAnswerer as EndpointAnswerer

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
    "describe_confidence",
    "hash_questions",
    "join_results",
    "measure_results",
    "remove_parts",
    "score_answer",
    "summarize_confidence",
    "write_metrics",
]

if not TYPE_CHECKING:  # a type checker would take any name for known
    _ASKING = {
        "Answer": "answerer",
        "Answerer": "answerer",
        "EngineAnswerer": "answerer",
        "Answered": "answers",
        "answer_examples": "answers",
        "score_answer": "answers",
        "EndpointAnswerer": "endpoint",
    }

    def __getattr__(name: str) -> Any:
        """Import what asks a model (PEP 562)."""
        if name not in _ASKING:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_ASKING[name]}"), name)
