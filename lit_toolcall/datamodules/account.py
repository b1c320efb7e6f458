"""Rows that are ready, and what became of those that were read."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.data.sources import Rejection
from lit_toolcall.packing import Tree
from lit_toolcall.types import Example, UserError


@dataclass(frozen=True)
class EncodedRows:
    """Rows ready for training.

    Args:
        examples: the rows.
        trees: their token ids, in the same order.
    """

    examples: Sequence[Example]
    trees: Sequence[Tree]


@dataclass(frozen=True)
class Account:
    """What became of the rows that were read.

    Args:
        read: training rows that the sources gave.
        added: rows that augmentations added to them.
        kept: rows that are trained or validated on.
        shortened: those among them that lost distractor tools or old turns to fit.
        rejected: rows that cannot be used, each with its place and the reason.
        dropped: rows that the split left out, since their tools are on both sides.
        leaks: what training rows repeat of evaluation rows, one sentence a row.
        sources: classes and settings of the training sources; a mixture's with the rows taken.
    """

    read: int = 0
    added: int = 0
    kept: int = 0
    shortened: int = 0
    rejected: tuple[Rejection, ...] = ()
    dropped: tuple[Rejection, ...] = ()
    leaks: tuple[str, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> Account:
        """Read what `dataclasses.asdict` has written, from JSON."""
        rejected, dropped = (tuple(Rejection(**row) for row in record[name]) for name in ("rejected", "dropped"))
        lists = {"rejected": rejected, "dropped": dropped}
        return Account(**{**record, **lists, "leaks": tuple(record["leaks"]), "sources": tuple(record["sources"])})

    @property
    def rejected_share(self) -> float:
        """Rejected rows among all rows, 0 to 1; 0 where there are none."""
        rows = self.kept + len(self.rejected)
        return len(self.rejected) / rows if rows else 0.0


def check_account(account: Account, max_rejected_share: float, max_leaked_share: float) -> None:
    """Report what became of the rows.

    Raises:
        UserError: too many rows were rejected or leak, or none is left.
    """
    rejected = account.rejected
    if not (account.kept or rejected):
        raise UserError("the sources hold no row: give files with at least one, or raise their limit")
    if account.shortened:
        print(f"{account.shortened:,} rows lost tools or old turns to fit data.max_tokens", file=sys.stderr)
    if account.dropped:
        print(f"{len(account.dropped):,} rows left out: validation and training share their tools", file=sys.stderr)
    if rejected:
        _check_rejected(account, max_rejected_share)
    if len(account.leaks) > max_leaked_share * account.read:
        first = "\n".join(f"  {leak}" for leak in account.leaks[:3])
        raise UserError(
            f"{len(account.leaks):,} of {account.read:,} training rows repeat evaluation rows, more than "
            f"data.leakage.max_leaked_share={max_leaked_share}: set data.leakage.remove, or raise the share\n{first}"
        )


def _check_rejected(account: Account, max_rejected_share: float) -> None:
    rejected = account.rejected
    first = "\n".join(f"  {rejection}" for rejection in rejected[:3])
    counts = f"{len(rejected):,} of {account.kept + len(rejected):,} rows rejected"
    if not account.kept or account.rejected_share > max_rejected_share:
        raise UserError(
            f"{counts}, more than max_rejected_share={max_rejected_share}: mend the rows or raise the share\n{first}"
            if account.kept
            else f"{counts}: mend them\n{first}"
        )
    print(f"{counts}, the first:\n{first}", file=sys.stderr)
