"""What training and validation rows are made of, and how: settings that name the cache of the encoded rows."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from lit_toolcall.data.sources import Ledger, PreferenceSource, Source
from lit_toolcall.data.splits import Split
from lit_toolcall.data.stored import describe_settings, hash_bytes, hash_code
from lit_toolcall.packing import Tree
from lit_toolcall.prompting import Renderer, RowProblem
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Message, Row, UserError


@dataclass(frozen=True)
class LeakageOptions:
    """What training rows must not repeat.

    Args:
        against: sources of evaluation rows, such as Bfcl.
        max_leaked_fraction: share of the training rows, 0 to 1, that may ask an evaluation question, also in other
            words; above it nothing is trained.
        remove: reject such rows instead.
        tool_names: whether a row that only offers a tool of an evaluation row's name counts too.
        near_fraction: least share of a question's words that a row has in common with it, in their order, 0.5 to 1.
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
class Recipe(ABC, Generic[Row]):
    """How rows of one kind are read, split, changed and encoded; equal recipes over equal files give equal rows.

    Args:
        train: sources of training rows.
        validation: sources of validation rows; where empty, a share of the training rows is held back.
        validation_fraction: that share, 0 to 1.
        max_tokens: longest row, prompt and answers together, in tokens.
        leakage: what training rows must not repeat, if anything.
        seed: of the held-back rows and of the augmentations.
    """

    train: Sequence[Source | PreferenceSource]
    validation: Sequence[Source | PreferenceSource] = ()
    validation_fraction: float = 0.05
    max_tokens: int = 2048
    leakage: LeakageOptions | None = None
    seed: int = 42

    @abstractmethod
    def read(self, source: Any, ledger: Ledger) -> Iterator[Row]:
        """Yield the rows of one of the recipe's sources."""

    @abstractmethod
    def hold_back(self, rows: Sequence[Row]) -> Split[Row]:
        """Split training rows into training and validation.

        Raises:
            UserError: none can be held back.
        """

    def augment_rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Change training rows, and add some."""
        return rows

    @abstractmethod
    def encode(self, renderer: Renderer, row: Row) -> Tree:
        """Make the token ids of one row.

        Raises:
            CallSyntaxError: its answers cannot be trained.
            UserError: the chat template refuses its turns.
        """

    @abstractmethod
    def encode_all(self, renderer: Renderer, rows: Sequence[Row]) -> Iterator[tuple[Row, Tree | RowProblem]]:
        """Yield each row in its order, with its token ids or what is wrong with it."""

    @abstractmethod
    def shorten(self, row: Row) -> Iterator[Row]:
        """Yield ever shorter versions of a row."""

    @abstractmethod
    def as_question(self, row: Row) -> Example:
        """Take what a row asks, which is compared with evaluation rows."""

    @abstractmethod
    def list_messages(self, row: Row) -> Sequence[Message]:
        """List every turn of a row, answers included."""

    def is_words_only(self, row: Row) -> bool:  # noqa: ARG002
        """Tell whether a row trains no call, though earlier turns, which are not trained, make some."""
        return False

    def name_folder(self, renderer: Renderer) -> str:
        """Name the folder of the rows by a hash of all that they depend on, this package's code included."""
        vocabulary = repr(sorted(renderer.tokenizer.get_vocab().items()))
        written = [renderer.fingerprint, renderer.ends, hash_bytes(vocabulary.encode())]
        described = [describe_settings(self), *written, hash_code()]
        return hash_bytes(json.dumps(described).encode())[:24]

    @property
    def is_fixed(self) -> bool:
        """Whether equal settings mean equal rows.

        Not where a data set on the hub may change, nor where a source is a user's own class, which may read other
        modules, files and the environment.
        """
        against = self.leakage.against if self.leakage else []
        return all(source.is_fixed for source in (*self.train, *self.validation, *against))
