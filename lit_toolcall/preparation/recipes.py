"""Recipes for training and validation rows: how they are read, split, changed and encoded."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Literal

from lit_toolcall.data.augment import Augmentation, augment_all
from lit_toolcall.data.fingerprint import describe_settings, hash_bytes, hash_code
from lit_toolcall.data.sources import Ledger, PreferenceSource, Source
from lit_toolcall.data.sources.source import is_shipped
from lit_toolcall.data.splits import Split, split_by_question, split_random, split_unseen_tools
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Tree
from lit_toolcall.preparation.truncation import shorten
from lit_toolcall.prompting import (
    Renderer,
    RowProblem,
    TrainedTurns,
    encode_example,
    encode_examples,
    encode_preference,
    list_trained_messages,
)
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Message, Preference, RowT, UserError


@dataclass(frozen=True)
class LeakageOptions:
    """Evaluation rows that training rows must not repeat.

    Args:
        against: sources of evaluation rows, such as Bfcl.
        max_leaked_fraction: fraction of the training rows, 0 to 1, that may ask an evaluation question, also reworded;
            training stops above it.
        remove: whether such rows are rejected instead.
        tool_names: whether a row counts too that has no more than a tool's name in common with an evaluation row.
        near_fraction: least fraction of a question's words, 0.5 to 1, that a row must hold in the same order to count
            as asking it.
    """

    against: list[Source]
    max_leaked_fraction: float = 0.0
    remove: bool = False
    tool_names: bool = False
    near_fraction: float = 0.75

    def __post_init__(self) -> None:
        check_ranges(type(self), max_leaked_fraction=self.max_leaked_fraction, near_fraction=self.near_fraction)
        if not self.against:
            raise UserError("data.leakage.against names no source: give at least one, such as Bfcl")


@dataclass(frozen=True)
class Recipe(ABC, Generic[RowT]):
    """A way to read, split, change and encode rows of one kind; equal recipes over equal files give equal rows.

    Args:
        train: sources of training rows.
        validation: sources of validation rows; where empty, training rows are held back.
        validation_fraction: fraction of the training rows that is held back, 0 to 1.
        max_tokens: longest row, prompt and answers together, in tokens.
        leakage: evaluation rows that training rows must not repeat.
        seed: seed of the held-back rows and of the augmentations.
    """

    train: Sequence[Source | PreferenceSource]
    validation: Sequence[Source | PreferenceSource] = ()
    validation_fraction: float = 0.05
    max_tokens: int = 2048
    leakage: LeakageOptions | None = None
    seed: int = 42

    @abstractmethod
    def read(self, source: Any, ledger: Ledger) -> Iterator[RowT]:
        """Yield the rows of one of the recipe's sources."""

    @abstractmethod
    def hold_back(self, rows: Sequence[RowT]) -> Split[RowT]:
        """Split training rows into training and validation.

        Raises:
            UserError: none can be held back.
        """

    def augment_rows(self, rows: Sequence[RowT]) -> Sequence[RowT]:
        """Change training rows, and add some."""
        return rows

    @abstractmethod
    def encode(self, renderer: Renderer, row: RowT) -> Tree:
        """Make the token ids of one row.

        Raises:
            CallSyntaxError: its answers cannot be trained.
            UserError: the chat template refuses its turns.
        """

    @abstractmethod
    def encode_all(self, renderer: Renderer, rows: Sequence[RowT]) -> Iterator[tuple[RowT, Tree | RowProblem]]:
        """Yield each row in its order, with its token ids or what is wrong with it."""

    @abstractmethod
    def shorten(self, row: RowT) -> Iterator[RowT]:
        """Yield ever shorter versions of a row."""

    @abstractmethod
    def as_question(self, row: RowT) -> Example:
        """Return a row's question, which is compared with evaluation rows."""

    @abstractmethod
    def list_messages(self, row: RowT) -> Sequence[Message]:
        """List every turn of a row, answers included."""

    def is_words_only(self, row: RowT) -> bool:  # noqa: ARG002
        """Tell whether a row trains no call, though earlier turns, which are not trained, make some."""
        return False

    def name_folder(self, renderer: Renderer) -> str:
        """Name the rows' cache folder by a hash of everything they depend on, this package's code included."""
        vocabulary = repr(sorted(renderer.tokenizer.get_vocab().items()))
        written = [renderer.fingerprint, renderer.ends, hash_bytes(vocabulary.encode())]
        described = [describe_settings(self), *written, hash_code()]
        return hash_bytes(json.dumps(described).encode())[:24]

    @property
    def is_fixed(self) -> bool:
        """True where equal settings mean equal rows.

        Not where a data set on the hub may change, nor where a source is a user's own class, which may read other
        modules, files and the environment.
        """
        against = self.leakage.against if self.leakage else []
        return all(source.is_fixed for source in (*self.train, *self.validation, *against))


