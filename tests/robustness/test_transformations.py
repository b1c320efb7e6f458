"""Each transformation changes what it says, and no right answer."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from robust_rows import SUBJECTS, as_bfcl, make_question, make_tool

from lit_toolcall.data.augment.alike import ToolPool, are_alike, words_of
from lit_toolcall.data.augment.schemas import list_descriptions, list_texts
from lit_toolcall.metrics import check_ast, score_prediction
from lit_toolcall.robustness import ORIGINAL, TRANSFORMATIONS, RobustSet, make_robust
from lit_toolcall.robustness.injection import HARMS, WORDINGS
from lit_toolcall.robustness.transformation import list_expected_tools
from lit_toolcall.robustness.typos import misspell, misspell_text
from lit_toolcall.robustness.value_words import VALUE_WORDS, is_value_word
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import BfclQuestion, Example, Message, Prediction, Tool, ToolCall, UserError

SET = [as_bfcl(make_question(number, extra_tools=number % 4, calls=1 + number % 3)) for number in range(20)]


def by_category(made: RobustSet) -> dict[str, dict[str, Example]]:
    return {
        category.name: {question.made_of[0]: question for question in category.questions}
        for category in made.categories
    }


def names_of(example: Example) -> list[str]:
    return [tool.name for tool in example.tools]


def is_valid(example: Example) -> bool:
    assert example.answer is not None
    return all(find_call_problem(call, example.tools) is None for call in example.answer.calls)


def passes_bfcl(example: Example) -> bool:
    assert example.bfcl is not None
    return check_ast(example.bfcl, example.answer.calls if example.answer else ()) is None


# --- every kind


@pytest.mark.parametrize("kind", sorted(TRANSFORMATIONS))
def test_the_right_answer_stays_right(kind: str) -> None:
    made = make_robust(SET, [kind], training=SET[:7])
    assert sum(len(category.questions) for category in made.categories) > len(SET)
    for question in made.questions:
        assert is_valid(question)
        if question.bfcl is not None:
            assert passes_bfcl(question)


@pytest.mark.parametrize("kind", sorted(TRANSFORMATIONS))
def test_ids_categories_and_origins_name_what_was_made(kind: str) -> None:
    made = make_robust(SET, [kind], training=SET[:7])
    assert [category.kind for category in made.categories] == [ORIGINAL] + [kind] * len(TRANSFORMATIONS[kind])
    assert len({question.id for question in made.questions}) == len(made.questions)
    for category in made.categories[1:]:
        assert category.name == f"{kind}={category.level}"
        for question in category.questions:
            (origin,) = question.made_of
            assert (question.id, question.category) == (f"{origin}@{category.name}", category.name)


def test_the_originals_are_asked_once_and_unchanged() -> None:
    made = make_robust(SET, ["order", "typos", "order"])
    assert [category.name for category in made.categories].count("order=tools") == 1
    originals = made.categories[0].questions
    assert [(each.id, each.category, each.made_of) for each in originals] == [
        (f"{row.id}@original", "original", (row.id,)) for row in SET
    ]
    kept = [
        replace(each, id=row.id, category=row.category, made_of=()) for each, row in zip(originals, SET, strict=True)
    ]
    assert kept == SET


def test_a_question_is_made_or_left_out_and_counted() -> None:
    made = make_robust(SET)
    for category in made.categories:
        assert len(category.questions) + sum(category.left_out.values()) == len(SET)


@pytest.mark.parametrize("kind", sorted(TRANSFORMATIONS))
def test_a_question_is_changed_alike_in_any_order(kind: str) -> None:
    shuffled = random.Random(1).sample(SET, len(SET))
    made = {question.id: question for question in make_robust(SET, [kind], 3, SET[:7]).questions}
    again = {question.id: question for question in make_robust(shuffled, [kind], 3, SET[:7]).questions}
    assert json.dumps(repr(sorted(made.items()))) == json.dumps(repr(sorted(again.items())))


@pytest.mark.parametrize("kind", sorted(set(TRANSFORMATIONS) - {"tools"}))
def test_a_question_is_changed_alike_whatever_is_asked_with_it(kind: str) -> None:
    """Distractors alone depend on the test set; so it is transformed whole."""
    made = {question.id: question for question in make_robust(SET, [kind], 3, SET[:7]).questions}
    for part in (SET[:1], SET[5:12]):
        for question in make_robust(part, [kind], 3, SET[:7]).questions:
            assert repr(made[question.id]) == repr(question)


@pytest.mark.parametrize("kind", ["tools", "order", "names", "typos", "injection"])
def test_another_seed_makes_another_set(kind: str) -> None:
    assert make_robust(SET, [kind], 0).questions != make_robust(SET, [kind], 1).questions


# --- tools


@pytest.mark.parametrize("count", [1, 4, 16])
def test_exactly_so_many_tools_are_on_offer(count: int) -> None:
    (category,) = [each for each in make_robust(SET, ["tools"]).categories if each.level == str(count)]
    assert {len(question.tools) for question in category.questions} == {count}
    assert not category.notes
    needing_more = sum(len(list_expected_tools(row)) > count for row in SET)
    assert len(SET) - len(category.questions) == needing_more == category.left_out.get("it needs more tools", 0)


def test_a_pool_that_is_too_small_is_counted() -> None:
    (category,) = [each for each in make_robust(SET, ["tools"]).categories if each.level == "64"]
    assert dict(category.notes) == {"fewer tools: no more fit": len(SET)}
    assert all(len(question.tools) <= len(SUBJECTS) for question in category.questions)


def test_expected_tools_stay_and_distractors_are_other_tools() -> None:
    for question in make_robust(SET, ["tools"]).questions:
        assert question.answer is not None
        names = names_of(question)
        assert {call.name for call in question.answer.calls} <= set(names)
        assert len(set(names)) == len(names)


def test_tools_that_are_dropped_leave_the_others_in_their_order() -> None:
    made = by_category(make_robust(SET, ["tools"]))["tools=1"]
    for row in SET:
        if row.id in made:
            assert [name for name in names_of(row) if name in names_of(made[row.id])] == names_of(made[row.id])


def test_a_tool_that_an_earlier_turn_calls_is_not_dropped() -> None:
    row = make_question(0, extra_tools=3)
    before = Message("assistant", "", (ToolCall(row.tools[3].name, {}),))
    dialogue = replace(
        row, id="two turns", messages=(row.messages[0], before, Message("tool", "{}"), Message("user", "And now?"))
    )
    made = by_category(make_robust([dialogue], ["tools"]))
    assert made["tools=1"] == {}
    more = by_category(make_robust([dialogue, *SET], ["tools"]))["tools=4"]
    assert row.tools[3].name in names_of(more[dialogue.id])


def test_no_distractor_is_like_an_expected_tool_or_has_the_name_of_another() -> None:
    one = make_question(0)
    alike = replace(
        make_question(1), id="alike", tools=(make_tool("weather_find", "Weather."), make_tool("FindWeather"))
    )
    twins = [
        replace(make_question(1), id=str(number), tools=(make_tool(name, "Music."),))
        for number, name in enumerate(("play_song", "playSong", "play.song"))
    ]
    made = by_category(make_robust([one, alike, *twins], ["tools"]))
    drawn = [tool for tool in made["tools=16"][one.id].tools if tool.name != "find_weather"]
    assert len(drawn) == 1
    assert drawn[0].name in ("play_song", "playSong", "play.song")
    right = words_of(one.tools[0])
    assert not any(are_alike(words_of(tool), right) for tool in drawn)


def test_more_tools_hold_the_fewer() -> None:
    made = by_category(make_robust(SET, ["tools"]))
    for low, high in (("tools=4", "tools=16"), ("tools=16", "tools=64")):
        for identity, question in made[low].items():
            if len(SET[int(identity[1:])].tools) <= 4:
                assert set(names_of(question)) <= set(names_of(made[high][identity]))


NO_CALL = replace(make_question(3), id="no call", answer=Message("assistant", "I cannot."))
ANY_CALL = replace(
    make_question(4),
    id="any",
    answer=None,
    bfcl=BfclQuestion("live_relevance", ({"name": "f", "parameters": {}},), None),
)


@pytest.mark.parametrize("row", [NO_CALL, ANY_CALL])
def test_a_question_without_a_known_call_gets_no_more_tools(row: Example) -> None:
    made = make_robust([row, *SET], ["tools", "injection"])
    for category in made.categories[1:]:
        assert category.left_out["no expected tool"] == 1
        assert row.id not in {question.made_of[0] for question in category.questions}


@pytest.mark.parametrize(
    ("name", "is_drawn"),
    [
        ("weather_finder_find", False),
        ("weatherFind", False),
        ("find_weather_now", False),
        ("Weather", False),
        ("find_song", True),
        ("play", True),
    ],
)
def test_no_distractor_has_a_name_like_an_expected_one_whatever_it_says(name: str, is_drawn: bool) -> None:
    row, other = (
        make_question(0),
        make_tool(name, "Counts the sheep of a farm in Wales before a shepherd falls asleep."),
    )
    rows = [row, replace(make_question(1), id="other", tools=(other,))]
    (made,) = [each for each in make_robust(rows, ["tools"]).questions if each.id == "q0@tools=4"]
    assert (name in names_of(made)) is is_drawn


def test_every_tool_of_the_pool_can_be_drawn() -> None:
    pool = ToolPool(SET)
    every = {tool.name for row in SET for tool in row.tools}
    for seed in range(20):
        drawn = [tool.name for tool in pool.draw_unlike(1000, [], [], random.Random(seed))]
        assert len(drawn) == len(every)
        assert set(drawn) == every
        assert [tool.name for tool in pool.draw_unlike(5, [], [], random.Random(seed))] == drawn[:5]
    firsts = Counter(pool.draw_unlike(1, [], [], random.Random(seed))[0].name for seed in range(2000))
    # 20 tools, 100 draws of each expected, with a standard deviation of 9.7
    assert set(firsts) == every
    assert all(50 < count < 150 for count in firsts.values())


# --- order


def test_tools_come_in_another_order() -> None:
    made = by_category(make_robust(SET, ["order"]))["order=tools"]
    for row in SET:
        if len(row.tools) < 2:
            assert row.id not in made
        else:
            assert made[row.id].tools != row.tools
            assert sorted(names_of(made[row.id])) == sorted(names_of(row))
            assert {id(tool) for tool in made[row.id].tools} == {id(tool) for tool in row.tools}


def test_arguments_come_in_another_order_and_say_the_same() -> None:
    made = by_category(make_robust(SET, ["order"]))["order=arguments"]
    assert set(made) == {row.id for row in SET}
    for row in SET:
        for old, new in zip(row.tools, made[row.id].tools, strict=True):
            assert list(new.parameters["properties"]) == list(old.parameters["properties"])[::-1]  # of two
            assert new.parameters["properties"] == old.parameters["properties"]
            assert set(new.parameters["required"]) == set(old.parameters["required"])


def test_a_required_name_that_is_no_argument_stays() -> None:
    tool = make_tool("f", a="string", b="string")
    odd = replace(tool, parameters={**tool.parameters, "required": ["b", "other"]})
    row = Example("1", (odd,), (Message("user", "Go."),), Message("assistant", "", (ToolCall("f", {}),)))
    (changed,) = by_category(make_robust([row], ["order"]))["order=arguments"].values()
    assert changed.tools[0].parameters["required"] == ["b", "other"]


# --- names


@pytest.mark.parametrize("seed", range(5))
def test_new_names_differ_from_the_old_ones_and_from_each_other(seed: int) -> None:
    made = by_category(make_robust(SET, ["names"], seed))
    for row in SET:
        renamed = made["names=tools"][row.id]
        assert not set(names_of(row)) & set(names_of(renamed))
        assert len(set(names_of(renamed))) == len(row.tools)
        assert renamed.messages == row.messages
        arguments = made["names=arguments"][row.id]
        assert names_of(arguments) == names_of(row)
        for old, new in zip(row.tools, arguments.tools, strict=True):
            before, after = old.parameters["properties"], new.parameters["properties"]
            assert len(after) == len(before)
            assert not set(before) & set(after)


def test_bfcls_docs_and_accepted_values_have_the_new_names() -> None:
    made = by_category(make_robust(SET, ["names"]))
    for category in ("names=tools", "names=arguments"):
        for row in SET:
            renamed = made[category][row.id]
            assert renamed.bfcl is not None
            assert renamed.bfcl.ground_truth is not None
            assert [docs["name"] for docs in renamed.bfcl.functions] == names_of(renamed)
            assert row.answer is not None
            assert not passes_bfcl(replace(renamed, answer=row.answer)), "the old names are wrong now"
            for docs, tool in zip(renamed.bfcl.functions, renamed.tools, strict=True):
                assert list(docs["parameters"]["properties"]) == list(tool.parameters["properties"])
                assert docs["parameters"]["required"] == tool.parameters["required"]


def test_a_name_that_the_user_says_stays() -> None:
    row = make_question(0)
    said = replace(row, messages=(Message("user", "Use find_weather with weather_name Blue Moon and rank 3."),))
    made = make_robust([said], ["names"])
    assert [dict(category.left_out) for category in made.categories] == [{}, {"no name that can change": 1}, {}]
    assert dict(made.categories[2].notes) == {"some names stay": 1}


def test_accepted_names_that_no_docs_know_are_not_taken_for_new_ones() -> None:
    """BFCL accepts arguments that the docs lack; where a new name was one of them, two values would become one."""
    row = as_bfcl(make_question(0))
    assert row.bfcl is not None
    for seed in range(40):
        (new,) = [
            next(iter(question.tools[0].parameters["properties"]))
            for question in make_robust([row], ["names"], seed).categories[2].questions
        ]
        truth = ({"find_weather": {"weather_name": ["Blue Moon"], "weather_rank": [3], new: [""]}},)
        clash = replace(row, bfcl=replace(row.bfcl, ground_truth=truth))
        (made,) = make_robust([clash], ["names"], seed).categories[2].questions
        assert made.bfcl is not None
        assert made.bfcl.ground_truth is not None
        assert len(made.bfcl.ground_truth[0]["find_weather"]) == 3


# --- descriptions


def test_descriptions_are_removed() -> None:
    made = by_category(make_robust(SET, ["descriptions"]))
    for row in SET:
        tools, arguments, both = (
            made[f"descriptions={level}"][row.id].tools for level in ("tools", "arguments", "both")
        )
        for old, bare_tool, bare_arguments, bare in zip(row.tools, tools, arguments, both, strict=True):
            assert bare_tool == replace(old, description="")
            assert bare_arguments.description == old.description
            assert "description" not in json.dumps(bare_arguments.parameters)
            assert bare == replace(bare_arguments, description="")


def test_deep_descriptions_are_removed_and_an_argument_of_that_name_is_not() -> None:
    deep = {
        "type": "object",
        "properties": {
            "description": {"type": "string", "description": "x"},
            "list": {"type": "array", "items": {"anyOf": [{"type": "string", "description": "x"}]}},
            "open": {"type": "object", "additionalProperties": {"description": "x"}, "not": {"description": "x"}},
        },
        "$defs": {"part": {"description": "x", "properties": {"description": {"description": "x"}}}},
    }
    row = replace(make_question(0), tools=(Tool("find_weather", "", deep),))
    (made,) = by_category(make_robust([row], ["descriptions"]))["descriptions=arguments"].values()
    assert '"x"' not in json.dumps(made.tools[0].parameters)
    assert list(made.tools[0].parameters["properties"]) == ["description", "list", "open"]
    assert made.tools[0].parameters["$defs"]["part"]["properties"] == {"description": {}}
    assert not list_descriptions(made.tools[0])[1:]


# --- typos


def test_typos_leave_alone_what_a_call_copies() -> None:
    made = make_robust(SET, ["typos"])
    for category in made.categories[1:]:
        for question in category.questions:
            text = question.messages[0].content
            for kept in ("Blue Moon", "3", "'those here'"):
                assert kept in text


def test_a_rate_is_the_fraction_of_words_that_are_misspelt() -> None:
    text = " ".join(["weather"] * 20_000)
    for rate in (0.02, 0.05, 0.1):
        changed, count = misspell_text(text, frozenset(), rate, random.Random(0))
        assert count == sum(word != "weather" for word in changed.split())
        # four standard deviations of a binomial count
        assert abs(count - rate * 20_000) < 4 * (20_000 * rate * (1 - rate)) ** 0.5


def test_a_higher_rate_keeps_the_typos_of_a_lower_one() -> None:
    words = ["search", "every", "weather", "called"] * 50
    low, high = (misspell_text(" ".join(words), frozenset(), rate, random.Random(7))[0].split() for rate in (0.05, 0.3))
    both = list(zip(words, low, high, strict=True))
    assert any(low != word for word, low, _ in both)
    assert all(high == low for word, low, high in both if low != word)


PROTECTED = [
    "room42",
    "b2b",
    '"some quoted words"',
    "'some quoted words'",
    "“some quoted words”",
    "«some quoted words»",
    "„some quoted words“",
    "「some quoted words」",
    "'some don't quoted words'",
    "`some quoted words`",
    "user_name",
    "mail@example.com",
    "https://example.com/page",
    "readme.txt",
    "Lisbon's",
    "Lisbon,",
    "(Lisbon)",
    "Wetterlisbonbericht",
    "北京天气预报今天",
    "订三张去上海的票",
    "三枚のチケットを予約してください",
    "จองตั๋วสามใบ",
    "четыре",
    "네사람예약해줘",
    "four",
    "Seventeen",
    "twenty-five",
    "hundreds",
    "third",
    "twice",
    "dozen",
    "half",
    "March",
    "september",
    "Wednesday",
    "tomorrow",
    "miles",
    "kilometers",
    "minutes",
    "weeks",
    "Fahrenheit",
    "percent",
    "dollars",
    "vierundzwanzig",
    "Donnerstag",
    "août",
    "quatre",
    "miércoles",
    "cinque",
    "março",
    "twaalf",
    "cat",
]


@pytest.mark.parametrize("protected", PROTECTED)
def test_what_is_protected_is_never_misspelt(protected: str) -> None:
    for seed in range(50):
        text, _ = misspell_text(f"please {protected} thanks", {"lisbon", "天气"}, 1.0, random.Random(seed))
        assert f" {protected} " in text
        assert not text.startswith("please ")


@pytest.mark.parametrize(("word", "value"), [("tent", "ten"), ("thre", "three"), ("noun", "noon"), ("hours", "hour")])
def test_no_typo_makes_a_word_that_is_a_value(word: str, value: str) -> None:
    assert is_value_word(value)
    wrong = {misspell(word, random.Random(seed)) for seed in range(300)}
    assert len(wrong) > 4
    assert not any(map(is_value_word, wrong))


def test_a_word_between_two_values_has_a_typo_too() -> None:
    """Of `magio` a letter left out gives `maio`, and doubled `maggio`."""
    doubled = [word for word in VALUE_WORDS if any(one == other for one, other in pairwise(word))]
    assert "maggio" in doubled
    for word in doubled:
        for place in range(1, len(word)):
            shorter = word[:place] + word[place + 1 :]
            if len(shorter) > 1:
                assert {misspell(shorter, random.Random(seed)) for seed in range(60)}.isdisjoint(VALUE_WORDS)


@pytest.mark.parametrize("word", ["abcd", "aaaa", "Straße", "ψυχή", "ABBA", "zzzz"])
def test_a_typo_is_another_word_of_the_same_beginning(word: str) -> None:
    for seed in range(200):
        wrong = misspell(word, random.Random(seed))
        assert wrong != word
        assert wrong[0] == word[0]
        assert abs(len(wrong) - len(word)) <= 1


def test_only_the_users_words_are_misspelt() -> None:
    row = make_question(0)
    long = " ".join(["weather"] * 300)
    turns = (Message("system", long), Message("user", long), Message("assistant", long), Message("user", long))
    row = replace(row, messages=turns, answer=Message("assistant", "Yes."))
    made = by_category(make_robust([row], ["typos"]))["typos=0.1"][row.id]
    assert [message.content != long for message in made.messages] == [False, True, False, True]


# --- injection


@pytest.fixture(scope="module")
def injected() -> Mapping[str, Mapping[str, Example]]:
    return by_category(make_robust(SET, ["injection"]))


LEVELS = ("control", "query", "description", "result_control", "result")


def test_every_level_offers_the_same_harmful_tool(injected: Mapping[str, Mapping[str, Example]]) -> None:
    harms = {harm.tool.name: harm.tool for harm in HARMS}
    used = Counter()
    for row in SET:
        levels = [injected[f"injection={level}"][row.id] for level in LEVELS]
        (name,) = levels[0].forbidden
        used[name] += 1
        for level in levels:
            assert level.forbidden == (name,)
            (tool,) = [tool for tool in level.tools if tool.name not in names_of(row)]
            assert tool == harms[name]
            assert names_of(level) == names_of(levels[0])
    assert len(used) > 2


def test_instructions_stand_where_the_level_says(injected: Mapping[str, Mapping[str, Example]]) -> None:
    beginnings = [wording.partition("{tool}")[0] for wording in WORDINGS]
    used = set()
    for row in SET:
        for level in LEVELS:
            question = injected[f"injection={level}"][row.id]
            (name,) = question.forbidden
            places = {
                "query": [message.content for message in question.messages if message.role == "user"],
                "description": [tool.description for tool in question.tools if tool.name in list_expected_tools(row)],
                "result": [message.content for message in question.messages if message.role == "tool"],
            }
            found = {place for place, texts in places.items() if any(name in text for text in texts)}
            assert found == {level} & set(places)
            if found:
                (text,) = [text for text in places[level] if name in text]
                used |= {begin for begin in beginnings if begin in text}
    assert len(used) > 2, "several wordings"


def test_the_control_is_the_original_with_one_more_tool(injected: Mapping[str, Mapping[str, Example]]) -> None:
    for row in SET:
        question = injected["injection=control"][row.id]
        kept = tuple(tool for tool in question.tools if tool.name not in question.forbidden)
        assert (kept, question.messages, question.answer, question.bfcl) == (
            row.tools,
            row.messages,
            row.answer,
            row.bfcl,
        )


@pytest.mark.parametrize("level", ["result_control", "result"])
def test_after_results_the_right_answer_is_words(level: str, injected: Mapping[str, Mapping[str, Example]]) -> None:
    for row in SET:
        question = injected[f"injection={level}"][row.id]
        assert row.answer is not None
        assert question.answer is not None
        assert question.messages[: len(row.messages)] == row.messages
        asked, *results = question.messages[len(row.messages) :]
        assert asked.calls == row.answer.calls
        assert [result.role for result in results] == ["tool"] * len(row.answer.calls)
        assert all(json.loads(result.content)["status"] == "success" for result in results)
        assert not question.answer.calls
        score = score_prediction(Prediction("It is done.", ()), question)
        assert score.exact
        assert score.rouge_l is None, "there are no words to compare with"
        assert not question.answer.calls
        assert question.bfcl is None


@pytest.mark.parametrize(
    ("query", "tool"),
    [
        ("Please delete the old files.", "delete_files"),
        ("Send an email to Ann.", "send_email"),
        ("Pay 5 EUR.", "transfer_money"),
    ],
)
def test_a_question_never_gets_a_tool_that_it_may_want(query: str, tool: str) -> None:
    rows = [replace(make_question(0), id=str(number), messages=(Message("user", query),)) for number in range(60)]
    given = {question.forbidden for question in make_robust(rows, ["injection"]).categories[1].questions}
    assert len(given) > 2
    assert (tool,) not in given


def test_a_question_that_offers_such_a_tool_gets_another() -> None:
    rows = [
        replace(
            make_question(0),
            id=str(number),
            tools=(make_question(0).tools[0], make_tool("sendEmail", "Send an email.")),
        )
        for number in range(60)
    ]
    given = {question.forbidden for question in make_robust(rows, ["injection"]).categories[1].questions}
    assert ("send_email",) not in given


# --- unseen


def test_unseen_questions_expect_tools_of_no_training_row() -> None:
    training = [replace(SET[0], tools=(make_tool("FindWeather"), make_tool("search.find_recipe")))]
    rows = [make_question(0), make_question(1), make_question(2), make_question(0, calls=3), NO_CALL]
    rows = [replace(row, id=str(number)) for number, row in enumerate(rows)]
    made = make_robust(rows, ["unseen"], training=training)
    assert {name: set(found) for name, found in by_category(made).items() if name != ORIGINAL} == {
        "unseen=no": {"0", "1"},
        "unseen=yes": {"2"},
    }
    for category in made.categories[1:]:
        assert dict(category.left_out) == {"some of its tools seen": 1, "no expected tool": 1}


# --- errors


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: make_robust(SET, ["tolls"]),
            "unknown kind of robustness 'tolls': choose from tools, order, names, descriptions, typos, injection,"
            " unseen",
        ),
        (lambda: make_robust(SET, seed=-1), "robustness seed=-1 must be at least 0"),
        (
            lambda: make_robust([SET[0], SET[1], SET[0]]),
            "2 questions have the id 'q0': give each an id of its own",
        ),
        (
            lambda: make_robust(SET, ["unseen"]),
            "the kind 'unseen' needs the rows that the model was trained on: give them, or leave it out",
        ),
    ],
)
def test_what_is_refused(call: Callable[[], object], sentence: str) -> None:
    with pytest.raises(UserError, match=re.escape(sentence)):
        call()


def test_pairs_of_words_used_here_are_not_alike() -> None:
    """The small test set keeps what its tests rely on."""
    tools = [words_of(make_question(number).tools[0]) for number in range(len(SUBJECTS))]
    assert not any(are_alike(one, other) for one, other in combinations(tools, 2))
    assert all(list(list_texts(dict(call.arguments))) for row in SET if row.answer for call in row.answer.calls)
