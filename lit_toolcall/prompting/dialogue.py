"""The trained turns of a dialogue, and the tree that they become."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from lit_toolcall.packing import Branch, Tree
from lit_toolcall.packing.trees import shared_prefix_length
from lit_toolcall.types import Example, Message

TrainedTurns = Literal["last", "calls", "all"]


class EncodedTurn(NamedTuple):
    """The token ids of a turn of the assistant.

    Args:
        prompt: holds all turns before it.
        answer: with its end.
        trained: False for one that is context only.
    """

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    trained: bool = True


def list_trained_turns(example: Example, which: TrainedTurns) -> list[int]:
    """List the numbers of the assistant's turns that are trained, in the messages followed by the answer.

    Args:
        example: with an answer.
        which: `last` for the answer alone, `calls` for earlier turns with calls too, `all` for every turn. Turns that
            the row marks as not trained never are.

    >>> from lit_toolcall.types import Message, ToolCall
    >>> asked, said = Message("user", "?"), Message("assistant", "Yes.")
    >>> called = Message("assistant", "", (ToolCall("f", {}),))
    >>> example = Example("1", (), (asked, called, asked, said, asked), said)
    >>> [list_trained_turns(example, which) for which in ("last", "calls", "all")]
    [[5], [1, 5], [1, 3, 5]]
    """
    earlier = [
        number
        for number, message in enumerate(example.messages)
        if number
        and message.role == "assistant"
        and message.trained
        and ((which == "calls" and message.calls) or (which == "all" and (message.calls or message.content)))
    ]
    last = [] if example.answer and not example.answer.trained else [len(example.messages)]
    return [*earlier, *last]


def list_trained_messages(example: Example, which: TrainedTurns) -> list[Message]:
    """List the assistant's messages that are trained; none for a row without an answer."""
    if example.answer is None:
        return []
    turns = (*example.messages, example.answer)
    return [turns[number] for number in list_trained_turns(example, which)]


def join_turns(turns: Sequence[EncodedTurn]) -> Tree:
    """Make one tree of the trained turns of a dialogue.

    Where each prompt begins with the prompt and answer before it, the turns are trained in place: one branch, in which
    what lies between the answers (questions, tools' results) has weight 0. Where a chat template writes earlier turns
    another way, such as without their thoughts, each turn is a branch of its own after the prefix of all prompts.

    Args:
        turns: in their order, at least one of them trained.

    >>> join_turns([EncodedTurn((1, 2), (3,)), EncodedTurn((1, 2, 3, 4), (5,))]).branches
    (Branch(ids=(3, 4, 5), weights=(1.0, 0.0, 1.0)),)
    >>> join_turns([EncodedTurn((1, 2), (3,), trained=False), EncodedTurn((1, 2, 3, 4), (5,))]).branches
    (Branch(ids=(3, 4, 5), weights=(0.0, 0.0, 1.0)),)
    >>> len(join_turns([EncodedTurn((1, 2), (3,)), EncodedTurn((1, 2, 4), (5,))]).branches)
    2
    """
    while not turns[-1].trained:  # nothing after the last trained one is learnt
        turns = turns[:-1]
    if all(
        after.prompt[: len(before.prompt + before.answer)] == before.prompt + before.answer
        for before, after in pairwise(turns)
    ):
        return _join_in_place(turns)
    trained = [turn for turn in turns if turn.trained]
    prompts = sorted(turn.prompt for turn in trained)
    shared = shared_prefix_length(prompts[0], prompts[-1])
    assert shared, "prompts of one dialogue begin alike"
    branches = [
        Branch(prompt[shared:] + answer, (0.0,) * len(prompt[shared:]) + (1.0,) * len(answer))
        for prompt, answer, _ in trained
    ]
    return Tree(prompts[0][:shared], tuple(branches))


def _join_in_place(turns: Sequence[EncodedTurn]) -> Tree:
    trunk = turns[0].prompt
    ids: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    for prompt, answer, is_trained in turns:
        between = prompt[len(trunk) + len(ids) :]
        ids += between + answer
        weights += (0.0,) * len(between) + (float(is_trained),) * len(answer)
    return Tree(trunk, (Branch(ids, weights),))
