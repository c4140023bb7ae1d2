"""Frames over the stream to a sandbox's server; nothing that comes back is trusted.

A frame is a kind (one byte), a length (eight bytes, big-endian) and that many bytes;
sandbox/server.py lists the kinds. A Docker engine wraps a container's output once more: stream (1
stdout, 2 stderr), three zero bytes, a length (four bytes, big-endian), see "Attach to a container"
in the Docker Engine API.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from critique_loop.errors import MachineError

HEAD = struct.Struct(">cQ")
_WRAPPER = struct.Struct(">BxxxL")
_STDOUT, _STDERR = 1, 2
_BLOCK = 1 << 16
_STDERR_KEPT = 4096
_LOOK_S = 2.0
_ENDED = "The sandbox has ended."


class SandboxLost(MachineError):  # noqa: N818 - a state: what was running there is gone
    """The other side is gone, silent or makes no sense."""


class Frames:
    """Sends and receives frames over one socket; each step ends at the deadline."""

    def __init__(self, connection: socket.socket, *, multiplexed: bool = True) -> None:
        """Take over ``connection``; ``multiplexed``: a Docker engine wraps what comes back."""
        self._connection = connection
        self._take = self._unwrap if multiplexed else self._take_plain
        self._in_use = threading.Lock()
        self._deadline = time.monotonic()
        self._raw = bytearray()
        self._received = bytearray()
        self._stderr = bytearray()

    @property
    def stderr(self) -> str:
        """The last words of the server itself; "" in a healthy sandbox."""
        return self._stderr.decode("utf-8", "replace")

    def allow(self, seconds: float) -> None:
        """Set the deadline of all further steps."""
        self._deadline = time.monotonic() + seconds

    def send(
        self, *frames: tuple[bytes, bytes], unless: Callable[[], bool] = lambda: False
    ) -> None:
        """Send frames, each a kind and its content.

        ``unless`` is asked now and then whether the other side is known to be gone: an engine may
        leave the stream open.

        Raises:
            SandboxLost: the other side is gone or doesn't listen.
        """
        message = b"".join(HEAD.pack(kind, len(content)) + content for kind, content in frames)
        left = memoryview(message)
        try:
            while left:
                if not self._is_ready(select.POLLOUT, _LOOK_S) and unless():
                    raise SandboxLost(_ENDED)
                with self._in_use:
                    self._connection.settimeout(self._remaining_s())
                    left = left[self._connection.send(left) :]
        except OSError as failure:
            raise SandboxLost(f"The sandbox takes no orders: {failure!r}") from failure

    def receive(self, kind: bytes, *, cap: int) -> bytes:
        """Return the content of the next frame.

        Raises:
            SandboxLost: no such frame comes in time, or its length exceeds ``cap``.
        """
        found, content = self.receive_any({kind: cap})
        del found
        return content

    def receive_any(self, caps: dict[bytes, int]) -> tuple[bytes, bytes]:
        """Return kind and content of the next frame, which is one of the kinds in ``caps``.

        Raises:
            SandboxLost: no such frame comes in time, or its length exceeds its cap.
        """
        kind, length = HEAD.unpack(self._exactly(HEAD.size))
        if kind not in caps or length > caps[kind]:
            raise SandboxLost(f"The sandbox sent a frame {kind!r} of {length} bytes.")
        return kind, self._exactly(length)

    def is_quiet(self) -> bool:
        """Return whether the connection is open and nothing has come that nobody asked for."""
        with self._in_use:
            if self._raw or self._received or self._connection.fileno() < 0:
                return False
            poll = select.poll()
            poll.register(self._connection, select.POLLIN)
            return not poll.poll(0)

    def wait(self, *, unless: Callable[[], bool]) -> None:
        """Return when something has come, the end, or the deadline.

        Raises:
            SandboxLost: ``unless``, which is asked now and then, says that the other side is gone.
        """
        while not (self._raw or self._received or self._is_ready(select.POLLIN, _LOOK_S)):
            if time.monotonic() >= self._deadline:
                return
            # What it said last may have come while the question was asked.
            if unless() and not self._is_ready(select.POLLIN, 0.0):
                raise SandboxLost(_ENDED)

    def _is_ready(self, wanted: int, seconds: float) -> bool:
        """Return whether the connection can be read or written within ``seconds``."""
        with self._in_use:
            if self._connection.fileno() < 0:
                return True  # closed by another thread: reading and writing tell
            poll = select.poll()
            poll.register(self._connection, wanted)
            left_s = max(0.0, min(seconds, self._deadline - time.monotonic()))
            return bool(poll.poll(left_s * 1000))

    def close(self) -> None:
        """End the connection; a step in another thread ends with SandboxLost."""
        with suppress(OSError):  # The other side may have been faster.
            self._connection.shutdown(socket.SHUT_RDWR)
        # Not before the other thread has left: the number of a closed socket is soon another's.
        with self._in_use:
            self._connection.close()

    def _exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            self._take()
        content = bytes(self._received[:count])
        del self._received[:count]
        return content

    def _take_plain(self) -> None:
        """Take what has come."""
        self._received += self._some()

    def _unwrap(self) -> None:
        """Take one wrapped piece of the container's output."""
        while len(self._raw) < _WRAPPER.size:
            self._raw += self._some()
        stream, length = _WRAPPER.unpack_from(self._raw)
        del self._raw[: _WRAPPER.size]
        while length:
            if not self._raw:
                self._raw += self._some()
            piece = self._raw[:length]
            del self._raw[:length]
            length -= len(piece)
            if stream == _STDOUT:
                self._received += piece
            elif stream == _STDERR:
                self._stderr = (self._stderr + piece)[-_STDERR_KEPT:]
            else:
                raise SandboxLost(f"The engine sent something for a stream {stream}.")

    def _some(self) -> bytes:
        """Receive what there is, at least one byte and not very many."""
        try:
            with self._in_use:
                self._connection.settimeout(self._remaining_s())
                piece = self._connection.recv(_BLOCK)
        except OSError as failure:
            raise SandboxLost(f"The sandbox doesn't answer: {failure!r}") from failure
        if not piece:
            raise SandboxLost(_ENDED)
        return piece

    def _remaining_s(self) -> float:
        remaining_s = self._deadline - time.monotonic()
        if remaining_s <= 0:
            raise TimeoutError("timed out")
        return remaining_s
