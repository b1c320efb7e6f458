"""`inspect`: rows as the model sees them, the trained tokens coloured."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import Any

from lightning.pytorch.cli import LightningArgumentParser

from lit_toolcall.cli.lightning_cli import make_cli
from lit_toolcall.cli.wording import escape_controls
from lit_toolcall.data.leakage import Leak, LeakageIndex, benchmark_sources, find_leaks
from lit_toolcall.data.sources.bfcl import find_installed
from lit_toolcall.datamodules import PreferenceDataModule, SFTDataModule
from lit_toolcall.packing import Branch, Tree
from lit_toolcall.preparation.account import check_account
from lit_toolcall.preparation.questions import read_every_row
from lit_toolcall.preparation.recipes import Recipe
from lit_toolcall.prompting import Renderer
from lit_toolcall.ranges import INSPECT_RANGES, check_number
from lit_toolcall.report import make_data_report
from lit_toolcall.types import Example, Preference, UserError

TRAINED = "\033[1;32m"
DIM = "\033[2m"
PLAIN = "\033[0m"
MOST_REJECTED = 20
"""Rejected rows that are shown one by one."""


def add_inspect_arguments(parser: LightningArgumentParser) -> None:
    """Add the arguments that only this command has."""
    parser.add_argument("--rows", type=int, default=3, help="how many rows to show")
    parser.add_argument("--first", type=int, default=0, help="number of the first row to show, from 0")
    parser.add_argument("--tokens", type=bool, default=False, help="show each trained token on its own")
    parser.add_argument(
        "--report",
        type=str | None,
        default=None,
        help="instead of rows, show a report on all of them (contents, rejections, leaks), and write it to this .html "
        "file as a page",
    )


def inspect(arguments: Sequence[str]) -> None:
    """Show training rows of a config: examples, or pairs of answers.

    Raises:
        UserError: the config's data cannot be read, or there is no row of that number.
    """
    cli = make_cli(arguments, add_inspect_arguments)
    for name in ("rows", "first"):
        check_number(f"--{name}", cli.config[name], INSPECT_RANGES[name])
    data = cli.datamodule
    if not isinstance(data, SFTDataModule | PreferenceDataModule):
        raise UserError(
            f"inspect shows the rows of an SFTDataModule or a PreferenceDataModule, not of {type(data).__name__}"
        )
    data.prepare_data()
    data.setup("fit")
    assert data.train_rows is not None
    assert data.validation_rows is not None
    if cli.config["report"] is not None:
        print(escape_controls(write_report(data, Path(cli.config["report"]))))
        return
    rows, trees = data.train_rows.rows, data.train_rows.trees
    first, last = cli.config["first"], cli.config["first"] + cli.config["rows"]
    if not trees:  # raises, and says what became of the rows
        check_account(data.account, max_rejected_fraction=1.0, max_leaked_fraction=1.0)
    if not 0 <= first < len(trees):
        raise UserError(f"--first {first}: there are {len(trees)} training rows, numbered from 0")
    colour = sys.stdout.isatty()
    for number in range(first, min(last, len(trees))):
        print(show_row(number, rows[number], trees[number], data.prepared[1], colour, cli.config["tokens"]))
    print(describe_rows(trees, len(data.validation_rows.trees), data.account.found))
    print(show_account(data))


def show_account(data: SFTDataModule | PreferenceDataModule) -> str:
    """Write the account of the rows as `fit` prints it, the reason of each rejection, and whether `fit` would stop."""
    rejected = (*data.account.rejected, *data.account.dropped)
    lines = [f"rejected: {escape_controls(str(rejection))}" for rejection in rejected[:MOST_REJECTED]]
    if len(rejected) > MOST_REJECTED:
        lines.append(f"... and {len(rejected) - MOST_REJECTED:,} more: --report FILE.html shows all reasons")
    with redirect_stderr(StringIO()) as said:
        try:
            data.check_account()
        except UserError as error:
            print(f"fit will stop: {error}", file=sys.stderr)
    return "\n".join([*lines, escape_controls(said.getvalue().strip())]).strip("\n")


def write_report(data: SFTDataModule | PreferenceDataModule, page: Path) -> str:
    """Write the report on all rows, training and validation, as a page.

    They are compared with the rows of `data.leakage.against`; where it is not set, with BFCL's, if that is installed.

    Returns:
        The report as text, with the page's place.

    Raises:
        UserError: the page cannot be written, or the evaluation rows cannot be read.
    """
    assert data.train_rows is not None
    assert data.validation_rows is not None
    rows: Any = [*data.train_rows.rows, *data.validation_rows.rows]
    recipe: Recipe[Any] = data.prepared[0]
    questions = [recipe.as_question(row) for row in rows]
    tokens = [tree.tokens for trees in (data.train_trees, data.validation_trees) for tree in trees]
    rejected = (*data.account.rejected, *data.account.dropped)
    leaks: list[Leak] | None = None
    evaluation: list[Example] = []
    if data.leakage:
        evaluation = read_every_row(data.leakage.against, "data.leakage.against")
        leaks = find_leaks(questions, LeakageIndex(evaluation, data.leakage.near_fraction))
    elif find_installed():
        evaluation = read_every_row(benchmark_sources(), "BFCL")
        leaks = find_leaks(questions, LeakageIndex(evaluation))
    report = make_data_report(
        rows,
        tokens,
        rejected,
        leaks,
        len(evaluation),
        data.trained_turns if isinstance(data, SFTDataModule) else "last",
        data.account.unread_keys,
        data.account.unchecked,
    )
    try:
        page.write_text(report.to_html(), encoding="utf-8")
    except OSError as error:
        raise UserError(f"--report {page}: {error.strerror or error}: give a file that can be written") from None
    return f"{report.to_text()}\nwritten as a page: {page}"


def show_row(number: int, row: Example | Preference, tree: Tree, renderer: Renderer, colour: bool, tokens: bool) -> str:
    """Write one row: its place and counts, its prompt, then its answers and what lies between them.

    Without colour, trained tokens stand between `>>>` and `<<<`. A pair has a branch for each of its answers; a
    dialogue whose chat template rewrites earlier turns has one branch per trained turn.
    """
    head = (
        f"row {number}  {escape_controls(f'{row.id}  {row.place}')}\n"
        f"{len(tree.trunk)} prompt tokens, {tree.tokens - len(tree.trunk)} after them, {count_trained(tree)} trained"
    )
    prompt = _mark(renderer.decode(tree.trunk), False, colour)
    branches = [_show_branch(branch, renderer, colour, tokens) for branch in tree.branches]
    if len(branches) == 1:
        return f"{head}\n{prompt}{branches[0]}\n"
    names = [f"branch {place} of {len(branches)}" for place in range(1, len(branches) + 1)]
    if isinstance(row, Preference):
        names = ["chosen", f"rejected: {escape_controls(row.reason)}" if row.reason else "rejected"]
    parts = [f"[{name}]\n{text}" for name, text in zip(names, branches, strict=True)]
    return "\n".join([head, prompt, *parts, ""])


def _show_branch(branch: Branch, renderer: Renderer, colour: bool, tokens: bool) -> str:
    shown = []
    weighted = zip(branch.ids, map(bool, branch.weights), strict=True)
    for is_trained, group in groupby(weighted, key=lambda token: token[1]):
        ids = [token for token, _ in group]
        one_by_one = tokens and is_trained
        text = "|".join(renderer.decode([token]) for token in ids) if one_by_one else renderer.decode(ids)
        shown.append(_mark(text, is_trained, colour))
    return "".join(shown)


def _mark(text: str, is_trained: bool, colour: bool) -> str:
    text = escape_controls(text)
    if colour:
        return f"{TRAINED if is_trained else DIM}{text}{PLAIN}"
    return f">>>{text}<<<" if is_trained else text


def count_trained(tree: Tree) -> int:
    """Count the trained tokens."""
    return sum(weight != 0 for branch in tree.branches for weight in branch.weights)


def describe_rows(trees: Iterable[Tree], validation: int, found: int) -> str:
    """Sum up the token counts of the training rows, and of how many rows these are.

    >>> describe_rows([Tree((1, 2), (Branch((3, 4, 5), (1.0, 0.0, 1.0)),))], validation=0, found=2)
    '1 training and 0 validation rows of 2 read; training: 5 tokens, median 5 per row, at most 5, 2 trained (40%)'
    """
    counts = [(tree.tokens, count_trained(tree)) for tree in trees]
    lengths = sorted(tokens for tokens, _ in counts)
    total, trained = sum(lengths), sum(trained for _, trained in counts)
    return (
        f"{len(lengths):,} training and {validation:,} validation rows of {found:,} read; training: {total:,} tokens, "
        f"median {lengths[len(lengths) // 2]:,} per row, at most {lengths[-1]:,}, {trained:,} trained "
        f"({trained / total:.0%})"
    )
