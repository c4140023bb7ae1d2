"""What the faults of a model's server do to a whole run: nothing broken is run, nothing leaks."""

from __future__ import annotations

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.critics.model import ModelCritic
from critique_loop.errors import ModelErrorKind
from critique_loop.loop import Loop
from critique_loop.models.fallback import Fallback
from critique_loop.models.openai import OpenAIModel
from critique_loop.models.options import ModelOptions
from critique_loop.models.probing import Probe, probe
from critique_loop.proxy import UserProxy
from critique_loop.testing import (
    FAULTS,
    FaultServer,
    MemoryStore,
    ScriptedCritic,
    ScriptedExecutor,
)
from critique_loop.testing.fault_server_acts import Plan, Respond, Say, TooMany, always, in_turn
from critique_loop.testing.fault_server_http import Received
from critique_loop.testing.faults import Cancelled, Fault, Wanted
from critique_loop.values import (
    Critique,
    Dimension,
    Draft,
    Evidence,
    Execution,
    ExecutionStatus,
    Message,
    Outcome,
    OutputFile,
    Reply,
    Request,
    Rubric,
    StopReason,
    Task,
)
from critique_loop.writers.model import ModelWriter

pytestmark = pytest.mark.slow

KEY = "sk-planted-8a1fd7b2c39e"
LEVELS = {0: "no", 5: "half", 10: "yes"}
RUBRIC = Rubric("r", (Dimension("clear", "Is it clear?", levels=LEVELS, pass_mark=8.0),))
TASK = Task("the sales of each month", RUBRIC)
QUICK_S = 2.0
WRITING = [
    fault
    for fault in FAULTS
    if fault.cancelled is Cancelled.NEVER
    and fault.wanted in (Wanted.TEXT, Wanted.STREAM)
    and fault.calls == 1
    and fault.not_before_s < 1
]


def open_model(server: FaultServer, plan: Plan, fault: Fault | None = None) -> OpenAIModel:
    options = ModelOptions(
        backoff_s=0.01,
        deadline_s=QUICK_S if fault is None else min(QUICK_S, fault.deadline_s),
        stream=fault is not None and fault.wanted is Wanted.STREAM,
    )
    name = server.play(plan)
    return OpenAIModel(name, base_url=server.base_url, api_key=KEY, options=options)


async def run(fault: Fault, store: MemoryStore, ran: list[str]) -> Outcome:
    with FaultServer(echoes_key=True) as server:
        async with open_model(server, fault.plan, fault) as model:
            loop = Loop(
                writer=ModelWriter(model),
                executor=ScriptedExecutor(before=lambda draft: ran.append(draft.code)),
                critic=ScriptedCritic({}),
                proxy=UserProxy(budget=Budget(max_rounds=1)),
                store=store,
            )
            return await loop.run(TASK)


@pytest.mark.parametrize("fault", WRITING, ids=lambda fault: fault.name)
def test_a_run_ends_for_the_reason_that_the_fault_stands_for(fault: Fault) -> None:
    store, ran = MemoryStore(), list[str]()

    outcome = anyio.run(run, fault, store, ran)

    told = repr(store.kept) + repr(outcome)
    kinds = [ModelErrorKind(kind) for kind in fault.outcomes - {"answer"}]
    expected = {
        StopReason.WRITER_GAVE_UP if kind.is_answer else StopReason.MODEL_UNAVAILABLE
        for kind in kinds
    } or {StopReason.ROUNDS}
    if fault.number == 17:
        expected = {StopReason.ROUNDS, StopReason.WRITER_GAVE_UP}  # what it called is no program
    assert outcome.stopped_because in expected
    assert KEY not in told
    assert all(code.startswith("print('chart ") and code.endswith("')\n") for code in ran)
    assert bool(ran) == (outcome.stopped_because is StopReason.ROUNDS)


