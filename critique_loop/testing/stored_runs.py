"""Runs in a store, written down in a few words: no loop, no sandbox, no model.

``Turn`` and ``keep`` make runs of short rounds; ``numbered`` makes one of any steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, Unpack

import anyio

from critique_loop import rubric as rubrics
from critique_loop.protocols import TraceStore
from critique_loop.store import SqliteStore
from critique_loop.store.rows import BODIES
from critique_loop.values import (
    Call,
    Choice,
    Column,
    ColumnKind,
    Critique,
    Decision,
    DecisionKind,
    Dimension,
    Draft,
    Ended,
    Event,
    EventBody,
    EventKind,
    Evidence,
    Execution,
    ExecutionStatus,
    Finding,
    Label,
    Message,
    Origin,
    OutputFile,
    Rubric,
    Score,
    Severity,
    Spend,
    Started,
    StopReason,
    Table,
    Task,
)

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(200))
RUBRIC = Rubric(
    "short",
    (
        Dimension("bugs", "Does it run?", gate=True, checks={"run_error": 10, "title_missing": 4}),
        Dimension("looks", "Is it clear?", levels={0: "no", 5: "hardly", 8: "well", 10: "very"}),
    ),
    target=8.0,
)
_ACCEPTED_FROM = 8.0
_KINDS = {body: kind for kind, body in BODIES.items()}


def table_of(number: int = 0) -> Table:
    """Return a table; tables of different numbers have different columns."""
    columns = (
        Column("Origin", ColumnKind.CATEGORY, distinct=2, values=("USA", "Japan")),
        Column(f"Power {number}", ColumnKind.NUMBER, minimum=46.0, maximum=230.0),
    )
    name = f"cars{number or ''}.csv"
    return Table(Path("/home/ada") / name, name, 15_000, f"{number:064x}", 406, columns)


def task_of(goal: str = "mean Power by Origin", number: int = 0) -> Task:
    """Return a task about table ``number``."""
    return Task(goal, RUBRIC, tables=(table_of(number),))


@dataclass(frozen=True, slots=True)
class Turn:
    """One round in short: its program and its mark on every dimension (None: the program failed).

    ``kind`` is what was decided (default: by the mark). ``person`` is the mark on every dimension
    with which a person overruled ``critic``. ``told`` are the messages that its model was sent.
    """

    code: str
    mark: float | None = 9.0
    kind: DecisionKind | None = None
    by: str = "rule"
    person: float | None = None
    explanation: str = ""
    reading: str = ""
    model: str = ""
    critic: str = "measured"
    told: tuple[Message, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict[str, object])

    @property
    def decision(self) -> DecisionKind:
        """What was decided."""
        passed = self.mark is not None and self.mark >= _ACCEPTED_FROM
        return self.kind or (DecisionKind.ACCEPT if passed else DecisionKind.REFINE)

    def bodies(self, rubric: Rubric) -> list[EventBody]:
        """Return the steps of the round."""
        finding = Finding("title_missing", Severity.WARNING, "no title", advice="add a title")
        found = (finding,) if self.mark is not None and self.mark < _ACCEPTED_FROM else ()
        person = self.person
        decision = Decision(
            self.decision,
            by=self.by,
            advice="add a title",
            critique=None if person is None else critique_of(rubric, person, found, by="person"),
        )
        call = Call("writer", "small", messages=self.told, answers=(Choice("ok"),))
        draft = Draft(self.code, "grammar", self.explanation, self.reading, model=self.model)
        said: list[EventBody] = [call] if self.told else []
        critique = critique_of(rubric, self.mark, found, by=self.critic)
        return [*said, draft, self._run(found), critique, decision]

    def _run(self, findings: tuple[Finding, ...]) -> Execution:
        digest = f"sha256:{'1' * 64}"
        if self.mark is None:
            stderr = "KeyError: 'Horses'\n"
            return Execution(ExecutionStatus.ERROR, exit_code=1, stderr=stderr, image_digest=digest)
        facts = {"program": self.code, **self.facts}
        return Execution(
            ExecutionStatus.OK,
            exit_code=0,
            files=(OutputFile("chart.png", "image/png", PICTURE),),
            image_digest=digest,
            evidence=Evidence(findings, ("run_error", "title_missing"), facts, "chart.png"),
        )


def critique_of(
    rubric: Rubric, mark: float | None, findings: Sequence[Finding] = (), *, by: str = "measured"
) -> Critique:
    """Return a critique with the same mark on every dimension, None: unscored."""
    why = "" if mark is not None else "the program failed"
    scores = tuple(Score(d.name, mark, d.pass_mark, unscored=why) for d in rubric.dimensions)
    return Critique(by, scores, tuple(findings), overall=rubrics.overall(rubric, scores))


class RunFacts(TypedDict, total=False):
    """What may be said about a run besides its rounds; see ``Started`` and ``Spend``."""

    run_id: str
    task: Task
    writer: str
    critic: str
    settings: Mapping[str, object]
    origin: Origin | None
    batch: str
    at: float
    cost_usd: float | None


def events_of(turns: Sequence[Turn], **facts: Unpack[RunFacts]) -> list[Event]:
    """Return all steps of a run that has ended."""
    task, run_id, at = (
        facts.get("task") or task_of(),
        facts.get("run_id", "run"),
        facts.get("at", 0.0),
    )
    started = Started(
        task,
        writer=facts.get("writer", "grammar"),
        critic=facts.get("critic", "measured"),
        sandbox="docker",
        version="0",
        settings=facts.get("settings", {}),
        origin=facts.get("origin"),
        batch=facts.get("batch", ""),
    )
    accepted = any(turn.decision is DecisionKind.ACCEPT for turn in turns)
    reason = StopReason.ACCEPTED if accepted else StopReason.STUCK
    spend = Spend(rounds=len(turns), cost_usd=facts.get("cost_usd", 0.0))
    steps: list[tuple[int, EventBody]] = [(0, started)]
    for number, turn in enumerate(turns, 1):
        steps += [(number, body) for body in turn.bodies(task.rubric)]
    steps.append((0, Ended(reason, best_round=len(turns), spend=spend)))
    return list(numbered(run_id, steps, at=at))


def kind_of(body: EventBody) -> EventKind:
    """Return the kind of the step that ``body`` is."""
    return _KINDS[type(body)]


def numbered(
    run_id: str, steps: Iterable[tuple[int, EventBody]], *, at: float = 0.0, seconds: float = 0.1
) -> Iterator[Event]:
    """Yield ``steps``, bodies with the numbers of their rounds, as the events of a run.

    The first was at the Unix time ``at``, each of the others a second after the one before.
    """
    for seq, (number, body) in enumerate(steps):
        yield Event(run_id, seq, kind_of(body), number, at + seq, seconds, body)


def keep(store: TraceStore, *turns: Turn, **facts: Unpack[RunFacts]) -> str:
    """Keep a run of these rounds and return its id."""
    events = events_of(turns, **facts)
    keep_events(store, events)
    return events[0].run_id


def keep_events(store: TraceStore, events: Iterable[Event]) -> None:
    """Keep steps, in order."""

    async def main() -> None:
        for event in events:
            await store.append(event)

    anyio.run(main)


def store_at(path: Path, *runs: Iterable[Event], labels: Iterable[Label] = ()) -> Path:
    """Write runs and labels into the store at ``path``, and return the path."""
    with SqliteStore(path) as store:
        for events in runs:
            keep_events(store, events)
        for label in labels:
            anyio.run(store.keep_label, label)
    return path


def kept_events(path: Path, run_id: str) -> list[Event]:
    """Return the steps of a run in the store at ``path``."""

    async def main() -> list[Event]:
        return [event async for event in SqliteStore(path).events(run_id)]

    return anyio.run(main)
