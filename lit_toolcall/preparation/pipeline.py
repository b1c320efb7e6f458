"""The pipeline from sources to encoded rows: read, split, augmented, encoded, written for every rank to memory-map."""

from __future__ import annotations

import gc
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Generic, NamedTuple

from tqdm import tqdm

from lit_toolcall.data.leakage import Leak, LeakageIndex, LeakKind
from lit_toolcall.data.mixture import describe_source
from lit_toolcall.data.sources import Ledger
from lit_toolcall.data.sources.ledger import write_reason
from lit_toolcall.data.sources.source import is_shipped
from lit_toolcall.data.splits import Split
from lit_toolcall.data.stored import RowWriter, StoredRows, StoredTrees, TreeWriter
from lit_toolcall.packing import Tree
from lit_toolcall.preparation.account import Account, list_unread_keys
from lit_toolcall.preparation.questions import read_every_row
from lit_toolcall.preparation.recipes import LeakageOptions, Recipe
from lit_toolcall.preparation.truncation import find_fitting
from lit_toolcall.prompting import Renderer, RowProblem
from lit_toolcall.schema import count_unchecked
from lit_toolcall.types import Example, RowT, UserError

DONE = "done.json"
"""Written last: a folder without it was interrupted."""


@dataclass(frozen=True)
class EncodedRows(Generic[RowT]):
    """Rows ready for training.

    Args:
        rows: as they were read, and shortened where they were too long.
        trees: their token ids, in the same order.
    """

    rows: Sequence[RowT]
    trees: StoredTrees


def is_prepared(recipe: Recipe[RowT], renderer: Renderer, folder: Path) -> bool:
    """Tell whether a folder holds a recipe's rows, which code of a user's own may read or write otherwise by now."""
    return recipe.is_fixed and is_shipped(type(renderer.format)) and (folder / DONE).is_file()


def prepare_rows(recipe: Recipe[RowT], renderer: Renderer, folder: Path) -> None:
    """Read, split, augment and encode rows into a folder, which appears only when it is complete.

    Raises:
        UserError: a source cannot be read, or no row can be held back.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"data.cache_dir={folder.parent}: {error.strerror or error}: name another folder") from error
    with TemporaryDirectory(dir=folder.parent, prefix=f"{folder.name}.", suffix=".partial") as holder:
        partial = Path(holder) / "rows"  # unlike its holder, open to others who share the cache
        partial.mkdir()
        with _few_collections():
            account = _write_splits(recipe, renderer, partial)
        (partial / DONE).write_text(json.dumps(asdict(account)), encoding="utf-8")
        if not is_prepared(recipe, renderer, folder):
            shutil.rmtree(folder, ignore_errors=True)
        try:
            partial.rename(folder)
        except OSError:
            if not (folder / DONE).is_file():  # nor has another process written the same rows meanwhile
                raise


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let the garbage collector look at new objects only: it would visit all rows again and again."""
    before = gc.get_threshold()
    gc.set_threshold(before[0], before[1], 1_000_000)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _write_splits(recipe: Recipe[RowT], renderer: Renderer, folder: Path) -> Account:
    ledger = Ledger()
    read, validation = (
        [row for source in sources for row in recipe.read(source, ledger)]
        for sources in (recipe.train, recipe.validation)
    )
    found, unread = ledger.kept + len(ledger.rejected), len(ledger.rejected)
    clean, leaks = check_leakage(read, recipe.as_question, recipe.leakage, ledger)
    removed = len(ledger.rejected) - unread
    split = Split(clean, validation, []) if recipe.validation or not clean else recipe.hold_back(clean)
    augmented = recipe.augment_rows(split.train)
    train, validated = (
        _write_rows(rows, recipe, renderer, folder / name, ledger)
        for name, rows in (("train", augmented), ("validation", split.validation))
    )
    return Account(
        found=found,
        unread=unread,
        read=len(read),
        added=len(augmented) - len(split.train),
        kept=train.kept + validated.kept,
        trained=train.kept,
        words_only=train.words_only,
        unshown_reasoning=train.unshown_reasoning + validated.unshown_reasoning,
        shortened=train.shortened + validated.shortened,
        rejected=tuple(ledger.rejected),
        removed=removed,
        dropped=tuple(split.dropped),
        split_note=split.note,
        leaks=tuple(write_reason(f"{leak.place}: {leak}") for leak in leaks),
        unread_keys=list_unread_keys(ledger),
        unchecked=count_unchecked(tool for row in (*split.train, *split.validation) for tool in row.tools),
        sources=tuple(describe_source(source) for source in recipe.train),
    )


