"""A candidate host on this machine, as a plain fork: what it does, without what confines it."""

from __future__ import annotations

import atexit
import os
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import candidate_host
from candidates import Candidates
from suite_records import Suite
from suite_running import SuiteRun, run_suite


@contextmanager
def host(folder: Path, *tables: str) -> Generator[socket.socket]:
    """Fork a host whose programs run below ``folder``; yield the judge's end of its control."""
    places, data = folder / "places", folder / "data"
    places.mkdir()
    data.mkdir()
    for name in tables:
        (data / name).write_text("a,b\n1,2\n")
    control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    place = candidate_host.Place(str(places / "work"), str(data), tables, (str(places),))
    pid = os.fork()
    if pid == 0:
        control.close()
        # Whole runs end as an interpreter does, but what pytest does at its end is not theirs.
        atexit._clear()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as a fork ends
        try:
            candidate_host.serve(theirs, place)
        finally:
            os._exit(0)
    theirs.close()
    with control:
        yield control
        control.shutdown(socket.SHUT_RDWR)
        os.waitpid(pid, 0)


def try_suite(  # noqa: PLR0913 - what a suite consists of
    control: socket.socket,
    kind: str,
    draft: str,
    source: str,
    *,
    entry_point: str = "add",
    timeout_s: float = 0.7,
) -> SuiteRun:
    """Run a suite against a draft."""
    suite = Suite(kind, source, "", hidden=False, timeout_s=timeout_s, entry_point=entry_point)
    run = run_suite(suite, Candidates(control, draft=draft), until=time.monotonic() + 60)
    assert run.lost == ""
    return run


def outcomes(run: SuiteRun) -> dict[str, str]:
    """Return how each test ended, by name."""
    return {record.name: record.status for record in run.all_records()}


def only(run: SuiteRun) -> str:
    """Return how the one test of a suite ended, and why."""
    (record,) = run.all_records()
    return f"{record.status}: {record.message}".removesuffix(": ")
