"""The format `pythonic` takes what BFCL's own decoder takes, and where a figure is called BFCL's the two agree."""

# ruff: noqa: E501, ARG001

from __future__ import annotations

import importlib
import importlib.util
import json
import random
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lit_toolcall.formats import CALL_FORMATS, CallSyntaxError
from lit_toolcall.formats.bfcl_decoder import decode_as_bfcl
from lit_toolcall.metrics import score_prediction
from lit_toolcall.types import BfclQuestion, Example, Message, Prediction, Problem, Tool, ToolCall

PYTHONIC = CALL_FORMATS["pythonic"]
needs_bfcl = pytest.mark.skipif(importlib.util.find_spec("bfcl_eval") is None, reason="bfcl_eval is not installed")
READ = [
    ("[f(size=(800, 600))]", {"size": [800, 600]}),
    ("[f(p=[(1,2),(3,4)])]", {"p": [[1, 2], [3, 4]]}),
    ("[f(p=(1,))]", {"p": [1]}),
    ("[f(p=())]", {"p": []}),
    ("[f(p=(1))]", {"p": 1}),
    ("[f(p=.5)]", {"p": 0.5}),
    ("[f(p=-.5)]", {"p": -0.5}),
    ("[f(p=- 5)]", {"p": -5}),
    ("[f(p=1.)]", {"p": 1.0}),
    ("[f(p=1e3, q=1.E-2, r=2.5e+1)]", {"p": 1000.0, "q": 0.01, "r": 25.0}),
    ("[f(p=1_000)]", {"p": 1000}),
    ("[f(p=1_000.5)]", {"p": 1000.5}),
    ("[f(p=0x1F, q=0o17, r=0b1, s=-0x1f)]", {"p": 31, "q": 15, "r": 1, "s": -31}),
    ("[f(p=00)]", {"p": 0}),
    ("[f(a={1: 'x'})]", {"a": {"1": "x"}}),
    ("[f(a={1.5: 'x', True: 2, None: 3})]", {"a": {"1.5": "x", "true": 2, "null": 3}}),
    ("[f(a='x' 'y')]", {"a": "xy"}),
    ("[f(a=('x'\n   'y'))]", {"a": "xy"}),
    ('[f(a="""x""")]', {"a": "x"}),
    ('[f(a="""say "x" \\n""")]', {"a": 'say "x" \n'}),
    ("[f(a='''''')]", {"a": ""}),
    (r"[f(a=r'C:\new', b=u'x', c=R'\'')]", {"a": r"C:\new", "b": "x", "c": r"\'"}),
    ("[f(a = 1, # the first\n  b = None,)]", {"a": 1, "b": None}),
    ("[f (a=1)]", {"a": 1}),
    ("f(a=1)", {"a": 1}),
    ("  f(a=1)\n", {"a": 1}),
    ("f()", {}),
    ("[f(a=1)", {"a": 1}),
    ("f(a=1)]", {"a": 1}),
    ("[f(a=1),", {"a": 1}),
    ("```\n[f(a=1)]\n```", {"a": 1}),
    ("```\nf(a=1)\n```", {"a": 1}),
    ("`[f(a=1)]`", {"a": 1}),
    ("[f(a=1)] # done", {"a": 1}),
]  # fmt: skip
MORE = [
    ("'[f(a=1)]'", {"a": 1}),
    ("```python\n[f(a=1)]\n```", {"a": 1}),
    ("```python\nf(a=1)\n```", {"a": 1}),
    ("Let me look.\n[f(a=1)]", {"a": 1}),
    ("[f(p=+1)]", {"p": 1}),
    ("[f(from=1, **{'class': 2})]", {"from": 1, "class": 2}),
]
"""Read as well, though BFCL's decoder takes these for words, or for something else."""


def spelling(arguments: Any) -> str:
    return json.dumps(arguments, default=repr)


@pytest.mark.parametrize(("text", "arguments"), READ + MORE)
def test_literals_are_read(text: str, arguments: dict[str, Any]) -> None:
    (call,) = PYTHONIC.parse(text)
    assert call.name == "f"
    assert spelling(call.arguments) == spelling(arguments)


