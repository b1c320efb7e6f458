"""BFCL's official checker, beside ours: for tests, and for the answers of real runs.

    .venv/bin/python tests/official_bfcl.py [--pythonic END] runs/mine/predictions.jsonl ...

prints how many answers of each category both checkers judged, and each that they judge differently. A run in
the call format `pythonic` is scored by the calls that BFCL's own decoder reads in the texts, up to their end token:
name it by `--pythonic '<|im_end|>'`.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import importlib.util
import json
import os
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from lit_toolcall.data.sources.bfcl import ANSWERED, Bfcl
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.formats import Pythonic
from lit_toolcall.metrics.bfcl_ast import check_ast
from lit_toolcall.types import BfclQuestion, Example, ToolCall

IS_INSTALLED = importlib.util.find_spec("bfcl_eval") is not None
STAND_IN = "bfcl_eval.constants.model_config"
Verdict = Callable[[BfclQuestion, Sequence[ToolCall]], bool]


class _AnyModel(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        return types.SimpleNamespace(underscore_to_dot=False)


def import_official(*modules: str) -> list[types.ModuleType]:
    """Import modules of the package without the vendors' clients that its table of models imports."""
    stand_in = types.ModuleType(STAND_IN)
    stand_in.MODEL_CONFIG_MAPPING = _AnyModel()  # type: ignore[attr-defined]
    with (
        tempfile.TemporaryDirectory() as root,  # it makes folders when it is imported
        patch.dict(os.environ, {"BFCL_PROJECT_ROOT": root}),
        patch.dict(sys.modules, {STAND_IN: stand_in}),
    ):
        return [importlib.import_module(f"bfcl_eval.{module}") for module in modules]


def load_official_checker() -> Verdict:
    """Return the official verdict on calls, by the language of the question's category."""
    checker, enums = import_official("eval_checker.ast_eval.ast_checker", "constants.enums")
    languages = enums.Language
    by_category = {"simple_java": languages.JAVA, "simple_javascript": languages.JAVASCRIPT}

    def is_right(question: BfclQuestion, calls: Sequence[ToolCall]) -> bool:
        output = [{call.name: copy.deepcopy(dict(call.arguments))} for call in calls]
        gold = list(question.ground_truth or ())
        language = by_category.get(question.category, languages.PYTHON)
        try:
            verdict = checker.ast_checker(list(question.functions), output, gold, language, question.category, "any")
        except Exception:  # the official run would stop here; an answer it cannot score is not right
            return False
        return bool(verdict["valid"])

    return is_right


def read_questions(categories: Sequence[str] = ANSWERED) -> dict[str, Example]:
    """Read the package's questions with accepted values, by id."""
    ledger = Ledger()
    examples = {example.id: example for example in Bfcl(categories).read(ledger)}
    assert not ledger.rejected
    return examples


@dataclass(frozen=True)
class Difference:
    """An answer that is judged differently."""

    id: str
    recorded: bool | None
    ours: str | None
    official: bool

    def __str__(self) -> str:
        return f"{self.id}: recorded {self.recorded}, ours {self.ours or 'right'}, official {self.official}"


def compare_predictions(
    lines: Iterable[str],
    questions: Mapping[str, Example],
    official: Verdict,
    decode: Callable[[str], Sequence[ToolCall]] | None = None,
) -> tuple[Counter[str], list[Difference]]:
    """Judge the answers in `predictions.jsonl` by both checkers, and compare them with what is recorded.

    Args:
        lines: of the file; those whose id is no question's are left out, such as irrelevance and transformed ones.
        questions: by id, with accepted values.
        official: the official checker.
        decode: reads the calls of a text; where it is not given they are the `calls` of the line, none for null.

    Returns:
        The number of compared answers by category, and those with differing verdicts.
    """
    compared: Counter[str] = Counter()
    differences = []
    for line in lines:
        record = json.loads(line)
        question = questions.get(record["id"])
        if question is None or question.bfcl is None:
            continue
        read = (ToolCall(call["name"], call["arguments"]) for call in record["calls"] or ())
        calls = tuple(read) if decode is None else tuple(decode(record["text"]))
        ours, theirs = check_ast(question.bfcl, calls), official(question.bfcl, calls)
        compared[question.category] += 1
        if not record["ast_correct"] == (ours is None) == theirs:
            differences.append(Difference(record["id"], record["ast_correct"], ours, theirs))
    return compared, differences


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pythonic", metavar="END")
    parser.add_argument("paths", nargs="+")
    arguments = parser.parse_args()
    questions = read_questions()
    official = load_official_checker()
    end, call_format = arguments.pythonic, Pythonic()

    def decode(text: str) -> Sequence[ToolCall]:
        return call_format.read_as_bfcl(call_format.cut_thoughts(text.partition(end)[0])) or ()

    for path in arguments.paths:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
        compared, differences = compare_predictions(filter(None, lines), questions, official, decode if end else None)
        print(f"{path}: {compared.total()} answers, {len(differences)} differ: {dict(compared)}")
        print(*differences, sep="\n", end="\n" if differences else "")


if __name__ == "__main__":
    main()
