"""Rows of files, of parquet files and of the hub, and a reader of the user's own."""

from __future__ import annotations

import datetime
import json
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pyarrow
import pyarrow.parquet
import pytest
import yaml
from huggingface_hub import constants

from lit_toolcall.cli.main import main
from lit_toolcall.data.sources import Ledger
from lit_toolcall.data.sources.reading import tables
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.reading.values import RowError
from lit_toolcall.data.sources.source import RowSource, read_rows_at
from lit_toolcall.types import Example, Message, UserError

NESTED = [{"call": {"city": "Oslo"}, "tags": [1]}, {"call": {"days": 2, "limits": [None, 1.5]}, "tags": None}]


class Texts(RowSource):
    """Takes rows `{"text"}`."""

    def example_of(self, row: Row) -> Example:
        if "text" not in row.value:
            raise RowError("no `text`")
        return Example(str(row.number), (), (Message("user", row.value["text"]),), Message("assistant", "Yes."))


def write_parquet(path: Path, rows: list[Any]) -> str:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return str(path)


def hub_of(monkeypatch: pytest.MonkeyPatch, answer: Any) -> list[Any]:
    """Replace the hub: `load_dataset` notes what it is asked, and returns or raises the answer."""
    asked: list[Any] = []

    def load_dataset(*arguments: Any) -> Any:
        asked.append(arguments)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    monkeypatch.setattr(tables, "is_offline", lambda: False)
    return asked


def test_a_file_of_lines_and_a_file_with_an_array_give_the_same_rows(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in NESTED))
    (tmp_path / "a.json").write_text(json.dumps(NESTED))
    for name in ("a.jsonl", "a.json"):
        assert [row.value for row in read_rows_at(str(tmp_path / name))] == NESTED


def test_nulls_that_arrow_invents_are_left_out(tmp_path: Path) -> None:
    rows = list(read_rows_at(write_parquet(tmp_path / "rows [1].parquet", NESTED)))
    assert [row.value for row in rows] == NESTED
    assert [row.place for row in rows] == [f"{tmp_path}/rows [1].parquet:row {number}" for number in (1, 2)]


def test_json_columns_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [{"tools": [{"a": {"type": "x", "default": None}}]}, {"tools": [{"b": {"default": 1}}, {"b": "text"}]}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    loaded = datasets.load_dataset(
        "json", data_files=str(tmp_path / "rows.jsonl"), split="train", cache_dir=str(tmp_path / "cache")
    )
    loaded.to_parquet(str(tmp_path / "rows.parquet"))
    assert [row.value for row in read_rows_at(str(tmp_path / "rows.parquet"))] == rows


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (datetime.datetime(2024, 1, 2), "`a` is of the type datetime, which JSON does not have; store it as text"),
        ({"b": [b"\xff"]}, "`a.b[0]` is of the type bytes"),
        ([math.nan], "`a[0]` is nan, which JSON does not have"),
        (math.inf, "`a` is inf"),
        ("\0", "a NUL character"),
    ],
)
def test_values_that_are_not_json_are_rejected_by_name(tmp_path: Path, value: Any, sentence: str) -> None:
    class Both(Texts):
        def example_of(self, row: Row) -> Example:
            return replace(super().example_of(row), category=str(row.value["a"]))

    path = write_parquet(tmp_path / "rows.parquet", [{"text": "Hi", "a": None}, {"text": "Hi", "a": value}])
    ledger = Ledger()
    assert len(list(Texts(path).read(ledger))) == 2  # it does not read `a`
    assert len(list(Both(path).read(ledger))) == 1
    [rejection] = ledger.rejected
    assert sentence in rejection.reason
    assert rejection.place == f"{path}:row 2"


def test_deep_values_are_rejected_by_name() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(RowError, match="nested deeper than 64 levels"):
        tables.check_json({"a": deep})


def test_every_row_is_kept_or_rejected_and_a_limit_counts_the_kept(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "rows.parquet", [{"text": "a"}, {"text": "b"}, {"text": "c"}])
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n{}\nx\n{"text": "b"}\n{"text": "c"}\n')
    ledger = Ledger()
    assert len(list(Texts(str(tmp_path / "rows.jsonl")).read(ledger))) == 3
    assert [rejection.place.rpartition(":")[2] for rejection in ledger.rejected] == ["2", "3"]
    for source in (Texts(path, limit=2), Texts(str(tmp_path / "rows.jsonl"), limit=2)):
        assert len(list(source.read(Ledger()))) == 2


