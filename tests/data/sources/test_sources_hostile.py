"""Broken and hostile files: every row is kept or rejected, and only an unreadable file raises.

`LIT_TOOLCALL_HOSTILE_ROWS` is the number of spoilt rows over all sources together, 6,000 where it is not set:

    LIT_TOOLCALL_HOSTILE_ROWS=1000000 pytest -s -k spoilt_row tests/data/sources/test_sources_hostile.py

A million takes about half an hour on one core; the rows are the same in each run. A file holds 1,000 rows and is
read within `MAX_SECONDS` of computing time.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hostile_rows import cut, encode_row, flip_bits, insert, mutate, spoil_values
from hostile_shapes import SHAPES, Shape
from shipped import list_shipped

from lit_toolcall.data import sources
from lit_toolcall.data.sources import ApiBank, JsonLines, Ledger, PreferenceSource, Source
from lit_toolcall.data.sources.api_bank.requests import parse_literal, parse_requests
from lit_toolcall.data.sources.ledger import MAX_REASON_CHARACTERS
from lit_toolcall.data.sources.reading.values import MAX_ROW_BYTES, RowError, check_content
from lit_toolcall.types import Example, Preference, UserError

ROWS = int(os.environ.get("LIT_TOOLCALL_HOSTILE_ROWS", "6000"))
ROWS_OF_A_FILE = 1000
MAX_SECONDS = 60
"""For a file of 1,000 rows, of which some are megabytes long; the usual is 0.5 to 1."""
SEARCHER = '{"apiCode": "ToolSearcher", "description": "", "parameters": {"keywords": {"type": "str"}}}'
FOUND = "{'name': 'Rent', 'description': 'The user's rent', 'input_parameters': {'city': {'type': str}}}"
API_ROW = {
    "instruction": 'API descriptions:\n{"name": "Add", "input_parameters": {"n": {"type": "int"}}}',
    "input": f"{SEARCHER}\nUser: Rent?TIME: 2034\nAPI-Request: [ToolSearcher(keywords='rent')]->{FOUND}\n"
    "AI: Yes.\nAPI-Request: [Add(n=-2)]->3\nGenerate API Request: ",
    "output": "API-Request: [Rent(city=New York)]",
}


def account(source: Source) -> int:
    ledger = Ledger()
    examples = list(source.read(ledger))
    check_account(examples, ledger)
    return ledger.kept + len(ledger.rejected)


def check_account(made: Sequence[Example | Preference], ledger: Ledger) -> None:
    assert len(made) == ledger.kept
    for rejection in ledger.rejected:
        assert rejection.place
        assert rejection.reason.strip()
        assert rejection.reason.isprintable(), rejection
        assert len(rejection.reason) <= MAX_REASON_CHARACTERS + len("..."), rejection
    for example in made:
        check_made(example)


def check_made(made: Example | Preference) -> None:
    """Texts and values that a tokenizer and a file of JSON can take."""
    answers = [made.answer] if isinstance(made, Example) else [*made.chosen, *made.rejected]
    for turn in (turn for turn in (*made.messages, *answers) if turn is not None):
        for value in (turn.content, *((call.name, call.arguments) for call in turn.calls)):
            check_content([value])
            json.dumps(value, allow_nan=False)
    if isinstance(made, Example) and made.bfcl is not None:
        check_content([*made.bfcl.functions, *(made.bfcl.ground_truth or ())])
    for tool in made.tools:
        check_content([tool.name, tool.description, *tool.parameters["properties"].values()])


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Stop a test that has used more computing time; that of other processes does not count."""

    def stop(_signal_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError(f"more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def write_spoilt(shape: Shape, path: Path, rows: int, rng: random.Random) -> int:
    """Write a good row and spoilt ones, and return how many rows there are: a spoilt one may be two, or blank."""
    lines = [encode_row(shape.write(shape.task), rng)]
    for _ in range(rows):
        is_deep = rng.random() < 0.4
        row = shape.write(spoil_values(shape.task, rng) if is_deep else shape.task)
        lines.append(encode_row(row, rng) if is_deep and rng.random() < 0.9 else mutate(row, rng))
    content = b"\n".join(lines)
    path.write_bytes(content)
    return sum(bool(line.strip()) for line in content.split(b"\n"))


def test_every_source_has_a_shape() -> None:
    assert {name.partition(" ")[0] for name in SHAPES} == set(list_shipped(sources, Source, PreferenceSource))


@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_every_spoilt_row_is_kept_or_rejected_with_a_reason(tmp_path: Path, name: str) -> None:
    shape = SHAPES[name]
    path = tmp_path / shape.file
    share = ROWS // len(SHAPES)
    kept = rejected = 0
    seconds = 0.0
    for number in range(0, share, ROWS_OF_A_FILE):
        rng = random.Random(f"{name} {number}")
        rows = write_spoilt(shape, path, min(ROWS_OF_A_FILE, share - number), rng)
        ledger = Ledger()
        start = time.process_time()
        with within(MAX_SECONDS):
            made = list(shape.open(path)(ledger))
        seconds += time.process_time() - start
        check_account(made, ledger)
        assert ledger.kept + len(ledger.rejected) == rows
        assert made[0].place == f"{path}:1", "the good row"
        kept, rejected = kept + ledger.kept, rejected + len(ledger.rejected)
    print(f"{name}: {kept + rejected:,} rows in {seconds:.0f} s, {kept:,} kept, {rejected:,} rejected")


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
