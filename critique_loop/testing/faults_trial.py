"""Plays a fault to a client and says what the client made of it."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import msgspec

from critique_loop.errors import ModelError
from critique_loop.protocols import Model
from critique_loop.testing.fault_server import FaultServer
from critique_loop.testing.faults_answers import TOOL_ARGUMENTS
from critique_loop.testing.faults_rows import ANSWER, CANCELLED, Cancelled, Fault, Wanted
from critique_loop.values import AnswerSchema, Message, Picture, Reply, Request

_DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
_WHOLE = re.compile(r"```python\nprint\('chart [0-9a-f]{12}'\)\n```")
_SETTLING_S = 0.3
_SLACK_S = 0.5
"""How long after its deadline a call may still end, on a busy machine."""

SCORES = AnswerSchema(
    "critique",
    {
        "type": "object",
        "properties": {
            "clarity": {"type": "integer", "enum": list(range(11))},
            "why": {"type": "string"},
        },
        "required": ["clarity", "why"],
        "additionalProperties": False,
    },
)


class _Scores(msgspec.Struct, forbid_unknown_fields=True):
    clarity: int
    why: str


class Client(Protocol):
    """Whatever asks the server."""

    async def ask(self, fault: Fault) -> str:
        """Make one call as ``fault.wanted`` says, and return the outcome."""
        ...


MakeClient = Callable[[str, str, bool], AbstractAsyncContextManager[Client]]
"""Makes a client, given the server's base URL, the model's name, and whether it is to stream.

Leaving the context closes it.
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a client made of a fault.

    ``seconds`` are those of the slowest call. ``unanswered`` are requests that the server still
    worked on after all calls were over, ``connections_left`` those open after the client was
    closed, ``tasks_left`` tasks that outlived it.
    """

    outcome: str
    requests: int
    seconds: float
    unanswered: int
    connections_left: int
    tasks_left: int

    def differs(self, fault: Fault) -> tuple[str, ...]:
        """Return how this is not what ``fault`` states; nothing where it is."""
        least, most = fault.requests
        latest = (fault.within_s or fault.deadline_s) + _SLACK_S
        checks = {
            f"outcome {self.outcome}": self.outcome in fault.outcomes,
            f"{self.requests} requests": least <= self.requests <= most,
            f"{self.seconds:.2f} s": fault.not_before_s <= self.seconds <= latest,
            f"{self.unanswered} requests went on": not self.unanswered,
            f"{self.connections_left} connections left": not self.connections_left,
            f"{self.tasks_left} tasks left": not self.tasks_left,
        }
        return tuple(problem for problem, right in checks.items() if not right)


async def try_client(fault: Fault, make: MakeClient, *, key: str = "") -> Trial:
    """Play ``fault`` under a random name to a new client; ``key`` is echoed in every answer."""
    tasks = len(asyncio.all_tasks())
    with FaultServer(echoes_key=bool(key)) as server:
        name = server.play(fault.plan)
        async with make(server.base_url, name, fault.wanted is Wanted.STREAM) as client:
            calls = _cancelled if fault.cancelled else _in_turn
            outcome, seconds = await calls(fault, client, server)
            unanswered = await _settled(lambda: server.in_flight)
        return Trial(
            outcome,
            len(server.requests(name)),
            seconds,
            unanswered,
            await _settled(lambda: server.open_connections),
            await _settled(lambda: len(asyncio.all_tasks()) - tasks),
        )


async def _settled(count: Callable[[], int]) -> int:
    """Return ``count`` once it is 0, or what it is after a moment."""
    for _ in range(20):
        if count() <= 0:
            break
        await asyncio.sleep(_SETTLING_S / 20)
    return max(0, count())


async def _in_turn(fault: Fault, client: Client, server: FaultServer) -> tuple[str, float]:
    del server
    slowest, outcome = 0.0, ""
    for _ in range(fault.calls):
        began = time.monotonic()
        outcome = await client.ask(fault)
        slowest = max(slowest, time.monotonic() - began)
        if outcome != ANSWER:
            break
    return outcome, slowest


async def _cancelled(fault: Fault, client: Client, server: FaultServer) -> tuple[str, float]:
    began = time.monotonic()
    calls = [asyncio.create_task(client.ask(fault))]
    while not server.requests() and not calls[0].done():  # noqa: ASYNC110 - of another thread
        await asyncio.sleep(0.01)
    await asyncio.sleep(_SETTLING_S)
    if fault.cancelled is Cancelled.AT_THE_GATE:
        calls.append(asyncio.create_task(client.ask(fault)))
        await asyncio.sleep(_SETTLING_S)
    for call in calls:
        call.cancel()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    outcomes = {CANCELLED if isinstance(e, asyncio.CancelledError) else str(e) for e in ended}
    return " and ".join(sorted(outcomes)), time.monotonic() - began


def request(fault: Fault) -> Request:
    """Return what is asked of a Model for ``fault``."""
    wanted = fault.wanted
    pictures = (Picture(_DOT),) if wanted is Wanted.PICTURE else ()
    return Request(
        (
            Message("system", "You write programs that draw charts."),
            Message("user", "Draw the sales of each month.", pictures),
        ),
        schema=SCORES if wanted is Wanted.JSON else None,
        temperature=0.5,
        max_tokens=256,
        seed=7,
        n=3 if wanted is Wanted.CHOICES else 1,
        logprobs=wanted is Wanted.PROBABILITIES,
        deadline_s=fault.deadline_s,
        role="writer",
    )


class ModelClient:
    """Asks a Model, and checks that what it takes for an answer is one.

    ``replies`` and ``errors`` are what came.
    """

    def __init__(self, model: Model) -> None:
        """Ask ``model``."""
        self.replies: list[Reply] = []
        self.errors: list[ModelError] = []
        self._model = model

    async def ask(self, fault: Fault) -> str:
        """Return "answer", the kind of the error, or what is wrong with the answer."""
        try:
            reply = await self._model.complete(request(fault))
        except ModelError as error:
            self.errors.append(error)
            return error.kind.value
        self.replies.append(reply)
        texts = [choice.text for choice in reply.choices]
        data = [choice.data for choice in reply.choices]
        return judged(texts, fault.wanted, data=data)


def judged(texts: Sequence[str | None], wanted: Wanted, *, data: Sequence[object] = ()) -> str:
    """Return "answer" where these are whole answers to what was wanted, else what is wrong.

    ``data`` are the objects that were read from them, where objects were wanted.
    """
    if len(texts) != (3 if wanted is Wanted.CHOICES else 1):
        return f"{len(texts)} choices"
    if wanted is Wanted.JSON:
        return ANSWER if all(_fits(found) for found in data) else "unfit object"
    if not all(text and text.strip() for text in texts):
        return "empty text"
    whole = all(text and (_WHOLE.search(text) or text == TOOL_ARGUMENTS) for text in texts)
    return ANSWER if whole else "part of a text"


def _fits(found: object) -> bool:
    try:
        critique = msgspec.convert(found, _Scores)
    except msgspec.ValidationError:
        return False
    return critique.clarity in range(11)
