"""ROUGE-L of answers in words: its value, when it applies, its mean, and API-Bank's answers."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from lit_toolcall.data.sources import ApiBank, Ledger
from lit_toolcall.metrics import Counts, RateMetric, Score, describe_metrics, score_prediction, summarize
from lit_toolcall.metrics.intervals import bootstrap_interval
from lit_toolcall.metrics.words import MAX_WORDS, rouge_l
from lit_toolcall.types import BfclQuestion, Example, Message, Prediction, Problem, Tool, ToolCall

CALL = ToolCall("set_alarm", {"time": "08:00"})
TOOL = Tool("set_alarm", "", {"type": "object", "properties": {"time": {"type": "string"}}, "required": ["time"]})
WORDS = "Your alarm is set."
API_BANK = Path(__file__).parents[3] / "shared" / "data" / "api-bank"


def ask(answer: Message | None, bfcl: BfclQuestion | None = None) -> Example:
    return Example("1", (TOOL,), (Message("user", "Wake me."),), answer, bfcl=bfcl)


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence, from its definition."""
    if not one or not other:
        return 0
    if one[-1] == other[-1]:
        return longest_common(one[:-1], other[:-1]) + 1
    return max(longest_common(one[:-1], other), longest_common(one, other[:-1]))


def test_it_is_the_f1_of_the_longest_common_subsequence() -> None:
    rng = random.Random(0)
    for _ in range(60):
        one, other = (rng.choices("abc", k=rng.randint(1, 6)) for _ in range(2))
        common = longest_common(one, other)
        assert rouge_l(" ".join(one), " ".join(other)) == pytest.approx(2 * common / (len(one) + len(other)))


@pytest.mark.parametrize(
    ("said", "expected", "value"),
    [
        ("your ALARM -- is set!", WORDS, 1.0),  # case and marks do not count
        ("Your alarms are set.", WORDS, 0.5),  # words are not stemmed: your, set
        ("set is alarm your", WORDS, 0.25),  # the order counts
        ("", WORDS, 0.0),
        ("...", WORDS, 0.0),
        ("Ваш будильник", "Ваш будильник установлен", 0.8),  # any script: 2 of 2 and 3
    ],
)
def test_words_are_compared_in_order_whatever_their_case(said: str, expected: str, value: float) -> None:
    assert rouge_l(said, expected) == pytest.approx(value)


@pytest.mark.slow
def test_a_text_without_end_takes_no_longer() -> None:
    start = time.perf_counter()
    assert rouge_l("set " * 100_000, "set " * 100_000) == 1.0
    assert time.perf_counter() - start < 5
    assert rouge_l("a " * MAX_WORDS + "b", "a " * MAX_WORDS) == 1.0


@pytest.mark.parametrize(
    ("prediction", "value"),
    [
        (Prediction(WORDS, ()), 1.0),
        (Prediction(f"<think>Done?</think>{WORDS}<end>", (), words=WORDS), 1.0),
        (Prediction(WORDS, (CALL,)), 0.0),  # it calls
        (Prediction(WORDS, None, Problem.SYNTAX), 0.0),
        (Prediction("", (), Problem.EMPTY), 0.0),
    ],
)
def test_only_words_are_compared(prediction: Prediction, value: float) -> None:
    assert score_prediction(prediction, ask(Message("assistant", WORDS))).rouge_l == value


def test_it_applies_where_words_are_expected() -> None:
    irrelevant = BfclQuestion("irrelevance", (), None)
    for example in (
        ask(Message("assistant", calls=(CALL,))),
        ask(Message("assistant", "One moment.", calls=(CALL,))),
        ask(Message("assistant", " ")),
        ask(None),
        ask(Message("assistant"), irrelevant),
    ):
        assert score_prediction(Prediction(WORDS, ()), example).rouge_l is None


def test_its_mean_has_a_bootstrap_interval_and_a_torchmetrics_class() -> None:
    values = [0.0, 0.25, 0.5, 1.0, None]
    scores = [Score(True, None, True, None, Counts(), Counts(), rouge_l=value) for value in values]
    summary = summarize({"api_bank_1_response": scores})
    low, high = bootstrap_interval([(0.0, 1), (0.25, 1), (0.5, 1), (1.0, 1)])
    assert summary["all"]["rouge_l"] == {"value": 0.4375, "sum": 1.75, "total": 4, "low": low, "high": high}
    assert "ROUGE-L of words" in describe_metrics({"all": summary["all"]})
    metric = RateMetric("rouge_l")
    for score in scores:  # one by one as all at once
        metric.update([score])
    assert float(metric.compute()) == 0.4375
    assert "rouge_l" not in summarize({"calls": scores[-1:]})["all"]


@pytest.mark.slow
@pytest.mark.skipif(not API_BANK.is_dir(), reason=f"API-Bank is not at {API_BANK}")
def test_api_banks_own_answers_are_right_at_every_level() -> None:
    examples = list(ApiBank(str(API_BANK)).read(Ledger()))
    scores: dict[str, list[Score]] = {}
    for example in examples:
        assert example.answer is not None
        prediction = Prediction(example.answer.content, example.answer.calls)
        scores.setdefault(example.category, []).append(score_prediction(prediction, example))
    categories = summarize(scores)["categories"]
    assert set(categories) == {f"api_bank_{level}{kind}" for level in (1, 3) for kind in ("", "_response")}
    for category, summary in categories.items():
        assert summary["exact_match"]["value"] == 1.0
        assert ("rouge_l" in summary) == category.endswith("_response")
        if "rouge_l" in summary:
            assert summary["rouge_l"]["value"] == pytest.approx(1.0)
    # answers of other rows are near none
    responses = [example for example in examples if example.category == "api_bank_1_response"]
    shifted = [
        score_prediction(Prediction(other.answer.content, ()), example).rouge_l
        for example, other in zip(responses, responses[7:], strict=False)
        if other.answer is not None
    ]
    assert 0.02 < sum(map(float, filter(None, shifted))) / len(shifted) < 0.4
