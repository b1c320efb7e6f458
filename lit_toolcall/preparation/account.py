"""The account of a preparation: what became of the rows that were read."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.data.sources import Ledger, Rejection
from lit_toolcall.data.sources.ledger import write_key
from lit_toolcall.types import UserError

MAX_NAMED = 20
"""Keys, or parts of schemas, named on one line."""


@dataclass(frozen=True)
class Account:
    """The fate of the rows that were read.

    Args:
        found: rows of all sources, training and validation, those that cannot be read and those not drawn included.
        unread: how many of them cannot be read.
        read: training rows that the sources gave.
        added: rows that augmentations added to them.
        kept: rows that are trained or validated on.
        trained: those among them that are trained on.
        words_only: those among them that train no call, though earlier turns, which are not trained, make some.
        unshown_reasoning: rows among those kept with reasoning that the chat template has no place for.
        shortened: rows among those kept that lost distractor tools or old turns to fit.
        rejected: rows that cannot be used, each with its place and the reason; first those that cannot be read, then
            those that were removed.
        removed: how many were removed because they repeat evaluation rows.
        dropped: rows that the split left out, since their tools are on both sides.
        split_note: how the split differs from what was asked for, as a sentence; else empty.
        leaks: what training rows repeat of evaluation rows, one sentence per row.
        sources: classes and settings of the training sources; a mixture's with the rows taken.
        unread_keys: keys that nothing reads, each as (file, key, rows of it that have it), the most frequent first.
        unchecked: parts of tools' schemas that calls are not checked against, each as (part, tools that have it), the
            most frequent first.
    """

    found: int = 0
    unread: int = 0
    read: int = 0
    added: int = 0
    kept: int = 0
    trained: int = 0
    words_only: int = 0
    unshown_reasoning: int = 0
    shortened: int = 0
    rejected: tuple[Rejection, ...] = ()
    removed: int = 0
    dropped: tuple[Rejection, ...] = ()
    split_note: str = ""
    leaks: tuple[str, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()
    unread_keys: tuple[tuple[str, str, int], ...] = ()
    unchecked: tuple[tuple[str, int], ...] = ()

    @staticmethod
    def from_record(record: Mapping[str, Any]) -> Account:
        """Read what `dataclasses.asdict` has written, from JSON."""
        rejected, dropped = (tuple(Rejection(**row) for row in record[name]) for name in ("rejected", "dropped"))
        lists = {"rejected": rejected, "dropped": dropped}
        plain = {"leaks": tuple(record["leaks"]), "sources": tuple(record["sources"])}
        unread_keys = tuple((file, key, rows) for file, key, rows in record["unread_keys"])
        unchecked = tuple((part, tools) for part, tools in record["unchecked"])
        return Account(**{**record, **lists, **plain, "unread_keys": unread_keys, "unchecked": unchecked})


def list_unread_keys(ledger: Ledger) -> tuple[tuple[str, str, int], ...]:
    """List the keys that nothing reads, as `Account` keeps them."""
    return tuple((file, key, rows) for (file, key), rows in ledger.unread.most_common())


def describe_unread_keys(unread_keys: Sequence[tuple[str, str, int]]) -> str:
    """Write the keys that nothing reads as one line; nothing where there are none.

    >>> describe_unread_keys([("a.jsonl", "score", 3), ("b.jsonl", "score", 2), ("a.jsonl", "lang", 1)])
    'keys that nothing reads: `score` (5 rows), `lang` (1 row)'
    """
    counts: Counter[str] = Counter()
    for _, key, rows in unread_keys:
        counts[key] += rows
    return f"keys that nothing reads: {_name_counts(counts.most_common(), 'row')}" if counts else ""


def describe_unchecked(unchecked: Sequence[tuple[str, int]]) -> str:
    """Write what calls are not checked against as one line; nothing where there is nothing.

    >>> describe_unchecked([("format 'date'", 12), ("x-unit", 1)])
    "parts of tools' schemas that calls are not checked against: `format 'date'` (12 tools), `x-unit` (1 tool)"
    """
    if not unchecked:
        return ""
    return f"parts of tools' schemas that calls are not checked against: {_name_counts(unchecked, 'tool')}"


def _name_counts(counts: Sequence[tuple[str, int]], unit: str) -> str:
    named = [f"`{write_key(name)}` ({count:,} {unit}{'s' if count > 1 else ''})" for name, count in counts[:MAX_NAMED]]
    more = [f"{len(counts) - MAX_NAMED:,} more"] if len(counts) > MAX_NAMED else []
    return ", ".join([*named, *more])


def check_account(account: Account, max_rejected_fraction: float, max_leaked_fraction: float) -> None:
    """Print the account of the rows.

    Two fractions are checked: rows that cannot be read among the files' rows, and unusable rows among those selected
    for training. A single fraction would be low where a mixture draws few of a file's rows, or augmentations add many.

    Raises:
        UserError: too many rows were rejected or leak, or none is left to train on.
    """
    unread, unusable = account.rejected[: account.unread], account.rejected[account.unread + account.removed :]
    if not account.found:
        raise UserError("the sources hold no row: give files with at least one, or change their skip and limit")
    if account.added:
        print(f"augmentations added {account.added:,} rows", file=sys.stderr)
    if account.shortened:
        print(f"{account.shortened:,} rows lost tools or old turns to fit data.max_tokens", file=sys.stderr)
    if account.removed:
        print(f"{account.removed:,} rows removed: they repeat evaluation rows", file=sys.stderr)
    for sentence in list_untrained(account):
        print(sentence, file=sys.stderr)
    if account.unread_keys:
        print(describe_unread_keys(account.unread_keys), file=sys.stderr)
    if account.unchecked:
        print(describe_unchecked(account.unchecked), file=sys.stderr)
    if account.dropped:
        print(f"{len(account.dropped):,} rows left out: validation and training share their tools", file=sys.stderr)
    if account.split_note:
        print(account.split_note, file=sys.stderr)
    if not account.trained:
        rejected = account.rejected
        raise UserError(f"no row is left to train on; {len(rejected):,} were rejected: fix them{_quote(rejected)}")
    _check_rejected(unread, account.found, max_rejected_fraction)
    _check_rejected(unusable, account.kept + len(unusable), max_rejected_fraction)
    if len(account.leaks) > max_leaked_fraction * account.read:
        raise UserError(
            f"{len(account.leaks):,} of {account.read:,} training rows repeat evaluation rows, more than "
            f"data.leakage.max_leaked_fraction={max_leaked_fraction}: set data.leakage.remove, or raise the fraction"
            f"{_quote(account.leaks)}"
        )


def list_untrained(account: Account) -> list[str]:
    """List what the rows hold and training leaves out, one sentence each.

    >>> list_untrained(Account(unshown_reasoning=2))
    ["2 rows hold reasoning, which the model's chat template has no place for: it is neither shown nor trained"]
    """
    said = []
    if account.words_only:
        said.append(
            f"{account.words_only:,} of {account.trained:,} rows train an answer in words alone, though their earlier "
            "turns call tools: data.trained_turns=calls trains these too"
        )
    if account.unshown_reasoning:
        said.append(
            f"{account.unshown_reasoning:,} rows hold reasoning, which the model's chat template has no place for: it "
            "is neither shown nor trained"
        )
    return said


def _check_rejected(rejected: Sequence[Rejection], rows: int, max_rejected_fraction: float) -> None:
    if not rejected:
        return
    counts = f"{len(rejected):,} of {rows:,} rows rejected"
    if len(rejected) / rows > max_rejected_fraction:
        raise UserError(
            f"{counts}, more than max_rejected_fraction={max_rejected_fraction}: fix the rows or raise the fraction"
            f"{_quote(rejected)}"
        )
    print(f"{counts}, the first:{_quote(rejected)}", file=sys.stderr)


def _quote(sentences: Sequence[object]) -> str:
    """Write the first sentences, each on a line of its own."""
    return "".join(f"\n  {sentence}" for sentence in sentences[:3])
