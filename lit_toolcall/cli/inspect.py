"""`inspect`: rows as the model sees them, the trained tokens coloured."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from lightning.pytorch.cli import LightningArgumentParser

from lit_toolcall.cli.lightning_cli import make_cli
from lit_toolcall.data.leakage import LeakageIndex, benchmark_sources, find_leaks
from lit_toolcall.data.sources import Ledger
from lit_toolcall.datamodules import SFTDataModule
from lit_toolcall.datamodules.prepare import read_sources
from lit_toolcall.packing import Tree
from lit_toolcall.prompting import Renderer, load_renderer
from lit_toolcall.report import make_data_report
from lit_toolcall.types import Example, UserError

TRAINED = "\033[1;32m"
DIM = "\033[2m"
PLAIN = "\033[0m"


def add_inspect_arguments(parser: LightningArgumentParser) -> None:
    """Add the arguments that only this command has."""
    parser.add_argument("--rows", type=int, default=3, help="how many rows to show")
    parser.add_argument("--first", type=int, default=0, help="number of the first row to show, from 0")
    parser.add_argument("--tokens", type=bool, default=False, help="show each trained token on its own")
    parser.add_argument(
        "--report",
        type=str | None,
        default=None,
        help="instead of rows, show what all of them are made of, what was rejected and what leaked in, and write it "
        "to this .html file as a page",
    )


def inspect_rows(arguments: Sequence[str]) -> None:
    """Show training rows of a config.

    Raises:
        UserError: the config's data cannot be read, or there is no row of that number.
    """
    cli = make_cli(arguments, run_command=False, more_arguments=add_inspect_arguments)
    data = cli.datamodule
    if not isinstance(data, SFTDataModule):
        raise UserError(f"inspect shows the rows of an SFTDataModule, not of {type(data).__name__}")
    data.prepare_data()
    data.setup("fit")
    assert data.train_rows is not None
    if cli.config["report"] is not None:
        print(write_report(data, Path(cli.config["report"])))
        return
    renderer = load_renderer(data.base_model, data.prompt, data.trust_remote_code)
    rows = list(zip(data.train_rows.examples, data.train_rows.trees, strict=True))
    if cli.config["rows"] < 1:
        raise UserError(f"--rows {cli.config['rows']} must be at least 1")
    first, last = cli.config["first"], cli.config["first"] + cli.config["rows"]
    if not 0 <= first < len(rows):
        raise UserError(f"--first {first}: there are {len(rows)} training rows, numbered from 0")
    colour = sys.stdout.isatty()
    for number, (example, tree) in enumerate(rows[first:last], start=first):
        print(show_row(number, example, tree, renderer, colour, cli.config["tokens"]))
    print(describe_rows([tree for _, tree in rows]))


def write_report(data: SFTDataModule, page: Path) -> str:
    """Write the report on all rows, training and validation, as a page.

    Returns:
        The report as text, with the page's place.

    Raises:
        UserError: the page cannot be written, or the evaluation rows cannot be read.
    """
    assert data.train_rows is not None
    assert data.validation_rows is not None
    against = data.leakage.against if data.leakage else benchmark_sources()
    evaluation = read_sources(against, Ledger())
    index = LeakageIndex(evaluation, data.leakage.near_share) if data.leakage else LeakageIndex(evaluation)
    examples = [*data.train_rows.examples, *data.validation_rows.examples]
    tokens = [tree.tokens for rows in (data.train_rows, data.validation_rows) for tree in rows.trees]
    rejected = (*data.account.rejected, *data.account.dropped)
    report = make_data_report(examples, tokens, rejected, find_leaks(examples, index), len(evaluation))
    try:
        page.write_text(report.to_html(), encoding="utf-8")
    except OSError as error:
        raise UserError(f"--report {page}: {error.strerror or error}: give a file that can be written") from None
    return f"{report.to_text()}\nthe same as a page: {page}"


def show_row(number: int, example: Example, tree: Tree, renderer: Renderer, colour: bool, tokens: bool) -> str:
    """Write one row: its place and counts, its prompt, then what is trained.

    Without colour the trained part stands between `>>>` and `<<<`.
    """
    branch = tree.branches[0]
    head = (
        f"row {number}  {example.id}  {example.place}\n"
        f"{len(tree.trunk)} prompt tokens, {len(branch.ids)} answer tokens, {sum(map(bool, branch.weights))} trained"
    )
    answer = "|".join(renderer.decode([token]) for token in branch.ids) if tokens else renderer.decode(branch.ids)
    prompt = renderer.decode(tree.trunk)
    if colour:
        return f"{head}\n{DIM}{prompt}{PLAIN}{TRAINED}{answer}{PLAIN}\n"
    return f"{head}\n{prompt}>>>{answer}<<<\n"


def describe_rows(trees: Sequence[Tree]) -> str:
    """Sum up the token counts of all rows.

    >>> from lit_toolcall.packing import Branch
    >>> describe_rows([Tree((1, 2), (Branch((3,), (1.0,)),))])
    '1 rows, 3 tokens: 3 a row in the median, 3 at most; 1 of them trained (33.3%)'
    """
    lengths = sorted(tree.tokens for tree in trees)
    total, trained = sum(lengths), sum(len(branch.ids) for tree in trees for branch in tree.branches)
    return (
        f"{len(trees):,} rows, {total:,} tokens: {lengths[len(lengths) // 2]:,} a row in the median, "
        f"{lengths[-1]:,} at most; {trained:,} of them trained ({trained / total:.1%})"
    )
