"""A loop for each task of a data set, several times where wanted, and what came of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import cast

import anyio

from critique_loop import rubric as rubrics
from critique_loop._version import __version__
from critique_loop.building.judged_tests import JudgedTest, judged_tests
from critique_loop.building.settings import LoopSettings
from critique_loop.coding.datasets import Problem
from critique_loop.errors import (
    CallError,
    CritiqueLoopError,
    ModelError,
    ModelErrorKind,
    SandboxUnavailable,
)
from critique_loop.ledger import Ledger
from critique_loop.loop import Loop, RunOptions
from critique_loop.protocols import Executor
from critique_loop.store import SqliteStore
from critique_loop.store.encoding import encode
from critique_loop.values import Outcome, Round, StopReason

_NOT_FINISHED = frozenset(
    {
        StopReason.INTERRUPTED,
        StopReason.MODEL_UNAVAILABLE,
        StopReason.SANDBOX_UNAVAILABLE,
        StopReason.CALLS,
        StopReason.TOKENS,
        StopReason.COST,
        StopReason.PAUSED,
    }
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One loop on one task.

    ``passed_after`` says for each round whether the best program by then passes the data set's
    tests; a first draft that passes has it true from the start. ``unjudged`` says why nothing tells
    whether it does: its tests could not be run there. ``finished`` is false then, and where the
    loop was cut short: it counts for nothing.
    """

    problem: str
    number: int
    run_id: str
    passed_after: tuple[bool, ...]
    outcome: Outcome
    kept: bool = False
    unjudged: str = ""

    @property
    def finished(self) -> bool:
        """Whether the loop came to an end of its own, and was judged."""
        return self.outcome.stopped_because not in _NOT_FINISHED and not self.unjudged

    @property
    def passed_first(self) -> bool:
        """Whether the first draft passes."""
        return bool(self.passed_after) and self.passed_after[0]

    @property
    def passed(self) -> bool:
        """Whether what the loop kept passes."""
        return bool(self.passed_after) and self.passed_after[-1]


def passes(turn: Round, *, hidden: bool = False) -> bool:
    """Return whether a round's program passes all hidden tests; where there are none, all tests.

    ``hidden``: the task has some. Then visible examples don't count beside them, or instead: what
    a data set measures are its own tests. What critics say counts for nothing.
    """
    tests = _counting(turn, hidden=hidden)
    return bool(tests) and all(test.passed for test in tests)


def _counting(turn: Round, *, hidden: bool) -> list[JudgedTest]:
    tests = judged_tests(turn.execution)
    found = [test for test in tests if test.hidden]
    return found if found or hidden else list(tests)


def why_unjudged(turn: Round, *, hidden: bool = False) -> str:
    """Return why a round's tests tell nothing: some could not be run, and no other failed."""
    counting = _counting(turn, hidden=hidden)
    ends = {test.status for test in counting} - {"passed"}
    has_none = hidden and not counting and turn.execution.evidence is not None
    if ends != {"not_run"} and not has_none:
        return ""
    notes = (f.message for f in turn.critique.findings if f.code == "no_tests")
    return next(notes, "its tests could not be run")


def sample_of(problem: Problem, number: int, outcome: Outcome, *, kept: bool = False) -> Sample:
    """Return what came of a loop; ``kept`` where it had been done before."""
    best = [
        rubrics.best(problem.task.rubric, outcome.rounds[:count])
        for count in range(1, len(outcome.rounds) + 1)
    ]
    spec = problem.task.code
    hidden = spec is not None and any(suite.hidden for suite in spec.suites)
    passed = tuple(turn is not None and passes(turn, hidden=hidden) for turn in best)
    why = why_unjudged(best[-1], hidden=hidden) if best and best[-1] else ""
    return Sample(problem.id, number, outcome.run_id, passed, outcome, kept, why)


def run_id_of(problem: Problem, number: int, settings: LoopSettings, *, given: str = "") -> str:
    """Return the name of a run: the same for the same task, settings, sample and given program.

    So a command that is repeated finds what it has done.
    """
    said = f"{encode(problem.task).text}\0{encode(settings.plain()).text}\0{number}\0{given}"
    return hashlib.sha256(f"{__version__}\0{problem.id}\0{said}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Job:
    """One loop that is to be run."""

    problem: Problem
    number: int
    run_id: str
    loop: Callable[[], Loop]
    settings: LoopSettings


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of samples as they come, and who may end it all after the rounds under way."""

    on_sample: Callable[[Sample], None]
    stop_requested: Callable[[], bool] = bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where jobs run, how many at a time, and what they may spend together."""

    store: SqliteStore
    executor: Executor
    ledger: Ledger
    concurrency: int = 1


async def evaluate(jobs: Sequence[Job], place: Place, watch: Watch) -> None:
    """Run the jobs; what the store has of them is not done again.

    Raises:
        SandboxUnavailable: isolation can't be had; what was done is in the store.
        ModelError: the model can't be reached.
        CallError: fewer than one at a time.
    """
    if place.concurrency < 1:
        raise CallError(f"concurrency is {place.concurrency}", remedy="Run at least one at a time.")
    states = {run.run_id: run.stopped_because for run in await place.store.runs()}
    work = _Work(place, states, watch)
    waiting = iter(jobs)

    async def worker() -> None:
        for job in waiting:
            if watch.stop_requested() or work.failure is not None:
                return
            await work.do(job)

    async with AsyncExitStack() as stack:
        is_new = any(not work.is_done(job) for job in jobs)
        if is_new and isinstance(place.executor, AbstractAsyncContextManager):  # keeps places ready
            opened = cast("AbstractAsyncContextManager[object]", place.executor)
            await stack.enter_async_context(opened)
        async with anyio.create_task_group() as group:
            for _ in range(place.concurrency):
                group.start_soon(worker)
    if work.failure is not None:
        raise work.failure


class _Work:
    """What the workers share; ``failure`` is what keeps all of them from going on."""

    def __init__(self, place: Place, states: Mapping[str, StopReason | None], watch: Watch) -> None:
        self._place = place
        self._states = states
        self._watch = watch
        self.failure: CritiqueLoopError | None = None

    def is_done(self, job: Job) -> bool:
        """Whether the store has its end."""
        return self._states.get(job.run_id) not in (None, *_NOT_FINISHED)

    async def do(self, job: Job) -> None:
        try:
            outcome, kept = await self._outcome(job)
        except CritiqueLoopError as error:  # a group would wrap it
            self.failure = error
            return
        reason = outcome.stopped_because
        if reason is StopReason.SANDBOX_UNAVAILABLE:
            self.failure = SandboxUnavailable(outcome.message)
        elif reason is StopReason.MODEL_UNAVAILABLE:
            self.failure = ModelError(ModelErrorKind.CONNECTION, outcome.message)
        self._watch.on_sample(sample_of(job.problem, job.number, outcome, kept=kept))

    async def _outcome(self, job: Job) -> tuple[Outcome, bool]:
        store = self._place.store
        options: RunOptions = {
            "run_id": job.run_id,
            "settings": job.settings.plain(),
            "stop_requested": self._watch.stop_requested,
            "ledger": self._place.ledger,
        }
        if job.run_id not in self._states:
            return await job.loop().run(job.problem.task, **options), False
        if self.is_done(job):
            return await store.outcome(job.run_id), True
        return await job.loop().resume(job.run_id, **options), False
