"""Losses over pairs of answers, one better than the other: frozen settings, and a pure equation as their call.

In the equations, D = log policy - log reference of a whole answer, w is the chosen and l the rejected one, n their
trained tokens, s the logistic function and b its `beta`. Each call returns one loss per pair, (N,).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from lit_toolcall.losses.tokens import branch_logps
from lit_toolcall.ranges import RANGES, check_ranges
from lit_toolcall.types import UserError


@dataclass(frozen=True)
class AnswerLogps:
    """Log-probabilities of one answer of each of N pairs: of all chosen ones, or of all rejected ones.

    Args:
        policy: (N,) summed over the answer's trained tokens, in nats, under the policy.
        reference: (N,) the same under the reference; None where there is none: what needs it then raises a UserError.
        tokens: (N,) numbers of trained tokens.
        divergent_policy: (N,) as `policy`, of the first divergent token, at which the two answers begin to differ.
        divergent_reference: (N,) as `reference`, of that token.
    """

    policy: Tensor
    reference: Tensor | None
    tokens: Tensor
    divergent_policy: Tensor
    divergent_reference: Tensor | None

    @property
    def logratio(self) -> Tensor:
        """D: (N,) log policy - log reference of the whole answer, in nats."""
        return self.policy - _known(self.reference)

    @property
    def token_logratio(self) -> Tensor:
        """D / n: (N,) the same per token."""
        return self.logratio / self.tokens

    @property
    def divergent_logratio(self) -> Tensor:
        """(N,) D of the first divergent token alone."""
        return self.divergent_policy - _known(self.divergent_reference)

    @property
    def token_nll(self) -> Tensor:
        """(N,) negative log-probability per token under the policy, which SFT lowers."""
        return -self.policy / self.tokens

    @property
    def reward(self) -> Tensor:
        """(N,) the logged reward divided by `beta`: D; without a reference log policy / n."""
        return -self.token_nll if self.reference is None else self.logratio

    def at_start(self) -> AnswerLogps:
        """The same answers under a policy that equals the reference."""
        return replace(self, policy=_known(self.reference), divergent_policy=_known(self.divergent_reference))


def _known(reference: Tensor | None) -> Tensor:
    if reference is None:
        raise UserError(
            "model.loss compares with a reference, and there is none: leave its `needs_reference` True and set "
            "model.init_args.reference to adapter, base or cached"
        )
    return reference


def compare_answers(
    policy: Tensor, reference: Tensor | None, divergent: Tensor, branch: Tensor, branches: int
) -> tuple[AnswerLogps, AnswerLogps]:
    """Sum up the log-probabilities of chosen and rejected answers.

    Args:
        policy: (R,) log-probabilities of the trained tokens under the policy, in nats.
        reference: (R,) the same under the reference; None where there is none.
        divergent: (R,) bool, as `mark_first_divergent` gives it.
        branch: (R,) which answer each belongs to: an even number is a chosen one, the next number its rejected one.
        branches: number of answers, two per pair.

    Returns:
        The chosen and the rejected answers of the pairs, in their order.
    """
    tokens, sums, divergent_sums = (
        branch_logps(each, branch, branches) for each in (torch.ones_like(policy), policy, policy * divergent)
    )
    of_reference = (
        None
        if reference is None
        else [branch_logps(each, branch, branches) for each in (reference, reference * divergent)]
    )

    def take(side: slice) -> AnswerLogps:
        beside, divergent_beside = (None, None) if of_reference is None else (each[side] for each in of_reference)
        return AnswerLogps(sums[side], beside, tokens[side], divergent_sums[side], divergent_beside)

    return take(slice(0, None, 2)), take(slice(1, None, 2))


def mark_first_divergent(target_ids: Tensor, branch: Tensor, branches: int) -> Tensor:
    """Mark the first divergent token of each answer of a pair.

    Where one answer only lacks something that the other has, that is the first token after the gap: what the model has
    to say instead. An answer that is the beginning of the other has none.

    Args:
        target_ids: (R,) the trained tokens, those of an answer one after the other, the answers in their order.
        branch: (R,) which answer each belongs to, as in `compare_answers`.
        branches: number of answers, two per pair.

    Returns:
        (R,) bool.

    >>> ids = torch.tensor([1, 2, 3, 9, 1, 5, 6, 3, 9])  # 1 2 3 9 against 1 5 6 3 9
    >>> mark_first_divergent(ids, torch.tensor([0, 0, 0, 0, 1, 1, 1, 1, 1]), 2).int().tolist()
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
    first = lengths.scatter_reduce(0, branch, place.masked_fill(is_same, rows), "amin", include_self=False)
    return place == first[branch]


