"""Objects of a row that remember which of their keys were read, so that none is dropped in silence."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, ValuesView
from dataclasses import dataclass
from typing import Any


class RowError(Exception):
    """Why a row is rejected, as a sentence for the ledger."""


@dataclass(frozen=True)
class Flaw:
    """Stands inside a decoded value where JSON was well-formed but its content cannot be taken."""

    reason: str


class RowFields(dict[str, Any]):
    """A JSON object that notes each key whose value is asked for; a value that cannot be taken is refused only then.

    >>> fields = RowFields({"query": "Hi", "score": Flaw("NaN is not a JSON number")})
    >>> fields["query"], fields.read
    ('Hi', {'query'})
    >>> fields["score"]
    Traceback (most recent call last):
    lit_toolcall.data.sources.row_fields.RowError: NaN is not a JSON number
    """

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.read: set[str] = set()
        """The keys that were asked for."""

    def peek(self, key: str) -> Any:
        """Return the value of a key without noting it; None where there is none, a `Flaw` as it is."""
        return super().get(key)

    def replace(self, key: str, value: Any) -> None:
        """Put what a text stands for in its place."""
        self[key] = value

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        self.read.add(key)
        if type(value) is Flaw:
            raise RowError(value.reason)
        return value

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401, which would call itself

    # With these of its own, `**fields`, `dict(fields)` and `json.dumps(fields)` ask for each key too.
    def __iter__(self) -> Iterator[str]:
        return super().__iter__()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]
        return ItemsView(self)

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        return ValuesView(self)


Unread = tuple[str, str, Any]
"""A key that nothing has read: its path for a message, such as `messages[].name`; itself; and its value."""


def list_unread(value: Any) -> list[Unread]:
    """List the keys of a row that nothing has read, in objects that are read otherwise.

    >>> turn = RowFields({"role": "user", "name": "Ann"})
    >>> row = RowFields({"messages": [turn]})
    >>> row["messages"][0]["role"], [path for path, _, _ in list_unread(row)]
    ('user', ['messages[].name'])
    """
    found: list[Unread] = []
    _collect_unread(value, "", found)
    return found


def _collect_unread(value: Any, prefix: str, found: list[Unread]) -> None:
    if not isinstance(value, RowFields):
        for entry in value if isinstance(value, list | tuple) else ():
            if isinstance(entry, _HOLDING):
                _collect_unread(entry, prefix, found)
        return
    if prefix and not value.read:
        return
    dot = f"{prefix}." if prefix else ""
    for key, part in dict.items(value):
        if key not in value.read:
            found.append((f"{dot}{key}", key, part))
        elif isinstance(part, _HOLDING):
            _collect_unread(part, f"{dot}{key}{'[]' if isinstance(part, list) else ''}", found)


_HOLDING = (RowFields, list, tuple)
"""Types of values in which there may be keys of a row."""
