"""Scoring a stored run again: its drafts and executions as they are, the critics anew."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Unpack

import anyio

from critique_loop import rubric as rubrics
from critique_loop._version import __version__
from critique_loop.budget import UNLIMITED
from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import OptionError
from critique_loop.ledger import Ledger
from critique_loop.loop import RunOptions
from critique_loop.loop.ending import describe, stop_reason
from critique_loop.loop.forbidding import is_forbidden, unscored
from critique_loop.loop.recording import Recorder
from critique_loop.protocols import Critic, TraceStore
from critique_loop.rescoring.comparing import Rescoring
from critique_loop.rescoring.fitting import fit
from critique_loop.rescoring.stored import read, run_of
from critique_loop.values import (
    Critique,
    Ended,
    EventKind,
    Origin,
    Round,
    Rubric,
    Started,
    StopReason,
    Task,
)


async def rescore(
    store: TraceStore,
    run: str,
    *,
    rubric: Rubric,
    critic: Critic,
    **options: Unpack[RunOptions],
) -> Rescoring:
    """Score the stored rounds of ``run`` by ``rubric``, keep that beside the run, and return it.

    The run is left as it is, and so is every rescoring before. Neither writer nor sandbox is
    needed: critics see the drafts, pictures and facts that are stored. Calls of models are kept in
    the trace of the rescoring, which ``run_id`` names. ``ledger`` has the budget. Where that ends,
    or a model is gone, what was scored until then is kept.

    Raises:
        CallError: there is no such run, or nothing of it can be scored by this rubric.
        StoreError: a step could not be stored.
    """
    OptionError.refuse(options, RunOptions.__annotations__)
    found = await run_of(store, run)
    fitted = await fit(found.started.task, found.rounds, rubric, critic)
    work = _Work(store, found, fitted.task, critic, options)
    await work.run()
    return await read(store, work.id)


class _Work:
    """One rescoring under way."""

    def __init__(
        self,
        store: TraceStore,
        found: Checkpoint,
        task: Task,
        critic: Critic,
        options: RunOptions,
    ) -> None:
        self.id = options.get("run_id") or uuid.uuid4().hex[:12]
        self._found = found
        self._task = task
        self._critic = critic
        self._stop_requested: Callable[[], bool] = options.get("stop_requested") or (lambda: False)
        self._settings = options.get("settings", {})
        self._scored: list[Round] = []
        self._recorder = Recorder(self.id, store=store, on_event=options.get("on_event"))
        self._ledger = Ledger(
            UNLIMITED, parent=options.get("ledger"), on_entry=self._recorder.record_entry
        )

    async def run(self) -> None:
        await self._recorder.record(EventKind.STARTED, self._started())
        try:
            await self._end(await self._score())
        except BaseException as error:
            # Nothing is swallowed: the trace says that it ended here, and an error that is not one
            # of the ways in which a run may end goes on.
            reason = stop_reason(error)
            with anyio.CancelScope(shield=True):
                await self._end(reason or StopReason.INTERRUPTED, describe(error))
            if reason is None:
                raise

    def _started(self) -> Started:
        found = self._found
        return Started(
            task=self._task,
            writer=found.writer,
            critic=self._critic.name,
            sandbox=found.started.sandbox,
            version=__version__,
            settings=self._settings,
            origin=Origin(found.run_id, found.rounds[-1].number, rescored=True),
        )

    async def _score(self) -> StopReason:
        for turn in self._found.rounds:
            if self._stop_requested():
                return StopReason.INTERRUPTED
            self._recorder.round = turn.number
            critique = await self._critique(turn)
            await self._recorder.record(EventKind.CRITIQUED, critique)
            self._scored.append(replace(turn, critique=critique, overruled=None))
        return StopReason.ROUNDS

    async def _critique(self, turn: Round) -> Critique:
        if is_forbidden(turn.execution):
            return unscored(self._task)
        history = tuple(self._scored)
        with self._ledger.active():
            return await self._critic.review(
                self._task, turn.draft, turn.execution, history=history
            )

    async def _end(self, reason: StopReason, message: str = "") -> None:
        best = rubrics.best(self._task.rubric, self._scored)
        ended = Ended(
            stopped_because=reason,
            best_round=best.number if best else 0,
            spend=self._ledger.spend(len(self._scored)),
            message=message,
        )
        await self._recorder.record(EventKind.ENDED, ended)
