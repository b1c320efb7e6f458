"""When two JSON values are the same: the one rule of schemas, of defaults and of expected answers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any


def equal_json(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal, as JSON Schema has it: 1 is 1.0, true is not 1, at any depth.

    >>> equal_json([1, {"a": 2.0}], [1.0, {"a": 2}]), equal_json([True], [1]), equal_json({"a": 1}, {"b": 1})
    (True, False, False)
    """
    if isinstance(one, dict):
        if not isinstance(other, dict) or one.keys() != other.keys():
            return False
        return all(equal_json(value, other[name]) for name, value in one.items())
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(equal_json, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def hash_json(value: Any) -> Hashable:
    """Return what is equal for equal JSON values alone, and can stand in a set.

    >>> hash_json([1, "a"]) == hash_json([1.0, "a"]), hash_json(True) == hash_json(1), hash_json([]) == hash_json({})
    (True, False, False)
    """
    if isinstance(value, dict):
        return "object", frozenset((name, hash_json(part)) for name, part in value.items())
    if isinstance(value, list):
        return "array", tuple(map(hash_json, value))
    return isinstance(value, bool), value