def sum_pairs(losses: Tensor, chosen: AnswerLogps, rejected: AnswerLogps) -> dict[str, Tensor]:
    """Sum over N pairs the values that are logged as means.

    Args:
        losses: (N,)
        chosen, rejected: the answers' log-probabilities.

    Returns:
        Scalars, log-probabilities in nats.
    """
    return {
        "loss": losses.sum(),
        "pairs": torch.ones_like(losses).sum(),
        "preferred": (chosen.reward > rejected.reward).float().sum(),
        "chosen_fell": (chosen.reward < 0).float().sum(),
        "chosen_reward": chosen.reward.sum(),
        "rejected_reward": rejected.reward.sum(),
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


class PreferenceLoss(ABC):
    """A loss over pairs; a config may name a subclass of your own by its import path.

    Make it a frozen dataclass: its fields are its settings, and the `Args` of its docstring their help. Fields named as
    those of our losses (beta, label_smoothing, sft_weight, penalty) have their ranges.
    """

    needs_reference: ClassVar[bool] = True
    """False for a loss of the policy's log-probabilities alone: no reference is computed for it."""
    beta: float = 1.0
    """Factor of the logged rewards."""

    @abstractmethod
    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        """Compute the loss of each of N pairs.

        Args:
            chosen, rejected: the answers' log-probabilities.

        Returns:
            (N,), without a mean.
        """

    def __post_init__(self) -> None:
        ranges = RANGES[PreferenceLoss.__name__]
        check_ranges(type(self), **{name: value for name, value in vars(self).items() if name in ranges})


@dataclass(frozen=True)
class Sigmoid(PreferenceLoss):
    """DPO (arXiv:2305.18290, eq. 7): -log s(b (D_w - D_l)).

    Args:
        beta: how strongly the policy is held to the reference.
        label_smoothing: e, the fraction of pairs that are taken to be labelled the wrong way round, 0 to 0.5:
            -(1 - e) log s(b (D_w - D_l)) - e log s(-b (D_w - D_l)), the conservative DPO of the same authors.
    """

    beta: float = 0.1
    label_smoothing: float = 0.0

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        margin = self.beta * (chosen.logratio - rejected.logratio)
        return -(1 - self.label_smoothing) * logsigmoid(margin) - self.label_smoothing * logsigmoid(-margin)


@dataclass(frozen=True)
class SigmoidSFT(PreferenceLoss):
    """DPO with SFT's loss on the chosen answer (arXiv:2404.19733, eq. 1): -log s(b (D_w - D_l)) - a log p(w) / n_w.

    Args:
        beta: how strongly the policy is held to the reference.
        sft_weight: a.
    """

    beta: float = 0.1
    sft_weight: float = 1.0

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        return Sigmoid(self.beta)(chosen, rejected) + self.sft_weight * chosen.token_nll


@dataclass(frozen=True)
class DPOP(PreferenceLoss):
    """DPO-Positive (arXiv:2402.13228, eq. 3): -log s(b (D_w - D_l - c max(0, -D_w))).

    Args:
        beta: how strongly the policy is held to the reference.
        penalty: c, how strongly the chosen answer is kept from becoming less likely than under the reference.
    """

    beta: float = 0.1
    penalty: float = 50.0

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        lost = (-chosen.logratio).clamp(min=0)
        return -logsigmoid(self.beta * (chosen.logratio - rejected.logratio - self.penalty * lost))


@dataclass(frozen=True)
class IPO(PreferenceLoss):
    """IPO (arXiv:2310.12036, eq. 17), with log-ratios per token: (D_w / n_w - D_l / n_l - 1 / (2 b))^2.

    Args:
        beta: tau in that equation; the margin is pulled to 1 / (2 b) nats per token and no further.
    """

    beta: float = 0.1

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        return (chosen.token_logratio - rejected.token_logratio - 1 / (2 * self.beta)) ** 2


@dataclass(frozen=True)
class Hinge(PreferenceLoss):
    """SLiC's hinge (arXiv:2305.10425), against a reference as in arXiv:2309.06657: max(0, 1 - b (D_w - D_l)).

    Args:
        beta: a pair with a margin above 1 / b nats is learned.
    """

    beta: float = 0.1

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        return torch.relu(1 - self.beta * (chosen.logratio - rejected.logratio))


@dataclass(frozen=True)
class Robust(PreferenceLoss):
    """Robust DPO (arXiv:2403.00409, eq. 9): (-(1 - e) log s(m) + e log s(-m)) / (1 - 2 e) with m = b (D_w - D_l).

    Args:
        beta: how strongly the policy is held to the reference.
        label_smoothing: e, the fraction of pairs that are labelled the wrong way round, below 0.5.
    """

    beta: float = 0.1
    label_smoothing: float = 0.1

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        margin = self.beta * (chosen.logratio - rejected.logratio)
        flipped = -(1 - self.label_smoothing) * logsigmoid(margin) + self.label_smoothing * logsigmoid(-margin)
        return flipped / (1 - 2 * self.label_smoothing)


@dataclass(frozen=True)
class SigmoidNorm(PreferenceLoss):
    """Length-normalized DPO (Tulu 3, arXiv:2411.15124): -log s(b (D_w / n_w - D_l / n_l)).

    Per token, fewer or more calls are no advantage.

    Args:
        beta: larger than DPO's, since log-ratios per token are smaller than those of whole answers.
    """

    beta: float = 2.0

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        return -logsigmoid(self.beta * (chosen.token_logratio - rejected.token_logratio))


@dataclass(frozen=True)
class CallAware(PreferenceLoss):
    """DPO that pushes down only the mistake: -log s(b (D_w - D_l')) - a log p(w) / n_w.

    D_l' is the log-ratio of the rejected answer's first divergent token, such as the `,` before an argument too many.
    What follows it has to follow it, or is right, like the closing brackets: were that pushed down too, the policy
    would unlearn it. Ours.

    Args:
        beta: how strongly the policy is held to the reference.
        sft_weight: a, the weight of SFT's loss on the chosen answer.
    """

    beta: float = 0.1
    sft_weight: float = 0.0

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        loss = -logsigmoid(self.beta * (chosen.logratio - rejected.divergent_logratio))
        return loss + self.sft_weight * chosen.token_nll
