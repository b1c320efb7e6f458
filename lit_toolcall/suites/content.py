"""Reading a suite: which questions are asked, in which forms, with which tools on offer."""

from __future__ import annotations

import difflib
import math
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.data.sources.jsonl import read_named_tools
from lit_toolcall.data.sources.source import FILE_ENDINGS
from lit_toolcall.json_values import clip, list_names
from lit_toolcall.multi_turn import Entry
from lit_toolcall.paths import expand_path
from lit_toolcall.preparation.questions import check_answers, read_questions
from lit_toolcall.ranges import check_ranges
from lit_toolcall.retrieval import ShotIndex, ToolIndex, add_shots, collect_tools, retrieve_tools
from lit_toolcall.robustness import CHANGING_KINDS, TRANSFORMATIONS, UNSEEN, RobustSet, group_by_language, make_robust
from lit_toolcall.suites.table import SUITES, Suite
from lit_toolcall.types import Example, UserError

AskedT = TypeVar("AskedT", Example, Entry)
IN_LANGUAGE = "@language="
"""In ids of rows that name their language, before it."""


@dataclass(frozen=True)
class SuiteOptions:
    """Which questions of a suite are asked.

    Args:
        path: folder or file of the suite's data; by default that of the package bfcl_eval, or of the hub.
        categories: only these; all of the suite where none is named.
        limit: questions of each category, drawn by the seed; all by default, and 25 of `robust`.
        fraction: of the questions of each category, drawn by the seed, rounded up.
        seed: of what is drawn and changed.
        tools_path: a file of tools, for rows of your own that name theirs.
        language_key: key of your own rows that names their language, for figures by language.
        robust: kinds of changes in which questions are asked too, such as `[tools,typos]`; `robust` has all.
        training: rows that the model was trained on, which the change `unseen` needs: a file that JsonLines reads.
    """

    path: str | None = None
    categories: list[str] | None = None
    limit: int | None = None
    fraction: float = 1.0
    seed: int = 0
    tools_path: str | None = None
    language_key: str | None = None
    robust: list[str] = field(default_factory=list)
    training: str | None = None

    def __post_init__(self) -> None:
        check_ranges(type(self), limit=self.limit, fraction=self.fraction, seed=self.seed)
        unknown = [kind for kind in self.robust if kind not in TRANSFORMATIONS]
        if unknown:
            raise UserError(f"--robust: no change is named {unknown[0]!r}: choose from {', '.join(TRANSFORMATIONS)}")
        if UNSEEN in self.robust and self.training is None:
            raise UserError("--robust: `unseen` compares with the training rows: give their file by --training")
        if self.training is not None and UNSEEN not in self.robust:
            raise UserError("--training: only the change `unseen` needs it: name it in --robust, or leave this out")
        if self.language_key is not None and self.robust:
            raise UserError("--language_key and --robust: questions are either grouped or changed: give one of them")


@dataclass(frozen=True)
class Lookup:
    """What is looked up for each question before it is asked.

    Args:
        retrieve: tools that are retrieved for each question, in place of its own; 0 for none.
        pool: a file of the tools that are retrieved from; by default all tools of the suite.
        shots: solved rows shown before each question; 0 for none.
        shots_path: a file of these rows.
    """

    retrieve: int = 0
    pool: str | None = None
    shots: int = 0
    shots_path: str | None = None

    def __post_init__(self) -> None:
        check_ranges(type(self), retrieve=self.retrieve, shots=self.shots)
        if self.shots and self.shots_path is None:
            raise UserError("--shots: give the file of solved rows by --shots_path")
        if self.shots_path is not None and not self.shots:
            raise UserError("--shots_path: say how many rows of it to show by --shots")
        if self.pool is not None and not self.retrieve:
            raise UserError("--pool: say how many tools of it to retrieve by --retrieve")

    def apply(self, questions: Sequence[Example]) -> list[Example]:
        """Return the questions with what was looked up.

        Raises:
            UserError: a file cannot be read.
        """
        asked = list(questions)
        if self.retrieve:
            pool = (
                collect_tools(asked) if self.pool is None else list(read_named_tools(expand_path(self.pool)).values())
            )
            index = ToolIndex(pool)
            asked = [retrieve_tools(question, index, self.retrieve) for question in asked]
        if self.shots and self.shots_path is not None:
            solved = ShotIndex(read_rows(self.shots_path, "--shots_path"))
            asked = [add_shots(question, solved, self.shots) for question in asked]
        return asked


@dataclass(frozen=True)
class SuiteContent:
    """What is asked.

    Args:
        name: of the suite, or its file.
        questions: of a single answer.
        dialogues: of several turns.
        robust: the changed forms among the questions; None where there are none.
    """

    name: str
    questions: list[Example]
    dialogues: list[Entry]
    robust: RobustSet | None = None


