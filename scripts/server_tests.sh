#!/usr/bin/env bash
# Run the model layer against servers that nobody here wrote: `scripts/server_tests.sh smollm2`
# serves a small real model (1 thread, 350 MB). Without names: what CI runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The server's wheel is linked to GNU's OpenMP, which a bare Debian has not.
if ! python -c 'import ctypes; ctypes.CDLL("libgomp.so.1")' 2>/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing: libgomp1. Run:  sudo apt-get install --yes libgomp1" >&2
    exit 1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends libgomp1 >/dev/null
fi

names=("$@")
[ $# -gt 0 ] || names=(smollm2)
python scripts/servers/serve.py --prepare-only "${names[@]}"
CRITIQUE_LOOP_SERVERS=$(IFS=,; echo "${names[*]}") python -m pytest --quiet --durations 5 tests/servers
