"""Watch a fork until it ends or its time is up, then end everything it started."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Sequence
from typing import NamedTuple

import isolation

PIPE_BYTES = 1 << 20
LOOK_AGAIN_S = 1.0
LOOK_AGAIN_WITHOUT_PIDFD_S = 0.005
HOST_HUNG_UP = 0


class Ended(NamedTuple):
    """How a fork ended.

    ``code``: the exit code, or minus the signal. ``cpu_s`` sums all its processes, ``peak_bytes``
    is the resident peak of the largest. ``leftovers``: processes that had to be killed after it.
    """

    code: int
    timed_out: bool
    wall_s: float
    cpu_s: float
    peak_bytes: int
    leftovers: int


class Capture:
    """One output stream: a pipe for the program, and a memory file that takes its first bytes."""

    def __init__(self, cap: int) -> None:
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        self.memory = os.memfd_create("output")
        self.cut = False
        self._room = cap
        self._null = null()
        self._handed_over = False

    def open_to_program(self) -> bool:
        """Close our writing end once; the program has its own. False when that is long done."""
        if self._handed_over:
            return False
        os.close(self.writer)
        self._handed_over = True
        return True

    def move(self) -> bool:
        """Move what waits in the pipe, unread; return False when nothing (more) does.

        What exceeds the cap goes nowhere, so that a program that prints much doesn't stop.
        """
        sink, count = (self.memory, self._room) if self._room else (self._null, PIPE_BYTES)
        try:
            moved = os.splice(self.reader, sink, count)
        except BlockingIOError:
            return False
        if self._room:
            self._room -= moved
        elif moved:
            self.cut = True
        return moved > 0

    def drain(self) -> None:
        """Move all that is left when no writer lives."""
        while self.move():
            pass

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in (self.reader, self.memory, self._null):
            os.close(descriptor)


class Watch:
    """A fork, and every process that descends from it: all there is in this namespace."""

    def __init__(self, pid: int, captures: Sequence[Capture]) -> None:
        self._pid = pid
        self._captures = {capture.reader: capture for capture in captures}
        self._code: int | None = None
        self._cpu_s = 0.0
        self._peak_bytes = 0
        self._leftovers = 0

    def until(self, wall_s: float, *, hang_up: int) -> Ended:
        """Wait for the end of the fork, ``wall_s`` seconds at most, then end what is left of it.

        When the other side of ``hang_up`` is gone this process ends, and the container with it.
        """
        started = time.monotonic()
        timed_out = not self._wait(started + wall_s, hang_up)
        wall = time.monotonic() - started
        self._end_all()
        code = -signal.SIGKILL if self._code is None else self._code
        return Ended(code, timed_out, wall, self._cpu_s, self._peak_bytes, self._leftovers)

    def _wait(self, deadline: float, hang_up: int) -> bool:
        poll = select.poll()
        poll.register(hang_up, 0)
        for reader in self._captures:
            poll.register(reader, select.POLLIN)
        pidfd = _pidfd(self._pid)
        if pidfd is not None:
            poll.register(pidfd, select.POLLIN)
        step_s = LOOK_AGAIN_WITHOUT_PIDFD_S if pidfd is None else LOOK_AGAIN_S
        try:
            while self._code is None:
                remaining_s = deadline - time.monotonic()
                if remaining_s <= 0:
                    return False
                ready = poll.poll(min(remaining_s, step_s) * 1000 + 1)
                self._attend(poll, [fd for fd, _ in ready], hang_up)
                self._reap(os.WNOHANG)
        finally:
            if pidfd is not None:
                os.close(pidfd)
        return True

    def _attend(self, poll: select.poll, ready: Sequence[int], hang_up: int) -> None:
        if hang_up in ready:
            os._exit(HOST_HUNG_UP)
        for descriptor in ready:
            capture = self._captures.get(descriptor)
            if capture is not None and not capture.move():
                poll.unregister(descriptor)

    def _end_all(self) -> None:
        """Kill and reap until nothing but this process is left; nothing can outrun that."""
        while self._kill_all() and self._reap(0):
            pass

    def _kill_all(self) -> bool:
        isolation.require_process_one()
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def _reap(self, flags: int) -> bool:
        """Take the ends of processes; return False when there is no process left."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, flags)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            code = os.waitstatus_to_exitcode(status)
            self._cpu_s += usage.ru_utime + usage.ru_stime
            self._peak_bytes = max(self._peak_bytes, usage.ru_maxrss * 1024)
            if pid == self._pid:
                self._code = code
            elif flags == 0 and code == -signal.SIGKILL:
                self._leftovers += 1
            if flags == 0:
                return True


def _pidfd(pid: int) -> int | None:
    """Open a descriptor that tells when ``pid`` ends; None where the kernel has none (gVisor)."""
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def null() -> int:
    """Open /dev/null."""
    return os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)


def attach_standard_streams(stdout: int, stderr: int) -> None:
    """Give this fork its own standard streams; nothing to read."""
    for source, target in ((null(), 0), (stdout, 1), (stderr, 2)):
        os.dup2(source, target)
