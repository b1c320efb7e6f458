"""What a source of preferences is: two answers to each question, one better than the other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from lit_toolcall.data.sources.base import Ledger
from lit_toolcall.types import Preference


class PreferenceSource(ABC):
    """Reads preferences from somewhere. A row is yielded or in the ledger; never neither."""

    @abstractmethod
    def read_preferences(self, ledger: Ledger) -> Iterator[Preference]:
        """Yield the preferences in their order, counting each in `ledger.kept`.

        Raises:
            UserError: the source itself cannot be read (no such file, no network); bad rows go to the ledger.
        """
