"""BFCL's own verdict on an answer: AST accuracy for Python, Java and JavaScript, irrelevance and relevance.

The rules are those of bfcl-eval 2026.3.23 in our own words; a parity test compares the two. Its oddities are
kept, since the figure is only worth something beside the leaderboard's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.formats import java_values, javascript_values
from lit_toolcall.types import BfclQuestion, ToolCall

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


@dataclass(frozen=True)
class Language:
    """The language whose values a category's answers write.

    Args:
        types: what a value of each type that the docs declare is.
        of_items: the types whose docs say what their items are.
        read: takes a text, its type and that of its items; returns the value. None where values are written as
            they are, in Python.
    """

    types: Mapping[str, type]
    of_items: Sequence[str]
    read: Callable[[str, str, str | None], Any] | None = None

    def read_value(self, value: Any, docs: Mapping[str, Any]) -> Any:
        """Return the value of a text by its argument's docs; in Python what is given.

        Raises:
            ValueError: the text is too long, or of a type that BFCL cannot read.
        """
        declared = str(docs.get("type"))
        item_name = str(items_of(docs).get("type")) if declared in self.of_items else None
        return value if self.read is None else self.read(value, declared, item_name)


PYTHON = Language(PYTHON_TYPES, ("array", "tuple"))
LANGUAGES: Mapping[str, Language] = {
    "simple_java": Language(java_values.TYPES, java_values.OF_ITEMS, java_values.read_java),
    "simple_javascript": Language(
        javascript_values.TYPES, javascript_values.OF_ITEMS, javascript_values.read_javascript
    ),
}
"""By category; every other one is in Python."""

_IGNORED = str.maketrans("", "", " ,./-_*^")


def items_of(docs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the docs of a list's items; nothing where there are none."""
    items = docs.get("items")
    return items if isinstance(items, Mapping) else {}


def normalise_string(text: str) -> str:
    """Return the form in which BFCL compares strings.

    Example:
        >>> normalise_string("New-York, 'NY'")
        'newyork"ny"'
        >>> normalise_string("1.5") == normalise_string("15")
        True
    """
    return text.translate(_IGNORED).lower().replace("'", '"')


def find_value_problem(
    value: Any, accepted: Sequence[Any], docs: Mapping[str, Any], language: Language = PYTHON
) -> str | None:
    """Return why a value is not taken, or None where it is.

    Args:
        value: what the call gives; a text in Java and JavaScript.
        accepted: the accepted values; `""` among them stands for an argument that may be left out.
        docs: the argument's docs in BFCL's dialect, such as `{"type": "array", "items": {"type": "float"}}`.
        language: that of the category.

    Example:
        >>> find_value_problem(5, [5.0], {"type": "float"}) is None
        True
        >>> find_value_problem(5.0, [5], {"type": "integer"})
        '5.0 is not of type integer'
        >>> find_value_problem("5L", [5], {"type": "long"}, LANGUAGES["simple_java"]) is None
        True
    """
    declared = str(docs.get("type"))
    item_name = str(items_of(docs).get("type")) if declared in language.of_items else None
    unknown = _find_unknown_type(declared, item_name, language)
    if unknown is not None:
        return unknown
    try:
        read = _read_value(value, declared, docs, language)
    except ValueError as error:
        return str(error)

    expected_type = language.types[declared]
    item_type = None if item_name is None else language.types[item_name]
    sample_type = _sample_type(accepted)
    if type(read) is expected_type:
        if item_type is not None and not _items_fit(read, accepted, item_type):
            return f"{read!r:.80} holds items that are not of type {item_name}"
    elif type(read) is not sample_type:
        return f"{read!r:.80} is not of type {declared}"
    # Gold may hold a variable's name, or None, where the docs declare another type: compared as it stands,
    # without normalising.
    as_it_stands = sample_type not in (None, expected_type)
    matches = _equals_any if as_it_stands else _MATCHERS.get((expected_type, item_type is dict), _equals_any)
    return None if matches(read, accepted) else f"{read!r:.80} is not among the accepted values {list(accepted)!r:.200}"


def _find_unknown_type(declared: str, item_name: str | None, language: Language) -> str | None:
    """Say which type of an argument's docs BFCL cannot check."""
    if declared not in language.types:
        return f"its docs declare type {declared!r}, which BFCL cannot check"
    if item_name is not None and item_name not in language.types:
        return f"its docs declare items of type {item_name!r}, which BFCL cannot check"
    return None


