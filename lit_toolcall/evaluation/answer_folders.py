"""Folders of answers read back: `predictions.jsonl` and `metrics.json`, as `test` and `eval` write them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from lit_toolcall.evaluation.confidence import MEASURES
from lit_toolcall.json_values import clip, excerpt
from lit_toolcall.metrics import describe_metrics
from lit_toolcall.metrics.rates import PROPORTION
from lit_toolcall.ranges import FINITE
from lit_toolcall.types import UserError

COUNTED = ("exact_match", "ast_accuracy", "valid_call_rate")
"""Rates whose counts a comparison sums."""
AGAIN = "run `eval` or `test` again"
CURE = "run `lit_toolcall eval` or `test` into it first"
TYPES: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "category": (str,),
    "text": (str,),
    "problem": (str, type(None)),
    "correct": (bool, type(None)),
}
"""What a comparison needs of each line."""
OPTIONAL_TYPES: dict[str, tuple[type, ...]] = {
    "ast_correct": (bool, type(None)),
    "question": (list,),
    "expected": (list, type(None)),
    "confidence": (dict, type(None)),
    "variant_of": (str, type(None)),
    "turns": (int,),
}
"""What lines may have besides; those of older releases do not."""


@dataclass(frozen=True)
class AnswerFolder:
    """The answers of one model to some questions.

    Args:
        name: what it is called in a comparison.
        records: the lines of `predictions.jsonl` by their ids, in the file's order.
        metrics: the content of `metrics.json`.
    """

    name: str
    records: Mapping[str, Mapping[str, Any]]
    metrics: Mapping[str, Any]


def is_dialogue(record: Mapping[str, Any]) -> bool:
    """Tell whether a line is a dialogue of several turns, which is right or wrong as a whole."""
    return "turns" in record


def read_answer_folder(folder: Path, name: str) -> AnswerFolder:
    """Read a folder of scored answers.

    Raises:
        UserError: no such folder, one of its files is missing or broken, or the answers have no scores.
    """
    if not folder.exists():
        raise UserError(f"{folder}: no such folder: give one that `eval` or `test` has written")
    if not folder.is_dir():
        raise UserError(f"{folder} is a file: give the folder that it lies in")
    path = folder / "predictions.jsonl"
    if not path.is_file():
        if any(folder.glob("predictions*.part")):
            raise UserError(f"{folder} holds the answers of a run that was interrupted: run it to its end first")
        raise UserError(f"{folder} holds no predictions.jsonl: {CURE}")
    records = read_predictions(path)
    if not any(record["correct"] is not None for record in records.values()):
        if all(map(is_dialogue, records.values())):
            raise UserError(f"{path}: no dialogue was asked, since the model has too few positions: take another model")
        raise UserError(
            f"{path}: the answers have no scores, as `predict` writes them: {CURE}, "
            "with questions whose answers are known"
        )
    metrics = read_metrics(folder)
    if not is_counted(records, metrics):
        raise UserError(f"{folder}: metrics.json counts other answers than predictions.jsonl holds: {AGAIN}")
    return AnswerFolder(name, records, metrics)


def is_counted(records: Mapping[str, Mapping[str, Any]], metrics: Mapping[str, Any]) -> bool:
    """Tell whether each scored answer is counted: in `all`, or with the dialogues or the changed forms.

    >>> rate = {"correct": 1, "total": 1}
    >>> metrics = {"all": {"exact_match": rate}, "categories": {"": {}}}
    >>> [is_counted({"1": {"category": name, "correct": True}}, metrics) for name in ("", "other")]
    [True, False]
    """
    scored = [(record["category"], record["correct"]) for record in records.values() if record["correct"] is not None]
    correct = Counter(category for category, is_right in scored if is_right)
    total = Counter(category for category, _ in scored)
    places = [(tuple(metrics["categories"]), metrics["all"]["exact_match"]), *_list_apart(metrics)]
    named = {category for categories, _ in places for category in categories}
    return total.keys() <= named and all(
        (rate["correct"], rate["total"]) == tuple(sum(count[name] for name in categories) for count in (correct, total))
        for categories, rate in places
    )


def _list_apart(metrics: Mapping[str, Any]) -> Iterator[tuple[tuple[str], Mapping[str, Any]]]:
    """Yield what counts apart from `all`: the categories of dialogues and of changed forms, with how many are right."""
    for category, rate in metrics.get("multi_turn", {}).get("categories", {}).items():
        yield (category,), rate
    for levels in metrics.get("robustness", {}).values():
        for level in levels:
            if level["category"] not in metrics["categories"] and "exact_match" in level["rates"]:
                yield (level["category"],), level["rates"]["exact_match"]


def read_predictions(path: Path) -> dict[str, dict[str, Any]]:
    """Read `predictions.jsonl`, its lines by their ids.

    Raises:
        UserError: it is empty, a line is broken, or two lines have one id.
    """
    records: dict[str, dict[str, Any]] = {}
    # not splitlines(): an answer may hold U+2028 or U+0085, which JSON leaves as they are
    for number, line in enumerate(path.read_bytes().split(b"\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        record = _read_record(line, place)
        if record["id"] in records:
            raise UserError(
                f"{place}: the id {excerpt(record['id'])} stands in an earlier line too: each needs its own"
            )
        records[record["id"]] = record
    if not records:
        raise UserError(f"{path} holds no answers: {CURE}")
    return records


def _read_record(line: bytes, place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:  # also what is not UTF-8, and numbers of too many digits
        said = "nested too deep" if isinstance(error, RecursionError) else clip(" ".join(str(error).split()))
        raise UserError(f"{place}: not JSON ({said}): {AGAIN}") from None
    if not isinstance(record, dict):
        _refuse(place, "no JSON object")
    if is_dialogue(record):
        record = {"text": "", **record}  # it is in `messages`
    if missing := TYPES.keys() - record.keys():
        _refuse(place, f"no `{min(missing)}`")
    for key, types in (TYPES | OPTIONAL_TYPES).items():
        if key in record and type(record[key]) not in types:
            _refuse(place, f"`{key}` is {excerpt(json.dumps(record[key]))}")
    confidence = record.get("confidence")
    if confidence is not None and not all(FINITE.holds(confidence.get(measure)) for measure in MEASURES):
        _refuse(place, f"`confidence` is {excerpt(json.dumps(confidence))}")
    return {"ast_correct": None, **record}


def _refuse(place: str, found: str) -> NoReturn:
    raise UserError(f"{place}: {found}, which `eval` and `test` do not write: {AGAIN}")


def read_metrics(folder: Path) -> dict[str, Any]:
    """Read `metrics.json`.

    Raises:
        UserError: there is none, or it is not what `eval` and `test` write.
    """
    path = folder / "metrics.json"
    if not path.is_file():
        raise UserError(f"{folder} holds no metrics.json: {CURE}")
    try:
        metrics = dict(json.loads(path.read_bytes()))
        summaries = [metrics["all"], *metrics["categories"].values()]
        describe_metrics(
            {str(number): summary for number, summary in enumerate(summaries)}
        )  # fails where a rate is none
        rates = [summary[rate] for summary in summaries for rate in COUNTED if rate in summary]
        rates += [rate for _, rate in _list_apart(metrics)]
        rates += [{"correct": each["right"], "total": each["expected"]} for each in list_types(metrics["all"]).values()]
        if not all(type(rate[part]) is int for rate in rates for part in PROPORTION.counts):
            raise ValueError("counts that are not whole numbers")
        if not all(0 <= rate["correct"] <= rate["total"] for rate in rates):
            raise ValueError("more than all")
        for figure in metrics.get("bfcl", {}).values():
            describe_figure(figure)
        metrics["all"]["exact_match"]
        list_references(metrics)
    except (ValueError, TypeError, KeyError, AttributeError, AssertionError, RecursionError):
        raise UserError(f"{path} is not what `eval` and `test` write: {AGAIN}") from None
    return metrics


def describe_figure(figure: Mapping[str, float]) -> str:
    """Write one of BFCL's figures with its 95% interval.

    >>> describe_figure({"value": 0.5, "low": 0.25, "high": 0.75})
    '50.0% [25%, 75%]'
    """
    return f"{figure['value']:.1%} [{figure['low']:.0%}, {figure['high']:.0%}]"


def list_types(summary: Mapping[str, Any]) -> Mapping[str, Mapping[str, int]]:
    """Return the expected arguments by type; nothing from older releases."""
    return dict(summary.get("argument_types", {}))


def list_references(metrics: Mapping[str, Any]) -> set[str]:
    """Name the categories of forms that other forms are compared with, and that are compared with none."""
    levels = [level for levels in metrics.get("robustness", {}).values() for level in levels]
    return {level["category"] for level in levels if level["against"] is None}
