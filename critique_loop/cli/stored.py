"""Stored runs that are to go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from critique_loop.building.trusting import is_from_elsewhere
from critique_loop.checkpoint import Checkpoint, asked
from critique_loop.errors import CallError
from critique_loop.loop.branching import check_round, refuse_rescoring
from critique_loop.store import RunState, SqliteStore
from critique_loop.store.rows import opened_source
from critique_loop.values import Event, Outcome, QuestionKind, StopReason

_BUDGET_ENDS = frozenset(
    {StopReason.ROUNDS, StopReason.TIME, StopReason.CALLS, StopReason.TOKENS, StopReason.COST}
)
_SAY_OTHERWISE = {
    StopReason.STUCK: "say what to change (--answer refine --text TEXT), maybe to another model "
    "(--model), or go on from an earlier round (--from ROUND)",
    StopReason.WRITER_GAVE_UP: "name another writer (--model)",
    StopReason.ROUNDS: "allow more (--max-rounds)",
    StopReason.TIME: "allow more (--max-time)",
    StopReason.CALLS: "allow more (--max-calls)",
    StopReason.TOKENS: "allow more (--max-tokens)",
    StopReason.COST: "allow more (--max-cost)",
}


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it lies in the store.

    ``is_foreign``: the settings that held last were not said in this store but came from elsewhere.
    """

    run_id: str
    events: Sequence[Event]
    checkpoint: Checkpoint
    is_foreign: bool = False


async def stored_run(
    store: SqliteStore, prefix: str, *, from_round: int | None = None
) -> StoredRun:
    """Return a run that can go on, or that can be branched from a round.

    Raises:
        CallError: there is none, or it has no such round; or it was accepted, or still runs, and is
            to go on itself.
    """
    run_id = await store.find(prefix)
    events = [event async for event in store.events(run_id)]
    foreign = is_from_elsewhere(store, run_id, events)
    stored = StoredRun(run_id, events, Checkpoint.of(run_id, events), is_foreign=foreign)
    refuse_rescoring(stored.checkpoint)
    if from_round is not None:
        check_round(stored.checkpoint, from_round)
    else:
        _refuse_what_is_over(store, stored)
    return stored


def _refuse_what_is_over(store: SqliteStore, stored: StoredRun) -> None:
    run_id, ended = stored.run_id, stored.checkpoint.ended
    with opened_source(store.path) as source:
        state = source.state(run_id)
    if state is RunState.RUNNING:
        raise CallError(
            f"run {run_id} is still going on",
            remedy=f"Stop it first, or wait; or branch it: critique-loop resume {run_id} "
            "--from ROUND.",
        )
    if ended is not None and ended.stopped_because is StopReason.ACCEPTED:
        raise CallError(
            f"run {run_id} was accepted: there is nothing left to do",
            remedy=f"Look at it: critique-loop show {run_id}. To try something else from one of "
            f"its rounds: critique-loop resume {run_id} --from ROUND.",
        )


def stopped_at(stored: StoredRun) -> QuestionKind:
    """Return the kind of question that can be asked where the run stopped.

    Raises:
        CallError: it did not stop by a decision.
    """
    ended = stored.checkpoint.ended
    reason = None if ended is None else ended.stopped_because
    if reason is StopReason.STUCK:
        return QuestionKind.STUCK
    if reason in _BUDGET_ENDS:
        return QuestionKind.BUDGET
    before = asked(stored.events)
    if reason is StopReason.PERSON and before:
        return before[-1].question.kind
    raise CallError(
        f"run {stored.run_id} has no open question",
        remedy=f"Go on without an answer: critique-loop resume {stored.run_id}",
    )


def came_to_nothing(stored: StoredRun, outcome: Outcome) -> str:
    """Return what to do where a run that went on ended at once as it had before, else ""."""
    before, reason = stored.checkpoint.ended, outcome.stopped_because
    if before is None or before.stopped_because is not reason or reason not in _SAY_OTHERWISE:
        return ""
    was, spent = before.spend, outcome.spend
    rounds = len(stored.checkpoint.rounds)
    if (rounds, was.calls, was.person_s) != (len(outcome.rounds), spent.calls, spent.person_s):
        return ""
    ended = reason.value.replace("_", " ")
    return (
        f"nothing was done: the run had ended ({ended}), and still does; {_SAY_OTHERWISE[reason]}"
    )
