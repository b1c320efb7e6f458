"""Broken and hostile files: every row is kept or rejected, and only an unreadable file raises."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from lit_toolcall.data.sources import ApiBank, JsonLines, Ledger, Source
from lit_toolcall.data.sources.api_bank_requests import parse_literal, parse_requests
from lit_toolcall.data.sources.files import MAX_ROW_BYTES, RowError
from lit_toolcall.types import UserError

TOOL = {
    "name": "book",
    "description": "Books a table; the guest's name is kept.",
    "parameters": {
        "type": "object",
        "properties": {"guests": {"type": "integer"}, "day": {"type": "string", "enum": ["Mon", "Tue"]}},
        "required": ["guests"],
    },
}
CALL = {"function": {"name": "book", "arguments": '{"guests": 2, "day": "Mon"}'}}
JSONL_ROWS = (
    {
        "query": "A table for two",
        "tools": [TOOL],
        "expected_output": {"function": "book", "arguments": {"guests": 2}},
    },
    {
        "messages": [
            {"role": "user", "content": "Ein Tisch f\u00fcr zwei"},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
        ],
        "tools": json.dumps([{"type": "function", "function": TOOL}]),
    },
)
SEARCHER = '{"apiCode": "ToolSearcher", "description": "", "parameters": {"keywords": {"type": "str"}}}'
FOUND = "{'name': 'Rent', 'description': 'The user's rent', 'input_parameters': {'city': {'type': str}}}"
API_ROW = {
    "instruction": 'API descriptions:\n{"name": "Add", "input_parameters": {"n": {"type": "int"}}}',
    "input": f"{SEARCHER}\nUser: Rent?TIME: 2034\nAPI-Request: [ToolSearcher(keywords='rent')]->{FOUND}\n"
    "AI: Yes.\nAPI-Request: [Add(n=-2)]->3\nGenerate API Request: ",
    "output": "API-Request: [Rent(city=New York)]",
}
Mutation = Callable[[bytes, random.Random], bytes]


def flip_bits(line: bytes, rng: random.Random) -> bytes:
    changed = bytearray(line)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(line: bytes, rng: random.Random) -> bytes:
    start, end = sorted(rng.sample(range(len(line) + 1), 2))
    return line[:start] + line[end:]


def recode(line: bytes, rng: random.Random) -> bytes:
    return line.decode().encode(rng.choice(["utf-16", "utf-32-le", "latin-1", "utf-8-sig"]))


def insert(line: bytes, rng: random.Random) -> bytes:
    pieces = [
        b"\0",
        b"\xff",
        b"\\u0000",
        b"\\ud800",
        b"NaN",
        b"1e999",
        b"9" * 5000,
        b"[" * 3000,
        b"{'a':" * 300,
    ]
    pieces += [
        b"'",
        b'\\"',
        b"\\n",
        b", a=",
        b")]->",
        b"User: ",
        b"(" * 200,
        b"-" * 3000,
        b"1+" * 3000,
        b"\r",
        b"\x85",
    ]
    place = rng.randrange(len(line) + 1)
    return line[:place] + rng.choice(pieces) + line[place:]


def swap_value(line: bytes, rng: random.Random) -> bytes:
    row = json.loads(line)
    values: list[object] = [
        None,
        5,
        -0.0,
        True,
        [],
        {},
        "",
        "x",
        [[]],
        {"type": []},
        10**200,
        [None],
        {"function": None},
        [{}],
    ]
    node = row
    while rng.random() < 0.7:
        children = list(node.values()) if isinstance(node, dict) else node
        nested = [child for child in children if isinstance(child, (dict, list)) and child]
        if not nested:
            break
        node = rng.choice(nested)
    key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
    node[key] = rng.choice(values)
    return json.dumps(row, ensure_ascii=False).encode()


MUTATIONS: tuple[Mutation, ...] = (flip_bits, cut, recode, insert, swap_value)


def mutate(row: object, rng: random.Random) -> bytes:
    line = rng.choice(MUTATIONS)(json.dumps(row, ensure_ascii=False).encode(), rng)
    return rng.choice((flip_bits, cut, insert))(line, rng) if line and rng.random() < 0.2 else line


def account(source: Source) -> int:
    ledger = Ledger()
    examples = list(source.read(ledger))
    assert len(examples) == ledger.kept
    assert all(rejection.reason and rejection.place for rejection in ledger.rejected)
    json.dumps([rejection.reason for rejection in ledger.rejected], ensure_ascii=False).encode()
    return ledger.kept + len(ledger.rejected)


@pytest.mark.parametrize("seed", range(4))
def test_json_lines_account_for_every_mutated_line(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    content = b"\n".join(mutate(rng.choice(JSONL_ROWS), rng) for _ in range(500))
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    rows = sum(bool(line.strip()) for line in content.split(b"\n"))
    assert account(JsonLines(str(path))) == rows


@pytest.mark.parametrize("seed", range(4))
def test_api_bank_accounts_for_every_mutated_line(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    # a .json file that does not begin with [ is read like JSON lines, so a broken row does not hide others
    content = b"\n".join([json.dumps(API_ROW).encode(), *(mutate(API_ROW, rng) for _ in range(500))])
    path = tmp_path / "lv3-api-train.json"
    path.write_bytes(content)
    rows = sum(bool(line.strip()) for line in content.split(b"\n"))
    assert account(ApiBank(str(tmp_path))) == rows


@pytest.mark.parametrize("seed", range(4))
def test_api_bank_accounts_for_every_mutated_text_of_an_array(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    rows = []
    for _ in range(300):
        row = dict(API_ROW)
        key = rng.choice(list(row))
        mutated = rng.choice((flip_bits, cut, insert))(row[key].encode(), rng)
        rows.append(row | {key: mutated.decode("utf-8", "replace")})
    (tmp_path / "lv3-api-train.json").write_text(json.dumps(rows), encoding="utf-8")
    assert account(ApiBank(str(tmp_path))) == len(rows)


def account_or_sentence(source: Source, path: Path) -> None:
    try:
        account(source)
    except UserError as error:
        sentence = str(error)
    else:
        return
    assert sentence.startswith(str(path))


@pytest.mark.parametrize("seed", range(4))
def test_a_mutated_array_is_read_or_one_sentence(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    path = tmp_path / "lv3-api-train.json"
    for _ in range(50):
        path.write_bytes(b"[" + mutate(API_ROW, rng) + b"]")
        account_or_sentence(ApiBank(str(tmp_path)), path)
        account_or_sentence(JsonLines(str(path)), path)


NO_LITERALS = {
    "minus": "-" * 50_000 + "1",
    "plus": "1+" * 40_000 + "1",
    "not": "not " * 20_000 + "1",
    "attributes": "a" + ".a" * 40_000,
    "calls": "a" + "()" * 40_000,
    "lambdas": "lambda:" * 10_000 + "1",
    "choices": "1 if 1 else " * 8_000 + "1",
    "brackets": "[" * 5_000,
    "digits": "9" * 5_000,
    "f-string": "f'{1}'",
    "bytes": "b'a'",
    "surrogate": "'\\ud800'",
    "nul": "'\\x00'",
    "generator": "(x for x in y)",
    "unpacking": "{**{}}",
    "number as key": "{1: 2}",
    "key twice": "{'a': 1, 'a': 2}",
}


@pytest.mark.parametrize("name", NO_LITERALS)
def test_what_is_no_bounded_literal_is_refused(name: str) -> None:
    with pytest.raises(RowError):
        parse_literal(NO_LITERALS[name])
    with pytest.raises(RowError):
        parse_requests(f"[f(a={NO_LITERALS[name]})]")


def test_a_file_of_one_endless_line_is_one_rejection(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"[" * (3 * MAX_ROW_BYTES))
    assert account(JsonLines(str(path))) == 1
