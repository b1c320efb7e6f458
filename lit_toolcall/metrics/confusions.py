"""What an answer confuses: tools with one another, and the values of which types of arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lit_toolcall.json_values import JSON_TYPES, name_type
from lit_toolcall.metrics.matching import CallMatch, OneOf, list_mandatory, match_calls
from lit_toolcall.schema.references import Place, list_composed, root_place
from lit_toolcall.types import Tool, ToolCall


class Confusion(NamedTuple):
    """An expected tool and the one that was called in its place.

    `expected` is None for a call too many, `called` for one too few.
    """

    expected: str | None
    called: str | None


def list_confusions(calls: Sequence[ToolCall], expected: Sequence[ToolCall]) -> tuple[Confusion, ...]:
    """Pair the expected names that are not called with the called ones that are not expected, in their order.

    Example:
        >>> f, g, h = (ToolCall(name, {}) for name in "fgh")
        >>> list_confusions([f, h, h], [g, f])
        (Confusion(expected='g', called='h'), Confusion(expected=None, called='h'))
    """
    missed = _subtract([call.name for call in expected], [call.name for call in calls])
    wrong = _subtract([call.name for call in calls], [call.name for call in expected])
    return tuple(
        Confusion(missed[i] if i < len(missed) else None, wrong[i] if i < len(wrong) else None)
        for i in range(max(len(missed), len(wrong)))
    )


def _subtract(names: Sequence[str], others: Sequence[str]) -> list[str]:
    left, kept = Counter(others), []
    for name in names:
        if left[name]:
            left[name] -= 1
        else:
            kept.append(name)
    return kept


class TypeCount(NamedTuple):
    """The expected arguments of one type: given with an expected value, with another one, or not given."""

    type: str
    right: int = 0
    wrong: int = 0
    missing: int = 0

    @property
    def expected(self) -> int:
        """How many were expected."""
        return self.right + self.wrong + self.missing


def count_types(
    calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]
) -> tuple[TypeCount, ...]:
    """Count the expected arguments by their type and how they were given.

    Calls are matched as for `count_arguments`, and the sums over types are its `hits` and `expected`: an argument that
    may be left out is expected only where it is given, and of an expected call without a partner all are missing.

    Example:
        >>> properties = {"n": {"type": "integer"}, "unit": {"enum": ["C", "F"]}}
        >>> tool = Tool("f", "", {"type": "object", "properties": properties})
        >>> count_types([ToolCall("f", {"n": 4})], [ToolCall("f", {"n": 3, "unit": "C"})], [tool])
        (TypeCount(type='integer', right=0, wrong=1, missing=0), TypeCount(type='enum', right=0, wrong=0, missing=1))
    """
    schemas = {tool.name: tool.parameters for tool in tools}
    partners: dict[int, list[CallMatch]] = {}
    for match in match_calls(calls, expected, tools):
        partners.setdefault(id(match.expected), []).append(match)  # one call may be expected twice
    counts: Counter[tuple[str, str]] = Counter()
    for wanted in expected:
        place = root_place(schemas.get(wanted.name, {}))
        left = partners.get(id(wanted))
        ways = _sort_arguments(wanted, left.pop() if left else None)
        counts.update(
            (name_argument_type(wanted.arguments[name], place.property(name)), way) for name, way in ways.items()
        )
    types = dict.fromkeys(kind for kind, _ in counts)
    return tuple(TypeCount(kind, *(counts[kind, way] for way in ("right", "wrong", "missing"))) for kind in types)


def _sort_arguments(wanted: ToolCall, match: CallMatch | None) -> dict[str, str]:
    """Say of each expected argument how it was given."""
    ways = dict.fromkeys(list_mandatory(wanted.arguments), "missing")
    if match is not None:
        ways |= dict.fromkeys((name for name in match.call.arguments if name in wanted.arguments), "right")
        ways |= dict.fromkeys((name for name, _, _ in match.wrong_arguments), "wrong")
    return ways


def name_argument_type(expected: Any, place: Place) -> str:
    """Return the type of an argument: `enum` where it has choices, else the first that its schema names but null.

    Where the schema names none, it is the type of the expected value.

    Example:
        >>> name_argument_type(5, root_place({"anyOf": [{"type": "null"}, {"type": "number"}]}))
        'number'
        >>> name_argument_type(5, root_place({})), name_argument_type("C", root_place({"enum": ["C", "F"]}))
        ('integer', 'enum')
    """
    schemas = [part for schema in place.schemas for part in list_composed(schema, place.root)]
    if any("enum" in schema or "const" in schema for schema in schemas):
        return "enum"
    named = [name for schema in schemas for name in _list_types(schema) if name in JSON_TYPES and name != "null"]
    value = next(iter(expected.values), None) if isinstance(expected, OneOf) else expected
    return named[0] if named else name_type(value)


def _list_types(schema: Mapping[str, Any]) -> list[str]:
    declared = schema.get("type")
    if isinstance(declared, str):
        return [declared]
    return [name for name in declared if isinstance(name, str)] if isinstance(declared, list) else []
