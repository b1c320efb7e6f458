"""The leakage check: planted benchmark rows are found, in other words too; clean rows are not accused."""

from __future__ import annotations

import importlib.util
import json
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lit_toolcall.data.leakage import (
    FUNCTION_WORDS,
    MAX_NEAR_WORDS,
    QUERY_KINDS,
    LeakageIndex,
    LeakKind,
    ToolNameIndex,
    benchmark_sources,
    count_edits,
    count_leaked_rows,
    find_leaks,
    split_words,
)
from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.types import Example, Message, Tool, UserError

POLITE = "Hello there! If it is no trouble, could you please do this for me: "


def ask(*texts: str, tools: Sequence[str] = (), name: str = "row") -> Example:
    messages = tuple(Message("user", text) for text in texts)
    return Example(name, tuple(Tool(tool, "", {}) for tool in tools), messages, None, place=f"{name}.jsonl:1")


def query_kind(index: LeakageIndex, text: str) -> LeakKind | None:
    leak = index.find(ask(text))
    return None if leak is None else leak.kind


@pytest.fixture(scope="module")
def benchmark() -> list[Example]:
    if importlib.util.find_spec("bfcl_eval") is None:
        pytest.skip("the package bfcl-eval is not installed")
    ledger = Ledger()
    examples = [example for source in benchmark_sources() for example in source.read(ledger)]
    assert len(examples) == 3641  # 1,390 non-live and 2,251 live
    assert not ledger.rejected
    return examples


@pytest.fixture(scope="module")
def index(benchmark: list[Example]) -> LeakageIndex:
    return LeakageIndex(benchmark)


@pytest.fixture(scope="module")
def planted(benchmark: list[Example]) -> list[str]:
    """300 of the benchmark's questions that are long enough for near matches."""
    queries = [example.messages[-1].content for example in benchmark]
    long = [text for text in queries if len(split_words(text)) >= 8 and content_words(text) >= 4]
    assert len(long) > 2500
    return random.Random(0).sample(long, 300)


def content_words(text: str) -> int:
    return len(set(split_words(text)) - FUNCTION_WORDS)


def replace_words(text: str, count: int, rng: random.Random) -> str:
    words = list(split_words(text))
    for position in rng.sample(range(len(words)), count):
        words[position] = f"other{position}"
    return " ".join(words)


@pytest.mark.slow
def test_verbatim_rows_are_found(index: LeakageIndex, benchmark: list[Example]) -> None:
    for example in benchmark:
        if any(len(split_words(turn.content)) >= 4 for turn in example.messages if turn.role == "user"):
            leak = index.find(ask(*(turn.content for turn in example.messages if turn.role == "user")))
            assert leak is not None
            assert (leak.kind, leak.score) == (LeakKind.QUERY, 1.0)


def test_other_case_and_punctuation_are_the_same_query(index: LeakageIndex, planted: list[str]) -> None:
    for text in planted:
        assert query_kind(index, text.upper()) is LeakKind.QUERY
        assert query_kind(index, "  ".join(split_words(text)) + " !!") is LeakKind.QUERY


@pytest.mark.parametrize("changed", [1, 2])
@pytest.mark.parametrize("before", ["", POLITE])
def test_lightly_reworded_rows_are_found(index: LeakageIndex, planted: list[str], changed: int, before: str) -> None:
    rng = random.Random(changed)
    for text in planted:
        assert query_kind(index, before + replace_words(text, changed, rng)) is LeakKind.NEAR_QUERY, text


def test_a_query_inside_a_longer_prompt_is_found(index: LeakageIndex, planted: list[str]) -> None:
    for text in planted[:50]:
        leak = index.find(ask("Dialogue so far.\n" + "Some more words. " * 200 + text + "\nAnswer with a call."))
        assert leak is not None
        assert (leak.kind, leak.score) == (LeakKind.NEAR_QUERY, 1.0)


def test_the_found_row_is_named() -> None:
    index = LeakageIndex([ask("Find the prime factors of 450 please.", tools=["math.factors"], name="simple_7")])
    leaks = find_leaks([ask("find the prime factors of 460 please", tools=["mathFactors"], name="train")], index)
    assert [leak.kind for leak in leaks] == [LeakKind.NEAR_QUERY, LeakKind.TOOL_NAME]
    # one word of seven is another: 6 / 7
    assert leaks[0].score == pytest.approx(6 / 7)
    assert {leak.evaluation_id for leak in leaks} == {"simple_7"}
    assert str(leaks[1]) == (
        "offers the tool 'mathFactors', which the evaluation row simple_7 has as 'math.factors'"
        " (tool name, 1.00); leave the row out of training"
    )


