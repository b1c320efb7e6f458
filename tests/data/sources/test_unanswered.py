"""A test scores every question or none, and a rate over nothing is no rate."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.data.sources import JsonLines
from lit_toolcall.metrics import (
    Counts,
    Score,
    compute_known_rates,
    describe_metrics,
    list_rates,
    score_metrics,
    score_prediction,
    summarize,
)
from lit_toolcall.preparation.questions import check_answers, read_questions
from lit_toolcall.types import BfclQuestion, Example, Message, Prediction, Problem, UserError

CALL = {"function": "get_weather", "arguments": {"city": "Oslo"}}
TOOLS = [{"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}]
ANSWERED = {"query": "Weather in Oslo?", "tools": TOOLS, "expected_output": CALL}
UNANSWERED = {"query": "Weather in Lima?", "tools": TOOLS, "remarks": CALL}


def write(path: Path, rows: list[dict[str, Any]]) -> JsonLines:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return JsonLines(str(path))


@pytest.mark.parametrize(
    ("rows", "share", "line"), [([UNANSWERED] * 3, "3 of 3", 1), ([ANSWERED, ANSWERED, UNANSWERED], "1 of 3", 3)]
)
def test_questions_without_known_answers_are_refused_with_their_keys(
    rows: list[dict[str, Any]], share: str, line: int, tmp_path: Path
) -> None:
    source = write(tmp_path / "rows.jsonl", rows)
    questions = read_questions([source])
    assert len(questions) == 3  # `predict` answers them
    with pytest.raises(UserError) as caught:
        check_answers(questions, [source])
    assert str(caught.value) == (
        f"data.test: {share} rows have no answer that can be scored, the first: {tmp_path}/rows.jsonl:{line}, with the "
        "keys query, tools, remarks: give each an `expected_output`, or an assistant's message at its end; `predict` "
        "answers questions without a score"
    )


def test_questions_that_can_be_scored_are_taken(tmp_path: Path) -> None:
    source = write(tmp_path / "rows.jsonl", [ANSWERED] * 2)
    any_call = Example("r", (), (), None, bfcl=BfclQuestion("live_relevance", (), None))
    check_answers([*read_questions([source]), any_call], [source])


NO_CALL = Score(exact=True, ast=None, valid=True, problem=None, arguments=Counts(), tools=Counts())


@pytest.mark.parametrize("scores", [[], [NO_CALL, NO_CALL]])
def test_no_rate_is_told_of_nothing(scores: list[Score]) -> None:
    summary = summarize({"demo": scores})
    figures = [summary["all"]["tool_select"][name] for name in ("precision", "recall", "f1")]
    figures += [summary["all"]["arguments"][name] for name in ("precision", "recall", "f1")]
    figures += [summary["all"]["exact_match"]] if not scores else []
    for figure in figures:
        assert figure["value"] is figure["low"] is figure["high"] is None
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    table = describe_metrics({"all": summary["all"]})
    assert "F1" not in table
    assert ("exact match" in table) == bool(scores)
    assert not [rate for rate in list_rates(summary["all"]) if "f1" in rate]
    metrics = score_metrics()
    metrics.update(scores)
    known = compute_known_rates(metrics)
    assert not [name for name in known if "argument" in name or "tool_select" in name]
    assert known.items() >= {"exact_match": 1.0, "valid_call_rate": 1.0}.items() if scores else not known
    assert all(math.isnan(float(value)) for name, value in metrics.compute().items() if name not in known)


def test_what_was_measured_beside_nothing_stays_what_it_is() -> None:
    missed = Score(False, None, False, Problem.MISSING_CALL, Counts(0, 0, 2), Counts(0, 0, 1))
    summary = summarize({"demo": [NO_CALL, missed]})["all"]
    assert summary["arguments"]["f1"]["value"] == summary["arguments"]["recall"]["value"] == 0.0
    assert summary["arguments"]["precision"]["value"] is None
    assert "argument F1                        0.0% [0%, 79%]" in describe_metrics({"all": summary})  # of one answer


def test_an_answer_of_nothing_is_right_nowhere_but_by_bfcl() -> None:
    empty = Prediction("<|end|>", (), Problem.EMPTY)
    asked = Example("1", (), (), Message("assistant"), bfcl=BfclQuestion("irrelevance", (), None))
    score = score_prediction(empty, asked)
    assert (score.exact, score.valid, score.problem, score.ast) == (False, False, Problem.EMPTY, True)
    assert score_prediction(Prediction("No.", ()), asked).exact
