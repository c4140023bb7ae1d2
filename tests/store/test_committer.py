"""One thread for many loops."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from critique_loop.errors import CritiqueLoopError, StoreError
from critique_loop.store.committer import Committer
from critique_loop.store.journal import Files, Journal, Step
from critique_loop.values import Draft, Event, EventKind

pytestmark = pytest.mark.anyio


def event(run_id: str, seq: int = 0) -> Event:
    return Event(run_id, seq, EventKind.DRAFTED, 1, 0.0, 0.0, Draft("", "w"))


class CountingJournal(Journal):
    """Notes how many events each commit had."""

    def __init__(self, files: Files) -> None:
        super().__init__(files)
        self.commits: list[int] = []

    def keep(self, steps: Sequence[Step]) -> list[CritiqueLoopError | None]:
        self.commits.append(len(steps))
        return super().keep(steps)


class BrokenJournal(Journal):
    """Fails in a way nobody foresaw."""

    def keep(self, steps: Sequence[Step]) -> list[CritiqueLoopError | None]:
        raise ZeroDivisionError(f"unforeseen, with {len(steps)} events")


@pytest.fixture
def files(path: Path) -> Files:
    return Files.of(path, busy_timeout_s=1.0)


async def test_steps_that_wait_together_share_commits_of_at_most_64(files: Files) -> None:
    journal = CountingJournal(files)
    committer = Committer(journal)

    async with anyio.create_task_group() as group:
        for number in range(500):
            group.start_soon(committer.append, event(f"run{number}"))
    committer.close()

    assert sum(journal.commits) == 500
    assert max(journal.commits) == 64
    assert len(journal.commits) < 50


async def test_a_step_that_comes_alone_is_not_kept_waiting(files: Files) -> None:
    committer = Committer(Journal(files))
    await committer.append(event("first"))  # makes the files

    began = anyio.current_time()
    for seq in range(50):
        await committer.append(event("r", seq))
    seconds = anyio.current_time() - began
    committer.close()

    assert seconds < 50 * 0.02  # an idle wait of 20 ms each would take longer


async def test_steps_appended_before_closing_are_kept(files: Files) -> None:
    committer = Committer(Journal(files))

    async with anyio.create_task_group() as group:
        for number in range(100):
            group.start_soon(committer.append, event(f"run{number}"))
        await anyio.lowlevel.checkpoint()  # all have been queued, none awaited
        committer.close()

    with files.events.reading() as reader:
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (100,)


async def test_a_fault_nobody_foresaw_reaches_every_waiting_loop(files: Files) -> None:
    committer = Committer(BrokenJournal(files))

    for _ in range(2):
        with pytest.raises(StoreError, match="ZeroDivisionError: unforeseen") as caught:
            await committer.append(event("r"))
        assert isinstance(caught.value.__cause__, StoreError)
    committer.close()


def test_a_loop_that_is_gone_stops_nobody(files: Files) -> None:
    committer = Committer(Journal(files))

    async def leave_at_once() -> None:
        with anyio.move_on_after(0):
            await committer.append(event("left"))

    async def stay() -> None:
        await committer.append(event("stays"))

    for _ in range(20):
        anyio.run(leave_at_once)
        anyio.run(stay)
    committer.close()

    with files.events.reading() as reader:
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (2,)
