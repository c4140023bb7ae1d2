#!/usr/bin/env bash
# Write requirements/*.txt and sandbox/requirements.txt: exact versions and hashes of everything.
# `scripts/pin.sh --upgrade` takes newer versions where pyproject.toml allows them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uv lock --quiet "$@"
common=(--quiet --frozen --no-header --no-annotate --no-emit-project --format requirements-txt)
uv export "${common[@]}" --no-default-groups --group build --output-file requirements/run.txt
uv export "${common[@]}" --no-default-groups --group dev --output-file requirements/dev.txt
uv export "${common[@]}" --only-group tools --output-file requirements/uv.txt

# The sandbox's own: what the wheels of Linux need under the oldest Python an image may have.
uv pip compile "$@" --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 \
  --python-platform linux sandbox/requirements.in --output-file sandbox/requirements.txt
