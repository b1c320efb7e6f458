"""Tools in another order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.augmentation import Augmentation, is_trainable
from lit_toolcall.types import Example


class ShuffleTools(Augmentation):
    """Shuffles a row's tools, so that the right one is not found by its place.

    Args:
        fraction: fraction of the rows with several tools that are shuffled, 0 to 1.
    """

    def __init__(self, fraction: float = 1.0) -> None:
        super().__init__(fraction)

    def augment(self, examples: Sequence[Example], rng: Random) -> list[Example]:
        return [
            replace(example, tools=tuple(rng.sample(example.tools, len(example.tools))))
            if is_trainable(example) and len(example.tools) > 1 and self.is_picked(rng)
            else example
            for example in examples
        ]
