"""The table of suites, and reading one."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lit_toolcall.data.sources import Bfcl, JsonLines, Source
from lit_toolcall.data.sources.bfcl import ANSWERED, UNANSWERED
from lit_toolcall.data.sources.source import FILE_ENDINGS
from lit_toolcall.preparation.questions import check_answers, read_questions
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, UserError


@dataclass(frozen=True)
class SuiteOptions:
    """Which questions of a suite are asked.

    Args:
        categories: only these; all of the suite where none is named.
        limit: questions a category, drawn by the seed; all where it is not given.
        seed: of the draws.
        tools_path: a file of tools, for rows of your own that name theirs.
    """

    categories: list[str] | None = None
    limit: int | None = None
    seed: int = 0
    tools_path: str | None = None

    def __post_init__(self) -> None:
        check_ranges(type(self), limit=self.limit, seed=self.seed)


@dataclass(frozen=True)
class Suite:
    """A test set.

    Args:
        help: what it asks, in one line.
        read: reads its questions, all categories.
    """

    help: str
    read: Callable[[SuiteOptions], list[Example]]


def read_bfcl(options: SuiteOptions) -> list[Example]:
    """Read every single-turn category of BFCL, or those that are named."""
    return read_questions([Bfcl(categories=options.categories or (*ANSWERED, *UNANSWERED))])


SUITES = {
    "bfcl": Suite("BFCL, every single-turn category", read_bfcl),
}
"""By name. Adding a suite is one entry."""


def read_suite(name: str, options: SuiteOptions) -> list[Example]:
    """Read the questions of a suite.

    Args:
        name: in `SUITES`, or a file of rows that `JsonLines` reads.
        options: which questions.

    Raises:
        UserError: no such suite, category or file, or a row that cannot be read or scored.
    """
    if name in SUITES:
        questions = SUITES[name].read(options)
    elif Path(name).is_file() or name.endswith(FILE_ENDINGS) or name.startswith("demo:"):
        source: Source = JsonLines(name, tools_path=options.tools_path)
        questions = read_questions([source])
        check_answers(questions, [source])
    else:
        raise UserError(
            f"--suite {name}: no such suite or file: choose from {', '.join(SUITES)}, or give a file of rows"
        )
    return draw(choose_categories(questions, options.categories), options.limit, options.seed)


def choose_categories(questions: Sequence[Example], categories: Sequence[str] | None) -> list[Example]:
    """Take the questions of some categories; all where none is named.

    Raises:
        UserError: a category has no question.
    """
    if categories is None:
        return list(questions)
    known = dict.fromkeys(question.category for question in questions)
    unknown = [category for category in categories if category not in known]
    if unknown:
        raise UserError(f"--suite.categories: no question of {unknown[0]!r}: choose from {', '.join(known)}")
    return [question for question in questions if question.category in categories]


def draw(questions: Sequence[Example], limit: int | None, seed: int) -> list[Example]:
    """Draw some questions of each category, in their order.

    >>> questions = [Example(str(number), (), (), None, category="ab"[number % 2]) for number in range(8)]
    >>> sorted(question.category for question in draw(questions, limit=2, seed=0))
    ['a', 'a', 'b', 'b']
    """
    if limit is None:
        return list(questions)
    drawn: set[str] = set()
    for category in dict.fromkeys(question.category for question in questions):
        ids = [question.id for question in questions if question.category == category]
        drawn.update(random.Random(f"{seed}:{category}").sample(ids, min(limit, len(ids))))
    return [question for question in questions if question.id in drawn]
