"""Values as Java and JavaScript write them: what is read, what stays a text, and how long that takes at most."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lit_toolcall.formats.java_values import MAX_VALUE_CHARACTERS, read_java, write_java
from lit_toolcall.formats.javascript_values import read_javascript, write_javascript


@pytest.mark.parametrize(
    ("text", "type_name", "item_type", "value"),
    [
        ("-12", "integer", None, -12),
        ("12.0", "integer", None, "12.0"),
        ("12", "long", None, "12"),  # a long has a suffix
        ("12L", "long", None, 12),
        ("1.5f", "float", None, 1.5),
        ("1.5", "float", None, "1.5"),
        ("1.5", "double", None, 1.5),
        ("True", "boolean", None, "True"),
        ('"a"', "String", None, '"a"'),  # quotes are a part of a string
        ("new int[]{1, 2}", "Array", "integer", [1, 2]),
        ('new String[]{"a"}', "Array", "String", ['"a"']),  # and of one in an array,
        ('new ArrayList<>(Arrays.asList("a"))', "ArrayList", "String", ["a"]),  # but not of one in an ArrayList
        ("Arrays.asList(1)", "ArrayList", "integer", "Arrays.asList(1)"),
        ("new ArrayList<>(Arrays.asList(1, true))", "ArrayList", "any", ["1", "true"]),
        ('new ArrayList<String>() {{ add("a"); add("b"); }}', "ArrayList", "String", ["a", "b"]),
        ("new ArrayList<>() {{ }}", "ArrayList", "String", []),
        ('new HashMap<>() {{ put("a", 1L); put("b", "c"); }}', "HashMap", None, {"a": 1, "b": "c"}),
        ('Map.of("a", 1)', "HashMap", None, 'Map.of("a", 1)'),
    ],
)
def test_java_is_read(text: str, type_name: str, item_type: str | None, value: Any) -> None:
    assert repr(read_java(text, type_name, item_type)) == repr(value)


@pytest.mark.parametrize(
    ("text", "type_name", "item_type", "value"),
    [
        ("-12", "integer", None, -12),
        ("12", "float", None, 12.0),
        ("12n", "Bigint", None, 12),
        ("'a'", "String", None, "a"),
        ("a", "String", None, "a"),
        ("'a'", "any", None, "'a'"),
        ("[1, 2]", "array", "integer", [1, 2]),
        ("['a, b']", "array", "String", ["'a", "b'"]),  # a comma separates, also in quotes
        ("[[1, 2], [3]]", "array", "float", [[1, 2], [3]]),
        ("new Array(true, 'a')", "array", None, [True, "a"]),
        ("items", "array", "String", "items"),
        ("{a: 1, 'b': \"c\", d: [1, 2]}", "dict", None, {"a": 1, "b": "c", "d": [1, 2]}),
        ("{a: {b: 1}}", "dict", None, {"a": "{b: 1"}),  # an object ends at its first brace
        ("{}", "dict", None, {}),
    ],
)
def test_javascript_is_read(text: str, type_name: str, item_type: str | None, value: Any) -> None:
    assert repr(read_javascript(text, type_name, item_type)) == repr(value)


@pytest.mark.parametrize("read", [read_java, read_javascript])
def test_what_bfcl_cannot_read_is_refused(read: Any) -> None:
    for type_name in ("Set", "Queue", "Hashtable", "number", ""):
        with pytest.raises(ValueError, match="BFCL cannot read a "):
            read("x", type_name)
    for type_name in ("integer", "float"):
        with pytest.raises(ValueError, match="longer than 2,000 characters"):
            read("1" * (MAX_VALUE_CHARACTERS + 1), type_name)
    assert read("x" * (MAX_VALUE_CHARACTERS + 1), "any") == "x" * (MAX_VALUE_CHARACTERS + 1)


HOSTILE = (
    "new ArrayList<>() {{" + " " * MAX_VALUE_CHARACTERS,
    "new ArrayList<>(Arrays.asList(" * MAX_VALUE_CHARACTERS,
    "new ArrayList<>() {{" + "add(" * MAX_VALUE_CHARACTERS,
    "new HashMap<" + "> () {" * MAX_VALUE_CHARACTERS,
    "new HashMap<>() {" + " " * MAX_VALUE_CHARACTERS,
    "new HashMap<>() {{" + 'put("' * (MAX_VALUE_CHARACTERS // 10) + '",' * (MAX_VALUE_CHARACTERS // 6) + "}}",
    "new HashMap<" * MAX_VALUE_CHARACTERS,
    "new " * MAX_VALUE_CHARACTERS,
    "new a[] {" * MAX_VALUE_CHARACTERS,
    "[[" + "]" * MAX_VALUE_CHARACTERS,
    "[[" + "],[" * MAX_VALUE_CHARACTERS,
    "[[" + "] , [ " * MAX_VALUE_CHARACTERS,
    "[" * MAX_VALUE_CHARACTERS,
    "{" + "a:" + "," * (MAX_VALUE_CHARACTERS - 10) + "}",
    "{" + "a:" + " , " * (MAX_VALUE_CHARACTERS // 3 - 3) + "}",
    "{" + "a:b," * (MAX_VALUE_CHARACTERS // 4 - 1) + "}",
    "{" + ":" * (MAX_VALUE_CHARACTERS - 10) + "}",
    "1" * MAX_VALUE_CHARACTERS,
)


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_takes_long(text: str) -> None:
    start = time.perf_counter()
    for type_name in ("ArrayList", "Array", "HashMap", "double"):
        read_java(text[:MAX_VALUE_CHARACTERS], type_name, "String")
    for type_name in ("array", "dict", "float"):
        read_javascript(text[:MAX_VALUE_CHARACTERS], type_name, "String")
    assert time.perf_counter() - start < 2  # the official expressions take hours over the first of them


names = st.text("abcxyz", min_size=1, max_size=5)
scalars = st.integers(-(10**9), 10**9) | st.booleans() | names.filter(lambda name: name not in ("true", "false"))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(names, scalars, max_size=4))
def test_objects_that_are_written_are_read_back(value: dict[str, Any]) -> None:
    assert read_java(write_java(value, "HashMap"), "HashMap") == value
    assert read_javascript(write_javascript(value), "dict") == value


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), max_size=4), st.lists(names, max_size=4))
def test_lists_that_are_written_are_read_back(numbers: list[int], words: list[str]) -> None:
    for type_name in ("Array", "ArrayList"):
        for item_type in ("integer", "long"):
            assert read_java(write_java(numbers, type_name, item_type), type_name, item_type) == numbers
        assert read_java(write_java(words, type_name, "String"), type_name, "String") == words
    assert read_javascript(write_javascript(numbers), "array", "integer") == numbers
    assert read_javascript(write_javascript(words), "array", "String") == words
