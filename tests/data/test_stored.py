"""Rows on disk: what is read is what was written, and a hash says when they must be written anew."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from lit_toolcall.data.demo import __file__ as demo_code
from lit_toolcall.data.fingerprint import describe_settings, hash_code
from lit_toolcall.data.sources import Bfcl, JsonLines, Ledger, Pairs, RowSource, SealTools, ToolACE, When2Call, XLam
from lit_toolcall.data.sources.bfcl import HUB_ID
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.stored import RowWriter, StoredRows, StoredTrees, TreeWriter
from lit_toolcall.packing import Branch, Tree
from lit_toolcall.preparation.recipes import ExampleRecipe, LeakageOptions, PreferenceRecipe
from lit_toolcall.types import BfclQuestion, Example, Message, Preference, Tool, ToolCall

EXAMPLES = [
    Example("1", (), (Message("user", "Grüße \u2028?"),), None, place="a.jsonl:1"),
    Example(
        "2",
        (Tool("f", "", {"type": "object", "properties": {"x": {"default": None}}}),),
        (Message("system", "Be kind."), Message("user", "Go."), Message("tool", "{}")),
        Message("assistant", "Yes.", (ToolCall("f", {"x": [1.0, None, True, {"y": "\n"}]}), ToolCall("f", {}))),
        category="c",
        bfcl=BfclQuestion("simple_python", ({"name": "f"},), ({"f": {"x": [1, ""]}},)),
        made_of=("1",),
        forbidden=("f", "g"),
        is_retrieved=True,
    ),
]
TREES = [
    Tree((1, 2, 3), (Branch((4, 5), (0.0, 1.0)),)),
    Tree((2**31 - 1,), (Branch((7,), (1.0,)), Branch((8, 9), (0.5, 1.0)))),
]


def test_examples_come_back_as_they_were(tmp_path: Path) -> None:
    writer = RowWriter(tmp_path)
    for example in EXAMPLES:
        writer.add(example)
    writer.write()
    stored = StoredRows(tmp_path)
    assert list(stored) == EXAMPLES
    assert stored[-1] == EXAMPLES[1]
    assert stored[:1] == EXAMPLES[:1]
    with pytest.raises(IndexError):
        stored[2]


def test_every_field_of_an_example_is_stored() -> None:
    """No field of `EXAMPLES` comes back right because it has its default."""
    for field in fields(Example):
        assert field.default is MISSING or any(getattr(each, field.name) != field.default for each in EXAMPLES)


def test_preferences_come_back_as_they_were(tmp_path: Path) -> None:
    call = Message("assistant", "", (ToolCall("f", {"x": [1.0, None]}),), reasoning="So.", trained=False)
    turns = (call, Message("tool", "{}"), Message("assistant", "Yes."))
    question = (Message("user", "Grüße \u2028?"),)
    pairs = [
        Preference("1", EXAMPLES[1].tools, question, turns, (Message("assistant", "No."),), "value", "a:1", ("a", "b")),
        Preference("2", (), question, turns[2:], turns),
    ]
    writer = RowWriter(tmp_path)
    for pair in pairs:
        writer.add(pair)
    writer.write()
    assert list(StoredRows(tmp_path)) == pairs


def test_trees_come_back_as_they_were(tmp_path: Path) -> None:
    writer = TreeWriter(tmp_path)
    for tree in TREES:
        writer.add(tree)
    writer.write()
    stored = StoredTrees(tmp_path)
    assert list(stored) == TREES
    assert stored[-2] == TREES[0]


def test_nothing_at_all_can_be_stored(tmp_path: Path) -> None:
    RowWriter(tmp_path).write()
    TreeWriter(tmp_path).write()
    assert len(StoredRows(tmp_path)) == len(StoredTrees(tmp_path)) == 0


def test_settings_and_the_content_of_files_make_the_difference(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("{}\n")
    first = describe_settings(JsonLines(str(path)))
    assert describe_settings(JsonLines(str(path))) == first
    assert describe_settings(JsonLines(str(path), limit=3)) != first
    path.write_text("[]\n")
    assert describe_settings(JsonLines(str(path))) != first


def test_the_files_of_a_folder_make_the_difference(tmp_path: Path) -> None:
    first = describe_settings(Bfcl(path=str(tmp_path)))
    (tmp_path / "more.json").write_text("{}")
    assert describe_settings(Bfcl(path=str(tmp_path))) != first


class PatternRows(RowSource):
    """A reader that keeps what settings cannot be compared by."""

    def __init__(self, path: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(path)
        self.pattern = re.compile(r"\d+")
        self.names = {*names}
        self.clean = lambda text: text

    def example_of(self, row: Row) -> Example:
        return Example(str(row.number), (), (), None)


def test_a_reader_may_keep_any_object(tmp_path: Path) -> None:
    first, again, other = (
        json.dumps(describe_settings(PatternRows(str(tmp_path / "rows.jsonl"), names)))
        for names in (("a", "b"), ("a", "b"), ("a", "c"))
    )
    assert first == again != other
    assert "re.compile('\\\\\\\\d+')" in first
    assert " at 0x" not in first


@pytest.mark.slow
def test_sets_are_described_alike_in_every_process() -> None:
    code = (
        "from lit_toolcall.data.fingerprint import describe_settings; print(describe_settings(set(map(str, range(9)))))"
    )
    described = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True, timeout=60
        ).stdout
        for seed in ("1", "2")
    }
    assert len(described) == 1


def test_a_split_named_like_a_folder_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train").mkdir()
    first = describe_settings([XLam("rows.jsonl"), {"split": ""}])
    (tmp_path / "train" / "checkpoint.bin").write_bytes(b"1")
    assert describe_settings([XLam("rows.jsonl"), {"split": ""}]) == first


def test_reading_changes_no_setting_of_seal_tools(tmp_path: Path) -> None:
    (tmp_path / "tools.jsonl").write_text('{"name": "f", "parameters": {"type": "object", "properties": {}}}\n')
    (tmp_path / "rows.jsonl").write_text('{"query": "Go.", "calling": [{"api": "f", "parameters": {}}]}\n')
    source = SealTools(str(tmp_path / "rows.jsonl"), str(tmp_path / "tools.jsonl"))
    before = describe_settings(source)
    assert len(list(source.read(Ledger()))) == 1
    assert describe_settings(source) == before


class OwnPairs(Pairs):
    """A user's own reader of pairs, which may read anything."""


