"""Questions of the Berkeley Function Calling Leaderboard: its single-turn categories."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, get_args

from huggingface_hub import snapshot_download

from lit_toolcall.data.sources.bfcl_languages import show_functions, write_arguments
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.reading.calls import check_length, read_tools
from lit_toolcall.data.sources.reading.files import Row, read_rows
from lit_toolcall.data.sources.reading.values import Flaw, RowError, RowFields, take_whole
from lit_toolcall.data.sources.source import Source, keep_rows
from lit_toolcall.hub import is_offline
from lit_toolcall.json_values import clip
from lit_toolcall.paths import expand_path
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import BfclQuestion, Example, Message, Role, ToolCall, UserError

HUB_ID = "gorilla-llm/Berkeley-Function-Calling-Leaderboard"

ANSWERED = (
    "simple_python",
    "simple_java",
    "simple_javascript",
    "multiple",
    "parallel",
    "parallel_multiple",
    "live_simple",
    "live_multiple",
    "live_parallel",
    "live_parallel_multiple",
)
"""Categories with a file of accepted values."""

UNANSWERED = ("irrelevance", "live_irrelevance", "live_relevance")
"""Categories where only the presence of a call counts."""

_UNSUPPORTED = ("multi_turn", "memory", "web_search", "format_sensitivity")
"""How the names of BFCL's other categories begin."""

GroundTruth = tuple[Mapping[str, Mapping[str, Any]], ...]


class Bfcl(Source):
    """BFCL questions with their accepted values.

    An example's answer takes each argument's first accepted value that is not `""`; an argument is left out
    where it may be and nothing else is accepted, or only null, or its tool does not know it. Irrelevance has
    an answer without calls, relevance none: any call counts as right there. In `simple_java` and
    `simple_javascript` every value is a text in that language, as BFCL has it: a model is shown arguments of type
    `string` with BFCL's words on what the text must be.

    Args:
        categories: such as `simple_python`, `live_multiple`, `irrelevance`; every single-turn category is known.
        path: a folder with `BFCL_v4_<category>.json` and `possible_answer/`, or the hub's dataset
            `gorilla-llm/Berkeley-Function-Calling-Leaderboard`, which holds version 3: its figures do not
            compare with version 4's. Left out: the data in the installed package `bfcl_eval`.
        limit: questions a category, drawn by the seed; left out: all.
        seed: of the draw.
    """

    def __init__(
        self,
        categories: Sequence[str] = ("simple_python",),
        path: str | None = None,
        limit: int | None = None,
        seed: int = 0,
    ) -> None:
        for category in categories:
            _check_category(category)
        check_ranges(type(self), limit=limit, seed=seed)
        self.categories = tuple(categories)
        self.path = None if path is None else expand_path(path)
        self.installed_path = find_installed() if path is None else None
        self.limit = limit
        self.seed = seed

    @property
    def is_fixed(self) -> bool:
        return super().is_fixed and (self.path is None or Path(self.path).is_dir())

    def read(self, ledger: Ledger) -> Iterator[Example]:
        folder = find_folder(self.path)
        for category in self.categories:
            rows = _read_category(_find_file(folder, category), category in ANSWERED)
            drawn = [rows[row] for row in _draw(len(rows), self.limit, f"{self.seed}:{category}")]
            yield from keep_rows(drawn, partial(read_row, category), None, ledger)


def _check_category(category: str) -> None:
    known = (*ANSWERED, *UNANSWERED)
    if category in known:
        return
    if category.startswith(_UNSUPPORTED):
        raise UserError(f"BFCL category '{category}' is not supported, only single-turn ones: {', '.join(known)}")
    raise UserError(f"unknown BFCL category '{category}': choose from {', '.join(known)}")


def find_folder(path: str | None) -> Path:
    """Return the folder of BFCL's data: the installed package's, a local one, or one fetched from the hub.

    Raises:
        UserError: the package is not installed, the path is no folder, or the hub gives nothing.
    """
    if path is None:
        installed = find_installed()
        if installed is None:
            raise UserError(
                "the package bfcl_eval is not installed: pip install --no-deps bfcl-eval==2026.3.23, "
                "or set path to a folder with BFCL_v4_<category>.json"
            )
        return installed
    if Path(path).is_dir():
        return Path(path)
    if path != HUB_ID:
        raise UserError(f"path={path} is no folder with BFCL's data: give one, or {HUB_ID}, or leave it out")
    try:
        patterns = ["BFCL_v*.json", "possible_answer/*.json"]
        return Path(
            snapshot_download(HUB_ID, repo_type="dataset", allow_patterns=patterns, local_files_only=is_offline())
        )
    except OSError as error:
        raise UserError(
            f"{HUB_ID} cannot be fetched from the hub ({type(error).__name__}): check the network, "
            "or set path to a local folder"
        ) from error


