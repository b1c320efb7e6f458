"""Write the demonstration data: `python scripts/make_demo_data.py [--check]`.

The same files come out each time. With `--check` nothing is written: the exit status says whether the files
on disk are those that would be written.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from demo_data.catalog import make_variants
from demo_data.rows import RowMaker
from demo_data.smalltalk import SMALL_TALK
from demo_data.variants import Variant

FOLDER = Path(__file__).resolve().parents[1] / "lit_toolcall" / "data" / "demo"
TRAIN_ROWS, VALIDATION_ROWS = 1660, 172
ROWS_PER_OFFER = 4
"""Rows that follow one another with the same tools, as in an assistant that is asked many things."""
TRAIN_COPIES, VALIDATION_COPIES = 4, 2
"""Variants of each tool: the same tool under other names."""
VALIDATION_TALK = 5


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def make_files() -> dict[str, str]:
    """The text of each data file by its name."""
    train = make_variants(TRAIN_COPIES, held_out=False)
    validation = make_variants(VALIDATION_COPIES, held_out=True)
    train_rows = RowMaker(train, SMALL_TALK[VALIDATION_TALK:], Random("train")).make(
        TRAIN_ROWS, ROWS_PER_OFFER, "train"
    )
    validation_maker = RowMaker(validation, SMALL_TALK[:VALIDATION_TALK], Random("validation"))
    validation_rows = validation_maker.make(VALIDATION_ROWS, ROWS_PER_OFFER, "validation")
    used = {name for row in train_rows + validation_rows for name in row["tools"]}
    tools: list[Variant] = [
        variant for split in (train, validation) for domain in split.values() for tool in domain for variant in tool
    ]
    return {
        "tools.jsonl": _lines([tool.definition for tool in tools if tool.name in used]),
        "train.jsonl": _lines(train_rows),
        "validation.jsonl": _lines(validation_rows),
    }


def main() -> int:
    """Write or check the files; the exit status is 1 where a check fails."""
    parser = argparse.ArgumentParser(description="Write the demonstration data.")
    parser.add_argument("--check", action="store_true", help="write nothing, compare with the files on disk")
    check = parser.parse_args().check
    stale = []
    for name, text in make_files().items():
        path = FOLDER / name
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    if stale:
        print(f"not what this script writes: {', '.join(stale)}: run it without --check", file=sys.stderr)
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
