"""The command `compare`: what it says, its table and its JSON, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from said import fails

from lit_toolcall.cli.main import main
from lit_toolcall.evaluation import Results, write_metrics
from lit_toolcall.metrics import Counts, Score, summarize
from lit_toolcall.metrics.intervals import wilson_interval
from lit_toolcall.robustness import group_by_language, make_robust
from lit_toolcall.suites import SuiteContent, SuiteOptions, measure
from lit_toolcall.types import Example, Message, Problem, Tool, ToolCall

ROOT = Path(__file__).parents[2]
Record = dict[str, Any]


def make_record(number: int, is_right: bool, category: str = "simple_python", **changes: Any) -> Record:
    return {
        "id": f"{category}_{number}",
        "category": category,
        "question": [{"role": "user", "content": f"Weather in town {number}?"}],
        "expected": [{"name": "get_weather", "arguments": {"town": number}}],
        "text": f"get_weather(town={number if is_right else -1})",
        "calls": [],
        "problem": None if is_right else "value",
        "correct": is_right,
        "ast_correct": is_right,
        "seconds": 0.1,
        "tokens": 9,
        **changes,
    }


def write_folder(folder: Path, records: Sequence[Mapping[str, Any]]) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "predictions.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    scores: dict[str, list[Score]] = {}
    for record in records:
        if record.get("correct") is not None:
            problem = None if record["problem"] is None else Problem(record["problem"])
            score = Score(record["correct"], record["ast_correct"], True, problem, Counts(), Counts())
            scores.setdefault(record["category"], []).append(score)
    write_metrics(folder, summarize(scores))
    return str(folder)


@pytest.fixture
def runs(tmp_path: Path) -> tuple[str, str]:
    """A baseline with 40 of 100 and 2 of 10, and a model with 60 (28 gained, 8 lost) and 3 of 10."""
    before = [make_record(n, n < 40) for n in range(100)] + [make_record(n, n < 2, "parallel") for n in range(10)]
    after = [make_record(n, n >= 8 and n < 68) for n in range(100)] + [
        make_record(n, n < 3, "parallel", problem=None if n < 3 else "syntax") for n in range(10)
    ]
    return write_folder(tmp_path / "base", before), write_folder(tmp_path / "tuned", after)


def test_it_says_which_run_is_better_and_where(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", *runs, "--examples", "2"])
    said = capsys.readouterr().out
    first, *_ = lines = said.splitlines()
    # 29 gained and 8 lost of 110
    assert first.startswith("tuned is better than base: exact match +19.1 points, 95% between ")
    assert first.endswith("; 29 questions gained, 8 lost, p < 0.001")
    low, high = wilson_interval(42, 110)
    assert f"38.2% [{low:.0%}, {high:.0%}]" in said
    (parallel,) = [line.split() for line in lines if line.startswith("  parallel ")]
    assert parallel == ["parallel", "10", "20.0%", "30.0%", "1", "0", "1.00", "1.00"]
    assert "Fewer than 20 questions: parallel." in said
    assert "2 tests at once: go by the adjusted p (Holm)" in said
    (value,) = [line.split() for line in lines if line.startswith("  value ")]
    assert value == ["value", "68", "40", "29", "8"]
    assert "One problem became another: value to syntax 7." in said
    gained = said[said.index("Gained: 29, the first 2 of them") : said.index("Lost: 8, the first 2 of them")]
    assert re.findall(r"^  (\S+)$", gained, flags=re.MULTILINE) == ["simple_python_40", "simple_python_41"]
    assert re.search(r"question +Weather in town 40\?", gained)
    assert re.search(r'expected +\{"name": "get_weather", "arguments": \{"town": 40\}\}', gained)
    assert re.search(r"base +get_weather\(town=-1\)  \[value\]", gained)
    assert re.search(r"tuned +get_weather\(town=40\)$", gained, flags=re.MULTILINE)


def test_the_other_way_round_it_is_worse(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", *reversed(runs), "--examples", "0"])
    said = capsys.readouterr().out
    assert said.startswith("base is worse than tuned: exact match -19.1 points, 95% between -")
    assert "Gained" not in said


def test_a_difference_that_may_be_chance_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_folder(tmp_path / "a", [make_record(n, n < 20) for n in range(40)])
    b = write_folder(tmp_path / "b", [make_record(n, 2 < n < 25) for n in range(40)])
    main(["compare", a, b])
    said = capsys.readouterr().out
    assert said.startswith("no difference shown between a and b: exact match +5.0 points, 95% between -")
    assert "5 questions gained, 3 lost, p = 0.73" in said
    assert "By category" not in said  # one only


def test_several_models_are_compared_with_the_first(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = Path(runs[0], "predictions.jsonl").read_text().splitlines()
    third = write_folder(tmp_path / "third", list(map(json.loads, lines)))
    main(["compare", *runs, third])
    said = capsys.readouterr().out
    better, same, *_ = said.splitlines()
    assert better.startswith("tuned is better than base")
    assert better.endswith("p < 0.001 (p = 0.002 adjusted for 2 comparisons)")
    assert same.startswith("no difference shown between base and third: exact match +0.0 points")
    assert "== third compared with base ==" in said


def test_the_table_has_a_line_for_each_run(runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    for run, right in zip(runs, (1, 4), strict=True):
        lines = Path(run, "predictions.jsonl").read_text().splitlines()
        silent = [make_record(n, n < right, "irrelevance") for n in range(5)]
        write_folder(Path(run), [*map(json.loads, lines), *silent])
    main(["compare", "--table", *runs])
    head, rule, base, tuned = capsys.readouterr().out.splitlines()
    assert head == "| run | exact match | AST accuracy | valid calls | irrelevance | questions gained, lost | p |"
    assert rule == "| --- | --- | --- | --- | --- | --- | --- |"

    def cell(correct: int, total: int) -> str:
        low, high = wilson_interval(correct, total)
        return f"{correct / total:.1%} [{low:.0%}, {high:.0%}]"

    exact, valid = cell(42, 110), cell(110, 110)
    assert base == f"| base | {exact} | {exact} | {valid} | {cell(1, 5)} | +0 -0 | 1.00 |"
    exact = cell(63, 110)  # the three of irrelevance do not count
    assert tuned == f"| tuned | {exact} | {exact} | {valid} | {cell(4, 5)} | +29 -8 | <0.01 |"


def test_json_has_all_and_replaces_nothing(
    runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "compared.json"
    main(["compare", *runs, "--json", str(file), "--metric", "ast_correct"])
    content = json.loads(file.read_text())
    (found,) = content["comparisons"]
    assert content["metric"] == "ast_correct"
    assert content["left_out"] == {"base": 0, "tuned": 0}
    assert content["rates"].keys() == {"base", "tuned"}
    assert (found["first"], found["second"], found["verdict"]) == ("base", "tuned", "better")
    assert (len(found["all"]["gained"]), len(found["all"]["lost"]), found["all"]["total"]) == (29, 8, 110)
    assert found["categories"]["parallel"]["gained"] == ["parallel_2"]
    assert found["problems"]["syntax"] == {"first": 0, "second": 7, "fixed": 0, "new": 0}
    before = file.read_text()
    assert "there is such a file already: name another one" in fails(capsys, "compare", *runs, "--json", str(file))
    assert file.read_text() == before
    said = fails(capsys, "compare", *runs, "--json", str(tmp_path / "no" / "file.json"))
    assert "No such file or directory: give a file that can be written" in said


def test_the_common_questions_are_compared_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_folder(tmp_path / "a", [make_record(n, n < 20) for n in range(60)])
    b = write_folder(tmp_path / "b", [make_record(n, n < 50) for n in range(10, 90)])
    said = fails(capsys, "compare", a, b)
    assert "b answers other questions than a: 10 of its 60 are missing and 30 are added; add --common" in said
    main(["compare", a, b, "--common"])
    said = capsys.readouterr().out
    assert said.startswith("50 questions in common; left out: 10 of 60 in a, 30 of 80 in b\n")
    assert "30 questions gained, 0 lost" in said
    assert re.search(r"^exact match +20\.0% \[\S+ \S+\] +80\.0%", said, flags=re.MULTILINE)
    assert re.search(r"^questions +50 +50$", said, flags=re.MULTILINE)
    assert "valid call rate" not in said  # a line does not tell it
    assert "leave --common out" in fails(capsys, "compare", a, b, "--common", "--table")
    other = write_folder(tmp_path / "c", [make_record(0, True, "parallel")])
    assert "a and c answer no question in common" in fails(capsys, "compare", a, other, "--common")


def test_what_a_larger_model_adds_is_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The small model is wrong exactly where it is least certain."""
    sure = [{"mean": -n / 20, "lowest": -n / 20, "calls": []} for n in range(20)]
    small = write_folder(tmp_path / "small", [make_record(n, n < 10, confidence=sure[n]) for n in range(20)])
    large = write_folder(tmp_path / "large", [make_record(n, n >= 4) for n in range(20)])
    main(["compare", small, large])
    said = capsys.readouterr().out
    lines = said[said.index("exact match of all where large answers what small is least certain of") :].splitlines()
    assert lines[1].split() == ["handed", "over", "0%", "5%", "10%", "20%", "30%", "50%"]
    assert lines[2].split() == ["by", "mean", "50.0%", "55.0%", "60.0%", "70.0%", "80.0%", "100.0%"]
    main(["compare", large, small])  # the baseline has no confidence
    assert "least certain" not in capsys.readouterr().out


