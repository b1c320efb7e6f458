"""The calls that BFCL's own decoder reads in an answer, for the figure that is called BFCL's; nothing is evaluated.

The rules of `default_decode_ast_prompting` in bfcl-eval 2026.3.23 in our own words, oddities included: names are texts,
calls inside of calls are objects or texts, positions are ignored, and any sign means minus. It evaluates arithmetic;
here sums and products of literals are worked out, and anything else is no call. A test holds the two together.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from lit_toolcall.formats.call_format import MAX_CHARACTERS
from lit_toolcall.types import ToolCall

_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_MAX_NUMBER = 10**18


def decode_as_bfcl(text: str) -> tuple[ToolCall, ...]:
    """Return the calls that BFCL reads in an answer; none where its decoder fails.

    >>> decode_as_bfcl("f(a=(1, 2), b=x)"), decode_as_bfcl("I would call f.")
    ((ToolCall(name='f', arguments={'a': (1, 2), 'b': 'x'}),), ())
    """
    text = text.strip("`\n ")
    text = text if text.startswith("[") else f"[{text}"
    text = text if text.endswith("]") else f"{text}]"
    if len(text) > MAX_CHARACTERS:
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes such as "\\d"
            body = ast.parse(text.strip().strip("'"), mode="eval").body
        elements = [body] if isinstance(body, ast.Call) else body.elts  # type: ignore[attr-defined]
        return tuple(_read_call(element) for element in elements)
    # as BFCL does: whatever is wrong, there is no call
    except (SyntaxError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, MemoryError):
        return ()


def _read_call(call: ast.expr) -> ToolCall:
    if not isinstance(call, ast.Call):
        raise TypeError(f"no call: {type(call).__name__}")
    parts, function = [], call.func
    while isinstance(function, ast.Attribute):
        parts.append(function.attr)
        function = function.value
    if isinstance(function, ast.Name):
        parts.append(function.id)
    arguments: dict[Any, Any] = {keyword.arg: _read_value(keyword.value) for keyword in call.keywords}
    return ToolCall(".".join(reversed(parts)), arguments)


def _read_value(node: ast.expr | None) -> Any:
    match node:
        case ast.Constant():
            return "..." if node.value is Ellipsis else node.value
        case ast.UnaryOp(operand=ast.Constant(value=value)):
            return -value  # type: ignore[operator]
        case ast.List():
            return [_read_value(element) for element in node.elts]
        case ast.Tuple():
            return tuple(_read_value(element) for element in node.elts)
        case ast.Dict():
            return {_read_value(key): _read_value(value) for key, value in zip(node.keys, node.values, strict=True)}
        case ast.BinOp():
            return _work_out(node)
        case ast.Name():
            return node.id
        case ast.Call(keywords=[]):
            return ast.unparse(node)
        case ast.Call():
            call = _read_call(node)
            return {call.name: dict(call.arguments)}
        case ast.Subscript():
            return f"{ast.unparse(node.value)}[{ast.unparse(node.slice)}]"
    raise TypeError(f"no value: {type(node).__name__}")


def _work_out(node: ast.expr) -> Any:
    """Return the value of sums and products of numbers, and of texts that are joined."""
    match node:
        case ast.Constant(value=int() | float() | str() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_work_out(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return +_work_out(operand)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
            values = _work_out(left), _work_out(right)
            texts = sum(isinstance(value, str) for value in values)
            is_bounded = all(isinstance(value, str) or abs(value) <= _MAX_NUMBER for value in values)
            if is_bounded and (texts == 0 or (texts == 2 and isinstance(sign, ast.Add))):
                return _OPERATORS[type(sign)](*values)
    raise TypeError("not worked out")
