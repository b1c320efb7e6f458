"""The calls that an answer should make, and whether a value is the expected one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.json_values import equal_json
from lit_toolcall.schema.references import Place, root_place
from lit_toolcall.types import BfclQuestion, Example, ToolCall


@dataclass(frozen=True)
class OneOf:
    """Stands among expected arguments where BFCL accepts several values."""

    values: tuple[Any, ...]
    may_be_absent: bool


def expected_calls(example: Example) -> tuple[ToolCall, ...] | None:
    """Return the calls of an exact answer, with a `OneOf` for each set of values that BFCL accepts.

    Returns:
        None where any call counts as right; no calls where none is expected.
    """
    if example.bfcl is not None and example.bfcl.ground_truth is not None:
        return tuple(_read_accepted(example.bfcl))
    return None if example.answer is None else example.answer.calls


def _read_accepted(question: BfclQuestion) -> Iterator[ToolCall]:
    parameters = {docs["name"]: docs["parameters"] for docs in question.functions}
    for gold in question.ground_truth or ():
        for name, accepted in gold.items():
            required = parameters.get(name, {}).get("required", ())
            documented = parameters.get(name, {}).get("properties", {})
            arguments = {
                argument: _make_one_of(values, documented.get(argument, {}).get("type"), argument in required)
                for argument, values in accepted.items()
                # BFCL refuses an argument that the docs do not know, even where gold says that it may be
                # given.
                if argument in documented or "" not in values
            }
            yield ToolCall(name, arguments)


def _make_one_of(accepted: Sequence[Any], declared_type: str | None, is_required: bool) -> OneOf:
    """Read `""` as "may be left out" unless the argument is required, and as a value where it is a string."""
    values = tuple(_unfold(value) for value in accepted if value != "" or declared_type == "string")
    return OneOf(values, may_be_absent="" in accepted and not is_required)


def _unfold(accepted: Any) -> Any:
    """Replace lists of accepted values in a dict, or in a list of dicts, by `OneOf`; BFCL goes no deeper."""
    if isinstance(accepted, dict):
        return {key: OneOf(tuple(values), may_be_absent="" in values) for key, values in accepted.items()}
    if isinstance(accepted, list):
        return [_unfold(item) if isinstance(item, dict) else item for item in accepted]
    return accepted


def list_mandatory(arguments: Mapping[str, Any]) -> list[str]:
    """Return the names of the expected arguments that an answer may not leave out.

    Example:
        >>> list_mandatory({"a": 1, "b": OneOf((2,), may_be_absent=True)})
        ['a']
    """
    return [name for name, part in arguments.items() if not (isinstance(part, OneOf) and part.may_be_absent)]


def equals_expected(value: Any, expected: Any, schema: Mapping[str, Any]) -> bool:
    """Tell whether a JSON value is the expected one, strictly: the same case, the same types, lists in order.

    JSON has one type for numbers, so 5 and 5.0 are equal where the schema says `number`, be it in an alternative, in a
    schema that it refers to or inside a list; where it says `integer` alone, or nothing, they differ. True is never 1.

    Args:
        value: what the call gives.
        expected: a JSON value, in which a `OneOf` may stand for any part.
        schema: the value's JSON Schema, which its references are looked up in; `{}` where there is none.

    Example:
        >>> equals_expected(5, 5.0, {"type": "number"}), equals_expected(5, 5.0, {"type": "integer"})
        (True, False)
        >>> equals_expected({"a": 1}, {"a": 1, "b": OneOf((2,), may_be_absent=True)}, {})
        True
    """
    return equals_at(value, expected, root_place(schema))


def equals_at(value: Any, expected: Any, place: Place) -> bool:
    """Tell the same of a value at a place inside a tool's schema."""
    if isinstance(expected, OneOf):
        return any(equals_at(value, one, place) for one in expected.values)
    if isinstance(expected, Mapping):
        return (
            isinstance(value, Mapping)
            and _has_expected_names(value, expected)
            and all(equals_at(value[name], expected[name], place.property(name)) for name in value)
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(equals_at(value[i], one, place.item(i)) for i, one in enumerate(expected))
        )
    if {type(value), type(expected)} == {int, float}:
        return equal_json(value, expected) and place.takes_number()
    return type(value) is type(expected) and equal_json(value, expected)


def _has_expected_names(names: Iterable[str], expected: Mapping[str, Any]) -> bool:
    return set(list_mandatory(expected)) <= set(names) <= expected.keys()
