"""Rows of supervised fine-tuning: one question with its answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lit_toolcall.data.augment import Augmentation, augment_all
from lit_toolcall.data.sources import Ledger, Source
from lit_toolcall.data.sources.source import is_shipped
from lit_toolcall.data.splits import Split, split_random, split_unseen_tools
from lit_toolcall.packing import Tree
from lit_toolcall.preparation.settings import Recipe
from lit_toolcall.preparation.truncation import shorten
from lit_toolcall.prompting import (
    Renderer,
    RowProblem,
    TrainedTurns,
    encode_example,
    encode_examples,
    list_trained_messages,
)
from lit_toolcall.types import Example, Message

ValidationSplit = Literal["random", "unseen_tools"]
SPLITS = {"random": split_random, "unseen_tools": split_unseen_tools}


@dataclass(frozen=True)
class ExampleRecipe(Recipe[Example]):
    """How examples are read, split, augmented and encoded.

    Args:
        validation_split: how the held-back rows are chosen.
        augment: what changes or adds training rows.
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