def find_installed() -> Path | None:
    """Return the folder of the data in the package `bfcl_eval`; None where it is not installed."""
    # A top-level package is located without being imported; importing it makes folders and loads vendors' clients.
    spec = importlib.util.find_spec("bfcl_eval")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "data"


def _find_file(folder: Path, category: str) -> Path:
    version_3 = category.removesuffix("_python")  # simple_python was named simple
    for name in (f"BFCL_v4_{category}.json", f"BFCL_v3_{version_3}.json"):
        if (folder / name).is_file():
            return folder / name
    raise UserError(f"{folder / f'BFCL_v4_{category}.json'} does not exist: set path to a folder with BFCL's data")


def _read_category(question_file: Path, is_answered: bool) -> list[Row]:
    """Read rows whose value is a question alone, or a question and its accepted values."""
    questions = list(read_rows(str(question_file)))
    if not is_answered:
        return [replace(question, value=(question.value,)) for question in questions]
    answer_file = question_file.parent / "possible_answer" / question_file.name
    if not answer_file.is_file():
        raise UserError(
            f"{answer_file} does not exist: a folder of BFCL's data has its accepted values in possible_answer"
        )
    answers = list(read_rows(str(answer_file)))
    if len(answers) != len(questions):
        raise UserError(
            f"{question_file} has {len(questions)} questions but {len(answers)} answers in "
            "possible_answer: take both from one version of BFCL"
        )
    return [_join(question, answer) for question, answer in zip(questions, answers, strict=True)]


def _join(question: Row, answer: Row) -> Row:
    parts = [answer.value.peek(key) for key in ("id", "ground_truth")] if isinstance(answer.value, RowFields) else []
    problem = answer.problem or next((part.reason for part in parts if isinstance(part, Flaw)), None)
    unread = None if problem is None else f"its accepted values, {answer.place}: {problem}"
    return replace(question, value=(question.value, answer.value), problem=question.problem or unread)


def _draw(rows: int, limit: int | None, seed: str) -> Sequence[int]:
    """Return which rows to read, in the file's order."""
    if limit is None or limit >= rows:
        return range(rows)
    return sorted(random.Random(seed).sample(range(rows), limit))


def read_row(category: str, row: Row) -> Example:
    """Make an example of a row whose value is a question alone, or a question and its accepted values.

    Raises:
        RowError: one of them is not of BFCL's shape; the text says which part.
    """
    question, *answers = row.value
    _check_object(question, ("id", "question", "function"))
    functions = take_whole(question["function"])
    # Four questions of live_irrelevance offer no function at all.
    if not isinstance(functions, list) or not all(map(_is_documented, functions)):
        raise RowError("each function needs a 'name' and 'parameters' with 'properties', and with 'required' as a list")
    if answers and not functions:
        raise RowError("a question with accepted values needs a function")
    ground_truth = _read_ground_truth(answers[0], question["id"]) if answers else None
    answer = _make_answer(category, functions, ground_truth)
    check_length(answer.calls if answer is not None else ())
    return Example(
        id=question["id"],
        tools=read_tools(show_functions(category, functions)),
        messages=tuple(_read_messages(question["question"])),
        answer=answer,
        category=category,
        place=row.place,
        bfcl=BfclQuestion(category, tuple(functions), ground_truth),
    )


def _check_object(value: Any, keys: Sequence[str]) -> None:
    if not isinstance(value, dict) or not value.keys() >= set(keys) or not isinstance(value["id"], str):
        raise RowError(f"a row needs {', '.join(map(repr, keys))}, the id being a string")


def _is_documented(function: Any) -> bool:
    return (
        isinstance(function, dict)
        and isinstance(function.get("name"), str)
        and isinstance(function.get("parameters"), dict)
        and isinstance(function["parameters"].get("properties"), dict)
        and all(isinstance(docs, dict) for docs in function["parameters"]["properties"].values())
        and isinstance(function["parameters"].get("required", []), list)
    )


