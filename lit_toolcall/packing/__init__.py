"""From token ids to packed batches."""

from lit_toolcall.packing.batch import PackedBatch, pack_trees
from lit_toolcall.packing.identity import RowIdentity
from lit_toolcall.packing.trees import Branch, Run, Tree
from lit_toolcall.packing.windows import cut_windows, shuffle_rows, split_window

__all__ = [
    "Branch",
    "PackedBatch",
    "RowIdentity",
    "Run",
    "Tree",
    "cut_windows",
    "pack_trees",
    "shuffle_rows",
    "split_window",
]
