"""Measure how fast rows are prepared: `python scripts/measure_encoding.py BASE_MODEL ROWS`.

Repeats the demonstration rows, and prints rows a second of the first start (read, encoded, written), the seconds of the
second start (mapped), and the rows a second of the tokenizer alone on the same text.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from importlib.resources import files
from pathlib import Path

from lit_toolcall.data.sources import JsonLines
from lit_toolcall.datamodules import SFTDataModule
from lit_toolcall.prompting import PromptOptions, load_renderer
from lit_toolcall.types import Message


def write_rows(path: Path, count: int) -> None:
    """Write the demonstration rows again and again, under new ids."""
    lines = (files("lit_toolcall.data.demo") / "train.jsonl").read_text(encoding="utf-8").splitlines()
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = json.loads(lines[number % len(lines)]) | {"id": str(number)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def start(base_model: str, folder: Path) -> tuple[SFTDataModule, float]:
    """Start as `fit` does.

    Returns:
        The data, and the seconds it took, the tokenizer's loading included.
    """
    begun = time.perf_counter()
    source = JsonLines(str(folder / "rows.jsonl"), "demo:tools.jsonl")
    data = SFTDataModule(
        base_model,
        PromptOptions(tools_as="json"),
        train=[source],
        validation_fraction=0.01,
        cache_dir=str(folder / "cache"),
    )
    data.prepare_data()
    data.setup("fit")
    return data, time.perf_counter() - begun


def main() -> None:
    if len(sys.argv) != 3 or not sys.argv[2].isdigit() or int(sys.argv[2]) < 1:
        sys.exit("usage: measure_encoding.py BASE_MODEL ROWS")
    base_model, count = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rows(folder / "rows.jsonl", count)
        data, first = start(base_model, folder)
        _, second = start(base_model, folder)
        assert data.train_rows is not None
        renderer = load_renderer(base_model, data.prompt)
        sample = [data.train_rows.rows[row] for row in range(min(count, 20_000) * 99 // 100)]
        texts = [
            renderer.render_prompt(row) + renderer.render_answer(row.answer or Message("assistant")) for row in sample
        ]
        os.environ["TOKENIZERS_PARALLELISM"] = "true"
        begun = time.perf_counter()
        renderer.tokenizer(texts, add_special_tokens=False)
        alone = len(texts) / (time.perf_counter() - begun)
    print(f"first start: {first:.1f} s for {count:,} rows, {count / first:,.0f} rows a second")
    print(f"second start: {second:.1f} s")
    print(f"the tokenizer alone: {alone:,.0f} rows a second")


if __name__ == "__main__":
    main()
