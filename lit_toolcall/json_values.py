"""JSON values: their types, bounds and equality, and how a text is decoded to one and cited in a sentence."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from itertools import islice
from typing import Any

from lit_toolcall.types import Problem

MAX_DEPTH = 64
"""The deepest nesting of lists and objects that is read, of rows and of answers."""
MAX_DIGITS = 300
"""The longest whole number that is read: longer ones take quadratic time and overflow where they meet a float."""
JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
"""The types of JSON Schema by `type()`, not by `isinstance`: to Python a bool is an int."""
SHOWN_NAMES = 20
"""Names that a sentence lists."""

Refuse = Callable[[Problem, str], Any]
"""Takes a problem and its sentence; raises, or returns what stands in the value's place."""

_SPACE = re.compile(r"\s*+")


def name_type(value: Any) -> str:
    """Return the JSON type of a value, Python's name for what JSON does not have.

    >>> name_type(1), name_type(1.5), name_type(None), name_type(())
    ('integer', 'number', 'null', 'tuple')
    """
    return next((name for name, kinds in JSON_TYPES.items() if type(value) in kinds), type(value).__name__)


def clip(text: str, characters: int = 80) -> str:
    """Shorten a text so that it fits a sentence.

    >>> clip("a" * 9, 5)
    'aaaaa...'
    """
    return text if len(text) <= characters else f"{text[:characters]}..."


def excerpt(text: str, characters: int = 40) -> str:
    """Return the first characters of a text, quoted, for an error message.

    >>> excerpt("get_weather(city=", 8)
    "'get_weat...'"
    """
    return repr(clip(text, characters))


def list_names(names: Collection[str]) -> str:
    """Return names for a sentence, the first of them where they are many.

    >>> list_names([]), list_names(["a", "b"]), list_names([str(i) for i in range(22)])[-13:]
    ('none', 'a, b', '19 and 2 more')
    """
    shown = ", ".join(f"{name:.60}" for name in islice(names, SHOWN_NAMES)) or "none"
    return f"{shown} and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else shown


def skip_space(text: str, position: int) -> int:
    """Return the position of the first character from `position` on that is no whitespace.

    >>> skip_space("a  b", 1), skip_space("a", 1)
    (3, 1)
    """
    space = _SPACE.match(text, position)
    assert space is not None, "it matches the empty text"
    return space.end()


def nesting_depth(text: str) -> int:
    """Return how deep the brackets of a JSON text nest; brackets inside strings do not count.

    >>> nesting_depth('{"a": [1, "[[["]}')
    2
    """
    depth = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


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


def read_integer(digits: str, refuse: Refuse) -> Any:
    """Return the integer that digits write, if there are at most `MAX_DIGITS` of them."""
    if len(digits) <= MAX_DIGITS:
        return int(digits)
    return refuse(Problem.TOO_LONG, f"a number of {len(digits)} digits")


def read_float(digits: str, refuse: Refuse) -> Any:
    """Return the finite float that digits write."""
    number = float(digits)
    if math.isfinite(number):
        return number
    return refuse(Problem.SYNTAX, f"the number {clip(digits, 40)} is out of range")


def unique_keys(pairs: Sequence[tuple[str, Any]], refuse: Refuse) -> Any:
    """Return the pairs as a dict, if no key comes twice."""
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    seen: set[str] = set()
    twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return refuse(Problem.DUPLICATE_ARGUMENT, f"the key {excerpt(twice)} is given twice")


def make_decoder(refuse: Refuse) -> json.JSONDecoder:
    """Make a decoder of JSON without NaN, infinities, keys given twice and numbers of too many digits.

    Making one takes as long as decoding a short text, so a module makes its own once.

    >>> make_decoder(lambda problem, reason: reason).decode('[1, NaN, {"a": 1, "a": 2}]')
    [1, 'NaN is not a JSON number', "the key 'a' is given twice"]
    """

    def read_object(pairs: list[tuple[str, Any]]) -> Any:
        values = dict(pairs)  # here, since a row has hundreds of objects, of which hardly any has a key twice
        return values if len(values) == len(pairs) else unique_keys(pairs, refuse)

    def read_whole_number(digits: str) -> Any:
        return int(digits) if len(digits) <= MAX_DIGITS else read_integer(digits, refuse)

    return json.JSONDecoder(
        object_pairs_hook=read_object,
        parse_int=read_whole_number,
        parse_float=lambda digits: read_float(digits, refuse),
        parse_constant=lambda name: refuse(Problem.SYNTAX, f"{name} is not a JSON number"),
    )
