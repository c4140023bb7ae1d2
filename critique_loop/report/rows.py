"""One run as one row of a table."""

from __future__ import annotations

from dataclasses import dataclass

from critique_loop.report.texts import one_line
from critique_loop.report.traces import Trace
from critique_loop.report.wording import finite
from critique_loop.values import Outcome, Severity, StopReason

_MOST_GOAL = 160
_MOST_NAME = 60
_CRASHED = "ended: "


@dataclass(frozen=True, slots=True)
class Row:
    """One run at a glance; texts are short and safe to show.

    ``problems`` are the codes of the errors and warnings of its best round, and how that ended
    where not well. ``scores`` maps dimensions to the marks of the best round.
    """

    run_id: str
    goal: str
    kind: str
    writer: str
    item: str
    started_at: float
    overall: float | None
    rounds: int
    seconds: float
    cost_usd: float | None
    stopped_because: StopReason
    problems: tuple[str, ...]
    scores: tuple[tuple[str, float | None, bool], ...]

    @property
    def accepted(self) -> bool:
        """Whether the user's criteria were met."""
        return self.stopped_because is StopReason.ACCEPTED


def row_of(trace: Trace) -> Row:
    """Return the row of a run."""
    outcome, started = trace.outcome, trace.started
    critique = outcome.critique
    return Row(
        run_id=outcome.run_id,
        goal=one_line(outcome.task.goal, most=_MOST_GOAL),
        kind=outcome.task.kind.value,
        writer=one_line(started.writer if started else "", most=_MOST_NAME),
        item=one_line(started.item if started else "", most=_MOST_NAME),
        started_at=finite(trace.started_at) or 0.0,
        overall=finite(critique.overall) if critique else None,
        rounds=len(outcome.rounds),
        seconds=finite(outcome.spend.seconds) or 0.0,
        cost_usd=finite(outcome.cost_usd),
        stopped_because=outcome.stopped_because,
        problems=_problems(outcome),
        scores=tuple(
            (one_line(score.dimension, most=_MOST_NAME), finite(score.value), score.passed)
            for score in (critique.scores if critique else ())
        ),
    )


def _problems(outcome: Outcome) -> tuple[str, ...]:
    best = outcome.best
    if best is None:
        return ()
    codes = [
        one_line(finding.code, most=_MOST_NAME)
        for finding in best.critique.findings
        if finding.severity is not Severity.NOTE
    ]
    status = best.execution.status.value
    ended = [] if status == "ok" else [_CRASHED + status.replace("_", " ")]
    return tuple(dict.fromkeys((*ended, *codes)))
