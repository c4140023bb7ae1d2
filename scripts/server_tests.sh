#!/usr/bin/env bash
# Run the model layer against servers that nobody here wrote: `scripts/server_tests.sh smollm2`
# serves a small real model (1 thread, 350 MB). Without names: what CI runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

names=("$@")
[ $# -gt 0 ] || names=(smollm2)
python scripts/servers/serve.py --prepare-only "${names[@]}"
CRITIQUE_LOOP_SERVERS=$(IFS=,; echo "${names[*]}") python -m pytest --quiet --durations 5 tests/servers
