"""Where answers go wrong: every figure equals a count by hand, and the counts sum up."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from random import Random
from typing import Any

import pytest
from named_corruptions import CORRUPTIONS, corrupt

from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.metrics import Counts, Score, is_valid_answer, score_prediction, summarize
from lit_toolcall.metrics.breakdowns import MOST_LISTED
from lit_toolcall.metrics.confusions import Confusion, count_types, list_confusions
from lit_toolcall.schema import tool_from_dict
from lit_toolcall.types import GROUPS, Example, Message, Prediction, Problem, ToolCall

Answers = list[tuple[Example, Prediction]]


def spoil(call: ToolCall, rng: Random) -> ToolCall:
    """Change arguments as models do: left out, given twice over, of another type, another value."""
    arguments = dict(call.arguments)
    for name in list(arguments):
        way = rng.random()
        if way < 0.1:
            del arguments[name]
        elif way < 0.3:
            arguments[name] = rng.choice(["Oslo", 5, 2.5, None, [1], {"a": 1}, str(arguments[name]).upper()])
        elif way < 0.35:
            arguments[f"{name}_"] = 1
    return ToolCall(call.name if rng.random() < 0.9 else rng.choice(["f", "get_weather", ""]), arguments)


def answer_like_a_model(example: Example, rng: Random) -> Prediction:
    """Answer rightly, with one thing wrong, with many things wrong, unreadably, not to the end, or by another row."""
    assert example.answer is not None
    way, right = rng.random(), example.answer.calls
    if way < 0.2:
        return Prediction("As asked.", right)
    if way < 0.5:
        return Prediction("So.", corrupt(example, rng.choice(list(CORRUPTIONS)), rng) or right)
    if way < 0.8:
        calls = [spoil(call, rng) for call in right for _ in range(rng.choice([0, 1, 1, 1, 2]))]
        calls += [spoil(ToolCall(tool.name, {"city": "Rome"}), rng) for tool in example.tools if rng.random() < 0.1]
        return Prediction("So be it.", tuple(rng.sample(calls, len(calls))), is_cut=rng.random() < 0.2)
    text = rng.choice(["f(", "f(a=1)\n" * 20, ""])
    problem = Problem.SYNTAX if text else Problem.EMPTY
    return Prediction(text, None if text else (), problem, is_cut=rng.random() < 0.5)


@pytest.fixture(scope="module")
def answers() -> Answers:
    rng = Random(11)
    sources = [JsonLines(f"demo:{name}.jsonl", "demo:tools.jsonl") for name in ("validation", "train")]
    rows = [row for source in sources for row in source.read(Ledger())][:600]
    any_call = [Example(f"any {i}", rows[i].tools, rows[i].messages, None) for i in range(5)]
    asked = [*rows * 3, *any_call]
    return [(row, answer_like_a_model(row if row.answer else rows[0], rng)) for row in asked]


@pytest.fixture(scope="module")
def scores(answers: Answers) -> list[Score]:
    return [score_prediction(prediction, example) for example, prediction in answers]


def test_every_wrong_answer_has_one_problem_and_the_counts_sum_up(answers: Answers, scores: list[Score]) -> None:
    by_category: dict[str, list[Score]] = {}
    for i, score in enumerate(scores):
        by_category.setdefault(["one", "two", "three"][i % 3], []).append(score)
    summary = summarize(by_category)
    for part, of_part in [
        (summary["all"], scores),
        *((summary["categories"][name], by_category[name]) for name in by_category),
    ]:
        wrong = [score.problem for score in of_part if not score.exact]
        assert None not in wrong
        assert sum(part["problems"].values()) == len(wrong) == part["total"] - part["exact_match"]["correct"]
        assert part["problems"] == {problem: wrong.count(problem) for problem in wrong if problem}
        assert list(part["problems"].values()) == sorted(part["problems"].values(), reverse=True)
        assert sum(part["groups"].values()) == len(wrong)
        for group, problems in GROUPS.items():
            assert part["groups"].get(group, 0) == sum(problem in problems for problem in wrong)
    assert len(summary["all"]["problems"]) > 15  # it is tested on nearly all of them
    assert all(score.exact == (score.problem is None) for score in scores)
    assert all(
        score.valid == is_valid_answer(prediction, example)
        for (example, prediction), score in zip(answers, scores, strict=True)
    )


def test_the_counts_sum_up_over_random_scores() -> None:
    rng = Random(2)
    for _ in range(20):
        scores = [
            Score(problem is None, None, True, problem, Counts(), Counts())
            for problem in rng.choices([None, *Problem], k=rng.randint(0, 60))
        ]
        summary = summarize({"a": scores[::2], "b": scores[1::2]})
        wrong = sum(score.problem is not None for score in scores)
        for count in ("problems", "groups"):
            of_parts = [part[count] for part in summary["categories"].values()]
            assert sum((Counter(part) for part in of_parts), Counter()) == Counter(summary["all"][count])
            assert sum(summary["all"][count].values()) == wrong


def count_confusions_by_hand(example: Example, prediction: Prediction) -> list[tuple[str | None, str | None]]:
    if example.answer is None or prediction.calls is None or prediction.problem is not None:
        return []
    missed = [call.name for call in example.answer.calls]
    wrong = []
    for call in prediction.calls:
        if call.name in missed:
            missed.reverse()  # the last of several, so that those left keep their order
            missed.remove(call.name)
            missed.reverse()
        else:
            wrong.append(call.name)
    length = max(len(missed), len(wrong))
    return list(
        zip(missed + [None] * (length - len(missed)), wrong + [None] * (length - len(wrong)), strict=True)  # type: ignore[list-item]
    )


def test_confusions_are_those_counted_by_hand(answers: Answers, scores: list[Score]) -> None:
    by_hand = Counter(pair for answer in answers for pair in count_confusions_by_hand(*answer))
    confusions = summarize({"demo": scores})["confusions"]
    assert confusions["total"] == by_hand.total() > 100
    assert len(by_hand) > MOST_LISTED == len(confusions["pairs"])
    listed = {(pair["expected"], pair["called"]): pair["count"] for pair in confusions["pairs"]}
    assert listed.items() <= by_hand.items()
    assert list(listed.values()) == sorted(by_hand.values(), reverse=True)[:MOST_LISTED]
    for (example, prediction), score in zip(answers, scores, strict=True):
        if prediction.problem is None and example.answer is not None:  # each expected name is called, or confused
            missed = sum(pair.expected is not None for pair in score.confusions)
            assert missed + score.tools.hits == score.tools.expected


def test_tools_are_confused_in_their_order() -> None:
    calls = {name: ToolCall(name, {}) for name in "abcd"}

    def confuse(expected: str, called: str) -> list[tuple[str | None, str | None]]:
        return list(map(tuple, list_confusions([calls[name] for name in called], [calls[name] for name in expected])))

    assert confuse("ab", "ba") == []
    assert confuse("ab", "cb") == [("a", "c")]
    assert confuse("abb", "bcd") == [("a", "c"), ("b", "d")]
    assert confuse("a", "") == [("a", None)]
    assert confuse("", "a") == [(None, "a")]
    assert confuse("aa", "a") == [("a", None)]


def test_tools_are_those_counted_by_hand(answers: Answers, scores: list[Score]) -> None:
    tools = summarize({"demo": scores})["tools"]
    by_hand: dict[str, list[Problem | None]] = {}
    for (example, _), score in zip(answers, scores, strict=True):
        for name in {call.name for call in example.answer.calls} if example.answer else ():
            by_hand.setdefault(name, []).append(score.problem)
    assert tools["total"] == len(by_hand) > MOST_LISTED == len(tools["worst"])
    wrong = {name: len(problems) - problems.count(None) for name, problems in by_hand.items()}
    assert [wrong[name] for name in tools["worst"]] == sorted(wrong.values(), reverse=True)[:MOST_LISTED]
    for name, tool in tools["worst"].items():
        assert tool["asked"] == len(by_hand[name])
        assert tool["exact"] == by_hand[name].count(None)
        assert tool["problems"] == {problem: by_hand[name].count(problem) for problem in by_hand[name] if problem}


PROPERTIES: dict[str, Any] = {
    "text": {"type": "string"},
    "whole": {"type": "integer"},
    "amount": {"anyOf": [{"type": "null"}, {"type": "number"}]},
    "flag": {"type": ["null", "boolean"]},
    "list": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object"},
    "choice": {"type": "string", "enum": ["C", "F"]},
    "fixed": {"const": 1},
    "anything": {},
}
RIGHT: dict[str, Any] = {
    **{"text": "a", "whole": 1, "amount": 2, "flag": True, "list": ["a"], "object": {"a": 1}},
    **{"choice": "C", "fixed": 1, "anything": None},
}
TYPES = ("string", "integer", "number", "boolean", "array", "object", "enum", "enum", "null")
TOOL = tool_from_dict({"name": "f", "parameters": {"type": "object", "properties": PROPERTIES}})


def test_arguments_are_counted_by_type() -> None:
    expected = [ToolCall("f", RIGHT)]

    def count(*calls: ToolCall) -> dict[str, tuple[int, ...]]:
        return {count.type: count[1:] for count in count_types(calls, expected, [TOOL])}

    twice = Counter(TYPES)
    assert count(ToolCall("f", RIGHT)) == {kind: (twice[kind], 0, 0) for kind in TYPES}
    assert count(ToolCall("f", dict.fromkeys(RIGHT, "x"))) == {kind: (0, twice[kind], 0) for kind in TYPES}
    assert (
        count(ToolCall("f", {}))
        == count(ToolCall("g", RIGHT))
        == count()
        == {kind: (0, 0, twice[kind]) for kind in TYPES}
    )
    assert count(ToolCall("f", {"text": "a", "whole": 2, "more": 1}))["string"] == (1, 0, 0)
    same = [ToolCall("f", {"whole": 1})] * 2  # one object, expected twice
    assert count_types(same[:1], same, [TOOL])[0][1:] == (1, 0, 1)


def test_types_sum_up_to_the_counts_of_arguments(answers: Answers, scores: list[Score]) -> None:
    for score in scores:
        assert sum(count.right for count in score.types) == score.arguments.hits
        assert sum(count.expected for count in score.types) == score.arguments.expected
    types = summarize({"demo": scores})["all"]["argument_types"]
    assert {"string", "integer", "number", "boolean", "array", "enum"} <= set(types)
    for kind, counts in types.items():
        of_kind = [count for score in scores for count in score.types if count.type == kind]
        assert counts == {
            "expected": sum(count.right + count.wrong + count.missing for count in of_kind),
            "right": sum(count.right for count in of_kind),
            "wrong": sum(count.wrong for count in of_kind),
            "missing": sum(count.missing for count in of_kind),
        }
    # a single expected call and a single one of its name: no pairing to choose, so a plain count
    plain: Counter[str] = Counter()
    by_score: Counter[str] = Counter()
    for (example, prediction), score in zip(answers, scores, strict=True):
        expected = example.answer.calls if example.answer else ()
        if len(expected) != 1 or len(prediction.calls or ()) > 1:
            continue
        by_score.update(right=score.arguments.hits, missing=sum(count.missing for count in score.types))
        named = [call for call in prediction.calls or () if call.name == expected[0].name]
        given = named[0].arguments if named else {}
        plain["missing"] += sum(name not in given for name in expected[0].arguments)
        for name, value in expected[0].arguments.items():
            schema = next(tool for tool in example.tools if tool.name == expected[0].name).parameters["properties"][
                name
            ]
            as_number = "'number'" in repr(schema) and type(given.get(name)) in (int, float)
            is_alike = as_number or type(given.get(name)) is type(value)
            plain["right"] += name in given and given[name] == value and is_alike
    assert by_score == plain
    assert min(plain.values()) > 50


def test_a_score_travels_between_ranks_and_a_summary_is_small(scores: list[Score]) -> None:
    assert pickle.loads(pickle.dumps(scores)) == scores
    assert hash(scores[0]) == hash(pickle.loads(pickle.dumps(scores[0])))
    one, two = scores[::2], scores[1::2]
    assert summarize({"demo": [*one, *two]})["confusions"] == summarize({"demo": scores})["confusions"]
    text = json.dumps(summarize({"demo": scores}), indent=1)
    assert len(text) < 60_000


def test_an_answer_that_cannot_be_read_confuses_no_tools() -> None:
    example = Example("1", (TOOL,), (), Message("assistant", calls=(ToolCall("f", {"text": "a"}),)))
    unread = score_prediction(Prediction("f(", None, Problem.SYNTAX), example)
    assert unread.confusions == ()
    assert unread.expected_tools == ("f",)
    assert unread.types[0].missing == 1
    said = score_prediction(Prediction("No.", ()), example)
    assert said.confusions == (Confusion("f", None),)
    unknown = score_prediction(Prediction("", (ToolCall("f", {}),)), Example("1", (TOOL,), (), None))
    assert (unknown.types, unknown.confusions, unknown.expected_tools) == ((), (), ())
