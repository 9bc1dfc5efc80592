#!/bin/sh
# Reads all awkward returns of the tests and writes docs/import-accuracy.md.
set -eu
cd "$(dirname "$0")/.."
WRITE_IMPORT_ACCURACY=1 .venv/bin/python -m pytest -q -n 0 -m long tests/projects/test_import_accuracy.py
