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

# The trainers, with torch for the CPU: from the folder that PIP_FIND_LINKS names, as pip takes it,
# or from PyTorch's own index. The rest in the versions that the other tests run with.
if [ -n "${PIP_FIND_LINKS:-}" ]; then
  export UV_FIND_LINKS=$PIP_FIND_LINKS
else
  export UV_TORCH_BACKEND=cpu
fi
uv pip compile "$@" --quiet --generate-hashes --no-header --no-annotate --no-emit-find-links \
  --python-version 3.11 --python-platform linux --constraint requirements/dev.txt \
  --group train pyproject.toml --output-file requirements/train.txt
unset UV_FIND_LINKS UV_TORCH_BACKEND

# The sandbox's own: what the wheels of Linux need under the oldest Python an image may have.
uv pip compile "$@" --quiet --generate-hashes --no-header --no-annotate --python-version 3.11 \
  --python-platform linux sandbox/requirements.in --output-file sandbox/requirements.txt