def test_calls_without_brackets_may_be_several() -> None:
    calls = (ToolCall("f", {"a": 1}), ToolCall("g.h", {"b": [2]}))
    assert PYTHONIC.parse("f(a=1), g.h(b=(2,))") == calls
    assert PYTHONIC.parse("f(a=1),\ng.h(b=[2])") == calls
    assert PYTHONIC.parse("[\n f(a=1), # one\n g.h(b=[2]),\n]") == calls


@pytest.mark.parametrize("text", ["f(x) is a function.", "Call me (maybe).", "print(hello)", "```\ncode\n```", "f"])
def test_words_stay_words(text: str) -> None:
    assert PYTHONIC.parse(text) == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("b'x'", "bytes are no JSON value"),
        ("Rb'x'", "bytes are no JSON value"),
        ("f'{x}'", "an f-string is no literal value"),
        ("{1, 2}", "a set is no JSON value"),
        ("{(1, 2): 3}", "a key that is neither a text nor a number"),
        ("1j", "no literal value at '1j)]'"),
        ("007", "no literal value"),
        ("1__0", "no literal value"),
        ("1+1", "expected ')' at '+1)]'"),
        ("--1", "no literal value"),
        ("...", "no literal value"),
        ("x", "'x' is not a literal value"),
        ("g(1)", "'g' is not a literal value"),
        ("(1, 2", "expected ')'"),
        ("1e999", "1e999 is out of range"),
        ("0x" + "f" * 301, "a number of 301 digits"),
    ],
)
def test_what_no_json_value_can_stand_for_is_refused_in_a_sentence(value: str, said: str) -> None:
    with pytest.raises(CallSyntaxError) as caught:
        PYTHONIC.parse(f"[f(a={value})]")
    assert caught.value.problem is Problem.SYNTAX
    assert said in caught.value.detail


def test_two_spellings_of_one_key_are_one_key_given_twice() -> None:
    with pytest.raises(CallSyntaxError) as caught:
        PYTHONIC.parse("[f(a={1: 'x', '1': 'y'})]")
    assert caught.value.problem is Problem.DUPLICATE_ARGUMENT


@pytest.mark.parametrize("value", ["(" * 70 + ")" * 70, "[(" * 2000, "{1:" * 70, "'x' " * 9000, "1" * 500])
def test_depth_and_length_are_bounded(value: str) -> None:
    with pytest.raises(CallSyntaxError) as caught:
        PYTHONIC.parse(f"[f(a={value})]")
    assert caught.value.problem is Problem.TOO_LONG