def test_a_run_whose_quota_ended_goes_on_when_there_is_more() -> None:
    store = MemoryStore()
    no_quota = Respond(429, {"error": {"message": "No quota", "code": "insufficient_quota"}})

    async def main() -> tuple[Outcome, Outcome]:
        with FaultServer() as server:
            async with open_model(server, in_turn(Say(), no_quota)) as model:
                loop = Loop(
                    writer=ModelWriter(model),
                    executor=ScriptedExecutor(),
                    critic=ScriptedCritic({}),
                    proxy=UserProxy(budget=Budget(max_rounds=2)),
                    store=store,
                )
                stopped = await loop.run(TASK, run_id="run")
                return stopped, await loop.resume("run")

    stopped, ended = anyio.run(main)

    assert (stopped.stopped_because, len(stopped.rounds)) == (StopReason.MODEL_UNAVAILABLE, 1)
    assert (ended.stopped_because, len(ended.rounds)) == (StopReason.ROUNDS, 2)
    assert ended.rounds[0] == stopped.rounds[0]
    assert ended.spend.calls == 3


def test_a_server_that_asks_to_wait_is_left_alone_by_everybody() -> None:
    async def main() -> tuple[Received, ...]:
        with FaultServer() as server:
            slow, other = (server.play(in_turn(TooMany(1.0))), server.play(always(Say())))
            asked = Request((Message("user", "hello"),))
            async with (
                OpenAIModel(slow, base_url=server.base_url) as first,
                OpenAIModel(other, base_url=server.base_url) as second,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(first.complete, asked)
                while not server.requests():  # noqa: ASYNC110 - of another thread
                    await anyio.sleep(0.01)
                await anyio.sleep(0.1)
                for _ in range(5):
                    tasks.start_soon(second.complete, asked)
            return server.requests()

    refused, *later = anyio.run(main)

    assert len(later) == 6
    assert min(request.at for request in later) - refused.at >= 1.0


def test_a_fallback_answers_where_a_server_stays_overloaded() -> None:
    async def main() -> tuple[Reply, int]:
        with FaultServer() as server:
            overloaded = Respond(503, {"error": {"message": "Overloaded"}})
            async with (
                open_model(server, always(overloaded)) as first,
                open_model(server, always(Say())) as second,
            ):
                asked = Request((Message("user", "hello"),))
                reply = await Fallback([first, second]).complete(asked)
                return reply, len(server.requests())

    reply, requests = anyio.run(main)

    assert reply.text.startswith("```python")
    assert requests >= 3
    assert reply.requests == requests


UNSCORED = [
    fault
    for fault in FAULTS
    if fault.wanted is Wanted.JSON and not fault.outcomes & {"answer", ModelErrorKind.UNSUPPORTED}
]


async def reviewed(plan: Plan, execution: Execution) -> Critique:
    with FaultServer() as server:
        async with open_model(server, plan) as model:
            critic = ModelCritic(model, samples=1)
            return await critic.review(TASK, Draft("print(1)\n", "w"), execution, history=())


@pytest.mark.parametrize("fault", UNSCORED, ids=lambda fault: fault.name)
def test_a_critique_that_nobody_can_read_is_no_score_and_never_0(fault: Fault) -> None:
    critique = anyio.run(reviewed, fault.plan, Execution(ExecutionStatus.OK))

    (score,) = critique.scores
    assert score.value is None
    assert next(iter(fault.outcomes)) in score.unscored


@pytest.mark.parametrize("sees", [True, False])
def test_a_critic_whose_server_drops_the_picture_scores_nothing(sees: bool) -> None:
    plan = always(Say(ignoring=frozenset() if sees else frozenset({"image"})))
    picture = OutputFile("chart.png", "image/png", b"\x89PNG")
    seen = Execution(ExecutionStatus.OK, files=(picture,), evidence=Evidence(picture="chart.png"))

    critique = anyio.run(reviewed, plan, seen)

    assert (critique.scores[0].value is not None) == sees
    assert ("dropped the picture" in critique.scores[0].unscored) != sees


@pytest.mark.parametrize(
    ("ignored", "check"),
    [("image", "pictures"), ("n", "n"), ("logprobs", "logprobs"), ("schema", "schema")],
)
def test_a_probe_finds_what_is_ignored_in_silence(ignored: str, check: str) -> None:
    async def main(plan: Plan) -> Probe:
        with FaultServer() as server:
            async with open_model(server, plan) as model:
                return await probe(model)

    honest = anyio.run(main, always(Say()))
    ignoring = anyio.run(main, always(Say(ignoring=frozenset({ignored}))))

    assert ignoring[check].verdict == "no"
    assert honest[check].verdict == "yes"
