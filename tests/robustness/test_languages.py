"""Rows of several languages become categories."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from robust_rows import make_question
from sample_rows import PAPER_ROW

from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.metrics import score_prediction
from lit_toolcall.preparation.questions import read_questions
from lit_toolcall.robustness import group_by_language, make_curves
from lit_toolcall.types import Example, Prediction, UserError


def write_rows(path: Path, *languages: str | None) -> str:
    rows = [PAPER_ROW | ({} if lang is None else {"lang": lang}) for lang in languages]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_rows_name_their_language_in_a_key(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "rows.jsonl", "de", "en", "pt-BR", None, "de")
    ledger = Ledger()
    rows = list(JsonLines(path, language_key="lang").read(ledger))
    assert [row.category for row in rows] == ["de", "en", "pt-BR", "", "de"]
    assert "lang" not in ledger.unread
    assert [row.category for row in JsonLines(path).read(Ledger())] == [""] * 5
    made = group_by_language(rows)
    assert [(each.name, len(each.questions), dict(each.left_out)) for each in made.categories] == [
        ("language=en", 1, {"no language": 1}),
        ("language=de", 2, {}),
        ("language=pt-BR", 1, {}),
    ]
    assert [question.id for question in made.questions] == [
        "rows:2@language=en",
        "rows:1@language=de",
        "rows:5@language=de",
        "rows:3@language=pt-BR",
    ]


def test_without_the_reference_nothing_is_compared() -> None:
    rows = [replace(make_question(number), category=lang) for number, lang in enumerate(("fr", "de"))]
    assert [each.compared_with for each in group_by_language(rows).categories] == [None, None]
    assert [each.compared_with for each in group_by_language(rows, "fr").categories] == [None, "language=fr"]


@pytest.mark.parametrize("language", ["a language", "en=de", "\x1b[31m", "x" * 200, "e\nn", "en\n", "\ud800"])
def test_what_is_no_language_is_refused(language: str) -> None:
    row = replace(make_question(0), category=language, place="rows.jsonl:7")
    sentence = " is no language code: write it as `en` or `pt-BR`"
    with pytest.raises(UserError, match=r"^rows\.jsonl:7: '.*" + re.escape(sentence)) as raised:
        group_by_language([row])
    assert len(str(raised.value)) < 200
    assert str(raised.value).isprintable()


def test_rows_of_one_id_are_compared_across_languages(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [PAPER_ROW | {"id": identity, "lang": lang} for identity in ("7", "8") for lang in ("en", "de")]
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, PAPER_ROW | {"id": "9"}]), encoding="utf-8")
    questions = read_questions([JsonLines(str(path), language_key="lang")])
    assert [question.id for question in questions] == [
        *("7@language=en", "7@language=de", "8@language=en", "8@language=de", "9"),
    ]
    made = group_by_language(questions)
    assert [question.id for question in made.questions] == [
        *("7@language=en", "8@language=en", "7@language=de", "8@language=de"),
    ]
    assert [question.made_of for question in made.questions] == [("7",), ("8",)] * 2
    scores = [
        score_prediction(answer_of(question, number < 3), question) for number, question in enumerate(made.questions)
    ]
    curves = make_curves(zip(made.questions, scores, strict=True), made)
    paired = curves["language"][1]["paired"]["exact_match"]
    assert (paired["pairs"], paired["gained"], paired["lost"]) == (2, 0, 1)


def answer_of(question: Example, is_right: bool) -> Prediction:
    assert question.answer is not None
    return Prediction("", question.answer.calls if is_right else ())


@pytest.mark.parametrize("language", ["a language", 5, ["en"], {"of": "en"}, ""])
def test_a_row_whose_language_is_none_is_refused_or_has_none(tmp_path: Path, language: Any) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(PAPER_ROW | {"id": "7", "lang": language}) + "\n", encoding="utf-8")
    ledger = Ledger()
    rows = list(JsonLines(str(path), language_key="lang").read(ledger))
    if language == "":
        assert [row.id for row in rows] == ["7"]
    else:
        assert not rows
        assert str(ledger.rejected[0]).endswith(" is no language code: write it as `en` or `pt-BR`")


def test_two_rows_of_one_language_with_one_id_are_refused() -> None:
    rows = [replace(make_question(0), category="de")] * 2
    with pytest.raises(UserError, match="2 questions have the id 'q0@language=de': give each an id of its own"):
        group_by_language(rows)


@pytest.mark.slow
def test_real_rows_are_grouped(shared_data: Path) -> None:
    folder = shared_data / "home-assistant-intents"
    path = folder / "rows_multilingual.jsonl"
    source = JsonLines(str(path), str(folder / "tools.jsonl"), language_key="lang")
    rows = list(source.read(Ledger()))
    counted = Counter(json.loads(line)["lang"] for line in path.read_text(encoding="utf-8").splitlines())
    made = group_by_language(rows, "de")
    assert {each.level: len(each.questions) for each in made.categories} == Counter(row.category for row in rows)
    assert {row.category for row in rows} <= set(counted)
    assert len(made.categories) > 30
