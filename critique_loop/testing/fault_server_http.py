"""HTTP/1.1 from the server's side, close enough to the socket to break it on purpose."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import anyio
from anyio.abc import SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from critique_loop.testing.fault_server_body import Body
from critique_loop.values import Usage

_LONGEST_HEAD = 65_536
_NO_TRACE = struct.pack("ii", 1, 0)  # linger for 0 s: closing sends RST instead of FIN


@dataclass(slots=True)
class Received:
    """One request as it arrived, and what became of it.

    ``number`` counts the requests for the same model, ``on_connection`` those of the same
    connection, both from 1. ``at`` is ``time.monotonic()``. ``in_flight`` are the requests that
    were under way then, this one included. ``sent`` is the body as it came, ``body`` what it says.
    ``billed`` is what the server charges, also where the answer never arrived. ``disconnected``
    says that the client hung up before the server was through with it, ``done`` that it was.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    sent: bytes
    body: Body = field(default_factory=Body)
    number: int = 1
    connection: int = 0
    on_connection: int = 1
    at: float = field(default_factory=time.monotonic)
    in_flight: int = 1
    billed: Usage | None = None
    disconnected: bool = False
    done: bool = False

    @property
    def key(self) -> str:
        """The key that the client sent, "" without one."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")


class HungUp(Exception):  # noqa: N818 - what a client does, no fault of ours
    """The client has closed the connection."""


class Connection:
    """One connection with a client, and what may be done to it."""

    def __init__(self, stream: SocketStream, number: int) -> None:
        """``number`` counts connections from 1."""
        self.number = number
        self.requests: int = 0
        self.open: bool = True
        self._stream = stream
        self._reader = BufferedByteReceiveStream(stream)

    async def next_request(self) -> Received | None:
        """Return the next request, None where the client closes instead."""
        try:
            head = await self._reader.receive_until(b"\r\n\r\n", _LONGEST_HEAD)
            first, *lines = head.decode("latin-1").split("\r\n")
            fields = (line.partition(":") for line in lines)
            headers = {name.strip().lower(): value.strip() for name, _, value in fields}
            length = int(headers.get("content-length", "0"))
            sent = await self._reader.receive_exactly(length) if length else b""
        except (anyio.EndOfStream, anyio.IncompleteRead, anyio.BrokenResourceError):
            return None
        self.requests += 1
        method, path, _ = first.split(" ", 2)
        return Received(
            method,
            path.partition("?")[0],
            headers,
            sent,
            connection=self.number,
            on_connection=self.requests,
        )

    async def wait_for_hang_up(self) -> None:
        """Return once the client has closed its end."""
        try:
            while True:
                await self._reader.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return

    async def send(self, content: bytes) -> None:
        """Send bytes as they are.

        Raises:
            HungUp: the client has closed the connection.
        """
        try:
            await self._stream.send(content)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError) as error:
            raise HungUp from error

    async def close(self) -> None:
        """Close as a server does that is done, or that cuts an answer short."""
        self.open = False
        await self._stream.aclose()

    async def reset(self) -> None:
        """Close so that the client sees a reset."""
        self.open = False
        raw = self._stream.extra(SocketAttribute.raw_socket)  # noqa: S610 - no Django
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_TRACE)
        await anyio.aclose_forcefully(self._stream)


def head(status: int, headers: Mapping[str, str]) -> bytes:
    """Return the status line and headers of an answer, with the empty line that ends them."""
    known = {s.value: s.phrase for s in HTTPStatus}
    lines = [f"HTTP/1.1 {status} {known.get(status, 'Overloaded')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunk(content: bytes) -> bytes:
    """Return ``content`` as one chunk of an answer whose length is not said; b"" is its end."""
    return b"%x\r\n%b\r\n" % (len(content), content)
