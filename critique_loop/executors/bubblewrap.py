"""Isolation by Linux namespaces alone, set up by bubblewrap: no engine, no image.

The sandbox has a root folder of its own with the system's programs and libraries, this process's
Python and the drawing packages, all read-only, under neutral names; nothing of anybody's home.

Started by an ordinary user, it runs in a user namespace, as that user outside and as a random one
inside. Started by root, it needs none: setpriv makes it a random user without any right before
Python starts. (In a user namespace root would stay root to every file that is bound, and nobody's
number of processes would be limited.)
"""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from critique_loop.errors import SandboxUnavailable
from critique_loop.executors import exposure
from critique_loop.executors.boot import BOOT
from critique_loop.executors.bubblewrap_command import Command, find_programs
from critique_loop.executors.bubblewrap_probe import problem
from critique_loop.executors.cells import Terms
from critique_loop.executors.limits import Limits
from critique_loop.executors.local_python import DRAWING, LocalPython, local_python
from critique_loop.executors.server_process import ServerProcess

_FACTS_CAP = 4096


@dataclass(frozen=True, slots=True)
class BubblewrapOptions:
    """What sandboxes are made of.

    ``packages``: the distributions that drafts may import, with all that they need. ``data_root``:
    where copies of the data files lie during a session, see ``exposure.default_root``.
    """

    packages: tuple[str, ...] = DRAWING
    data_root: Path = field(default_factory=exposure.default_root)


class BubblewrapIsolation:
    """Makes sandboxes of namespaces: no network, no rights, nothing that outlives a run.

    Each process's address space is limited, and the number of processes; their memory together is
    not.
    """

    name = "bubblewrap"
    not_enforced: tuple[str, ...] = ("memory",)

    def __init__(self, options: BubblewrapOptions | None = None) -> None:
        """Nothing is started before a session is."""
        self._options = options or BubblewrapOptions()
        self._python: LocalPython | None = None
        self._preparing = threading.Lock()

    def start(self, server: str, limits: Limits) -> BubblewrapCell:
        """Start a sandbox, with a folder of its own for data files.

        Raises:
            SandboxUnavailable: bubblewrap is missing or may not make one.
        """
        python = self._prepared()
        shown = exposure.Exposure(self._options.data_root)
        try:
            process, first = _launch(python, server, shown.folder)
        except BaseException:
            shown.remove()
            raise
        terms = Terms(
            address_space=limits.memory_bytes,
            processes=limits.processes,
            places=("/tmp", "/dev/shm"),  # noqa: S108 - the sandbox's own
        )
        return BubblewrapCell(process, first, shown, terms)

    def problem(self) -> SandboxUnavailable | None:
        """Return what keeps sandboxes from being made here, None where one was made."""
        try:
            self._prepared()
        except SandboxUnavailable as unavailable:
            return unavailable
        return None

    def _prepared(self) -> LocalPython:
        """Try once whether there can be a sandbox, and remove what dead processes left."""
        with self._preparing:
            if self._python is None:
                python = local_python(self._options.packages)
                unavailable = problem(python)
                if unavailable is not None:
                    raise unavailable
                exposure.remove_leftovers(self._options.data_root)
                self._python = python
            return self._python


class BubblewrapCell:
    """A sandbox, and the folder with the data files that it sees."""

    multiplexed = False
    image_digest = ""

    def __init__(
        self, process: ServerProcess, first: int, shown: exposure.Exposure, terms: Terms
    ) -> None:
        """Take over all of them; ``first`` is the process id, here, of the sandbox's process 1."""
        self.id: str = f"bubblewrap-{first}"
        self.connection: socket.socket = process.connection
        self.terms = terms
        self._process = process
        self._first = _opened(first)
        self._shown = shown

    def show(self, files: Mapping[str, Path], *, checkpoint: Callable[[], None]) -> None:
        """Let programs read these files, see ``Cell.show``."""
        for name, path in files.items():
            self._shown.add(path, name, checkpoint=checkpoint)

    def last_words(self) -> str:
        """Return what the server, or bwrap before it, printed to its standard error."""
        return self._process.last_words()

    def has_ended(self) -> bool:
        """Return whether the server's process is gone."""
        return self._process.has_ended(within_s=0)

    def remove(self) -> bool:
        """End it: with its process 1, the kernel ends all others; bwrap goes after them."""
        if self._first is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            os.close(self._first)
            self._first = None
            self._process.has_ended()
        gone = self._process.kill()
        self._shown.remove()
        return gone


def _launch(python: LocalPython, server: str, data: Path) -> tuple[ServerProcess, int]:
    """Start it; return the process and the id of the sandbox's process 1."""
    programs = find_programs()
    facts, told_to = os.pipe()
    with os.fdopen(facts, "rb") as told:
        try:
            words = Command(programs, python, ["-B", "-c", BOOT, server], data, told_to).words()
            # Not --die-with-parent: a process's parent is the very thread that started it, and
            # ours come and go. A host that is gone is a closed stream, which ends the server.
            process = ServerProcess(words, environment={}, folder=Path("/"), descriptors=(told_to,))
        finally:
            os.close(told_to)
        return process, _first_of(told.read(_FACTS_CAP))


def _first_of(facts: bytes) -> int:
    return int(json.loads(facts or b"{}").get("child-pid", 0))


def _opened(pid: int) -> int | None:
    """Open a descriptor of the process: its number may be another's by the time it is ended."""
    try:
        return os.pidfd_open(pid) if pid else None
    except OSError:
        return None
