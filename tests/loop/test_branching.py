"""Branches: new runs that begin with another run's rounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from critique_loop.budget import Budget
from critique_loop.checkpoint import Checkpoint, own
from critique_loop.errors import CallError, OptionError
from critique_loop.loop import Loop
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import (
    MemoryStore,
    ScriptedCritic,
    ScriptedExecutor,
    ScriptedModel,
    ScriptedWriter,
)
from critique_loop.values import (
    Call,
    Dimension,
    Draft,
    Event,
    EventKind,
    Lesson,
    Message,
    Origin,
    Request,
    Round,
    Rubric,
    Started,
    StopReason,
    Task,
)

pytestmark = pytest.mark.anyio
TASK = Task("g", Rubric("r", (Dimension("right", "?", gate=True, pass_mark=8.0),), target=8.0))
MARKS = {"bad": 2.0, "fair": 5.0, "good": 9.0, "better": 10.0}
STEPS = ("drafted", "executed", "critiqued", "decided")


class PaidWriter:
    """Takes its programs from a model; each costs $0.25, and half as much again besides."""

    name = "paid"

    def __init__(self, programs: Sequence[str]) -> None:
        self.model = ScriptedModel(list(programs), cost_usd=0.25)

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del task, history, lessons
        reply = await self.model.complete(Request((Message("user", "q"),), role="writer"))
        return Draft(reply.text, self.name, cost_usd=0.125)


def loop_of(
    store: MemoryStore | SqliteStore, programs: Sequence[str], *, rounds: int = 6
) -> tuple[Loop, ScriptedExecutor]:
    executor = ScriptedExecutor()
    loop = Loop(
        writer=PaidWriter(programs),
        executor=executor,
        critic=ScriptedCritic(MARKS),
        proxy=UserProxy(budget=Budget(max_rounds=rounds)),
        store=store,
    )
    return loop, executor


@pytest.fixture
async def store() -> MemoryStore:
    """Return a store with the accepted run "old" of three rounds."""
    kept = MemoryStore()
    loop, _ = loop_of(kept, ["bad", "fair", "good"])
    outcome = await loop.run(TASK, run_id="old")
    assert outcome.accepted
    return kept


def of(store: MemoryStore, run_id: str) -> list[Event]:
    return [event for event in store.kept if event.run_id == run_id]


async def test_a_branch_has_the_rounds_up_to_its_origin_and_goes_on_by_itself(
    store: MemoryStore,
) -> None:
    before = of(store, "old")
    loop, executor = loop_of(store, ["better"])

    outcome = await loop.branch("old", from_round=2, run_id="new")

    assert outcome.run_id == "new"
    assert [turn.code for turn in outcome.rounds] == ["bad", "fair", "better"]
    assert outcome.accepted
    assert executor.opened == 1
    assert of(store, "old") == before
    begun = of(store, "new")[0].body
    assert isinstance(begun, Started)
    assert begun.origin == Origin("old", 2)
    copied = [(event.kind, event.round, event.body) for event in of(store, "new")[1:9]]
    wanted = [(e.kind, e.round, e.body) for e in before if e.round in (1, 2) and e.kind in STEPS]
    assert copied == wanted
    assert [event.seq for event in of(store, "new")] == list(range(len(of(store, "new"))))


async def test_the_decision_that_ended_a_run_is_asked_for_anew(store: MemoryStore) -> None:
    loop, executor = loop_of(store, [])
    loop.critic = ScriptedCritic({})

    outcome = await loop.branch("old", from_round=3, run_id="new")

    assert outcome.accepted
    assert [turn.code for turn in outcome.rounds] == ["bad", "fair", "good"]
    assert executor.opened == 0
    own_kinds = [event.kind.value for event in own(of(store, "new"))]
    assert own_kinds == ["started", "resumed", "decided", "ended"]


async def test_what_copies_cost_is_told_once_and_not_by_the_branch(store: MemoryStore) -> None:
    loop, _ = loop_of(store, ["better"])

    outcome = await loop.branch("old", from_round=2, run_id="new")

    assert outcome.spend.cost_usd == pytest.approx(0.375)
    assert outcome.spend.calls == 1
    assert Checkpoint.of("old", of(store, "old")).spend.cost_usd == pytest.approx(3 * 0.375)
    calls = [event for event in of(store, "new") if isinstance(event.body, Call)]
    assert len(calls) == 1
    drafts = [e.round for e in own(of(store, "new")) if e.kind is EventKind.DRAFTED]
    assert drafts == [3]


async def test_copied_rounds_count_as_rounds(store: MemoryStore) -> None:
    loop, _ = loop_of(store, ["bad", "bad"], rounds=3)

    outcome = await loop.branch("old", from_round=2)

    assert outcome.stopped_because is StopReason.ROUNDS
    assert [turn.number for turn in outcome.rounds] == [1, 2, 3]


async def test_a_branch_can_be_branched(store: MemoryStore) -> None:
    loop, _ = loop_of(store, ["fair", "better"], rounds=4)
    await loop.branch("old", from_round=1, run_id="new")
    loop, _ = loop_of(store, ["good"])

    outcome = await loop.branch("new", from_round=2, run_id="newest")

    assert [turn.code for turn in outcome.rounds] == ["bad", "fair", "good"]
    begun = of(store, "newest")[0].body
    assert isinstance(begun, Started)
    assert begun.origin == Origin("new", 2)


@pytest.mark.parametrize(
    ("rounds", "kept"), [([1, 3], [1]), (["odd", 3], ["odd"]), (None, None)], ids=str
)
async def test_a_branch_of_a_redacted_run_is_noted_as_one(
    rounds: list[object] | None, kept: list[object] | None
) -> None:
    note: dict[str, object] = {"what": ["secrets"], "rewritten_rounds": rounds}
    store = MemoryStore()
    loop, _ = loop_of(store, ["bad", "fair", "good"])
    await loop.run(TASK, run_id="old", settings={"redacted": note})
    loop, _ = loop_of(store, ["good"])

    await loop.branch("old", from_round=2, run_id="new", settings={"max_rounds": 6})

    begun = of(store, "new")[0].body
    assert isinstance(begun, Started)
    assert begun.settings["redacted"] == {"what": ["secrets"], "rewritten_rounds": kept}
    assert begun.settings["max_rounds"] == 6


async def test_an_option_that_there_is_not_leaves_no_branch_behind(store: MemoryStore) -> None:
    loop, _ = loop_of(store, ["good"])
    before = len(store.kept)

    with pytest.raises(OptionError, match="on_evnt"):
        await loop.branch("old", from_round=1, on_evnt=print)  # pyright: ignore[reportCallIssue] - what a caller without types writes

    assert len(store.kept) == before


@pytest.mark.parametrize(("run", "number"), [("old", 0), ("old", 4), ("older", 1)])
async def test_what_is_not_there_is_no_origin(store: MemoryStore, run: str, number: int) -> None:
    loop, _ = loop_of(store, [])
    before = list(store.kept)

    with pytest.raises(CallError, match="old"):
        await loop.branch(run, from_round=number)

    assert store.kept == before


class Killed(BaseException):
    """Stands for kill -9."""


class KilledStore(MemoryStore):
    """Keeps so many more events, then the process is gone."""

    def __init__(self, kept: Sequence[Event], most: int) -> None:
        super().__init__()
        self.kept = list(kept)
        self.left: int | None = most

    async def append(self, event: Event) -> None:
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1
        await super().append(event)


@pytest.mark.parametrize("most", range(1, 16))
async def test_a_branch_killed_after_any_step_goes_on_with_nothing_done_twice(
    store: MemoryStore, most: int
) -> None:
    dying = KilledStore(store.kept, most)
    loop, first = loop_of(dying, ["better"])
    try:
        await loop.branch("old", from_round=2, run_id="new")
    except Killed:
        drafted = any(e.round == 3 and e.kind is EventKind.DRAFTED for e in of(dying, "new"))
    else:
        drafted = True
    ended = any(e.kind is EventKind.ENDED for e in of(dying, "new"))
    dying.left = None

    loop, second = loop_of(dying, [] if drafted else ["better"])
    if not ended:
        await loop.resume("new")

    steps = [event.kind.value for event in of(dying, "new")]
    assert [steps.count(step) for step in STEPS] == [3, 3, 3, 3]
    found = Checkpoint.of("new", of(dying, "new"))
    assert [turn.code for turn in found.rounds] == ["bad", "fair", "better"]
    assert found.ended is not None
    assert found.ended.stopped_because is StopReason.ACCEPTED
    assert first.opened + second.opened <= 2
    assert [event.seq for event in of(dying, "new")] == list(range(len(steps)))


async def test_a_branch_without_its_origin_says_where_that_is_missing(store: MemoryStore) -> None:
    dying = KilledStore(store.kept, 3)
    loop, _ = loop_of(dying, [])
    with pytest.raises(Killed):
        await loop.branch("old", from_round=2, run_id="new")
    alone = MemoryStore()
    alone.kept = of(dying, "new")

    loop, _ = loop_of(alone, [])
    with pytest.raises(CallError, match="branch of old, which is not in this store"):
        await loop.resume("new")


async def test_a_branch_lies_in_a_real_store_as_well(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "traces.db") as kept:
        loop, _ = loop_of(kept, ["bad", "good"])
        await loop.run(TASK, run_id="old")
        loop, _ = loop_of(kept, ["better"])
        await loop.branch("old", from_round=1, run_id="new")

        outcome = await kept.outcome("new")

    assert [turn.code for turn in outcome.rounds] == ["bad", "better"]
    assert outcome.accepted


async def test_a_loop_of_scripted_programs_can_branch_without_a_model(store: MemoryStore) -> None:
    loop = Loop(
        writer=ScriptedWriter(["", "", "better"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic(MARKS),
        proxy=UserProxy(),
        store=store,
    )

    outcome = await loop.branch("old", from_round=2, run_id="new", settings={"model": "m"})

    begun = of(store, "new")[0].body
    assert isinstance(begun, Started)
    assert (begun.writer, begun.settings) == ("scripted", {"model": "m"})
    assert outcome.accepted
