"""Which rows a run trains on, and in which windows: what a resumed run must have in common with the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from lit_toolcall.packing.trees import Tree


@dataclass(frozen=True)
class RowIdentity:
    """Equal identities give equal windows in every epoch, on any number of devices and micro-batches.

    Args:
        rows: number of training rows.
        rows_hash: of their token ids and weights, in their order.
        seed: of the shuffling.
        window_examples: rows of one optimizer step.
        same_tools_examples: rows of a group with the same tools on offer.
        curriculum: its settings as text; `None` where there is none.
    """

    rows: int
    rows_hash: str
    seed: int
    window_examples: int
    same_tools_examples: int
    curriculum: str


def hash_trees(trees: Iterable[Tree]) -> str:
    """Hash token ids and weights, in hexadecimal; row numbers say where a tree stands, not what it is.

    >>> from lit_toolcall.packing.trees import Branch
    >>> first, second = (Tree((1,), (Branch((token,), (1.0,)),)) for token in (2, 3))
    >>> hash_trees([first, second]) == hash_trees([second, first])
    False
    """
    hashed = hashlib.sha256()
    for tree in trees:
        hashed.update(repr((tree.trunk, tree.branches)).encode())
    return hashed.hexdigest()
