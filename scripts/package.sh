#!/usr/bin/env bash
# Build the sdist, from it the wheel, install that elsewhere and use it there as a user would.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

project=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

python -m build --no-isolation --outdir "$place/dist" . >"$place/build.log" 2>&1 ||
  { tail -n 20 "$place/build.log" >&2; exit 1; }
uv venv --quiet --python "$(command -v python)" "$place/venv"
uv pip install --quiet --python "$place/venv/bin/python" --require-hashes -r requirements/dev.txt
uv pip install --quiet --python "$place/venv/bin/python" --no-deps "$place"/dist/*.whl

cd "$place"
# The checkout's own environment must not answer for the wheel's.
export PATH="$place/venv/bin:$PATH" VIRTUAL_ENV="$place/venv"
pyright --ignoreexternal --verifytypes critique_loop >"$place/types.log" || true
grep 'Type completeness score: 100%' "$place/types.log" ||
  { sed -n '/^Symbols used/,$p' "$place/types.log"; exit 1; }
critique-loop --version
critique-loop sandbox status
critique-loop chart "$project/recipes/data/airports.csv" "number of airports by state" \
  --out out --store runs.db
test -s out/chart.png
