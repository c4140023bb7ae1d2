#!/usr/bin/env bash
# Run the model layer's tests with the oldest openai that pyproject.toml allows and with the last
# one of each older major version; the tests of everything run with the newest.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for version in "==1.93.0" ">=2,<3"; do
  place=.tools/openai${version//[^0-9.]/-}
  uv venv --quiet --clear --python .venv/bin/python "$place"
  uv pip install --quiet --python "$place/bin/python" --require-hashes -r requirements/dev.txt
  uv pip install --quiet --python "$place/bin/python" "openai$version"
  uv pip install --quiet --python "$place/bin/python" --no-deps --no-build-isolation --editable .
  "$place/bin/python" -c 'import openai; print("openai", openai.__version__)'
  "$place/bin/python" -m pytest --quiet --numprocesses 2 tests/models tests/testing "$@"
done
