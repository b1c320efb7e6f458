"""Examples as JSON lines in a file that is read where it is asked for, not kept in memory."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from lit_toolcall.types import BfclQuestion, Example, Message, Tool, ToolCall


def example_to_record(example: Example) -> dict[str, Any]:
    """Write an example as plain JSON values.

    >>> example = Example("1", (Tool("f", "", {}),), (Message("user", "Go."),), Message("assistant", "No."))
    >>> example_from_record(example_to_record(example)) == example
    True
    """
    bfcl = example.bfcl
    return {
        "id": example.id,
        "tools": [[tool.name, tool.description, tool.parameters] for tool in example.tools],
        "messages": [_message_to_record(message) for message in example.messages],
        "answer": None if example.answer is None else _message_to_record(example.answer),
        "category": example.category,
        "place": example.place,
        "bfcl": None if bfcl is None else [bfcl.category, bfcl.functions, bfcl.ground_truth],
    }


def example_from_record(record: Mapping[str, Any]) -> Example:
    """Read what `example_to_record` has written."""
    bfcl = record["bfcl"]
    return Example(
        id=record["id"],
        tools=tuple(Tool(*fields) for fields in record["tools"]),
        messages=tuple(_message_from_record(fields) for fields in record["messages"]),
        answer=None if record["answer"] is None else _message_from_record(record["answer"]),
        category=record["category"],
        place=record["place"],
        bfcl=None if bfcl is None else _bfcl_from_record(*bfcl),
    )


def _message_to_record(message: Message) -> list[Any]:
    calls = [[call.name, call.arguments] for call in message.calls]
    return [message.role, message.content, calls, message.reasoning, message.trained]


def _message_from_record(fields: Sequence[Any]) -> Message:
    role, content, calls, reasoning, trained = fields
    return Message(role, content, tuple(ToolCall(*call) for call in calls), reasoning, trained)


def _bfcl_from_record(category: str, functions: Sequence[Any], truth: Sequence[Any] | None) -> BfclQuestion:
    return BfclQuestion(category, tuple(functions), None if truth is None else tuple(truth))


class StoredExamples(Sequence[Example]):
    """Examples of one file, decoded when they are asked for.

    Args:
        folder: where an `ExampleWriter` wrote them.
    """

    def __init__(self, folder: Path) -> None:
        self.starts = np.load(folder / "example_starts.npy", mmap_mode="r", allow_pickle=False)  # (N + 1,)
        size = int(self.starts[-1])
        self.text = (
            np.memmap(folder / "examples.jsonl", np.uint8, "r", shape=(size,)) if size else np.empty(0, np.uint8)
        )

    def __len__(self) -> int:
        return len(self.starts) - 1

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        row = index % len(self)
        line = self.text[self.starts[row] : self.starts[row + 1]].tobytes()
        return example_from_record(json.loads(line))


class ExampleWriter:
    """Writes examples one a line, and where each line begins.

    Args:
        folder: where the files go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = (folder / "examples.jsonl").open("wb")
        self.starts = array("q", [0])

    def add(self, example: Example) -> None:
        line = json.dumps(example_to_record(example), ensure_ascii=False).encode() + b"\n"
        self.file.write(line)
        self.starts.append(self.starts[-1] + len(line))

    def write(self) -> None:
        self.file.close()
        np.save(self.folder / "example_starts.npy", np.frombuffer(self.starts, np.int64), allow_pickle=False)
