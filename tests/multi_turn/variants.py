"""Changes of the gold calls of a turn, as steps of calls: what right, idle and wrong models would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

Steps = list[list[Any]]

VARIANTS: Mapping[str, Callable[[Sequence[Any]], Steps]] = {
    "gold": lambda calls: [list(calls)] if calls else [],
    "call_by_call": lambda calls: [[call] for call in calls],
    "idle": lambda _: [],
    "reversed": lambda calls: [list(reversed(calls))] if calls else [],
    "without_the_first": lambda calls: [list(calls[1:])] if calls[1:] else [],
    "without_the_last": lambda calls: [list(calls[:-1])] if calls[:-1] else [],
    "twice": lambda calls: [list(calls), list(calls)] if calls else [],
}
