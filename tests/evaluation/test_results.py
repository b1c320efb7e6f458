"""The files that `test` and `predict` write."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from lit_toolcall.evaluation import Answered, ResultFiles, hash_questions, join_results
from lit_toolcall.evaluation.results import read_finished
from lit_toolcall.evaluation.run import make_batches
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


def test_the_longest_questions_come_first_in_smaller_batches() -> None:
    questions = [Example(str(size), (), (Message("user", "x" * size),), None) for size in (5, 40_000, 50, 12_000, 9)]
    batches = make_batches(questions, batch_size=3)
    assert [[question.id for question in batch] for batch in batches] == [["40000"], ["12000", "50"], ["9", "5"]]


def test_what_a_score_depends_on_is_part_of_the_questions_hash() -> None:
    question = Example("1", (), (Message("user", "Go."),), Message("assistant", "Yes."))
    changes = (
        {"id": "2"},
        {"category": "live"},
        {"messages": ()},
        {"answer": None},
        {"answer": Message("assistant", "No.")},
        {"forbidden": ("f",)},
        {"tools": (Tool("f", "", {}),)},
    )
    hashes = {hash_questions([replace(question, **change)]) for change in ({}, *changes)}  # type: ignore[arg-type]
    assert len(hashes) == 1 + len(changes)
    assert hash_questions([question]) == hash_questions([replace(question)])


def test_a_folder_is_finished_when_nothing_is_left(tmp_path: Path) -> None:
    assert read_finished(tmp_path) is None
    metrics = {"all": {"total": 1}}
    (tmp_path / "metrics.json").write_text(json.dumps(metrics))
    assert read_finished(tmp_path) is None  # no answers
    (tmp_path / "predictions.jsonl").write_text("{}\n")
    assert read_finished(tmp_path) == metrics
    (tmp_path / "predictions.rank0.part").write_text("")
    assert read_finished(tmp_path) is None  # killed before its end
    (tmp_path / "predictions.rank0.part").unlink()
    for broken in ("", '{"all": {"tot', "[]", "{}"):
        (tmp_path / "metrics.json").write_text(broken)
        assert read_finished(tmp_path) is None
