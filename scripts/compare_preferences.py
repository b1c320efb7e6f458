"""Print a table of preference trainings beside the model they start from: `compare_preferences.py SFT_RUN RUN ...`.

Each folder holds `predictions.jsonl` and `metrics.json` of `test` over the same questions. Exact match, AST accuracy
and valid call rate are over the questions that want calls, with 95% intervals; `irrelevance` is the fraction of the
others that are answered without a call. `p` is the exact McNemar test of exact match against the first run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from compare_metrics import read_metrics

from lit_toolcall.metrics.intervals import mcnemar_p, wilson_interval

NO_CALL = "irrelevance"
COLUMNS = ("exact match", "AST accuracy", "valid calls", "irrelevance")


def read_exact(run: Path) -> dict[str, bool]:
    """Read which questions that want calls are answered exactly."""
    read_metrics(run)  # exits where there is no such run
    path = run / "predictions.jsonl"
    if not path.is_file():
        sys.exit(f"error: {run} holds no predictions.jsonl: run `lit_toolcall test` into it first")
    lines = path.read_text(encoding="utf-8").split("\n")
    records = [json.loads(line) for line in lines if line]
    return {record["id"]: record["correct"] for record in records if record["category"] != NO_CALL}


def sum_rate(categories: list[dict[str, Any]], name: str) -> str:
    """Sum a rate's counts over categories, and write it with its interval."""
    correct, total = (sum(category[name][part] for category in categories) for part in ("correct", "total"))
    low, high = wilson_interval(correct, total)
    return f"{correct / total:.1%} [{low:.0%}, {high:.0%}]" if total else "-"


def describe_run(run: Path, first: dict[str, bool]) -> list[str]:
    """Write a run's line of the table."""
    categories = read_metrics(run)["categories"]
    calling = [category for name, category in categories.items() if name != NO_CALL]
    silent = [categories[NO_CALL]] if NO_CALL in categories else []
    cells = [sum_rate(calling, name) for name in ("exact_match", "ast_accuracy", "valid_call_rate")]
    cells.append(sum_rate(silent, "ast_accuracy"))
    exact = read_exact(run)
    if exact.keys() != first.keys():
        sys.exit(f"{run} answers other questions than the first run")
    gained, lost = (sum(exact[name] == now and first[name] != now for name in exact) for now in (True, False))
    p = mcnemar_p(gained, lost)
    return [*cells, f"+{gained} -{lost}", "<0.01" if p < 0.01 else f"{p:.2f}"]


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: compare_preferences.py SFT_RUN RUN ...")
    runs = [Path(argument) for argument in sys.argv[1:]]
    first = read_exact(runs[0])
    print("| run | " + " | ".join(COLUMNS) + " | questions gained, lost | p |")
    print("| --- " * (len(COLUMNS) + 3) + "|")
    for run in runs:
        print(f"| {run.name} | " + " | ".join(describe_run(run, first)) + " |")


if __name__ == "__main__":
    main()
