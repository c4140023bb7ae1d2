"""The adapter of the engine itself, without our server: starting, data, removal."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from critique_loop.errors import SandboxUnavailable
from critique_loop.executors.engine import OWNER_LABEL, Container, Engine, Place
from critique_loop.executors.exposure import Exposure
from critique_loop.executors.frames import Frames
from critique_loop.executors.hardening import HARDENED
from critique_loop.executors.image_names import image_tag
from critique_loop.executors.limits import Limits
from critique_loop.executors.owner import Owner
from tests.docker.forwarding import PUMP

pytestmark = [pytest.mark.docker, pytest.mark.slow]

FORWARDER = f"""
import socket, threading
{PUMP}listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
while True:
    outer = listening.accept()[0]
    inner = socket.socket(socket.AF_UNIX)
    inner.connect("/var/run/docker.sock")
    threading.Thread(target=pump, args=(outer, inner)).start()
    threading.Thread(target=pump, args=(inner, outer)).start()
"""
# Prints what the file says, then waits for its end.
READER = """
import hashlib, os, sys
def digest(name):
    try:
        with open(f"/data/{name}", "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as refused:
        return refused.strerror
while name := sys.stdin.buffer.readline().decode().rstrip():
    if name.startswith("+"):
        try:
            answer = str(os.open(f"/data/{name[1:]}", os.O_WRONLY | os.O_CREAT))
        except OSError as refused:
            answer = refused.strerror
    else:
        answer = digest(name)
    sys.stdout.buffer.write(b"A" + len(answer).to_bytes(8, "big") + answer.encode())
    sys.stdout.buffer.flush()
"""
TRIER = """
import os, sys
try:
    exec({attack!r})
    answer = "done"
except OSError as refused:
    answer = refused.strerror
sys.stdout.buffer.write(b"A" + len(answer).to_bytes(8, "big") + answer.encode())
sys.stdout.buffer.flush()
sys.stdin.read()
"""
RUN_A_FILE = (
    "import subprocess; open('/tmp/x', 'w').write('#!/bin/sh\\n'); os.chmod('/tmp/x', 0o700); "
    "subprocess.run(['/tmp/x'])"
)
WAITER = "import sys; sys.stdin.read()"
SWEEPER = """
import sys
from critique_loop.executors.engine import Engine
engine = Engine()
print("ready", flush=True)
while not sys.stdin.closed and sys.stdin.read(1) == ".":
    engine.remove_leftovers()
    print("swept", flush=True)
"""


def nothing() -> None: ...


@pytest.fixture
def engine() -> Generator[Engine]:
    connected = Engine()
    yield connected
    connected.close()


@pytest.fixture
def remote_engine() -> Generator[Engine]:
    """The engine of this machine behind a port, where it counts as one elsewhere."""
    command = [sys.executable, "-c", FORWARDER]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as forwarder:
        assert forwarder.stdout is not None
        connected = Engine(f"tcp://127.0.0.1:{int(forwarder.stdout.readline())}")
        yield connected
        connected.close()
        forwarder.kill()


@pytest.fixture
def shown(tmp_path: Path) -> Generator[Exposure]:
    exposed = Exposure(tmp_path / "exposed")
    yield exposed
    exposed.remove()


@pytest.fixture
def place(shown: Exposure) -> Place:
    return Place(image_tag(), READER, Limits(), shown.folder)


def ask(frames: Frames, *names: str) -> list[str]:
    """Return what the reader in the container says to each name."""
    frames.allow(60)
    answers: list[str] = []
    for name in names:
        frames._connection.sendall(name.encode() + b"\n")  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the reader takes lines, no frames
        answers.append(frames.receive(b"A", cap=1 << 10).decode())
    return answers


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def volumes() -> list[str]:
    client: Any = docker.from_env()
    try:
        found = client.volumes.list(filters={"label": OWNER_LABEL})
        mine = Owner.this_process().token
        return [each.name for each in found if each.attrs["Labels"][OWNER_LABEL] == mine]
    finally:
        client.close()


def test_an_engine_elsewhere_gets_files_and_folders_by_a_stream(
    remote_engine: Engine, place: Place, shown: Exposure, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / "folder").mkdir(parents=True)
    large = os.urandom(100 << 20)
    for name, content in {"private.csv": b"a", "folder/b.csv": b"b", "large.bin": large}.items():
        (home / name).write_bytes(content)
        (home / name).chmod(0o600)
    home.chmod(0o700)
    for name in ("private.csv", "folder", "large.bin"):
        shown.add(home / name, name, checkpoint=nothing)

    container = remote_engine.start(place)

    frames = Frames(container.connection)
    try:
        assert not remote_engine.info.is_local
        assert ask(frames, "private.csv", "folder/b.csv", "large.bin") == [
            sha256(b"a"),
            sha256(b"b"),
            sha256(large),
        ]
        assert ask(frames, "+new", "+private.csv") == ["Read-only file system", "Permission denied"]
        assert len(volumes()) == 1
    finally:
        frames.close()
        gone = remote_engine.remove(container.id)
    assert gone
    assert volumes() == []
    assert container.id not in remote_engine.ours()


@pytest.mark.parametrize("kind", ["engine", "remote_engine"])
def test_files_that_come_later_are_seen_by_a_container_that_runs(
    kind: str, place: Place, shown: Exposure, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    engine: Engine = request.getfixturevalue(kind)
    container = engine.start(place)
    frames = Frames(container.connection)
    try:
        before = ask(frames, "late.csv")
        (tmp_path / "late.csv").write_bytes(b"late")
        (tmp_path / "late.csv").chmod(0o600)
        shown.add(tmp_path / "late.csv", "late.csv", checkpoint=nothing)
        engine.share(container.id, shown.folder)

        assert before == ["No such file or directory"]
        assert ask(frames, "late.csv", "+late.csv") == [sha256(b"late"), "Permission denied"]
    finally:
        frames.close()
        engine.remove(container.id)


def test_volumes_of_dead_hosts_are_swept_and_those_of_living_ones_stay(
    engine: Engine, remote_engine: Engine, place: Place
) -> None:
    client: Any = docker.from_env()
    with subprocess.Popen(["true"]) as ended:
        pass
    dead = replace(Owner.this_process(), pid=ended.pid, start=1).token
    left = client.volumes.create("critique-loop-test-left", labels={OWNER_LABEL: dead})
    foreign = client.volumes.create("critique-loop-test-foreign")
    container = remote_engine.start(place)
    try:
        engine.remove_leftovers()

        names = {each.name for each in client.volumes.list()}
        assert left.name not in names
        assert foreign.name in names
        assert len(volumes()) == 1
    finally:
        container.connection.close()
        remote_engine.remove(container.id)
        foreign.remove()
        client.close()


def test_a_container_that_cannot_start_leaves_neither_volume_nor_container(
    remote_engine: Engine, place: Place
) -> None:
    before = set(remote_engine.ours())

    with pytest.raises(SandboxUnavailable, match="refused"):
        remote_engine.start(replace(place, network="no-such-network"))

    assert volumes() == []
    # Other tests come and go on the same engine; a container that never started would stay.
    appeared = set(remote_engine.ours()) - before
    ends = time.monotonic() + 60
    while appeared & set(remote_engine.ours()) and time.monotonic() < ends:
        time.sleep(0.5)
    assert not appeared & set(remote_engine.ours())


def test_twenty_containers_come_and_go_while_another_process_sweeps(
    engine: Engine, place: Place
) -> None:
    waiter = replace(place, server=WAITER)

    def one(number: int) -> tuple[Container, bool, bool]:
        container = engine.start(waiter)
        alive = engine.facts(container.id)["State"]["Running"]
        # Every other one ends by itself, so that the engine removes it at the same time as we do.
        if number % 2:
            container.connection.shutdown(socket.SHUT_RDWR)
        container.connection.close()
        return container, alive, engine.remove(container.id)

    command = [sys.executable, "-c", SWEEPER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sweeper:
        assert sweeper.stdin is not None
        assert sweeper.stdout is not None
        sweeper.stdout.readline()
        with ThreadPoolExecutor(4) as threads:
            started = [threads.submit(one, number) for number in range(20)]
            while not all(future.done() for future in started):
                sweeper.stdin.write(b".")
                sweeper.stdin.flush()
                assert sweeper.stdout.readline() == b"swept\n"
            results = [future.result() for future in started]
        sweeper.stdin.close()

    assert sweeper.returncode == 0
    assert all(alive and gone for _, alive, gone in results)
    assert not {container.id for container, _, _ in results} & set(engine.ours())


@pytest.mark.parametrize(
    ("off", "attack", "hardened"),
    [
        ({"read_only": False}, "open('/opt/x', 'w')", "Read-only file system"),
        ({"cap_drop": ()}, "os.chown('/tmp', 1, 1)", "Operation not permitted"),
        ({"tmp_options": "rw,exec"}, RUN_A_FILE, "Permission denied"),
    ],
)
def test_a_layer_that_is_switched_off_lets_through_what_it_stopped(
    off: dict[str, Any], attack: str, hardened: str, engine: Engine, place: Place
) -> None:
    as_root = replace(HARDENED, user="0:0")
    trier = replace(place, server=TRIER.format(attack=attack), hardening=as_root)

    with_layer = said(engine, trier)
    without = said(engine, replace(trier, hardening=replace(as_root, **off)))

    assert (with_layer, without) == (hardened, "done")


def said(engine: Engine, place: Place) -> str:
    """Return what the trier in a container says."""
    container = engine.start(place)
    frames = Frames(container.connection)
    frames.allow(30)
    try:
        return frames.receive(b"A", cap=1 << 10).decode()
    finally:
        frames.close()
        engine.remove(container.id)
