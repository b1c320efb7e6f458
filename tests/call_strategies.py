"""Generated tools, calls and texts for tests of laws."""

from __future__ import annotations

import keyword
from typing import Any

from hypothesis import strategies as st

from lit_toolcall.schema import tool_from_dict
from lit_toolcall.types import Tool, ToolCall

Strategy = st.SearchStrategy[Any]
PIECES = [
    "<|tool_code|>", "<|end|>", "<tool_call>", "</tool_call>", "<|python_tag|>", "[f(a=1)]", '\n{"name": "f"', "; ",
    "})\n", ")]", "\\", "\\u003c", '"', "'", '"""', "\n", "\r\n", "\u2028", "\x00", "\ufeff", "ﬁ", "e\u0301", "😀",
    "true", "None", "NaN", "0", " ", "$", "**", "=", "[" * 40, "from", "class", "self", "__debug__", "print",
]  # fmt: skip
texts = st.one_of(
    st.text(max_size=15),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=15),
    st.sampled_from(PIECES),
    st.lists(st.sampled_from(PIECES), max_size=4).map("".join),
)
numbers = st.one_of(
    st.integers(),
    st.integers(0, 500).map(lambda digits: 10**digits),
    st.integers(0, 500).map(lambda digits: -(10**digits) + 1),
    st.floats(),
)
keywords = st.sampled_from([*keyword.kwlist, *keyword.softkwlist, "true", "null", "name", "arguments", "parameters"])
leaves = st.none() | st.booleans() | numbers | texts


@st.composite
def deep_values(draw: st.DrawFn) -> Any:
    value = draw(leaves)
    for _ in range(draw(st.integers(0, 40))):
        value = [value] if draw(st.booleans()) else {draw(texts): value}
    return value


values = deep_values() | st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)
wild_calls = st.lists(
    st.builds(ToolCall, texts | keywords, st.dictionaries(texts | keywords, values, max_size=4)), min_size=1, max_size=3
)
"""Calls that formats may refuse: lone surrogates, NaN, numbers and depths past the bounds, names of any kind."""

plain_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=15) | st.sampled_from(PIECES)
plain_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | plain_texts
)
plain_values = st.recursive(
    plain_leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain_texts, inner, max_size=3),
    max_leaves=6,
)
identifiers = st.from_regex(r"[^\W\d]\w{0,8}", fullmatch=True)
tool_names = st.one_of(
    identifiers,
    keywords,
    st.lists(identifiers, min_size=2, max_size=3).map(".".join),
    st.lists(identifiers, min_size=2, max_size=3).map(" ".join),
    st.sampled_from(["Market Trends API", "2captcha", "get-weather", "a/b:c", "$top", "天气 预报"]),
)
argument_names = identifiers | keywords | plain_texts
plain_calls = st.lists(
    st.builds(ToolCall, tool_names, st.dictionaries(argument_names, plain_values, max_size=3)), min_size=1, max_size=3
)
"""Calls that every format holds."""


@st.composite
def schemas(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """JSON Schemas of every keyword that is checked."""
    simple = ["string", "integer", "number", "boolean", "null"]
    kind = draw(
        st.sampled_from([*simple, "any", "enum", "const", "union"] + ["array", "object", "anyOf"] * (depth > 0))
    )
    inner = schemas(depth - 1)
    schema: dict[str, Any] = {"type": kind}
    if kind == "any":
        schema = {}
    elif kind == "enum":
        schema = {"type": "string", "enum": draw(st.lists(plain_texts, min_size=1, max_size=4))}
    elif kind == "const":
        schema = {"const": draw(plain_values)}
    elif kind == "union":
        schema = {"type": draw(st.lists(st.sampled_from(simple), min_size=2, max_size=3, unique=True))}
    elif kind == "anyOf":
        schema = {"anyOf": draw(st.lists(inner, min_size=1, max_size=3))}
    elif kind == "array":
        schema |= {"items": draw(inner)}
    elif kind == "object":
        schema |= draw(object_schemas(inner))
    return schema | draw(st.sampled_from([{}, {"description": "what it is"}]))


@st.composite
def object_schemas(draw: st.DrawFn, inner: Strategy) -> dict[str, Any]:
    properties = draw(st.dictionaries(argument_names, inner, max_size=4))
    required = [name for name in properties if draw(st.booleans())]
    schema = {"type": "object", "properties": properties, "required": required}
    others = draw(st.sampled_from([None, False, {"type": "string"}]))
    return schema if others is None else {**schema, "additionalProperties": others}


def fitting(schema: dict[str, Any]) -> Strategy:
    """Values that fit a schema."""
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([fitting(part) for part in schema["anyOf"]])
    kinds = schema.get("type", "any")
    if isinstance(kinds, list):
        return st.one_of([fitting({"type": kind}) for kind in kinds])
    if kinds == "array":
        return st.lists(fitting(schema.get("items", {})), max_size=3)
    if kinds == "object":
        return fitting_objects(schema)
    floats = st.floats(allow_nan=False, allow_infinity=False)
    simple = {"string": plain_texts, "integer": st.integers(), "number": floats | st.integers()}
    return {**simple, "boolean": st.booleans(), "null": st.none(), "any": plain_values}[kinds]


def fitting_objects(schema: dict[str, Any]) -> Strategy:
    parts = {name: fitting(part) for name, part in schema["properties"].items()}
    required = {name: parts.pop(name) for name in schema["required"]}
    own = st.fixed_dictionaries(required, optional=parts)
    if not isinstance(schema.get("additionalProperties"), dict):
        return own
    others = st.dictionaries(argument_names, fitting(schema["additionalProperties"]), max_size=2)
    return st.builds(
        lambda mine, more: mine | {name: more[name] for name in more if name not in schema["properties"]}, own, others
    )


@st.composite
def fitting_calls(draw: st.DrawFn) -> tuple[list[Tool], list[ToolCall]]:
    """Tools as a data set describes them, and one to three calls that fit them."""
    names = draw(st.lists(tool_names, min_size=1, max_size=3, unique=True))
    tools = [
        tool_from_dict({"name": name, "description": "", "parameters": draw(object_schemas(schemas()))})
        for name in names
    ]
    chosen = draw(st.lists(st.sampled_from(tools), min_size=1, max_size=3))
    return tools, [ToolCall(tool.name, draw(fitting_objects(dict(tool.parameters)))) for tool in chosen]
