"""Losses over pairs of answers, one better than the other, as pure functions.

In the equations, D = log policy - log reference of a whole answer, w is the chosen and l the rejected one, n their
trained tokens, s the logistic function and b its `beta`. Each function returns one loss a pair, (N,).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid


@dataclass(frozen=True)
class AnswerLogps:
    """Log-probabilities of one answer of each of N pairs: of all chosen ones, or of all rejected ones.

    Args:
        policy: (N,) summed over the answer's trained tokens, in nats, under the policy.
        reference: (N,) the same under the reference.
        tokens: (N,) how many tokens that are.
        fork_policy: (N,) as `policy`, of the one token at which the answers of the pair part.
        fork_reference: (N,) as `reference`, of this token.
    """

    policy: Tensor
    reference: Tensor
    tokens: Tensor
    fork_policy: Tensor
    fork_reference: Tensor

    @property
    def gain(self) -> Tensor:
        """D: (N,) by how much the policy makes the answer likelier than the reference, in nats."""
        return self.policy - self.reference

    @property
    def token_gain(self) -> Tensor:
        """D / n: (N,) the gain a token."""
        return self.gain / self.tokens

    @property
    def fork_gain(self) -> Tensor:
        """(N,) the gain of the token at which the answers part."""
        return self.fork_policy - self.fork_reference

    @property
    def token_nll(self) -> Tensor:
        """(N,) negative log-probability a token under the policy, which SFT lowers."""
        return -self.policy / self.tokens

    def at_start(self) -> AnswerLogps:
        """The same answers under a policy that equals the reference."""
        return replace(self, policy=self.reference, fork_policy=self.fork_reference)


def sigmoid(chosen: AnswerLogps, rejected: AnswerLogps, beta: float = 0.1, label_smoothing: float = 0.0) -> Tensor:
    """DPO (arXiv:2305.18290, eq. 7): -log s(b (D_w - D_l)).

    Args:
        chosen, rejected: the answers' log-probabilities.
        beta: how strongly the policy is held to the reference.
        label_smoothing: e, the share of pairs that are taken to be labelled the wrong way round, 0 to 0.5:
            -(1 - e) log s(b (D_w - D_l)) - e log s(-b (D_w - D_l)), the conservative DPO of the same authors.
    """
    margin = beta * (chosen.gain - rejected.gain)
    return -(1 - label_smoothing) * logsigmoid(margin) - label_smoothing * logsigmoid(-margin)


def sigmoid_sft(chosen: AnswerLogps, rejected: AnswerLogps, beta: float = 0.1, sft_weight: float = 1.0) -> Tensor:
    """DPO with SFT's loss on the chosen answer (arXiv:2404.19733, eq. 1): -log s(b (D_w - D_l)) - a log p(w) / n_w.

    Args:
        chosen, rejected: the answers' log-probabilities.
        beta: how strongly the policy is held to the reference.
        sft_weight: a.
    """
    return sigmoid(chosen, rejected, beta) + sft_weight * chosen.token_nll


def dpop(chosen: AnswerLogps, rejected: AnswerLogps, beta: float = 0.1, penalty: float = 50.0) -> Tensor:
    """DPO-Positive (arXiv:2402.13228, eq. 3): -log s(b (D_w - D_l - c max(0, -D_w))).

    Args:
        chosen, rejected: the answers' log-probabilities.
        beta: how strongly the policy is held to the reference.
        penalty: c, how strongly the chosen answer is kept from becoming less likely than under the reference.
    """
    lost = (-chosen.gain).clamp(min=0)
    return -logsigmoid(beta * (chosen.gain - rejected.gain - penalty * lost))


def ipo(chosen: AnswerLogps, rejected: AnswerLogps, beta: float = 0.1) -> Tensor:
    """IPO (arXiv:2310.12036, eq. 17), with gains a token: (D_w / n_w - D_l / n_l - 1 / (2 b))^2.

    Args:
        chosen, rejected: the answers' log-probabilities.
        beta: the paper's tau; the margin is pulled to 1 / (2 b) nats a token and no further.
    """
    return (chosen.token_gain - rejected.token_gain - 1 / (2 * beta)) ** 2


def hinge(chosen: AnswerLogps, rejected: AnswerLogps, beta: float = 0.1) -> Tensor:
    """SLiC's hinge (arXiv:2305.10425), against a reference as in arXiv:2309.06657: max(0, 1 - b (D_w - D_l)).

    Args:
        chosen, rejected: the answers' log-probabilities.
        beta: a pair with a margin above 1 / b nats is learned.
    """
    return torch.relu(1 - beta * (chosen.gain - rejected.gain))


def robust(chosen: AnswerLogps, rejected: AnswerLogps, beta: float = 0.1, label_smoothing: float = 0.1) -> Tensor:
    """Robust DPO (arXiv:2403.00409, eq. 9): (-(1 - e) log s(m) + e log s(-m)) / (1 - 2 e) with m = b (D_w - D_l).

    Args:
        chosen, rejected: the answers' log-probabilities.
        beta: how strongly the policy is held to the reference.
        label_smoothing: e, the share of pairs that are labelled the wrong way round, below 0.5.
    """
    margin = beta * (chosen.gain - rejected.gain)
    flipped = -(1 - label_smoothing) * logsigmoid(margin) + label_smoothing * logsigmoid(-margin)
    return flipped / (1 - 2 * label_smoothing)


def sigmoid_norm(chosen: AnswerLogps, rejected: AnswerLogps, beta: float = 2.0) -> Tensor:
    """Length-normalized DPO (Tulu 3, arXiv:2411.15124): -log s(b (D_w / n_w - D_l / n_l)).

    With gains a token, fewer or more calls are no advantage.

    Args:
        chosen, rejected: the answers' log-probabilities.
        beta: larger than DPO's, since gains a token are smaller than gains of whole answers.
    """
    return -logsigmoid(beta * (chosen.token_gain - rejected.token_gain))


def call_aware(chosen: AnswerLogps, rejected: AnswerLogps, beta: float = 0.1, sft_weight: float = 0.0) -> Tensor:
    """DPO that pushes down only the mistake: -log s(b (D_w - D_l')) - a log p(w) / n_w.

    D_l' is the gain of the rejected answer's first token that differs, such as the `,` before an argument too many.
    What follows it has to follow it, or is right, like the closing brackets: were that pushed down too, the policy
    would unlearn it. Ours.

    Args:
        chosen, rejected: the answers' log-probabilities.
        beta: how strongly the policy is held to the reference.
        sft_weight: a, the weight of SFT's loss on the chosen answer.
    """
    loss = -logsigmoid(beta * (chosen.gain - rejected.fork_gain))
    return loss + sft_weight * chosen.token_nll


LOSSES = {loss.__name__: loss for loss in (sigmoid, sigmoid_sft, dpop, ipo, hinge, robust, sigmoid_norm, call_aware)}
"""The losses by the names that a config gives."""
