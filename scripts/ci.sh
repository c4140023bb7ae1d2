#!/usr/bin/env bash
# The steps of .ci/run, on a machine that scripts/machine.sh has prepared.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

step() {
  printf '\n== %s (%d s so far)\n' "$*" "$SECONDS"
  "$@"
}

step make lint
step make types
step scripts/package.sh
step scripts/openai_versions.sh
step scripts/server_tests.sh
step scripts/train_tests.sh
step make test
printf '\n== all of it took %d s\n' "$SECONDS"
