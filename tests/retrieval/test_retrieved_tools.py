"""Tools chosen before asking: which, in which order, and what is measured of it; hostile pools and questions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lit_toolcall.data.sources import Bfcl, Ledger
from lit_toolcall.data.sources.bfcl import ANSWERED, find_installed
from lit_toolcall.metrics import score_prediction, summarize
from lit_toolcall.metrics.bfcl_ast import LANGUAGES
from lit_toolcall.retrieval import ToolIndex, collect_tools, retrieve_tools
from lit_toolcall.retrieval.tools import list_terms, list_texts
from lit_toolcall.types import Example, Message, Prediction, Tool, ToolCall, UserError


def make(name: str, description: str = "", parameters: Mapping[str, Any] | None = None) -> Tool:
    return Tool(name, description, parameters or {"type": "object", "properties": {}})


WEATHER = make("get_weather", "The weather of a city.")
HOTEL = make("bookHotel", "Reserve a room.", {"properties": {"nights": {"description": "How long to stay"}}})
SONG = make("music.play", "Play a song.")
TAX = make("calc_tax", "Income tax.")
POOL = [WEATHER, HOTEL, SONG, TAX]


def question(text: str, *tools: Tool, expected: tuple[str, ...] = ()) -> Example:
    answer = Message("assistant", "No.", tuple(ToolCall(name, {}) for name in expected))
    return Example("q", tools, (Message("user", text),), answer)


def retrieve(text: str, k: int, pool: list[Tool] = POOL, *own: Tool) -> list[str]:
    return [tool.name for tool in retrieve_tools(question(text, *own), ToolIndex(pool), k).tools]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("What is the weather like?", "get_weather"),
        ("Book me hotels", "bookHotel"),
        ("a room, please", "bookHotel"),
        ("stay for three nights", "bookHotel"),
        ("PLAY SONGS", "music.play"),
        ("the taxes on my income", "calc_tax"),
    ],
)
def test_the_best_match_comes_first(text: str, name: str) -> None:
    assert retrieve(text, 1) == [name]


def test_each_of_several_wishes_gets_its_tool() -> None:
    songs = [make(f"song_{number}", "Play a song by its title.") for number in range(5)]
    text = "Play the song by its title, and book a hotel. Then tell me the weather"
    assert {"bookHotel", "get_weather"} <= set(retrieve(text, 4, [*songs, *POOL]))


def test_a_dialogue_is_looked_up_by_all_that_the_user_says() -> None:
    messages = (Message("user", "I want to book a hotel"), Message("assistant", "When?"), Message("user", "Tomorrow."))
    example = Example("q", (), messages, None)
    assert retrieve_tools(example, ToolIndex(POOL), 1).tools == (HOTEL,)


def test_equally_good_tools_come_in_the_pools_order() -> None:
    pool = [make("q x"), make("p x"), make("r x")]
    assert retrieve("x", 3, pool) == ["q x", "p x", "r x"]
    assert retrieve("nothing matches", 2, pool) == ["q x", "p x"]
    assert retrieve("", 2, pool) == ["q x", "p x"]


def test_a_tool_of_two_questions_is_in_the_pool_once() -> None:
    both = [question("a", WEATHER, TAX), question("b", make("get_weather", "The weather of a city."), SONG)]
    assert [tool.name for tool in ToolIndex(collect_tools(both)).tools] == ["get_weather", "calc_tax", "music.play"]


def test_of_one_name_the_questions_own_tool_is_offered() -> None:
    other = make("get_weather", "The weather, the weather of a ship.", {"properties": {"ship": {"type": "string"}}})
    for pool in ([other, WEATHER, TAX], [WEATHER, other, TAX]):
        chosen = retrieve_tools(question("the weather", WEATHER), ToolIndex(pool), 3).tools
        assert chosen == (WEATHER, TAX)


CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def ask_weather(own: Tool, **arguments: Any) -> Example:
    answer = Message("assistant", "", (ToolCall("get_weather", arguments),))
    return Example("q", (own,), (Message("user", "the weather in Oslo"),), answer, place="rows.jsonl:3")


def test_a_pool_may_describe_a_questions_tool_in_other_words() -> None:
    own = make("get_weather", "The weather of a city.", CITY)
    worded = make("get_weather", "What the weather is like in a town.", CITY)
    retrieved = retrieve_tools(ask_weather(own, city="Oslo"), ToolIndex([TAX, worded, SONG]), 2)
    assert retrieved.tools[0] == worded
    right = Prediction("", (ToolCall("get_weather", {"city": "Oslo"}),))
    score = score_prediction(right, retrieved)
    assert (score.retrieved, score.exact, score.valid) == (True, True, True)


def test_a_pools_tool_that_refuses_the_expected_call_is_named() -> None:
    own = make("get_weather", "The weather of a city.", CITY)
    other = make("get_weather", "The weather of a ship.", {"properties": {"ship": {"type": "string"}}})
    sentence = (
        "rows.jsonl:3: the pool's tool 'get_weather' is another than the question's and does not take the expected "
        "call (call 'get_weather': argument 'city' is not in its schema: it takes ship): put the question's own into "
        "the pool, or rename one"
    )
    with pytest.raises(UserError) as raised:
        retrieve_tools(ask_weather(own, city="Oslo"), ToolIndex([TAX, other]), 2)
    assert str(raised.value) == sentence
    # beside one that takes it, or the own one, it is only left out
    worded = make("get_weather", "The weather of a town.", CITY)
    for stands_in in (worded, own):
        retrieved = retrieve_tools(ask_weather(own, city="Oslo"), ToolIndex([other, stands_in]), 2)
        assert retrieved.tools == (stands_in,)
    # a call that breaks its own tool, as a few of BFCL's do, accuses nobody
    assert retrieve_tools(ask_weather(own, town="Oslo"), ToolIndex([other]), 1).tools == (other,)
    # nor does a tool that nobody is to call
    assert retrieve_tools(question("the weather", own), ToolIndex([other]), 1).tools == (other,)


def test_of_one_name_one_tool_is_offered() -> None:
    twins = [make("f", "apples"), make("f", "pears"), make("g", "plums")]
    assert retrieve("apples and pears", 3, twins) == ["f", "g"]


def test_a_questions_own_tool_that_the_pool_lacks_is_not_offered() -> None:
    assert retrieve("book a hotel", 4, [WEATHER, TAX], HOTEL) == ["get_weather", "calc_tax"]


def test_an_empty_pool_offers_nothing() -> None:
    retrieved = retrieve_tools(question("Hi", WEATHER), ToolIndex([]), 5)
    assert retrieved.tools == ()
    assert retrieved.is_retrieved


def test_the_rest_of_a_question_stays() -> None:
    before = question("the weather", WEATHER)
    after = retrieve_tools(before, ToolIndex(POOL), 2)
    assert (after.id, after.messages, after.answer) == (before.id, before.messages, before.answer)


@pytest.mark.parametrize("k", [0, -1, 1.5, True, 10**9])
def test_a_number_of_tools_out_of_range_is_refused(k: Any) -> None:
    with pytest.raises(UserError, match=rf"^retrieved tools={k} must be "):
        retrieve_tools(question("Hi"), ToolIndex(POOL), k)


HOSTILE = [
    "",
    "💣",
    "a" * 5000,
    "</tools>\n<|im_end|>",
    "os.system('x')",
    "天気",
    "\ud800",
    "get get get",
    "a.b_c-D e",
    "\x00",
]


@given(
    st.lists(st.builds(make, st.sampled_from(HOSTILE) | st.text(max_size=9), st.text(max_size=20)), max_size=8),
    st.sampled_from(HOSTILE) | st.text(max_size=60),
    st.integers(1, 12),
)
def test_any_pool_and_question_give_k_tools_of_different_names(pool: list[Tool], text: str, k: int) -> None:
    index = ToolIndex(pool)
    chosen = retrieve_tools(question(text), index, k).tools
    names = [tool.name for tool in chosen]
    assert len(set(names)) == len(names) == min(k, len({tool.name for tool in pool}))
    assert all(tool in pool for tool in chosen)
    assert retrieve_tools(question(text), ToolIndex(pool), k).tools == chosen
    longer = retrieve_tools(question(text), index, k + 1).tools
    assert longer[: len(chosen)] == chosen, "a larger k only adds"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"properties": None},
        {"properties": {"properties": {"properties": {"x": {"description": 7}}}}},
        {"anyOf": [{"properties": {"inner": {"description": "deep words"}}}, None, "a"]},
        {"properties": {"a": True, "b": [], "c": {"enum": ["rain", 1, None]}}},
    ],
)
def test_schemas_of_any_shape_have_terms(parameters: dict[str, Any]) -> None:
    assert list_terms(Tool("f", "", parameters))[0] == "f"


def test_names_and_descriptions_of_inner_arguments_count() -> None:
    inner = {"properties": {"place": {"type": "object", "properties": {"zipCode": {"description": "of towns"}}}}}
    assert {"place", "zip", "code", "town"} <= set(list_terms(Tool("f", "", inner)))


def test_a_question_of_many_clauses_is_looked_up_by_some_of_them() -> None:
    assert len(list_texts([Message("user", "one thing. " * 10_000)])) == 17


# --- what is measured


def test_recall_is_of_the_questions_whose_expected_tools_are_all_on_offer() -> None:
    index = ToolIndex(POOL)
    asked = [
        (question("the weather", WEATHER, expected=("get_weather",)), True),
        (question("the weather", TAX, expected=("calc_tax",)), False),
        (question("weather. play a song", WEATHER, SONG, expected=("get_weather", "music.play")), False),
        (question("hello"), None),
    ]
    scores = [score_prediction(Prediction("", ()), retrieve_tools(example, index, 1)) for example, _ in asked]
    assert [score.retrieved for score in scores] == [found for _, found in asked]
    recall = summarize({"": scores})["all"]["tool_recall"]
    assert (recall["correct"], recall["total"]) == (1, 3)


def test_without_retrieval_there_is_no_recall() -> None:
    score = score_prediction(Prediction("", ()), question("the weather", WEATHER, expected=("get_weather",)))
    assert score.retrieved is None
    assert "tool_recall" not in summarize({"": [score]})["all"]


@pytest.mark.slow
@pytest.mark.skipif(find_installed() is None, reason="the package bfcl_eval is not installed")
def test_the_page_shows_the_recall_on_bfcl() -> None:
    """Measure the table of docs/evaluation.md anew: `pytest tests/retrieval -k bfcl`."""
    questions = {category: list(Bfcl((category,)).read(Ledger())) for category in ANSWERED if category not in LANGUAGES}
    index = ToolIndex(collect_tools(example for each in questions.values() for example in each))
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")
    for category, examples in questions.items():
        cells = []
        for k in (1, 3, 5, 10, 20):
            found = [
                score_prediction(Prediction("", ()), retrieve_tools(example, index, k)).retrieved
                for example in examples
            ]
            cells.append(f"{100 * sum(map(bool, found)) / len(found):.0f}")
        assert f"| {category} | {len(examples):,} | {' | '.join(cells)} |" in page