def test_other_questions_on_the_same_matter_are_not_leaks() -> None:
    index = LeakageIndex([ask("I'm looking for a movie."), ask("What is the weather in Oslo right now, in Celsius?")])
    assert query_kind(index, "I'm looking for a garden hose.") is None
    assert query_kind(index, "Is it going to rain in Oslo this week? What should I wear?") is None


def test_short_questions_do_not_match() -> None:
    index = LeakageIndex([ask("Help me!"), ask("What's the time now?")])
    assert query_kind(index, "help me") is None
    assert query_kind(index, "what's the time now") is LeakKind.QUERY
    assert query_kind(index, "what's the date now") is None


def test_near_matches_are_sought_in_so_many_words_of_a_row_and_exact_ones_in_all_of_its_turns() -> None:
    question = "Book a table for four people in Rome tonight"
    index = LeakageIndex([ask(question)])
    filler = "word " * (MAX_NEAR_WORDS // 2)
    assert query_kind(index, filler + question) is LeakKind.NEAR_QUERY
    assert index.find(ask(filler, filler, filler + question)) is None
    leak = index.find(ask(filler, filler, question))
    assert leak is not None
    assert leak.kind is LeakKind.QUERY


def test_a_long_row_takes_no_longer_for_its_turns() -> None:
    rng = random.Random(0)
    questions = [ask(f"Book a table for {rng.randint(1, 9**9)} people in Rome tonight please") for _ in range(60)]
    index = LeakageIndex(questions)
    turns = [" ".join(rng.choices([turn.messages[0].content for turn in questions], k=2500)) for _ in range(20)]
    start = time.process_time()
    index.find(ask(*turns))
    assert time.process_time() - start < 4  # by comparing each turn: 20 times as long


def test_sentences_without_spaces_are_compared_by_character() -> None:
    index = LeakageIndex([ask("请问北京的当前天气状况如何。")])
    assert query_kind(index, "请问北京的当前天气状况如何") is LeakKind.QUERY
    assert query_kind(index, "你好。请问北京的现在天气状况如何。谢谢") is LeakKind.NEAR_QUERY


def test_every_user_turn_is_compared_and_nothing_else() -> None:
    text = "Book a table for four people in Rome tonight"
    index = LeakageIndex([ask(text)])
    row = ask("Hello", text, "Thank you")
    assert index.find(row) is not None
    answer = Example("row", (), (Message("user", "Hello"), Message("assistant", text)), None)
    assert index.find(answer) is None


def test_rows_are_counted_once_whatever_they_share() -> None:
    index = LeakageIndex([ask("Book a table for four people in Rome tonight", tools=["book_table", "get_menu"])])
    leaks = find_leaks([ask("Hi", tools=["bookTable", "getMenu"]), ask("Hi", name="clean")], index)
    assert count_leaked_rows(leaks, [LeakKind.TOOL_NAME]) == 1
    assert count_leaked_rows(leaks) == 0


@pytest.mark.parametrize("near_fraction", [0.4, 1.1])
def test_a_share_out_of_range_is_refused(near_fraction: float) -> None:
    with pytest.raises(UserError, match=f"near_fraction={near_fraction} must lie between 0.5 and 1"):
        LeakageIndex([], near_fraction)


@pytest.mark.parametrize(
    ("name", "known", "score"),
    [
        ("triangle_area", "triangle.area", 1.0),
        ("sendHTTPRequest", "sendHttpRequest", 1.0),
        ("Get Product Details", "get_product_details", 1.0),
        ("GetGames", "game_list.get_games", 1 / 3),  # getgames of game, list, getgames
        ("math.factorial", "factorial", 1 / 2),
        ("hotel.find_room", "inn.find_room", 1 / 3),
        ("hotel.find", "recipe.find", None),  # one word after two different prefixes
        ("markets.look_up", "lawsuit.lookup", None),
        ("get_weather", "get_weather_by_city", None),
        ("...", "___", None),
    ],
)
def test_tool_names_match_whatever_their_spelling(name: str, known: str, score: float | None) -> None:
    match = ToolNameIndex([("q", known)]).find(name)
    assert (None if match is None else match.score) == (score if score is None else pytest.approx(score))


def test_a_name_of_the_same_letters_goes_before_one_with_another_prefix() -> None:
    match = ToolNameIndex([("1", "kinematics.final_velocity"), ("2", "final_velocity")]).find("finalVelocity")
    assert match is not None
    assert (match.evaluation_id, match.score) == ("2", 1.0)


words = st.lists(st.sampled_from("abc"), min_size=1, max_size=7)


def count_edits_by_table(query: list[str], text: list[str]) -> int:
    """Sellers' table: a run may begin anywhere at no cost, and end anywhere."""
    row = [0] * (len(text) + 1)
    for number, word in enumerate(query, start=1):
        above, row = row, [number]
        for column, other in enumerate(text, start=1):
            row.append(min(above[column] + 1, row[column - 1] + 1, above[column - 1] + (word != other)))
    return min(row)


@given(words, st.lists(st.sampled_from("abcd"), max_size=12))
def test_edits_are_those_of_the_plain_table(query: list[str], text: list[str]) -> None:
    assert count_edits(query, text) == count_edits_by_table(query, text)


@given(st.lists(words.map(lambda some: ask(" ".join(some))), max_size=4), st.text())
def test_any_text_can_be_looked_up(known: list[Example], text: str) -> None:
    LeakageIndex(known).find(ask(text, tools=[text]))


def test_the_demonstration_data_have_no_leak(index: LeakageIndex) -> None:
    for path, rows in (("demo:train.jsonl", 1660), ("demo:validation.jsonl", 172)):
        examples = list(JsonLines(path, tools_path="demo:tools.jsonl").read(Ledger()))
        assert len(examples) == rows
        assert find_leaks(examples, index) == []


def shared_names(index: LeakageIndex, names: set[str]) -> dict[str, float]:
    leaks = find_leaks([ask("Hi", tools=sorted(names))], index)
    return {leak.found: leak.score for leak in leaks}


def test_tool_names_that_glaive_shares_with_the_benchmark(index: LeakageIndex, shared_data: Path) -> None:
    rows = json.loads((shared_data / "glaive-demo" / "glaive_toolcall_en_demo.json").read_text())
    names = {tool["name"] for row in rows if row["tools"] for tool in json.loads(row["tools"])}
    assert len(names) == 64
    found = shared_names(index, names)
    assert len(found) == 22  # shared/data/README.md
    assert {name for name, score in found.items() if score < 1} == {"search_book", "search_books", "search_recipe"}
    assert {name for name, score in found.items() if score == 1} == {
        "book_hotel", "calculate_age", "calculate_area", "calculate_average", "calculate_bmi", "calculate_distance",
        "calculate_fibonacci", "calculate_fibonacci_sequence", "calculate_mortgage_payment", "calculate_tax",
        "calculate_tip", "convert_currency", "generate_password", "get_movie_details", "get_news", "get_song_lyrics",
        "get_stock_price", "send_email", "translate_text",
    }  # fmt: skip


def test_tool_names_that_toolrl_shares_with_the_benchmark(index: LeakageIndex, shared_data: Path) -> None:
    rows = json.loads((shared_data / "toolrl" / "rlla_sft.json").read_text())
    names = {name for row in rows for name in re.findall(r"^\d+\. Name: (.*)$", row["instruction"], re.MULTILINE)}
    found = shared_names(index, names)
    # shared/data/README.md counts 32 in Python, by the part after the last dot alone; two more differ in the dot itself
    by_dot = {"triangle_area", "whole_foods_order"}
    of_javascript = {"q10jzEW.B"}  # simple_javascript has a function B
    assert len(found.keys() - by_dot - of_javascript) == 32
    assert by_dot | of_javascript <= found.keys()
    assert {name for name, score in found.items() if score < 1} == {
        "Get Games", "GetEvents", "GetGames", "Odds", "Search", "check", "factorial", "generate", "recommend", "search",
        "q10jzEW.B",
    }  # fmt: skip


def test_kinds_of_queries_are_reported_apart_from_names() -> None:
    assert LeakKind.TOOL_NAME not in QUERY_KINDS
