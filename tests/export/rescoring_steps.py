"""Rescorings of stored runs, written down in a few words."""

from __future__ import annotations

from dataclasses import replace

from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import RUBRIC, critique_of, keep_events, numbered, task_of
from critique_loop.values import (
    Dimension,
    Ended,
    EventBody,
    Origin,
    Rubric,
    Spend,
    Started,
    StopReason,
)

_BUGS = replace(RUBRIC.dimensions[0], checks={"run_error": 10.0, "title_missing": 4.0})
STRICT = replace(RUBRIC, name="strict", dimensions=(_BUGS, RUBRIC.dimensions[1]), target=9.0)
OTHER = Rubric("other", (Dimension("truth", "Is it true?", levels={0: "no", 10: "yes"}),))


def rescore(
    store: SqliteStore,
    name: str,
    *marks: float | None,
    run_id: str = "run",
    rubric: Rubric = STRICT,
    ended: StopReason | None = StopReason.ROUNDS,
) -> str:
    """Keep a rescoring with these marks, round by round; ``ended`` None: it was cut off."""
    started = Started(
        replace(task_of(), rubric=rubric),
        writer="grammar",
        critic="new critic",
        sandbox="docker",
        version="0",
        origin=Origin(run_id, len(marks), rescored=True),
    )
    steps: list[tuple[int, EventBody]] = [(0, started)]
    steps += [(n, critique_of(rubric, m, by="new critic")) for n, m in enumerate(marks, 1)]
    if ended is not None:
        steps.append((0, Ended(ended, best_round=1, spend=Spend(rounds=len(marks)))))
    keep_events(store, list(numbered(name, steps, at=1.0)))
    return name
