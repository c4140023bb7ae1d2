"""An isolation without any: a thread that speaks the server's protocol over a real socket."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from critique_loop.errors import SandboxUnavailable
from critique_loop.executors.cells import Terms
from critique_loop.executors.limits import Limits

HEAD = struct.Struct(">cQ")
LIBRARY = {"server": "", "supervisor": ""}
RESULT: Mapping[str, object] = {
    "code": 0,
    "timed_out": False,
    "wall_s": 0.1,
    "cpu_s": 0.1,
    "peak_bytes": 1,
    "leftovers": 0,
    "out_of_memory": 0,
    "processes_refused": 0,
    "judge_code": 0,
    "judge_timed_out": False,
    "judge_out_of_memory": 0,
    "judge_peak_bytes": 0,
}
EMPTY = b'{"files": [], "skipped": 0, "capped": false}'


class ThreadIsolation:
    """Counts the places it makes; ``broken`` makes it refuse.

    A place prints each program back. The program "lost" ends it, "dirty" leaves something behind,
    "silent" is never answered.
    """

    name = "thread"
    not_enforced = ("everything",)

    def __init__(self) -> None:
        self.cells: list[ThreadCell] = []
        self.broken = False
        self._numbers = itertools.count(1)

    @property
    def open(self) -> list[str]:
        return [cell.id for cell in self.cells if not cell.removed]

    def start(self, server: str, limits: Limits) -> ThreadCell:
        del server
        if self.broken:
            raise SandboxUnavailable("no threads today")
        cell = ThreadCell(f"place {next(self._numbers)}", Terms.in_a_container(limits))
        self.cells.append(cell)
        return cell


class ThreadCell:
    """One end of a socket pair; a thread holds the other."""

    multiplexed = False
    image_digest = ""

    def __init__(self, name: str, terms: Terms) -> None:
        self.id = name
        self.terms = terms
        self.removed = False
        self.on_removal: Callable[[], object] = list
        self.shown: dict[str, Path] = {}
        self.connection, self._other = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def show(self, files: Mapping[str, Path], *, checkpoint: Callable[[], None]) -> None:
        checkpoint()
        self.shown.update(files)

    def last_words(self) -> str:
        return ""

    def has_ended(self) -> bool:
        return not self._thread.is_alive()

    def remove(self) -> bool:
        self.removed = True
        self.on_removal()
        return True

    def end(self) -> None:
        """Die without being asked."""
        self._other.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with suppress(OSError, EOFError), self._other:
            self._receive(b"L")
            self._receive(b"S")
            self._send((b"Y", b'{"python": "3.0"}'))
            while True:
                self._receive(b"Q")
                program = self._receive(b"P")
                self._receive(b"T")
                if program == b"lost":
                    return
                if program != b"silent":
                    self._send(*_answer(program))

    def _receive(self, kind: bytes) -> bytes:
        found, length = HEAD.unpack(self._exactly(HEAD.size))
        assert found == kind
        return self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        content = b""
        while len(content) < count:
            piece = self._other.recv(count - len(content))
            if not piece:
                raise EOFError
            content += piece
        return content

    def _send(self, *frames: tuple[bytes, bytes]) -> None:
        self._other.sendall(b"".join(HEAD.pack(kind, len(c)) + c for kind, c in frames))


def _answer(program: bytes) -> list[tuple[bytes, bytes]]:
    counted = {"stdout_bytes": len(program), "stderr_bytes": 0, "dirty": program == b"dirty"}
    result = json.dumps({**RESULT, **counted}).encode()
    empty = [(kind.encode(), b"") for kind in "oEe"]
    return [
        (b"R", result),
        (b"O", program),
        *empty,
        (b"M", EMPTY),
        *((kind.encode(), b"") for kind in "FJC"),
    ]
