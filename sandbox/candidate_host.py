"""The candidate host: forks the processes in which a program is tested, and ends them.

Forked from process 1 while that is clean, and it stays clean: it never reads a program, a test or
an answer. The judge sends one byte and two descriptors; the fork made for it reads the rest itself.
So no program inherits anything of another one, the reference least of all.

    D  a process for the draft        with the two descriptors: the channel to the judge, and a
    A  the same, where tests go on:   pipe for reports
       what they left in files stays
    H  one that is closed to others
    E  end what runs, and report

A report is a line of JSON: ``{"pid"}`` when the process starts, ``Report`` when it has ended.
"""

from __future__ import annotations

import json
import os
import platform
import select
import signal
import socket
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, NoReturn, Self

import candidate_program
import isolation
import seccomp
import sweep

DRAFT, AGAIN, HIDDEN, END = b"D", b"A", b"H", b"E"
CRASHED = 70
_CLEAR_S = 3.0
_DESCRIPTORS = 2


class Place(NamedTuple):
    """Where programs run: a fresh folder ``work`` with links to ``tables`` of the folder ``data``.

    ``places`` are emptied before each, unless the tests of one suite go on with it. No program may
    send signals to ``protected`` processes, nor to others that were there before it.
    """

    work: str
    data: str
    tables: tuple[str, ...]
    places: tuple[str, ...]
    protected: tuple[int, ...] = ()


class Report(NamedTuple):
    """How a process ended: its exit code or minus the signal. ``clean``: nothing of it is left."""

    code: int
    cpu_s: float
    peak_bytes: int
    clean: bool


def serve(control: socket.socket, place: Place) -> int:
    """Make and end processes as the judge says; return when it hangs up."""
    isolation.adopt_orphans()
    host = Host(place)
    try:
        with _Ends() as ends:
            while host.step(control, ends):
                pass
    finally:
        host.end()
    return 0


class _Ends:
    """A descriptor that becomes readable when a child ends."""

    def __enter__(self) -> Self:
        """Listen for the signal."""
        self.reader, self._writer = os.pipe()
        for descriptor in (self.reader, self._writer):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _nothing)
        return self

    def __exit__(self, *error: object) -> None:
        """Stop listening."""
        stop_listening()
        os.close(self.reader)
        os.close(self._writer)

    def clear(self) -> None:
        """Forget what was told."""
        with suppress(BlockingIOError):
            while os.read(self.reader, 512):
                pass


def _nothing(number: int, frame: object) -> None:
    """Be there: only a signal with a handler is told."""


def stop_listening() -> None:
    """Undo ``_Ends``, also in a fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.set_wakeup_fd(-1)


class Host:
    """The one process that runs at a time, if any."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pid = 0
        self._report = -1

    def step(self, control: socket.socket, ends: _Ends) -> bool:
        """Wait for an order or an end, and see to it; return False when the judge has hung up."""
        ready, _, _ = select.select([control, ends.reader], [], [])
        if ends.reader in ready:
            ends.clear()
            if self._pid and self._has_ended():
                self.end()
        if control not in ready:
            return True
        kind, descriptors, _, _ = socket.recv_fds(control, 1, _DESCRIPTORS)
        if not kind:
            return False
        self.end()
        if kind in {DRAFT, AGAIN, HIDDEN} and len(descriptors) == _DESCRIPTORS:
            self._start(descriptors, control, kind)
        return True

    def _has_ended(self) -> bool:
        found = os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None

    def _start(self, descriptors: list[int], control: socket.socket, kind: bytes) -> None:
        channel, report = descriptors
        hidden = kind == HIDDEN
        _make_work_folder(self._place, keep=kind == AGAIN)
        self._pid = os.fork()
        if self._pid == 0:
            control.close()
            os.close(report)
            _become_program(channel, self._place, hidden=hidden)
        os.close(channel)
        self._report = report
        self._tell({"pid": self._pid})

    def end(self) -> None:
        """End the process and all that descends from it, and report how it ended."""
        if not self._pid:
            return
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        _, status, usage = os.wait4(self._pid, 0)
        clean = _end_orphans()
        report = Report(
            os.waitstatus_to_exitcode(status),
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * 1024,
            clean,
        )
        self._tell(report._asdict())
        os.close(self._report)
        self._pid, self._report = 0, -1

    def _tell(self, words: dict[str, object]) -> None:
        with suppress(OSError):  # Who asked is gone.
            os.write(self._report, json.dumps(words).encode() + b"\n")


def _end_orphans() -> bool:
    """Kill and take all that is left; return False when it makes more of itself all the time."""
    until = time.monotonic() + _CLEAR_S
    while time.monotonic() < until:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return True
        isolation.end_children()
    return False


def _make_work_folder(place: Place, *, keep: bool) -> None:
    if not keep:
        sweep.empty_all(place.places)
    try:
        _renew_work_folder(place)
    except OSError:  # An earlier process has filled the places, or put something in the way.
        sweep.empty_all(place.places)
        _renew_work_folder(place)


def _renew_work_folder(place: Place) -> None:
    work = Path(place.work)
    if work.is_symlink() or work.is_file():
        work.unlink()
    elif work.exists():
        work.chmod(0o700)
        sweep.empty(place.work)
        work.rmdir()
    work.mkdir(0o700)
    for name in place.tables:
        (work / name).symlink_to(f"{place.data}/{name}")


def _become_program(channel: int, place: Place, *, hidden: bool) -> NoReturn:
    """Be the process in which the program runs; never returns into the host."""
    code = CRASHED
    try:
        stop_listening()
        os.setsid()
        isolation.prctl(isolation.PDEATHSIG, signal.SIGKILL)
        isolation.close_all_but({0, 1, 2, channel})
        isolation.prctl(isolation.DUMPABLE, not hidden)
        if place.protected:
            guard = seccomp.guard(platform.machine(), os.getpid(), place.protected)
            seccomp.install(guard)
        os.chdir(place.work)
        with socket.socket(fileno=channel) as end:
            code = candidate_program.serve(end)
    except BaseException:  # noqa: BLE001 - as said
        with suppress(OSError):
            os.write(2, traceback.format_exc().encode("utf-8", "replace"))
    finally:
        os._exit(code)
