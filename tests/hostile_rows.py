"""Ways to spoil a row: in its bytes, in its texts, and in its values."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from typing import Any

from lit_toolcall.data.sources.reading.values import MAX_ROW_BYTES

BytesChange = Callable[[bytes, random.Random], bytes]
PIECES = (
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\\u0000", b"\\ud800", b"\xc2\x85", b"\xe2\x80\xae", b"\r", b"\n", b"\x1b[2J"),
    *(b"NaN", b"1e999", b"-Infinity", b"9" * 5000, b"0." + b"1" * 5000, b"1e-99999"),
    *(b"[" * 3000, b'{"a":' * 3000, b"{'a':" * 300, b"(" * 200, b"-" * 3000, b"1+" * 3000, b"not " * 500, b"\\" * 3001),
    *(b"'", b'"', b'\\"', b"\\n", b",", b"}", b"]", b", a=", b")]->", b"a" * 20_000, b" " * 20_000),
    *(b"User: ", b"TIME: 1 ", b"ASSISTANT: ", b"<functioncall> ", b"<|endoftext|>", b"<tool_call>", b"</tool_call>"),
    *(b"<tools>", b"<TOOLCALL>[", b"<response>", b"1. Name: ", b"\\nParameters: ", b"f(", b"[f(a="),
)
TOKENS = (
    *("null", "true", "[]", "{}", '""', "-0.0", "5", "1e400", "NaN", "[[]]", "[null]", "{1: 2}", "'a'", "(1, 2)"),
    *('{"type": []}', '{"a": 1, "a": 2}', "9" * 400, "[" * 100 + "]" * 100, "None", "{'a': {'b'}}", "f()", "1_000"),
)
VALUES: tuple[Any, ...] = (
    *(None, 5, -0.0, True, [], {}, "", "x", " ", "1", [[]], [None], [{}], {"type": []}, {"function": None}, ["a", "a"]),
    *(
        {"type": "array", "items": True, "enum": [1]},
        {"type": "object", "required": [{}]},
        {"anyOf": [{"type": "null"}]},
    ),
    *({"type": "int", "enum": ["9" * 5000, "1"]}, {"$ref": "#"}, {"type": "number", "enum": ["nan", "inf"]}),
    *(10**200, -(10**350), 1e308, float("nan"), float("-inf"), "\0", "\ud800", "\x1b[2J", "\u202e", "é" * 20_000),
    *(
        "optional[" * 30,
        "list[int | str], default: x",
        ", optional" * 500,
        "dict[" * 20 + "]" * 20,
        "name",
        "tool_calls",
    ),
)
NAMED = re.compile(r'("(?:name|api_name|apiCode|api|function)": ")')
TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|-?\d+|true|false|null')


def flip_bits(line: bytes, rng: random.Random) -> bytes:
    changed = bytearray(line)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(line: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.sample(range(len(line) + 1), 2))
    return line[:start] + line[end:]


def insert(line: bytes, rng: random.Random) -> bytes:
    place = rng.randrange(len(line) + 1)
    return line[:place] + rng.choice(PIECES) + line[place:]


def repeat(line: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.sample(range(len(line) + 1), 2))
    times = min(rng.choice((2, 2, 3, 50)), 1 + MAX_ROW_BYTES // len(line))
    return line[:start] + line[start:end] * times + line[end:]


def swap_token(line: bytes, rng: random.Random) -> bytes:
    """Put another value where a value of JSON stands, also of JSON inside of a text."""
    text = line.decode("utf-8", "replace")
    found = list(TOKEN.finditer(text))
    if not found:
        return insert(line, rng)
    token = rng.choice(found)
    return (text[: token.start()] + rng.choice(TOKENS) + text[token.end() :]).encode("utf-8", "replace")


def recode(line: bytes, rng: random.Random) -> bytes:
    encoding = rng.choice(["utf-16", "utf-32-le", "latin-1", "cp1252", "utf-8-sig", "utf-7"])
    return line.decode("utf-8", "replace").encode(encoding, "backslashreplace")


def outgrow(line: bytes, rng: random.Random) -> bytes:
    """Make a line that is longer than a row may be, or as long as it may be."""
    place = rng.randrange(len(line) + 1)
    length = rng.choice((MAX_ROW_BYTES - len(line) - 1, MAX_ROW_BYTES + 5))
    return line[:place] + rng.choice((b"a", b"[", b" ", b"9")) * length + line[place:]


def find_places(value: Any) -> list[tuple[Any, Any]]:
    """Return the container and the key of every value inside of another."""
    places, stack = [], [value]
    while stack:
        node = stack.pop()
        if isinstance(node, (dict, list)):
            keys = list(node) if isinstance(node, dict) else range(len(node))
            places += [(node, key) for key in keys]
            stack += [node[key] for key in keys]
    return places


def copy(value: Any) -> Any:
    return json.loads(json.dumps(value))


def change_value(value: Any, rng: random.Random) -> None:
    """Replace, rename, remove, move, or nest one value inside of another, in place."""
    places = find_places(value)
    if not places:
        return
    container, key = rng.choice(places)
    change = rng.randrange(6)
    if change <= 1:
        container[key] = copy(rng.choice(VALUES))
    elif change == 2:
        other, other_key = rng.choice(places)
        container[key] = copy(other[other_key])
    elif change == 3:
        del container[key]
    elif change == 4 and isinstance(container, dict):
        container[rng.choice(("name", "type", "required", "properties", "a b", "\n", "", "enum"))] = container.pop(key)
    else:
        for _ in range(rng.choice((1, 3, 30, 100))):
            container[key] = rng.choice(
                ([container[key]], {"a": container[key]}, {"type": "array", "items": container[key]})
            )


def grow_value(value: Any, rng: random.Random) -> None:
    """Make thousands of a list's entries, or of an object's, in place; half of the time each has a name of its own."""
    places = [
        (container, key)
        for container, key in find_places(value)
        if isinstance(container[key], (list, dict)) and container[key]
    ]
    if not places:
        return
    container, key = rng.choice(places)
    number = rng.choice((100, 500, 3000))
    grown = container[key]
    if isinstance(grown, dict):
        name, part = rng.choice(list(grown.items()))
        container[key] = grown | {f"{name}{i}": copy(part) for i in range(number)}
        return
    text = json.dumps(rng.choice(grown))
    if len(text) * number <= MAX_ROW_BYTES:
        numbered = rng.random() < 0.5
        container[key] = [json.loads(NAMED.sub(rf"\g<1>{i}_", text) if numbered else text) for i in range(number)]


def spoil_values(value: Any, rng: random.Random) -> Any:
    """Return a changed copy of a JSON value."""
    spoilt = copy(value)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        change_value(spoilt, rng)
    if rng.random() < 0.02:
        grow_value(spoilt, rng)
    return spoilt


def spoil_bytes(line: bytes, rng: random.Random) -> bytes:
    """Return changed bytes of a line."""
    if rng.random() < 0.001:
        return outgrow(line, rng)
    changes: tuple[BytesChange, ...] = (flip_bits, cut, insert, repeat, swap_token, recode)
    line = rng.choice(changes)(line, rng)
    return rng.choice((flip_bits, cut, insert))(line, rng) if line and rng.random() < 0.2 else line


def spoil_text(row: Any, rng: random.Random) -> Any:
    """Return a copy of a row with one of its texts changed; as JSON the row stays whole."""
    row = copy(row)
    texts = [
        (container, key) for container, key in find_places(row) if isinstance(container[key], str) and container[key]
    ]
    if texts:
        container, key = rng.choice(texts)
        text = container[key].encode("utf-8", "replace")
        changed = rng.choice((flip_bits, cut, insert, repeat, swap_token))(text, rng)
        container[key] = changed.decode("utf-8", rng.choice(("replace", "surrogateescape", "ignore")))
    return row


def encode_row(row: Any, rng: random.Random) -> bytes:
    return json.dumps(row, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


def mutate(row: Any, rng: random.Random) -> bytes:
    """Return a row's line of JSON with its values, its texts or its bytes spoilt."""
    way = rng.randrange(3)
    if way == 0:
        return spoil_bytes(encode_row(row, rng), rng)
    line = encode_row((spoil_values if way == 1 else spoil_text)(row, rng), rng)
    return spoil_bytes(line, rng) if rng.random() < 0.1 else line
