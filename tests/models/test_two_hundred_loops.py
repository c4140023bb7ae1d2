"""200 loops at once share a model, a gate and a budget, while 20 % of the requests fail."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.ledger import Ledger
from critique_loop.loop import Loop
from critique_loop.models.body import bound_of
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.proxy import UserProxy
from critique_loop.testing import FaultServer, ScriptedCritic, ScriptedExecutor
from critique_loop.testing.fault_server_acts import (
    Act,
    Break,
    Plan,
    Respond,
    Say,
    TooMany,
    Vanish,
    sometimes,
)
from critique_loop.testing.fault_server_answers import Completion
from critique_loop.testing.fault_server_http import Received
from critique_loop.values import (
    Dimension,
    Draft,
    Lesson,
    Message,
    Outcome,
    Price,
    Request,
    Round,
    Rubric,
    StopReason,
    Task,
)

pytestmark = pytest.mark.slow

LOOPS = 200
ROUNDS = 2
CONNECTIONS = 8
RUBRIC = Rubric("r", (Dimension("right", "Is it right?", pass_mark=8.0),), target=8.0)
PRICE = Price(input=2.0, output=8.0)
MAX_TOKENS = 64


def empty(answer: Completion) -> None:
    answer["choices"][0]["message"]["content"] = ""


REFUSALS: tuple[Act, ...] = (
    TooMany(0.02, "ms"),
    Respond(503, {"error": {"message": "Overloaded"}}),
    Respond(500, "<html><body>500</body></html>", "text/html"),
)
TOLD: tuple[Act, ...] = (*REFUSALS, Say(empty))
"""After these the client knows what it owes."""
ALL: tuple[Act, ...] = (
    *TOLD,
    Vanish(),
    Vanish(reset=True),
    Break("cut"),
    Break("reset"),
    Respond(200, '{"choices": ['),
    Respond(200, "<html></html>", "text/html"),
)


class ModelAsker:
    """Asks the model for the program of each round; the question says whose and which it is."""

    name = "asker"

    def __init__(self, model: OpenAIModel) -> None:
        self._model = model

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del lessons
        question = f"{task.goal}, program {len(history) + 1}"
        reply = await self._model.complete(
            Request((Message("user", question),), max_tokens=MAX_TOKENS, role="writer")
        )
        return Draft(code=reply.text, writer=self.name)


@dataclass
class Watched:
    """A plan, and what it let through."""

    plan: Plan
    delivered: Counter[str] = field(default_factory=Counter[str])

    def __call__(self, received: Received) -> Act:
        act = self.plan(received)
        self.delivered[received.body.text] += act == Say()
        return act


@dataclass
class Crowd:
    """What became of loops that ran at once."""

    outcomes: list[Outcome]
    ledger: Ledger
    server: FaultServer
    delivered: Counter[str]

    @property
    def billed_usd(self) -> float:
        return PRICE.cost(self.server.billed) or 0.0

    @property
    def drafts(self) -> list[str]:
        return [turn.draft.code for outcome in self.outcomes for turn in outcome.rounds]


def answer(body: Any, index: int) -> str:  # noqa: ANN401 - the server's own type
    del index
    return f"print('{body.text}')"


async def crowd(
    acts: Sequence[Act], *, loops: int = LOOPS, max_cost_usd: float | None = None
) -> Crowd:
    watched = Watched(sometimes(0.2, acts, seed=20, in_a_row=2))
    options = ModelOptions(backoff_s=0.01, max_connections=CONNECTIONS)
    ledger = Ledger(Budget(max_rounds=None, max_time_s=None, max_cost_usd=max_cost_usd))
    with FaultServer(answer=answer, latency_s=0.002) as server:
        name = server.play(watched)
        async with OpenAIModel(
            name, base_url=server.base_url, price=PRICE, options=options
        ) as model:
            loop = Loop(
                writer=ModelAsker(model),
                executor=ScriptedExecutor(),
                critic=ScriptedCritic({}),
                proxy=UserProxy(budget=Budget(max_rounds=ROUNDS, max_time_s=None)),
            )
            tasks = [Task(goal=f"chart {number}", rubric=RUBRIC) for number in range(loops)]
            outcomes = await asyncio.gather(*(loop.run(task, ledger=ledger) for task in tasks))
    return Crowd(outcomes, ledger, server, watched.delivered)


def test_none_is_lost_none_is_doubled_and_the_gate_holds() -> None:
    found = anyio.run(crowd, ALL)

    questions = [f"chart {n}, program {r + 1}" for n in range(LOOPS) for r in range(ROUNDS)]
    failed = 1 - len(questions) / len(found.server.requests())
    assert [o.stopped_because for o in found.outcomes] == [StopReason.ROUNDS] * LOOPS
    assert found.drafts == [f"print('{question}')" for question in questions]
    assert found.delivered == dict.fromkeys(questions, 1)
    assert 0.12 < failed < 0.25
    assert 2 <= found.server.peak_in_flight <= CONNECTIONS
    assert found.ledger.spend().calls == len(found.server.requests())


def test_a_shared_budget_is_held_to_the_cent_and_used() -> None:
    budget_usd = 0.03

    found = anyio.run(lambda: crowd(TOLD, max_cost_usd=budget_usd))

    spent = found.ledger.spend().cost_usd
    body: dict[str, object] = {
        "messages": [{"content": "chart 199, program 3"}],
        "max_tokens": MAX_TOKENS,
    }
    dearest_usd = bound_of(body, price=PRICE, picture_tokens=0).cost_usd or 0.0
    stops = Counter(outcome.stopped_because for outcome in found.outcomes)
    assert spent == pytest.approx(found.billed_usd, abs=1e-9)
    assert budget_usd - dearest_usd < found.billed_usd <= budget_usd
    assert stops[StopReason.COST] > 0
    assert stops.keys() <= {StopReason.COST, StopReason.ROUNDS}
    assert set(found.delivered.values()) <= {0, 1}
    assert len(found.drafts) == found.delivered.total()


def test_a_shared_budget_is_not_overrun_where_answers_get_lost_on_the_way() -> None:
    budget_usd = 0.03

    found = anyio.run(lambda: crowd(ALL, max_cost_usd=budget_usd))

    assert budget_usd / 20 < found.billed_usd <= budget_usd  # what got lost counts in full
    assert StopReason.COST in {outcome.stopped_because for outcome in found.outcomes}
    assert len(found.drafts) == found.delivered.total()


def test_memory_does_not_grow_with_the_loops_that_have_run() -> None:
    async def sizes() -> list[int]:
        found: list[int] = []
        await crowd(ALL, loops=20)  # what is loaded and kept once
        tracemalloc.start()
        try:
            for _ in range(2):
                await crowd(ALL, loops=20)
                gc.collect()
                found.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        return found

    first, second = anyio.run(sizes)

    assert second - first < 100_000
