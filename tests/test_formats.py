"""Call formats: what is written reads back, and what is malformed gets a named problem."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lit_toolcall.formats import CALL_FORMATS, CallFormat, CallSyntaxError, call_format, read_call
from lit_toolcall.types import Problem, ToolCall, UserError

TOOL_CODE = CALL_FORMATS["tool_code"]
HERMES = CALL_FORMATS["hermes"]
every_format = pytest.mark.parametrize("form", CALL_FORMATS.values(), ids=CALL_FORMATS)

MARKERS = ["<|tool_code|>", "<|end|>", "<tool_call>", "</tool_call>"]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [*MARKERS, "\\<|end|>", '"', "'", "\\", ")", "})\n", "true", " ", "\u2028", "\x00", "𝒳"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)
names = st.from_regex(r"[A-Za-z$][\w.\-/ ]{0,15}[\w]", fullmatch=True)
calls = st.builds(ToolCall, names, st.dictionaries(texts, values, max_size=4))


def spelling(parsed: Any) -> str:
    """Tells 1, 1.0 and True apart, and 0.0 from -0.0."""
    return repr([(call.name, dict(call.arguments)) for call in parsed])


def problem_of(form: CallFormat, text: str) -> tuple[Problem, str]:
    with pytest.raises(CallSyntaxError) as caught:
        form.parse(text)
    return caught.value.problem, caught.value.detail


def tool_code(line: str) -> str:
    return f"<|tool_code|>\n{line}\n<|end|>"


@every_format
@settings(max_examples=300, deadline=None)
@given(written=st.lists(calls, min_size=1, max_size=3))
def test_calls_read_back_with_types(form, written):
    text = form.render(written)
    assert spelling(form.parse(text)) == spelling(written)
    assert spelling(form.parse(f"I will look that up. {text}")) == spelling(written)


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


@every_format
def test_the_start_and_the_stop_are_markers(form):
    assert form.start in form.markers
    assert form.stop is None or form.stop in form.markers
    assert form.start in form.instruction


@every_format
@pytest.mark.parametrize("text", ["", "No tool fits.", "<|end|>", "f(a=1)", "</tool_call>", "\ud800"])
def test_a_text_without_the_start_is_words(form, text):
    assert form.parse(text) == ()


@every_format
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("f", {"a": math.nan}),
        ("f", {"a": math.inf}),
        ("f", {"a": (1, 2)}),
        ("f", {"a": {1: 2}}),
        ("f", {1: 2}),
        ("f", {"a": {1, 2}}),
        ("f", {"a": 1j}),
        ("f", {"a": b"x"}),
        ("f", {"a": "\ud800"}),
        ("\ud800", {}),
        ("", {}),
        ("f", {"a": "x" * 20_000}),
        ("f", {"a": 10**500}),
        ("f", {"a": 10**5000}),
    ],
)
def test_what_does_not_read_back_is_not_written(form, name, arguments):
    with pytest.raises(CallSyntaxError):
        form.render([ToolCall(name, arguments)])


@every_format
def test_too_deep_a_value_is_not_written(form):
    value: Any = 1
    for _ in range(33):
        value = [value]
    with pytest.raises(CallSyntaxError, match="nested") as caught:
        form.render([ToolCall("f", {"a": value})])
    assert caught.value.problem is Problem.TOO_LONG
    for _ in range(5000):
        value = [value]
    with pytest.raises(CallSyntaxError):
        form.render([ToolCall("f", {"a": value})])


@every_format
def test_no_calls_are_not_written(form):
    with pytest.raises(CallSyntaxError, match="plain text"):
        form.render([])


@pytest.mark.parametrize("name", ["a\nb", "f(", " f", "f ", "<|tool_code|>", "a<|end|>"])
def test_tool_code_refuses_names_that_it_cannot_hold(name):
    with pytest.raises(CallSyntaxError):
        TOOL_CODE.render([ToolCall(name, {})])


@pytest.mark.parametrize("name", ["a\nb", "f(", " f", "</tool_call>", "Market Trends API"])
def test_hermes_holds_any_name(name):
    written = (ToolCall(name, {"<tool_call>": 1}),)
    assert HERMES.parse(HERMES.render(written)) == written


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
        ("f( from = 'Oslo' , class=2 , $top=3, user-id=4)", {"from": "Oslo", "class": 2, "$top": 3, "user-id": 4}),
        (r'f(a="\u00e9\ud83d\ude00\n\/", b="\x41\101\U0001F600", c="\d")',
         {"a": "é😀\n/", "b": "AA😀", "c": r"\d"}),
        ("f(a='(,)=}\"', b=\"it's\")", {"a": '(,)=}"', "b": "it's"}),
        ("f(a=1e3, b=2E-2, c=0, d=-0)", {"a": 1000.0, "b": 0.02, "c": 0, "d": 0}),
    ],
)  # fmt: skip
def test_tool_code_reads_python_and_json_literals(line, arguments):
    assert spelling(TOOL_CODE.parse(tool_code(line))) == spelling([ToolCall("f", arguments)])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("f", "no call such as"),
        ("(a=1)", "no call such as"),
        ("f(a=1", "expected ')' at 'the end'"),
        ("f(a=1) + g(b=2)", "text after the call"),
        ("f(1)", "an argument without a name at '1)'"),
        ("f(*[1])", "an argument without a name"),
        ("f(**a)", "expected '{'"),
        ("f(a=b)", "'b' is not a literal value"),
        ("f(a=g(1))", "'g' is not a literal value"),
        ("f(a=(1, 2))", "'(' starts no JSON value"),
        ("f(a={1, 2})", "a key that is not a string"),
        ("f(a={1: 2})", "a key that is not a string"),
        ("f(a=1+1)", "expected ')' at '+1)'"),
        ("f(a=--1)", "no literal value at '--1)'"),
        ("f(a=1j)", "no literal value at '1j)'"),
        ("f(a=007)", "no literal value at '007)'"),
        ("f(a=1_000)", "no literal value"),
        ("f(a=b'x')", "'b' is not a literal value"),
        ("f(a=f'{x}')", "'f' is not a literal value"),
        ("f(a=NaN)", "'NaN' is not a literal value"),
        ("f(a=-Infinity)", "no literal value"),
        ("f(a=1e999)", "too large for a float"),
        ("f(a='x' 'y')", "expected ')'"),
        (r"f(a='\x4')", "an unfinished escape"),
        (r"f(a='\U00110000')", "no such character"),
        (r"f(a='\ud800')", "lone surrogate"),
        ("f(a='\ud800')", "lone surrogate"),
        ("f(a='x\\')", "no literal value"),
        ("<|tool_code|>f(a=1)", "a name that holds <|tool_code|>"),
        ("", "no call after <|tool_code|>"),
    ],
)
def test_tool_code_names_what_is_malformed(line, said):
    problem, detail = problem_of(TOOL_CODE, tool_code(line))
    assert problem is Problem.SYNTAX
    assert said in detail


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("", "not JSON"),
        ("f(a=1)", "not JSON"),
        ("[]", 'not an object with "name" and "arguments" alone'),
        ('{"name": "f"}', 'not an object with "name" and "arguments" alone'),
        ('{"name": "f", "arguments": {}, "id": 1}', "alone"),
        ('{"name": 1, "arguments": {}}', "a name that is not a string"),
        ('{"name": "", "arguments": {}}', "a name that is not a string"),
        ('{"name": "f", "arguments": []}', "arguments that are not an object"),
        ('{"name": "f", "arguments": "x"}', "not JSON"),
        ('{"name": "f", "arguments": {"a": NaN}}', "NaN is not a JSON value"),
        ('{"name": "f", "arguments": {"a": 1e999}}', "too large for a float"),
        ('{"name": "f", "arguments": {"a": "\\ud800"}}', "lone surrogate"),
        ('{"name": "f", "arguments": {"a": "\ud800"}}', "lone surrogate"),
        ('{"name": "f", "arguments": {}} {}', "Extra data"),
    ],
)
def test_hermes_names_what_is_malformed(block, said):
    problem, detail = problem_of(HERMES, f"<tool_call>\n{block}\n</tool_call>")
    assert problem is Problem.SYNTAX
    assert said in detail


@pytest.mark.parametrize(
    "text",
    [
        tool_code("f(a=1, a=2)"),
        tool_code('f(**{"a": 1, "a": 1})'),
        tool_code('f(a=1, **{"a": 2})'),
        tool_code('f(b={"a": 1, "a": 2})'),
        '<tool_call>{"name": "f", "arguments": {"a": 1, "a": 1}}</tool_call>',
        '<tool_call>{"name": "f", "arguments": "{\\"a\\": 1, \\"a\\": 1}"}</tool_call>',
    ],
)
def test_an_argument_given_twice_is_its_own_problem(text):
    form = TOOL_CODE if TOOL_CODE.start in text else HERMES
    problem, detail = problem_of(form, text)
    assert problem is Problem.DUPLICATE_ARGUMENT
    assert detail == "'a' is given twice"


@every_format
@pytest.mark.parametrize(
    "value", ["[" * 33 + "]" * 33, '{"a":' * 5000, "9" * 5000, "0." + "1" * 500, f'"{"x" * 20_000}"']
)
def test_bounds_are_named(form, value):
    block = f"f(a={value})" if form is TOOL_CODE else f'{{"name": "f", "arguments": {{"a": {value}}}}}'
    assert problem_of(form, form.start + block)[0] is Problem.TOO_LONG


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


@settings(max_examples=200, deadline=None)
@given(arguments=st.dictionaries(texts, values, max_size=4))
def test_python_spelling_reads_as_the_same_values(arguments):
    assert spelling([read_call(f"f(**{arguments!r})")]) == spelling([ToolCall("f", arguments)])


def test_an_unknown_format_is_one_sentence_with_the_known_ones():
    with pytest.raises(UserError, match=r"^call format 'xml' is not known: use one of tool_code, hermes$"):
        call_format("xml")
    assert call_format("tool_code") is TOOL_CODE
