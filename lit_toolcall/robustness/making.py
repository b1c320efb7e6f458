"""Test sets transformed, and rows grouped by their language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lit_toolcall.data.augment.alike import ToolPool
from lit_toolcall.data.leakage import ToolNameIndex
from lit_toolcall.data.sources.jsonl import LANGUAGE_CODE
from lit_toolcall.json_values import clip
from lit_toolcall.ranges import SEED, check_number
from lit_toolcall.robustness.table import CHANGING_KINDS, TRANSFORMATIONS, UNSEEN
from lit_toolcall.robustness.transformation import ORIGINAL, Surroundings, make_random
from lit_toolcall.types import Example, UserError

LANGUAGE = "language"


@dataclass(frozen=True)
class Category:
    """Questions that were changed in one way.

    Args:
        kind: of `TRANSFORMATIONS`, `language`, or `original`.
        level: of that kind; empty for `original`.
        questions: with ids `ORIGINAL@CATEGORY`; `made_of` holds the original's id.
        compared_with: the category that the answers are compared with, question by question; None for none.
        left_out: the questions that it lacks, counted by reason.
        notes: what else is to be known of its questions, counted.
    """

    kind: str
    level: str
    questions: tuple[Example, ...]
    compared_with: str | None
    left_out: Mapping[str, int]
    notes: Mapping[str, int]

    @property
    def name(self) -> str:
        """`KIND=LEVEL`, the category of its questions."""
        return name_category(self.kind, self.level)


def name_category(kind: str, level: str) -> str:
    """Name the questions of a kind and level.

    >>> name_category("tools", "16"), name_category(ORIGINAL, "")
    ('tools=16', 'original')
    """
    return f"{kind}={level}" if level else kind


@dataclass(frozen=True)
class RobustSet:
    """A test set in several forms: what is asked, and what `make_curves` compares.

    Args:
        categories: in the order of the curves.
    """

    categories: tuple[Category, ...]

    @property
    def questions(self) -> list[Example]:
        """All questions, category by category."""
        return [question for category in self.categories for question in category.questions]


def make_robust(
    questions: Iterable[Example],
    kinds: Sequence[str] = CHANGING_KINDS,
    seed: int = 0,
    training: Iterable[Example] = (),
) -> RobustSet:
    """Transform a test set in several ways, each question alike whatever stands before it or is asked with it.

    Distractors come from the whole set: transform it before it is split over ranks.

    Args:
        questions: with ids that differ.
        kinds: of `TRANSFORMATIONS`; left out: all but `unseen`.
        seed: of all random choices.
        training: rows whose tools the model has seen; for the kind `unseen` alone.

    Raises:
        UserError: an unknown kind, a seed out of range, two questions with one id, or `unseen` without training rows.

    >>> from lit_toolcall.types import Message, Tool, ToolCall
    >>> tools = (Tool("f", "", {}), Tool("g", "", {}))
    >>> question = Example("q", tools, (Message("user", "Go."),), Message("assistant", "", (ToolCall("f", {}),)))
    >>> [(each.id, len(each.tools)) for each in make_robust([question], ["tools"]).questions][:3]
    [('q@original', 2), ('q@tools=1', 1), ('q@tools=4', 2)]
    """
    rows = tuple(questions)
    check_number("robustness seed", seed, SEED)
    _check_kinds(kinds)
    _check_ids(row.id for row in rows)
    trained = tuple(training)
    if UNSEEN in kinds and not trained:
        raise UserError(f"the kind '{UNSEEN}' needs the rows that the model was trained on: give them, or leave it out")
    around = Surroundings(
        ToolPool(sorted(rows, key=lambda row: row.id)),  # the pool is the same in any order of the questions
        ToolNameIndex((row.id, tool.name) for row in trained for tool in row.tools),
    )
    original = Category(ORIGINAL, "", tuple(_label(row, row, ORIGINAL) for row in rows), None, {}, {})
    changed = [
        _transform(rows, kind, level, around, seed) for kind in dict.fromkeys(kinds) for level in TRANSFORMATIONS[kind]
    ]
    return RobustSet((original, *changed))


def _transform(rows: Sequence[Example], kind: str, level: str, around: Surroundings, seed: int) -> Category:
    entry, category = TRANSFORMATIONS[kind][level], name_category(kind, level)
    outcomes = [(row, entry.change(row, around, make_random(seed, kind, row.id))) for row in rows]
    return Category(
        kind,
        level,
        tuple(_label(made.example, row, category) for row, made in outcomes if made.example is not None),
        entry.compared_with,
        Counter(made.note for _, made in outcomes if made.example is None and made.note),
        Counter(made.note for _, made in outcomes if made.example is not None and made.note),
    )


def _label(changed: Example, original: Example, category: str) -> Example:
    return replace(changed, id=f"{original.id}@{category}", category=category, made_of=(original.id,))


def _check_kinds(kinds: Iterable[str]) -> None:
    for kind in kinds:
        if kind not in TRANSFORMATIONS:
            known = ", ".join(TRANSFORMATIONS)
            raise UserError(f"unknown kind of robustness {clip(repr(kind), 40)}: choose from {known}")


def _check_ids(identities: Iterable[str]) -> None:
    identity, count = next(iter(Counter(identities).most_common(1)), ("", 0))
    if count > 1:
        raise UserError(f"{count} questions have the id {clip(repr(identity), 60)}: give each an id of its own")


def group_by_language(rows: Iterable[Example], reference: str = "en") -> RobustSet:
    """Group rows of several languages into the categories `language=xx`.

    Rows of one id in several languages are one question: the answers to them are compared with those in the reference
    language. `@language=xx` at the end of an id is no part of it. Rows without a language are left out.

    Args:
        rows: whose category is their language; `JsonLines` with `language_key="lang"` reads them so.
        reference: the language that others are compared with.

    Raises:
        UserError: something is no language, or two rows of one language have one id.
    """
    given = [_without_language(row) for row in rows]
    languages = sorted({row.category for row in given} - {"", reference})
    for row in given:
        if row.category and not LANGUAGE_CODE.fullmatch(row.category):
            raise UserError(
                f"{row.place or clip(row.id)}: {clip(repr(row.category), 40)} is no language code: write it as `en` or "
                "`pt-BR`"
            )
    _check_ids(f"{row.id}@{LANGUAGE}={row.category}" for row in given if row.category)
    compared = name_category(LANGUAGE, reference)
    has_reference = any(row.category == reference for row in given)
    without = sum(not row.category for row in given)
    return RobustSet(
        tuple(
            Category(
                LANGUAGE,
                language,
                tuple(_label(row, row, name_category(LANGUAGE, language)) for row in given if row.category == language),
                compared if has_reference and language != reference else None,
                {"no language": without} if without and not place else {},
                {},
            )
            for place, language in enumerate([*([reference] if has_reference else []), *languages])
        )
    )


def _without_language(row: Example) -> Example:
    """Give a row the id that it has in every language."""
    return replace(row, id=row.id.removesuffix(f"@{name_category(LANGUAGE, row.category)}"))
