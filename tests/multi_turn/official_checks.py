"""A program that runs BFCL's own execution and checks, which evaluate, over changes of its own gold calls.

It writes `{variant: {id: [verdict, ...]}}` and, of the gold calls as they are, `{id: [results of each turn]}`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bfcl_eval.eval_checker.multi_turn_eval.multi_turn_checker import multi_turn_checker
from bfcl_eval.eval_checker.multi_turn_eval.multi_turn_utils import execute_multi_turn_func_call
from variants import VARIANTS


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main(data: Path, categories: list[str]) -> None:
    verdicts: dict = {variant: {} for variant in VARIANTS}
    results = {}
    for category in categories:
        name = f"BFCL_v4_{category}.json"
        for entry, answer in zip(read(data / name), read(data / "possible_answer" / name), strict=True):
            gold = answer["ground_truth"]
            identity = entry["id"]
            results[identity] = [
                execute_multi_turn_func_call(
                    calls,
                    entry["initial_config"],
                    entry["involved_classes"],
                    "results",
                    identity,
                    long_context="long_context" in category,
                )[0]
                for calls in gold
            ]
            for variant, change in VARIANTS.items():
                steps = [change(calls) for calls in gold]
                found = multi_turn_checker(steps, gold, entry, category, variant)
                verdicts[variant][identity] = found.get("error_type", "").removeprefix("multi_turn:") or None
    json.dump({"verdicts": verdicts, "results": results}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
