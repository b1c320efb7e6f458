"""Each loss over pairs against a worked example, its arithmetic in sight, and its value where policy = reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import exp, log, nan

import pytest
import torch
from conftest import random_pairs
from shipped import list_shipped
from torch import Tensor
from torch.nn.functional import logsigmoid

from lit_toolcall import losses
from lit_toolcall.losses import (
    DPOP,
    IPO,
    AnswerLogps,
    CallAware,
    Hinge,
    PreferenceLoss,
    Robust,
    Sigmoid,
    SigmoidNorm,
    SigmoidSFT,
    compare_answers,
    mark_first_divergent,
)
from lit_toolcall.packing import pack_trees
from lit_toolcall.packing.trees import shared_prefix_length
from lit_toolcall.types import UserError

# One pair. The chosen answer has 4 tokens and log-probability -6 under the policy, -4 under the reference: D_w = -2.
# The rejected one has 5 tokens, -13 and -8: D_l = -5. Its first divergent token has -7 and -4: -3.
CHOSEN = AnswerLogps(*(torch.tensor([value]) for value in (-6.0, -4.0, 4.0, -3.0, -2.0)))
REJECTED = AnswerLogps(*(torch.tensor([value]) for value in (-13.0, -8.0, 5.0, -7.0, -4.0)))
MARGIN = -2.0 - -5.0  # D_w - D_l = 3


def minus_log_s(margin: float) -> float:
    """-log of the logistic function."""
    return log(1 + exp(-margin))


WORKED: list[tuple[PreferenceLoss, float]] = [
    (Sigmoid(beta=0.1), minus_log_s(0.3)),
    (Sigmoid(beta=0.1, label_smoothing=0.2), 0.8 * minus_log_s(0.3) + 0.2 * minus_log_s(-0.3)),
    (SigmoidSFT(beta=0.1, sft_weight=2.0), minus_log_s(0.3) + 2.0 * 6 / 4),  # 6 nats, 4 tokens
    (DPOP(beta=0.1, penalty=5.0), minus_log_s(0.1 * (3 - 5 * 2))),  # the chosen one lost 2 nats
    (IPO(beta=0.5), (-2 / 4 - -5 / 5 - 1 / (2 * 0.5)) ** 2),
    (Hinge(beta=0.1), 1 - 0.3),
    (Hinge(beta=1.0), 0.0),  # a margin of 3 is enough
    (Robust(beta=0.1, label_smoothing=0.1), (0.9 * minus_log_s(0.3) - 0.1 * minus_log_s(-0.3)) / 0.8),
    (SigmoidNorm(beta=2.0), minus_log_s(2 * (-2 / 4 - -5 / 5))),
    (CallAware(beta=0.1), minus_log_s(0.1 * (-2 - -3))),  # only the mistake is pushed down
    (CallAware(beta=0.1, sft_weight=1.0), minus_log_s(0.1) + 6 / 4),
]


@pytest.mark.parametrize(("loss", "expected"), WORKED)
def test_worked_examples(loss: PreferenceLoss, expected: float) -> None:
    assert loss(CHOSEN, REJECTED).tolist() == [pytest.approx(expected, rel=1e-6, abs=1e-7)]


START: dict[type[PreferenceLoss], float] = {
    Sigmoid: log(2),
    SigmoidSFT: log(2) + 4 / 4,
    DPOP: log(2),
    IPO: (1 / (2 * 0.1)) ** 2,
    Hinge: 1.0,
    Robust: log(2),  # (0.9 log 2 - 0.1 log 2) / 0.8
    SigmoidNorm: log(2),
    CallAware: log(2),
}


def test_every_shipped_loss_is_worked_out_here() -> None:
    shipped = set(list_shipped(losses, PreferenceLoss).values())
    assert set(START) == shipped
    assert {type(loss) for loss, _ in WORKED} == shipped


@pytest.mark.parametrize("loss", START)
def test_the_constant_where_policy_and_reference_are_equal(loss: type[PreferenceLoss]) -> None:
    assert loss()(CHOSEN.at_start(), REJECTED.at_start()).item() == pytest.approx(START[loss], abs=1e-6)


@pytest.mark.parametrize("loss", START)
def test_every_loss_falls_where_the_chosen_answer_becomes_likelier(loss: type[PreferenceLoss]) -> None:
    policy = torch.tensor([-4.0], requires_grad=True)
    chosen = AnswerLogps(policy, CHOSEN.reference, CHOSEN.tokens, policy, CHOSEN.reference)
    loss()(chosen, REJECTED.at_start()).sum().backward()
    assert policy.grad is not None
    assert policy.grad.item() < 0


@pytest.mark.parametrize(
    ("loss", "setting", "value", "words"),
    [
        (IPO, "beta", 0.0, "above 0"),  # divides by it
        (Sigmoid, "beta", 0.0, "above 0"),  # trains nothing
        (Sigmoid, "beta", -0.1, "above 0"),  # prefers the rejected answers
        (SigmoidNorm, "beta", nan, "above 0"),
        (Sigmoid, "label_smoothing", 0.5, "at least 0 and below 0.5"),
        (Robust, "label_smoothing", 0.5, "at least 0 and below 0.5"),  # divides by 1 - 2 e
        (Robust, "label_smoothing", -0.1, "at least 0 and below 0.5"),
        (SigmoidSFT, "sft_weight", -1.0, "at least 0"),
        (DPOP, "penalty", -1.0, "at least 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    loss: Callable[..., PreferenceLoss], setting: str, value: float, words: str
) -> None:
    with pytest.raises(UserError, match=f"^model.loss.{setting}={value} must be {words}$"):
        loss(**{setting: value})


@dataclass(frozen=True)
class Scaled(PreferenceLoss):
    """A loss of a user's own, with a setting of no known range."""

    scale: float

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        return self.scale * Sigmoid()(chosen, rejected)


