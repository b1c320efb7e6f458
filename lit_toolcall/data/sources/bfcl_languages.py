"""BFCL's Java and JavaScript categories: their docs as a model is shown them, and accepted values as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.formats.java_values import write_java
from lit_toolcall.formats.javascript_values import write_javascript


@dataclass(frozen=True)
class _Wording:
    name: str
    syntax: str
    of_items: Sequence[str]


_WORDINGS: Mapping[str, _Wording] = {
    "simple_java": _Wording("Java", "Java 8 SDK", ("Array", "ArrayList")),
    "simple_javascript": _Wording("JavaScript", "JavaScript", ("array",)),
}


def show_functions(category: str, functions: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return function docs as a model is shown them.

    In Java and JavaScript each value is a text in that language, so each argument's type is `string` and its
    description says of which type the text is, in the words of BFCL's own prompts (bfcl-eval 2026.3.23), since the
    figures of both categories depend on them. Docs of other categories stay as they are.

    Example:
        >>> docs = {"name": "f", "description": "Waits.", "parameters": {"properties": {"n": {"type": "long"}}}}
        >>> [shown] = show_functions("simple_java", [docs])
        >>> shown["description"]
        'Waits. Note that the provided function is in Java 8 SDK syntax.'
        >>> shown["parameters"]["properties"]["n"]
        {'type': 'string', 'description': ' This is Java long type parameter in string representation.'}
    """
    if category not in _WORDINGS:
        return functions
    wording = _WORDINGS[category]
    return [_show_function(docs, wording) for docs in functions]


def _show_function(docs: Mapping[str, Any], wording: _Wording) -> dict[str, Any]:
    properties = docs["parameters"]["properties"]
    shown = {name: _show_argument(argument, wording) for name, argument in properties.items()}
    return {
        **docs,
        "description": f"{docs.get('description', '')} Note that the provided function is in {wording.syntax} syntax.",
        "parameters": {**docs["parameters"], "properties": shown},
    }


def _show_argument(argument: Mapping[str, Any], wording: _Wording) -> dict[str, Any]:
    declared = argument.get("type")
    said = str(argument.get("description", ""))
    if declared == "any":
        said += f" This parameter can be of any type of {wording.name} object in string representation."
    else:
        said += f" This is {wording.name} {declared} type parameter in string representation."
    left_out = set()
    if declared in wording.of_items:
        said += f" The list elements are of type {_type_of_items(argument)}; they are not in string representation."
        left_out.add("items")
    if declared == "dict" and "properties" in argument:
        said += (
            " The dictionary entries have the following schema; they are not in string representation. "
            + json.dumps(argument["properties"])
        )
        left_out.add("properties")
    kept = {key: part for key, part in argument.items() if key not in left_out}
    return {**kept, "type": "string", "description": said}


def _type_of_items(argument: Mapping[str, Any]) -> Any:
    items = argument.get("items")
    return items.get("type") if isinstance(items, Mapping) else None


def write_arguments(category: str, arguments: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Write the values of a call as texts in the category's language; in Python they stay values.

    Args:
        category: such as `simple_java`.
        arguments: plain values, without lists of accepted ones.
        parameters: of the function's docs, in BFCL's dialect.

    Example:
        >>> parameters = {"properties": {"ids": {"type": "ArrayList", "items": {"type": "long"}}}}
        >>> write_arguments("simple_java", {"ids": [1, 2]}, parameters)
        {'ids': 'new ArrayList<Long>(Arrays.asList(1L, 2L))'}
    """
    if category == "simple_java":
        documented = parameters["properties"]
        return {
            name: write_java(value, str(documented[name].get("type")), _type_of_items(documented[name]))
            for name, value in arguments.items()
            if name in documented
        }
    if category == "simple_javascript":
        return {name: write_javascript(value) for name, value in arguments.items()}
    return dict(arguments)
