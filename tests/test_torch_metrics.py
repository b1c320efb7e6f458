"""The torchmetrics over scores, the intervals, and the content of metrics.json."""

from __future__ import annotations

import json
import math

import pytest
import torch

from lit_toolcall.metrics import Counts, Score, summarize
from lit_toolcall.metrics.intervals import bootstrap_f1_interval, wilson_interval
from lit_toolcall.metrics.torch_metrics import BfclAstAccuracy, ToolSelectF1, score_metrics
from lit_toolcall.types import Problem

GOOD = Score(True, True, True, None, Counts(2, 2, 2), Counts(1, 1, 1))
POOR = Score(False, True, True, Problem.VALUE, Counts(1, 2, 2), Counts(1, 1, 1))
BAD = Score(False, False, False, Problem.UNKNOWN_TOOL, Counts(0, 1, 2), Counts(0, 1, 1))
OTHER = Score(True, None, True, None, Counts(1, 1, 1), Counts(1, 1, 1))


def test_the_metrics_are_the_shares_and_micro_averages() -> None:
    metrics = score_metrics()
    metrics.update([GOOD, POOR, BAD, OTHER])
    values = {name: float(value) for name, value in metrics.compute().items()}
    assert values == pytest.approx(
        {
            "exact_match": 2 / 4,
            "ast_accuracy": 2 / 3,  # one is not BFCL's
            "valid_call_rate": 3 / 4,
            "argument_precision": 4 / 6,
            "argument_recall": 4 / 7,
            "argument_f1": 8 / 13,
            "tool_select_f1": 6 / 8,
        }
    )


def test_batches_of_any_size_add_up_to_the_same() -> None:
    scores = [GOOD, POOR, BAD, OTHER, BAD]
    results = []
    for size in (1, 2, 5):
        metrics = score_metrics()
        for start in range(0, len(scores), size):
            metrics.update(scores[start : start + size])
        results.append({name: float(value) for name, value in metrics.compute().items()})
    assert results[0] == results[1] == results[2]


def test_metrics_that_agree_on_the_first_batch_stay_apart() -> None:
    metrics = score_metrics()
    metrics.update([GOOD])
    metrics.compute()
    metrics.update([POOR])
    values = metrics.compute()
    assert float(values["exact_match"]) == 0.5
    assert float(values["valid_call_rate"]) == 1.0


def test_every_state_is_summed_over_ranks() -> None:
    for metric in score_metrics().values():
        assert metric._reductions
        for reduce in metric._reductions.values():
            assert callable(reduce)
            assert int(reduce(torch.tensor([2, 3]))) == 5


def test_without_any_answer_shares_and_f1_are_nan() -> None:
    metric = BfclAstAccuracy()
    metric.update([OTHER])
    assert math.isnan(float(metric.compute()))
    empty = ToolSelectF1()
    empty.update([])
    assert math.isnan(float(empty.compute()))


def test_wilsons_interval_solves_its_own_equation() -> None:
    # Its ends are the rates at which the measured one lies 1.96 standard errors sqrt(p (1 - p) / n) away.
    for successes, total in [(1, 10), (5, 10), (82, 100), (410, 500)]:
        for end in wilson_interval(successes, total):
            error = math.sqrt(end * (1 - end) / total)
            assert abs(successes / total - end) == pytest.approx(1.959964 * error, rel=1e-6)


@pytest.mark.parametrize(("successes", "total"), [(0, 5), (5, 5)])
def test_intervals_stay_within_0_and_1(successes: int, total: int) -> None:
    low, high = wilson_interval(successes, total)
    assert 0 <= low < high <= 1


def test_the_f1_interval_holds_the_f1_and_shrinks_with_more_answers() -> None:
    counts = [Counts(1, 1, 1), Counts(0, 1, 1)]  # F1 0.5
    widths = []
    for copies in (10, 1000):
        low, high = bootstrap_f1_interval(counts * copies)
        assert low < 0.5 < high
        widths.append(high - low)
    # 100 times the answers: a tenth of the width
    assert widths[0] / widths[1] == pytest.approx(10, rel=0.2)
    assert bootstrap_f1_interval([]) == bootstrap_f1_interval([Counts()] * 9) == (None, None)
    low, high = bootstrap_f1_interval([Counts(1, 1, 1), *[Counts()] * 9])  # samples of nothing have no F1
    assert (low, high) == (1.0, 1.0)


def test_a_summary_has_counts_and_an_interval_beside_every_rate() -> None:
    summary = summarize({"simple_python": [GOOD, POOR, BAD], "demo": [OTHER]})
    assert json.loads(json.dumps(summary)) == summary
    everything = summary["all"]
    assert everything["total"] == 4
    low, high = wilson_interval(2, 4)
    assert everything["exact_match"] == {"value": 0.5, "correct": 2, "total": 4, "low": low, "high": high}
    assert everything["valid_call_rate"]["correct"] == 3
    assert everything["invalid_call_rate"]["correct"] == 1
    assert everything["ast_accuracy"]["total"] == 3
    assert everything["arguments"]["recall"] == {
        "value": 4 / 7,
        "correct": 4,
        "total": 7,
        "low": wilson_interval(4, 7)[0],
        "high": wilson_interval(4, 7)[1],
    }
    assert everything["arguments"]["f1"]["value"] == 8 / 13
    assert everything["problems"] == {"value": 1, "unknown_tool": 1}
    assert summary["categories"]["simple_python"]["ast_accuracy"]["value"] == 2 / 3
    assert "ast_accuracy" not in summary["categories"]["demo"]
    assert summary["bfcl"] == {}


def test_bfcls_aggregates_appear_once_their_categories_are_complete() -> None:
    non_live = {name: [GOOD] for name in ("simple_python", "multiple", "parallel")}
    assert summarize(non_live)["bfcl"] == {}
    aggregates = summarize({**non_live, "parallel_multiple": [GOOD, BAD, BAD, BAD]})["bfcl"]
    # the mean of 1, 1, 1 and 1/4, however many questions each has
    assert aggregates["non_live_ast_python"]["value"] == pytest.approx(3.25 / 4)
    assert 0 <= aggregates["non_live_ast_python"]["low"] < 3.25 / 4 < aggregates["non_live_ast_python"]["high"] <= 1
    live = {name: [GOOD] for name in ("live_simple", "live_multiple", "live_parallel")}
    aggregates = summarize({**live, "live_parallel_multiple": [GOOD, BAD, BAD, BAD]})["bfcl"]
    assert aggregates["live_ast"]["value"] == 4 / 7  # each question alike


def test_an_empty_summary_has_no_rates() -> None:
    summary = summarize({})
    assert summary["all"]["exact_match"]["value"] is None
    assert summary["all"]["total"] == 0
