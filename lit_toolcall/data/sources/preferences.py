"""What a source of preferences is: two answers to each question, one better than the other."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from lit_toolcall.data.sources.base import Ledger, is_shipped
from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.types import Message, Preference


class PreferenceSource(ABC):
    """Reads preferences from somewhere. A row is yielded or in the ledger; never neither."""

    @abstractmethod
    def read_preferences(self, ledger: Ledger) -> Iterator[Preference]:
        """Yield the preferences in their order, counting each in `ledger.kept`.

        Raises:
            UserError: the source itself cannot be read (no such file, no network); bad rows go to the ledger.
        """

    @property
    def is_fixed(self) -> bool:
        """Whether equal settings and files mean equal rows; see `Source`."""
        return is_shipped(type(self))


def check_different(chosen: Sequence[Message], rejected: Sequence[Message]) -> None:
    """Refuse two answers that are one, arguments in any order; 1, 1.0 and true are three values.

    >>> from lit_toolcall.types import ToolCall
    >>> one, true = (Message("assistant", "", (ToolCall("f", {"n": value}),)) for value in (1, True))
    >>> check_different([one], [true])

    Raises:
        RowError: they are the same.
    """
    if _describe(chosen) == _describe(rejected):
        raise RowError("the chosen and the rejected answer are the same")


def _describe(turns: Sequence[Message]) -> list[Any]:
    return [
        [turn.role, turn.content, [[call.name, json.dumps(call.arguments, sort_keys=True)] for call in turn.calls]]
        for turn in turns
    ]
