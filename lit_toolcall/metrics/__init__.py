"""Scores of generated answers: exact match, BFCL's AST accuracy, validity, and the problem.

The torchmetrics classes are imported when they are first used: what only reads scores does not wait for torch.
"""

from typing import TYPE_CHECKING, Any

from lit_toolcall.metrics.bfcl_ast import check_ast
from lit_toolcall.metrics.bfcl_figures import describe_figures, measure_figures
from lit_toolcall.metrics.confusions import Confusion, TypeCount
from lit_toolcall.metrics.matching import Counts
from lit_toolcall.metrics.rates import RATES, Rate, Ratio, describe_rate, import_rates
from lit_toolcall.metrics.scores import Score, is_valid_answer, name_problem, name_unreadable, score_prediction
from lit_toolcall.metrics.summary import describe_metrics, list_rates, summarize

if TYPE_CHECKING:
    from lit_toolcall.metrics.torch_metrics import ArgumentF1 as ArgumentF1
    from lit_toolcall.metrics.torch_metrics import BfclAstAccuracy as BfclAstAccuracy
    from lit_toolcall.metrics.torch_metrics import RateMetric as RateMetric
    from lit_toolcall.metrics.torch_metrics import ToolCallExactMatch as ToolCallExactMatch
    from lit_toolcall.metrics.torch_metrics import ToolSelectF1 as ToolSelectF1
    from lit_toolcall.metrics.torch_metrics import ValidCallRate as ValidCallRate
    from lit_toolcall.metrics.torch_metrics import compute_known_rates as compute_known_rates
    from lit_toolcall.metrics.torch_metrics import score_metrics as score_metrics

__all__ = [
    "RATES",
    "ArgumentF1",
    "BfclAstAccuracy",
    "Confusion",
    "Counts",
    "Rate",
    "RateMetric",
    "Ratio",
    "Score",
    "ToolCallExactMatch",
    "ToolSelectF1",
    "TypeCount",
    "ValidCallRate",
    "check_ast",
    "compute_known_rates",
    "describe_figures",
    "describe_metrics",
    "describe_rate",
    "import_rates",
    "is_valid_answer",
    "list_rates",
    "measure_figures",
    "name_problem",
    "name_unreadable",
    "score_metrics",
    "score_prediction",
    "summarize",
]

if not TYPE_CHECKING:  # a type checker would take any name for known

    def __getattr__(name: str) -> Any:
        """Import a torchmetrics class, or what is made of them (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from lit_toolcall.metrics import torch_metrics

        return getattr(torch_metrics, name)
