"""Whether a call fits the tools on offer, and what is wrong with it where it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lit_toolcall.schema.errors import list_names
from lit_toolcall.types import Problem, Tool, ToolCall

Finding = tuple[Problem, str]

_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_JSON_TYPE = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    dict: "object",
    type(None): "null",
}


def find_call_problem(call: ToolCall, tools: Sequence[Tool]) -> Finding | None:
    """Return the first problem of a call with a sentence about it, None where the call fits its tool.

    Types are JSON's and strict: true is no integer, 5.0 is no integer, 5 is a number; a schema without a type
    takes anything. A value that equals its argument's default always fits. An argument that the tool does not
    list is one too many unless `additionalProperties` allows it. Bounds and patterns are not checked.

    >>> tool = Tool("wait", "", {"properties": {"s": {"type": "integer"}}, "required": ["s"]})
    >>> find_call_problem(ToolCall("wait", {"s": 5}), [tool])
    >>> find_call_problem(ToolCall("wait", {"s": "5"}), [tool])[1]
    "call 'wait': argument 's' is '5', of type string: its type is integer"
    >>> find_call_problem(ToolCall("wiat", {"s": 5}), [tool])[1]
    "call 'wiat' is not among this example's tools: wait"
    """
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        known = list_names([tool.name for tool in tools])
        return Problem.UNKNOWN_TOOL, f"call {call.name!r:.60} is not among this example's tools: {known}"
    return _check_object(dict(call.arguments), tool.parameters, f"call {call.name!r:.60}", "")


def _check_object(values: Mapping[str, Any], schema: Mapping[str, Any], call: str, path: str) -> Finding | None:
    """Check names, then values; `path` is empty for the call's own arguments and `a.b.` inside of them."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    missing = [name for name in schema.get("required", []) if name not in values]
    is_open = schema.get("additionalProperties", "properties" not in schema) is not False
    extra = [] if is_open else [name for name in values if name not in properties]
    if missing or extra:
        return _name_problem(missing, extra, properties, call, path)
    others = schema.get("additionalProperties")
    of_others = others if isinstance(others, Mapping) else {}
    return _first(
        _check_value(value, properties.get(name, of_others), call, f"{path}{name}") for name, value in values.items()
    )


def _name_problem(missing: list[str], extra: list[str], properties: Mapping[str, Any], call: str, path: str) -> Finding:
    wanted, found = _paths(path, missing), _paths(path, extra)
    known = list_names(properties)
    if missing and extra:
        return Problem.ARGUMENT_NAME, f"{call}: {found} given where {wanted} is required: it takes {known}"
    if missing:
        return Problem.MISSING_ARGUMENT, f"{call}: required argument {wanted} is missing"
    return Problem.EXTRA_ARGUMENT, f"{call}: argument {found} is not in its schema: it takes {known}"


def _paths(path: str, names: Sequence[str]) -> str:
    return list_names([repr(f"{path}{name}") for name in names])


def _check_value(value: Any, schema: Mapping[str, Any], call: str, path: str) -> Finding | None:
    if not schema or ("default" in schema and _equal(value, schema["default"])):
        return None
    return _first(check(value, schema, call, path) for check in _CHECKS)


def _check_type(value: Any, schema: Mapping[str, Any], call: str, path: str) -> Finding | None:
    declared = schema.get("type")
    if declared is None:
        return None
    names = [declared] if isinstance(declared, str) else declared
    # type() and not isinstance: to Python a bool is an int.
    if any(type(value) in _PYTHON_TYPES[name] for name in names):
        return None
    found = _JSON_TYPE.get(type(value), type(value).__name__)
    wanted = " or ".join(names)
    return Problem.TYPE, f"{call}: argument {path!r} is {value!r:.60}, of type {found}: its type is {wanted}"


def _check_enum(value: Any, schema: Mapping[str, Any], call: str, path: str) -> Finding | None:
    choices = [schema["const"]] if "const" in schema else schema.get("enum")
    if choices is None or any(_equal(value, choice) for choice in choices):
        return None
    known = list_names([repr(choice) for choice in choices])
    return Problem.ENUM, f"{call}: argument {path!r} is {value!r:.60}, which is not one of {known}"


def _equal(value: Any, choice: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, but true is not 1."""
    return isinstance(value, bool) == isinstance(choice, bool) and value == choice


def _check_inside(value: Any, schema: Mapping[str, Any], call: str, path: str) -> Finding | None:
    if type(value) is dict:
        return _check_object(value, schema, call, f"{path}.")
    if type(value) is not list:
        return None
    firsts = schema.get("prefixItems", [])
    items = schema.get("items")
    of_items = items if isinstance(items, Mapping) else {}
    return _first(
        _check_value(part, firsts[i] if i < len(firsts) else of_items, call, f"{path}[{i}]")
        for i, part in enumerate(value)
    )


def _check_alternatives(value: Any, schema: Mapping[str, Any], call: str, path: str) -> Finding | None:
    """`anyOf` and `oneOf` take a value that fits one of theirs, `allOf` one that fits all."""
    for part in schema.get("allOf", []):
        finding = _check_value(value, part, call, path)
        if finding is not None:
            return finding
    for key in ("anyOf", "oneOf"):
        findings = [_check_value(value, part, call, path) for part in schema.get(key, [])]
        if findings and None not in findings:
            return findings[0]
    return None


def _first(findings: Iterable[Finding | None]) -> Finding | None:
    return next((finding for finding in findings if finding is not None), None)


_CHECKS = (_check_type, _check_enum, _check_inside, _check_alternatives)