def load_rows(folder: Path) -> tuple[EncodedRows[Any], EncodedRows[Any], Account]:
    """Memory-map what `prepare_rows` has written: training rows, validation rows, and their account.

    Validation trees are numbered after those of training.
    """
    trees = StoredTrees(folder / "train")
    train = EncodedRows[Any](StoredRows(folder / "train"), trees)
    validation = EncodedRows[Any](StoredRows(folder / "validation"), StoredTrees(folder / "validation", len(trees)))
    return train, validation, Account.from_record(json.loads((folder / DONE).read_text(encoding="utf-8")))


def check_leakage(
    rows: list[RowT], as_question: Callable[[RowT], Example], options: LeakageOptions | None, ledger: Ledger
) -> tuple[list[RowT], list[Leak]]:
    """Find the rows that repeat evaluation rows, and reject them with `remove`.

    Returns:
        The remaining rows, and the worst leak of each row among them that has one.

    Raises:
        UserError: an evaluation row cannot be read, or there is none.
    """
    if options is None:
        return rows, []
    index = LeakageIndex(read_every_row(options.against, "data.leakage.against"), options.near_fraction)
    found = [index.find(as_question(row)) for row in rows]
    leaks = [leak if leak and (options.tool_names or leak.kind is not LeakKind.TOOL_NAME) else None for leak in found]
    if not options.remove:
        return rows, [leak for leak in leaks if leak]
    for leak in leaks:
        if leak:
            ledger.reject(leak.place, str(leak))
    return [row for row, leak in zip(rows, leaks, strict=True) if not leak], []


class _Counts(NamedTuple):
    """Written rows; among them those shortened, those that train none of their calls, those that lose reasoning."""

    kept: int
    shortened: int
    words_only: int
    unshown_reasoning: int


def _write_rows(
    rows: Sequence[RowT], recipe: Recipe[RowT], renderer: Renderer, folder: Path, ledger: Ledger
) -> _Counts:
    """Encode rows and write them into a new folder; those that cannot be trained on go to the ledger."""
    folder.mkdir()
    written, trees, kept, shortened, words_only = RowWriter(folder), TreeWriter(folder), 0, 0, 0
    unshown_reasoning = 0
    encoded = recipe.encode_all(renderer, rows)
    progress = tqdm(encoded, desc="encoding", unit="row", total=len(rows), disable=len(rows) < 1_000, file=sys.stderr)
    for row, tree in progress:
        fitted = (row, tree) if isinstance(tree, Tree) and tree.tokens <= recipe.max_tokens else None
        if fitted is None and isinstance(tree, Tree):
            fitted = fit_row(row, renderer, recipe)
            shortened += fitted is not None
        if fitted is None:
            ledger.reject(row.place, _describe_unusable(tree, recipe.max_tokens))
            continue
        kept += 1
        words_only += recipe.is_words_only(fitted[0])
        unshown_reasoning += renderer.template.reasoning is None and _has_reasoning(recipe, fitted[0])
        written.add(fitted[0])
        trees.add(fitted[1])
    written.write()
    trees.write()
    return _Counts(kept, shortened, words_only, unshown_reasoning)


def _has_reasoning(recipe: Recipe[RowT], row: RowT) -> bool:
    """Tell whether a row holds the assistant's reasoning."""
    return any(message.reasoning for message in recipe.list_messages(row))


def fit_row(row: RowT, renderer: Renderer, recipe: Recipe[RowT]) -> tuple[RowT, Tree] | None:
    """Find the longest shorter version of a row that fits `max_tokens`; None where no version does."""
    return find_fitting(list(recipe.shorten(row)), lambda shorter: recipe.encode(renderer, shorter), recipe.max_tokens)


def _describe_unusable(tree: Tree | RowProblem, max_tokens: int) -> str:
    if not isinstance(tree, Tree):
        return str(tree)
    return (
        f"the row has {tree.tokens} tokens, more than max_tokens={max_tokens}, also without unused "
        "tools and old turns: raise max_tokens or shorten the row"
    )
