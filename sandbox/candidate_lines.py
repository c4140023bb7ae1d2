"""The judge's connection to one process of the candidate host, and whole runs over it."""

from __future__ import annotations

import json
import os
import select
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast

from candidate_frames import ClosedError, Frames, Message
from candidate_host import END

START_S = 10.0
REPORT_S = 6.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Ran(NamedTuple):
    """How a whole run as ``__main__`` ended; ``code`` is the kernel's word, None at a timeout."""

    status: Literal["ended", "timeout"]
    code: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    seconds: float = 0.0


class LostHostError(Exception):
    """Nothing can be started any more: what was not tested so far stays untested."""


def open_line(control: socket.socket, kind: bytes) -> Line:
    """Have a process made; ``kind`` is DRAFT or HIDDEN.

    Raises:
        LostHostError: there is nobody to make it.
    """
    ours, theirs = socket.socketpair()
    reader, writer = os.pipe()
    try:
        socket.send_fds(control, [kind], [theirs.fileno(), writer])
    except OSError as error:
        ours.close()
        os.close(reader)
        raise LostHostError(f"no program can be started: {error}") from error
    finally:
        theirs.close()
        os.close(writer)
    return Line(control, ours, reader)


class Line:
    """The connection to one process: its channel, and the host's reports on it."""

    def __init__(self, control: socket.socket, channel: socket.socket, reports: int) -> None:
        self._control = control
        self.channel = channel
        self._reports = open(reports, "rb", buffering=0)  # noqa: SIM115 - closed at the end
        self._ended = False
        self.pid: int = 0
        told = self._next(START_S)
        if told is None:
            self.channel.close()
            self._reports.close()
            raise LostHostError("no program was started")
        self.pid = int(told["pid"])

    def wait(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the report on the end of the process, None if it didn't end in time."""
        return self._next(timeout_s)

    def end(self) -> bool:
        """End the process and all it started; return whether nothing is left, for sure."""
        if self._ended:
            return True
        self._ended = True
        with suppress(OSError):
            self._control.send(END)
        report = self._next(REPORT_S)
        self.channel.close()
        self._reports.close()
        return bool(report and report["clean"])

    def cpu_s(self) -> float:
        """Return the processor time of the process so far, as the kernel counts it."""
        try:
            words = Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()
            ticks = sum(int(word) for word in words[11:15])
            schedstat = Path(f"/proc/{self.pid}/schedstat").read_bytes().split()
        except (OSError, ValueError, IndexError):
            return 0.0
        # The exact count is the main thread's alone; the coarse one is of all, children included.
        return max(int(schedstat[0]) / 1e9, ticks / _TICKS)

    def peak_bytes(self) -> int:
        """Return the largest resident size of the process so far, 0 where it isn't told."""
        with suppress(OSError, ValueError, IndexError):
            for line in Path(f"/proc/{self.pid}/status").read_bytes().splitlines():
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) << 10
        return 0

    def _next(self, timeout_s: float) -> dict[str, Any] | None:
        words = bytearray()
        until = time.monotonic() + timeout_s
        while not words.endswith(b"\n"):
            remaining_s = until - time.monotonic()
            if remaining_s <= 0 or not select.select([self._reports], [], [], remaining_s)[0]:
                return None
            piece = self._reports.read(1)
            if not piece:
                return None
            words += piece
        return cast("dict[str, Any]", json.loads(words))


def run_main(line: Line, streams: Sequence[int], order: Message, timeout_s: float) -> Ran:
    """Run a program as ``__main__`` with these standard streams, from its beginning to its end.

    Raises:
        LostHostError: what it started can't be ended.
    """
    started = time.monotonic()
    with suppress(OSError, ClosedError):
        socket.send_fds(line.channel, [b"M"], streams)
        Frames(line.channel).send(order)
    report = line.wait(timeout_s)
    seconds = time.monotonic() - started
    if not (report["clean"] if report else line.end()):
        raise LostHostError("what the program started can't be ended")
    line.end()
    if report is None:
        return Ran("timeout", seconds=seconds)
    stdout, stderr = (_content(stream) for stream in streams[1:])
    return Ran("ended", report["code"], stdout, stderr, seconds)


def _content(stream: int) -> bytes:
    return os.pread(stream, os.fstat(stream).st_size, 0)
