"""Stores that something has gone wrong with: cut files, half-written blobs, a disk that is full."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import StoreError
from critique_loop.store import SqliteStore
from critique_loop.values import Draft, Event, EventKind, Execution, ExecutionStatus, OutputFile

WRITES = Path(__file__).with_name("append_steps.py")
LARGE = bytes(range(256)) * 1_000


def keep(path: Path, *events: Event) -> None:
    async def append() -> None:
        with SqliteStore(path) as store:
            for event in events:
                await store.append(event)

    anyio.run(append)


def read(path: Path, run_id: str) -> list[Event]:
    async def events() -> list[Event]:
        return [event async for event in SqliteStore(path).events(run_id)]

    return anyio.run(events)


def use(path: Path) -> None:
    """Read and write here and there, as somebody would who notices nothing."""
    for number in range(200):
        read(path, f"run{number}")
        keep(path, draft(f"run{number}", 1))


def draft(run_id: str, seq: int) -> Event:
    return Event(run_id, seq, EventKind.DRAFTED, 1, 1.0, 0.0, Draft("x" * 800, "w"))


def with_large_file(run_id: str) -> Event:
    execution = Execution(ExecutionStatus.OK, files=(OutputFile("a.bin", "data", LARGE),))
    return Event(run_id, 0, EventKind.EXECUTED, 1, 1.0, 0.0, execution)


def file_of(path: Path, data: bytes) -> Path:
    sha256 = hashlib.sha256(data).hexdigest()
    return path.with_name("traces.blobs") / sha256[:2] / sha256[2:]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9])
def test_a_store_that_was_cut_short_says_so_and_is_left_as_it_is(path: Path, share: float) -> None:
    keep(path, *(draft(f"run{number}", 0) for number in range(200)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    cut = path.read_bytes()

    with pytest.raises(StoreError, match=r"is damaged|is not a trace store"):
        use(path)

    assert path.read_bytes()[: len(cut)] == cut


def test_a_blob_that_was_written_by_half_is_told_and_mended_when_it_comes_again(path: Path) -> None:
    keep(path, with_large_file("a"))
    file_of(path, LARGE).write_bytes(LARGE[:1_000])

    with pytest.raises(StoreError, match="are damaged"):
        read(path, "a")
    keep(path, with_large_file("b"))

    assert read(path, "a") == [with_large_file("a")]


def test_what_a_killed_writer_left_of_a_blob_is_in_nobody_s_way(path: Path) -> None:
    keep(path, draft("a", 0))
    blob = file_of(path, LARGE)
    blob.parent.mkdir(parents=True)
    (blob.parent / f".{blob.name}.123.abcd").write_bytes(LARGE[:1_000])

    keep(path, with_large_file("b"))

    assert read(path, "b") == [with_large_file("b")]


@pytest.mark.slow
def test_what_was_acknowledged_before_a_disk_was_full_can_be_read(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    mounted = unshare and subprocess.run(
        [unshare, "--mount", "mount", "-t", "tmpfs", "-o", "size=4k", "full", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    if not unshare or not mounted or mounted.returncode:
        pytest.skip("only root can make a small disk")
    reads = (
        "import sys; from critique_loop.store import SqliteStore;"
        " print(sum(len(run.rows) for run in SqliteStore(sys.argv[1]).scan()))"
    )
    script = (
        'mount -t tmpfs -o size=1m full "$1" || exit 9; "$2" "$3" "$1/t.db" r 10000 1 20000;'
        ' echo "ended $?"; "$2" -c "$4" "$1/t.db"'
    )

    done = subprocess.run(
        [unshare, "--mount", "sh", "-c", script, "sh", tmp_path, sys.executable, WRITES, reads],
        capture_output=True,
        text=True,
        check=False,
    )

    *steps, ended, count = done.stdout.splitlines()[1:]
    assert ended == "ended 3"
    assert "the disk is full" in done.stderr
    assert int(count) == len(steps) > 5
