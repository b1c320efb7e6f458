"""From the log-probabilities of a batch's trained tokens to those of its pairs of answers."""

from __future__ import annotations

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


def mark_forks(target_ids: Tensor, branch: Tensor, branches: int) -> Tensor:
    """Mark the token of each answer at which the two of a pair part.

    Where one answer only lacks something that the other has, that is the first token behind the gap: what the model has
    to say instead. An answer that is the beginning of the other has none.

    Args:
        target_ids: (R,) the trained tokens, those of an answer one after the other, the answers in their order.
        branch: (R,) which answer each belongs to, as in `compare_answers`.
        branches: number of answers, two a pair.

    Returns:
        (R,) bool.

    >>> ids = torch.tensor([1, 2, 3, 9, 1, 5, 6, 3, 9])  # 1 2 3 9 against 1 5 6 3 9
    >>> mark_forks(ids, torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1]), 2).int().tolist()
    [0, 1, 0, 0, 0, 1, 0, 0, 0]
    """
    rows = len(target_ids)
    lengths = branch_logps(torch.ones_like(branch), branch, branches)
    starts = lengths.cumsum(0) - lengths
    place = torch.arange(rows, device=branch.device) - starts[branch]
    other = branch ^ 1
    beside = (starts[other] + place).clamp(max=rows - 1)
    is_same = (place < lengths[other]) & (target_ids[beside] == target_ids)
    # the smallest place that differs, without waiting for the device
    fork = lengths.scatter_reduce(0, branch, place.masked_fill(is_same, rows), "amin", include_self=False)
    return place == fork[branch]
