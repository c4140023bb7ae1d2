"""One run of one task, from its start or from where it had stopped."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import anyio

from critique_loop import rubric as rubrics
from critique_loop.checkpoint import Checkpoint, Parts, decided
from critique_loop.errors import BudgetEnded, OptionError
from critique_loop.ledger import Ledger
from critique_loop.loop.beginning import RunOptions, new_run_id, record_resumed, resumed, started
from critique_loop.loop.ending import budget_of, describe, stop_reason
from critique_loop.loop.forbidding import FORBIDDEN, is_forbidden, unscored
from critique_loop.loop.limits import is_outdated
from critique_loop.loop.place import Place
from critique_loop.loop.recording import Recorder
from critique_loop.protocols import Approver, CandidateWriter, Extender
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Draft,
    Ended,
    EventKind,
    Execution,
    Outcome,
    Round,
    StopReason,
    Task,
)

if TYPE_CHECKING:
    from critique_loop.loop import Loop


_T = TypeVar("_T")


class Run:
    """One run: its rounds so far, and how it ended."""

    def __init__(
        self, loop: Loop, task: Task, options: RunOptions, checkpoint: Checkpoint | None = None
    ) -> None:
        """Begin anew, or where ``checkpoint`` says that the run had stopped.

        Raises:
            OptionError: there is no such option.
        """
        OptionError.refuse(options, RunOptions.__annotations__)
        self._loop = loop
        self._task = task
        self._checkpoint = checkpoint
        self.id: str = options.get("run_id") or new_run_id()
        self._options = options
        self._stop_requested = options.get("stop_requested") or (lambda: False)
        self._rounds: list[Round] = []
        self._ended: Ended | None = None
        self._recorder = Recorder(
            self.id,
            store=loop.store,
            on_event=options.get("on_event"),
            next_seq=checkpoint.next_seq if checkpoint else 0,
        )
        self._ledger = Ledger(
            budget_of(loop.proxy),
            parent=options.get("ledger"),
            spent=checkpoint.spend if checkpoint else None,
            on_entry=self._recorder.record_entry,
            answers=checkpoint.answers if checkpoint else None,
        )

    async def rounds(self) -> AsyncGenerator[Round]:
        """Run turn by turn; whatever ends the run, the trace gets its last event."""
        await self._begin()
        try:
            async with AsyncExitStack() as stack:
                place = Place(stack)
                async with aclosing(self._turns(place)) as turns:
                    async for turn in turns:
                        yield turn
        except BaseException as error:
            # Nothing is swallowed: the trace says that the run ended here, and an error that is
            # not one of the ways in which a run may end goes on.
            reason = stop_reason(error)
            with anyio.CancelScope(shield=True):
                if self._ended is None:
                    await self._end(reason or StopReason.INTERRUPTED, describe(error))
            if reason is None:
                raise

    async def _turns(self, place: Place) -> AsyncGenerator[Round]:
        unfinished = self._restored()
        if unfinished is not None:
            yield await self._turn(place, unfinished)
        elif self._rounds and self._rounds[-1].decision.kind is DecisionKind.ACCEPT:
            await self._end(StopReason.ACCEPTED)  # cut off between its decision and its end
        while self._ended is None:
            if self._stop_requested():
                await self._end(StopReason.INTERRUPTED)
                return
            for parts in await self._drafts():
                turn = await self._turn(place, parts)
                yield turn
                if turn.decision.kind is not DecisionKind.COMPARE or self._stop_requested():
                    break

    def outcome(self) -> Outcome:
        """Return how the run ended.

        Raises:
            RuntimeError: it has not ended.
        """
        if self._ended is None:
            raise RuntimeError("the run has not ended")
        return Outcome(
            run_id=self.id,
            task=self._task,
            rounds=tuple(self._rounds),
            best=self._best(),
            stopped_because=self._ended.stopped_because,
            spend=self._ended.spend,
            message=self._ended.message,
        )

    async def _begin(self) -> None:
        loop, found = self._loop, self._checkpoint
        if found is None:
            body = started(loop, self._task, self._options)
            await self._recorder.record(EventKind.STARTED, body)
            return
        body = resumed(loop, self._options, found)
        await record_resumed(self._recorder, body, loop.store, found)

    def _restored(self) -> Parts | None:
        """Take over the rounds of a run that had stopped, and return the one it stopped in."""
        found = self._checkpoint
        if found is None:
            return None
        rounds = found.rounds
        self._rounds = list(rounds)
        if found.open is not None:
            return found.open
        if rounds and self._is_to_be_decided(found):
            del self._rounds[-1]
            return found.parts[found.open_number]
        return None

    def _is_to_be_decided(self, found: Checkpoint) -> bool:
        """Return whether the decision about the last round is missing, or asked for anew."""
        if self._rounds[-1].decision.kind in (DecisionKind.PENDING, DecisionKind.STOP):
            return True
        settings = self._options.get("settings") or found.settings
        return is_outdated(found, self._ledger, settings=settings)

    async def _drafts(self) -> list[Parts]:
        """Return what is to run next: a person's program, the writer's, or its candidates."""
        self._recorder.round = len(self._rounds) + 1
        last = self._rounds[-1].decision if self._rounds else Decision(DecisionKind.REFINE)
        if last.code:
            return [Parts(Draft(code=last.code, writer="person"))]
        history = tuple(self._rounds)
        while history and history[-1].decision.kind is DecisionKind.COMPARE:
            history = history[:-1]  # a turn that was cut short: the same candidates again
        found = await self._afforded(lambda: self._written(history))
        tried = {turn.code for turn in self._rounds[len(history) :]}
        turn = [
            replace(draft, candidate=number, candidates=len(found))
            for number, draft in enumerate(found, 1)
        ]
        return [Parts(draft) for draft in turn if draft.code not in tried] or [Parts(turn[-1])]

    async def _written(self, history: Sequence[Round]) -> Sequence[Draft]:
        writer = self._loop.writer
        if isinstance(writer, CandidateWriter):
            return await writer.candidates(self._task, history=history)
        return [await writer.draft(self._task, history=history)]

    async def _afforded(self, step: Callable[[], Awaitable[_T]]) -> _T:
        """Do a step that may ask models, again when a person puts off the end of the budget."""
        proxy = self._loop.proxy
        while True:
            try:
                with self._ledger.active():
                    return await step()
            except BudgetEnded as error:
                # Nobody here can give more to a batch, whose budget this run shares.
                if error.ledger not in (None, self._ledger) or not isinstance(proxy, Extender):
                    raise
                with self._ledger.active():
                    more = await proxy.put_off(self._task, tuple(self._rounds), ended=error)
                if not more:
                    raise

    async def _turn(self, place: Place, parts: Parts) -> Round:
        """Do what is missing of one round."""
        self._recorder.round = len(self._rounds) + 1
        draft = parts.draft
        if draft is None:
            raise RuntimeError("a round without a draft")
        refused = await self._run_draft(place, draft, parts)
        turn = await self._criticised(parts)
        self._rounds.append(turn)  # it counts even if the run ends before it is decided
        decision = refused or await self._decision(turn)
        await self._recorder.record(EventKind.DECIDED, decision)
        turn = self._rounds[-1] = decided(turn, decision)
        if decision.kind in (DecisionKind.ACCEPT, DecisionKind.STOP):
            accepted = decision.kind is DecisionKind.ACCEPT
            default = StopReason.ACCEPTED if accepted else StopReason.STUCK
            await self._end(decision.reason or default, decision.advice)
        return turn

    async def _run_draft(self, place: Place, draft: Draft, parts: Parts) -> Decision | None:
        """Run the draft unless it was run, or a person forbids it: then return what they said."""
        before = parts.execution
        if before is not None and not is_forbidden(before):
            return None
        if not parts.writer_s:
            parts.writer_s = await self._recorder.record(EventKind.DRAFTED, draft)
            self._ledger.charge(draft.cost_usd)
        refused = await self._approval(draft)
        if refused is not None and before is not None:
            return refused
        parts.critique = None
        if refused is not None:
            parts.execution = FORBIDDEN
        else:
            # The first draft comes before the sandbox: a refused goal costs no container.
            session = await place.session(self._loop.executor, self._task)
            parts.execution = await session.run(draft)
        parts.sandbox_s = await self._recorder.record(EventKind.EXECUTED, parts.execution)
        return refused

    async def _approval(self, draft: Draft) -> Decision | None:
        proxy = self._loop.proxy
        if not isinstance(proxy, Approver) or draft.writer == "person":
            return None
        with self._ledger.active():
            return await proxy.approve(self._task, draft, history=tuple(self._rounds))

    async def _criticised(self, parts: Parts) -> Round:
        if parts.draft is None or parts.execution is None:
            raise RuntimeError("a round without an execution")
        if parts.critique is None:
            parts.critique = await self._critique(parts.draft, parts.execution)
            parts.critic_s = await self._recorder.record(EventKind.CRITIQUED, parts.critique)
        return replace(
            Round(len(self._rounds) + 1, parts.draft, parts.execution, parts.critique),
            writer_s=parts.writer_s,
            sandbox_s=parts.sandbox_s,
            critic_s=parts.critic_s,
        )

    async def _critique(self, draft: Draft, execution: Execution) -> Critique:
        if is_forbidden(execution):
            return unscored(self._task)
        history = tuple(self._rounds)
        return await self._afforded(
            lambda: self._loop.critic.review(self._task, draft, execution, history=history)
        )

    async def _decision(self, turn: Round) -> Decision:
        rubric, draft = self._task.rubric, turn.draft
        if draft.candidate < draft.candidates and not rubrics.accepts(rubric, turn.critique.scores):
            spent = self._ledger.budget.ended_by(self._ledger.spend(turn.number))
            if spent is None:
                return Decision(DecisionKind.COMPARE)
        with self._ledger.active():
            return await self._loop.proxy.decide(
                self._task, tuple(self._rounds), spent=self._ledger.spend(turn.number)
            )

    def _best(self) -> Round | None:
        if self._rounds and self._rounds[-1].decision.kind is DecisionKind.ACCEPT:
            return self._rounds[-1]  # a person may have accepted what ranks lower
        return rubrics.best(self._task.rubric, self._rounds)

    async def _end(self, reason: StopReason, message: str = "") -> None:
        best = self._best()
        self._ended = Ended(
            stopped_because=reason,
            best_round=best.number if best else 0,
            spend=self._ledger.spend(len(self._rounds)),
            message=message,
        )
        await self._recorder.record(EventKind.ENDED, self._ended)