@dataclass(frozen=True)
class SimPO(PreferenceLoss):
    """SimPO (arXiv:2405.14734, eq. 6), which compares with no reference."""

    needs_reference = False
    beta: float = 2.0
    margin: float = 1.0

    def __call__(self, chosen: AnswerLogps, rejected: AnswerLogps) -> Tensor:
        return -logsigmoid(self.beta * (rejected.token_nll - chosen.token_nll) - self.margin)


def test_a_loss_without_a_reference_is_its_equation() -> None:
    chosen, rejected = (replace(answers, reference=None, divergent_reference=None) for answers in (CHOSEN, REJECTED))
    assert SimPO()(chosen, rejected).tolist() == [pytest.approx(minus_log_s(2 * (-6 / 4 - -13 / 5) - 1))]


def test_a_loss_of_ones_own_is_a_class() -> None:
    assert Scaled(scale=-2.0)(CHOSEN, REJECTED).tolist() == [pytest.approx(-2 * minus_log_s(0.3))]
    assert Scaled(scale=1.0).beta == 1.0, "rewards are logged without a factor"


def test_without_a_reference_its_log_probabilities_are_refused() -> None:
    logps = torch.tensor([-1.0, -2.0, -4.0, -8.0])
    sides = torch.tensor([0, 0, 1, 1])
    chosen, rejected = compare_answers(logps, None, logps == -2, sides, 2)
    assert (chosen.policy.tolist(), rejected.policy.tolist(), rejected.tokens.tolist()) == ([-3.0], [-12.0], [2.0])
    assert chosen.divergent_policy.tolist() == [-2.0]
    assert (chosen.reward.tolist(), rejected.reward.tolist()) == ([-1.5], [-6.0]), "per token"
    for name in ("logratio", "token_logratio", "divergent_logratio"):
        with pytest.raises(UserError, match=r"^model\.loss compares with a reference, and there is none: "):
            getattr(chosen, name)


def test_answers_are_summed_pair_by_pair() -> None:
    # two pairs: 1 2 9 against 1 3 9, and 5 9 against 5 5 9
    ids = torch.tensor([1, 2, 9, 1, 3, 9, 5, 9, 5, 5, 9])
    branch = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 3])
    policy = -torch.arange(1.0, 12.0)
    chosen, rejected = compare_answers(policy, policy - 1, mark_first_divergent(ids, branch, 4), branch, 4)
    assert chosen.policy.tolist() == [-6.0, -15.0]  # -1 -2 -3, and -7 -8
    assert rejected.policy.tolist() == [-15.0, -30.0]
    assert chosen.tokens.tolist() == [3.0, 2.0]
    assert chosen.logratio.tolist() == [3.0, 2.0], "each token gains one nat"
    assert chosen.divergent_policy.tolist() == [-2.0, -8.0], "the 2, and the 9 before which a 5 is missing"
    assert rejected.divergent_policy.tolist() == [-5.0, -10.0], "the 3, and the second 5"
    assert rejected.divergent_logratio.tolist() == [1.0, 1.0]


def test_an_answer_that_the_other_continues_differs_behind_its_end() -> None:
    ids = torch.tensor([1, 2, 9, 1, 2, 3, 4, 9])
    branch = torch.tensor([0, 0, 0, 1, 1, 1, 1, 1])
    assert mark_first_divergent(ids, branch, 2).int().tolist() == [0, 0, 1, 0, 0, 1, 0, 0]


def test_the_beginning_of_the_other_answer_has_no_fork() -> None:
    ids = torch.tensor([1, 9, 1, 9, 4, 9])  # a call alone, and the same call with an answer to its result
    assert mark_first_divergent(ids, torch.tensor([0, 0, 1, 1, 1, 1]), 2).int().tolist() == [0, 0, 0, 0, 1, 0]


def test_call_aware_pushes_down_one_token_of_each_rejected_answer() -> None:
    pairs = random_pairs(6, vocabulary=5)  # answers of few different tokens, which part here and there
    batch = pack_trees(pairs)
    logps = torch.zeros(len(batch.target_ids), requires_grad=True)
    divergent = mark_first_divergent(batch.target_ids, batch.branch, batch.branches)
    CallAware()(*compare_answers(logps, logps.detach(), divergent, batch.branch, batch.branches)).sum().backward()
    assert logps.grad is not None
    for number, pair in enumerate(pairs):
        chosen, rejected = pair.branches
        first = shared_prefix_length(chosen.ids, rejected.ids)
        assert first < len(rejected.ids)
        pushed = logps.grad[batch.branch == 2 * number + 1]
        assert pushed.nonzero().flatten().tolist() == [first]
        assert pushed[first] > 0, "down"
        assert (logps.grad[batch.branch == 2 * number] < 0).all(), "the chosen answer up, all of it"