def _read_messages(turns: Any) -> Iterator[Message]:
    """Yield the messages of the first turn, the only one that a single-turn question has."""
    if not isinstance(turns, list) or len(turns) != 1 or not isinstance(turns[0], list) or not turns[0]:
        raise RowError("'question' needs one turn, a list of messages")
    for message in turns[0]:
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise RowError("a message needs 'role' and 'content'")
        if message.get("role") not in get_args(Role):
            role = clip(repr(message.get("role")), 40)
            raise RowError(f"a message has role {role}: use one of {', '.join(get_args(Role))}")
        yield Message(message["role"], message["content"])


def _read_ground_truth(answer: Any, question_id: str) -> GroundTruth:
    _check_object(answer, ("id", "ground_truth"))
    if answer["id"] != question_id:
        raise RowError(
            f"its accepted values are those of {clip(answer['id'])!r}: possible_answer needs the questions' order"
        )
    ground_truth = answer["ground_truth"]
    if not isinstance(ground_truth, list) or not ground_truth or not all(map(_is_gold_call, ground_truth)):
        raise RowError("'ground_truth' needs entries {name: {argument: [accepted values]}}")
    return tuple(ground_truth)


def _is_gold_call(gold: Any) -> bool:
    return (
        isinstance(gold, dict)
        and len(gold) == 1
        and all(isinstance(arguments, dict) for arguments in gold.values())
        and all(
            isinstance(accepted, list) and all(map(_is_folded, accepted))
            for arguments in gold.values()
            for accepted in arguments.values()
        )
    )


def _is_folded(answer: Any) -> bool:
    """Tell whether dicts in an accepted value are `{key: [accepted values]}`.

    One of simple_java's has a text in place of the list. BFCL takes its characters for the values, and the key may be
    left out.
    """
    dicts = [item for item in (answer if isinstance(answer, list) else [answer]) if isinstance(item, dict)]
    return all(isinstance(accepted, (list, str)) for item in dicts for accepted in item.values())


def _make_answer(
    category: str, functions: Sequence[Mapping[str, Any]], ground_truth: GroundTruth | None
) -> Message | None:
    if ground_truth is None:
        return Message("assistant") if "irrelevance" in category else None
    documented = {function["name"]: function["parameters"] for function in functions}
    calls = [
        ToolCall(name, _choose_arguments(category, accepted, documented.get(name, {"properties": {}})))
        for gold in ground_truth
        for name, accepted in gold.items()
    ]
    return Message("assistant", calls=tuple(calls))


def _choose_arguments(
    category: str, accepted: Mapping[str, Sequence[Any]], parameters: Mapping[str, Any]
) -> dict[str, Any]:
    # BFCL refuses an argument that the docs do not know, even where gold says that it may be given.
    usable = {name: values for name, values in accepted.items() if name in parameters["properties"] or "" not in values}
    return write_arguments(category, first_accepted(usable, parameters.get("required", ())), parameters)


def first_accepted(accepted: Mapping[str, Sequence[Any]], required: Sequence[str] = ()) -> dict[str, Any]:
    """Return one set of arguments out of the accepted values: the first of each that is not `""`.

    An argument is left out where only `""` is accepted, or only `""` and null, unless it is required. Dicts,
    alone or in a list, hold lists of accepted values in their turn.

    Example:
        >>> first_accepted({"unit": ["", "cm"], "page": ["", None], "area": [{"width": [20, 21]}]})
        {'unit': 'cm', 'area': {'width': 20}}
        >>> first_accepted({"note": [""]}, required=["note"])
        {'note': ''}
    """
    return {name: _unfold(value) for name, value in _choose(accepted, required).items()}


def _choose(accepted: Mapping[str, Sequence[Any]], required: Sequence[str]) -> dict[str, Any]:
    chosen = {}
    for name, values in accepted.items():
        if isinstance(values, str):
            continue
        may_be_absent = "" in values and name not in required
        usable = [value for value in values if value != "" and not (may_be_absent and value is None)]
        if usable:
            chosen[name] = usable[0]
        elif values and not may_be_absent:
            chosen[name] = values[0]
    return chosen


def _unfold(answer: Any) -> Any:
    """Choose within a dict or a list of dicts; what lies deeper is a plain value in BFCL."""
    if isinstance(answer, dict):
        return _choose(answer, required=())
    if isinstance(answer, list):
        return [_choose(item, required=()) if isinstance(item, dict) else item for item in answer]
    return answer
