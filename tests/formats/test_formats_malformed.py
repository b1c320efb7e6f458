"""Call formats: what cannot be written is refused, and what is malformed gets a named problem."""

import math
from typing import Any

import pytest

from lit_toolcall.formats import CALL_FORMATS, CallFormat, CallSyntaxError
from lit_toolcall.types import Problem, ToolCall

TOOL_CODE = CALL_FORMATS["tool_code"]
HERMES = CALL_FORMATS["hermes"]
PYTHONIC = CALL_FORMATS["pythonic"]
LLAMA3_JSON = CALL_FORMATS["llama3_json"]
every_format = pytest.mark.parametrize("form", CALL_FORMATS.values(), ids=CALL_FORMATS)


def problem_of(form: CallFormat, text: str) -> tuple[Problem, str]:
    with pytest.raises(CallSyntaxError) as caught:
        form.parse(text)
    return caught.value.problem, caught.value.detail


def tool_code(line: str) -> str:
    return f"<|tool_code|>\n{line}\n<|end|>"


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
    for _ in range(65):
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


@pytest.mark.parametrize(
    "name", ["a\nb", "f(", " f", "f ", "a,b", "a=b", "[f]", "{f}", 'f"', "f'", "a\u2028b", "a\u00a0b", "", " "]
)
def test_pythonic_refuses_names_that_it_cannot_hold_by_name(name):
    for calls in ([ToolCall(name, {})], [ToolCall("f", {}), ToolCall(name, {"a": 1})]):
        with pytest.raises(CallSyntaxError) as caught:
            PYTHONIC.render(calls)
        assert caught.value.detail == f"a tool's name that this format cannot hold: {name!r}"


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
        ("f(a=1e999)", "1e999 is out of range"),
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
        ('{"name": "f", "arguments": {"a": NaN}}', "NaN is not a JSON number"),
        ('{"name": "f", "arguments": {"a": 1e999}}', "1e999 is out of range"),
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
    ("text", "said"),
    [
        ("[f(a=1), g(", "an argument without a name at 'the end'"),
        ("[f(a=1", "expected ')' at 'the end'"),
        ("[f(", "an argument without a name at 'the end'"),
        ("[f(1)]", "an argument without a name at '1)]'"),
        ("[f(x), g(x)] is the path.", "an argument without a name"),
        ("[f(a=1)] Done.", "text after the calls: 'Done.'"),
        ("[f(a=1)]\n[g()]", "text after the calls"),
        ("[f(a=1) g()]", "expected ']' at 'g()]'"),
        ("[f(a=1), g]", "no call such as name(argument=value) at 'g]'"),
        ("[f(a=1), (b=1)]", "no call such as"),
        ("[f(a=1), 'g'()]", "no call such as"),
        ("[f(a=1), [g()]]", "no call such as"),
        ("[f(a=g(b=1))]", "'g' is not a literal value"),
        ("[Market Trends API('X')]", "an argument without a name"),
    ],
)
def test_pythonic_names_what_is_malformed(text, said):
    problem, detail = problem_of(PYTHONIC, text)
    assert problem is Problem.SYNTAX
    assert said in detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"name": "f", "parameters": {}', "not JSON"),
        ('{"name": "f"}', 'not an object with "name" and "parameters" alone'),
        ('{"name": "f", "parameters": {}, "arguments": {}}', "alone"),
        ('{"type": "tool", "name": "f", "parameters": {}}', "alone"),
        ('{"function": "f", "parameters": {}}', "alone"),
        ('{"name": 1, "parameters": {}}', "a name that is not a string"),
        ('{"name": "f", "parameters": []}', "parameters that are not an object"),
        ('{"name": "f", "parameters": {"a": NaN}}', "NaN is not a JSON number"),
        ('{"name": "f", "parameters": {"a": "\\ud800"}}', "lone surrogate"),
        ('{"name": "f", "parameters": {}} {"name": "g", "parameters": {}}', "Extra data"),
        ('{"name": "f", "parameters": {}}, {"name": "g", "parameters": {}}', "Extra data"),
        ('{"name": "f", "parameters": {}}} Done.', "Extra data"),
        ('{"name": "f", "parameters": {}};', "not JSON"),
        ('{"name": "f", "parameters": {}}; 1', "alone"),
        ('{"name": "f", "parameters": {}}; g()', "not JSON"),
    ],
)
def test_llama3_json_names_what_is_malformed(text, said):
    problem, detail = problem_of(LLAMA3_JSON, text)
    assert problem is Problem.SYNTAX
    assert said in detail


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (TOOL_CODE, tool_code("f(a=1, a=2)")),
        (TOOL_CODE, tool_code('f(**{"a": 1, "a": 1})')),
        (TOOL_CODE, tool_code('f(a=1, **{"a": 2})')),
        (TOOL_CODE, tool_code('f(b={"a": 1, "a": 2})')),
        (HERMES, '<tool_call>{"name": "f", "arguments": {"a": 1, "a": 1}}</tool_call>'),
        (HERMES, '<tool_call>{"name": "f", "arguments": "{\\"a\\": 1, \\"a\\": 1}"}</tool_call>'),
        (PYTHONIC, "[f(a=1), g(a=1, a=2)]"),
        (PYTHONIC, '[f(a=1, **{"a": 2})]'),
        (LLAMA3_JSON, '{"name": "f", "parameters": {"a": 1, "a": 1}}'),
    ],
)
def test_an_argument_given_twice_is_its_own_problem(form, text):
    problem, detail = problem_of(form, text)
    assert problem is Problem.DUPLICATE_ARGUMENT
    assert detail == "the key 'a' is given twice"


LONG_VALUES = ["[" * 65 + "]" * 65, '{"a":' * 5000, "9" * 5000, f'"{"x" * 20_000}"']


@every_format
@pytest.mark.parametrize("value", LONG_VALUES)
def test_bounds_are_named(form, value):
    text = form.render([ToolCall("f", {"a": 12345})]).replace("12345", value)
    assert problem_of(form, text)[0] is Problem.TOO_LONG


@pytest.mark.parametrize("value", LONG_VALUES)
def test_bounds_of_tool_codes_keyword_arguments_are_named(value):
    assert problem_of(TOOL_CODE, tool_code(f"f(a={value})"))[0] is Problem.TOO_LONG
