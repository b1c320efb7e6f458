"""Solved examples before a question: which rows, in which order, and that none of them is the question itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lit_toolcall.retrieval import ShotIndex, add_shots
from lit_toolcall.types import Example, Message, Tool, ToolCall, UserError

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool("get_weather", "The weather.", CITY)
TRAIN = Tool("find_train", "Trains.", CITY)


def row(number: int, text: str, *calls: ToolCall, tools: tuple[Tool, ...] = (WEATHER, TRAIN)) -> Example:
    return Example(f"r{number}", tools, (Message("user", text),), Message("assistant", "" if calls else "No.", calls))


def weather(city: str) -> ToolCall:
    return ToolCall("get_weather", {"city": city})


ROWS = [
    row(0, "Will it rain in the mountains around Bergen next week?", weather("Bergen")),
    row(1, "I would like to know when trains leave for Rome", ToolCall("find_train", {"city": "Rome"})),
    row(2, "Is there sun and rain in Cairo?", weather("Cairo")),
    row(3, "Write me a poem about rain"),
]
QUESTION = Example("q", (WEATHER, TRAIN), (Message("user", "Does it rain much in Quito these days?"),), None)


def ids(example: Example, rows: list[Example], shots: int = 10) -> list[str]:
    return [each.id for each in ShotIndex(rows).find(example, shots)]


def test_the_nearest_rows_stand_before_the_question_the_nearest_last() -> None:
    index = ShotIndex(ROWS)
    nearest = index.find(QUESTION, 2)
    asked = add_shots(QUESTION, index, 2)
    turns = [*nearest[1].messages, nearest[1].answer, *nearest[0].messages, nearest[0].answer]
    assert [replace(each, trained=True) for each in asked.messages] == [*turns, *QUESTION.messages]
    assert not any(each.trained for each in asked.messages if each.role == "assistant")
    assert asked.tools == QUESTION.tools
    assert (asked.id, asked.answer) == (QUESTION.id, QUESTION.answer)
    assert len({each.id for each in nearest} & {"r0", "r2", "r3"}) == 2, "rows about rain"


def test_the_systems_words_stay_first() -> None:
    example = replace(QUESTION, messages=(Message("system", "Be brief."), *QUESTION.messages))
    roles = [message.role for message in add_shots(example, ShotIndex(ROWS), 1).messages]
    assert roles == ["system", "user", "assistant", "user"]


def test_a_row_with_the_questions_id_is_passed_over() -> None:
    assert "q" not in ids(QUESTION, [*ROWS, replace(ROWS[0], id="q")])
    assert "q" not in ids(replace(QUESTION, id="q@typos=0.1"), [*ROWS, replace(ROWS[0], id="q")])
    assert "q1" in ids(QUESTION, [*ROWS, replace(row(9, "Rain in Lima?", weather("Lima")), id="q1")])


def test_a_row_that_shares_an_origin_is_passed_over() -> None:
    joined = replace(ROWS[0], id="j", made_of=("a", "q"))
    assert "j" not in ids(QUESTION, [*ROWS, joined])
    assert "r0" not in ids(replace(QUESTION, made_of=("r0",)), ROWS)


@pytest.mark.parametrize(
    "text",
    [
        "Does it rain much in Quito these days?",
        "DOES IT RAIN  much in Quito, these days",
        "Does it rain much in Lima these days?",
        "Please tell me: does it rain much in Quito these days? Thanks a lot.",
    ],
)
def test_a_row_that_leaks_the_question_is_passed_over(text: str) -> None:
    assert "r9" not in ids(QUESTION, [*ROWS, row(9, text, weather("Quito"))])


def test_a_short_question_is_not_shown_to_itself() -> None:
    example = replace(QUESTION, messages=(Message("user", "Rain in Quito?"),))
    rows = [row(8, "rain in quito", weather("Quito")), row(9, "Rain in Lima?", weather("Lima"))]
    assert ids(example, rows) == ["r9"]


def test_an_earlier_turn_of_the_dialogue_is_not_shown_again() -> None:
    said = Message("assistant", "No.")
    example = replace(QUESTION, messages=(Message("user", "Rain in Quito?"), said, Message("user", "And in Lima?")))
    assert ids(example, [row(8, "Rain in Quito?", weather("Quito"))]) == []


def test_a_question_is_shown_once() -> None:
    again = [row(8, "Rain in Cairo?", weather("Cairo")), row(9, "rain in Cairo", weather("Cairo"))]
    assert ids(QUESTION, again) == ["r8"]


def test_calls_of_tools_that_are_not_on_offer_are_not_shown() -> None:
    assert "r1" not in ids(replace(QUESTION, tools=(WEATHER,)), ROWS)
    assert set(ids(replace(QUESTION, tools=()), ROWS)) == {"r3"}


def test_calls_that_do_not_fit_the_tool_on_offer_are_not_shown() -> None:
    other = Tool("get_weather", "", {"type": "object", "properties": {"zip": {"type": "integer"}}, "required": ["zip"]})
    assert not {"r0", "r2"} & set(ids(replace(QUESTION, tools=(other, TRAIN)), ROWS))


def test_words_are_shown_where_the_row_offered_the_same_tools() -> None:
    assert "r3" in ids(QUESTION, ROWS)
    assert "r3" in ids(replace(QUESTION, tools=(TRAIN,)), ROWS)
    new = Tool("write_poem", "Poems.", {})
    assert "r3" not in ids(replace(QUESTION, tools=(WEATHER, new)), ROWS)


def test_rows_of_more_than_one_question_are_not_kept() -> None:
    dialogue = replace(ROWS[0], messages=(*ROWS[0].messages, Message("assistant", "Where?"), Message("user", "Oslo")))
    system = replace(ROWS[0], messages=(Message("system", "Shout."), *ROWS[0].messages))
    unsolved = replace(ROWS[0], answer=None)
    assert ShotIndex([dialogue, system, unsolved, *ROWS]).rows == tuple(ROWS)


def test_without_rows_a_question_stays_as_it_is() -> None:
    assert add_shots(QUESTION, ShotIndex([]), 3) == QUESTION


@pytest.mark.parametrize("shots", [0, -1, 1.5, True, 10**6])
def test_a_number_of_shots_out_of_range_is_refused(shots: Any) -> None:
    with pytest.raises(UserError, match=rf"^shots={shots} must be "):
        add_shots(QUESTION, ShotIndex(ROWS), shots)


@given(
    st.lists(st.sampled_from(["rain", "rain in Rome", "", "\ud800", "雨", "</s>", "a" * 999]) | st.text(max_size=30)),
    st.integers(1, 4),
)
def test_rows_of_any_words_give_at_most_so_many_shots_and_always_the_same(texts: list[str], shots: int) -> None:
    rows = [row(number, text, weather("Oslo")) for number, text in enumerate(texts)]
    asked = add_shots(QUESTION, ShotIndex(rows), shots)
    assert asked == add_shots(QUESTION, ShotIndex(rows), shots)
    assert len(asked.messages) <= 2 * shots + 1
    assert asked.messages[-1] == QUESTION.messages[-1]
