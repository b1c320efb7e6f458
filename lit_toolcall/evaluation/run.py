"""Asking all questions of a test set, and the files that are left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lit_toolcall.evaluation.answerer import Answerer
from lit_toolcall.evaluation.answers import score_answer
from lit_toolcall.evaluation.results import ResultFiles
from lit_toolcall.types import Example


def ask_all(
    answerer: Answerer,
    questions: Sequence[Example],
    files: ResultFiles,
    batch_size: int,
    tell: Callable[[int], object] = lambda _: None,
) -> None:
    """Answer the questions that are not answered yet, and keep each answer as it comes.

    Args:
        answerer: answers them.
        questions: of this rank.
        files: keeps the answers.
        batch_size: questions answered at a time, of similar length.
        tell: gets the number of questions that are done since.

    Raises:
        UserError: a question cannot be answered; the answers before it are kept.
    """
    for batch in make_batches([question for question in questions if question.id not in files.done], batch_size):
        for question, answer in zip(batch, answerer.stream(batch), strict=True):
            files.add([score_answer(question, answer)])
            tell(1)


def make_batches(questions: Sequence[Example], batch_size: int) -> list[list[Example]]:
    """Cut questions into batches of similar length, the longest first: what does not fit the memory shows at once."""
    by_length = sorted(questions, key=lambda question: -len(repr((question.tools, question.messages))))
    return [by_length[start : start + batch_size] for start in range(0, len(by_length), batch_size)]
