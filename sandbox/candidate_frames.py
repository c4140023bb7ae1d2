"""Messages over a socket between the judge and a program under test: a length, then JSON."""

from __future__ import annotations

import json
import socket
import struct
import time
from typing import Any, cast

MOST_BYTES = 8 << 20
_HEAD = struct.Struct(">I")
_BLOCK = 1 << 16

Message = dict[str, Any]


class ClosedError(Exception):
    """The other side is gone, or says what is no message."""


class TooLateError(Exception):
    """The other side did not answer in time."""


class TooLargeError(Exception):
    """A message is larger than messages may be; nothing was sent."""


class Frames:
    """One end of the connection. Without a deadline it waits for ever."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def send(self, message: Message, *, deadline: float | None = None) -> None:
        """Send one message.

        Raises:
            TooLargeError: it is too large.
            TooLateError: the other side did not take it in time.
            ClosedError: the other side is gone.
        """
        content = json.dumps(message, allow_nan=False).encode("ascii")
        if len(content) > MOST_BYTES:
            raise TooLargeError(f"it takes {len(content)} bytes, {MOST_BYTES} are allowed")
        rest = memoryview(_HEAD.pack(len(content)) + content)
        try:
            while rest:
                self._end.settimeout(_remaining_s(deadline))
                rest = rest[self._end.send(rest[:_BLOCK]) :]
        except TimeoutError as late:
            raise TooLateError from late
        except OSError as error:
            raise ClosedError(str(error)) from error

    def receive(self, *, deadline: float | None = None) -> Message:
        """Return the next message.

        Raises:
            TooLateError: it did not come in time.
            ClosedError: the other side is gone, or what it says is no message.
        """
        (length,) = _HEAD.unpack(self._exactly(_HEAD.size, deadline))
        if length > MOST_BYTES:
            raise ClosedError(f"a message of {length} bytes is announced")
        try:
            message = json.loads(self._exactly(length, deadline))
        except (ValueError, RecursionError) as error:
            raise ClosedError(f"it is no message: {error}"[:300]) from error
        if not isinstance(message, dict):
            raise ClosedError("it is no message")
        return cast("Message", message)

    def close(self) -> None:
        """Hang up."""
        self._end.close()

    def _exactly(self, count: int, deadline: float | None) -> bytes:
        content = bytearray()
        try:
            while len(content) < count:
                self._end.settimeout(_remaining_s(deadline))
                block = self._end.recv(min(count - len(content), _BLOCK))
                if not block:
                    raise ClosedError("it hung up")
                content += block
        except TimeoutError as late:
            raise TooLateError from late
        except OSError as error:
            raise ClosedError(str(error)) from error
        return bytes(content)


def _remaining_s(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    remaining_s = deadline - time.monotonic()
    if remaining_s <= 0:
        raise TooLateError
    return remaining_s
