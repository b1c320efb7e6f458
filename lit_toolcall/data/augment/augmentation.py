"""The base of augmentations: a seeded change of some rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from random import Random

from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example


class Augmentation(ABC):
    """Rewrites some rows, or adds rows made of others; the same rows and the same seed give the same result.

    A row that is rewritten keeps its id and its place; a new row follows the row that it is made of. Rows
    without an answer and rows of a benchmark stay as they are.

    Args:
        fraction: fraction of the rows that it can apply to, 0 to 1.
    """

    def __init__(self, fraction: float) -> None:
        check_ranges(type(self), fraction=fraction)
        self.fraction = fraction

    @abstractmethod
    def augment(self, examples: Sequence[Example], rng: Random) -> list[Example]:
        """Return the rows with the augmentation's own among them, in their order."""

    def is_picked(self, rng: Random) -> bool:
        """Draw whether a row is one of the fraction."""
        return rng.random() < self.fraction


def augment_all(augmentations: Sequence[Augmentation], examples: Sequence[Example], seed: int) -> list[Example]:
    """Apply augmentations one after the other, each with random numbers of its own.

    Leaving one out, or changing its fraction, does not change what the ones before it do.

    Args:
        augmentations: in the order in which they apply; a later one also sees the rows that an earlier one adds.
        examples: rows with ids that differ.
        seed: of all random choices.
    """
    rows = list(examples)
    for position, augmentation in enumerate(augmentations):
        # A text as a seed is hashed by Random itself, alike in every process.
        rows = augmentation.augment(rows, Random(f"{seed}:{position}"))
    return rows


def is_trainable(example: Example) -> bool:
    """Tell whether a row may be changed: it has an answer, and no benchmark scores it as it is."""
    return example.answer is not None and example.bfcl is None


class FreshIds:
    """Names new rows after the row that they are made of.

    >>> ids = FreshIds(["1", "2"])
    >>> ids.name("1", "joined"), ids.name("1", "joined")
    ('1+joined', '1+joined2')
    """

    def __init__(self, taken: Sequence[str]) -> None:
        self._taken = set(taken)
        self._next_numbers: dict[tuple[str, str], int] = {}

    def name(self, identity: str, kind: str) -> str:
        """Return `<identity>+<kind>`, with a number where another row has that id."""
        fresh, number = f"{identity}+{kind}", self._next_numbers.get((identity, kind), 2)
        while fresh in self._taken:
            fresh, number = f"{identity}+{kind}{number}", number + 1
        self._next_numbers[identity, kind] = number
        self._taken.add(fresh)
        return fresh
