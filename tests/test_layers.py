"""The package's shape: imports go down the layers, every package is installed, every config parses."""

from __future__ import annotations

import ast
import re
import tomllib
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files
from pathlib import Path

import pytest

from lit_toolcall.cli.config_files import shipped_configs
from lit_toolcall.cli.main import main

ROOT = Path(__file__).parents[1]
FOLDERS = {"lit_toolcall": ROOT / "lit_toolcall", "lit_toolcall.callbacks": ROOT / "callbacks"}
LAYERS = (
    {"types", "hub"},
    {"ranges", "paths", "import_path", "json_values"},
    {"schema", "formats", "losses"},
    {"packing", "metrics"},
    {"prompting", "attention", "data"},
    {"preparation", "retrieval", "robustness"},
    {"models", "datamodules", "pairs"},
    {"generation"},
    {"evaluation", "multi_turn", "report", "loggers"},
    {"modules", "suites"},
    {"callbacks", "configs", "trainer"},
    {"cli"},
    {"__main__"},
)
"""Each part imports parts of the layers before its own: none of its own layer, none of a later one."""
APART = {
    ("datamodules", "modules"),
    ("datamodules", "models"),
    ("models", "data"),
    ("modules", "data"),
    ("models", "preparation"),
    ("modules", "preparation"),
}
"""Modules and data meet in the batch type only."""


def layer_of(part: str) -> int:
    (layer,) = [number for number, parts in enumerate(LAYERS) if part in parts]
    return layer


def find_modules() -> dict[str, Path]:
    """List the package's modules, their names to their files."""
    found = {}
    for package, folder in FOLDERS.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join([package, *parts]).removesuffix(".__init__")] = path
    return found


def list_imports() -> dict[str, set[str]]:
    """List what each module imports of the package, inside functions too; what only type checkers read is left out."""
    modules = find_modules()
    found: dict[str, set[str]] = {}
    for module, path in modules.items():
        package = module if path.name == "__init__.py" else module.rpartition(".")[0]
        names = found[module] = set()
        tree = ast.parse(path.read_text())
        for_checkers = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if node in for_checkers:
                continue
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                source = ".".join([*above, *([node.module] if node.module else [])])
                inside = {f"{source}.{alias.name}" for alias in node.names}
                names.update(each if each in modules else source for each in inside)
        names.intersection_update(modules)
    return found


def imports() -> set[tuple[str, str, str]]:
    """List (module, its part of the package, the part that it imports)."""
    return {
        (module, module.split(".")[1], name.split(".")[1])
        for module, names in list_imports().items()
        for name in names
        if "." in module and "." in name
    }


@pytest.mark.slow
def test_imports_go_down_the_layers() -> None:
    found = imports()
    assert len(found) > 100
    assert not [(module, used) for module, part, used in found if used != part and layer_of(used) >= layer_of(part)]


def test_the_architecture_page_lists_the_layers() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    lines = re.findall(r"^ +(\d+)  (\w+(?:, \w+)*)$", page, flags=re.MULTILINE)
    assert [(int(number), set(parts.split(", "))) for number, parts in lines] == list(enumerate(LAYERS))


def test_imports_make_no_circle() -> None:
    try:
        TopologicalSorter(list_imports()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_modules_and_data_never_import_each_other() -> None:
    assert not [(module, used) for module, part, used in imports() if (part, used) in APART]


def test_every_package_is_installed() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "lit_toolcall").rglob("__init__.py")}
    found = {".".join(folder.parts) for folder in folders} | {
        "lit_toolcall.callbacks",
        "lit_toolcall.configs",
    }
    assert listed == found


def test_every_config_is_found_by_name() -> None:
    folder = Path(str(files("lit_toolcall.configs")))
    assert set(shipped_configs()) == {path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml")}
    assert {"quickstart.yaml", "sft_llama.yaml", "study/sft.yaml"} <= set(shipped_configs())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(shipped_configs()))
def test_a_config_works_as_printed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # found by name, from any directory
    command = shipped_configs()[name].read_text().split()[4]
    assert shipped_configs()[name].read_text().startswith(f"# python -m lit_toolcall {command} --config {name}")
    with pytest.raises(SystemExit) as stopped:
        main([command, "--config", name, "--print_config"])
    assert stopped.value.code in (0, None)
    assert "global_batch_size" in capsys.readouterr().out
