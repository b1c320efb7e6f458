"""Reading BFCL's questions, from small files of our own and from the installed package."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from lit_toolcall.data.sources import bfcl
from lit_toolcall.data.sources.bfcl import ANSWERED, HUB_ID, UNANSWERED, Bfcl
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.metrics import Counts, score_prediction
from lit_toolcall.metrics.bfcl_figures import PUBLISHED, UNSATISFIABLE
from lit_toolcall.types import Example, Prediction, ToolCall, UserError

needs_bfcl = pytest.mark.skipif(
    importlib.util.find_spec("bfcl_eval") is None,
    reason="bfcl_eval is not installed: pip install --no-deps bfcl-eval==2026.3.23",
)

WATER = {
    "name": "garden.water",
    "description": "Water a bed.",
    "parameters": {
        "type": "dict",
        "properties": {
            "bed": {"type": "string"},
            "litres": {"type": "float"},
            "note": {"type": "string"},
            "area": {"type": "dict", "properties": {"width": {"type": "integer"}}},
        },
        "required": ["bed", "note"],
    },
}
GOLD = {
    "bed": ["roses", "rose"],
    "litres": ["", 2.5],
    "note": [""],
    "area": [{"width": [3, 4], "depth": [""]}],
}


def question(number: int, **changes: Any) -> dict[str, Any]:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": f"Water bed {number}."},
    ]
    return {"id": f"q_{number}", "question": [messages], "function": [WATER], **changes}


def answer(number: int, **changes: Any) -> dict[str, Any]:
    return {"id": f"q_{number}", "ground_truth": [{"garden.water": GOLD}], **changes}


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_category(folder: Path, category: str, rows: int, version: int = 4) -> None:
    write_rows(folder / f"BFCL_v{version}_{category}.json", [question(number) for number in range(rows)])
    answers = [answer(number) for number in range(rows)]
    write_rows(folder / "possible_answer" / f"BFCL_v{version}_{category}.json", answers)


def read(source: Bfcl) -> tuple[list[Example], Ledger]:
    ledger = Ledger()
    return list(source.read(ledger)), ledger


def test_a_row_becomes_an_example_with_its_first_accepted_values(tmp_path: Path) -> None:
    write_category(tmp_path, "simple_python", rows=2)
    (_, example), ledger = read(Bfcl(path=str(tmp_path)))
    assert ledger.kept == 2
    assert not ledger.rejected
    assert example.id == "q_1"
    assert example.category == "simple_python"
    assert example.place == f"{tmp_path / 'BFCL_v4_simple_python.json'}:2"
    assert [message.role for message in example.messages] == ["system", "user"]
    assert example.tools[0].parameters["properties"]["litres"]["type"] == "number"
    assert example.answer is not None
    (call,) = example.answer.calls
    # "note" is required, so its "" is given; "depth" may be left out and has no other value
    assert call.arguments == {"bed": "roses", "litres": 2.5, "note": "", "area": {"width": 3}}
    assert example.bfcl is not None
    assert example.bfcl.functions == (WATER,)
    assert example.bfcl.ground_truth == ({"garden.water": GOLD},)


def write_one(folder: Path, category: str, properties: dict[str, Any], gold: dict[str, Any]) -> None:
    docs = {"name": "f", "description": "Runs.", "parameters": {"type": "dict", "properties": properties}}
    write_rows(folder / f"BFCL_v4_{category}.json", [question(0, function=[docs])])
    write_rows(folder / "possible_answer" / f"BFCL_v4_{category}.json", [answer(0, ground_truth=[{"f": gold}])])


def test_java_and_javascript_are_asked_and_answered_in_texts(tmp_path: Path) -> None:
    properties = {
        "ids": {"type": "ArrayList", "description": "The ids.", "items": {"type": "long"}},
        "callback": {"type": "any", "description": "Called last."},
        "options": {"type": "HashMap"},
    }
    gold = {"ids": [[1, 2]], "callback": ["done"], "options": ["", {"page": [3], "sort": "name"}]}
    write_one(tmp_path, "simple_java", properties, gold)
    (example,), _ = read(Bfcl(["simple_java"], str(tmp_path)))
    (tool,) = example.tools
    assert tool.description == "Runs. Note that the provided function is in Java 8 SDK syntax."
    assert tool.parameters["properties"] == {
        "ids": {
            "type": "string",
            "description": "The ids. This is Java ArrayList type parameter in string representation."
            " The list elements are of type long; they are not in string representation.",
        },
        "callback": {
            "type": "string",
            "description": "Called last. This parameter can be of any type of Java object in string representation.",
        },
        "options": {
            "type": "string",
            "description": " This is Java HashMap type parameter in string representation.",
        },
    }
    assert example.answer is not None
    (call,) = example.answer.calls
    assert call.arguments == {
        "ids": "new ArrayList<Long>(Arrays.asList(1L, 2L))",
        "callback": "done",
        # the key whose values are a text where a list should be is left out
        "options": 'new HashMap<String, Object>() {{ put("page", 3); }}',
    }
    assert example.bfcl is not None
    assert example.bfcl.functions[0]["parameters"]["properties"] == properties  # as published, for BFCL's rules


@pytest.mark.parametrize(
    ("value", "is_exact", "is_right", "is_valid", "problem"),
    [
        ("[1, 2.5]", True, True, True, None),
        ("[1.0,2.5]", True, True, True, None),  # the values count, not their spelling
        ("new Array(1, 2.5)", True, True, True, None),
        ("[2.5, 1]", False, False, True, "value"),
        ("first two", False, False, True, "value"),
        ([1, 2.5], False, False, False, "type"),  # values themselves are no texts
        ("[1, 2.5" + " " * 2000 + "]", False, False, True, "value"),  # longer than what is read
    ],
)
def test_an_answer_in_javascript_is_scored_by_the_values_in_its_texts(
    tmp_path: Path, value: Any, is_exact: bool, is_right: bool, is_valid: bool, problem: str | None
) -> None:
    properties = {"sizes": {"type": "array", "description": "In m.", "items": {"type": "float"}}}
    write_one(tmp_path, "simple_javascript", properties, {"sizes": [[1, 2.5]]})
    (example,), _ = read(Bfcl(["simple_javascript"], str(tmp_path)))
    score = score_prediction(Prediction("", (ToolCall("f", {"sizes": value}),)), example)
    assert (score.exact, score.ast, score.valid, score.problem) == (is_exact, is_right, is_valid, problem)
    assert score.arguments == Counts(int(is_exact), 1, 1)


def test_irrelevance_expects_no_call_and_relevance_any(tmp_path: Path) -> None:
    for category in ("irrelevance", "live_relevance"):
        write_rows(tmp_path / f"BFCL_v4_{category}.json", [question(0)])
    (irrelevant, relevant), _ = read(Bfcl(["irrelevance", "live_relevance"], str(tmp_path)))
    assert irrelevant.answer is not None
    assert irrelevant.answer.calls == ()
    assert relevant.answer is None
    assert irrelevant.bfcl is not None
    assert irrelevant.bfcl.ground_truth is None


def test_the_limit_draws_by_the_seed_and_keeps_the_order(tmp_path: Path) -> None:
    write_category(tmp_path, "simple_python", rows=30)
    draws = [
        [int(example.id.removeprefix("q_")) for example in read(Bfcl(path=str(tmp_path), limit=10, seed=seed))[0]]
        for seed in (0, 0, 1)
    ]
    assert len(draws[0]) == 10
    assert draws[0] == sorted(set(draws[0]))
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]
    assert len(read(Bfcl(path=str(tmp_path), limit=99))[0]) == 30


def test_files_of_version_3_are_read_under_their_own_name(tmp_path: Path) -> None:
    write_category(tmp_path, "simple", rows=1, version=3)
    (example,), _ = read(Bfcl(path=str(tmp_path)))
    assert example.category == "simple_python"


@pytest.mark.parametrize(
    ("bad_question", "bad_answer", "reason"),
    [
        ({"function": "none"}, {}, "each function needs a 'name'"),
        ({"function": []}, {}, "needs a function"),
        ({"function": [{"name": "f"}]}, {}, "each function needs a 'name'"),
        (
            {"function": [{**WATER, "parameters": {"type": "dict", "properties": {"n": 1}}}]},
            {},
            "'properties'",
        ),
        (
            {"function": [{**WATER, "parameters": {**WATER["parameters"], "required": None}}]},
            {},
            "with 'required' as a list",
        ),
        ({"question": [[{"role": "user", "content": "\ud800"}]]}, {}, "half of a surrogate pair"),
        ({}, {"ground_truth": [{"garden.water": {"litres": [float("nan")]}}]}, "NaN is not a JSON number"),
        ({}, {"id": "\0"}, "possible_answer/BFCL_v4_multiple.json:2: a NUL character"),
        # nothing reads these keys of a function, but all of it is kept for BFCL's rules
        ({"function": [{**question(1)["function"][0], "no\0te": 1}]}, {}, "a NUL character in the text 'no\\x00te'"),
        ({"function": [{**question(1)["function"][0], "note": float("nan")}]}, {}, "NaN is not a JSON number"),
        ({"question": []}, {}, "'question' needs one turn"),
        ({"question": [[{"role": "user"}]]}, {}, "a message needs 'role' and 'content'"),
        ({"question": [[{"role": "chef", "content": "?"}]]}, {}, "a message has role 'chef'"),
        ({"id": 7}, {}, "the id being a string"),
        ({}, {"id": "q_9"}, "its accepted values are those of 'q_9'"),
        ({}, {"ground_truth": []}, "'ground_truth' needs entries"),
        ({}, {"ground_truth": [{"garden.water": GOLD}] * 1000}, "more than 20,000 that an answer may have"),
        ({}, {"ground_truth": [{"garden.water": {"bed": "roses"}}]}, "'ground_truth' needs entries"),
        ({}, {"ground_truth": [{"garden.water": {"area": [{"width": 3}]}}]}, "'ground_truth' needs entries"),
    ],
)
def test_a_bad_row_goes_to_the_ledger(
    tmp_path: Path, bad_question: dict[str, Any], bad_answer: dict[str, Any], reason: str
) -> None:
    file = tmp_path / "BFCL_v4_multiple.json"
    write_rows(file, [question(0), question(1, **bad_question)])
    write_rows(tmp_path / "possible_answer" / file.name, [answer(0), answer(1, **bad_answer)])
    examples, ledger = read(Bfcl(["multiple"], str(tmp_path)))
    assert [example.id for example in examples] == ["q_0"]
    (rejection,) = ledger.rejected
    assert rejection.place == f"{file}:2"
    assert reason in rejection.reason


@pytest.mark.parametrize("line", [b"{", b"[" * 100_000, b"[1]", b"null", b'"\xff"'])
def test_a_line_that_is_no_object_goes_to_the_ledger(tmp_path: Path, line: bytes) -> None:
    good = json.dumps(question(0)).encode()
    (tmp_path / "BFCL_v4_irrelevance.json").write_bytes(b"\n" + good + b"\n" + line + b"\n")
    examples, ledger = read(Bfcl(["irrelevance"], str(tmp_path)))
    assert len(examples) == 1
    assert ledger.rejected[0].place.endswith(":3")  # the blank line counts


def test_an_answer_that_is_null_is_not_taken_for_none_published(tmp_path: Path) -> None:
    write_category(tmp_path, "multiple", rows=1)
    (tmp_path / "possible_answer" / "BFCL_v4_multiple.json").write_text("null\n", encoding="utf-8")
    examples, ledger = read(Bfcl(["multiple"], str(tmp_path)))
    assert not examples
    assert "a row needs 'id', 'ground_truth'" in ledger.rejected[0].reason


@pytest.mark.parametrize(
    ("category", "sentence"),
    [
        ("simple_pyton", "unknown BFCL category 'simple_pyton': choose from simple_python, simple_java, "),
        ("multi_turn_base", "BFCL category 'multi_turn_base' is not supported, only single-turn ones: simple_python, "),
    ],
)
def test_a_category_that_cannot_be_read_is_refused_at_once(category: str, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        Bfcl([category])


def test_a_limit_of_none_is_refused() -> None:
    with pytest.raises(UserError, match="limit=0 must be at least 1"):
        Bfcl(limit=0)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"BFCL_v4_parallel\.json does not exist"):
        read(Bfcl(["parallel"], str(tmp_path)))
    write_rows(tmp_path / "BFCL_v4_parallel.json", [question(0)])
    with pytest.raises(UserError, match=r"possible_answer/BFCL_v4_parallel\.json does not exist"):
        read(Bfcl(["parallel"], str(tmp_path)))
    write_rows(tmp_path / "possible_answer" / "BFCL_v4_parallel.json", [answer(0), answer(1)])
    with pytest.raises(UserError, match="has 1 questions but 2 answers"):
        read(Bfcl(["parallel"], str(tmp_path)))
    with pytest.raises(UserError, match="path=no/such is no folder with BFCL's data"):
        read(Bfcl(path="no/such"))


def test_without_network_the_hub_gives_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_options: Any) -> str:
        raise ConnectionError("offline")

    monkeypatch.setattr(bfcl, "snapshot_download", refuse)
    with pytest.raises(UserError, match=r"cannot be fetched from the hub \(ConnectionError\): check the network"):
        read(Bfcl(path=HUB_ID))


def test_without_the_package_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(UserError, match="bfcl_eval is not installed: pip install --no-deps bfcl-eval"):
        read(Bfcl())


@needs_bfcl
def test_the_installed_package_is_located_without_being_imported() -> None:
    before = "bfcl_eval" in sys.modules
    bfcl.find_folder(None)
    assert ("bfcl_eval" in sys.modules) == before


@pytest.mark.slow
@needs_bfcl
def test_every_published_question_is_read_and_its_own_answer_scores() -> None:
    examples, ledger = read(Bfcl([*ANSWERED, *UNANSWERED]))
    assert not ledger.rejected
    # as published: 400 + 100 + 50 + 3 x 200, 258 + 1053 + 16 + 24, and 240 + 884 + 16 without accepted values
    assert len(examples) == 1150 + 1351 + 1140
    assert Counter(example.category for example in examples) == PUBLISHED
    scores = {
        example.id: score_prediction(Prediction("", example.answer.calls), example)
        for example in examples
        if example.answer is not None
    }
    wrong = {identity for identity, score in scores.items() if not score.ast}
    assert wrong == {identity for identities in UNSATISFIABLE.values() for identity in identities}
    assert all(score.exact and score.valid for identity, score in scores.items() if identity not in wrong)
