"""One line per run: what `critique-loop ls` shows, read without decoding whole runs."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from critique_loop import rubric as rubrics
from critique_loop.store.encoding import Source, decode
from critique_loop.store.liveness import is_alive
from critique_loop.values import Critique, Decision, Ended, Started, StopReason

_RUNS = """
SELECT run_id, started_at, head,
    (SELECT count(DISTINCT round) FROM events AS c
        WHERE c.run_id = runs.run_id AND c.kind = 'critiqued'),
    (SELECT body FROM events AS e
        WHERE e.run_id = runs.run_id AND e.kind = 'ended' AND NOT EXISTS
            (SELECT 1 FROM events AS r
                WHERE r.run_id = e.run_id AND r.kind = 'resumed' AND r.seq > e.seq)
        ORDER BY seq DESC LIMIT 1)
FROM runs ORDER BY started_at DESC, rowid DESC
"""
_STARTED = "SELECT body FROM events WHERE run_id = ? AND kind = 'started' ORDER BY seq LIMIT 1"
_CRITIQUES = "SELECT body FROM events WHERE run_id = ? AND kind = 'critiqued' ORDER BY round, seq"
_CRITIQUE = """
SELECT body FROM events WHERE run_id = ? AND kind = 'critiqued' AND round = ?
ORDER BY seq DESC LIMIT 1
"""
_DECISION = """
SELECT body FROM events WHERE run_id = ? AND kind = 'decided' AND round = ?
ORDER BY seq DESC LIMIT 1
"""
_PROCESSES = "SELECT process FROM processes WHERE run_id = ?"


class RunState(StrEnum):
    """Where a run stands. KILLED: it has no end, and no process that could write one."""

    RUNNING = "running"
    ENDED = "ended"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run at a glance.

    ``started_at`` is Unix time, ``tables`` the names of its data files, ``rounds`` how many have a
    critique, ``stopped_because`` None while there is no end, ``overall`` the weighted mean of the
    best round, None where there is none.
    """

    run_id: str
    started_at: float
    goal: str
    tables: tuple[str, ...]
    rounds: int
    state: RunState
    stopped_because: StopReason | None = None
    overall: float | None = None

    @property
    def accepted(self) -> bool:
        """Whether the user's criteria were met."""
        return self.stopped_because is StopReason.ACCEPTED


@dataclass(frozen=True, slots=True)
class Head:
    """What lists show of a run's task: kept beside the run, so that they need not read it."""

    goal: str
    tables: tuple[str, ...]


def summaries(connection: sqlite3.Connection, source: Source) -> list[RunSummary]:
    """Return all runs of the store, the newest first. ``source`` is where blobs are."""
    found: list[RunSummary] = []
    for run_id, started_at, head_text, rounds, ended_text in connection.execute(_RUNS):
        head = decode(head_text, Head, source)
        ended = decode(ended_text, Ended, source) if ended_text else None
        summary = RunSummary(
            run_id=run_id,
            started_at=started_at,
            goal=head.goal,
            tables=head.tables,
            rounds=rounds,
            state=RunState.ENDED if ended else state_without_end(connection, run_id),
            stopped_because=ended.stopped_because if ended else None,
            overall=(
                _overall(connection, run_id, ended.best_round, source)
                if ended
                else best_overall(connection, run_id, source)
            ),
        )
        found.append(summary)
    return found


def state_without_end(connection: sqlite3.Connection, run_id: str) -> RunState:
    """Return where a run stands that has no end."""
    processes = connection.execute(_PROCESSES, (run_id,))
    alive = any(is_alive(process) for (process,) in processes)
    return RunState.RUNNING if alive else RunState.KILLED


def _overall(
    connection: sqlite3.Connection, run_id: str, best_round: int, source: Source
) -> float | None:
    decided = connection.execute(_DECISION, (run_id, best_round)).fetchone()
    decision = decode(decided[0], Decision, source) if decided else None
    if decision is not None and decision.critique is not None:
        return decision.critique.overall  # a person's, in place of the critic's
    found = connection.execute(_CRITIQUE, (run_id, best_round)).fetchone()
    return decode(found[0], Critique, source).overall if found else None


def best_overall(connection: sqlite3.Connection, run_id: str, source: Source) -> float | None:
    """Choose as the loop would have chosen, had the run ended here."""
    critiques = [
        decode(text, Critique, source) for (text,) in connection.execute(_CRITIQUES, (run_id,))
    ]
    if not critiques:
        return None
    (started,) = connection.execute(_STARTED, (run_id,)).fetchone()
    rubric = decode(started, Started, source).task.rubric
    return max(critiques, key=lambda critique: rubrics.merit(rubric, critique)).overall
