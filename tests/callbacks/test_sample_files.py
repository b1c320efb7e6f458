"""The answers that `SampleCalls` keeps, and what changed between two validations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lit_toolcall.callbacks.sample_calls import read_samples

from lit_toolcall.evaluation.changes import count_changes, list_changes


def test_answers_of_an_earlier_run_with_more_ranks_are_not_read(tmp_path: Path) -> None:
    for rank in (0, 1, 2, 10):
        (tmp_path / f"step=5-rank={rank}.jsonl").write_text(json.dumps({"id": str(rank)}) + "\n")
    assert [line["id"] for line in read_samples(tmp_path, 5, 2)] == ["0", "1"]
    assert [line["id"] for line in read_samples(tmp_path, 5, 4)] == ["0", "1", "2"]
    assert read_samples(tmp_path, 6, 4) == []


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (None, None, "not scored"),
        (True, None, "not scored"),
        (None, False, "new"),
        (None, True, "new"),
        (False, False, "still wrong"),
        (True, False, "broken"),
    ],
)
def test_answers_without_a_score_are_not_wrong(before: bool | None, now: bool | None, change: str) -> None:
    first, second = ({"id": "1", "correct": each, "text": "f()", "question": []} for each in (before, now))
    counts = count_changes(list_changes([first], [second]))
    assert {name for name, count in counts.items() if count} == {change}
