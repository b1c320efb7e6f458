#!/usr/bin/env bash
# Checks the project: style, types, tests.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup_venv.sh
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
# one process a core, and one thread each: the models of tests are too small for more
OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n auto --maxprocesses 4 "$@"
