"""A model server that fails on purpose."""

from __future__ import annotations

import concurrent.futures
import json
import secrets
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

import anyio
from anyio.abc import SocketAttribute, SocketStream, TaskStatus
from anyio.from_thread import start_blocking_portal

from critique_loop.testing.fault_server_acts import Act, Exchange, Plan, Respond
from critique_loop.testing.fault_server_answers import Answer, a_program
from critique_loop.testing.fault_server_body import Body
from critique_loop.testing.fault_server_http import Connection, HungUp, Received
from critique_loop.values import Usage

_NO_MODEL = Respond(
    404,
    {
        "error": {
            "message": "The model `{model}` does not exist or you do not have access to it.",
            "type": "invalid_request_error",
            "param": None,
            "code": "model_not_found",
        }
    },
)


class FaultServer:
    """Speaks OpenAI's chat protocol on a loopback port, in a thread of its own, and misbehaves.

    A context manager, for tests that are async and tests that are not. Each model name it knows
    stands for a plan of what to do with requests for it: ``play`` makes up a random name, so that
    nothing but the bytes on the wire can tell a client what is wrong. Plans are made with
    ``always``, ``in_turn``, ``sometimes`` and ``refusing``, or are those of the ``FAULTS``.
    """

    def __init__(
        self,
        plans: Mapping[str, Plan] | None = None,
        *,
        answer: Answer = a_program,
        key: str = "",
        echoes_key: bool = False,
        latency_s: float = 0.0,
    ) -> None:
        """Begin to listen when the context is entered.

        ``plans`` maps model names to plans. ``answer`` writes the texts (default: a small program,
        the same again for the same seed). Where ``key`` is given, requests with another one get a
        401. ``echoes_key`` puts the client's key into every answer: headers, errors and texts.
        ``latency_s`` passes before anything is done.
        """
        self._plans = dict(plans or {})
        self._answer = answer
        self._key = key
        self._echoes_key = echoes_key
        self._latency_s = latency_s
        self._received: list[Received] = []
        self._numbers: Counter[str] = Counter()
        self._connections: set[Connection] = set()
        self._in_flight = 0
        self._port = 0
        self._open = ExitStack()
        self.connections: int = 0
        self.peak_in_flight: int = 0

    @property
    def base_url(self) -> str:
        """The address that a client is given; the server listens at it while it is entered."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def open_connections(self) -> int:
        """How many connections clients hold open now."""
        return len(self._connections)

    @property
    def in_flight(self) -> int:
        """How many requests are under way now."""
        return self._in_flight

    @property
    def billed(self) -> Usage:
        """What the server charges for all it generated, also what never arrived."""
        return sum((r.billed for r in self._received if r.billed is not None), Usage(0, 0))

    def play(self, plan: Plan) -> str:
        """Return a new random model name whose requests are treated by ``plan``."""
        name = secrets.token_hex(8)
        self._plans[name] = plan
        return name

    def requests(self, model: str | None = None) -> tuple[Received, ...]:
        """Return the requests so far, in order of arrival; only those for ``model`` if given."""
        return tuple(r for r in self._received if model is None or r.body.model == model)

    def __enter__(self) -> Self:
        """Begin to listen."""
        portal = self._open.enter_context(start_blocking_portal("asyncio"))
        serving, self._port = portal.start_task(self._serve)
        self._open.callback(_end, serving)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close everything; raises what went wrong in the server itself."""
        self._open.close()

    async def _serve(self, *, task_status: TaskStatus[int]) -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1", backlog=1024)
        async with listener:
            task_status.started(listener.extra(SocketAttribute.local_port))  # noqa: S610 - no Django
            await listener.serve(self._converse)

    async def _converse(self, stream: SocketStream) -> None:
        self.connections += 1
        connection = Connection(stream, self.connections)
        self._connections.add(connection)
        try:
            async with stream:
                while connection.open and (received := await connection.next_request()):
                    await self._treat(connection, received)
                    if received.headers.get("connection", "").lower() == "close":
                        return
        finally:
            self._connections.discard(connection)

    async def _treat(self, connection: Connection, received: Received) -> None:
        self._in_flight += 1
        received.in_flight = self._in_flight
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
        exchange = Exchange(connection, received, self._answer, echoes_key=self._echoes_key)
        try:
            async with anyio.create_task_group() as both:
                both.start_soon(_watch, connection, both.cancel_scope)
                if self._latency_s:
                    await anyio.sleep(self._latency_s)
                with suppress(HungUp):
                    await self._act(received).play(exchange)
                    received.done = True
                both.cancel_scope.cancel()
        finally:
            self._in_flight -= 1
        if not received.done and connection.open:
            received.disconnected = True
            connection.open = False

    def _act(self, received: Received) -> Act:
        self._received.append(received)
        act = self._unusual(received)
        if act is not None:
            return act
        try:
            received.body = Body.read(received.sent)
        except ValueError as error:
            return Respond(400, {"error": {"message": str(error)}})
        self._numbers[received.body.model] += 1
        received.number = self._numbers[received.body.model]
        plan = self._plans.get(received.body.model)
        return _NO_MODEL if plan is None else plan(received)

    def _unusual(self, received: Received) -> Act | None:
        """Return what is done with requests that are not about an answer."""
        if self._key and received.key != self._key:
            return Respond(401, {"error": {"message": "Incorrect API key provided: {key}."}})
        if (received.method, received.path) == ("GET", "/v1/models"):
            models = [{"id": n, "object": "model", "owned_by": "tests"} for n in self._plans]
            return Respond(200, json.dumps({"object": "list", "data": models}))
        if (received.method, received.path) != ("POST", "/v1/chat/completions"):
            return Respond(404, {"detail": "Not Found"})
        return None


async def _watch(connection: Connection, scope: anyio.CancelScope) -> None:
    await connection.wait_for_hang_up()
    scope.cancel()


def _end(serving: concurrent.futures.Future[None]) -> None:
    serving.cancel()
    with suppress(concurrent.futures.CancelledError):
        serving.result()
