"""Which questions a suite asks, in which forms; and what cannot be asked."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import CITIES, TOOL, make_row

from lit_toolcall.evaluation import Results
from lit_toolcall.metrics import score_prediction
from lit_toolcall.suites import SUITES, Lookup, SuiteContent, SuiteOptions, describe_results, measure, read_suite
from lit_toolcall.suites.content import draw
from lit_toolcall.types import Example, Prediction, UserError

needs_bfcl = pytest.mark.skipif(
    importlib.util.find_spec("bfcl_eval") is None,
    reason="bfcl_eval is not installed: pip install --no-deps bfcl-eval==2026.3.23",
)


def write_rows(path: Path, count: int = 12, **changes: Any) -> str:
    rows = [
        {**make_row(CITIES[number % 8], number), "id": f"row-{number}", "category": "ab"[number % 2], **changes}
        for number in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def read(name: str, lookup: Lookup | None = None, **options: Any) -> SuiteContent:
    return read_suite(name, SuiteOptions(**options), lookup or Lookup())


def ids(content: SuiteContent) -> list[str]:
    return [question.id for question in content.questions]


@pytest.fixture
def rows(tmp_path: Path) -> str:
    return write_rows(tmp_path / "rows.jsonl")


# --- which of them


def test_a_file_of_ones_own_rows_is_a_suite(rows: str) -> None:
    assert ids(read(rows)) == [f"row-{number}" for number in range(12)]


def test_the_seed_alone_says_what_is_drawn(rows: str) -> None:
    drawn = [ids(read(rows, limit=2, seed=seed)) for seed in (0, 0, 1, 2)]
    assert drawn[0] == drawn[1]
    assert len({tuple(each) for each in drawn}) > 1
    for each in drawn:
        numbers = [int(id_.removeprefix("row-")) for id_ in each]
        assert Counter(number % 2 for number in numbers) == {0: 2, 1: 2}  # 2 of each category
        assert numbers == sorted(numbers)  # in the order of the file


def test_a_larger_draw_holds_the_questions_of_a_category_whatever_the_others_have(rows: str) -> None:
    assert ids(read(rows, limit=2, categories=["b"])) == [
        id_ for id_ in ids(read(rows, limit=2)) if int(id_.removeprefix("row-")) % 2
    ]


@pytest.mark.parametrize(("fraction", "each"), [(0.01, 1), (0.5, 3), (0.51, 4), (1.0, 6)])
def test_a_fraction_of_each_category_is_rounded_up(fraction: float, each: int, rows: str) -> None:
    assert Counter(question.category for question in read(rows, fraction=fraction).questions) == {"a": each, "b": each}


def test_the_smaller_of_limit_and_fraction_counts() -> None:
    questions = [Example(str(number), (), (), None) for number in range(10)]
    assert len(draw(questions, SuiteOptions(limit=9, fraction=0.3))) == 3
    assert len(draw(questions, SuiteOptions(limit=2, fraction=0.3))) == 2


def test_what_was_asked_is_in_the_metrics(rows: str) -> None:
    options = SuiteOptions(limit=1, seed=3)
    content = read_suite(rows, options, Lookup())
    assert measure(content, options, Results([], []))["suite"] == {
        "name": rows,
        "seed": 3,
        "limit": 1,
        "fraction": 1.0,
        "categories": None,
        "ids": ids(content),
    }


# --- in which forms


def test_changed_forms_are_asked_beside_the_questions(rows: str) -> None:
    content = read(rows, robust=["typos"], limit=2)
    assert content.robust is not None
    forms = Counter(question.category for question in content.questions)
    assert forms.pop("a") == forms.pop("b") == 2
    assert all(name.startswith("typos=") or name == "original" for name in forms)
    assert len(set(ids(content))) == len(content.questions)
    assert ids(content) == ids(read(rows, robust=["typos"], limit=2))


def test_changed_forms_count_in_no_other_figure(rows: str) -> None:
    """All questions are answered right, all changed forms wrong."""
    options = SuiteOptions(robust=["typos"], limit=2)
    content = read_suite(rows, options, Lookup())
    records, scores = [], []
    for question in content.questions:
        assert question.answer is not None
        calls = () if question.category.startswith("typos=") else question.answer.calls
        score = score_prediction(Prediction("", calls), question)
        records.append({"id": question.id, "category": question.category, "correct": score.exact})
        scores.append(score)
    metrics = measure(content, options, Results(records, scores))
    assert metrics["all"]["exact_match"]["value"] == 1
    assert not any("=" in name for name in metrics["categories"])
    assert metrics["robustness"]
    assert "typos" in describe_results(metrics)


def test_figures_by_language(tmp_path: Path) -> None:
    rows = [{**make_row(city, 1), "id": f"{city}-{lang}", "lang": lang} for city in CITIES[:2] for lang in ("en", "de")]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    content = read(str(path), language_key="lang")
    assert content.robust is not None
    assert {question.category for question in content.questions} == {"language=en", "language=de"}


def test_unseen_tools_are_told_by_the_training_rows(rows: str, tmp_path: Path) -> None:
    other = {**TOOL, "name": "get_tide"}
    row = make_row("Oslo", 1) | {
        "tools": [other],
        "expected_output": {"function": "get_tide", "arguments": {"city": "Oslo"}},
    }
    training = tmp_path / "training.jsonl"
    training.write_text(json.dumps(row) + "\n")
    unseen = read(rows, robust=["unseen"], training=str(training)).questions
    assert any(question.category.startswith("unseen=") for question in unseen)
    (tmp_path / "nothing.jsonl").write_text("{}\n")
    with pytest.raises(UserError, match=r"--training .*nothing\.jsonl"):
        read(rows, robust=["unseen"], training=str(tmp_path / "nothing.jsonl"))


# --- what is looked up


def test_tools_are_retrieved_from_a_pool(rows: str, tmp_path: Path) -> None:
    pool = tmp_path / "pool.jsonl"
    tools = [{**TOOL, "name": name, "description": f"Get the {name}."} for name in ("tide", "news", "stock", "time")]
    pool.write_text("".join(json.dumps(tool) + "\n" for tool in [TOOL, *tools]))
    asked = read(rows, Lookup(retrieve=2, pool=str(pool))).questions
    assert all(len(question.tools) == 2 for question in asked)
    assert all("get_weather" in [tool.name for tool in question.tools] for question in asked)
    with pytest.raises(UserError, match=r"none\.jsonl"):
        read(rows, Lookup(retrieve=2, pool=str(tmp_path / "none.jsonl")))


def test_solved_rows_are_shown_before_a_question(rows: str, tmp_path: Path) -> None:
    shots = tmp_path / "shots.jsonl"
    shots.write_text("".join(json.dumps(make_row(city, 99)) + "\n" for city in CITIES[:3]))
    plain, shown = read(rows).questions, read(rows, Lookup(shots=2, shots_path=str(shots))).questions
    for before, after in zip(plain, shown, strict=True):
        assert after.id == before.id
        assert after.messages[-1] == before.messages[-1]
        assert sum(bool(message.calls) for message in after.messages) == 2


# --- what cannot be asked


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("bfcl-smal", "--suite bfcl-smal: no such suite or file: did you mean `bfcl-small`?"),
        ("robst", "--suite robst: no such suite or file: did you mean `robust`?"),
        ("mine", f"--suite mine: no such suite or file: choose from {', '.join(SUITES)}, or name a file"),
        ("x" * 500, f"--suite {'x' * 80}...: no such suite or file"),
    ],
)
def test_an_unknown_suite(name: str, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        read(name)
    assert str(refused.value).startswith(sentence)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read(str(tmp_path / "none.jsonl"))


def test_a_file_without_a_usable_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"query": 3}\n')
    with pytest.raises(UserError, match=r"rows\.jsonl"):
        read(str(path))
    path.write_text("")
    with pytest.raises(UserError):
        read(str(path))


def test_an_unknown_category_is_named_with_the_known(rows: str) -> None:
    with pytest.raises(UserError, match="--categories: the suite has no 'c': choose from a, b, or leave it out"):
        read(rows, categories=["a", "c"])


def test_rows_without_a_category_have_none_to_choose(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--categories: the suite has no 'c': choose from none, or leave it out"):
        read(write_rows(tmp_path / "rows.jsonl", category=""), categories=["c"])


@pytest.mark.parametrize(
    ("name", "options", "lookup", "sentence"),
    [
        ("rows.jsonl", {"path": "x"}, {}, "--path: it is the data of a suite by name: leave it out, rows.jsonl is the"),
        (
            "bfcl",
            {"tools_path": "x"},
            {},
            "--tools_path: it is for a file of your own rows: leave it out of --suite bf",
        ),
        ("bfcl", {"language_key": "x"}, {}, "--language_key: it is for a file of your own rows: leave it out"),
        ("all", {"robust": ["typos"]}, {}, "--robust: dialogues are asked as they are: leave it out of --suite all"),
        ("bfcl-multi-turn", {}, {"retrieve": 2}, "--retrieve: dialogues are asked as they are: leave it out of"),
        ("all", {}, {"shots": 1, "shots_path": "x"}, "--shots: dialogues are asked as they are"),
        ("x", {"training": "x"}, {}, "--training: only the change `unseen` needs it: name it in --robust, or leave"),
        ("x", {"language_key": "x", "robust": ["typos"]}, {}, "--language_key and --robust: questions are either"),
        ("x", {}, {"shots_path": "x"}, "--shots_path: say how many rows of it to show by --shots"),
        ("x", {}, {"pool": "x"}, "--pool: say how many tools of it to retrieve by --retrieve"),
    ],
)
def test_settings_that_would_be_left_aside(
    name: str, options: dict[str, Any], lookup: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UserError) as refused:
        read_suite(name, SuiteOptions(**options), Lookup(**lookup))
    assert str(refused.value).startswith(sentence)


# --- suites by name


def test_demo_rows_are_a_suite() -> None:
    content = read("demo:validation.jsonl", tools_path="demo:tools.jsonl", limit=3)
    assert 0 < len(content.questions) == len(set(ids(content)))


def test_api_bank_is_read_from_a_folder(tmp_path: Path) -> None:
    tool = {
        "name": "AddAlarm",
        "description": "Sets an alarm.",
        "input_parameters": {"time": {"type": "str", "description": "When."}},
        "output_parameters": {"status": {"type": "str", "description": "success or failed"}},
    }
    row = {
        "instruction": f"\nGenerate.\nThe current year is 2023.\nInput: \n\nAPI descriptions:\n{json.dumps(tool)}",
        "input": "User: Wake me at nine.\nGenerate API Request: ",
        "expected_output": "API-Request: [AddAlarm(time='09:00')]",
    }
    (tmp_path / "level-1-api.json").write_text(json.dumps([row, row | {"input": f"User: Go.\n{row['input']}"}]))
    (tmp_path / "lv1-api-train.json").write_text(json.dumps([row]))
    content = read("api-bank", path=str(tmp_path))
    assert [question.category for question in content.questions] == ["api_bank_1"] * 2
    assert len(read("api-bank", path=str(tmp_path), limit=1).questions) == 1


def test_bfcl_without_its_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if "bfcl" in name else find(name, *more))
    for name in ("bfcl", "bfcl-small", "bfcl-multi-turn", "robust", "all"):
        with pytest.raises(UserError, match="bfcl_eval"):
            read(name)


@needs_bfcl
@pytest.mark.slow
def test_every_suite_of_bfcl_can_be_drawn_from() -> None:
    drawn = {name: read(name, limit=2) for name in ("bfcl", "bfcl-small", "bfcl-multi-turn", "all")}
    assert len(drawn["bfcl"].questions) == 2 * 13
    assert len(drawn["bfcl-small"].questions) == 2 * 13
    assert len(drawn["bfcl-multi-turn"].dialogues) == 2 * 4
    assert ids(drawn["all"]) == ids(drawn["bfcl"])
    assert [entry.id for entry in drawn["all"].dialogues] == [each.id for each in drawn["bfcl-multi-turn"].dialogues]
    assert len(read("bfcl-small").questions) == 400
    with pytest.raises(UserError, match=r"the suite has no 'multi_turn': choose from .*multi_turn_base"):
        read("all", categories=["multi_turn"])


@needs_bfcl
@pytest.mark.slow
def test_the_robust_suite_asks_originals_and_changed_forms() -> None:
    content = read("robust", limit=1)
    assert content.robust is not None
    kinds = {question.category.partition("=")[0] for question in content.questions}
    assert {"original", "typos", "tools"} <= kinds
    assert "unseen" not in kinds
    forms = [question for question in content.questions if "@" in question.id]
    assert forms
    assert len(set(ids(content))) == len(content.questions)
    typos = {question.category.partition("=")[0] for question in read("robust", limit=1, robust=["typos"]).questions}
    assert typos == {"original", "typos"}