def read_suite(name: str, options: SuiteOptions, lookup: Lookup) -> SuiteContent:
    """Read the questions and dialogues of a suite.

    Args:
        name: in `SUITES`, or a file of rows that `JsonLines` reads.
        options: which of them.
        lookup: what is looked up for each question.

    Raises:
        UserError: no such suite, category or file, or a row that cannot be read or scored.
    """
    check_conflicts(name, options, lookup)
    path = None if options.path is None else expand_path(options.path, "--path")
    suite = SUITES.get(name) or Suite("", lambda _path, _seed: read_own(name, options))
    questions = suite.questions(path, options.seed)
    dialogues = suite.dialogues(path) if suite.dialogues else []
    check_categories(questions, dialogues, options.categories)
    part = replace(options, limit=suite.limit) if options.limit is None and options.fraction == 1 else options
    questions, dialogues = draw(questions, part), draw(dialogues, part)
    robust = None
    kinds = options.robust or (CHANGING_KINDS if suite.is_robust else ())
    if options.language_key is not None:
        robust = group_by_language(questions)
        questions = list(robust.questions)
    elif kinds:
        training = [] if options.training is None else read_rows(options.training, "--training")
        robust = make_robust(questions, kinds, options.seed, training)
        kept = [] if suite.is_robust else questions
        questions = [*kept, *robust.questions]
    return SuiteContent(name, lookup.apply(questions), dialogues, robust)


def check_conflicts(name: str, options: SuiteOptions, lookup: Lookup) -> None:
    """Refuse settings that a suite would leave aside.

    Raises:
        UserError: a setting is of the other kind of suite, or would change dialogues.
    """
    if name not in SUITES:
        if options.path is not None:
            raise UserError(f"--path: it is the data of a suite by name: leave it out, {clip(name)} is the file")
        return
    for setting in ("tools_path", "language_key"):
        if getattr(options, setting) is not None:
            raise UserError(f"--{setting}: it is for a file of your own rows: leave it out of --suite {name}")
    if options.robust and lookup.retrieve:
        raise UserError(
            "--retrieve: a pool of changed forms holds several right tools: give --robust or --retrieve, not both"
        )
    changing = {"robust": options.robust, "retrieve": lookup.retrieve, "shots": lookup.shots}
    given = [f"--{setting}" for setting, value in changing.items() if value]
    if SUITES[name].dialogues and given:
        raise UserError(f"{given[0]}: dialogues are asked as they are: leave it out of --suite {name}, or take `bfcl`")


def read_own(name: str, options: SuiteOptions) -> list[Example]:
    """Read a file of a user's own rows.

    Raises:
        UserError: it is no file, or a row cannot be read or scored.
    """
    if not (os.path.isfile(name) or name.endswith(FILE_ENDINGS) or name.startswith("demo:")):
        near = difflib.get_close_matches(name, SUITES, n=1)
        cure = f"did you mean `{near[0]}`?" if near else f"choose from {', '.join(SUITES)}, or name a file"
        raise UserError(f"--suite {clip(name)}: no such suite or file: {cure}")
    source = JsonLines(name, tools_path=options.tools_path, language_key=options.language_key)
    questions = read_questions([source])
    check_answers(questions, [source])
    return questions


def read_rows(path: str, setting: str) -> list[Example]:
    """Read rows that are not asked; those that cannot be read are left out.

    Raises:
        UserError: there is none.
    """
    tools_path = "demo:tools.jsonl" if path.startswith("demo:") else None
    rows = list(JsonLines(path, tools_path=tools_path).read(Ledger()))
    if not rows:
        raise UserError(f"{setting} {path}: no row of it can be read: `inspect` says why")
    return rows


def check_categories(questions: Sequence[Example], dialogues: Sequence[Entry], named: Sequence[str] | None) -> None:
    """Refuse a category of which there is nothing.

    Raises:
        UserError: it is not one of the suite's.
    """
    known = dict.fromkeys([question.category for question in questions] + [each.category for each in dialogues])
    unknown = [category for category in named or () if category not in known]
    if unknown:
        names = list_names([name for name in known if name])
        raise UserError(f"--categories: the suite has no {clip(unknown[0])!r}: choose from {names}, or leave it out")


def draw(asked: Sequence[AskedT], options: SuiteOptions) -> list[AskedT]:
    """Draw some of each category, in their order; of one question in several languages all or none.

    >>> questions = [Example(str(number), (), (), None, category="ab"[number % 2]) for number in range(8)]
    >>> [question.category for question in draw(questions, SuiteOptions(categories=["b"], fraction=0.3))]
    ['b', 'b']
    """
    chosen = [each for each in asked if options.categories is None or each.category in options.categories]
    names: dict[str, dict[str, None]] = {}
    for each in chosen:
        name, in_language, _ = each.id.partition(IN_LANGUAGE)
        names.setdefault("" if in_language else each.category, {})[name] = None
    drawn: set[str] = set()
    for category, of_category in names.items():
        count = len(of_category)
        wanted = min(math.ceil(options.fraction * count), count if options.limit is None else options.limit)
        drawn.update(random.Random(f"{options.seed}:{category}").sample(list(of_category), wanted))
    return [each for each in chosen if each.id.partition(IN_LANGUAGE)[0] in drawn]
