"""How sure a model was of an answer and of each call, and how well that tells right answers from wrong ones."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lit_toolcall.formats import CallFormat, CallSyntaxError
from lit_toolcall.formats.thoughts import Span
from lit_toolcall.metrics.intervals import wilson_interval
from lit_toolcall.ranges import Range
from lit_toolcall.types import Prediction

if TYPE_CHECKING:
    from lit_toolcall.generation import Generated
    from lit_toolcall.prompting import Renderer

MEASURES = ("mean", "lowest")
"""The figures of an answer that may tell how sure it is."""
LOG_PROBABILITY = Range(-1.0e30, 0.0)
"""What else a server or a file gives is none, and says nothing of how sure a model was."""
BINS = 10
HANDED_OVER = (0, 5, 10, 20, 30, 50)
"""Percent of the questions, the least certain first."""


@dataclass(frozen=True)
class Certainty:
    """The log-probabilities of some tokens, in nats.

    Args:
        mean: over the tokens.
        lowest: of the least likely one.
    """

    mean: float
    lowest: float

    @property
    def record(self) -> dict[str, float]:
        """What `predictions.jsonl` says of it."""
        return {"mean": round(self.mean, 5), "lowest": round(self.lowest, 5)}


def measure_certainty(logprobs: Sequence[float]) -> Certainty:
    """Sum up the log-probabilities of at least one token.

    >>> measure_certainty([-0.5, -1.5])
    Certainty(mean=-1.0, lowest=-1.5)
    """
    return Certainty(math.fsum(each / len(logprobs) for each in logprobs), min(logprobs))


@dataclass(frozen=True)
class Confidence:
    """How sure a model was of an answer.

    Args:
        answer: over all tokens, its end included: whether to call, and how often, is decided in them too.
        calls: over the tokens of each call, in the order of the answer; None where it is not known which these are.
    """

    answer: Certainty
    calls: tuple[Certainty, ...] | None

    @property
    def record(self) -> dict[str, Any]:
        """What `predictions.jsonl` says of it."""
        calls = None if self.calls is None else [call.record for call in self.calls]
        return {**self.answer.record, "calls": calls}


def measure_confidence(
    renderer: Renderer, prediction: Prediction, generated: Generated, call_format: CallFormat | None = None
) -> Confidence | None:
    """Measure how sure a model was of an answer.

    Args:
        renderer: decodes, and knows the call format.
        prediction: what the answer reads as.
        generated: the answer.
        call_format: that the answer was read by; by default the renderer's.

    Returns:
        None where the engine gave no log-probabilities, or no token, or numbers that are no log-probabilities.
    """
    logprobs, ids = generated.logprobs, generated.token_ids
    if not logprobs or not all(map(LOG_PROBABILITY.holds, logprobs)):
        return None
    answer = measure_certainty(logprobs)
    if not prediction.calls:
        return Confidence(answer, ())
    if ids is None or len(ids) != len(logprobs) or not renderer.decode(ids).startswith(generated.text):
        return Confidence(answer, None)
    try:
        spans = (call_format or renderer.format).place_calls(renderer.cut_answer(generated.text))
    except CallSyntaxError:
        return Confidence(answer, None)
    if len(spans) != len(prediction.calls):  # a format of a user's own that finds several calls at once
        return Confidence(answer, None)
    covered = find_tokens(generated.text, ids, renderer.decode, spans)
    return Confidence(answer, tuple(measure_certainty(logprobs[start:end]) for start, end in covered))


def find_tokens(
    text: str, ids: Sequence[int], decode: Callable[[Sequence[int]], str], spans: Sequence[Span]
) -> list[Span]:
    r"""Find which tokens write parts of a text; those that reach over its ends belong to it too.

    What a token writes is found by decoding all tokens up to it: the text of one token alone may be another one, as
    where a character has several tokens, or a tokenizer drops the first space of a text.

    Args:
        text: what the tokens write, or the beginning of it.
        ids: the tokens.
        decode: writes tokens as text.
        spans: where parts of the text begin and end, none of them empty.

    Returns:
        The first token of each part, and the one after its last.

    >>> decode = lambda ids: bytes(ids).decode("utf-8", "replace")
    >>> find_tokens("a\u00e9b", [97, 0xC3, 0xA9, 98], decode, [(0, 1), (1, 2), (2, 3)])
    [(0, 1), (1, 3), (3, 4)]
    """

    @cache
    def count_whole(tokens: int) -> tuple[int, bool]:
        """Count the characters that the first tokens write in whole, and tell whether they begin another one."""
        written = decode(ids[:tokens])
        shorter = min(len(written), len(text))
        whole = next((place for place in range(shorter) if written[place] != text[place]), shorter)
        return whole, whole < shorter

    def begin(token: int) -> int:
        return count_whole(token)[0]

    def end(token: int) -> int:
        whole, begins_another = count_whole(token + 1)
        return whole + begins_another

    numbers = range(len(ids))
    return [(bisect_right(numbers, start, key=end), bisect_left(numbers, stop, key=begin)) for start, stop in spans]


def is_measured(record: Mapping[str, Any]) -> bool:
    """Tell whether a line of `predictions.jsonl` says how sure the model was of the answer.

    >>> [is_measured({"confidence": {"mean": mean, "lowest": -2.0}}) for mean in (-1.0, 0.5, float("nan"))]
    [True, False, False]
    """
    confidence = record.get("confidence")
    return isinstance(confidence, Mapping) and all(LOG_PROBABILITY.holds(confidence.get(each)) for each in MEASURES)


def summarize_confidence(records: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Measure how well confidence tells right answers from wrong ones.

    Args:
        records: lines of `predictions.jsonl`; those without a score or without confidence do not count.

    Returns:
        None where no record counts, else `{"total", "correct", "mean": {...}, "lowest": {...}}`, for each measure of an
        answer, taken as a probability by exp:

        - `auroc`: `measure_auroc`;
        - `calibration_error`: the expected calibration error over the bins, 0 to 1 (Naeini, Cooper and Hauskrecht, AAAI
          2015, with bins of equal counts);
        - `bins`: `bin_equally`;
        - `hand_over`: `list_hand_over`, where the larger model is taken to be always right.

    Example:
        >>> right = {"correct": True, "confidence": {"mean": -0.1, "lowest": -0.2, "calls": []}}
        >>> wrong = {"correct": False, "confidence": {"mean": -2.0, "lowest": -3.0, "calls": []}}
        >>> summary = summarize_confidence([right, wrong, right])
        >>> summary["total"], summary["correct"], summary["mean"]["auroc"]
        (3, 2, 1.0)
    """
    counted = [record for record in records if record["correct"] is not None and is_measured(record)]
    if not counted:
        return None
    summary: dict[str, Any] = {"total": len(counted), "correct": sum(record["correct"] for record in counted)}
    for measure in MEASURES:
        certain = [(math.exp(record["confidence"][measure]), bool(record["correct"])) for record in counted]
        bins = bin_equally(certain)
        summary[measure] = {
            "auroc": measure_auroc(certain),
            "calibration_error": sum(
                each["total"] * abs(each["confidence"] - each["correct"] / each["total"]) for each in bins
            )
            / len(certain),
            "bins": bins,
            "hand_over": list_hand_over(counted, measure),
        }
    return summary


