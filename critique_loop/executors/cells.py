"""The isolated place of one server, whichever kind of isolation made it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from critique_loop.executors.limits import Limits

WORK = "/tmp/work"  # noqa: S108 - the place's own
DATA = "/data"
_ADDRESS_SPACE_PER_MEMORY = 16


@dataclass(frozen=True, slots=True)
class Terms:
    """What a server must know of its place, see sandbox/orders.py.

    ``address_space`` in bytes; ``processes`` is 0 where the place counts them by itself.
    """

    address_space: int
    processes: int = 0
    process_one: bool = True
    network: bool = False
    work: str = WORK
    data: str = DATA
    places: tuple[str, ...] = ("/tmp", "/dev/shm", "/dev/mqueue")  # noqa: S108 - the place's own

    @classmethod
    def in_a_container(cls, limits: Limits, *, network: bool = False) -> Terms:
        """Return the terms of a place whose memory and processes are counted from outside.

        Memory that is mapped and not touched costs nothing there, so a process may map a lot.
        """
        space = _ADDRESS_SPACE_PER_MEMORY * limits.memory_bytes
        return cls(address_space=space, network=network)


class Cell(Protocol):
    """One place with a server in it, not greeted yet."""

    @property
    def id(self) -> str:
        """How whoever made it calls it."""
        ...

    @property
    def image_digest(self) -> str:
        """Digest of the image it was made of, "" where there is none."""
        ...

    @property
    def connection(self) -> socket.socket:
        """The stream to the server."""
        ...

    @property
    def multiplexed(self) -> bool:
        """Whether what comes back is wrapped by a Docker engine, see frames.py."""
        ...

    @property
    def terms(self) -> Terms:
        """What the server must know of it."""
        ...

    def show(self, files: Mapping[str, Path], *, checkpoint: Callable[[], None]) -> None:
        """Let programs read these files and folders under these names.

        ``checkpoint`` is called now and then; what it raises ends it.

        Raises:
            CallError: a name is not plain, or taken.
            DataError: a file can't be read.
            MachineError: there is no room for a copy.
        """
        ...

    def last_words(self) -> str:
        """Return what the server's own process printed besides frames; "" in a healthy place."""
        ...

    def has_ended(self) -> bool:
        """Return whether the server is gone; the stream to it may still be open."""
        ...

    def remove(self) -> bool:
        """End it and remove all it held; return whether it is gone for sure."""
        ...


class Isolation(Protocol):
    """A kind of isolation: makes places."""

    @property
    def name(self) -> str:
        """How executions and traces call it: "docker", "bubblewrap", "none"."""
        ...

    @property
    def not_enforced(self) -> tuple[str, ...]:
        """The limits that nothing enforces in its places, e.g. "memory"."""
        ...

    def start(self, server: str, limits: Limits) -> Cell:
        """Start a place whose process 1 is a Python that runs the source ``server``.

        Raises:
            SandboxUnavailable: no such place can be had; nothing was started.
        """
        ...
