"""Signatures: compact, and nothing is lost on the way there and back."""

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signature_reader import parse_signature

from lit_toolcall.schema import SchemaError, render_signature, tool_from_dict
from lit_toolcall.types import Tool

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    [
        "a # b",
        '"quoted"',
        "two\nlines",
        " padded ",
        "# hash",
        "{",
        "}[]",
        "a: int",
        "",
        "\r",
        "=5",
        "a, b",
        "str",
    ]
)
names = st.from_regex(r"[a-z][\w.\-]{0,8}", fullmatch=True) | texts.filter(str.strip)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2)
)
type_names = st.sampled_from(["string", "integer", "number", "boolean", "array", "object", "null", "any", "dict"])
enums = (
    st.lists(texts, min_size=1, max_size=3)
    | st.lists(st.integers(), min_size=1, max_size=3)
    | st.lists(scalars, min_size=1, max_size=3)
)


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas with any keywords beside each other, sensible or not."""
    optional = {
        "type": type_names | st.lists(type_names, max_size=3),
        "description": texts,
        "default": json_values,
        "enum": enums,
        "items": inner,
        "properties": st.dictionaries(texts, inner, max_size=3),
        "additionalProperties": st.booleans() | inner,
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "minimum": st.integers(),
        "pattern": texts,
        "required": st.booleans(),
    }
    return st.fixed_dictionaries({}, optional=optional)


schemas = st.recursive(
    keywords(st.just({"type": "string"})),
    lambda inner: (
        keywords(inner)
        | st.builds(lambda part: {"type": "array", "items": part}, inner)
        | st.builds(lambda parts: {"type": "object", "properties": parts}, st.dictionaries(names, inner, max_size=3))
    ),
    max_leaves=5,
)
raw_tools = st.fixed_dictionaries(
    {
        "name": names,
        "description": texts,
        "parameters": st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(names, schemas, max_size=4)},
            optional={
                "additionalProperties": st.booleans(),
                "$defs": st.dictionaries(texts, json_values, max_size=2),
            },
        ),
    }
)


def spelling(tool: Tool) -> str:
    """Tells types and the order of the arguments apart, not the order of keywords."""
    order = json.dumps(list(tool.parameters["properties"]))
    return tool.name + tool.description + order + json.dumps(tool.parameters, sort_keys=True)


def assert_reads_back(tool: Tool) -> None:
    read = parse_signature(render_signature(tool))
    assert read == tool
    assert spelling(read) == spelling(tool)


def tool_with(properties: dict[str, Any], required: list[str] | None = None, description: str = "Does it.") -> Tool:
    parameters = {"type": "object", "properties": properties, "required": required or []}
    return tool_from_dict({"name": "f", "description": description, "parameters": parameters})


def test_the_notation_in_full():
    where = {
        "type": "object",
        "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
        "required": ["lat"],
    }
    part = {
        "type": "object",
        "properties": {"id": {"type": "string", "description": "its number"}},
        "required": ["id"],
    }
    properties = {
        "base": {"type": "number", "description": "length of the base"},
        "unit": {"type": "string", "enum": ["cm", "m"], "default": "cm"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "depth": {"type": "integer", "default": 3},
        "where": where,
        "parts": {"type": "array", "items": part, "description": "all of them"},
        "code": {"type": "string", "pattern": "^A"},
        "size": {"type": "array", "items": {"type": "string", "enum": ["S", "M"]}},
        "id": {"type": ["integer", "string"]},
        "extra": {},
    }
    tool = tool_with(properties, [name for name in properties if name not in ("unit", "tags")])
    assert render_signature(tool).split("\n") == [
        "f # Does it.",
        " base: float # length of the base",
        ' unit: "cm"|"m"="cm"',
        " tags?: str[]",
        " depth!: int=3",
        " where: {lat: float, lon?: float}",
        " parts: { # all of them",
        "  id: str # its number",
        " }[]",
        ' code: str{"pattern": "^A"}',
        ' size: ("S"|"M")[]',
        " id: int|str",
        " extra: any",
    ]
    assert_reads_back(tool)


def test_a_tool_without_arguments_is_one_line():
    assert render_signature(tool_with({}, description="")) == "f"
    assert_reads_back(tool_with({}))


@pytest.mark.parametrize(
    "text",
    ["a # b", "two\nlines", '"quoted"', '"', "ends }", " padded", "", "tab\there", "\r", "\u2028", "# hash",
     'say "hi" \\ \\n', "{", "a: int = 5", "\x0b"],
)  # fmt: skip
def test_any_text_survives_as_description_name_choice_and_default(text):
    properties = {
        "a": {"type": "string", "description": text, "enum": [text, "x"], "default": text},
        "b": {"type": "object", "description": text, "properties": {text: {"description": text}}},
        text + "c": {"type": "array", "items": {"type": "string", "description": text}},
    }
    assert_reads_back(tool_with(properties, ["b"], description=text))


@pytest.mark.parametrize("choices", [[1, 2], [1.0, 2], [True], [None, "a"], ["1", 1], [[1], [2]]])
@pytest.mark.parametrize("json_type", ["string", "integer", "number", "boolean", "array", None])
def test_any_enum_survives(choices, json_type):
    schema = {"enum": choices} | ({"type": json_type} if json_type else {})
    assert_reads_back(tool_with({"a": schema, "b": {"type": "array", "items": schema}}))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(raw=raw_tools)
def test_nothing_is_lost(raw):
    assert_reads_back(tool_from_dict(raw))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: expected a name, found 'the end'"),
        ("f\n a", "line 2: expected a colon"),
        ("f\n a: strng", "line 2: expected a type, one of str, int"),
        ("f\n a: int=x", "expected a JSON value"),
        ("f\n a: int\n a: int", "line 3: expected an argument that is not 'a' again"),
        ('f\n a: "x"|1', "expected choices of one type"),
        ("f\n a: (int", "expected a closing parenthesis"),
        ("f\n a: {b: {c: int}", "expected a name, found 'the end'"),
        ('f # "x" y', "expected the end of the line"),
        ("f\n a: int b: int{", "expected a JSON value"),
        ("f\n a: " + "{a: " * 100, "types nest more than 24 deep"),
        ("f\n a: " + "(" * 100_000, "types nest more than 24 deep"),
        ("f\n a: int=" + "[" * 100_000, "expected a JSON value"),
    ],
)
def test_what_is_no_signature_is_one_sentence(text, said):
    with pytest.raises(SchemaError, match=r"^signature") as caught:
        parse_signature(text)
    assert said in str(caught.value)


def test_damaged_signatures_raise_nothing_else():
    rng = random.Random(3)
    properties = {
        "a": {
            "type": "array",
            "items": {"type": "string", "enum": ["x", "y"]},
            "default": ["x"],
            "description": "d",
        },
        "b": {"type": "object", "properties": {"c": {"type": "integer", "minimum": 1, "description": "e"}}},
    }
    text = render_signature(tool_with(properties))
    for _ in range(5000):
        i, j = sorted(rng.choices(range(len(text)), k=2))
        damaged = text[:i] + rng.choice([text[j:], text[i:j] * 3, '{"', "[]", "|", "\n", "\\"]) + text[j:]
        try:
            assert parse_signature(damaged).name
        except SchemaError:
            continue