Decode = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Decode]:
    """BFCL's decoder, loaded without the parsers of other languages and the clients that it imports."""
    stand_ins = {
        "bfcl_eval.model_handler.parser.java_parser": ["parse_java_function_call"],
        "bfcl_eval.model_handler.parser.js_parser": ["parse_javascript_function_call"],
        "tenacity": ["retry", "retry_if_exception_message", "retry_if_exception_type", "wait_random_exponential"],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BFCL_PROJECT_ROOT", str(tmp_path_factory.mktemp("bfcl")))
        for module, names in stand_ins.items():
            stand_in = types.ModuleType(module)
            for name in names:
                setattr(stand_in, name, None)
            patch.setitem(sys.modules, module, stand_in)
        yield importlib.import_module("bfcl_eval.model_handler.utils").default_decode_ast_prompting


def official_calls(decode: Decode, text: str) -> list[tuple[str, str]]:
    try:
        return [(name, repr(arguments)) for call in decode(text) for name, arguments in call.items()]
    except Exception:  # BFCL counts whatever its decoder raises as no call
        return []


def our_calls(text: str) -> list[tuple[str, str]]:
    return [(call.name, repr(dict(call.arguments))) for call in decode_as_bfcl(text)]


ODD = [
    "", "[]", "[{}]", "hello", "Sure! [f(a=1)]", "[f(a=1)] Done.", "[f(1)]", "f(1, b=2)", "[f(a=b)]", "[f(a=g(b=1))]",
    "[f(a=g(1))]", "[f(a=+1)]", "[f(a=not 1)]", "[f(a=~1)]", "[f(a=--1)]", "[f(a=1+2*3)]", "[f(a=2.5-1)]", "[f(a='x'+'y')]",
    "[f(a=7/2)]", "[f(a=1/0)]", "[f(a=x[0])]", "[f(a={1,2})]", "[f(a=b'x')]", "[f(a=f'{x}')]", "[f(a=...)]",
    "[f(a=lambda: 1)]", "[f(a=1 if x else 2)]", "[f(**{'from': 1})]", "[f(from=1)]", "[f(a=1, a=2)]", "[f(a={**x})]",
    "[a.b.c(x=1)]", "[f()(x=1)]", "[f(a=x.y)]", "[f, g]", "[[f(a=1)]]", "(f(a=1), g(b=2))", "f(a=1)\ng(b=2)",
    "[f(a=1) for x in y]", "[f(a='\\d')]", "[f(a='\\x')]", "[f(a=1j)]", "[f(a=-1j)]", "[f(a=-'x')]", "[f(a={[]: 1})]",
    "\x00", "[f(a=' \ud800')]", "[f(a=" + "9" * 5000 + ")]", "[" * 300, "[f(a=" + "-" * 3000 + "1)]", "[f(a=true)]", "[f(ﬁ=1)]",
    "'f(a=1)'", "`f(a=1)`", "[f(a=1);]", "f(a=1)]]", "[f(a=(1, [2, (3,)]), b={'k': (1, 2)})]",
]  # fmt: skip


@needs_bfcl
@pytest.mark.parametrize("text", [*ODD, *(text for text, _ in READ + MORE)])
def test_bfcls_decoder_reads_the_same(official: Decode, text: str) -> None:
    assert our_calls(text) == official_calls(official, text)


@needs_bfcl
@pytest.mark.parametrize(("text", "arguments"), READ)
def test_what_bfcls_decoder_takes_is_taken(official: Decode, text: str, arguments: dict[str, Any]) -> None:
    assert [name for name, _ in official_calls(official, text)] == ["f"]


@needs_bfcl
def test_bfcls_decoder_reads_damaged_answers_the_same(official: Decode) -> None:
    rng = random.Random(0)
    pieces = [
        "(",
        ")",
        "[",
        "]",
        ",",
        "=",
        "'",
        '"',
        "\n",
        "1",
        ".5",
        "0x1f",
        "None",
        "x",
        "g(b=2)",
        "{1: 2}",
        "#",
        "`",
        " ",
        "-",
    ]
    made = 0
    for _ in range(3000):
        text = rng.choice(READ)[0]
        for _ in range(rng.randint(1, 3)):
            i, j = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
            text = rng.choice([text[:i] + text[j:], text[:i] + rng.choice(pieces) + text[i:]])
        found = our_calls(text)
        assert found == official_calls(official, text), text
        made += bool(found)
    assert made > 300


def test_a_figure_that_is_called_bfcls_is_that_of_its_own_decoder() -> None:
    properties = {"n": {"type": "tuple", "items": {"type": "integer"}}}
    docs = {"name": "f", "parameters": {"properties": properties, "required": ["n"]}}
    asked = BfclQuestion("simple_python", (docs,), ({"f": {"n": [[1, 2]]}},))
    items = {"type": "array", "items": {"type": "integer"}}
    tool = Tool("f", "", {"type": "object", "properties": {"n": items}, "required": ["n"]})
    answer = Message("assistant", calls=(ToolCall("f", {"n": [1, 2]}),))
    example = Example("1", (tool,), (), answer, bfcl=asked)

    def verdicts(text: str) -> tuple[bool, bool | None]:
        score = score_prediction(Prediction(text, PYTHONIC.read(text), None, PYTHONIC.read_as_bfcl(text)), example)
        return score.exact, score.ast

    assert verdicts("[f(n=(1, 2))]") == (True, True)
    assert verdicts("Sure.\n[f(n=(1, 2))]") == (True, False)  # BFCL reads no call beside words
    assert verdicts("f(n=[1, 2])") == (True, True)
