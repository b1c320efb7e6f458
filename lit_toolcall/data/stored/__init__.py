"""Rows and trees in files that every rank maps into memory instead of reading them whole."""

from lit_toolcall.data.stored.fingerprint import describe_settings, hash_bytes, hash_code
from lit_toolcall.data.stored.rows import RowWriter, StoredRows
from lit_toolcall.data.stored.trees import StoredTrees, TreeWriter

__all__ = [
    "RowWriter",
    "StoredRows",
    "StoredTrees",
    "TreeWriter",
    "describe_settings",
    "hash_bytes",
    "hash_code",
]
