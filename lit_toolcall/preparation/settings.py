"""What training and validation rows are made of, as settings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lit_toolcall.data.augment import Augmentation
from lit_toolcall.data.sources import Source
from lit_toolcall.data.sources.base import is_shipped
from lit_toolcall.data.stored import describe_settings, hash_bytes, hash_code
from lit_toolcall.prompting import Renderer, TrainedTurns
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import UserError

ValidationSplit = Literal["random", "unseen_tools"]


@dataclass(frozen=True)
class LeakageOptions:
    """What training rows must not repeat.

    Args:
        against: sources of evaluation rows, such as Bfcl.
        max_leaked_share: share of the training rows, 0 to 1, that may ask an evaluation question, also in other
            words; above it nothing is trained.
        remove: reject such rows instead.
        tool_names: whether a row that only offers a tool of an evaluation row's name counts too.
        near_share: least share of a question's words that a row has in common with it, in their order, 0.5 to 1.
    """

    against: list[Source]
    max_leaked_share: float = 0.0
    remove: bool = False
    tool_names: bool = False
    near_share: float = 0.75

    def __post_init__(self) -> None:
        check_ranges(type(self), max_leaked_share=self.max_leaked_share, near_share=self.near_share)
        if not self.against:
            raise UserError("data.leakage.against names no source: give at least one, such as Bfcl")


@dataclass(frozen=True)
class Recipe:
    """Equal recipes over equal files give equal rows.

    Args:
        train: sources of training rows.
        validation: sources of validation rows; where empty, a share of the training rows is held back.
        validation_share: that share, 0 to 1.
        validation_split: how it is chosen.
        augment: what changes or adds training rows.
        trained_turns: which of the assistant's turns are answers.
        max_tokens: longest row, prompt and answers together, in tokens.
        leakage: what training rows must not repeat, if anything.
        seed: of the held-back rows and of the augmentations.
    """

    train: Sequence[Source]
    validation: Sequence[Source] = ()
    validation_share: float = 0.05
    validation_split: ValidationSplit = "random"
    augment: Sequence[Augmentation] = ()
    trained_turns: TrainedTurns = "calls"
    max_tokens: int = 2048
    leakage: LeakageOptions | None = None
    seed: int = 42

    def name_folder(self, renderer: Renderer) -> str:
        """Name the folder of the rows by a hash of all that they depend on, this package's code included."""
        vocabulary = repr(sorted(renderer.tokenizer.get_vocab().items()))
        written = [renderer.fingerprint, renderer.ends, hash_bytes(vocabulary.encode())]
        described = [describe_settings(self), *written, hash_code()]
        return hash_bytes(json.dumps(described).encode())[:24]

    @property
    def is_fixed(self) -> bool:
        """Whether equal settings mean equal rows.

        Not where a data set on the hub may change, nor where a source or an augmentation is a user's own class, which
        may read other modules, files and the environment.
        """
        against = self.leakage.against if self.leakage else []
        are_shipped = all(is_shipped(type(augmentation)) for augmentation in self.augment)
        return are_shipped and all(source.is_fixed for source in (*self.train, *self.validation, *against))
