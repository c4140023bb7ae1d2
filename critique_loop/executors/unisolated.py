"""No isolation: programs run as this user, on this machine. For machines where nothing else does.

What holds all the same: a fork for each run, its limits of time, CPU and address space, and the
filter of system calls, under which no program opens a network socket. What doesn't: a program reads
and writes whatever this user may.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from critique_loop.executors import exposure
from critique_loop.executors.boot import BOOT, ENVIRONMENT
from critique_loop.executors.cells import Terms
from critique_loop.executors.limits import Limits
from critique_loop.executors.server_process import ServerProcess

WARNING = (
    "No isolation: programs run with all your rights; they can read, change and send away "
    "whatever you can."
)

_PROC = Path("/proc")
_SWEEPS = 50


class UnisolatedIsolation:
    """Makes places that are plain processes in a temporary folder. Never chosen automatically."""

    name = "none"

    def __init__(self, data_root: Path | None = None) -> None:
        """``data_root``: where temporary folders lie, see ``exposure.default_root``."""
        self._data_root = data_root or exposure.default_root()
        self._swept = False
        self._sweeping = threading.Lock()

    @property
    def not_enforced(self) -> tuple[str, ...]:
        """All that keeps programs from the machine, and what is not limited in sum."""
        limits = ("isolation", "network", "memory", "disk")
        # The kernel limits no processes of root.
        return (*limits, "processes") if os.geteuid() == 0 else limits

    def start(self, server: str, limits: Limits) -> UnisolatedCell:
        """Start a server in a folder of its own.

        Raises:
            SandboxUnavailable: this machine's Python can't be started.
        """
        with self._sweeping:
            if not self._swept:
                exposure.remove_leftovers(self._data_root)
                self._swept = True
        shown = exposure.Exposure(self._data_root)
        try:
            return UnisolatedCell(server, limits, shown)
        except BaseException:
            shown.remove()
            raise


class UnisolatedCell:
    """A server, the folder it works in, and the folder with the data files that it sees."""

    multiplexed = False
    image_digest = ""

    def __init__(self, server: str, limits: Limits, shown: exposure.Exposure) -> None:
        """Start the server and take over ``shown``.

        Raises:
            SandboxUnavailable: it can't be started.
        """
        # Beside the data files, so that it goes with them.
        place = shown.folder.with_name("place")
        place.mkdir(0o700)
        folder = str(place)
        self._mark = f"TMPDIR={folder}"
        path = f"{Path(sys.executable).parent}:{os.defpath}"
        self._process = ServerProcess(
            [sys.executable, "-B", "-c", BOOT, server],
            environment={**ENVIRONMENT, "PATH": path, "HOME": folder, "TMPDIR": folder},
            folder=place,
        )
        self.id: str = f"process-{self._process.pid}"
        self.connection: socket.socket = self._process.connection
        self.terms: Terms = Terms(
            address_space=limits.memory_bytes,
            # They are counted per user, so those that run already count too.
            processes=limits.processes + _threads_of(os.getuid()),
            process_one=False,
            work=f"{folder}/work",
            data=str(shown.folder),
            places=(folder,),
        )
        self._shown = shown

    def show(self, files: Mapping[str, Path], *, checkpoint: Callable[[], None]) -> None:
        """Let programs read these files, see ``Cell.show``."""
        for name, path in files.items():
            self._shown.add(path, name, checkpoint=checkpoint)

    def last_words(self) -> str:
        """Return what the server printed to its standard error."""
        return self._process.last_words()

    def has_ended(self) -> bool:
        """Return whether the server's process is gone."""
        return self._process.has_ended(within_s=0)

    def remove(self) -> bool:
        """End the server, which ends what it started; then what bears its mark; remove the folder.

        A program that took care to lose the mark and outlived the server goes on: this is no
        isolation.
        """
        self._process.hang_up()
        self._process.has_ended()
        gone = self._process.kill()
        for _ in range(_SWEEPS):
            if not _end_marked(self._mark):
                break
        self._shown.remove()
        return gone


def _end_marked(mark: str) -> bool:
    """Kill the processes that were started with ``mark`` in their environment."""
    found = False
    for pid in _pids():
        try:
            variables = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue  # It has ended, or isn't ours.
        if os.fsencode(mark) in variables:
            found = True
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return found


def _threads_of(user: int) -> int:
    """Count the threads of ``user``, which is what RLIMIT_NPROC counts."""
    count = 0
    for pid in _pids():
        with suppress(OSError):
            if (_PROC / str(pid)).stat().st_uid == user:
                count += len(list((_PROC / str(pid) / "task").iterdir()))
    return count


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]
