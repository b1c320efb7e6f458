"""Marks of a turn that say whether it is trained: `weight`, `train`, and what others write in their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.json_values import clip
from lit_toolcall.types import Role

ASKING_KEYS = ("train", "trained", "trainable", "training", "loss", "loss_mask")
"""Keys that are true where a turn is to be trained, whoever speaks."""
TRAINED_KEYS = (*ASKING_KEYS, "weight", "loss_weight", "loss_scale")
"""Keys that say whether a turn of the assistant is trained; a `weight` of 1 stands beside other turns too."""
UNTRAINED_KEYS = ("masked",)
"""Keys that say the opposite."""
_MARKS = (*TRAINED_KEYS, *UNTRAINED_KEYS)


def read_trained(entry: Mapping[str, Any], number: int, role: Role) -> bool:
    """Tell whether a turn is trained: not where its weight is 0, or `train` is false.

    >>> [read_trained(entry, 1, "assistant") for entry in ({"weight": 0}, {"train": True, "masked": False}, {})]
    [False, True, True]

    Args:
        entry: the turn, with its marks.
        number: of the turn, for the reason.
        role: who speaks. Of others than the assistant nothing is trained, so that a mark may say so, or say nothing
            of it (`weight: 1`); for these the answer is True, which is a turn's default.

    Raises:
        RowError: a weight between 0 and 1, two marks of the assistant that differ, or one that asks for the training
            of another's turn.
    """
    marks = {key: _read_mark(entry[key], key, number) for key in _MARKS if key in entry}
    if role != "assistant":
        asking = next((key for key in ASKING_KEYS if marks.get(key)), None)
        if asking is not None:
            raise RowError(
                f"message {number} is to be trained, but its role is {role!r}; only `assistant` is trained: remove "
                f"its `{asking}`"
            )
        return True
    given = {mark is (key in TRAINED_KEYS) for key, mark in marks.items() if mark is not None}
    if len(given) > 1:
        raise RowError(f"message {number} is to be trained and not to be trained; keep one weight")
    return given != {False}


def _read_mark(value: Any, key: str, number: int) -> bool | None:
    if value is None:
        return None
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    raise RowError(
        f"`{key}` of message {number} is {clip(repr(value), 40)}; turns are trained or not: give 1, 0, true or false"
    )
