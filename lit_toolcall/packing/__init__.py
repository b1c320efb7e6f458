"""From token ids to packed batches."""

from lit_toolcall.packing.batch import PackedBatch, pack_trees
from lit_toolcall.packing.steps import RowIdentity, cut_windows, shuffle_rows, split_window
from lit_toolcall.packing.trees import Branch, Run, Tree

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
