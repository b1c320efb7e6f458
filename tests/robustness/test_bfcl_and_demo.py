"""Every transformation of every question of BFCL, and of the demonstration rows, keeps its right answer."""

from __future__ import annotations

import copy
import importlib.util
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from lit_toolcall.data.leakage import split_words
from lit_toolcall.data.sources.bfcl import ANSWERED, UNANSWERED, Bfcl
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.metrics import check_ast, score_prediction
from lit_toolcall.metrics.bfcl_ast import LANGUAGES
from lit_toolcall.robustness import TRANSFORMATIONS, make_robust
from lit_toolcall.robustness.transformation import list_expected_tools
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Prediction, ToolCall

pytestmark = pytest.mark.slow
needs_bfcl = pytest.mark.skipif(
    importlib.util.find_spec("bfcl_eval") is None,
    reason="bfcl_eval is not installed: pip install --no-deps bfcl-eval==2026.3.23",
)
UNSATISFIABLE = {"live_simple_106-63-0", "live_simple_112-68-0", "live_multiple_862-181-3", "live_multiple_964-207-0"}
"""No answer to them is right by BFCL's own rules (docs/evaluation.md)."""
EVERY = sorted(set(TRANSFORMATIONS) - {"unseen"})


@pytest.fixture(scope="module")
def bfcl() -> list[Example]:
    return [row for row in Bfcl((*ANSWERED, *UNANSWERED)).read(Ledger()) if row.category not in LANGUAGES]


def fits(example: Example) -> bool:
    calls = example.answer.calls if example.answer is not None else ()
    return all(find_call_problem(call, example.tools) is None for call in calls)


@needs_bfcl
@pytest.mark.parametrize("kind", EVERY)
def test_bfcls_expected_answers_stay_right(kind: str, bfcl: list[Example]) -> None:
    broken = {row.id for row in bfcl if not fits(row)}  # a few of BFCL's accepted values break its own schemas
    made = make_robust(bfcl, [kind])
    assert sum(len(category.questions) for category in made.categories) > 2 * 2_000
    for category in made.categories:
        assert len(category.questions) + sum(category.left_out.values()) == len(bfcl) == 3491
        wrong = {
            question.made_of[0]
            for question in category.questions
            if question.bfcl is not None
            and question.answer is not None
            and check_ast(question.bfcl, question.answer.calls) is not None
        }
        assert wrong == UNSATISFIABLE & {question.made_of[0] for question in category.questions if question.bfcl}
        assert {question.made_of[0] for question in category.questions if not fits(question)} <= broken


@needs_bfcl
def test_bfcl_has_exactly_so_many_tools(bfcl: list[Example]) -> None:
    expecting = {row.id: set(list_expected_tools(row)) for row in bfcl if list_expected_tools(row)}
    for category in make_robust(bfcl, ["tools"]).categories[1:]:
        assert not category.notes
        fitting = {identity for identity, names in expecting.items() if len(names) <= int(category.level)}
        assert {question.made_of[0] for question in category.questions} == fitting
        for question in category.questions:
            names = [tool.name for tool in question.tools]
            assert len(names) == len(set(names)) == int(category.level)
            assert expecting[question.made_of[0]] <= set(names)


def mutate(example: Example, rng: random.Random) -> list[ToolCall]:
    """Change one thing of the expected calls, so that BFCL's rules may take it or not."""
    assert example.answer is not None
    calls = [ToolCall(call.name, copy.deepcopy(dict(call.arguments))) for call in example.answer.calls]
    place = rng.randrange(len(calls))
    call, way = calls[place], rng.randrange(7)
    arguments: dict[str, Any] = dict(call.arguments)
    name = rng.choice(sorted(arguments)) if arguments else "none"
    tool = next(tool for tool in example.tools if tool.name == call.name)
    if way == 0:
        arguments.pop(name, None)
    elif way == 1:
        arguments[name] = rng.choice([None, "", 0, True, [], "x", 1.5, {}])
    elif way == 2:
        arguments[rng.choice([*tool.parameters["properties"], "unknown"])] = "more"
    elif way == 3 and isinstance(arguments.get(name), str):
        arguments[name] = arguments[name].upper().replace(" ", "-")
    elif way == 4:
        return [*calls, call]
    elif way == 5:
        return [*calls[:place], replace(call, name=rng.choice(example.tools).name), *calls[place + 1 :]]
    else:
        rng.shuffle(calls)
        return calls
    return [*calls[:place], ToolCall(call.name, arguments), *calls[place + 1 :]]


