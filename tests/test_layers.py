"""The package's shape: imports go down the layers, every package is installed, every config parses."""

from __future__ import annotations

import ast
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from lit_toolcall.cli.find_config import shipped_configs
from lit_toolcall.cli.main import main

ROOT = Path(__file__).parents[1]
FOLDERS = {"lit_toolcall": ROOT / "lit_toolcall", "lit_toolcall.callbacks": ROOT / "callbacks"}
LAYERS = (
    {"types", "hub", "ranges", "paths"},
    {"schema", "formats", "losses"},
    {"prompting", "packing", "attention", "metrics", "data"},
    {"preparation"},
    {"models", "generation", "datamodules", "pairs"},
    {"modules", "evaluation", "report"},
    {"callbacks", "configs"},
    {"cli", "__main__"},
)
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


def imports() -> list[tuple[str, str, str]]:
    """List (file, its part of the package, the part that it imports)."""
    found = []
    for package, folder in FOLDERS.items():
        for path in sorted(folder.rglob("*.py")):
            inside = path.relative_to(folder).with_suffix("").parts
            part = "callbacks" if package.endswith("callbacks") else inside[0]
            if part == "__init__":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                found += [
                    (str(path.relative_to(ROOT)), part, name.split(".")[1])
                    for name in names
                    if name.startswith("lit_toolcall.")
                ]
    return found


def test_imports_go_down_the_layers() -> None:
    found = imports()
    assert len(found) > 100
    upwards = [(file, used) for file, part, used in found if layer_of(used) > layer_of(part)]
    assert not upwards


def test_modules_and_data_never_import_each_other() -> None:
    assert not [(file, used) for file, part, used in imports() if (part, used) in APART]


def test_every_package_is_installed() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "lit_toolcall").rglob("__init__.py")}
    found = {".".join(folder.parts) for folder in folders} | {
        "lit_toolcall.callbacks",
        "lit_toolcall.configs",
    }
    assert listed == found


def test_every_config_is_shipped() -> None:
    folder = Path(str(files("lit_toolcall.configs")))
    assert set(shipped_configs()) == {path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml")}
    assert {"quickstart.yaml", "sft_llama.yaml", "study/sft.yaml"} <= set(shipped_configs())


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
    assert "window_examples" in capsys.readouterr().out
