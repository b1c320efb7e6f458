"""The loss of answers, and what is logged beside it, as pure functions of the logits before trained tokens."""

from __future__ import annotations

import torch
from torch import Tensor


def token_logps(logits: Tensor, target_ids: Tensor) -> Tensor:
    """Take the log-probability of each target token, in nats and in fp32.

    Args:
        logits: (R, V), one distribution for each trained token.
        target_ids: (R,) token ids.

    Returns:
        (R,)

    >>> token_logps(torch.zeros(1, 4), torch.tensor([2])).exp().tolist()  # four equal choices
    [0.25]
    """
    return -torch.nn.functional.cross_entropy(logits.float(), target_ids, reduction="none")


def branch_logps(logps: Tensor, branch: Tensor, branches: int) -> Tensor:
    """Sum each branch's token log-probabilities, in nats.

    Args:
        logps: (R,) log-probabilities of the trained tokens; or ones, to count them.
        branch: (R,) which branch each belongs to.
        branches: number of branches in the batch.

    Returns:
        (branches,) sums, not means: DPO compares whole answers (arXiv:2305.18290, eq. 7).

    >>> branch_logps(torch.tensor([-1.0, -2.0, -4.0]), torch.tensor([0, 0, 1]), 2).tolist()
    [-3.0, -4.0]
    """
    return torch.zeros(branches, dtype=logps.dtype, device=logps.device).index_add(0, branch, logps)


def answer_loss(logps: Tensor, weights: Tensor, step_weight: float) -> Tensor:
    """Average the negative log-probability over the weights of a step: this micro-batch's part of the step's loss.

    The parts of all micro-batches and ranks add up to the step's loss, so that splitting never changes the gradient.

    Args:
        logps: (R,) log-probabilities of this micro-batch's trained tokens.
        weights: (R,) their weights.
        step_weight: sum of the weights of the whole optimizer step, over all micro-batches and ranks.

    Returns:
        A scalar, in nats per token.

    >>> answer_loss(torch.tensor([-1.0, -3.0]), torch.tensor([1.0, 1.0]), step_weight=4.0).item()  # (1 + 3) / 4
    1.0
    """
    return -(logps * weights).sum() / step_weight


def token_entropy(logits: Tensor) -> Tensor:
    """Take the entropy of each distribution, in nats.

    Args:
        logits: (R, V)

    Returns:
        (R,)

    >>> round(token_entropy(torch.zeros(1, 4)).item(), 4)  # log 4
    1.3863
    """
    logps = logits.float().log_softmax(-1)
    return -(logps.exp() * logps).sum(-1)
