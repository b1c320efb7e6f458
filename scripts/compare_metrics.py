"""Print the scores of several runs side by side: `compare_metrics.py NAME=RUN_FOLDER ...`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lit_toolcall.metrics import describe_metrics


def main() -> None:
    if not sys.argv[1:] or not all("=" in argument for argument in sys.argv[1:]):
        sys.exit("usage: compare_metrics.py NAME=RUN_FOLDER ...")
    runs = dict(argument.split("=", 1) for argument in sys.argv[1:])
    print(
        describe_metrics(
            {name: json.loads((Path(run) / "metrics.json").read_text())["all"] for name, run in runs.items()}
        )
    )


if __name__ == "__main__":
    main()
