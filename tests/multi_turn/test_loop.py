"""Dialogues of several turns: steps, turns, ends, and what is counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from scripted import Model, Said, gold_model, idle_model, say

from lit_toolcall.evaluation.answerer import Answer
from lit_toolcall.evaluation.answers import score_answer
from lit_toolcall.generation import Generated
from lit_toolcall.metrics.intervals import wilson_interval
from lit_toolcall.multi_turn import (
    CATEGORIES,
    DialogueProblem,
    DialogueResult,
    Entry,
    Simulator,
    remember_calls,
    run_dialogues,
    summarize_dialogues,
)
from lit_toolcall.multi_turn import loop as loop_module
from lit_toolcall.multi_turn import simulation as simulation_module
from lit_toolcall.multi_turn.dialogue import MAX_CALLS, MAX_RESULT_CHARACTERS, MAX_STEPS
from lit_toolcall.types import Example, Message, Prediction, Problem, ToolCall, UserError

LIST = ToolCall("list_books", {})


def run_one(entry: Entry, ask: Any, **options: Any) -> DialogueResult:
    (result,) = run_dialogues([entry], ask, **options)
    return result


def put(title: str) -> ToolCall:
    return ToolCall("put", {"title": title})


def test_gold_calls_are_valid_in_one_step_or_in_many(shelf: Entry) -> None:
    at_once = run_one(shelf, gold_model([shelf]))
    assert (at_once.valid, at_once.problem, at_once.turn) == (True, None, None)
    assert (at_once.steps, at_once.calls_made, at_once.tokens, at_once.seconds) == (6, 4, 18, 3.0)
    one_by_one = run_one(shelf, gold_model([shelf], calls_a_step=1))
    assert (one_by_one.valid, one_by_one.steps, one_by_one.calls_made) == (True, 7, 4)


def test_a_step_asks_with_all_that_was_said_and_its_results(shelf: Entry) -> None:
    model = gold_model([shelf], calls_a_step=1)
    result = run_one(shelf, model, remember=remember_calls)
    assert [question.id.partition(":")[2] for question in model.questions] == [
        *("0:0", "0:1", "1:0", "1:1", "2:0", "2:1", "2:2"),
    ]
    assert model.questions[-1].messages == (
        Message("user", "Put Emma on the shelf."),
        Message("assistant", "", (put("Emma"),)),
        Message("tool", "None"),
        Message("assistant", "Done."),
        Message("user", "And what is there?"),
        Message("assistant", "", (LIST,)),
        Message("tool", '{"books": ["Faust", "Emma"], "long": false}'),
        Message("assistant", "Done."),
        Message("user", "Put Ulysses there."),
        Message("assistant", "", (ToolCall("put", {"title": "Ulysses", "place": 1}),)),
        Message("tool", "None"),
        Message("assistant", "", (ToolCall("shout", {"title": "all"}),)),
        Message("tool", "ALL"),
    )
    assert [message["role"] for message in result.messages] == [
        *[message.role for message in model.questions[-1].messages],
        "assistant",
    ]
    assert result.messages[1]["calls"] == [{"name": "put", "arguments": {"title": "Emma"}}]


def test_an_answer_is_remembered_as_it_came(shelf: Entry) -> None:
    model = gold_model([shelf])
    run_one(shelf, model)
    assert model.questions[1].messages[1] == Message("assistant", str((put("Emma"),)))


def test_one_tool_message_for_each_result(shelf: Entry) -> None:
    model = Model(lambda _, __, step: [LIST, put("x"), ToolCall("no_tool", {})] if step == 0 else ())
    run_one(shelf, model)
    results = [message.content for message in model.questions[1].messages if message.role == "tool"]
    assert results[1:] == ["None", "Error during execution: name 'no_tool' is not defined"]


@pytest.mark.parametrize(
    ("calls", "problem", "detail", "turn"),
    [
        (lambda _: [], DialogueProblem.EMPTY_TURN, (), 0),
        (lambda turn: [put("Emma")] if turn == 0 else [], DialogueProblem.EMPTY_TURN, (), 1),
        (lambda _: [put("Persuasion")], DialogueProblem.STATE, ("GorillaFileSystem.books",), 0),
        (
            lambda turn: [put("Emma") if turn == 0 else ToolCall("shout", {"title": "x"})],
            DialogueProblem.RESPONSE,
            ('{"books": ["Faust", "Emma"], "long": false}',),
            1,
        ),
    ],
)
def test_the_first_problem_is_named_with_its_turn(
    shelf: Entry, calls: Callable[[int], Any], problem: DialogueProblem, detail: tuple[str, ...], turn: int
) -> None:
    model = Model(lambda _, turn, step: calls(turn) if step == 0 else ())
    result = run_one(shelf, model)
    assert (result.valid, result.problem, result.detail, result.turn) == (False, problem, detail, turn)
    assert {int(question.id.split(":")[1]) for question in model.questions} == {*range(turn + 1)}  # none is asked after


def test_calls_beside_the_gold_ones_are_free_and_results_count_later(shelf: Entry) -> None:
    extra = {0: [put("Emma"), LIST], 1: [ToolCall("shout", {"title": "x"})], 2: [*shelf.turns[2].gold, LIST]}
    result = run_one(shelf, Model(lambda _, turn, step: extra[turn] if step == 0 else ()))
    assert result.valid  # turn 1 needs the result of list_books, which turn 0 asked for already


def test_calls_in_a_turn_without_gold_calls_are_made_and_not_punished(shelf: Entry) -> None:
    first, second, third = shelf.turns
    entry = replace(shelf, turns=(replace(first, gold=()), replace(second, gold=(LIST,)), third))
    model = gold_model([entry])
    assert run_one(entry, model).valid
    made = Model(lambda name, turn, step: [put("x")] if (turn, step) == (0, 0) else model.calls(name, turn, step))
    result = run_one(entry, made)
    assert (result.problem, result.turn) == (DialogueProblem.STATE, 1)  # it is punished where the state counts


@pytest.mark.parametrize(
    "prediction", [Prediction("f(", None, Problem.SYNTAX), Prediction("Hello.", ()), Prediction("", ())]
)
def test_an_answer_without_calls_ends_the_turn(shelf: Entry, prediction: Prediction) -> None:
    gold = gold_model([shelf])

    def ask(examples: Sequence[Example]) -> list[Said]:
        return [said if said.prediction.calls else Said(prediction) for said in gold(examples)]

    result = run_one(shelf, ask)
    assert (result.valid, result.steps) == (True, 6)
    assert result.messages[3] == {
        "role": "assistant",
        "content": prediction.text,
        "calls": None if prediction.calls is None else [],
    }


def test_more_than_twenty_steps_end_the_entry(shelf: Entry) -> None:
    endless = Model(lambda *_: [LIST])
    result = run_one(shelf, endless)
    assert (result.valid, result.problem, result.turn) == (False, DialogueProblem.FORCE_TERMINATED, 0)
    assert result.steps == MAX_STEPS + 1 == 21
    allowed = Model(lambda _, turn, step: shelf.turns[turn].gold if step == 0 else [LIST] * (step < MAX_STEPS))
    assert run_one(shelf, allowed).valid


def test_such_an_end_in_the_last_turn_is_checked_as_bfcl_does(shelf: Entry) -> None:
    def calls(_: str, turn: int, step: int) -> Sequence[ToolCall]:
        return shelf.turns[turn].gold if step == 0 else [LIST] * (turn == 2)

    result = run_one(shelf, Model(calls))
    assert (result.valid, result.steps) == (True, 2 + 2 + 21)


def test_a_withheld_tool_is_not_called_before_its_turn(shelf: Entry) -> None:
    first, second, third = shelf.turns
    without = tuple(tool for tool in first.tools if tool.name != "put")
    entry = replace(shelf, turns=(replace(first, tools=without, gold=()), replace(second, gold=(put("Emma"),)), third))
    gold = gold_model([entry])
    early = Model(lambda name, turn, step: [put("Emma")] if (turn, step) == (0, 0) else gold.calls(name, turn, step))
    result = run_one(entry, early)
    assert result.valid
    assert result.messages[2]["content"] == "Error during execution: name 'put' is not defined"
    assert "put" not in {tool.name for tool in early.questions[0].tools}
    assert "put" in {tool.name for tool in early.questions[-1].tools}


def count_characters(example: Example) -> int:
    return sum(len(message.content) for message in example.messages)


def test_an_entry_that_is_too_long_for_the_model_is_not_asked_and_not_counted(shelf: Entry) -> None:
    model = gold_model([shelf])
    result = run_one(shelf, model, fits=lambda example: count_characters(example) < 50)
    assert (result.valid, result.problem, result.turn) == (None, DialogueProblem.TOO_LONG_FOR_MODEL, None)
    assert model.questions == []
    figures = summarize_dialogues([result.record])
    assert figures["too_long_for_model"] == ["multi_turn_base_0"]
    assert figures["categories"]["multi_turn_base"]["total"] == 0


def test_a_model_that_fills_its_context_by_itself_fails(shelf: Entry) -> None:
    wordy = Model(lambda *_: [LIST, ToolCall("shout", {"title": "x" * 300})])
    result = run_one(shelf, wordy, fits=lambda example: count_characters(example) < 900)
    assert (result.valid, result.problem, result.turn) == (False, DialogueProblem.CONTEXT_FULL, 0)
    assert run_one(shelf, gold_model([shelf]), fits=lambda example: count_characters(example) < 900).valid


def test_a_prompt_that_a_server_finds_too_long_ends_the_dialogue(shelf: Entry) -> None:
    gold = gold_model([shelf])

    def ask(questions: Sequence[Example]) -> list[Said]:
        is_full = [":1:1" in question.id for question in questions]
        return [replace(said, no_room=full) for said, full in zip(gold(questions), is_full, strict=True)]

    result = run_one(shelf, ask)
    assert (result.valid, result.problem, result.turn, result.steps) == (False, DialogueProblem.CONTEXT_FULL, 1, 4)
    assert result.messages[-1]["role"] == "tool"


def copies(entry: Entry, count: int) -> list[Entry]:
    """Make entries of which every other one offers the tools in another order."""
    turned = tuple(replace(turn, tools=turn.tools[::-1]) for turn in entry.turns)
    return [replace(entry, id=f"entry_{n}", turns=turned if n % 2 else entry.turns) for n in range(count)]


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_dialogues_in_lockstep_come_out_alike(shelf: Entry, at_once: int) -> None:
    entries = copies(shelf, 7)
    gold = gold_model(entries)
    lazy = {"entry_2": 1, "entry_5": 2}
    model = Model(lambda name, turn, step: () if turn == lazy.get(name) else gold.calls(name, turn, step))
    results = {result.id: result for result in run_dialogues(entries, model, at_once=at_once)}
    assert {name: result.turn for name, result in results.items() if not result.valid} == lazy
    assert max(model.batches) == min(at_once, 7)
    if at_once == 1:
        offers = [question.tools[0].name for question in model.questions]
        assert sum(before != after for before, after in pairwise(offers)) == 1  # by their tools


def test_no_dialogue_at_once_is_refused(shelf: Entry) -> None:
    with pytest.raises(UserError) as refused:
        run_one(shelf, idle_model(), at_once=0)
    assert str(refused.value) == "at_once=0 must be at least 1"


def test_results_come_as_dialogues_end(shelf: Entry) -> None:
    results = run_dialogues(copies(shelf, 3), idle_model())
    assert next(results).problem is DialogueProblem.EMPTY_TURN
    results.close()  # type: ignore[attr-defined]


def test_a_result_is_one_json_record(shelf: Entry) -> None:
    record = run_one(shelf, idle_model()).record
    assert json.loads(json.dumps(record)) == {
        "id": "multi_turn_base_0",
        "category": "multi_turn_base",
        "valid": False,
        "problem": "empty_turn_model_response",
        "detail": [],
        "turn": 0,
        "turns": 3,
        "unreachable": False,
        "steps": 1,
        "calls_made": 0,
        "tokens": 3,
        "seconds": 0.5,
        "text": "Done.",
        "question": [{"role": "user", "content": turn.messages[0].content} for turn in shelf.turns],
        "tools": [tool.name for tool in shelf.turns[0].tools],
        "expected": None,
        "calls": None,
        "correct": False,
        "ast_correct": None,
        "confidence": None,
        "messages": [
            {"role": "user", "content": "Put Emma on the shelf."},
            {"role": "assistant", "content": "Done.", "calls": []},
        ],
    }


def test_a_record_has_every_key_of_other_lines(shelf: Entry) -> None:
    other = score_answer(shelf_question(shelf), Answer(Prediction("Done.", ()), Generated("Done.", 3, 0.5))).record
    assert other.keys() <= run_one(shelf, idle_model()).record.keys()


def shelf_question(entry: Entry) -> Example:
    return Example("id", entry.turns[0].tools, entry.turns[0].messages, Message("assistant", ""))


def test_figures_of_all_categories_are_averaged(shelf: Entry) -> None:
    record = run_one(shelf, gold_model([shelf])).record
    names = ("multi_turn_base", "multi_turn_miss_func", "multi_turn_miss_param", "multi_turn_long_context")
    wrong = {"valid": False, "problem": "force_terminated"}
    records = [{**record, "category": name} for name in names for _ in range(3)]
    records.append({**record, "category": "multi_turn_base", **wrong})
    figures = summarize_dialogues(records)
    assert figures["categories"]["multi_turn_base"]["value"] == 0.75
    assert figures["multi_turn"]["value"] == (0.75 + 3) / 4
    assert figures["problems"] == {"force_terminated": 1}
    assert summarize_dialogues(records[:9])["multi_turn"] is None


def test_text_that_no_prompt_may_hold_is_replaced(shelf: Entry) -> None:
    title = "a\ufdd0b\ud800"
    seen = []

    def ask(examples: Sequence[Example]) -> list[Said]:
        seen.extend(examples)
        call = ToolCall("repeat", {"title": title})
        return [say(call) if len(seen) == 1 else Said(Prediction(title, ()), Generated(title, 1, 0.0))]

    result = run_one(shelf, ask)
    assert result.problem is DialogueProblem.STATE
    assert [message.content for message in seen[1].messages][2] == "a\ufffdb\ufffd"


def test_a_model_that_spends_the_time_and_does_nothing_fails(shelf: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation_module, "SECONDS_OF_DIALOGUE", 0.2)
    wasteful = Model(lambda *_: [ToolCall("work", {"seconds": 0.15})])
    result = run_one(shelf, wasteful)
    assert (result.valid, result.problem, result.turn, result.calls_made) == (False, "out_of_time", 0, 2)
    slow_gold = replace(shelf.turns[0], gold=(put("Emma"), *[ToolCall("work", {"seconds": 0.15})] * 2))
    entry = replace(shelf, turns=(slow_gold, *shelf.turns[1:]))
    needed = Model(lambda _, turn, step: [put("Emma")] if (turn, step) == (0, 0) else [])
    assert run_one(entry, needed).problem is DialogueProblem.RESPONSE  # the gold calls are made, whatever they take


def test_what_is_said_of_a_refused_call_equals_no_gold_result(shelf: Entry) -> None:
    text = "Error during execution: name 'junk' is not defined"
    first = replace(shelf.turns[0], gold=(ToolCall("repeat", {"title": text}),))
    entry = replace(shelf, turns=(first, *shelf.turns[1:]))
    junk = run_one(entry, Model(lambda _, __, step: [ToolCall("junk", {})] * (step == 0)))
    assert junk.messages[2]["content"] == text
    assert (junk.problem, junk.detail) == (DialogueProblem.RESPONSE, (text,))


@pytest.mark.parametrize("call", [ToolCall("spin", {}), ToolCall("run", {"command": "true"})])
def test_a_gold_call_that_cannot_be_made_is_never_a_pass(shelf: Entry, call: ToolCall) -> None:
    entry = replace(shelf, turns=(replace(shelf.turns[0], gold=(call,)), *shelf.turns[1:]))
    with pytest.raises(UserError, match=f"the gold call '{call.name}' of multi_turn_base_0 cannot be made"):
        run_one(entry, gold_model([entry]))


def test_memory_that_the_model_fills_is_its_own_problem(shelf: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_module, "Simulator", lambda: Simulator(memory_bytes=400 * 2**20))
    keep = ToolCall("keep", {"megabytes": 250})
    entry = replace(shelf, turns=(replace(shelf.turns[0], gold=(keep,)), *shelf.turns[1:]))
    result = run_one(entry, gold_model([entry]))
    assert (result.valid, result.problem, result.detail) == (False, DialogueProblem.OUT_OF_MEMORY, ("keep",))


def test_the_calls_of_an_answer_are_bounded(shelf: Entry) -> None:
    def run_with(count: int) -> DialogueResult:
        return run_one(shelf, Model(lambda _, turn, step: [*shelf.turns[turn].gold, *[LIST] * count] * (step == 0)))

    assert run_with(MAX_CALLS - 2).valid
    many = run_with(MAX_CALLS)
    assert (many.problem, many.detail, many.turn, many.calls_made) == ("too_many_calls", ("101 calls",), 0, 0)
    assert len(many.messages) == 2


def test_the_results_of_a_dialogue_are_bounded(shelf: Entry) -> None:
    long = ToolCall("repeat_often", {"title": "x", "times": 300_000})
    gold = gold_model([shelf])

    def run_with(count: int) -> DialogueResult:
        def calls(name: str, turn: int, step: int) -> Sequence[ToolCall]:
            return [*gold.calls(name, turn, step), *[long] * (turn == 0 and step < count)]

        return run_one(shelf, Model(calls))

    assert run_with(3).valid
    result = run_with(18)
    assert (result.valid, result.problem, result.turn, result.steps) == (False, "results_too_long", 0, 4)
    assert sum(len(message["content"]) for message in result.messages) < MAX_RESULT_CHARACTERS + 10_000


@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_a_question_that_is_not_answered_loses_no_dialogue_that_is_over(shelf: Entry, at_once: int) -> None:
    entries = [replace(shelf, id=f"entry_{number}") for number in range(4)]

    def ask(questions: Sequence[Example]) -> Iterator[Said]:
        for question in questions:
            if question.id.startswith("entry_3"):
                raise UserError("the server refused")
            yield say()

    kept = []
    dialogues = run_dialogues(entries, ask, at_once=at_once)
    with pytest.raises(UserError, match="the server refused"):  # noqa: PT012
        for result in dialogues:
            kept.append(result.id)
    assert kept == ["entry_0", "entry_1", "entry_2"]


def test_a_part_of_the_dialogues_estimates_the_mean_of_all(shelf: Entry) -> None:
    record = run_one(shelf, gold_model([shelf])).record

    def measure(count: int) -> Any:
        records = [
            {**record, "category": name, "valid": number < count // 2} for name in CATEGORIES for number in range(count)
        ]
        return summarize_dialogues(records)["multi_turn"]

    part, most, whole = measure(4), measure(198), measure(200)
    assert (part["value"], part["total"], part["of"], part["estimated"]) == (0.5, 16, 800, True)
    assert (whole["value"], whole["total"], whole["of"], whole["estimated"]) == (0.5, 800, 800, False)
    assert part["high"] - part["low"] > 0.3
    assert (
        most["high"] - most["low"] < (whole["high"] - whole["low"]) / 5
    )  # all but eight of what it is about are known
    low, high = wilson_interval(400, 800)
    assert (whole["low"], whole["high"]) == pytest.approx((low, high), abs=1e-3)
