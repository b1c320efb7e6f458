"""The prompt format of a base model is chosen by its answers, once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lit_toolcall.evaluation import Answer, ResultOrigin
from lit_toolcall.evaluation.prompt_formats import (
    CANDIDATES,
    RECORD,
    FormatChoice,
    FormatScore,
    choose_format,
    describe_choice,
    draw_format_questions,
    make_format_renderer,
    read_choice,
    write_choice,
)
from lit_toolcall.generation import Generated
from lit_toolcall.types import Example, Prediction, ToolCall, UserError

ORIGIN = ResultOrigin("eval", "base", "none 1", "", decoding="max_new_tokens 8", engine="TransformersEngine")


@dataclass(frozen=True)
class Scripted:
    """Answers by a function of the question."""

    say: Callable[[Example], tuple[ToolCall, ...]]
    identity: str = "scripted"

    def stream(self, questions: Sequence[Example]) -> Iterator[Answer]:
        for question in questions:
            calls = self.say(question)
            yield Answer(Prediction("" if calls else "Words.", calls), Generated("", 1, 0.1))


def say_right(question: Example) -> tuple[ToolCall, ...]:
    assert question.answer is not None
    return question.answer.calls


def say_words(_question: Example) -> tuple[ToolCall, ...]:
    return ()


def call_wrong(_question: Example) -> tuple[ToolCall, ...]:
    return (ToolCall("unknown", {}),)


def call_always(question: Example) -> tuple[ToolCall, ...]:
    """Right for a few that want calls; a wrong call for all that want none."""
    calls = say_right(question)
    return calls if calls and question.id[-1] == "5" else (ToolCall("unknown", {}),)


QUESTIONS = draw_format_questions()


def choose(**says: Callable[[Example], tuple[ToolCall, ...]]) -> FormatChoice:
    return choose_format({name: Scripted(say) for name, say in says.items()}, QUESTIONS, batch_size=7)


def test_the_questions_want_calls_and_words() -> None:
    assert len(QUESTIONS) == len({question.id for question in QUESTIONS}) == 40
    assert QUESTIONS == draw_format_questions() != draw_format_questions(seed=1)


def test_the_best_format_is_chosen() -> None:
    choice = choose(hermes=call_wrong, pythonic=say_right, tool_code=say_words)
    assert choice.chosen == "pythonic"
    assert choice.scores == (
        FormatScore("hermes", total=40, exact=0, with_calls=32, exact_calls=0, valid=0, called=40),
        FormatScore("pythonic", total=40, exact=40, with_calls=32, exact_calls=32, valid=40, called=32),
        FormatScore("tool_code", total=40, exact=8, with_calls=32, exact_calls=0, valid=8, called=0),
    )


def test_a_format_that_is_never_understood_does_not_win_by_its_words() -> None:
    choice = choose(hermes=say_words, pythonic=call_always)
    words, calls = choice.scores
    assert words.exact > calls.exact > 0
    assert choice.chosen == "pythonic"


def test_of_equal_formats_the_first_is_chosen() -> None:
    assert choose(pythonic=say_words, hermes=say_words).chosen == "pythonic"


def test_progress_counts_questions() -> None:
    told: list[int] = []
    choose_format({"hermes": Scripted(say_words), "pythonic": Scripted(say_words)}, QUESTIONS, 16, told.append)
    assert sum(told) == len(told) == 80


def test_each_candidate_has_a_renderer_that_adds_no_token(tiny_folder: Path) -> None:
    for name in CANDIDATES:
        renderer = make_format_renderer(name, str(tiny_folder))
        assert renderer is None if name == "native" else renderer is not None and not renderer.new_tokens


def test_a_choice_is_kept(tmp_path: Path) -> None:
    origin, choice = describe_choice(ORIGIN, QUESTIONS), choose(hermes=say_words, pythonic=say_right)
    assert read_choice(tmp_path, origin, "cure") is None
    write_choice(tmp_path, origin, choice)
    assert read_choice(tmp_path, origin, "cure") == choice
    assert not list(tmp_path.glob("*.part"))


def test_a_choice_for_another_model_is_refused(tmp_path: Path) -> None:
    write_choice(tmp_path, describe_choice(ORIGIN, QUESTIONS), choose(hermes=say_words))
    other = describe_choice(replace(ORIGIN, weights="none 2", decoding="max_new_tokens 9"), QUESTIONS)
    with pytest.raises(UserError) as error:
        read_choice(tmp_path, other, "name another folder by --out")
    assert str(error.value) == (
        f"{tmp_path / RECORD}: the prompt format was chosen for what differs (trained weights none 1, now none 2; "
        "decoding max_new_tokens 8, now max_new_tokens 9): name another folder by --out"
    )


def test_other_answers_are_refused_before_a_format_is_chosen(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(UserError) as error:
        read_choice(tmp_path, describe_choice(ORIGIN, QUESTIONS), "name another folder by --out")
    assert str(error.value) == (
        f"{tmp_path} holds answers for which no prompt format was chosen: name another folder by --out"
    )


@pytest.mark.parametrize(
    "change", [lambda text: text[:-9], lambda text: text.replace("hermes", "mine"), lambda _: "[]", lambda _: "{}"]
)
def test_a_broken_choice_is_refused(change: Callable[[str], str], tmp_path: Path) -> None:
    origin = describe_choice(ORIGIN, QUESTIONS)
    write_choice(tmp_path, origin, choose(hermes=say_words))
    path = tmp_path / RECORD
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError) as error:
        read_choice(tmp_path, origin, "cure")
    assert str(error.value) == f"{path}: not what `eval` writes: move it away with the answers beside it, or cure"


def test_metrics_hold_every_candidate() -> None:
    written = json.loads(json.dumps(choose(hermes=say_words, pythonic=say_right).to_json()))
    assert written["chosen"] == "pythonic"
    assert written["questions"] == 40
    assert [each["called"] for each in written["candidates"]] == [0, 32]
