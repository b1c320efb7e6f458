"""Losses: of answers, for SFT, and over pairs of answers, of which a config names one."""

from lit_toolcall.losses.preference import (
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
    estimate_kl,
    mark_first_divergent,
    sum_pairs,
)
from lit_toolcall.losses.tokens import answer_loss, branch_logps, token_entropy, token_logps

__all__ = [
    "DPOP",
    "IPO",
    "AnswerLogps",
    "CallAware",
    "Hinge",
    "PreferenceLoss",
    "Robust",
    "Sigmoid",
    "SigmoidNorm",
    "SigmoidSFT",
    "answer_loss",
    "branch_logps",
    "compare_answers",
    "estimate_kl",
    "mark_first_divergent",
    "sum_pairs",
    "token_entropy",
    "token_logps",
]
