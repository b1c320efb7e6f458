"""Rows made ready once: read, split, augmented, encoded, and written where every rank maps them into memory."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from lit_toolcall.data.augment import augment_all
from lit_toolcall.data.leakage import Leak, LeakageIndex, LeakKind
from lit_toolcall.data.mixture import describe_source
from lit_toolcall.data.sources import Ledger, Source
from lit_toolcall.data.splits import Split, split_random, split_unseen_tools
from lit_toolcall.data.stored import ExampleWriter, StoredExamples, StoredTrees, TreeWriter
from lit_toolcall.datamodules.account import Account, EncodedRows
from lit_toolcall.datamodules.recipe import LeakageOptions, Recipe
from lit_toolcall.datamodules.shorten import shorten
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Tree
from lit_toolcall.prompting import Renderer, RowProblem, encode_example, encode_examples
from lit_toolcall.types import Example, UserError

DONE = "done.json"
"""Written last: a folder without it was interrupted."""
SPLITS = {"random": split_random, "unseen_tools": split_unseen_tools}


def prepare_rows(recipe: Recipe, renderer: Renderer, folder: Path) -> None:
    """Read, split, augment and encode rows into a folder, which appears only when it is complete.

    Raises:
        UserError: a source cannot be read, or no row can be held back.
    """
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    ledger = Ledger()
    read = read_sources(recipe.train, ledger)
    clean, leaks = check_leakage(read, recipe.leakage, ledger)
    if recipe.validation:
        split = Split(clean, read_sources(recipe.validation, ledger), [])
    else:
        split = (
            SPLITS[recipe.validation_split](clean, recipe.validation_share, recipe.seed) if clean else Split([], [], [])
        )
    ledger.kept -= len(split.dropped)
    augmented = augment_all(recipe.augment, split.train, recipe.seed)
    ledger.kept += len(augmented) - len(split.train)
    shortened = 0
    for name, examples in (("train", augmented), ("validation", split.validation)):
        (partial / name).mkdir()
        shortened += _write_rows(examples, recipe, renderer, partial / name, ledger)
    account = Account(
        read=len(read),
        added=len(augmented) - len(split.train),
        kept=ledger.kept,
        shortened=shortened,
        rejected=tuple(ledger.rejected),
        dropped=tuple(split.dropped),
        leaks=tuple(map(str, leaks)),
        sources=tuple(describe_source(source) for source in recipe.train),
    )
    (partial / DONE).write_text(json.dumps(asdict(account)), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


def load_rows(folder: Path) -> tuple[EncodedRows, EncodedRows, Account]:
    """Map what `prepare_rows` has written: training rows, validation rows, and what became of all."""
    train, validation = (
        EncodedRows(StoredExamples(folder / name), StoredTrees(folder / name)) for name in ("train", "validation")
    )
    return train, validation, Account.from_record(json.loads((folder / DONE).read_text(encoding="utf-8")))


def read_sources(sources: Sequence[Source], ledger: Ledger) -> list[Example]:
    """Read every source in order."""
    return [example for source in sources for example in source.read(ledger)]


def check_leakage(
    examples: list[Example], options: LeakageOptions | None, ledger: Ledger
) -> tuple[list[Example], list[Leak]]:
    """Find the rows that repeat evaluation rows, and reject them where that is wanted.

    Returns:
        The rows to go on with, and one leak of each row among them that has one.
    """
    if options is None:
        return examples, []
    index = LeakageIndex(read_sources(options.against, Ledger()), options.near_share)
    found = [index.find(example) for example in examples]
    leaks = [leak if leak and (options.tool_names or leak.kind is not LeakKind.TOOL_NAME) else None for leak in found]
    if not options.remove:
        return examples, [leak for leak in leaks if leak]
    for leak in leaks:
        if leak:
            ledger.kept -= 1
            ledger.reject(leak.place, str(leak))
    return [example for example, leak in zip(examples, leaks, strict=True) if not leak], []


def _write_rows(examples: Sequence[Example], recipe: Recipe, renderer: Renderer, folder: Path, ledger: Ledger) -> int:
    """Encode and write rows; those that cannot be trained on move from kept to rejected.

    Returns:
        How many had to be shortened.
    """
    rows, trees, shortened = ExampleWriter(folder), TreeWriter(folder), 0
    encoded = encode_examples(renderer, examples, recipe.trained_turns)
    progress = tqdm(
        encoded, desc="encoding", unit="row", total=len(examples), disable=len(examples) < 5_000, file=sys.stderr
    )
    for example, tree in progress:
        fitted = (example, tree) if isinstance(tree, Tree) and tree.tokens <= recipe.max_tokens else None
        if fitted is None and isinstance(tree, Tree):
            fitted = fit_row(example, renderer, recipe)
            shortened += fitted is not None
        if fitted is None:
            ledger.kept -= 1
            ledger.reject(example.place, _say_why(tree, recipe.max_tokens))
            continue
        rows.add(fitted[0])
        trees.add(fitted[1])
    rows.write()
    trees.write()
    return shortened


def fit_row(example: Example, renderer: Renderer, recipe: Recipe) -> tuple[Example, Tree] | None:
    """Find the longest version of a row that fits `max_tokens`; None where its query and answer alone do not."""
    for shorter in shorten(example):
        try:
            tree = encode_example(renderer, shorter, recipe.trained_turns)
        except (CallSyntaxError, UserError):  # a template may refuse what is left
            continue
        if tree.tokens <= recipe.max_tokens:
            return shorter, tree
    return None


def _say_why(tree: Tree | RowProblem, max_tokens: int) -> str:
    if not isinstance(tree, Tree):
        return str(tree)
    return (
        f"the row has {tree.tokens} tokens, more than max_tokens={max_tokens}, and cannot lose enough tools and turns: "
        "raise max_tokens or shorten the row"
    )
