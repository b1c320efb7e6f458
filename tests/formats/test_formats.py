"""Call formats: what is written reads back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lit_toolcall.formats import CALL_FORMATS, find_call_format, read_call
from lit_toolcall.types import ToolCall, UserError

TOOL_CODE = CALL_FORMATS["tool_code"]
HERMES = CALL_FORMATS["hermes"]
PYTHONIC = CALL_FORMATS["pythonic"]
LLAMA3_JSON = CALL_FORMATS["llama3_json"]
every_format = pytest.mark.parametrize("form", CALL_FORMATS.values(), ids=CALL_FORMATS)

MARKERS = ["<|tool_code|>", "<|end|>", "<tool_call>", "</tool_call>"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [*MARKERS, "\\<|end|>", '"', "'", "\\", ")", "})\n", "true", " ", "\u2028", "\x00", "\U0001f600"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))
names = st.from_regex(r"[A-Za-z$][\w.\-/ ]{0,15}[\w]", fullmatch=True)
calls = st.builds(ToolCall, names, st.dictionaries(texts, values, max_size=4))


def spelling(parsed: Any) -> str:
    """Tells 1, 1.0 and True apart, and 0.0 from -0.0."""
    return repr([(call.name, dict(call.arguments)) for call in parsed])


def tool_code(line: str) -> str:
    return f"<|tool_code|>\n{line}\n<|end|>"


@pytest.mark.slow
@every_format
@settings(max_examples=120, deadline=None)
@given(written=st.lists(calls, min_size=1, max_size=3))
def test_calls_read_back_with_types(form, written):
    text = form.render(written)
    assert spelling(form.parse(text)) == spelling(written)
    assert spelling(form.parse(f"I will look that up.\n{text}")) == spelling(written)


@pytest.mark.parametrize("form", [TOOL_CODE, HERMES], ids=["tool_code", "hermes"])
def test_markers_open_calls_within_a_line(form):
    written = [ToolCall("f", {"a": 1})]
    assert spelling(form.parse(f"I will look that up. {form.render(written)}")) == spelling(written)


@every_format
@pytest.mark.parametrize(
    "value",
    [1, 1.0, True, -0.0, 0, None, "", [], {}, 1e22, 1e-7, 2**63, -(10**100), "1", "<|end|>", "</tool_call>",
     "a\nb", "\u2028", "😀", "\\u003c", "name(a=1)", [[[]]], {"": {"a": [1, 1.5, "x"]}}, "a\\<|end|>"],
    ids=repr,
)  # fmt: skip
def test_a_value_keeps_its_type(form, value):
    written = [ToolCall("f.g", {"a": value}), ToolCall("h", {})]
    assert spelling(form.parse(form.render(written))) == spelling(written)


def test_tool_code_writes_one_call_a_line():
    text = TOOL_CODE.render([ToolCall("a.b", {"x": 1}), ToolCall("c", {})])
    assert text == '<|tool_code|>\na.b(**{"x": 1})\nc(**{})\n<|end|>'


def test_hermes_writes_one_block_a_call():
    text = HERMES.render([ToolCall("a", {"x": 1}), ToolCall("b", {})])
    assert text == (
        '<tool_call>\n{"name": "a", "arguments": {"x": 1}}\n</tool_call>\n'
        '<tool_call>\n{"name": "b", "arguments": {}}\n</tool_call>'
    )


def test_pythonic_writes_one_list_with_python_values():
    text = PYTHONIC.render([ToolCall("a.b", {"x": 1, "y": [True, None]}), ToolCall("c", {})])
    assert text == "[a.b(x=1, y=[True, None]), c()]"


def test_pythonic_spreads_the_arguments_that_python_has_no_keyword_for():
    text = PYTHONIC.render([ToolCall("f", {"a": 1, "from": "x", "$top": 2, "b c": 3, "é": 4, "ﬁn": 5, "": 6})])
    assert text == '[f(a=1, **{"from": "x", "$top": 2, "b c": 3}, é=4, **{"ﬁn": 5, "": 6})]'


def test_llama3_json_writes_its_objects_with_semicolons_between():
    text = LLAMA3_JSON.render([ToolCall("a", {"x": "p; q"}), ToolCall("b", {})])
    assert text == '{"name": "a", "parameters": {"x": "p; q"}}; {"name": "b", "parameters": {}}'


@every_format
def test_the_start_and_the_stop_are_markers_where_there_are_any(form):
    assert not form.markers or form.start in form.markers
    assert form.stop is None or form.stop in form.markers
    assert form.start in form.instruction


@every_format
@pytest.mark.parametrize("text", ["", "No tool fits.", "<|end|>", "f (x)", "</tool_call>", "\ud800"])
def test_a_text_without_the_start_is_words(form, text):
    assert form.parse(text) == ()


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (PYTHONIC, "[]"),
        (PYTHONIC, "[1] Smith (2020)"),
        (PYTHONIC, "[Oslo](https://oslo.no) is a city."),
        (PYTHONIC, "[Figure 1(a)] shows [f(x=1)] and more."),
        (PYTHONIC, "It is [f(x=1)]."),
        (LLAMA3_JSON, "{x: x > 0}"),
        (LLAMA3_JSON, '{"temperature": 4}'),
        (LLAMA3_JSON, 'It is {"name": "f", "parameters": {}}.'),
    ],
)
def test_brackets_in_words_are_no_calls(form, text):
    assert form.parse(text) == ()


@pytest.mark.parametrize("form", [HERMES, LLAMA3_JSON], ids=["hermes", "llama3_json"])
@pytest.mark.parametrize("name", ["a\nb", "f(", " f", "</tool_call>", "Market Trends API"])
def test_json_formats_hold_any_name(form, name):
    written = (ToolCall(name, {"<tool_call>": 1}),)
    assert form.parse(form.render(written)) == written


@pytest.mark.parametrize(
    "name", ["Market Trends API", "a.b.c", "a-b/c", "2captcha", "$f", "größe", "lambda", "f:g", "天气"]
)
def test_pythonic_holds_names_with_spaces_and_signs(name):
    written = (ToolCall(name, {"a": 1}), ToolCall(name, {}), ToolCall(name, {"not": 1}))
    for calls_of in (written, written[1:], written[2:]):
        assert PYTHONIC.parse(PYTHONIC.render(calls_of)) == calls_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[f( ), g(a = 1,),]", [ToolCall("f", {}), ToolCall("g", {"a": 1})]),
        ("  [\n  f(a='x'),\n  g()\n]\n", [ToolCall("f", {"a": "x"}), ToolCall("g", {})]),
        ('[Market Trends API(trend_type="X", $top=5, from=true)]',
         [ToolCall("Market Trends API", {"trend_type": "X", "$top": 5, "from": True})]),
        ("[f(**{'a': 1}, b=None, c=null)]", [ToolCall("f", {"a": 1, "b": None, "c": None})]),
        ('[f(a="[g(x=1)]\', ")]', [ToolCall("f", {"a": "[g(x=1)]', "})]),
    ],
)  # fmt: skip
def test_pythonic_reads_how_models_and_data_sets_write(text, expected):
    assert spelling(PYTHONIC.parse(text)) == spelling(expected)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('<|python_tag|>{"name": "f", "parameters": {"a": 1}}', "f"),
        ('Sure.<|python_tag|>\n{"name": "f", "parameters": {"a": 1}};{"name": "g", "arguments": {"a": 1}}', "fg"),
        ('\n {\n "type": "function",\n "name": "f", "parameters": {"a": 1} }\n', "f"),
        ('{"parameters": {"a": 1}, "name": "f"} ;\n\n{"name": "g", "parameters": "{\\"a\\": 1}"}', "fg"),
    ],
)
def test_llama3_json_reads_how_models_and_servers_write(text, names):
    assert spelling(LLAMA3_JSON.parse(text)) == spelling([ToolCall(name, {"a": 1}) for name in names])


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("f()", {}),
        ("f(**{})", {}),
        ("f(a=1, b='x')", {"a": 1, "b": "x"}),
        ('f(a=-1.5, b=[true, null, False, None], c={"d": {}})',
         {"a": -1.5, "b": [True, None, False, None], "c": {"d": {}}}),
        ("f(**{'a': True,},)", {"a": True}),
        ('f(a=1, **{"b": 2})', {"a": 1, "b": 2}),
        ("f( from = 'Oslo' , class=2, $top=3, user-id=4)",
         {"from": "Oslo", "class": 2, "$top": 3, "user-id": 4}),
        (r'f(a="\u00e9\ud83d\ude00\n\/", b="\x41\101\U0001F600", c="\d")',
         {"a": "é😀\n/", "b": "AA😀", "c": r"\d"}),
        ("f(a='(,)=}\"', b=\"it's\")", {"a": '(,)=}"', "b": "it's"}),
        ("f(a=1e3, b=2E-2, c=0, d=-0)", {"a": 1000.0, "b": 0.02, "c": 0, "d": 0}),
    ],
)  # fmt: skip
def test_tool_code_reads_python_and_json_literals(line, arguments):
    assert spelling(TOOL_CODE.parse(tool_code(line))) == spelling([ToolCall("f", arguments)])


@every_format
def test_brackets_inside_strings_do_not_nest(form):
    written = (ToolCall("f", {"a": "[" * 100 + '\\"{' * 100}),)
    assert form.parse(form.render(written)) == written


def test_the_stop_string_may_be_absent():
    assert TOOL_CODE.parse("<|tool_code|>\nf(a=1)") == (ToolCall("f", {"a": 1}),)
    assert HERMES.parse('<tool_call>\n{"name": "f", "arguments": {}}') == (ToolCall("f", {}),)


def test_what_follows_the_stop_string_is_not_read():
    assert TOOL_CODE.parse("<|tool_code|>f()<|end|> and g(<|tool_code|>") == (ToolCall("f", {}),)


def test_words_between_hermes_blocks_are_not_read():
    block = '<tool_call>{"name": "f", "arguments": {}}</tool_call>'
    assert HERMES.parse(f"First {block} then {block} done") == (ToolCall("f", {}), ToolCall("f", {}))


def test_hermes_reads_arguments_that_were_encoded_twice():
    text = r'<tool_call>{"name": "f", "arguments": "{\"a\": [1, \"x\"]}"}</tool_call>'
    assert HERMES.parse(text) == (ToolCall("f", {"a": [1, "x"]}),)


def test_blank_lines_and_carriage_returns_are_skipped():
    assert TOOL_CODE.parse("<|tool_code|>\r\n\r\nf(a=1)\r\n  \n g() \n<|end|>") == (
        ToolCall("f", {"a": 1}),
        ToolCall("g", {}),
    )


@settings(max_examples=100, deadline=None)
@given(arguments=st.dictionaries(texts, values, max_size=4))
def test_python_spelling_reads_as_the_same_values(arguments):
    assert spelling([read_call(f"f(**{arguments!r})")]) == spelling([ToolCall("f", arguments)])


def test_an_unknown_format_is_one_sentence_with_the_known_ones():
    known = f"use one of {', '.join(CALL_FORMATS)}, or the import path of your own"
    with pytest.raises(UserError, match=f"^call format 'xml' is not known: {known}$"):
        find_call_format("xml")
    assert find_call_format("tool_code") is TOOL_CODE
