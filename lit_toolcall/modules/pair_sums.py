"""What preference training logs, as sums over pairs and tokens."""

from __future__ import annotations

import torch
from torch import Tensor

from lit_toolcall.losses import AnswerLogps
from lit_toolcall.modules.training import Sums


def sum_pairs(losses: Tensor, chosen: AnswerLogps, rejected: AnswerLogps) -> Sums:
    """Sum over N pairs what is logged as means.

    Args:
        losses: (N,)
        chosen, rejected: the answers' log-probabilities.

    Returns:
        Scalars, log-probabilities in nats.
    """
    return {
        "loss": losses.sum(),
        "pairs": torch.ones_like(losses).sum(),
        "preferred": (chosen.gain > rejected.gain).float().sum(),
        "chosen_fell": (chosen.gain < 0).float().sum(),
        "chosen_gain": chosen.gain.sum(),
        "rejected_gain": rejected.gain.sum(),
        "chosen_logp": chosen.policy.sum(),
        "rejected_logp": rejected.policy.sum(),
        "chosen_tokens": chosen.tokens.sum(),
        "rejected_tokens": rejected.tokens.sum(),
    }


def estimate_kl(policy: Tensor, reference: Tensor) -> Tensor:
    """Estimate the divergence KL(reference || policy) at each token, in nats.

    It is exp(d) - 1 - d with d = log policy - log reference, Schulman's k3 (joschu.net/blog/kl-approx.html): never
    negative, and unbiased where the tokens were sampled from the reference, as in pairs of the SFT model's own answers.

    Args:
        policy: (R,) log-probabilities of the tokens, in nats.
        reference: (R,) the same under the reference.

    >>> estimate_kl(torch.tensor([-1.0, -2.0]), torch.tensor([-1.0, -1.0])).tolist()  # exp(-1) - 1 + 1
    [0.0, 0.3678794503211975]
    """
    change = policy - reference
    return change.exp() - 1 - change
