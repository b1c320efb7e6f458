"""One BFCL question and its accepted values, as an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_args

from lit_toolcall.data.sources.files import Row, take_whole
from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.data.sources.rows import check_length, read_tools
from lit_toolcall.json_values import clip
from lit_toolcall.types import BfclQuestion, Example, Message, Role, ToolCall

GroundTruth = tuple[Mapping[str, Mapping[str, Any]], ...]


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
        tools=read_tools(functions),
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
    """Tell whether dicts in an accepted value are `{key: [accepted values]}`."""
    dicts = [item for item in (answer if isinstance(answer, list) else [answer]) if isinstance(item, dict)]
    return all(isinstance(accepted, list) for item in dicts for accepted in item.values())


def _make_answer(
    category: str, functions: Sequence[Mapping[str, Any]], ground_truth: GroundTruth | None
) -> Message | None:
    if ground_truth is None:
        return Message("assistant") if "irrelevance" in category else None
    documented = {function["name"]: function["parameters"] for function in functions}
    calls = [
        ToolCall(name, _choose_arguments(accepted, documented.get(name, {"properties": {}})))
        for gold in ground_truth
        for name, accepted in gold.items()
    ]
    return Message("assistant", calls=tuple(calls))


def _choose_arguments(accepted: Mapping[str, Sequence[Any]], parameters: Mapping[str, Any]) -> dict[str, Any]:
    # BFCL refuses an argument that the docs do not know, even where gold says that it may be given.
    usable = {name: values for name, values in accepted.items() if name in parameters["properties"] or "" not in values}
    return first_accepted(usable, parameters.get("required", ()))


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
