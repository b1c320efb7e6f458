"""Pairs of the answers to one question, each of which can be written, read and encoded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from transformers import PreTrainedTokenizerFast

from lit_toolcall.data.sources import Ledger, Pairs
from lit_toolcall.metrics import Score, score_prediction
from lit_toolcall.pairs import (
    AnswerRanking,
    Candidate,
    PairOptions,
    PaperRanking,
    make_corruption,
    make_pairs,
    preference_to_record,
    read_candidate,
)
from lit_toolcall.prompting import PromptOptions, Renderer, encode_preference
from lit_toolcall.types import Example, Message, Prediction, Problem, Tool, ToolCall, UserError

TOOL = Tool("wait", "", {"type": "object", "properties": {"seconds": {"type": "integer"}}, "required": ["seconds"]})
RIGHT = Message("assistant", "", (ToolCall("wait", {"seconds": 5}),))
EXAMPLE = Example("q", (TOOL,), (Message("user", "Wait five seconds."),), RIGHT)


def candidate(text: str, calls: tuple[ToolCall, ...] | None) -> Candidate:
    prediction = Prediction(text, calls, None if calls is not None else Problem.SYNTAX)
    message = Message("assistant", "", calls) if calls else Message("assistant", text)
    return Candidate(message, prediction, score_prediction(prediction, EXAMPLE))


@pytest.mark.parametrize("rank", [None, 1.0, (), ("high",), (float("nan"),)])
def test_a_rank_that_is_no_tuple_of_numbers_is_one_sentence(rank: object) -> None:
    class Odd(AnswerRanking):
        def rank(self, score: Score) -> tuple[float, ...]:  # noqa: ARG002 (the signature)
            return rank  # type: ignore[return-value]

    with pytest.raises(UserError, match=r"model\.ranking: Odd\.rank returned .*: return a tuple of numbers"):
        make_pairs(EXAMPLE, [EXACT], Odd(), PairOptions())


EXACT = candidate("wait 5", (ToolCall("wait", {"seconds": 5}),))
WRONG_VALUE = candidate("wait 6", (ToolCall("wait", {"seconds": 6}),))
OTHER_VALUE = candidate("wait 7", (ToolCall("wait", {"seconds": 7}),))
WRONG_TYPE = candidate("wait x", (ToolCall("wait", {"seconds": "x"}),))
BROKEN = candidate("wait(", None)


def paired(*candidates: Candidate, **options: object) -> list[tuple[str, str]]:
    made = make_pairs(EXAMPLE, candidates, PaperRanking(), PairOptions(**{"pairs_per_question": 9, **options}))  # type: ignore[arg-type]
    return [(pair.reason, str(pair.rejected[0].calls or pair.rejected[0].content)[:5]) for pair, _ in made]


def test_the_best_is_paired_with_the_worse_ones_the_worst_first() -> None:
    assert [reason for reason, _ in paired(WRONG_VALUE, EXACT, BROKEN, WRONG_TYPE)] == ["syntax", "type", "value"]
    assert [reason for reason, _ in paired(WRONG_VALUE, EXACT, BROKEN, pairs_per_question=1)] == ["syntax"]


def test_ties_and_near_duplicates_make_no_pairs() -> None:
    spaced = replace(BROKEN, prediction=Prediction(" wait( ", None, Problem.SYNTAX))
    assert not paired(EXACT, EXACT)
    assert len(paired(EXACT, BROKEN, spaced)) == 1
    assert len(paired(EXACT, WRONG_VALUE, OTHER_VALUE)) == 2, "two wrong values are two answers"
    assert not paired()


def test_a_wrong_answer_is_chosen_only_where_asked() -> None:
    assert not paired(WRONG_VALUE, BROKEN)
    assert [reason for reason, _ in paired(WRONG_VALUE, BROKEN, wrong_chosen=True)] == ["syntax"]
    made = make_pairs(EXAMPLE, [WRONG_VALUE, BROKEN], PaperRanking(), PairOptions(gold_chosen=True))
    assert [pair.chosen for pair, _ in made] == [(RIGHT,)] * 2


def test_every_pair_can_be_encoded(make_tokenizer: Callable[..., PreTrainedTokenizerFast]) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    sampled = [EXACT, WRONG_VALUE, WRONG_TYPE, BROKEN]
    made = 0
    for options in (PairOptions(), PairOptions(wrong_chosen=True), PairOptions(gold_chosen=True)):
        for count in range(1, 5):
            for candidates in combinations(sampled, count):
                for pair, _ in make_pairs(EXAMPLE, candidates, PaperRanking(), options):
                    encode_preference(renderer, pair)
                    made += 1
    assert made > 20
    assert not paired(WRONG_TYPE, BROKEN, wrong_chosen=True), "the best of them breaks its tool"


DEEP = "[" * 31 + "]" * 31


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("tool_code", f"<|tool_code|>\nwait(seconds=[{DEEP}])\n<|end|>"),
        ("hermes", f'<tool_call>\n{{"name": "wait", "arguments": "{{\\"seconds\\": {DEEP}}}"}}\n</tool_call>'),
        ("llama3_json", f'{{"name": "wait", "parameters": "{{\\"seconds\\": {DEEP}}}"}}'),
    ],
)
def test_calls_that_can_be_read_but_not_written_stay_text(
    form: str, text: str, make_tokenizer: Callable[..., PreTrainedTokenizerFast]
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions(form))
    read = read_candidate(renderer, EXAMPLE, text + renderer.template.turn_end)
    assert read is not None
    assert read.prediction.calls is not None
    assert read.prediction.calls[0].name == "wait"
    assert read.message == Message("assistant", text)


def test_a_corruption_names_what_is_wrong() -> None:
    made = make_corruption(EXAMPLE, Random(0))
    assert made is not None
    pair, _ = made
    assert pair.chosen == (RIGHT,)
    score = score_prediction(Prediction("", pair.rejected[0].calls), EXAMPLE)
    assert score.problem == pair.reason


def test_a_pair_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    [(pair, scores)] = make_pairs(EXAMPLE, [EXACT, BROKEN], PaperRanking(), PairOptions())
    path = tmp_path / "pairs.jsonl"
    path.write_text(json.dumps(preference_to_record(pair, scores)) + "\n")
    [read] = Pairs(str(path)).read_preferences(Ledger())
    assert replace(read, place="") == pair
