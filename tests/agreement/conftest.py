"""Stored runs that several critics have judged, and a person's labels of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from critique_loop.agreement.ratings import code_hash
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import keep_events, numbered
from critique_loop.values import (
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Ended,
    EventBody,
    Evidence,
    Execution,
    ExecutionStatus,
    Label,
    Preference,
    Preferred,
    Rubric,
    Score,
    Shown,
    Spend,
    Started,
    StopReason,
    Task,
    Vote,
)

RUBRIC = Rubric("r", (Dimension("tone", "Is the tone right?"), Dimension("right", "Is it right?")))
Keep = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "traces.db") as opened:
        yield opened


@pytest.fixture
def keep_run(store: SqliteStore) -> Keep:
    """Return a function that keeps a run of one round per row of marks (strict, kind)."""

    def keep(  # noqa: PLR0913 - keywords, of which a test names one or two
        run_id: str,
        marks: Sequence[tuple[float | None, float | None]],
        *,
        facts: Mapping[str, object] | None = None,
        writer: str = "w",
        goal: str = "a goal",
        overruled: float | None = None,
    ) -> None:
        task = Task(goal, RUBRIC)
        bodies: list[tuple[int, EventBody]] = [(0, Started(task, writer, "panel", "docker", "0"))]
        for number, (strict, kind) in enumerate(marks, 1):
            critique = Critique("panel", _scores(strict, kind))
            bodies += [
                (number, Draft(f"print({number}, '{run_id}')", writer, model=writer)),
                (number, Execution(ExecutionStatus.OK, evidence=Evidence(facts=facts or {}))),
                (number, critique),
                (number, _decision(critique, overruled)),
            ]
        bodies.append((0, Ended(StopReason.ROUNDS, 1, Spend())))
        keep_events(store, numbered(run_id, bodies, seconds=0.0))

    return keep


def _scores(strict: float | None, kind: float | None) -> tuple[Score, ...]:
    """Score one dimension by a panel of two judges, and measure the other."""
    known = [mark for mark in (strict, kind) if mark is not None]
    value = sum(known) / len(known) if known else None
    votes = (Vote("strict", strict), Vote("kind", kind), Vote("kind", 0.0))
    return (
        Score("tone", value, 7.0, confidence=0.8, by="panel", votes=votes),
        Score("right", 10.0, 7.0, by="measured"),
    )


def _decision(critique: Critique, overruled: float | None) -> Decision:
    if overruled is None:
        return Decision(DecisionKind.REFINE)
    scores = (
        Score("tone", overruled, 7.0, confidence=1.0, by="person"),
        *critique.scores[1:],
    )
    return Decision(DecisionKind.REFINE, by="person", critique=Critique("person", scores))


@pytest.fixture
def label() -> Callable[..., Label]:
    """Return a function that makes a label of a round that ``keep_run`` kept."""

    def make(  # noqa: PLR0913 - keywords, of which a test names one or two
        run_id: str,
        number: int,
        value: float | None,
        *,
        by: str = "ada",
        dimension: str = "tone",
        blind: bool = True,
    ) -> Label:
        shown = shown_of(run_id, number)
        return Label(uuid.uuid4().hex, shown, dimension, value, by, 1.0, blind=blind)

    return make


@pytest.fixture
def prefer() -> Callable[..., Preference]:
    """Return a function that makes a preference between the first rounds of two runs."""

    def make(
        first: str,
        second: str,
        preferred: Preferred | None = Preferred.FIRST,
        *,
        by: str = "ada",
    ) -> Preference:
        return Preference(
            uuid.uuid4().hex, shown_of(first, 1), shown_of(second, 1), "tone", preferred, by, 1.0
        )

    return make


def shown_of(run_id: str, number: int) -> Shown:
    return Shown(run_id, number, code_hash(f"print({number}, '{run_id}')"))
