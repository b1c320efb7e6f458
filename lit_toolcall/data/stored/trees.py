"""Trees as flat arrays in files, memory-mapped by every rank and worker that trains on them."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, overload

import numpy as np

from lit_toolcall.packing import Branch, Tree

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
        arrays = self.arrays
        segments = [(tree.trunk, (0.0,) * len(tree.trunk)), *((branch.ids, branch.weights) for branch in tree.branches)]
        for ids, weights in segments:
            arrays["segment_starts"].append(len(arrays["ids"]))
            arrays["ids"].extend(ids)
            arrays["weights"].extend(weights)
        arrays["first_segments"].append(len(arrays["segment_starts"]))

    def write(self) -> None:
        self.arrays["segment_starts"].append(len(self.arrays["ids"]))
        for name, values in self.arrays.items():
            np.save(self.folder / f"{name}.npy", np.frombuffer(values, values.typecode), allow_pickle=False)
