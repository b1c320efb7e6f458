"""The wheel holds what a user needs, configs, callbacks and demonstration data, and not the study's configs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEFT_OUT = shutil.ignore_patterns(".*", "runs", "build", "*.egg-info", "__pycache__", "wandb")


def run_python(arguments: list[str], folder: Path, **environment: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel."""
    folder = tmp_path_factory.mktemp("install")
    shutil.copytree(ROOT, folder / "source", ignore=LEFT_OUT)
    pip = ["-m", "pip", "--disable-pip-version-check"]
    build = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "wheels", "./source"]
    run_python(build, folder)
    (wheel,) = (folder / "wheels").glob("*.whl")
    run_python([*pip, "install", "-q", "--no-deps", "--target", str(folder / "site"), str(wheel)], folder)
    return folder / "site"


@pytest.mark.slow
def test_a_wheel_finds_shipped_configs_from_an_empty_folder(site: Path, tmp_path: Path) -> None:
    where = run_python(["-c", "import lit_toolcall; print(lit_toolcall.__file__)"], tmp_path, PYTHONPATH=str(site))
    assert Path(where.strip()).is_relative_to(site)
    arguments = ["-m", "lit_toolcall", "fit", "--config", "sft_llama.yaml", "--print_config"]
    printed = run_python(arguments, tmp_path, PYTHONPATH=str(site))
    assert "base_model: meta-llama/Llama-3.2-1B-Instruct" in printed
    assert "lit_toolcall.AdapterCheckpoint" in printed


def test_the_configs_of_the_study_are_not_in_the_wheel(site: Path, tmp_path: Path) -> None:
    shipped = {path.name for path in (ROOT / "configs").glob("*.yaml")}
    assert {path.name for path in (site / "lit_toolcall" / "configs").rglob("*.yaml")} == shipped
    printed = run_python(["-m", "lit_toolcall", "configs"], tmp_path, PYTHONPATH=str(site))
    assert {line for line in printed.splitlines() if not line.startswith(" ")} == shipped


@pytest.mark.slow
def test_an_editable_install_finds_shipped_configs_from_an_empty_folder(tmp_path: Path) -> None:
    arguments = ["-m", "lit_toolcall", "fit", "--config", "sft_llama.yaml", "--print_config"]
    assert "base_model: meta-llama/Llama-3.2-1B-Instruct" in run_python(arguments, tmp_path)


def test_the_demonstration_data_are_in_the_wheel(site: Path) -> None:
    assert {path.name for path in (site / "lit_toolcall" / "data" / "demo").glob("*.jsonl")} == {
        "tools.jsonl",
        "train.jsonl",
        "validation.jsonl",
    }
