"""Trees of token ids, and their way into packed batches of optimizer steps."""

from lit_toolcall.packing.batch import Chunk, PackedBatch, pack_trees
from lit_toolcall.packing.steps import RowIdentity, cut_global_batches, shuffle_rows, split_global_batch
from lit_toolcall.packing.trees import Branch, Tree

__all__ = [
    "Branch",
    "Chunk",
    "PackedBatch",
    "RowIdentity",
    "Tree",
    "cut_global_batches",
    "pack_trees",
    "shuffle_rows",
    "split_global_batch",
]