def bin_equally(certain: Sequence[tuple[float, bool]], bins: int = BINS) -> list[dict[str, Any]]:
    """Sort answers by their confidence into bins of equally many, but for one.

    Args:
        certain: confidence, 0 to 1, and whether the answer is right.
        bins: how many; fewer where there are fewer answers.

    Returns:
        For each bin the mean `confidence`, `correct` of `total`, and `low` and `high`, the ends of the fraction's 95%
        interval.

    >>> [(each["confidence"], each["correct"], each["total"]) for each in bin_equally([(0.9, True), (0.5, False)], 1)]
    [(0.7, 1, 2)]
    """
    ordered = sorted(certain, key=lambda answer: answer[0])  # ties in the order of the questions
    bins = min(bins, len(ordered))
    found = []
    for number in range(bins):
        part = ordered[number * len(ordered) // bins : (number + 1) * len(ordered) // bins]
        correct = sum(is_right for _, is_right in part)
        low, high = wilson_interval(correct, len(part))
        confidence = math.fsum(sure for sure, _ in part) / len(part)
        found.append({"confidence": confidence, "correct": correct, "total": len(part), "low": low, "high": high})
    return found


def measure_auroc(certain: Sequence[tuple[float, bool]]) -> float | None:
    """Return the probability that a right answer is more certain than a wrong one; ties count as half.

    Hanley and McNeil, Radiology 143 (1982) 29-36: the Mann-Whitney statistic.

    Args:
        certain: confidence, and whether the answer is right.

    Returns:
        None where all answers are right, or all are wrong.

    >>> measure_auroc([(0.9, True), (0.5, False), (0.5, True), (0.1, False)])
    0.875
    """
    right = [sure for sure, is_right in certain if is_right]
    wrong = sorted(sure for sure, is_right in certain if not is_right)
    if not right or not wrong:
        return None
    wins = sum(bisect_left(wrong, sure) + bisect_right(wrong, sure) for sure in right) / 2
    return wins / (len(right) * len(wrong))


def list_hand_over(
    records: Sequence[Mapping[str, Any]],
    measure: str,
    larger: Mapping[str, Mapping[str, Any]] | None = None,
    metric: str = "correct",
) -> list[dict[str, Any]]:
    """Count what is right where the least certain questions are handed to a larger model.

    Args:
        records: lines of `predictions.jsonl` that have a score and confidence.
        measure: `mean` or `lowest`.
        larger: the larger model's lines, by id; None takes it to be always right, which is an upper bound.
        metric: what counts as right.

    Returns:
        For each percentage of `HANDED_OVER` the `percent`; `handed`, how many questions that is; `kept`, how many are
        left, and `kept_correct`, what is right of these; `correct`, what is right of all.

    >>> records = [
    ...     {"id": name, "correct": is_right, "confidence": {"mean": mean}}
    ...     for name, is_right, mean in (("a", True, -0.1), ("b", False, -2.0))
    ... ]
    >>> list_hand_over(records, "mean")[-1]
    {'percent': 50, 'handed': 1, 'kept': 1, 'kept_correct': 1, 'correct': 2}
    """
    ordered = sorted(records, key=lambda record: float(record["confidence"][measure]))
    lines = []
    for percent in HANDED_OVER:
        handed = round(len(ordered) * percent / 100)
        kept = sum(bool(record[metric]) for record in ordered[handed:])
        given = ordered[:handed]
        taken = handed if larger is None else sum(bool(larger[record["id"]][metric]) for record in given)
        lines.append({
            "percent": percent, "handed": handed, "kept": len(ordered) - handed, "kept_correct": kept,
            "correct": kept + taken,
        })  # fmt: skip
    return lines


def describe_confidence(summary: Mapping[str, Any]) -> str:
    """Write in a few lines how well confidence tells right answers from wrong ones, by the better of its measures.

    Args:
        summary: what `summarize_confidence` returns.
    """
    best = max(MEASURES, key=lambda measure: summary[measure]["auroc"] or 0.0)
    found = summary[best]
    auroc = "not known" if found["auroc"] is None else f"{found['auroc']:.2f}"
    kept = [
        f"{line['percent']}%: {line['kept_correct'] / line['kept']:.1%}"
        for line in found["hand_over"]
        if line["handed"] and line["kept"]
    ]
    return (
        f"confidence ({best} token probability): AUROC {auroc}, expected calibration error "
        f"{found['calibration_error']:.2f}; exact among what is kept when the least certain are handed over: "
        + (", ".join(kept) or "too few answers")
    )
