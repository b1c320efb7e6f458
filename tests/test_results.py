"""The files that `test` and `predict` write."""

from __future__ import annotations

import json
from pathlib import Path

from lit_toolcall.evaluation import Answered, ResultFiles, join_predictions
from lit_toolcall.generation import Generated
from lit_toolcall.types import Example, Prediction


def test_line_separators_inside_an_answer_do_not_break_its_line(tmp_path: Path) -> None:
    text = "one\u2028two\u2029three\u0085four\nfive"
    question = Example("1", (), (), None)
    files = ResultFiles(tmp_path, rank=0)
    files.add([Answered(question, Prediction(text, ()), Generated(text, tokens=9, seconds=0.1), None)])
    with join_predictions(tmp_path, ranks=1).open(encoding="utf-8") as lines:
        (record,) = [json.loads(line) for line in lines]
    assert record["text"] == text