def test_files_that_are_not_there_or_broken_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(UserError, match=r"bad\.parquet: not a readable parquet file \(.+\); write it again"):
        list(read_rows_at(str(tmp_path / "bad.parquet")))
    for name in ("no/rows.parquet", "no/rows.jsonl", "no/rows.json"):
        with pytest.raises(UserError, match=rf"{name}: no such file \(seen from "):
            list(read_rows_at(name))


def test_a_dataset_of_the_hub_is_read_by_split_and_config(monkeypatch: pytest.MonkeyPatch) -> None:
    split = datasets.Dataset.from_list([{"text": "Hi", "extra": {"a": 1}}, {"text": "Ho", "extra": {"b": 2}}])
    asked = hub_of(monkeypatch, datasets.DatasetDict({"train": split}))
    rows = list(read_rows_at("owner/name.v1", "train", "small"))
    assert asked == [("owner/name.v1", "small")]  # and nothing such as trust_remote_code
    assert [row.value for row in rows] == [{"text": "Hi", "extra": {"a": 1}}, {"text": "Ho", "extra": {"b": 2}}]
    assert rows[1].place == "owner/name.v1:row 2"
    with pytest.raises(UserError, match="owner/name: no split 'test'; choose from train"):
        list(read_rows_at("owner/name", "test"))


def test_what_the_hub_refuses_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    hub_of(monkeypatch, ValueError("Config name is missing.\nPick one among: ['a', 'b']"))
    with pytest.raises(
        UserError, match=r"gave no such dataset \(Config name is missing\. Pick one among: \['a', 'b'\]\)"
    ):
        list(read_rows_at("owner/name"))


def test_without_a_network_the_hub_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = hub_of(monkeypatch, datasets.DatasetDict({"train": datasets.Dataset.from_list([{"text": "Hi"}])}))
    monkeypatch.setattr(tables, "is_offline", lambda: True)
    with pytest.raises(UserError, match="owner/name: no such file here, and no network to ask the Hugging Face hub"):
        list(read_rows_at("owner/name"))
    assert not asked
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)  # then the cache answers
    assert len(list(read_rows_at("owner/name"))) == 1


MY_READER = '''
from lit_toolcall.data.sources import Row, RowError, RowSource
from lit_toolcall.types import Example, Message, Tool, ToolCall

TOOL = Tool("press", "Press a key.", {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]})


class MyRows(RowSource):
    """Reads rows of my own: `{"say", "key"}`.

    Args:
        path: a file of JSON lines.
        shout: whether to write the question in capitals.
    """

    def __init__(self, path: str, shout: bool = False) -> None:
        super().__init__(path)
        self.shout = shout

    def example_of(self, row: Row) -> Example:
        if "key" not in row.value:
            raise RowError("no key")
        said = row.value["say"].upper() if self.shout else row.value["say"]
        answer = Message("assistant", "", (ToolCall("press", {"key": row.value["key"]}),))
        return Example(f"mine:{row.number}", (TOOL,), (Message("user", said),), answer, place=row.place)
'''


@pytest.mark.slow
def test_a_reader_of_the_users_own_trains(
    make_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "my_reader.py").write_text(MY_READER)
    rows = [{"say": f"Press {key}.", "key": key} for key in "abcdefghijklmnop"] + [{"say": "Press it."}]
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = {"class_path": "my_reader.MyRows", "init_args": {"path": str(tmp_path / "mine.jsonl"), "shout": True}}
    config = make_config(data={"train": [source], "test": [source], "max_rejected_fraction": 0.1})
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "my_reader", raising=False)
    main(["fit", "--config", str(config)])
    run = tmp_path / "run"
    assert (run / "checkpoints" / "last" / "adapter_model.safetensors").is_file()
    written = yaml.safe_load((run / "config.yaml").read_text())["data"]["init_args"]["train"]
    assert written == [{"class_path": "my_reader.MyRows", "init_args": source["init_args"]}]
    assert "no key" in capsys.readouterr().err
