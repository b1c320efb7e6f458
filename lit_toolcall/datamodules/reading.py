"""Reading sources and encoding their rows, with a ledger of what was rejected."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from tqdm import tqdm

from lit_toolcall.data.sources import Ledger, Source
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Tree
from lit_toolcall.prompting import Renderer
from lit_toolcall.types import Example, Problem, UserError


@dataclass(frozen=True)
class EncodedRows:
    """Rows ready for training.

    Args:
        examples: the rows.
        trees: their token ids, in the same order.
        ledger: what was rejected.
    """

    examples: tuple[Example, ...]
    trees: tuple[Tree, ...]
    ledger: Ledger


def read_sources(sources: Sequence[Source], ledger: Ledger) -> list[Example]:
    """Read every source in order."""
    return [example for source in sources for example in source.read(ledger)]


def encode_sources(sources: Sequence[Source], renderer: Renderer, max_tokens: int) -> EncodedRows:
    """Read and encode training rows; `check_ledger` says whether too many were rejected.

    Args:
        sources: where the rows are.
        renderer: writes and tokenizes them.
        max_tokens: longest row, prompt and answer together.

    Raises:
        UserError: a source cannot be read.
    """
    ledger = Ledger()
    kept: list[tuple[Example, Tree]] = []
    examples = read_sources(sources, ledger)
    for example in tqdm(examples, desc="encoding", unit="row", disable=len(examples) < 20_000, file=sys.stderr):
        try:
            kept.append((example, encode_row(example, renderer, max_tokens)))
        except (CallSyntaxError, UserError) as error:
            ledger.kept -= 1
            ledger.reject(example.place, str(error))
    return EncodedRows(tuple(example for example, _ in kept), tuple(tree for _, tree in kept), ledger)


def encode_row(example: Example, renderer: Renderer, max_tokens: int) -> Tree:
    """Encode one row.

    Raises:
        CallSyntaxError: it has no answer, is too long, or its answer would not be read back as it was.
        UserError: the chat template takes no such turns.
    """
    if example.answer is None or not (example.answer.calls or example.answer.content):
        raise CallSyntaxError(Problem.MISSING_CALL, "the row has no answer to train on")
    tree = renderer.encode(example)
    if tree.tokens > max_tokens:
        raise CallSyntaxError(
            Problem.TOO_LONG,
            f"the row has {tree.tokens} tokens, more than max_tokens={max_tokens}: raise max_tokens or shorten the row",
        )
    return tree


def check_ledger(ledger: Ledger, max_rejected_share: float) -> None:
    """Report what was rejected.

    Raises:
        UserError: more than the allowed share, or everything; or there was no row at all.
    """
    if not (ledger.kept or ledger.rejected):
        raise UserError("the sources hold no row: give files with at least one, or raise their limit")
    if not ledger.rejected:
        return
    first = "\n".join(f"  {rejection}" for rejection in ledger.rejected[:3])
    rows = ledger.kept + len(ledger.rejected)
    counts = f"{len(ledger.rejected):,} of {rows:,} rows rejected"
    if not ledger.kept or ledger.rejected_share > max_rejected_share:
        raise UserError(
            f"{counts}, more than max_rejected_share={max_rejected_share}: mend the rows or raise the share\n{first}"
            if ledger.kept
            else f"{counts}: mend them\n{first}"
        )
    print(f"{counts}, the first:\n{first}", file=sys.stderr)
