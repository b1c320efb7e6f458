"""Asking all questions of a test set, and the files that are left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lit_toolcall.evaluation.answerer import Answerer
from lit_toolcall.evaluation.answers import score_answer
from lit_toolcall.evaluation.results import ResultFiles
from lit_toolcall.types import Example

MOST_CHARACTERS = 32_000
"""Of a batch of prompts, each as long as the longest: some 8,000 tokens."""


def ask_all(
    answerer: Answerer,
    questions: Sequence[Example],
    files: ResultFiles,
    batch_size: int,
    tell: Callable[[int], object],
) -> None:
    """Answer questions in batches, and keep each answer as it comes.

    Args:
        answerer: answers them.
        questions: of this rank, those that are not answered yet.
        files: keeps the answers.
        batch_size: most questions answered at a time, of similar length.
        tell: gets the number of questions that are done since.

    Raises:
        UserError: a question cannot be answered; the answers before it are kept.
    """
    for batch in make_batches(questions, batch_size):
        ask_batch(answerer, batch, files, tell)


def ask_batch(
    answerer: Answerer,
    batch: Sequence[Example],
    files: ResultFiles,
    tell: Callable[[int], object] = lambda _: None,
) -> None:
    """Answer questions at one time, and keep each answer as it comes; the arguments are those of `ask_all`."""
    for question, answer in zip(batch, answerer.stream(batch), strict=True):
        files.add([score_answer(question, answer)])
        tell(1)


def make_batches(questions: Sequence[Example], batch_size: int) -> list[list[Example]]:
    """Cut questions into batches of similar length, the longest first: what does not fit the memory shows at once.

    Batches of long questions are smaller, so that answers come, and are kept, in steady steps.

    >>> questions = [Example(str(number), (), (), None) for number in range(5)]
    >>> [len(batch) for batch in make_batches(questions, batch_size=2)]
    [2, 2, 1]
    """
    by_length = sorted(questions, key=count_characters, reverse=True)
    batches: list[list[Example]] = []
    for question in by_length:
        is_open = batches and len(batches[-1]) < batch_size
        if is_open and count_characters(batches[-1][0]) * (len(batches[-1]) + 1) <= MOST_CHARACTERS:
            batches[-1].append(question)
        else:
            batches.append([question])
    return batches


def count_characters(question: Example) -> int:
    """Count the characters of a question with its tools, about as many as its prompt has."""
    return len(repr((question.tools, question.messages)))
