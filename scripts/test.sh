#!/usr/bin/env bash
# Checks the project: style, types, tests. `scripts/test.sh quick` leaves out the slow tests; other arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."

usage="usage: scripts/test.sh [quick] [PYTEST ARGUMENT ...]
quick: without the tests marked slow; all others go to pytest: files and options such as -k WORDS or -x"
arguments=("$@")
case "${1-}" in
    -h | --help)
        echo "$usage"
        exit 0
        ;;
    quick) arguments=(-m "not slow" "${@:2}") ;;
    "" | -*) ;;
    *)
        if [ ! -e "${1%%::*}" ]; then
            echo "scripts/test.sh: $1 is neither quick nor a file of tests" >&2
            echo "$usage" >&2
            exit 2
        fi
        ;;
esac

scripts/setup_venv.sh
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
# one process a core, and one thread each: the models of tests are too small for more
OMP_NUM_THREADS=1 .venv/bin/python -m pytest -n auto --maxprocesses 4 "${arguments[@]}"
