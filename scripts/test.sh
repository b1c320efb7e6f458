#!/usr/bin/env bash
# Checks the project: style, types, tests.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup_venv.sh
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
.venv/bin/python -m pytest "$@"
