"""Scores of generated answers: exact match, BFCL's AST accuracy, validity, and the problem."""

from lit_toolcall.metrics.bfcl_ast import check_ast
from lit_toolcall.metrics.bfcl_figures import describe_figures, measure_figures
from lit_toolcall.metrics.confusions import Confusion, TypeCount
from lit_toolcall.metrics.matching import Counts
from lit_toolcall.metrics.rates import RATES, Rate, Ratio, import_rates
from lit_toolcall.metrics.scores import Score, is_valid_answer, name_problem, name_unreadable, score_prediction
from lit_toolcall.metrics.summary import describe_metrics, list_rates, summarize
from lit_toolcall.metrics.torch_metrics import (
    ArgumentF1,
    BfclAstAccuracy,
    RateMetric,
    ToolCallExactMatch,
    ToolSelectF1,
    ValidCallRate,
    compute_known_rates,
    score_metrics,
)

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