def rename_calls(calls: Sequence[ToolCall], old: Example, new: Example) -> list[ToolCall]:
    """Write calls under the new names, which stand at the places of the old ones."""
    names: dict[str, tuple[str, Mapping[str, str]]] = {}
    for before, after in zip(old.tools, new.tools, strict=True):
        arguments = zip(before.parameters["properties"], after.parameters["properties"], strict=True)
        names[before.name] = (after.name, dict(arguments))
    return [
        ToolCall(
            names[call.name][0],
            {names[call.name][1].get(key, key): value for key, value in call.arguments.items()},
        )
        for call in calls
    ]


@needs_bfcl
def test_bfcls_verdict_on_any_answer_is_that_on_the_answer_renamed(bfcl: list[Example]) -> None:
    rng = random.Random(0)
    originals = {row.id: row for row in bfcl}
    verdicts = []
    for category in make_robust(bfcl, ["names"]).categories[1:]:
        for question in category.questions:
            original = originals[question.made_of[0]]
            if original.answer is None or not original.answer.calls or original.id in UNSATISFIABLE:
                continue
            assert original.bfcl is not None
            assert question.bfcl is not None
            calls = mutate(original, rng)
            renamed = rename_calls(calls, original, question)
            score, other = (
                replace(
                    score_prediction(Prediction("", tuple(made)), example), expected_tools=(), confusions=()
                )  # names
                for made, example in ((calls, original), (renamed, question))
            )
            assert score == other
            verdicts.append(score.ast)
    assert len(verdicts) > 4_000
    assert 400 < verdicts.count(True) < len(verdicts) - 400


def words_to_copy(example: Example) -> set[str]:
    """Collect the words of the texts in the expected calls, apart from the code that is tested."""
    found: set[str] = set()
    parts: list[Any] = [call.arguments for call in (example.answer.calls if example.answer else ())]
    while parts:
        part = parts.pop()
        if isinstance(part, str):
            found |= set(split_words(part))
        elif isinstance(part, Mapping):
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return found


def check_typos(rows: Sequence[Example]) -> None:
    """No word or number that a call copies from the query is lost, however many words are misspelt."""
    originals = {row.id: row for row in rows}
    changed = 0
    for category in make_robust(rows, ["typos"]).categories[1:]:
        for question in category.questions:
            original = originals[question.made_of[0]]
            before, after = (
                [word for message in each.messages for word in split_words(message.content)]
                for each in (original, question)
            )
            kept = words_to_copy(original)
            assert [word for word in before if word in kept] == [word for word in after if word in kept]
            digits = [[word for word in words if any(map(str.isdigit, word))] for words in (before, after)]
            assert digits[0] == digits[1]
            changed += before != after
    assert changed


@needs_bfcl
def test_typos_in_bfcl_leave_what_calls_copy(bfcl: list[Example]) -> None:
    check_typos(bfcl)


def test_typos_in_the_demo_leave_what_calls_copy(demo: list[Example]) -> None:
    check_typos(demo)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("seed", [0, 7])
def test_demonstration_rows_stay_right(kind: str, seed: int, demo: list[Example]) -> None:
    made = make_robust(demo, [kind], seed)
    for category in made.categories:
        assert category.questions
        assert len(category.questions) + sum(category.left_out.values()) == len(demo)
        assert all(map(fits, category.questions))
    again = make_robust(list(reversed(demo)), [kind], seed)
    assert {question.id: question for question in again.questions} == {
        question.id: question for question in made.questions
    }


@pytest.mark.parametrize("seed", [0, 7])
def test_names_of_the_demonstration_rows_are_told_apart(seed: int, demo: list[Example]) -> None:
    for question in make_robust(demo, ["names"], seed).questions:
        names = [tool.name for tool in question.tools]
        original = next(row for row in demo if row.id == question.made_of[0])
        assert len(set(names)) == len({tool.name for tool in original.tools})
        for old, new in zip(original.tools, question.tools, strict=True):
            assert len(old.parameters["properties"]) == len(new.parameters["properties"])


def test_the_demo_split_by_unseen_tools(demo: list[Example]) -> None:
    training, rest = demo[: len(demo) // 2], demo[len(demo) // 2 :]
    names = {tool.name for row in training for tool in row.tools}
    seen, unseen = make_robust(rest, ["unseen"], training=training).categories[1:]
    assert seen.questions
    assert all(not set(list_expected_tools(question)) & names for question in unseen.questions)
