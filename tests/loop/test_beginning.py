"""Runs that go on: what is stored first, and who is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import anyio
import pytest

from critique_loop.budget import Budget
from critique_loop.checkpoint import Checkpoint
from critique_loop.errors import CallError, CritiqueLoopError, StoreError
from critique_loop.loop import Loop
from critique_loop.protocols import Critic
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
    Critique,
    Dimension,
    Draft,
    Event,
    EventKind,
    Execution,
    Lesson,
    Message,
    Outcome,
    Request,
    Resumed,
    Round,
    Rubric,
    Started,
    StopReason,
    Task,
)

pytestmark = pytest.mark.anyio
TASK = Task("g", Rubric("r", (Dimension("right", "?", pass_mark=8.0),), target=8.0))
MARKS = {"bad": 2.0, "fair": 5.0, "good": 9.0}


class NamedWriter(ScriptedWriter):
    """Has a name of its own."""

    def __init__(self, name: str, programs: Sequence[str]) -> None:
        super().__init__(programs)
        self.name = name


def loop_of(store: MemoryStore, writer: str, *, rounds: int) -> Loop:
    return Loop(
        writer=NamedWriter(writer, ["bad", "fair", "good"]),
        executor=ScriptedExecutor(),
        critic=ScriptedCritic(MARKS),
        proxy=UserProxy(budget=Budget(max_rounds=rounds)),
        store=store,
    )


def resumed(store: MemoryStore) -> list[Resumed]:
    return [event.body for event in store.kept if isinstance(event.body, Resumed)]


async def test_what_was_changed_is_stored_and_holds_from_then_on() -> None:
    store = MemoryStore()
    await loop_of(store, "first", rounds=1).run(TASK, run_id="r", settings={"model": "a"})
    await loop_of(store, "second", rounds=2).resume("r", settings={"model": "b"})

    outcome = await loop_of(store, "second", rounds=3).resume("r")

    changed, unchanged = resumed(store)
    assert (changed.writer, changed.critic, changed.settings) == ("second", "", {"model": "b"})
    assert (unchanged.writer, unchanged.critic, unchanged.settings) == ("", "", {})
    found = Checkpoint.of("r", store.kept)
    assert (found.writer, found.critic, found.settings) == ("second", "scripted", {"model": "b"})
    assert [turn.draft.writer for turn in outcome.rounds] == ["first", "second", "second"]
    assert outcome.accepted


async def test_the_batch_and_item_of_a_run_are_kept_with_its_start() -> None:
    store = MemoryStore()

    await loop_of(store, "w", rounds=1).run(TASK, run_id="r", batch="b", item="7")

    begun = store.kept[0].body
    assert isinstance(begun, Started)
    assert (begun.batch, begun.item, begun.origin) == ("b", "7", None)


class AskingWriter:
    """Asks a model, which waits until it is let."""

    name = "asking"

    def __init__(self, model: ScriptedModel) -> None:
        self._model = model

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del task, history, lessons
        reply = await self._model.complete(Request((Message("user", "q"),), role="writer"))
        return Draft(reply.text, self.name)


async def killed(store: SqliteStore) -> None:
    """Keep a run that was killed before its first draft."""
    began = Started(TASK, "asking", "scripted", "scripted", "1")
    await store.append(Event("r", 0, EventKind.STARTED, 0, 0.0, 0.0, began))


class Plain:
    """A store without claims over one that has them."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def append(self, event: Event) -> None:
        await self._store.append(event)

    def events(self, run_id: str) -> AsyncIterator[Event]:
        return self._store.events(run_id)

    async def blob(self, sha256: str) -> bytes:
        return await self._store.blob(sha256)


@pytest.mark.parametrize("claims", [True, False])
async def test_of_two_who_go_on_at_once_one_is_refused_before_it_pays(
    tmp_path: Path, *, claims: bool
) -> None:
    models = [ScriptedModel(["good"]), ScriptedModel(["good"])]
    executors = [ScriptedExecutor(), ScriptedExecutor()]
    outcomes: list[Outcome] = []
    refused: list[CritiqueLoopError] = []

    async def go_on(number: int) -> None:
        with SqliteStore(tmp_path / "traces.db") as store:
            loop = Loop(
                writer=AskingWriter(models[number]),
                executor=executors[number],
                critic=ScriptedCritic(MARKS),
                proxy=UserProxy(),
                store=store if claims else Plain(store),
            )
            try:
                outcomes.append(await loop.resume("r"))
            except (CallError, StoreError) as error:
                refused.append(error)

    with SqliteStore(tmp_path / "traces.db") as store:
        await killed(store)
    async with anyio.create_task_group() as group:
        group.start_soon(go_on, 0)
        group.start_soon(go_on, 1)

    assert [outcome.stopped_because for outcome in outcomes] == [StopReason.ACCEPTED]
    assert len(refused) == 1
    assert "run r: somebody else goes on with it at this moment" in refused[0].problem
    assert "critique-loop" in refused[0].remedy
    assert sum(len(model.asked) for model in models) == 1
    assert sum(executor.opened for executor in executors) == 1


async def test_a_run_that_is_still_under_way_is_nobody_elses_to_go_on_with(tmp_path: Path) -> None:
    refused: list[CallError] = []
    branches: list[Outcome] = []

    with SqliteStore(tmp_path / "traces.db") as store:

        def loop(critic: Critic) -> Loop:
            return Loop(
                writer=ScriptedWriter(["bad", "good"]),
                executor=ScriptedExecutor(),
                critic=critic,
                proxy=UserProxy(),
                store=store,
            )

        class Meanwhile(ScriptedCritic):
            """Tries to go on with the run while its second draft is judged."""

            async def review(
                self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
            ) -> Critique:
                if history:
                    with pytest.raises(CallError, match="somebody else") as error:
                        await loop(ScriptedCritic(MARKS)).resume("r")
                    refused.append(error.value)
                    branch = await loop(ScriptedCritic(MARKS)).branch("r", from_round=1)
                    branches.append(branch)
                return await super().review(task, draft, execution, history=history)

        outcome = await loop(Meanwhile(MARKS)).run(TASK, run_id="r")

    assert len(refused) == 1
    assert outcome.accepted
    assert [turn.code for turn in branches[0].rounds] == ["bad", "good"]


async def test_an_accepted_run_does_not_go_on_and_says_how_to_try_something_else() -> None:
    store = MemoryStore()
    await loop_of(store, "w", rounds=6).run(TASK, run_id="r")

    with pytest.raises(CallError, match="was accepted") as refused:
        await loop_of(store, "w", rounds=6).resume("r")

    assert "--from ROUND" in refused.value.remedy
