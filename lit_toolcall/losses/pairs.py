"""From the log-probabilities of a batch's trained tokens to those of its pairs of answers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

import torch
from torch import Tensor

from lit_toolcall.losses.preference import AnswerLogps
from lit_toolcall.losses.tokens import branch_logps


def compare_answers(
    policy: Tensor, reference: Tensor, forks: Tensor, branch: Tensor, branches: int
) -> tuple[AnswerLogps, AnswerLogps]:
    """Sum up the log-probabilities of chosen and rejected answers.

    Args:
        policy: (R,) log-probabilities of the trained tokens under the policy, in nats.
        reference: (R,) the same under the reference.
        forks: (R,) bool, as `mark_forks` gives it.
        branch: (R,) which answer each belongs to: even numbers are chosen, each odd one the rejected beside it.
        branches: number of answers, two a pair.

    Returns:
        The chosen and the rejected answers of the pairs, in their order.
    """
    tokens = branch_logps(torch.ones_like(policy), branch, branches)
    sums = [branch_logps(logps, branch, branches) for logps in (policy, reference)]
    fork_sums = [branch_logps(logps * forks, branch, branches) for logps in (policy, reference)]
    chosen, rejected = (
        AnswerLogps(sums[0][side], sums[1][side], tokens[side], fork_sums[0][side], fork_sums[1][side])
        for side in (slice(0, None, 2), slice(1, None, 2))
    )
    return chosen, rejected


def mark_forks(target_ids: Tensor, branch: Tensor) -> Tensor:
    """Mark the token of each answer at which the two of a pair part.

    Where one answer only lacks something that the other has, that is the first token behind the gap: what the model has
    to say instead. Waits for the device once: call it before the forward passes.

    Args:
        target_ids: (R,) the trained tokens, those of an answer one after the other.
        branch: (R,) which answer each belongs to, as in `compare_answers`.

    Returns:
        (R,) bool.

    >>> ids = torch.tensor([1, 2, 3, 9, 1, 5, 6, 3, 9])  # 1 2 3 9 against 1 5 6 3 9
    >>> mark_forks(ids, torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1])).int().tolist()
    [0, 1, 0, 0, 0, 1, 0, 0, 0]
    """
    tokens = torch.stack((branch, target_ids), dim=1).tolist()
    answers = [[token for _, token in answer] for _, answer in groupby(tokens, key=itemgetter(0))]
    marks: list[bool] = []
    for chosen, rejected in zip(answers[::2], answers[1::2], strict=True):
        fork, _ = find_difference(chosen, rejected)
        marks += [index == fork for answer in (chosen, rejected) for index in range(len(answer))]
    return torch.tensor(marks, device=target_ids.device)


def find_difference(one: Sequence[int], other: Sequence[int]) -> tuple[int, int]:
    """Count the tokens that two sequences share before and behind what differs.

    >>> find_difference([1, 2, 3, 9], [1, 5, 6, 3, 9])
    (1, 2)
    """
    shorter = min(len(one), len(other))
    before = next((index for index in range(shorter) if one[index] != other[index]), shorter)
    behind = 0
    while behind < shorter - before and one[-1 - behind] == other[-1 - behind]:
        behind += 1
    return before, behind
