"""Pure loss functions."""

from lit_toolcall.losses.pairs import compare_answers, mark_forks
from lit_toolcall.losses.preference import LOSSES, AnswerLogps
from lit_toolcall.losses.tokens import answer_loss, branch_logps, token_entropy, token_logps

__all__ = [
    "LOSSES",
    "AnswerLogps",
    "answer_loss",
    "branch_logps",
    "compare_answers",
    "mark_forks",
    "token_entropy",
    "token_logps",
]
