"""When BFCL takes one argument's value: its type and value rules for Python, quirks included.

Our own wording of what `bfcl_eval.eval_checker.ast_eval.ast_checker` (bfcl-eval 2026.3.23) does; a parity
test holds the two together. A rule that looks odd here is odd there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

PYTHON_TYPES: Mapping[str, type] = {
    "string": str,
    "integer": int,
    "float": float,
    "boolean": bool,
    "array": list,
    "tuple": list,
    "dict": dict,
    "any": str,
}
"""The types that BFCL's Python docs may declare; `any` means a string there."""

_LISTS = ("array", "tuple")
_IGNORED = str.maketrans("", "", " ,./-_*^")


def normalise_string(text: str) -> str:
    """Return the form in which BFCL compares strings.

    Example:
        >>> normalise_string("New-York, 'NY'")
        'newyork"ny"'
        >>> normalise_string("1.5") == normalise_string("15")
        True
    """
    return text.translate(_IGNORED).lower().replace("'", '"')


def find_value_problem(value: Any, accepted: Sequence[Any], docs: Mapping[str, Any]) -> str | None:
    """Return why a value is not taken, or None where it is.

    Args:
        value: what the call gives.
        accepted: the accepted values; `""` among them stands for an argument that may be left out.
        docs: the argument's docs in BFCL's dialect, such as `{"type": "array", "items": {"type": "float"}}`.

    Example:
        >>> find_value_problem(5, [5.0], {"type": "float"}) is None
        True
        >>> find_value_problem(5.0, [5], {"type": "integer"})
        '5.0 is not of type integer'
    """
    declared = str(docs.get("type"))
    if declared not in PYTHON_TYPES:
        return f"its docs declare type {declared!r}, which BFCL cannot check"
    item_type = None
    if declared in _LISTS:
        item_name = str(docs.get("items", {}).get("type"))
        if item_name not in PYTHON_TYPES:
            return f"its docs declare items of type {item_name!r}, which BFCL cannot check"
        item_type = PYTHON_TYPES[item_name]

    if declared == "tuple" and type(value) is tuple:
        value = list(value)
    if declared == "float" and type(value) is int:
        try:
            value = float(value)
        except OverflowError:
            return "it is too large for a float"

    expected_type = PYTHON_TYPES[declared]
    sample_type = _sample_type(accepted)
    # Gold may hold a variable's name, or None, where the docs declare another type: compared as it stands,
    # without normalising.
    as_it_stands = sample_type is not None and sample_type is not expected_type
    if type(value) is expected_type:
        if item_type is not None and not _items_fit(value, accepted, item_type):
            return f"{value!r:.80} holds items that are not of type {item_name}"
    elif type(value) is sample_type:
        as_it_stands = True
    else:
        return f"{value!r:.80} is not of type {declared}"

    matches = _equals_any if as_it_stands else _MATCHERS.get((expected_type, item_type is dict), _equals_any)
    return (
        None if matches(value, accepted) else f"{value!r:.80} is not among the accepted values {list(accepted)!r:.200}"
    )


def _sample_type(accepted: Sequence[Any]) -> type | None:
    """Return the type of the first accepted value that is not `""`; None where there is none."""
    return next((type(answer) for answer in accepted if answer != ""), None)


def _items_fit(value: Any, accepted: Sequence[Any], item_type: type) -> bool:
    """Tell whether the items have the declared type, or that of an accepted list's first item."""
    for answer in accepted:
        if type(answer) is not list:
            return True
        sample_type = _sample_type(answer)
        if all(type(item) is item_type or type(item) is sample_type for item in value):
            return True
    return False


def _equals_any(value: Any, accepted: Sequence[Any]) -> bool:
    return value in accepted


def _matches_string(value: str, accepted: Sequence[Any]) -> bool:
    return normalise_string(value) in [normalise_string(answer) for answer in accepted if type(answer) is str]


def _normalise_items(values: Sequence[Any]) -> list[Any]:
    return [normalise_string(item) if type(item) is str else item for item in values]


def _matches_list(value: list[Any], accepted: Sequence[Any]) -> bool:
    # `""` counts as a list of no items, as in BFCL: an empty list stands for an absent argument.
    return _normalise_items(value) in [_normalise_items(answer) for answer in accepted if type(answer) in (list, str)]


def _matches_dict(value: Any, accepted: Sequence[Any]) -> bool:
    return any(_fits_dict(value, answer) for answer in accepted)


def _fits_dict(value: Any, answer: Any) -> bool:
    """Tell whether a dict fits one accepted `{key: [accepted values]}`."""
    if type(value) is not dict or type(answer) is not dict:
        return False
    if any(key not in value and "" not in accepted for key, accepted in answer.items()):
        return False
    return all(
        key in answer and _normalise_items([item])[0] in _normalise_items(answer[key]) for key, item in value.items()
    )


def _matches_dicts(value: list[Any], accepted: Sequence[Any]) -> bool:
    return any(
        len(value) == len(answer) and all(map(_fits_dict, value, answer))
        for answer in accepted
        if type(answer) in (list, str)
    )


_MATCHERS: Mapping[tuple[type, bool], Callable[[Any, Sequence[Any]], bool]] = {
    (str, False): _matches_string,
    (dict, False): _matches_dict,
    (list, False): _matches_list,
    (list, True): _matches_dicts,
}
"""By the declared type and whether it is a list of dicts; numbers and booleans are compared as they stand."""
