"""Rows and trees in files that every rank maps into memory instead of reading them whole."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Generic, overload

import numpy as np

from lit_toolcall.packing import Branch, Tree
from lit_toolcall.types import BfclQuestion, Example, Message, Preference, RowT, Tool, ToolCall


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
        "made_of": row.made_of,
        "forbidden": row.forbidden,
        "is_retrieved": row.is_retrieved,
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
        made_of=tuple(record["made_of"]),
        forbidden=tuple(record["forbidden"]),
        is_retrieved=record["is_retrieved"],
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


class StoredRows(Sequence[RowT], Generic[RowT]):
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
    def __getitem__(self, index: int) -> RowT: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RowT]: ...
    def __getitem__(self, index: int | slice) -> RowT | Sequence[RowT]:
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
        """Write a row."""
        line = json.dumps(row_to_record(row), ensure_ascii=False).encode() + b"\n"
        self.file.write(line)
        self.starts.append(self.starts[-1] + len(line))

    def write(self) -> None:
        """Write where the lines begin, and close the file."""
        self.file.close()
        np.save(self.folder / "row_starts.npy", np.frombuffer(self.starts, np.int64), allow_pickle=False)


FILES = {"ids": "i", "weights": "f", "segment_starts": "q", "first_segments": "q"}
"""What is written, and the arrays' type codes: a tree is its trunk's segment, then a segment a branch."""


class StoredTrees(Sequence[Tree]):
    """Trees of one folder, made of the mapped arrays when they are asked for.

    Args:
        folder: where a `TreeWriter` wrote them.
        first_row: number of the first tree in its data set; the others follow.
    """

    def __init__(self, folder: Path, first_row: int = 0) -> None:
        self.first_row = first_row
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in FILES}
        self.ids = arrays["ids"]  # (tokens,)
        self.weights = arrays["weights"]  # (tokens,), 0 in trunks
        self.segment_starts = arrays["segment_starts"]  # (segments + 1,) tokens
        self.first_segments = arrays["first_segments"]  # (trees + 1,) segments

    def __len__(self) -> int:
        return len(self.first_segments) - 1

    @overload
    def __getitem__(self, index: int) -> Tree: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Tree]: ...
    def __getitem__(self, index: int | slice) -> Tree | Sequence[Tree]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        row = index % len(self)
        bounds = self.segment_starts[self.first_segments[row] : self.first_segments[row + 1] + 1].tolist()
        trunk = tuple(self.ids[bounds[0] : bounds[1]].tolist())
        branches = [
            Branch(tuple(self.ids[start:end].tolist()), tuple(self.weights[start:end].tolist()))
            for start, end in pairwise(bounds[1:])
        ]
        return Tree(trunk, tuple(branches), self.first_row + row)

    def hash_content(self) -> str:
        """Hash all trees, in hexadecimal, without making them."""
        hashed = hashlib.sha256()
        for values in (self.ids, self.weights, self.segment_starts, self.first_segments):
            hashed.update(np.ascontiguousarray(values).view(np.uint8).data)
        return hashed.hexdigest()


class TreeWriter:
    """Collects trees as flat arrays, a tenth of the memory that the trees take.

    Args:
        folder: where `write` puts the arrays.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.arrays: dict[str, array[Any]] = {name: array(code) for name, code in FILES.items()}
        self.arrays["first_segments"].append(0)

    def add(self, tree: Tree) -> None:
        """Append a tree to the arrays."""
        arrays = self.arrays
        segments = [(tree.trunk, (0.0,) * len(tree.trunk)), *((branch.ids, branch.weights) for branch in tree.branches)]
        for ids, weights in segments:
            arrays["segment_starts"].append(len(arrays["ids"]))
            arrays["ids"].extend(ids)
            arrays["weights"].extend(weights)
        arrays["first_segments"].append(len(arrays["segment_starts"]))

    def write(self) -> None:
        """Write the arrays, each into a file of its own."""
        self.arrays["segment_starts"].append(len(self.arrays["ids"]))
        for name, values in self.arrays.items():
            np.save(self.folder / f"{name}.npy", np.frombuffer(values, values.typecode), allow_pickle=False)
