#!/usr/bin/env bash
# Run every test. With CI=true also measure what the tests reach, lines and branches.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ "${CI:-}" != true ]; then
  exec python -m pytest --numprocesses 2 "$@"
fi
coverage erase
coverage run -m pytest --numprocesses 2 --durations 15 "$@"
coverage combine --quiet
coverage report --skip-covered
