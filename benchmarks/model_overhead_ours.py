"""Ours in the overhead benchmark: the model alone, with its cache, and the whole loop.

Beside the loop the openai SDK and ``OpenAIModel`` send exactly what the loop sends.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import model_overhead_talk as talk
from model_overhead_sdk import Exchange
from openai import AsyncOpenAI

from critique_loop import rubric as rubrics
from critique_loop.budget import Budget
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.ledger import Ledger
from critique_loop.loop import Loop
from critique_loop.models.caching import CachedModel
from critique_loop.models.openai import OpenAIModel
from critique_loop.protocols import Model
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import FaultServer, ScriptedExecutor
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.values import Message, Price, Reply, Request, Task
from critique_loop.writers.model import ModelWriter

_BUDGET = Budget(
    max_rounds=2, max_calls=10**9, max_tokens=10**12, max_time_s=10**6, max_cost_usd=10.0**6
)
_PRICE = Price(input=2.0, output=8.0)


def _opened(base_url: str, model: str) -> OpenAIModel:
    return OpenAIModel(model, base_url=base_url, api_key=talk.KEY, price=_PRICE)


def _exchange(model: Model) -> Exchange:
    prompts = {role: talk.prompt(role) for role in ("writer", "critic")}

    async def ask(role: str, question: str) -> str:
        reply = await model.complete(
            Request(
                (Message("system", prompts[role]), Message("user", question)),
                temperature=talk.TEMPERATURE,
                max_tokens=talk.MAX_TOKENS,
                role=role,
            )
        )
        return reply.text

    async def exchange(number: int) -> None:
        with Ledger(_BUDGET).active():
            program = await ask("writer", talk.question(number))
            critique = await ask("critic", talk.question(number, program))
            program = await ask("writer", talk.question(number, program, critique))
            await ask("critic", talk.question(number, program))

    return exchange


@asynccontextmanager
async def alone(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield exchanges by ``OpenAIModel`` under a ledger with every budget set."""
    async with _opened(base_url, model) as opened:
        yield _exchange(opened)


@asynccontextmanager
async def cached(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield exchanges through a cache on disk that has none of the answers yet."""
    async with _opened(base_url, model) as opened:
        with tempfile.TemporaryDirectory() as folder:
            yield _exchange(CachedModel(opened, SqliteStore(Path(folder) / "traces.sqlite")))


def _loop_exchange(model: Model, folder: Path) -> Exchange:
    store = SqliteStore(folder / "traces.sqlite")
    loop = Loop(
        writer=ModelWriter(model),
        executor=ScriptedExecutor(),
        critic=CombinedCritic([MeasuredCritic(), ModelCritic(model)]),
        proxy=UserProxy(budget=_BUDGET),
        store=store,
    )
    rubric = rubrics.load("charts-judged")

    async def exchange(number: int) -> None:
        outcome = await loop.run(Task(talk.goal(number), rubric))
        scored = sum(s.value is not None for s in outcome.rounds[-1].critique.scores)
        if len(outcome.rounds) != talk.CALLS / 2 or not scored:
            raise SystemExit(f"{len(outcome.rounds)} rounds: {outcome.message}")

    return exchange


@asynccontextmanager
async def whole(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield runs of two rounds: model writer, model critic, trace on disk, nothing executed."""
    async with _opened(base_url, model) as opened:
        with tempfile.TemporaryDirectory() as folder:
            yield _loop_exchange(opened, Path(folder))


@dataclass(slots=True)
class _Overheard:
    """A model, and what it was asked."""

    model: OpenAIModel
    asked: list[Request] = field(default_factory=list[Request])

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    async def complete(self, request: Request) -> Reply:
        """Note the request and pass it on."""
        self.asked.append(request)
        return await self.model.complete(request)


class _Said(NamedTuple):
    """What a loop asks of its models, and what that is on the wire."""

    requests: list[Request]
    bodies: list[dict[str, Any]]


async def _said() -> _Said:
    """Return the four requests of one run of the loop."""
    with FaultServer(answer=lambda body, _: talk.answer(body.text)) as server:
        name = server.play(always(Say()))
        async with _opened(server.base_url, name) as opened:
            overheard = _Overheard(opened)
            with tempfile.TemporaryDirectory() as folder:
                await _loop_exchange(overheard, Path(folder))(0)
        sent = [json.loads(received.sent) for received in server.requests(name)]
    return _Said(overheard.asked, sent)


@asynccontextmanager
async def same_by_ours(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield exchanges in which ``OpenAIModel`` is asked what the loop asks."""
    requests = (await _said()).requests
    async with _opened(base_url, model) as opened:

        async def exchange(number: int) -> None:
            del number
            with Ledger(_BUDGET).active():
                for request in requests:
                    await opened.complete(request)

        yield exchange


@asynccontextmanager
async def same_by_sdk(base_url: str, model: str) -> AsyncGenerator[Exchange]:
    """Yield exchanges in which the openai SDK sends what the loop sends."""
    bodies = (await _said()).bodies
    async with AsyncOpenAI(base_url=base_url, api_key=talk.KEY) as client:

        async def exchange(number: int) -> None:
            del number
            for body in bodies:
                answer = await client.chat.completions.create(**{**body, "model": model})
                if not answer.choices[0].message.content:
                    raise SystemExit("an answer without a text")

        yield exchange


CONTENDERS = {
    "OpenAIModel": alone,
    "OpenAIModel, cached": cached,
    "openai SDK, the loop's requests": same_by_sdk,
    "OpenAIModel, the loop's requests": same_by_ours,
    "Loop": whole,
}
