"""Print the scores of several runs side by side: `compare_metrics.py NAME=RUN_FOLDER ...`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from lit_toolcall.metrics import describe_metrics
from lit_toolcall.paths import expand_path


def read_metrics(run: Path) -> dict[str, Any]:
    """Read what `test` has written into a run folder; exits where there is none."""
    path = run / "metrics.json"
    if not run.is_dir():
        sys.exit(f"error: no such run: {run}: give the run folder of a `test`")
    if not path.is_file():
        sys.exit(f"error: {run} holds no metrics.json: run `lit_toolcall test` into it first")
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))
        metrics["all"], metrics["categories"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        sys.exit(f"error: {path} is not what `test` writes ({error}): run it again")
    return metrics


def main() -> None:
    if not sys.argv[1:] or not all("=" in argument for argument in sys.argv[1:]):
        sys.exit("usage: compare_metrics.py NAME=RUN_FOLDER ...")
    runs = dict(argument.split("=", 1) for argument in sys.argv[1:])
    print(describe_metrics({name: read_metrics(Path(expand_path(run, "run")))["all"] for name, run in runs.items()}))


if __name__ == "__main__":
    main()
