"""The files that `test` and `predict` write."""

from __future__ import annotations

import json
from pathlib import Path

from lit_toolcall.evaluation import Answered, ResultFiles, join_results
from lit_toolcall.generation import Generated
from lit_toolcall.metrics import score_prediction
from lit_toolcall.types import BfclQuestion, Example, Message, Prediction, Problem, Tool, ToolCall


def test_line_separators_inside_an_answer_do_not_break_its_line(tmp_path: Path) -> None:
    text = "one\u2028two\u2029three\u0085four\nfive"
    question = Example("1", (), (), None)
    files = ResultFiles(tmp_path, rank=0)
    files.add([Answered(question, Prediction(text, ()), Generated(text, tokens=9, seconds=0.1), None)])
    join_results(tmp_path)
    with (tmp_path / "predictions.jsonl").open(encoding="utf-8") as lines:
        (record,) = [json.loads(line) for line in lines]
    assert record["text"] == text


def test_a_line_says_what_both_rules_say_of_the_answer() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    docs = {"name": "f", "parameters": {**schema, "type": "dict"}}
    of_bfcl = BfclQuestion("simple_python", (docs,), ({"f": {"city": ["New York"]}},))
    known = Message("assistant", calls=(ToolCall("f", {"city": "New York"}),))

    def judge(city: str, bfcl: BfclQuestion | None, is_known: bool = True) -> tuple[bool | None, bool | None]:
        question = Example("1", (Tool("f", "", schema),), (), known, bfcl=bfcl)
        prediction = Prediction("", (ToolCall("f", {"city": city}),))
        score = score_prediction(prediction, question) if is_known else None
        record = Answered(question, prediction, Generated("", tokens=9, seconds=0.1), score).record
        return record["correct"], record["ast_correct"]

    assert judge("New York", of_bfcl) == (True, True)
    assert judge("new york.", of_bfcl) == (False, True)  # BFCL forgives case and punctuation
    assert judge("Boston", of_bfcl) == (False, False)
    assert judge("New York", None) == (True, None)
    assert judge("New York", None, is_known=False) == (None, None)


def test_an_answer_that_was_cut_off_is_named_so_without_an_expected_answer_too() -> None:
    def name(prediction: Prediction) -> str | None:
        generated = Generated(prediction.text, tokens=9, seconds=0.1, is_cut=prediction.is_cut)
        problem: str | None = Answered(Example("1", (), (), None), prediction, generated, None).record["problem"]
        return problem

    assert name(Prediction("f(a=", None, Problem.SYNTAX, is_cut=True)) == "cut_off"
    assert name(Prediction("f(a=" * 20, None, Problem.SYNTAX, is_cut=True)) == "repetition"
    assert name(Prediction("f(a=", None, Problem.SYNTAX)) == "syntax"
    assert name(Prediction("Let me see", (), is_cut=True)) is None
