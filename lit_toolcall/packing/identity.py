"""Which rows a run trains on, and in which windows: what a resumed run must have in common with the one before."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RowIdentity:
    """Equal identities give equal windows in every epoch, on any number of devices and micro-batches.

    Args:
        rows: number of training rows.
        rows_hash: of their token ids and weights, in their order.
        seed: of the shuffling.
        global_batch_size: rows of one optimizer step.
        tool_group_size: rows of a group with the same tools on offer.
        curriculum: its settings as text; `None` where there is none.
    """

    rows: int
    rows_hash: str
    seed: int
    global_batch_size: int
    tool_group_size: int
    curriculum: str
