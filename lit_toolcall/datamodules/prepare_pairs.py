"""Pairs made ready: read, freed of leaks, split, encoded, and the questions that they ask."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from lightning.pytorch.utilities import rank_zero_warn
from tqdm import tqdm

from lit_toolcall.data.leakage import Leak
from lit_toolcall.data.linked_names import components
from lit_toolcall.data.sources import Ledger, PreferenceSource
from lit_toolcall.datamodules.loaders import number_alike
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Tree
from lit_toolcall.preparation.pipeline import check_leakage
from lit_toolcall.preparation.settings import LeakageOptions
from lit_toolcall.preparation.truncation import find_fitting, shorten
from lit_toolcall.prompting import Renderer, encode_preference
from lit_toolcall.types import Example, Message, Preference, UserError


def read_pairs(sources: Sequence[PreferenceSource], ledger: Ledger) -> list[Preference]:
    """Read every source in order."""
    return [preference for source in sources for preference in source.read_preferences(ledger)]


def check_pair_leakage(
    pairs: Sequence[Preference], options: LeakageOptions | None, ledger: Ledger
) -> tuple[list[Preference], Sequence[Leak]]:
    """Find the pairs that repeat evaluation rows, and reject them where that is wanted; as `check_leakage`."""
    by_row = {str(row): pair for row, pair in enumerate(pairs)}
    clean, leaks = check_leakage([replace(as_question(pair), id=row) for row, pair in by_row.items()], options, ledger)
    return [by_row[example.id] for example in clean], leaks


def hold_back(pairs: Sequence[Preference], share: float, seed: int) -> tuple[list[Preference], list[Preference]]:
    """Split pairs into training and validation.

    All pairs of a question are on one side, and so are questions made of the same row, such as a request alone and
    joined with another (`JoinCalls`), as far as `origins` tells. So where most questions are joined, few of these are
    held back, or more pairs than asked for, which a warning says.

    Raises:
        UserError: the share is none, or there are too few questions.

    >>> pairs = [Preference(id, (), (Message("user", id[0]),), (), ()) for id in ("a1", "a2", "b1")]
    >>> [[pair.id for pair in side] for side in hold_back(pairs, share=0.3, seed=0)]  # 1 of 2 questions
    [['a1', 'a2'], ['b1']]
    """
    if not 0 < share < 1:
        raise UserError(f"data.validation_share={share} must lie between 0 and 1; or name sources in data.validation")
    groups = _group_alike(pairs)
    if len(groups) < 2:
        raise UserError(
            "the pairs ask one question, or questions that belong together, so none can be held back: name "
            "data.validation"
        )
    room = max(1, round(share * len(pairs)))
    random.Random(seed).shuffle(groups)
    groups.sort(key=lambda group: max(len(group) - room, 0))  # those that fit first, then the least too large
    held: set[int] = set()
    for group in groups[:-1]:
        if not held or len(held) + len(group) <= room:
            held.update(group)
    if len(held) > room:
        rank_zero_warn(
            f"{len(held)} of {len(pairs)} pairs are held back for validation, more than data.validation_share={share} "
            "asks for, since their questions belong together: name data.validation"
        )
    train, validation = ([pair for row, pair in enumerate(pairs) if (row in held) == side] for side in (False, True))
    return train, validation


def _group_alike(pairs: Sequence[Preference]) -> list[list[int]]:
    """List the pairs' rows in groups that have neither a question nor an origin in common, by their first rows."""
    questions = [f"question {number}" for number in number_alike((pair.tools, pair.messages) for pair in pairs)]
    marks = [
        frozenset((question, *(f"origin {origin}" for origin in pair.origins)))
        for question, pair in zip(questions, pairs, strict=True)
    ]
    linked = components(marks, random.Random(0))
    group_of = {mark: number for number, group in enumerate(linked) for mark in group}
    groups: dict[int, list[int]] = {}
    for row, question in enumerate(questions):
        groups.setdefault(group_of[question], []).append(row)
    return list(groups.values())


def encode_pairs(
    pairs: Sequence[Preference], renderer: Renderer, max_tokens: int, ledger: Ledger, first_row: int
) -> tuple[list[tuple[Preference, Tree]], int]:
    """Encode pairs; those that cannot be trained on go to the ledger.

    Args:
        pairs: in their order.
        renderer: writes and tokenizes.
        max_tokens: of a pair, prompt and both answers together.
        ledger: takes the rejected ones.
        first_row: number of the first encoded pair; the others follow.

    Returns:
        The pairs with their trees, and how many of them lost tools or old turns to fit.
    """
    encoded: list[tuple[Preference, Tree]] = []
    shortened = 0
    progress = tqdm(pairs, desc="encoding", unit="pair", disable=len(pairs) < 1_000, file=sys.stderr)
    for pair in progress:
        try:
            fitting = _encode_to_fit(pair, renderer, max_tokens, first_row + len(encoded))
        except (CallSyntaxError, UserError) as problem:
            fitting, reason = None, str(problem)
        else:
            reason = f"the pair has more than max_tokens={max_tokens} tokens: raise max_tokens or shorten the row"
        if fitting is None:
            ledger.reject(pair.place, reason)
        else:
            encoded.append(fitting)
            shortened += fitting[0] is not pair
    return encoded, shortened


def _encode_to_fit(pair: Preference, renderer: Renderer, max_tokens: int, row: int) -> tuple[Preference, Tree] | None:
    whole = encode_preference(renderer, pair, row)
    if whole.tokens <= max_tokens:
        return pair, whole
    return find_fitting(
        list(_shorten_pair(pair)), lambda shorter: encode_preference(renderer, shorter, row), max_tokens
    )


def _shorten_pair(pair: Preference) -> Iterator[Preference]:
    calls = tuple(call for answer in (pair.chosen, pair.rejected) for turn in answer for call in turn.calls)
    for shorter in shorten(replace(as_question(pair), answer=Message("assistant", "", calls))):
        yield replace(pair, tools=shorter.tools, messages=shorter.messages)


def has_reasoning(pair: Preference) -> bool:
    """Tell whether a pair holds what the assistant thought before it spoke."""
    return any(message.reasoning for message in (*pair.messages, *pair.chosen, *pair.rejected))


def as_question(pair: Preference) -> Example:
    """Take a pair's question, with the chosen answer's first turn as the right one."""
    return Example(pair.id, pair.tools, pair.messages, pair.chosen[0], place=pair.place)


def list_questions(pairs: Sequence[Preference], renderer: Renderer) -> list[Example]:
    """List the questions of pairs, each once, with the calls of a chosen answer that stands there as text read."""
    first: dict[int, Preference] = {}
    for number, pair in zip(number_alike((pair.tools, pair.messages) for pair in pairs), pairs, strict=True):
        first.setdefault(number, pair)
    return [_read_calls(as_question(pair), renderer) for pair in first.values()]


def _read_calls(question: Example, renderer: Renderer) -> Example:
    assert question.answer is not None
    calls = () if question.answer.calls else renderer.parse(question.answer.content).calls
    return replace(question, answer=Message("assistant", "", calls)) if calls else question