def test_rows_of_the_hub_may_change(tmp_path: Path) -> None:
    file = XLam(str(tmp_path / "rows.jsonl"))
    assert file.is_fixed
    assert Bfcl(path=str(tmp_path)).is_fixed
    assert Bfcl().is_fixed
    assert not ToolACE().is_fixed
    assert not XLam("Salesforce/xlam-function-calling-60k").is_fixed
    assert not Bfcl(path=HUB_ID).is_fixed
    assert Pairs(str(tmp_path / "rows.jsonl")).is_fixed
    assert not Pairs("HuggingFaceH4/ultrafeedback_binarized").is_fixed
    assert not When2Call().is_fixed
    assert not PreferenceRecipe([OwnPairs(str(tmp_path / "rows.jsonl"))]).is_fixed
    assert ExampleRecipe([file], leakage=LeakageOptions([file])).is_fixed
    assert not ExampleRecipe([file], leakage=LeakageOptions([ToolACE()])).is_fixed


def test_the_installed_questions_make_the_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bfcl_eval" / "data").mkdir(parents=True)
    (tmp_path / "bfcl_eval" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "bfcl_eval", raising=False)  # which other tests import
    first = describe_settings(Bfcl())
    (tmp_path / "bfcl_eval" / "data" / "BFCL_v4_simple_python.json").write_text("{}")
    assert describe_settings(Bfcl()) != first


def test_the_shipped_rows_make_the_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = Path(demo_code).parent / "train.jsonl"
    first, read = hash_code(), Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"{}" if path == shipped else b""))
    assert hash_code() != first
