"""Rows on disk: what is read is what was written, and a hash says when they must be written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from lit_toolcall.data.sources import Bfcl, JsonLines
from lit_toolcall.data.stored import ExampleWriter, StoredExamples, StoredTrees, TreeWriter, describe_settings
from lit_toolcall.packing import Branch, Tree
from lit_toolcall.types import BfclQuestion, Example, Message, Tool, ToolCall

EXAMPLES = [
    Example("1", (), (Message("user", "Grüße \u2028?"),), None, place="a.jsonl:1"),
    Example(
        "2",
        (Tool("f", "", {"type": "object", "properties": {"x": {"default": None}}}),),
        (Message("system", "Be kind."), Message("user", "Go."), Message("tool", "{}")),
        Message("assistant", "Yes.", (ToolCall("f", {"x": [1.0, None, True, {"y": "\n"}]}), ToolCall("f", {}))),
        category="c",
        bfcl=BfclQuestion("simple_python", ({"name": "f"},), ({"f": {"x": [1, ""]}},)),
    ),
]
TREES = [
    Tree((1, 2, 3), (Branch((4, 5), (0.0, 1.0)),)),
    Tree((2**31 - 1,), (Branch((7,), (1.0,)), Branch((8, 9), (0.5, 1.0)))),
]


def test_examples_come_back_as_they_were(tmp_path: Path) -> None:
    writer = ExampleWriter(tmp_path)
    for example in EXAMPLES:
        writer.add(example)
    writer.write()
    stored = StoredExamples(tmp_path)
    assert list(stored) == EXAMPLES
    assert stored[-1] == EXAMPLES[1]
    assert stored[:1] == EXAMPLES[:1]
    with pytest.raises(IndexError):
        stored[2]


def test_trees_come_back_as_they_were(tmp_path: Path) -> None:
    writer = TreeWriter(tmp_path)
    for tree in TREES:
        writer.add(tree)
    writer.write()
    stored = StoredTrees(tmp_path)
    assert list(stored) == TREES
    assert stored[-2] == TREES[0]
    assert stored.token_counts().tolist() == [tree.tokens for tree in TREES]


def test_nothing_at_all_can_be_stored(tmp_path: Path) -> None:
    ExampleWriter(tmp_path).write()
    TreeWriter(tmp_path).write()
    assert len(StoredExamples(tmp_path)) == len(StoredTrees(tmp_path)) == 0


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
