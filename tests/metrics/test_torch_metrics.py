"""The torchmetrics over scores, the intervals, and the content of metrics.json."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace

import pytest
import torch
from lit_toolcall.callbacks.monitors import choose_mode

from lit_toolcall.metrics import (
    RATES,
    ArgumentF1,
    BfclAstAccuracy,
    Counts,
    Rate,
    RateMetric,
    Score,
    ToolCallExactMatch,
    ToolSelectF1,
    ValidCallRate,
    compute_known_rates,
    describe_figures,
    describe_metrics,
    list_rates,
    score_metrics,
    summarize,
)
from lit_toolcall.metrics.intervals import bootstrap_interval, wilson_interval
from lit_toolcall.types import Problem, UserError

GOOD = Score(True, True, True, None, Counts(2, 2, 2), Counts(1, 1, 1))
POOR = Score(False, True, True, Problem.VALUE, Counts(1, 2, 2), Counts(1, 1, 1))
BAD = Score(False, False, False, Problem.UNKNOWN_TOOL, Counts(0, 1, 2), Counts(0, 1, 1))
OTHER = Score(True, None, True, None, Counts(1, 1, 1), Counts(1, 1, 1))
TWO_CALLS = Score(True, True, True, None, Counts(2, 2, 2), Counts(2, 2, 2))


def test_the_metrics_are_the_fractions_and_micro_averages() -> None:
    metrics = score_metrics()
    metrics.update([GOOD, POOR, BAD, OTHER])
    values = metrics.compute()
    expected = {
        "exact_match": 2 / 4,
        "ast_accuracy": 2 / 3,  # one is not BFCL's
        "valid_call_rate": 3 / 4,
        "invalid_call_rate": 1 / 4,
        "argument_precision": 4 / 6,
        "argument_recall": 4 / 7,
        "argument_f1": 8 / 13,
        "tool_select_precision": 3 / 4,
        "tool_select_recall": 3 / 4,
        "tool_select_f1": 6 / 8,
    }
    assert {name: float(values[name]) for name in expected} == pytest.approx(expected)


def test_batches_of_any_size_add_up_to_the_same() -> None:
    scores = [GOOD, POOR, BAD, OTHER, TWO_CALLS]
    results = []
    for size in (1, 2, 5):
        metrics = score_metrics()
        for start in range(0, len(scores), size):
            metrics.update(scores[start : start + size])
        results.append(metrics.compute())
    for result in results[1:]:
        torch.testing.assert_close(result, results[0], rtol=0, atol=0, equal_nan=True)


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
            assert reduce(torch.tensor([[2, 3], [4, 5]])).tolist() == [6, 8]


def test_without_any_answer_shares_and_f1_are_nan() -> None:
    metric = BfclAstAccuracy()
    metric.update([OTHER])
    assert math.isnan(float(metric.compute()))
    empty = ToolSelectF1()
    empty.update([])
    assert math.isnan(float(empty.compute()))


def test_each_named_metric_is_its_rate_of_the_table() -> None:
    named = (ToolCallExactMatch(), BfclAstAccuracy(), ValidCallRate(), ArgumentF1(), ToolSelectF1())
    of_table = score_metrics()
    for metric in (*named, of_table):
        metric.update([GOOD, POOR, BAD, OTHER])
    values = of_table.compute()
    assert {metric.rate: metric.compute() for metric in named}.items() <= values.items()


def test_a_metric_knows_whether_more_is_better_and_survives_pickling() -> None:
    for name, metric in score_metrics().items():
        metric.update([GOOD, POOR, BAD, TWO_CALLS])
        copy = pickle.loads(pickle.dumps(metric))
        torch.testing.assert_close(copy.compute(), metric.compute(), rtol=0, atol=0, equal_nan=True)
        assert copy.higher_is_better == (RATES[name].better == "max")
    assert not RateMetric("invalid_call_rate").higher_is_better


def test_a_metric_of_no_rate_is_refused() -> None:
    with pytest.raises(UserError, match=r"^no rate is named 'exact': choose from exact_match, ast_accuracy, "):
        RateMetric("exact")


def test_metrics_and_metrics_json_agree_on_every_rate() -> None:
    scores = [GOOD, POOR, BAD, OTHER, TWO_CALLS]
    metrics = score_metrics()
    metrics.update(scores)
    values = {f"test/{name}": value for name, value in compute_known_rates(metrics).items()}
    assert values == pytest.approx(list_rates(summarize({"demo": scores})["all"]))


def test_a_rate_is_one_entry_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    unwanted = Rate(
        "unwanted_call_rate",
        lambda score: (score.problem is Problem.UNWANTED_CALL, 1),
        better="min",
        title="unwanted calls",
    )
    monkeypatch.setitem(RATES, unwanted.name, unwanted)
    scores = [GOOD, replace(BAD, problem=Problem.UNWANTED_CALL)]
    summary = summarize({"demo": scores})["all"]
    low, high = wilson_interval(1, 2)
    assert summary["unwanted_call_rate"] == {"value": 0.5, "correct": 1, "total": 2, "low": low, "high": high}
    assert "unwanted calls" in describe_metrics({"all": summary})
    assert list_rates(summary)["test/unwanted_call_rate"] == 0.5
    metrics = score_metrics()
    metrics.update(scores)
    assert compute_known_rates(metrics)["unwanted_call_rate"] == 0.5
    assert choose_mode("val/unwanted_call_rate") == "min"


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
    fractions = [(2, 2), (0, 2)]  # of two answers with one prediction each, one of them right: F1 0.5
    widths = []
    for copies in (10, 1000):
        low, high = bootstrap_interval(fractions * copies)
        assert low < 0.5 < high
        widths.append(high - low)
    # 100 times the answers: a tenth of the width
    assert widths[0] / widths[1] == pytest.approx(10, rel=0.2)
    assert bootstrap_interval([]) == bootstrap_interval([(0, 0)] * 9) == (None, None)
    # samples of nothing have no F1, and one answer leaves much open
    assert bootstrap_interval([(2, 2), *[(0, 0)] * 9]) == wilson_interval(1, 1)


def test_where_all_answers_are_alike_the_interval_is_wilsons() -> None:
    assert bootstrap_interval([(4, 4), (2, 2), (6, 6), (0, 0)]) == wilson_interval(3, 3)
    assert bootstrap_interval([(0, 4), (0, 2), (0, 6)]) == wilson_interval(0, 3)
    low, high = bootstrap_interval([(0.3, 1)] * 3)
    assert low is not None
    assert high is not None
    assert low < 0.3 < high
    assert (low, high) == pytest.approx(wilson_interval(0.9, 3))
    assert bootstrap_interval([(1, 1), (0, 1)] * 20) != wilson_interval(20, 40)
    assert bootstrap_interval([(7, 1)] * 3) == (7, 7)  # a mean that is no fraction
    rate = summarize({"": [OTHER] * 3})["all"]["arguments"]["f1"]
    assert (rate["value"], rate["low"], rate["high"]) == (1.0, *wilson_interval(3, 3))


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


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "f1"),
    [
        (Counts(0, 0, 0), None, None, None),
        (Counts(0, 3, 0), 0.0, None, 0.0),
        (Counts(0, 0, 3), None, 0.0, 0.0),
        (Counts(1, 2, 4), 0.5, 0.25, 1 / 3),  # 2 x 0.5 x 0.25 / 0.75
    ],
)
def test_a_rate_over_nothing_is_none(
    counts: Counts, precision: float | None, recall: float | None, f1: float | None
) -> None:
    score = Score(False, None, True, Problem.VALUE, counts, counts)
    for group in ("arguments", "tool_select"):
        measured = summarize({"demo": [score]})["all"][group]
        assert [measured[name]["value"] for name in ("precision", "recall")] == [precision, recall]
        assert measured["f1"]["value"] == (f1 if f1 is None else pytest.approx(f1))


def test_bfcls_aggregates_appear_once_their_categories_are_complete() -> None:
    non_live = {name: [GOOD] for name in ("simple_python", "multiple", "parallel")}
    assert summarize(non_live)["bfcl"] == {}
    aggregates = summarize({**non_live, "parallel_multiple": [GOOD, BAD, BAD, BAD]})["bfcl"]
    # the mean of 1, 1, 1 and 1/4, however many questions each has
    assert aggregates["non_live_ast_python"]["value"] == pytest.approx(3.25 / 4)
    assert 0 <= aggregates["non_live_ast_python"]["low"] < 3.25 / 4 < aggregates["non_live_ast_python"]["high"] <= 1
    live = {name: [GOOD] for name in ("live_simple", "live_multiple", "live_parallel")}
    aggregates = summarize({**live, "live_parallel_multiple": [GOOD, BAD, BAD, BAD]})["bfcl"]
    # each question of the whole alike: 16 + 258 + 1053 right ones and a quarter of 24
    assert aggregates["live_ast"]["value"] == pytest.approx((16 + 258 + 1053 + 6) / 1351)
    assert (aggregates["live_ast"]["estimated"], aggregates["live_ast"]["total"]) == (True, 7)


def test_the_official_figures_are_described_with_what_no_answer_satisfies() -> None:
    live = {name: [GOOD] * 8 for name in ("live_simple", "live_multiple", "live_parallel", "live_parallel_multiple")}
    metrics = summarize({**live, "live_relevance": [GOOD] * 12 + [BAD] * 4})
    assert metrics["categories"]["live_simple"]["unsatisfiable"] == ["live_simple_106-63-0", "live_simple_112-68-0"]
    assert "unsatisfiable" not in metrics["categories"]["live_parallel"]
    lines = describe_figures(metrics).split("\n")
    # 8 of live_multiple's 1,053 say little: about 12.5 effective answers, all right, and 1 / (1 + 3.84 / 12.5) = 76.5%
    assert " ".join(lines[0].split()) == "Live AST (estimated) 100.0% [76.5%, 100.0%] 32 of 1,351 questions"
    assert " ".join(lines[1].split()) == "Relevance Detection 75.0% [50.5%, 89.8%] 16 questions"
    assert lines[2] == (
        "No answer satisfies live_simple_106-63-0, live_simple_112-68-0, live_multiple_862-181-3, "
        "live_multiple_964-207-0: BFCL counts all as wrong."
    )
    assert describe_figures(summarize({"demo": [OTHER]})) == ""
    irrelevance = {"irrelevance": [GOOD] * 240, "live_irrelevance": [BAD] * 884}
    figures = summarize(irrelevance)["bfcl"]
    assert figures["irrelevance"]["value"] == 0.5  # the mean of the two, not of their questions
    assert "An answer that cannot be read counts as right" in describe_figures(summarize(irrelevance))


def test_an_empty_summary_has_no_rates() -> None:
    summary = summarize({})
    assert summary["all"]["exact_match"]["value"] is None
    assert summary["all"]["total"] == 0
