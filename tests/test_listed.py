"""What is shipped is exported, and listed in the pages and docstrings that name all of its kind."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from types import ModuleType

import pytest
from shipped import list_shipped

from lit_toolcall import losses
from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.data import augment, sources
from lit_toolcall.formats import CALL_FORMATS
from lit_toolcall.modules.dpo import DPO_MEANS
from lit_toolcall.modules.sft import SFT_MEANS
from lit_toolcall.modules.training import STEP_VALUES
from lit_toolcall.prompting import PromptOptions
from lit_toolcall.types import GROUPS, Problem

ROOT = Path(__file__).parents[1]
KINDS: dict[str, tuple[ModuleType, tuple[type, ...]]] = {
    "sources": (sources, (sources.Source, sources.PreferenceSource)),
    "losses": (losses, (losses.PreferenceLoss,)),
    "augmentations": (augment, (augment.Augmentation,)),
}
SHIPPED = {kind: list_shipped(package, *bases) for kind, (package, bases) in KINDS.items()}
NUMBERS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
    "twenty-one", "twenty-two", "twenty-three",
]  # fmt: skip


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def list_named(page: str) -> set[str]:
    """List what stands between backticks on a page, or as a class in its configs."""
    text = read(page)
    return set(re.findall(r"`([\w/]+)`", text)) | set(re.findall(r"class_path: (\w+)", text))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shipped_is_exported(kind: str) -> None:
    assert set(SHIPPED[kind]) <= set(KINDS[kind][0].__all__)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("docs/data.md", SHIPPED["sources"]),
        ("docs/data.md", SHIPPED["augmentations"]),
        ("docs/preferences.md", SHIPPED["losses"]),
        ("docs/preferences.md", DPO_MEANS),
        ("docs/metrics.md", {f"train/{name}" for name in STEP_VALUES} | set(SFT_MEANS) - {"loss"}),
        ("docs/configuration.md", CALL_FORMATS),
    ],
    ids=["sources", "augmentations", "losses", "values of DPO", "values of SFT and steps", "call formats"],
)
def test_what_is_shipped_stands_on_its_page(page: str, names: Iterable[str]) -> None:
    assert set(names) <= list_named(page)


def test_every_call_format_stands_in_the_help_of_its_setting() -> None:
    assert PromptOptions.__doc__
    assert set(CALL_FORMATS) <= set(re.findall(r"`(\w+)`", PromptOptions.__doc__))


def test_every_command_stands_in_the_readme() -> None:
    assert set(COMMANDS) <= set(re.findall(r"lit_toolcall (\w+)", read("README.md")))


@pytest.mark.parametrize(
    ("page", "words", "names"),
    [
        ("README.md", "losses", SHIPPED["losses"]),
        ("README.md", "sources", SHIPPED["sources"]),
        ("docs/paper.md", "problem names", Problem),
    ],
)
def test_a_count_on_a_page_is_right(page: str, words: str, names: Collection[object]) -> None:
    counts = re.findall(rf"\b({'|'.join(NUMBERS)}) {words}\b", read(page))
    assert counts == [NUMBERS[len(names)]]


def list_rows(page: str, first_cell: str) -> list[list[str]]:
    """List the rows of the table on a page whose first head is given, cell by cell."""
    table = read(page).partition(f"| {first_cell} |")[2].partition("\n\n")[0]
    return [line.strip("| ").split(" | ") for line in table.splitlines()[2:]]


def list_code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_page_has_every_problem_in_its_order_with_its_group() -> None:
    rows = list_rows("docs/metrics.md", "name | group")
    assert [row[0].strip("`") for row in rows] == list(Problem)
    assert {row[0].strip("`"): row[1].strip("`") for row in rows} == {
        problem: group for group, problems in GROUPS.items() for problem in problems
    }
    groups = {
        list_code(row[0])[0]: tuple(list_code(row[1])) for row in list_rows("docs/metrics.md", "group | problems")
    }
    assert list(groups.items()) == [(group, tuple(map(str, problems))) for group, problems in GROUPS.items()]