def _read_value(value: Any, declared: str, docs: Mapping[str, Any], language: Language) -> Any:
    """Return a value as BFCL compares it: read from its text in Java and JavaScript, in Python a float of an integer.

    Raises:
        ValueError: it cannot be read, or is too large; with the sentence that says so.
    """
    if language.read is not None:
        if type(value) is not str:
            raise ValueError(f"{value!r:.80} is not a text, in which this category wants a value of type {declared}")
        try:
            value = language.read_value(value, docs)
        except ValueError as error:
            raise ValueError(f"{value!r:.80} cannot be read: {error}") from None
    if declared == "tuple" and type(value) is tuple:
        return list(value)
    if language is PYTHON and declared == "float" and type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise ValueError("it is too large for a float") from None
    return value


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


def check_ast(question: BfclQuestion, calls: Sequence[ToolCall]) -> str | None:
    """Return why BFCL counts an answer as wrong, or None where it counts it as right.

    Args:
        question: the category, the function docs and the accepted values.
        calls: the decoded calls; none where the answer is words or cannot be decoded. BFCL counts both as
            right on an irrelevance question, so its accuracy there says nothing unless AST accuracy stands
            beside it.

    Example:
        >>> docs = {"name": "f", "parameters": {"properties": {"n": {"type": "integer"}}, "required": ["n"]}}
        >>> question = BfclQuestion("simple_python", (docs,), ({"f": {"n": [3]}},))
        >>> check_ast(question, [ToolCall("f", {"n": 3})]) is None
        True
        >>> check_ast(question, [ToolCall("f", {"n": 4})])
        "argument 'n' of 'f': 4 is not among the accepted values [3]"
    """
    category = question.category
    if "irrelevance" in category:
        return f"{len(calls)} call(s) where no function fits" if calls else None
    if "relevance" in category:
        return None if calls else "no call where a function fits"
    if question.ground_truth is None:
        return "the question has no published answer"
    if len(calls) != len(question.ground_truth):
        return f"{len(calls)} call(s), expected {len(question.ground_truth)}"
    if "parallel" in category:
        return _check_parallel(question.functions, question.ground_truth, calls)
    gold = question.ground_truth[0]
    # In a simple category BFCL looks at the first function's docs, whatever gold's name is.
    docs = _find_docs(question.functions, gold) if "multiple" in category else question.functions[0]
    return _find_call_problem(docs, gold, calls[0], LANGUAGES.get(category, PYTHON))


def _check_parallel(
    functions: Sequence[Mapping[str, Any]],
    ground_truth: Sequence[Mapping[str, Mapping[str, Any]]],
    calls: Sequence[ToolCall],
) -> str | None:
    """Give each gold call, in order, the first call left that fits; no better matching is looked for."""
    left = list(calls)
    for gold in ground_truth:
        docs = _find_docs(functions, gold)
        problems = [_find_call_problem(docs, gold, call) for call in left]
        if None not in problems:
            return f"no call fits the expected {next(iter(gold))!r}: {'; '.join(filter(None, problems))}"
        del left[problems.index(None)]
    return None


def _find_docs(
    functions: Sequence[Mapping[str, Any]], gold: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any] | None:
    name = next(iter(gold))
    return next((docs for docs in functions if docs["name"] == name), None)


def _find_call_problem(
    docs: Mapping[str, Any] | None,
    gold: Mapping[str, Mapping[str, Any]],
    call: ToolCall,
    language: Language = PYTHON,
) -> str | None:
    """Return why one call does not fit one gold call `{name: {argument: [accepted values]}}`."""
    if docs is None:
        return f"the question has no docs of its own answer {next(iter(gold))!r}"
    if call.name != docs["name"]:
        return f"function {call.name!r} instead of {docs['name']!r}"
    (accepted,) = gold.values()
    properties = docs["parameters"]["properties"]
    for name in docs["parameters"].get("required", ()):
        if name not in call.arguments:
            return f"required argument {name!r} of {call.name!r} is missing"
    for name, value in call.arguments.items():
        if name not in properties or name not in accepted:
            return f"argument {name!r} of {call.name!r} is not expected"
        problem = find_value_problem(value, accepted[name], properties[name], language)
        if problem:
            return f"argument {name!r} of {call.name!r}: {problem}"
    for name, values in accepted.items():
        if name not in call.arguments and "" not in values:
            return f"argument {name!r} of {call.name!r} is missing"
    return None
