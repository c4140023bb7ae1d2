#!/usr/bin/env bash
# Make this machine able to run the project, then run one command on it:
#
#   scripts/machine.sh run COMMAND...     what the product needs: packages, Docker, the sandbox image
#   scripts/machine.sh dev COMMAND...     the same and what the tests need
#
# What is there is used. What is missing is installed where root runs this on a Debian; anyone else
# is told the exact line. uv and the Python packages go into .tools/ and .venv/ of this folder,
# pinned and hashed. A Docker engine is started only where none answers, and that one is stopped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

UV_PYTHON=">=3.11"
export UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=${UV_LINK_MODE:-copy}
TOOLS=$PWD/.tools
ENGINE_LOG=$TOOLS/dockerd.log
ENGINE_WAIT_S=30
engine=""                        # process id of the engine that we started

say() { printf 'critique-loop: %s\n' "$*" >&2; }
give_up() { say "$*"; exit 1; }
is_root() { [ "$(id -u)" = 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }

# --- packages of the system ------------------------------------------------------------------

install_system() {
  is_root || give_up "missing: $*. Run:  sudo apt-get install --yes --no-install-recommends $*"
  has apt-get || give_up "missing: $*. Install them; this script knows Debian's apt-get only."
  say "installing with apt-get: $*"
  apt-get update -qq || say "apt-get update had trouble with some source; going on with the rest"
  # Without systemd, services must not be started by their packages: we start our own engine below.
  [ -d /run/systemd/system ] || export RUNLEVEL=1
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$@" \
    >"$TOOLS/apt.log" 2>&1 || { tail -n 20 "$TOOLS/apt.log" >&2; give_up "apt-get failed (above)"; }
}

# --- Python ----------------------------------------------------------------------------------

ensure_uv() {
  export PATH="$TOOLS/uv/bin:$PATH"
  uv --version >/dev/null 2>&1 && return
  python3 -c 'import ensurepip' 2>/dev/null || install_system python3-venv
  say "installing uv into .tools/"
  python3 -m venv --clear "$TOOLS/uv"
  "$TOOLS/uv/bin/python" -m pip install --quiet --require-hashes -r requirements/uv.txt
}

ensure_packages() { # run | dev
  [ -x .venv/bin/python ] || uv venv --quiet --python "$UV_PYTHON" .venv
  uv pip install --quiet --python .venv/bin/python --require-hashes -r "requirements/$1.txt"
  uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
  export PATH="$PWD/.venv/bin:$PATH"
}

# --- bubblewrap ------------------------------------------------------------------------------

# The tests run programs in it as root, too, who becomes another user by setpriv.
ensure_bubblewrap() {
  has bwrap || install_system bubblewrap
  has setpriv || install_system util-linux
}

# --- Chromium --------------------------------------------------------------------------------

# The tests open reports in it, through a program that needs libatomic; nothing else needs them.
ensure_chromium() {
  local missing=()
  has chromium || missing+=(chromium)
  [[ $(/sbin/ldconfig -p) == *libatomic.so.1* ]] || missing+=(libatomic1)
  [ ${#missing[@]} -eq 0 ] || install_system "${missing[@]}"
}

# --- Docker ----------------------------------------------------------------------------------

engine_answers() {
  python -c 'import docker; docker.from_env(timeout=10).ping()' >/dev/null 2>"$TOOLS/engine.err"
}

ensure_engine() {
  engine_answers && return
  if grep -q 'Permission denied' "$TOOLS/engine.err"; then
    give_up "Docker runs, but not for $(id -un). Run:  sudo usermod -aG docker $(id -un)   and log in again"
  fi
  has dockerd || install_system docker.io
  engine_answers && return
  is_root || give_up "Docker does not run. Run:  sudo systemctl start docker   (or: sudo dockerd &)"
  clear_dead_engine
  start_engine
}

# Our containers have no network, so the engine needs no bridge, and this machine's firewall and
# forwarding stay as they are. setsid: a Ctrl-C is for us; we stop the engine when all is done.
start_engine() {
  local waited=0
  say "starting a Docker engine until this is done; its log is $ENGINE_LOG"
  setsid dockerd --bridge=none --iptables=false --ip6tables=false --ip-forward=false \
    >"$ENGINE_LOG" 2>&1 </dev/null &
  engine=$!
  until engine_answers; do
    if ! kill -0 "$engine" 2>/dev/null || [ $((waited += 1)) -gt "$ENGINE_WAIT_S" ]; then
      tail -n 5 "$ENGINE_LOG" >&2
      give_up "dockerd does not start (see above)"
    fi
    sleep 1
  done
}

# A dockerd that was killed leaves its pid file and its containerd; the next one refuses both.
clear_dead_engine() {
  local file pid
  for file in /var/run/docker.pid /var/run/docker/containerd/containerd.pid; do
    [ -f "$file" ] || continue
    pid=$(cat "$file")
    case "$file $(cat "/proc/$pid/comm" 2>/dev/null || true)" in
      *docker.pid\ dockerd) give_up "a Docker engine (process $pid) runs but does not answer" ;;
      *containerd.pid\ containerd) say "ending process $pid, the containerd of a dead engine"
        kill "$pid" ;;
    esac
    rm -f "$file"
  done
}

stop_engine() {
  [ -n "$engine" ] || return 0
  kill "$engine" 2>/dev/null || true
  wait "$engine" 2>/dev/null || true
  engine=""
}

ensure_image() {
  critique-loop sandbox status >/dev/null 2>&1 && return
  # Root can do without a registry, given mmdebstrap; whether one answers is seen only later.
  if is_root && has apt-get && ! has mmdebstrap; then
    install_system mmdebstrap debian-archive-keyring
  fi
  critique-loop sandbox build
}

# ---------------------------------------------------------------------------------------------

main() {
  local set=${1:?usage: machine.sh run|dev COMMAND...}
  shift
  mkdir -p "$TOOLS"
  trap stop_engine EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  ensure_uv
  ensure_packages "$set"
  if [ "$set" = dev ]; then
    ensure_bubblewrap
    ensure_chromium
  fi
  ensure_engine
  ensure_image
  "$@"
}

main "$@"
