"""The loop: draft, run, criticise, decide, again; every step kept before the next one begins."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import TypedDict, Unpack

import anyio
import anyio.from_thread

from critique_loop import rubric as rubrics
from critique_loop._version import __version__
from critique_loop.errors import SandboxUnavailable, WriterGaveUp
from critique_loop.protocols import Critic, Executor, Session, TraceStore, UserProxy, Writer
from critique_loop.values import (
    DecisionKind,
    Draft,
    Ended,
    Event,
    EventBody,
    EventKind,
    Outcome,
    Round,
    Spend,
    Started,
    StopReason,
    Task,
)


class RunOptions(TypedDict, total=False):
    """What may be said about one run besides its task.

    ``run_id`` names it (default: a new random one). ``on_event`` sees every step once it is stored.
    ``stop_requested`` is asked before each round; true ends the run there, with what it has.
    """

    run_id: str
    on_event: Callable[[Event], None]
    stop_requested: Callable[[], bool]


class Loop:
    """Runs tasks. One loop may run many, also at the same time; none sees anything of another."""

    def __init__(
        self,
        *,
        writer: Writer,
        executor: Executor,
        critic: Critic,
        proxy: UserProxy,
        store: TraceStore | None = None,
    ) -> None:
        """Keep the actors. Without a ``store`` the trace is in the outcome only."""
        self.writer = writer
        self.executor = executor
        self.critic = critic
        self.proxy = proxy
        self.store = store

    async def rounds(self, task: Task, **options: Unpack[RunOptions]) -> AsyncGenerator[Round]:
        """Yield each round of a new run when its decision has been made and stored.

        Leaving the iteration early ends the run there; the trace says so.

        Raises:
            StoreError: a step could not be stored; no further step was begun.
        """
        async with aclosing(_Run(self, task, options).rounds()) as turns:
            async for turn in turns:
                yield turn

    async def run(self, task: Task, **options: Unpack[RunOptions]) -> Outcome:
        """Run the task to its end and return the outcome; options and errors as for ``rounds``."""
        run = _Run(self, task, options)
        async with aclosing(run.rounds()) as turns:
            async for _ in turns:
                pass
        return run.outcome()

    def run_sync(self, task: Task, **options: Unpack[RunOptions]) -> Outcome:
        """Do as ``run`` does, from code that is not async.

        Works inside a notebook, too: where an event loop is running in this thread, the run gets a
        thread and an event loop of its own.
        """
        return run_blocking(lambda: self.run(task, **options))


class _Run:
    """One run of one task: its rounds so far, and how it ended."""

    def __init__(self, loop: Loop, task: Task, options: RunOptions) -> None:
        self._loop = loop
        self._task = task
        self._run_id = options.get("run_id") or uuid.uuid4().hex[:12]
        self._on_event = options.get("on_event")
        self._stop_requested = options.get("stop_requested")
        self._rounds: list[Round] = []
        self._ended: Ended | None = None
        self._seq = 0
        self._began = time.monotonic()
        self._step_began = self._began

    async def rounds(self) -> AsyncGenerator[Round]:
        """Run turn by turn; whatever ends the run, the trace gets its last event."""
        loop = self._loop
        await self._record(
            EventKind.STARTED,
            Started(
                task=self._task,
                writer=loop.writer.name,
                critic=loop.critic.name,
                sandbox=loop.executor.name,
                version=__version__,
            ),
        )
        try:
            async with AsyncExitStack() as stack:
                session: Session | None = None
                while self._ended is None:
                    if self._stop_requested and self._stop_requested():
                        await self._end(StopReason.INTERRUPTED)
                        return
                    draft = await self._draft()
                    # The first draft comes before the sandbox: a refused goal costs no container.
                    session = session or await stack.enter_async_context(
                        loop.executor.session(self._task)
                    )
                    yield await self._turn(session, draft)
        except WriterGaveUp as reason:
            await self._end(StopReason.WRITER_GAVE_UP, str(reason))
        except SandboxUnavailable as reason:
            await self._end(StopReason.SANDBOX_UNAVAILABLE, str(reason))
        except BaseException as error:
            # Nothing is swallowed: the trace says that the run ended here, then the error goes on.
            with anyio.CancelScope(shield=True):
                await self._end_if_open(_describe(error))
            raise

    def outcome(self) -> Outcome:
        """Return how the run ended.

        Raises:
            RuntimeError: it has not ended.
        """
        if self._ended is None:
            raise RuntimeError("the run has not ended")
        return Outcome(
            run_id=self._run_id,
            task=self._task,
            rounds=tuple(self._rounds),
            best=self._best(),
            stopped_because=self._ended.stopped_because,
            spend=self._ended.spend,
            message=self._ended.message,
        )

    async def _draft(self) -> Draft:
        return await self._loop.writer.draft(self._task, history=tuple(self._rounds))

    async def _turn(self, session: Session, draft: Draft) -> Round:
        number = len(self._rounds) + 1
        writer_s = await self._record(EventKind.DRAFTED, draft)
        execution = await session.run(draft)
        sandbox_s = await self._record(EventKind.EXECUTED, execution)
        critique = await self._loop.critic.review(
            self._task, draft, execution, history=tuple(self._rounds)
        )
        critic_s = await self._record(EventKind.CRITIQUED, critique)
        turn = Round(
            number=number,
            draft=draft,
            execution=execution,
            critique=critique,
            writer_s=writer_s,
            sandbox_s=sandbox_s,
            critic_s=critic_s,
        )
        decision = await self._loop.proxy.decide(
            self._task, (*self._rounds, turn), spent=self._spend(number)
        )
        await self._record(EventKind.DECIDED, decision)
        turn = replace(turn, decision=decision)
        self._rounds.append(turn)
        if decision.kind in (DecisionKind.ACCEPT, DecisionKind.STOP):
            accepted = decision.kind is DecisionKind.ACCEPT
            default = StopReason.ACCEPTED if accepted else StopReason.STUCK
            await self._end(decision.reason or default, decision.advice)
        return turn

    def _best(self) -> Round | None:
        return rubrics.best(self._task.rubric, self._rounds)

    def _spend(self, rounds: int) -> Spend:
        return Spend(rounds=rounds, seconds=time.monotonic() - self._began)

    async def _end_if_open(self, message: str) -> None:
        if self._ended is None:
            await self._end(StopReason.INTERRUPTED, message)

    async def _end(self, reason: StopReason, message: str = "") -> None:
        best = self._best()
        self._ended = Ended(
            stopped_because=reason,
            best_round=best.number if best else 0,
            spend=self._spend(len(self._rounds)),
            message=message,
        )
        await self._record(EventKind.ENDED, self._ended)

    async def _record(self, kind: EventKind, body: EventBody) -> float:
        """Store the step that has just ended and return its seconds.

        Storing is not part of them.
        """
        seconds = time.monotonic() - self._step_began
        inside = kind not in (EventKind.STARTED, EventKind.ENDED)
        event = Event(
            run_id=self._run_id,
            seq=self._seq,
            kind=kind,
            round=len(self._rounds) + 1 if inside else 0,
            at=time.time(),
            seconds=seconds,
            body=body,
        )
        self._seq += 1
        if self._loop.store is not None:
            await self._loop.store.append(event)
        if self._on_event is not None:
            self._on_event(event)
        self._step_began = time.monotonic()
        return seconds


def _describe(error: BaseException) -> str:
    if isinstance(error, GeneratorExit | KeyboardInterrupt | anyio.get_cancelled_exc_class()):
        return ""
    return f"{type(error).__name__}: {error}"


def run_blocking(main: Callable[[], Awaitable[Outcome]]) -> Outcome:
    """Run an async function to its end, in this thread or, where an event loop runs, in another."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return anyio.run(main)
    with anyio.from_thread.start_blocking_portal() as portal:
        future = portal.start_task_soon(main)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C in a notebook: the run cleans up before the portal closes
            raise
