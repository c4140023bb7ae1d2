"""What a server can do with a request, right or wrong."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any, Literal, Protocol

import anyio

from critique_loop.testing.fault_server_answers import (
    Answer,
    Completion,
    completion,
    event,
    events,
    usage_of,
)
from critique_loop.testing.fault_server_http import Connection, Received, chunk, head

_JSON = "application/json"
_EVENTS = "text/event-stream"


class Exchange:
    """One request and the connection that it came by."""

    def __init__(
        self, connection: Connection, received: Received, answer: Answer, *, echoes_key: bool
    ) -> None:
        """``answer`` writes the texts; ``echoes_key`` puts the client's key into all answers."""
        self.connection = connection
        self.received = received
        self.echo: str = received.key if echoes_key else ""
        self._answer = answer

    def complete(self, ignoring: frozenset[str] = frozenset()) -> Completion:
        """Return a right answer, and bill it."""

        def text(body: Any, index: int) -> str:  # noqa: ANN401 - the type is that of Answer
            said = self._answer(body, index)
            return f"{said}\n# asked with {self.echo}" if self.echo else said

        answer = completion(self.received.body, text, ignoring=ignoring)
        self.received.billed = usage_of(answer)
        return answer

    async def begin(self, status: int, kind: str, more: Mapping[str, str]) -> None:
        """Send the head of an answer."""
        shared = {"Content-Type": kind, "X-Request-Id": f"req_{self.received.number}"}
        if self.echo:
            shared["X-Authorization"] = f"Bearer {self.echo}"
        await self.connection.send(head(status, {**shared, **more}))

    async def respond(
        self,
        status: int,
        content: bytes,
        *,
        kind: str = _JSON,
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Send a whole answer."""
        await self.begin(status, kind, {"Content-Length": str(len(content)), **(more or {})})
        await self.connection.send(content)

    async def begin_stream(self) -> None:
        """Send the head of a stream."""
        await self.begin(200, _EVENTS, {"Transfer-Encoding": "chunked"})


class Act(Protocol):
    """Something a server does with a request."""

    async def play(self, exchange: Exchange) -> None:
        """Do it. It is cancelled when the client hangs up."""
        ...


def _as_it_is(answer: Completion) -> None:
    del answer


def _ragged(step: bytes) -> list[bytes]:
    lines = step.replace(b"\n", b"\r\n")
    return [lines[i : i + 3] for i in range(0, len(lines), 3)]


@dataclass(frozen=True, slots=True)
class Say:
    """Answer; ``edit`` changes the completion first.

    ``ignoring`` names what is passed over in silence ("stream" among it). ``comments`` puts a
    comment before each event of a stream; ``ragged`` ends its lines in the other way and cuts it
    anywhere, also within characters.
    """

    edit: Callable[[Completion], None] = _as_it_is
    ignoring: frozenset[str] = frozenset()
    comments: bool = False
    ragged: bool = False

    async def play(self, exchange: Exchange) -> None:
        """Send the answer as JSON or as a stream, as it was asked for."""
        answer = exchange.complete(self.ignoring)
        self.edit(answer)
        body = exchange.received.body
        if not body.stream or "stream" in self.ignoring:
            await exchange.respond(200, json.dumps(answer).encode())
            return
        await exchange.begin_stream()
        comment = b": PROCESSING\n\n" if self.comments else b""
        for step in events(answer, body):
            for piece in _ragged(step) if self.ragged else [comment + step]:
                await exchange.connection.send(chunk(piece))
        await exchange.connection.send(chunk(b""))


@dataclass(frozen=True, slots=True)
class Respond:
    """Send this, whatever was asked; "{model}" and "{key}" in it are filled in.

    A mapping is sent as JSON.
    """

    status: int
    content: Mapping[str, object] | str
    kind: str = _JSON
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    async def play(self, exchange: Exchange) -> None:
        """Send it."""
        content = self.content if isinstance(self.content, str) else json.dumps(self.content)
        for name, value in (
            ("{model}", exchange.received.body.model),
            ("{key}", exchange.received.key),
        ):
            content = content.replace(name, value)
        if exchange.echo:
            content = content.replace('"message": "', f'"message": "Bearer {exchange.echo}: ')
            content = content.replace("<body>", f"<body>Bearer {exchange.echo} ")
        await exchange.respond(self.status, content.encode(), kind=self.kind, more=self.headers)


@dataclass(frozen=True, slots=True)
class TooMany:
    """Answer 429 and say how long to wait, in one of the ways in which servers say it."""

    wait_s: float
    form: Literal["s", "ms", "date"] = "s"

    async def play(self, exchange: Exchange) -> None:
        """Refuse the request."""
        headers = {
            "s": {"Retry-After": f"{self.wait_s:g}"},
            "ms": {"Retry-After-Ms": f"{self.wait_s * 1000:g}"},
            "date": {"Retry-After": formatdate(time.time() + self.wait_s, usegmt=True)},
        }
        message = "Rate limit reached for {model}: Limit 3, Used 3, Requested 1."
        told = {"message": message, "type": "requests", "code": "rate_limit_exceeded"}
        await Respond(429, {"error": told}, headers=headers[self.form]).play(exchange)


@dataclass(frozen=True, slots=True)
class Silence:
    """Never answer; ``begun`` sends the head first."""

    begun: bool = False

    async def play(self, exchange: Exchange) -> None:
        """Wait until the client has enough of it."""
        if self.begun:
            await exchange.begin(200, _JSON, {"Content-Length": "1000"})
        await anyio.sleep_forever()


@dataclass(frozen=True, slots=True)
class Trickle:
    """Send the right answer byte by byte, too slowly to ever end; or comments for ever."""

    every_s: float = 0.05
    comments: bool = False

    async def play(self, exchange: Exchange) -> None:
        """Keep every single read short, and the whole endless."""
        answer = exchange.complete()
        stream = bool(exchange.received.body.stream)
        content = b"".join(events(answer, exchange.received.body)) if stream else b""
        content = content or json.dumps(answer).encode()
        if stream:
            await exchange.begin_stream()
        else:
            await exchange.begin(200, _JSON, {"Content-Length": str(len(content) * 100)})
        drops: Iterable[bytes] = (content[i : i + 1] for i in range(len(content)))
        for drop in drops:
            piece = b": still here\n\n" if self.comments else drop
            await exchange.connection.send(chunk(piece) if stream else piece)
            await anyio.sleep(self.every_s)
        await anyio.sleep_forever()


@dataclass(frozen=True, slots=True)
class Flood:
    """Send a text without an end, as fast as the client takes it."""

    piece_bytes: int = 65_536

    async def play(self, exchange: Exchange) -> None:
        """Send until the client has enough of it."""
        await exchange.begin_stream()
        text = '{"choices": [{"index": 0, "message": {"role": "assistant", "content": "'
        if exchange.received.body.stream:
            text = 'data: {"choices": [{"index": 0, "delta": {"content": "'
        await exchange.connection.send(chunk(text.encode()))
        while True:
            await exchange.connection.send(chunk(b"a" * self.piece_bytes))


@dataclass(frozen=True, slots=True)
class Vanish:
    """Close the connection instead of answering."""

    reset: bool = False

    async def play(self, exchange: Exchange) -> None:
        """Close it."""
        await (exchange.connection.reset() if self.reset else exchange.connection.close())


@dataclass(frozen=True, slots=True)
class Break:
    """Begin the right answer and don't finish it.

    ``how``: "cut" closes in the middle, "reset" resets, "stall" says nothing more, "end" ends a
    stream as if it were complete, "done" does so with a last [DONE], and a mapping is sent as a
    last event. ``share`` 1.0 leaves out only [DONE].
    """

    how: Literal["cut", "reset", "stall", "end", "done"] | Mapping[str, object]
    share: float = 0.6

    async def play(self, exchange: Exchange) -> None:
        """Send the share of it and break off."""
        answer, body = exchange.complete(), exchange.received.body
        if body.stream:
            steps = events(answer, body)
            await exchange.begin_stream()
            for step in steps[: max(1, int(len(steps) * self.share) - 1)]:  # never [DONE]
                await exchange.connection.send(chunk(step))
        else:
            content = json.dumps(answer).encode()
            await exchange.begin(200, _JSON, {"Content-Length": str(len(content))})
            await exchange.connection.send(content[: int(len(content) * self.share)])
        await self._end(exchange)

    async def _end(self, exchange: Exchange) -> None:
        last = b"data: [DONE]\n\n" if self.how == "done" else b""
        if isinstance(self.how, Mapping):
            last = event(self.how)
        if self.how == "stall":
            await anyio.sleep_forever()
        elif self.how == "reset":
            await anyio.sleep(0.05)  # a reset drops what has not been read yet
            await exchange.connection.reset()
        elif self.how == "cut" or not exchange.received.body.stream:
            await exchange.connection.close()
        else:
            await exchange.connection.send((chunk(last) if last else b"") + chunk(b""))


Plan = Callable[[Received], Act]
"""Chooses what is done with a request."""


def always(act: Act) -> Plan:
    """Do the same with every request."""
    return lambda _: act


def in_turn(*acts: Act, then: Act | None = None) -> Plan:
    """Do one after the other, then ``then`` for ever (default: answer)."""
    last = then or Say()
    return lambda received: acts[received.number - 1] if received.number <= len(acts) else last


def sometimes(share: float, acts: Iterable[Act], *, seed: int, in_a_row: int | None = None) -> Plan:
    """Do one of ``acts`` with this share of the requests, and answer the others.

    What happens to a request is drawn from ``seed``, what it says, and how often it has been said,
    so it does not depend on the order in which clients come. Never more than ``in_a_row`` of those
    that say the same fail one after the other.
    """
    faulty = tuple(acts)
    said: Counter[bytes] = Counter()
    failed: Counter[bytes] = Counter()

    def choose(received: Received) -> Act:
        what = received.sent
        said[what] += 1
        drawn = random.Random(f"{seed}/{said[what]}/{what!r}")  # noqa: S311 - a draw, no secret
        if failed[what] == in_a_row or drawn.random() >= share:
            failed[what] = 0
            return Say()
        failed[what] += 1
        return drawn.choice(faulty)

    return choose


def refusing(refusals: Mapping[str, Act]) -> Plan:
    """Refuse requests as long as they have one of these fields, in the order given."""
    return lambda received: next(
        (act for name, act in refusals.items() if name in received.body.fields), Say()
    )
