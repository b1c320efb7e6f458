"""Values of a row: what cannot be trained on is marked when it is decoded, and refused where it is read."""

from __future__ import annotations

import json
from collections.abc import ItemsView, Iterator, ValuesView
from dataclasses import dataclass
from typing import Any

from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.json_values import MAX_DEPTH, clip, make_decoder
from lit_toolcall.schema import SchemaError

MAX_ROW_BYTES = 4 * 2**20
WATCHED = frozenset(
    [
        "messages",
        "conversations",
        "prompt",
        "completion",
        "chosen",
        "rejected",
        "history",
        "content",
        "tool_calls",
        "function_call",
        "function",
        "expected_output",
        "chosen_response",
        "rejected_response",
        "answers",
        "calling",
    ]
)
"""Fields that hold turns or calls, whose own unread keys are noted too."""


class RowError(Exception):
    """Why a row is rejected, as a sentence for the ledger."""


class row_errors:
    """Turns what a reader raises into the reason of a rejected row, with its place in the row before it.

    >>> with row_errors("turn 2"):
    ...     raise RowError("no text")
    Traceback (most recent call last):
    lit_toolcall.data.sources.reading.values.RowError: turn 2: no text

    Args:
        place: in the row; none where the reason says it already.
    """

    __slots__ = ("place",)

    def __init__(self, place: str = "") -> None:
        self.place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RowError | CallSyntaxError | SchemaError):
            raise RowError(f"{self.place}: {error}" if self.place else str(error)) from None


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
    lit_toolcall.data.sources.reading.values.RowError: NaN is not a JSON number
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


DECODER = make_decoder(lambda _, reason: Flaw(reason))
"""Leaves a `Flaw` where content cannot be taken."""


def decode_json(text: str) -> Any:
    """Decode JSON whose content can be trained on: no key twice, no NaN, no NUL, bounded numbers and depth.

    >>> decode_json('{"a": [1, 2.5, true]}')
    {'a': [1, 2.5, True]}
    >>> decode_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    lit_toolcall.data.sources.reading.values.RowError: the key 'a' is given twice

    Raises:
        RowError: the text is not JSON, or it holds one of these.
    """
    value = decode_text(text)
    check_content(value)
    return value


def check_text(text: str) -> None:
    """Refuse a text that cannot be written as UTF-8, or that holds a NUL.

    >>> check_text("Malm\u00f6")

    Raises:
        RowError: with the reason.
    """
    if "\0" in text:
        raise RowError(f"a NUL character in the text {clip(text, 40)!r}")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise RowError("half of a surrogate pair in a text; write the whole character") from None


def decode_text(text: str) -> Any:
    """Decode JSON, with a `Flaw` in the place of each part whose content cannot be taken.

    Raises:
        RowError: the text is not JSON.
    """
    try:
        return DECODER.decode(text)
    except json.JSONDecodeError as error:
        start = clip(text.strip(), 40)
        what = "Unexpected UTF-8 BOM (decode using utf-8-sig)" if text.startswith("\ufeff") else error.msg
        raise RowError(f"not JSON ({what} at character {error.pos + 1}): {start!r}") from None
    except RecursionError:
        raise RowError(f"nested deeper than {MAX_DEPTH} levels") from None


def watch(value: Any, depth: int = 1) -> Any:
    """Turn a decoded row into `RowFields`, in which content that cannot be trained on is refused where it is read.

    >>> watch({"query": "Hi", "score": Flaw("NaN is not a JSON number")})["query"]
    'Hi'

    Args:
        value: of a row, or of one of its fields.
        depth: how deep it lies in the row.

    Raises:
        RowError: it is no object, and its content cannot be taken.
    """
    if isinstance(value, dict) and depth <= MAX_DEPTH:
        for key in value:
            check_text(key)
        return RowFields({key: _watch_field(key, part, depth + 1) for key, part in value.items()})
    check_content(value, depth)
    return value


def take_whole(value: Any) -> Any:
    """Return a field's value as plain JSON values, all of it read.

    >>> type(take_whole(watch({"name": "now"})))
    <class 'dict'>

    Raises:
        RowError: content that cannot be taken.
    """
    if isinstance(value, dict):
        return {key: take_whole(value[key]) for key in value}
    return [take_whole(entry) for entry in value] if isinstance(value, list) else value


def watch_field(key: str, value: Any) -> Any:
    """Do as `watch` for the value of a row's field that stood there as JSON text."""
    return _watch_field(key, value, 2)


def _watch_field(key: str, value: Any, depth: int) -> Any:
    try:
        if key in WATCHED and isinstance(value, list):
            return [watch(entry, depth + 1) for entry in value]
        if key in WATCHED and isinstance(value, dict):
            return watch(value, depth)
        check_content(value, depth)
    except RowError as error:
        return Flaw(str(error))
    return value


def check_content(value: Any, depth: int = 1) -> None:
    """Refuse a decoded value that cannot be trained on, by the rules and bounds of `decode_json`.

    Args:
        value: of a row, or of one of its fields.
        depth: how deep it lies in the row.

    Raises:
        RowError: with the reason.
    """
    if isinstance(value, str) and depth <= MAX_DEPTH and len(value) <= MAX_ROW_BYTES:  # most fields of a row
        check_text(value)
        return
    stack, size = [(value, depth)], 0
    while stack:
        node, depth = stack.pop()
        size += len(node) if isinstance(node, str) else 1
        if isinstance(node, Flaw):
            raise RowError(node.reason)
        if depth > MAX_DEPTH:
            raise RowError(f"nested deeper than {MAX_DEPTH} levels")
        if size > MAX_ROW_BYTES:
            raise RowError(f"the row is longer than {MAX_ROW_BYTES:,} characters; split it")
        if isinstance(node, str):
            check_text(node)
        elif isinstance(node, dict):
            stack.extend((key, depth) for key in node)
            stack.extend((child, depth + 1) for child in node.values())
        elif isinstance(node, list):
            stack.extend((child, depth + 1) for child in node)