ValidationSplit = Literal["random", "unseen_tools"]
SPLITS = {"random": split_random, "unseen_tools": split_unseen_tools}


@dataclass(frozen=True)
class ExampleRecipe(Recipe[Example]):
    """The recipe for examples.

    Args:
        validation_split: how the held-back rows are chosen.
        augment: augmentations of the training rows.
        trained_turns: which of the assistant's turns are answers.
        settings: those of every recipe, see `Recipe`.
    """

    validation_split: ValidationSplit = "random"
    augment: Sequence[Augmentation] = ()
    trained_turns: TrainedTurns = "calls"

    def read(self, source: Source, ledger: Ledger) -> Iterator[Example]:
        return source.read(ledger)

    def hold_back(self, rows: Sequence[Example]) -> Split[Example]:
        return SPLITS[self.validation_split](rows, self.validation_fraction, self.seed)

    def augment_rows(self, rows: Sequence[Example]) -> Sequence[Example]:
        return augment_all(self.augment, rows, self.seed)

    def encode(self, renderer: Renderer, row: Example) -> Tree:
        return encode_example(renderer, row, self.trained_turns)

    def encode_all(self, renderer: Renderer, rows: Sequence[Example]) -> Iterator[tuple[Example, Tree | RowProblem]]:
        return encode_examples(renderer, rows, self.trained_turns)

    def shorten(self, row: Example) -> Iterator[Example]:
        return shorten(row)

    def as_question(self, row: Example) -> Example:
        return row

    def list_messages(self, row: Example) -> Sequence[Message]:
        return row.messages if row.answer is None else (*row.messages, row.answer)

    def is_words_only(self, row: Example) -> bool:
        return not has_trained_call(row, self.trained_turns) and has_trained_call(row, "calls")

    @property
    def is_fixed(self) -> bool:
        """As every recipe's; nor where an augmentation is a user's own class."""
        return super().is_fixed and all(is_shipped(type(augmentation)) for augmentation in self.augment)


def has_trained_call(example: Example, trained_turns: TrainedTurns) -> bool:
    """Tell whether any turn that is trained makes a call."""
    return any(message.calls for message in list_trained_messages(example, trained_turns))


@dataclass(frozen=True)
class PreferenceRecipe(Recipe[Preference]):
    """The recipe for preferences; its settings are those of every recipe."""

    def read(self, source: PreferenceSource, ledger: Ledger) -> Iterator[Preference]:
        return source.read_preferences(ledger)

    def hold_back(self, rows: Sequence[Preference]) -> Split[Preference]:
        return split_by_question(rows, self.validation_fraction, self.seed)

    def encode(self, renderer: Renderer, row: Preference) -> Tree:
        return encode_preference(renderer, row)

    def encode_all(
        self, renderer: Renderer, rows: Sequence[Preference]
    ) -> Iterator[tuple[Preference, Tree | RowProblem]]:
        for pair in rows:
            try:
                yield pair, encode_preference(renderer, pair)
            except (CallSyntaxError, UserError) as problem:
                yield pair, problem

    def shorten(self, row: Preference) -> Iterator[Preference]:
        calls = tuple(call for answer in (row.chosen, row.rejected) for turn in answer for call in turn.calls)
        for shorter in shorten(replace(as_question(row), answer=Message("assistant", "", calls))):
            yield replace(row, tools=shorter.tools, messages=shorter.messages)

    def as_question(self, row: Preference) -> Example:
        return as_question(row)

    def list_messages(self, row: Preference) -> Sequence[Message]:
        return (*row.messages, *row.chosen, *row.rejected)


def as_question(pair: Preference) -> Example:
    """Take a pair's question, with the chosen answer's first turn as the right one."""
    return Example(pair.id, pair.tools, pair.messages, pair.chosen[0], place=pair.place)
