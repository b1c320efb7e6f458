"""Examples or preferences as JSON lines in a file that is read where it is asked for, not kept in memory."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, overload

import numpy as np

from lit_toolcall.types import BfclQuestion, Example, Message, Preference, Row, Tool, ToolCall


def row_to_record(row: Example | Preference) -> dict[str, Any]:
    """Write a row as plain JSON values.

    >>> example = Example("1", (Tool("f", "", {}),), (Message("user", "Go."),), Message("assistant", "No."))
    >>> row_from_record(row_to_record(example)) == example
    True
    """
    asked = {
        "id": row.id,
        "tools": [[tool.name, tool.description, tool.parameters] for tool in row.tools],
        "messages": _messages_to_record(row.messages),
    }
    if isinstance(row, Preference):
        chosen, rejected = _messages_to_record(row.chosen), _messages_to_record(row.rejected)
        named = {"reason": row.reason, "place": row.place, "origins": row.origins}
        return {**asked, "chosen": chosen, "rejected": rejected, **named}
    bfcl = row.bfcl
    return {
        **asked,
        "answer": None if row.answer is None else _message_to_record(row.answer),
        "category": row.category,
        "place": row.place,
        "bfcl": None if bfcl is None else [bfcl.category, bfcl.functions, bfcl.ground_truth],
    }


def row_from_record(record: Mapping[str, Any]) -> Any:
    """Read what `row_to_record` has written: an example, or a preference."""
    asked: dict[str, Any] = {
        "id": record["id"],
        "tools": tuple(Tool(*fields) for fields in record["tools"]),
        "messages": _messages_from_record(record["messages"]),
        "place": record["place"],
    }
    if "chosen" in record:
        return Preference(
            **asked,
            chosen=_messages_from_record(record["chosen"]),
            rejected=_messages_from_record(record["rejected"]),
            reason=record["reason"],
            origins=tuple(record["origins"]),
        )
    bfcl = record["bfcl"]
    return Example(
        **asked,
        answer=None if record["answer"] is None else _message_from_record(record["answer"]),
        category=record["category"],
        bfcl=None if bfcl is None else _bfcl_from_record(*bfcl),
    )


def _messages_to_record(messages: Sequence[Message]) -> list[Any]:
    return [_message_to_record(message) for message in messages]


def _messages_from_record(record: Sequence[Any]) -> tuple[Message, ...]:
    return tuple(_message_from_record(fields) for fields in record)


def _message_to_record(message: Message) -> list[Any]:
    calls = [[call.name, call.arguments] for call in message.calls]
    return [message.role, message.content, calls, message.reasoning, message.trained]


def _message_from_record(fields: Sequence[Any]) -> Message:
    role, content, calls, reasoning, trained = fields
    return Message(role, content, tuple(ToolCall(*call) for call in calls), reasoning, trained)


def _bfcl_from_record(category: str, functions: Sequence[Any], truth: Sequence[Any] | None) -> BfclQuestion:
    return BfclQuestion(category, tuple(functions), None if truth is None else tuple(truth))


class StoredRows(Sequence[Row], Generic[Row]):
    """Rows of one file, decoded when they are asked for.

    Args:
        folder: where an `RowWriter` wrote them.
    """

    def __init__(self, folder: Path) -> None:
        self.starts = np.load(folder / "row_starts.npy", mmap_mode="r", allow_pickle=False)  # (N + 1,)
        size = int(self.starts[-1])
        self.text = np.memmap(folder / "rows.jsonl", np.uint8, "r", shape=(size,)) if size else np.empty(0, np.uint8)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        number = index % len(self)
        line = self.text[self.starts[number] : self.starts[number + 1]].tobytes()
        return row_from_record(json.loads(line))


class RowWriter:
    """Writes rows one a line, and where each line begins.

    Args:
        folder: where the files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = (folder / "rows.jsonl").open("wb")
        self.starts = array("q", [0])

    def add(self, row: Example | Preference) -> None:
        line = json.dumps(row_to_record(row), ensure_ascii=False).encode() + b"\n"
        self.file.write(line)
        self.starts.append(self.starts[-1] + len(line))

    def write(self) -> None:
        self.file.close()
        np.save(self.folder / "row_starts.npy", np.frombuffer(self.starts, np.int64), allow_pickle=False)