def test_hostile_texts_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[2J\u202e\nGained: 99\tof\x9b"
    changes = {
        "id": evil,
        "question": [{"role": "user", "content": evil}],
        "expected": [{"name": evil, "arguments": {}}],
    }
    changes |= {"category": evil, "text": evil}
    a = write_folder(tmp_path / "a", [make_record(1, False) | changes, make_record(2, True)])
    b = write_folder(tmp_path / "b", [make_record(1, True) | changes, make_record(2, True)])
    main(["compare", a, b])
    said = capsys.readouterr().out
    assert not {"\x1b", "\u202e", "\t", "\x9b"} & set(said)
    assert "\\x1b[2J\\u202e\\nGained: 99\\tof\\x9b" in said
    assert not re.search("^Gained: 99", said, flags=re.MULTILINE)


def test_a_question_in_several_forms_counts_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`test` counts all forms in `all`; the verdict does not."""

    def write(name: str, is_right: bool) -> str:
        records = [make_record(n, is_right) for n in range(9)]
        records += [make_record(n, is_right, "typos=0.1", variant_of=f"simple_python_{n}") for n in range(9)]
        return write_folder(tmp_path / name, records)

    main(["compare", write("a", False), write("b", True)])
    said = capsys.readouterr().out
    assert "; 9 questions gained, 0 lost, p = 0.004" in said.splitlines()[0]
    assert "Changed forms of questions: 9. The verdict counts each question once" in said
    assert re.search(r"^  typos=0.1 +9 +0.0% +100.0% +9 +0", said, flags=re.MULTILINE)


def test_questions_of_another_category_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a = write_folder(tmp_path / "a", [make_record(1, True)])
    b = write_folder(tmp_path / "b", [make_record(1, True) | {"category": "multiple"}])
    assert "question 'simple_python_1' has another category in b than in a" in fails(capsys, "compare", a, b)


def make_dialogue(number: int, is_right: bool | None) -> Record:
    """A dialogue as `eval` writes it."""
    problem = "too_long_for_model" if is_right is None else None if is_right else "instance_state_mismatch"
    return {
        "id": f"multi_turn_base_{number}",
        "category": "multi_turn_base",
        "question": [{"role": "user", "content": "Go."}],
        "expected": None,
        "text": "",
        "calls": None,
        "problem": problem,
        "correct": is_right,
        "ast_correct": None,
        "valid": is_right,
        "turns": 3,
        "unreachable": False,
        "messages": [{"role": "user", "content": "Go."}],
        "tokens": 40,
        "seconds": 0.5,
    }


def write_suite(folder: Path, content: SuiteContent, right: Callable[[str], bool | None]) -> str:
    """Write a folder as `eval` does, where `right` says by the id what is answered rightly."""
    records: list[Record] = []
    scores: list[Score | None] = []
    for each in content.questions:
        is_right = bool(right(each.id))
        variant = {"variant_of": each.made_of[0]} if each.made_of else {}
        records.append(make_record(0, is_right, each.category, id=each.id, **variant))
        problem = None if is_right else Problem.VALUE
        scores.append(Score(is_right, is_right, True, problem, Counts(), Counts()))
    for number in range(30):
        if content.dialogues:
            records.append(make_dialogue(number, right(f"multi_turn_base_{number}")))
            scores.append(None)
    folder.mkdir()
    (folder / "predictions.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    asked = replace(content, dialogues=[])
    write_metrics(folder, measure(asked, SuiteOptions(), Results(records, scores)))
    return str(folder)


def make_content(questions: int, *, forms: str = "", dialogues: bool = False) -> SuiteContent:
    """A suite of questions: alone, with changed forms (`beside`), in these alone (`only`), or in two languages."""
    tool = Tool("get_weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
    other = Tool("get_time", "", {"type": "object", "properties": {"zone": {"type": "string"}}})
    rows = [
        Example(
            id=f"q{number}",
            tools=(tool, other),
            messages=(Message("user", "Tell me about the weather in this beautiful place."),),
            answer=Message("assistant", "", (ToolCall("get_weather", {"city": "Oslo"}),)),
            category="mine",
        )
        for number in range(questions)
    ]
    if forms == "language":
        rows = [replace(row, category=language) for row in rows for language in ("de", "en")]
        robust = group_by_language(rows)
    else:
        robust = make_robust(rows, ["order"])
    kept = rows if forms in ("", "beside") else []
    asked = [*kept, *(robust.questions if forms else [])]
    entries: Any = [None] if dialogues else []
    return SuiteContent("mine", asked, entries, robust if forms else None)


def number_of(identity: str) -> int:
    return int(re.findall(r"\d+", identity)[0])


@pytest.mark.parametrize(
    ("forms", "counted", "category"),
    [("beside", "mine", "original"), ("only", "original", "order=tools"), ("language", "", "language=de")],
)
def test_changed_forms_of_eval_are_compared_by_category(
    forms: str, counted: str, category: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = make_content(30, forms=forms)
    a = write_suite(tmp_path / "a", content, lambda identity: number_of(identity) < 5)
    b = write_suite(tmp_path / "b", content, lambda identity: number_of(identity) < 20)
    assert list(json.loads(Path(a, "metrics.json").read_text())["categories"]) == ([counted] if counted else [])
    main(["compare", a, b, "--json", str(tmp_path / "compared.json")])
    said = capsys.readouterr().out
    first = said.splitlines()[0]
    assert first.startswith("b is better than a: exact match +50.0 points")  # 15 of 30
    assert "; 15 questions gained, 0 lost, p < 0.001" in first
    assert re.search(r"^exact match +16\.7% \[\S+ \S+\] +66\.7%", said, flags=re.MULTILINE)
    assert re.search(rf"^  {category} +30 +16\.7% +66\.7% +15 +0", said, flags=re.MULTILINE)
    assert re.search(r"^questions +30 +30$", said, flags=re.MULTILINE)
    (found,) = json.loads((tmp_path / "compared.json").read_text())["comparisons"]
    assert found["all"]["total"] == 30
    main(["compare", a, b, "--table"])
    assert "| +15 -0 | <0.01 |" in capsys.readouterr().out.splitlines()[-1]

    metrics = json.loads(Path(b, "metrics.json").read_text())
    level = metrics["robustness"]["language" if forms == "language" else "order"][-1 if forms == "language" else 0]
    level["rates"]["exact_match"]["correct"] -= 1
    Path(b, "metrics.json").write_text(json.dumps(metrics))
    assert "metrics.json counts other answers than predictions.jsonl holds" in fails(capsys, "compare", a, b)


def test_dialogues_alone_have_a_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = make_content(0, dialogues=True)
    a = write_suite(tmp_path / "a", content, lambda identity: number_of(identity) < 5)
    b = write_suite(tmp_path / "b", content, lambda identity: None if number_of(identity) > 27 else True)
    main(["compare", a, b])
    said = capsys.readouterr().out
    first, second, *_ = said.splitlines()
    assert first.startswith("b is better than a: dialogues right in all turns +82.1 points")  # 23 of 28
    assert "; 23 dialogues gained, 0 lost" in first
    assert second == "not compared: 2 dialogues that are too long for one of the models"
    assert "exact match" not in said
    assert re.search(r"^  multi_turn_base +28 +17\.9% +100\.0% +23 +0", said, flags=re.MULTILINE)
    assert re.search(r"^  instance_state_mismatch +23 +0 +23 +0", said, flags=re.MULTILINE)
    main(["compare", a, b, "--table"])
    head, _, *rows = capsys.readouterr().out.splitlines()
    assert "| dialogues | questions gained, lost |" in head
    assert re.search(r"\| 16\.7% \[\S+ \S+\] \| \+0 -0", rows[0])
    assert re.search(r"\| 100\.0% \[\S+ \S+\] \| \+23 -0", rows[1])
    assert "no answer in a has a score `ast_correct`" in fails(capsys, "compare", a, b, "--metric", "ast_correct")
    c = write_suite(tmp_path / "c", content, lambda _: None)
    assert "no dialogue was asked, since the model has too few positions" in fails(capsys, "compare", a, c)
    d = write_suite(tmp_path / "d", content, lambda identity: None if number_of(identity) <= 27 else True)
    assert "no dialogue was asked of both b and d: each is too long for one" in fails(capsys, "compare", b, d)


def test_dialogues_beside_questions_count_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = make_content(30, dialogues=True)
    a = write_suite(tmp_path / "a", content, lambda identity: number_of(identity) < 5)
    b = write_suite(tmp_path / "b", content, lambda identity: number_of(identity) < (5 if "multi" in identity else 9))
    main(["compare", a, b])
    said = capsys.readouterr().out
    first, second, *_ = said.splitlines()
    assert first.startswith("no difference shown between a and b: exact match +13.3 points")
    assert "; 4 questions gained, 0 lost" in first
    assert second.startswith("apart from these, dialogues right in all turns +0.0 points")
    assert "; 0 dialogues gained, 0 lost, p = 1.00" in second
    assert re.search(r"^  multi_turn_base +30 +16\.7% +16\.7%", said, flags=re.MULTILINE)
    metrics = json.loads(Path(b, "metrics.json").read_text())
    metrics["multi_turn"]["categories"]["multi_turn_base"]["correct"] += 1
    Path(b, "metrics.json").write_text(json.dumps(metrics))
    assert "metrics.json counts other answers than predictions.jsonl holds" in fails(capsys, "compare", a, b)


def test_types_and_tools_say_where_it_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = []
    for name, right in (("a", 1), ("b", 3)):
        records = [make_record(n, n < right) for n in range(4)]
        folders.append(write_folder(tmp_path / name, records))
        metrics = json.loads(Path(folders[-1], "metrics.json").read_text())
        metrics["all"]["argument_types"] = {"string": {"expected": 4, "right": right, "wrong": 4 - right, "missing": 0}}
        Path(folders[-1], "metrics.json").write_text(json.dumps(metrics))
    main(["compare", *folders])
    said = capsys.readouterr().out
    assert re.search(r"^  string +25\.0% of 4 +75\.0% of 4$", said, flags=re.MULTILINE)
    tools = said[said.index("By tool, the most often wrong in b first, exact match") :]
    assert tools.splitlines()[2].split() == ["get_weather", "4", "1", "3", "2", "0"]


def test_answers_of_an_older_release_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = []
    for name in ("a", "b"):
        write_folder(tmp_path / name, records := [make_record(n, n < 5) for n in range(9)])
        old = [
            {key: value for key, value in record.items() if key not in ("question", "expected", "ast_correct")}
            for record in records
        ]
        (tmp_path / name / "predictions.jsonl").write_text("".join(json.dumps(record) + "\n" for record in old))
        folders.append(str(tmp_path / name))
    main(["compare", *folders])
    assert "no difference shown between a and b" in capsys.readouterr().out
    assert "no answer in a has a score `ast_correct`" in fails(capsys, "compare", *folders, "--metric", "ast_correct")


def test_runs_of_one_name_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [make_record(1, True)]
    folders = [write_folder(tmp_path / name / "tuned", records) for name in ("a", "b")]
    main(["compare", *folders])
    assert f"no difference shown between {folders[0]} and {folders[1]}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            [],
            "compare takes two or more folders and got 0: write `lit_toolcall compare FOLDER FOLDER`, the baseline",
        ),
        (["A"], "compare takes two or more folders and got 1"),
        (["A", "A/../a"], "A/../a is the same folder as A: name another one"),
        (["A", "/no/run"], "/no/run: no such folder: give one that `eval` or `test` has written"),
        (["A", "~nobody-here/run"], "the home folder of ~nobody-here is not known"),
        (["A", "A/metrics.json"], "A/metrics.json is a file: give the folder that it lies in"),
        (["A", "EMPTY"], "EMPTY holds no predictions.jsonl: run `lit_toolcall eval` or `test` into it first"),
        (["A", "B", "--metric", "f1"], "argument --metric: invalid choice: 'f1'"),
        (["A", "B", "--exmples", "1"], "unrecognized arguments: --exmples"),
        (["A", "B", "--examples", "-1"], "--examples=-1 must be at least 0"),
        (["A", "B", "--examples", "x"], "argument --examples: invalid int value: 'x'"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    a, b = (write_folder(tmp_path / name, [make_record(1, True)]) for name in ("a", "b"))
    places = {"A": a, "B": b, "EMPTY": str(tmp_path / "empty")}

    def fill(words: str) -> str:
        return re.sub(r"\b(A|B|EMPTY)(?=$|[/: ])", lambda name: places[name[0]], words)

    said = fails(capsys, "compare", *map(fill, arguments))
    assert fill(sentence) in said
    assert said.count("\n") == 1


GOOD = json.dumps(make_record(1, True))
GOOD_RATE = {"value": 1, "correct": 1, "total": 1, "low": 0, "high": 1}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([GOOD, "{"], "predictions.jsonl:2: not JSON (Expecting property name"),
        ([GOOD[:-20]], "predictions.jsonl:1: not JSON ("),
        (["[" * 100_000], "predictions.jsonl:1: not JSON (nested too deep): run `eval` or `test` again"),
        (["1" * 5000], "predictions.jsonl:1: not JSON (Exceeds the limit"),
        (["\udcff"], "predictions.jsonl:1: not JSON ("),
        (["[]"], "predictions.jsonl:1: no JSON object, which `eval` and `test` do not write"),
        (["{}"], "predictions.jsonl:1: no `category`, which `eval` and `test` do not write"),
        ([GOOD.replace('"problem": null, ', "")], "predictions.jsonl:1: no `problem`"),
        ([GOOD.replace('"correct": true', '"correct": 1')], "predictions.jsonl:1: `correct` is '1'"),
        ([GOOD.replace('"id": "simple_python_1"', '"id": 7')], "predictions.jsonl:1: `id` is '7'"),
        ([json.dumps(make_record(1, True, confidence={"mean": "x"}))], "predictions.jsonl:1: `confidence` is "),
        ([json.dumps(make_record(1, True, confidence={"mean": -1, "lowest": float("nan")}))], "`confidence` is "),
        ([GOOD, "", GOOD], "predictions.jsonl:3: the id 'simple_python_1' stands in an earlier line too"),
        ([""], "predictions.jsonl holds no answers"),
        ([json.dumps(make_record(1, True, correct=None))], "the answers have no scores, as `predict` writes them"),
        ([json.dumps(make_record(1, False))], "metrics.json counts other answers than predictions.jsonl holds"),
        (
            [json.dumps(make_record(1, True, question=[{"role": "user", "content": "Time?"}]))],
            "question 'simple_python_1' has another question in b than in a: test both with the same questions",
        ),
        (
            [json.dumps(make_record(1, True, expected=[]))],
            "question 'simple_python_1' has another expected in b than in a",
        ),
        (
            [json.dumps(make_record(1, True) | {"category": "multiple"})],
            "metrics.json counts other answers than predictions.jsonl holds",
        ),
        (
            [json.dumps(make_record(2, True))],
            "b answers other questions than a: 1 of its 1 are missing and 1 are added",
        ),
    ],
)
def test_broken_answers_are_one_sentence(
    lines: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = (write_folder(tmp_path / name, [make_record(1, True)]) for name in ("a", "b"))
    text = "".join(f"{line}\n" for line in lines)
    Path(b, "predictions.jsonl").write_bytes(text.encode("utf-8", "surrogateescape"))
    said = fails(capsys, "compare", a, b)
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "part",
    [
        {"multi_turn": None},
        {"multi_turn": {"categories": {"multi_turn_base": {"correct": "1", "total": 1}}}},
        {"robustness": {"order": [1]}},
        {"robustness": {"order": [{"category": [], "against": None, "rates": {}}]}},
        {"bfcl": {"live_ast": {"value": "1", "low": 0, "high": 1}}},
        {"all": {"total": 1, "exact_match": GOOD_RATE, "argument_types": {"string": {"expected": 1}}}},
    ],
)
def test_broken_parts_of_metrics_are_one_sentence(
    part: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = (write_folder(tmp_path / name, [make_record(1, True)]) for name in ("a", "b"))
    metrics = json.loads(Path(b, "metrics.json").read_text())
    Path(b, "metrics.json").write_text(json.dumps(metrics | part))
    said = fails(capsys, "compare", a, b)
    assert "metrics.json is not what `eval` and `test` write: run `eval` or `test` again" in said


def test_bfcls_figures_stand_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    categories = ("simple_python", "multiple", "parallel", "parallel_multiple")
    folders = [
        write_folder(
            tmp_path / name, [make_record(n, n < right, category) for category in categories for n in range(4)]
        )
        for name, right in (("a", 1), ("b", 3))
    ]
    main(["compare", *folders])
    assert re.search(r"^  Non-Live AST, Python only +25\.0% \[.*\] +75\.0% \[", capsys.readouterr().out, re.MULTILINE)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"all": 1}', '{"all": {"total": 1}, "categories": {}}', "[" * 100_000]
    + [
        json.dumps({"all": {"total": total, "exact_match": rate}, "categories": {}})
        for total, rate in (
            (1, 1),
            (1, {"value": "x", "correct": 1, "total": 1, "low": 0, "high": 1}),
            (1, {"value": 1, "correct": 1.5, "total": 1, "low": 0, "high": 1}),
            (1, {"value": 1, "low": 0, "high": 1}),
            (1, {"value": 1, "correct": 2, "total": 1, "low": 0, "high": 1}),
            ("1" * 10, {"value": 1, "correct": "1", "total": 1, "low": 0, "high": 1}),
        )
    ],
)
def test_broken_metrics_are_one_sentence(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = (write_folder(tmp_path / name, [make_record(1, True)]) for name in ("a", "b"))
    Path(b, "metrics.json").write_text(text)
    assert "metrics.json is not what `eval` and `test` write: run `eval` or `test` again" in fails(
        capsys, "compare", a, b
    )


def test_what_is_unfinished_or_half_scored_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = (write_folder(tmp_path / name, [make_record(n, True) for n in range(2)]) for name in ("a", "b"))
    Path(b, "predictions.jsonl").write_text("\n".join([GOOD, json.dumps(make_record(0, True, correct=None))]))
    write_metrics(Path(b), summarize({"simple_python": [Score(True, True, True, None, Counts(), Counts())]}))
    said = fails(capsys, "compare", a, b)
    assert "question 'simple_python_0' has a score in a and none in b (`correct`)" in said
    Path(b, "metrics.json").unlink()
    assert f"{b} holds no metrics.json: run `lit_toolcall eval` or `test` into it first" in fails(
        capsys, "compare", a, b
    )
    Path(b, "predictions.jsonl").rename(Path(b, "predictions.rank0.part"))
    assert f"{b} holds the answers of a run that was interrupted" in fails(capsys, "compare", a, b)


def test_help_says_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["compare", "--help"])
    assert not stopped.value.code
    said = capsys.readouterr().out
    assert said.startswith("usage: lit_toolcall compare ")
    assert "Compare two models' answers to the same questions." in said
