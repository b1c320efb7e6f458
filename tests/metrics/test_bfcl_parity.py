"""Our AST accuracy against the official checker, on every gold answer and many seeded changes of them."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import random
import sys
import types
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lit_toolcall.data.sources.bfcl import Bfcl
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.metrics.bfcl_ast import check_ast
from lit_toolcall.types import BfclQuestion, Example, ToolCall

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("bfcl_eval") is None,
    reason="bfcl_eval is not installed: pip install --no-deps bfcl-eval==2026.3.23",
)

CATEGORIES = [
    "simple_python",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
]
MUTATIONS = 20  # of each question
STAND_IN = "bfcl_eval.constants.model_config"
Calls = list[ToolCall]
Verdict = Callable[[BfclQuestion, Calls], bool]


class _AnyModel(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        return types.SimpleNamespace(underscore_to_dot=False)


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verdict]:
    """The official checker, loaded without the vendors' clients that its model table imports."""
    stand_in = types.ModuleType(STAND_IN)
    stand_in.MODEL_CONFIG_MAPPING = _AnyModel()  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BFCL_PROJECT_ROOT", str(tmp_path_factory.mktemp("bfcl")))
        patch.setitem(sys.modules, STAND_IN, stand_in)
        checker = importlib.import_module("bfcl_eval.eval_checker.ast_eval.ast_checker").ast_checker
        python = importlib.import_module("bfcl_eval.constants.enums").Language.PYTHON

    def is_right(question: BfclQuestion, calls: Calls) -> bool:
        output = [{call.name: copy.deepcopy(dict(call.arguments))} for call in calls]
        try:
            verdict = checker(
                list(question.functions),
                output,
                list(question.ground_truth or ()),
                python,
                question.category,
                "any",
            )
        except Exception:  # the official run would stop here; an answer it cannot score is not right
            return False
        return bool(verdict["valid"])

    yield is_right
    assert sys.modules.get(STAND_IN) is not stand_in


@pytest.fixture(scope="module")
def questions() -> list[BfclQuestion]:
    ledger = Ledger()
    examples: list[Example] = list(Bfcl(CATEGORIES).read(ledger))
    assert not ledger.rejected
    return [example.bfcl for example in examples if example.bfcl]


def _unfold(answer: Any, pick: Callable[[list[Any]], Any]) -> Any:
    """Turn an accepted value into a plain one: `{"k": [1, 2]}` into `{"k": 1}`."""
    if isinstance(answer, dict):
        return {key: pick(values) for key, values in answer.items()}
    if isinstance(answer, list):
        return [_unfold(item, pick) if isinstance(item, dict) else item for item in answer]
    return copy.deepcopy(answer)


def _first(values: list[Any]) -> Any:
    return next((value for value in values if value != ""), "")


def _last(values: list[Any]) -> Any:
    return _first(values[::-1])


def gold_answers(question: BfclQuestion) -> list[Calls]:
    """First values, last values, and the shortest answer, which leaves out all that may be left out."""
    answers = []
    for pick, short in ((_first, False), (_last, False), (_first, True)):
        calls = []
        for gold in question.ground_truth or ():
            ((name, accepted),) = gold.items()
            arguments = {
                argument: _unfold(pick(values), pick)
                for argument, values in accepted.items()
                if values and not (short and "" in values) and values != [""]
            }
            calls.append(ToolCall(name, arguments))
        answers.append(calls)
    return answers


def change_value(value: Any, rng: random.Random) -> Any:
    """Another value, often one that differs only in type, spelling or order."""
    anywhere = [None, str(value), [value], "", "-", [], {}, True, 1, 0.5, {"key": value}]
    if isinstance(value, bool):
        near = [not value, int(value), str(value), float(value)]
    elif isinstance(value, int):
        near = [float(value), str(value), value + 1, value + 0.5, -value, value == 1]
    elif isinstance(value, float):
        near = [str(value), value + 1, value * 1.000001, *([int(value)] if abs(value) < 1e300 else [])]
    elif isinstance(value, str):
        middle = len(value) // 2
        near = [
            value.upper(),
            value.title(),
            value + ".",
            f" {value}",
            value.replace(" ", "_"),
            value.replace("'", '"'),
            *(f"{value[:middle]}{mark}{value[middle:]}" for mark in rng.sample(" ,./-_*^;:!", 2)),
            value[:-1],
            value + "x",
        ]
    elif isinstance(value, list):
        near = [
            value[::-1],
            [*value, *value[-1:]],
            value[:-1],
            tuple(value),
            sorted(value, key=repr),
            [*value, None],
        ]
        if value:
            changed = list(value)
            place = rng.randrange(len(value))
            changed[place] = change_value(value[place], rng)
            near += [changed] * 4 + [[str(item) for item in value], [[item] for item in value]]
            near += [[float(item) if type(item) is int else item for item in value]]
            near += [[int(item) if type(item) is float else item for item in value]]
    elif isinstance(value, dict):
        near = [{**value, "unexpected": 1}, list(value.items()), [value], list(value)]
        for key in value:
            near.append({other: item for other, item in value.items() if other != key})
            near.append({**value, key: change_value(value[key], rng)})
            near.append({**value, key.upper(): value[key]})
    else:
        near = ["None", "", 0, False, []]
    return rng.choice(near) if rng.random() < 0.8 else rng.choice(anywhere)


