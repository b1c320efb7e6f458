"""Distractors: more tools than a row needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.alike import ToolPool
from lit_toolcall.data.augment.augmentation import Augmentation, is_trainable
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Tool


class AddDistractors(Augmentation):
    """Offers other rows' tools beside a row's own, so that the model has to choose.

    A tool that is like one of the row's stays out: the row would have two right answers. So do all tools where the
    answer calls none, since one of them might be the tool that was missing.

    Args:
        tools: most tools that are added to a row; from 1 to this many, each number equally often.
        fraction: fraction of the rows with calls that get more tools, 0 to 1.
    """

    def __init__(self, tools: int = 3, fraction: float = 0.5) -> None:
        super().__init__(fraction)
        check_ranges(type(self), tools=tools)
        self.tools = tools

    def augment(self, examples: Sequence[Example], rng: Random) -> list[Example]:
        pool = ToolPool(examples)
        return [self._add(example, pool, rng) if self._takes(example, rng) else example for example in examples]

    def _takes(self, example: Example, rng: Random) -> bool:
        return is_trainable(example) and bool(example.answer and example.answer.calls) and self.is_picked(rng)

    def _add(self, example: Example, pool: ToolPool, rng: Random) -> Example:
        drawn = pool.draw(rng.randint(1, self.tools), example.tools, rng)
        return replace(example, tools=put_among(drawn, example.tools, rng))


def put_among(drawn: Sequence[Tool], tools: Sequence[Tool], rng: Random) -> tuple[Tool, ...]:
    """Put tools at random places among others, which keep their order."""
    offer = list(tools)
    for tool in drawn:
        offer.insert(rng.randint(0, len(offer)), tool)
    return tuple(offer)