def change_arguments(call: ToolCall, question: BfclQuestion, rng: random.Random) -> ToolCall:
    """One call with a value changed, or an argument dropped, added or renamed."""
    arguments = copy.deepcopy(dict(call.arguments))
    kind = rng.choices(["value", "drop", "add", "rename", "name", "move"], [12, 2, 1, 1, 1, 1])[0]
    names = list(arguments)
    if kind == "value" and names:
        name = rng.choice(names)
        arguments[name] = change_value(arguments[name], rng)
    elif kind == "drop" and names:
        del arguments[rng.choice(names)]
    elif kind == "add":
        documented = [name for docs in question.functions for name in docs["parameters"]["properties"]]
        arguments[rng.choice([*documented, "unexpected"])] = rng.choice([None, "", 1, "x", [], True, 0.0])
    elif kind == "rename" and names:
        name = rng.choice(names)
        arguments[rng.choice([name.upper(), f"{name}_", f"the_{name}"])] = arguments.pop(name)
    elif kind == "move" and len(names) > 1:
        one, other = rng.sample(names, 2)
        arguments[one], arguments[other] = arguments[other], arguments[one]
    elif kind == "name":
        others = [docs["name"] for docs in question.functions]
        return ToolCall(rng.choice([*others, call.name.upper(), call.name.replace(".", "_"), "f"]), arguments)
    return ToolCall(call.name, arguments)


def change_calls(calls: Calls, question: BfclQuestion, rng: random.Random) -> Calls:
    """An answer with one or two changes, of which some leave it right."""
    changed = list(calls)
    for _ in range(rng.choice([1, 1, 1, 2])):
        kind = rng.choices(["arguments", "order", "drop", "repeat", "exchange"], [12, 2, 1, 1, 1])[0]
        if kind == "order":
            rng.shuffle(changed)
        elif kind == "drop" and changed:
            del changed[rng.randrange(len(changed))]
        elif kind == "repeat" and changed:
            changed.insert(rng.randrange(len(changed) + 1), rng.choice(changed))
        elif kind == "exchange" and len(changed) > 1:
            changed[rng.randrange(len(changed))] = rng.choice(changed)
        elif changed:
            place = rng.randrange(len(changed))
            changed[place] = change_arguments(changed[place], question, rng)
    return changed


@pytest.mark.slow
def test_every_gold_answer_gets_the_official_verdict(official: Verdict, questions: list[BfclQuestion]) -> None:
    verdicts: Counter[bool] = Counter()
    for question in questions:
        for calls in gold_answers(question):
            ours = check_ast(question, calls)
            assert (ours is None) == official(question, calls), (question, calls, ours)
            verdicts[ours is None] += 1
    # Three answers for each of 2,351 questions; the shortest is wrong where it lacks a required argument.
    assert verdicts.total() == 3 * (400 + 3 * 200 + 258 + 1053 + 16 + 24)
    assert verdicts[True] > 0.9 * verdicts.total()


@pytest.mark.slow
def test_changed_answers_get_the_official_verdict(official: Verdict, questions: list[BfclQuestion]) -> None:
    rng = random.Random(0)
    verdicts: Counter[bool] = Counter()
    for question in questions:
        golds = gold_answers(question)
        for _ in range(MUTATIONS):
            calls = change_calls(rng.choice(golds), question, rng)
            ours = check_ast(question, calls)
            assert (ours is None) == official(question, calls), (question, calls, ours)
            verdicts[ours is None] += 1
    assert verdicts.total() == MUTATIONS * len(questions) >= 20_000
    assert min(verdicts[True], verdicts[False]) > 0.1 * verdicts.total()
