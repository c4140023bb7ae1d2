"""kill -9 at every boundary of a run: the same outcome, and nothing paid twice but what was open.

The boundaries are right before and right after each write to the store: of a step, and of a reply
of a model. The one before the write of a reply lies between the call and its storing.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import die_at_step
import pytest

from critique_loop.checkpoint import Checkpoint
from critique_loop.store import SqliteStore
from critique_loop.store.outcomes import rebuild
from critique_loop.testing import FaultServer, MemoryStore, ScriptedModel
from critique_loop.testing.fault_server_acts import Say, always
from critique_loop.values import (
    Asked,
    Call,
    Choice,
    Event,
    EventKind,
    Execution,
    Outcome,
    Reply,
    Request,
)

pytestmark = pytest.mark.anyio
RUN = "killed"
STEPS = (EventKind.DRAFTED, EventKind.EXECUTED, EventKind.CRITIQUED, EventKind.DECIDED)


class Killed(BaseException):
    """Stands for kill -9: nothing after it is stored or done."""


class DyingStore(MemoryStore):
    """Dies at a point: 2 n is right before the nth write, 2 n + 1 right after it."""

    def __init__(self) -> None:
        super().__init__()
        self.point: int | None = None
        self.is_dead = False
        self.written: list[Event | Reply] = []

    async def append(self, event: Event) -> None:
        self._before(event)
        await super().append(event)
        self._after()

    async def keep_reply(self, key: str, reply: Reply) -> None:
        self._before(reply)
        await super().keep_reply(key, reply)
        self._after()

    def _before(self, what: Event | Reply) -> None:
        if self.is_dead or self.point == 2 * len(self.written):
            self._die()
        self.written.append(what)

    def _after(self) -> None:
        if self.point == 2 * len(self.written) - 1:
            self._die()

    def _die(self) -> None:
        self.is_dead = True
        raise Killed


@dataclass
class World:
    """What is there outside the process: the store, the model's server, the person."""

    store: DyingStore = field(default_factory=DyingStore)
    asked: Counter[str] = field(default_factory=Counter[str])
    noted: Counter[str] = field(default_factory=Counter[str])

    async def live(self, point: int | None = None) -> Outcome | None:
        """Run or go on until ``point``; None where the process was killed there."""
        store = self.store
        store.point = None if point is None else point + 2 * len(store.written)
        store.is_dead = False
        said: Counter[str] = Counter()

        def answer(request: Request) -> Choice:
            text = request.messages[-1].text
            index = request.sample + said[text]  # the model is asked once for each answer
            said[text] += 1
            self.asked[text] += 1
            return Choice(die_at_step.answer(text, index))

        model = ScriptedModel([answer] * 99, cost_usd=0.25)
        loop = die_at_step.loop_of(model, store, self._note, replies=store)
        try:
            return await die_at_step.go_on(loop, store, RUN)
        except Killed:
            return None

    def _note(self, line: str) -> None:
        self.noted[line] += 1


def told(outcome: Outcome) -> list[object]:
    """Return all of an outcome that does not depend on the clock."""
    rounds = [(t.number, t.draft, t.execution, t.critique, t.decision) for t in outcome.rounds]
    best = outcome.best and outcome.best.number
    return [outcome.run_id, rounds, best, outcome.stopped_because, outcome.message]


def whole() -> tuple[World, Outcome]:
    """Return a run that nobody kills."""
    world = World()
    outcome = anyio.run(world.live)
    assert outcome is not None
    return world, outcome


UNCUT, REFERENCE = whole()
POINTS = range(2 * len(UNCUT.store.written))


JUDGED = [f"judge {code}" for code in die_at_step.MARKS]


def pending(point: int) -> Event | Reply | None:
    """Return the first write that does not come about where the run is killed at this point."""
    written = UNCUT.store.written
    return written[(point + 1) // 2] if (point + 1) // 2 < len(written) else None


def assert_same_end(world: World, outcome: Outcome | None) -> None:
    if outcome is None:  # its end was stored before it was killed
        outcome = rebuild(RUN, world.store.kept)
    assert told(outcome) == told(REFERENCE)
    events = world.store.kept
    kinds = Counter(event.kind for event in events)
    assert [event.seq for event in events] == list(range(len(events)))
    assert [kinds[step] for step in STEPS] == [6, 6, 6, 6]
    assert len(world.store.replies) == len(UNCUT.store.replies)


async def finish(world: World) -> Outcome | None:
    """Go on with the run, unless it has its end."""
    ended = any(event.kind is EventKind.ENDED for event in world.store.kept)
    return None if ended else await world.live()


def test_the_run_has_all_that_can_be_cut_in_two() -> None:
    kinds = Counter(each.kind for each in UNCUT.store.kept)

    assert REFERENCE.accepted
    assert [turn.code for turn in REFERENCE.rounds] == ["a1", "a2", "b1", "b2", "c1", "c2"]
    assert [kinds[step] for step in STEPS] == [6, 6, 6, 6]
    assert (kinds[EventKind.CALLED], kinds[EventKind.ASKED]) == (12, 4)
    assert len(UNCUT.store.replies) == 12
    assert len(POINTS) == 2 * (2 + 24 + 12 + 4 + 12)
    assert UNCUT.asked == {**{f"turn {n}": 2 for n in range(3)}, **dict.fromkeys(JUDGED, 1)}
    assert set(UNCUT.noted.values()) == {1}


@pytest.mark.parametrize("point", POINTS)
async def test_a_run_killed_at_any_boundary_ends_as_it_would_have_and_pays_nothing_twice(
    point: int,
) -> None:
    world = World()
    assert await world.live(point) is None
    open_write = pending(point)

    outcome = await finish(world)

    assert_same_end(world, outcome)
    asked_again = world.asked - UNCUT.asked
    done_again = world.noted - UNCUT.noted
    body = open_write.body if isinstance(open_write, Event) else open_write
    # Only the request, the program or the question that was under way, if there was one.
    assert len(asked_again) <= isinstance(body, Call | Reply)
    ran = [line for line in done_again.elements() if line.startswith("ran ")]
    assert len(ran) <= isinstance(body, Execution)
    answered = isinstance(body, Asked) and body.answer is not None
    assert done_again.total() - len(ran) <= answered
    # Of all that was paid for, at most the request under way is missing in the trace.
    spent = Checkpoint.of(RUN, world.store.kept).spend.calls
    assert spent <= world.asked.total() <= spent + isinstance(body, Call)


async def test_a_run_killed_again_and_again_still_ends_as_it_would_have() -> None:
    drawn = random.Random(3)  # noqa: S311 - moments, no secrets
    kills = 0
    for _ in range(20):
        world = World()
        deaths = 0
        while not any(event.kind is EventKind.ENDED for event in world.store.kept):
            deaths += await world.live(drawn.randrange(30)) is None
        outcome = rebuild(RUN, world.store.kept)

        assert_same_end(world, outcome)
        again = (world.asked - UNCUT.asked).total() + (world.noted - UNCUT.noted).total()
        assert again <= 2 * deaths
        kills += deaths

    assert kills > 60


# --------------------------------------------------------------------------- real processes


@pytest.fixture
def server() -> Iterator[FaultServer]:
    def answer(body: Any, index: int) -> str:  # noqa: ANN401 - the server's own type
        # Who asks for one program of a turn has the first already.
        missing = body.text.startswith("turn") and (body.n or 1) == 1
        return die_at_step.answer(body.text, 1 if missing else index)

    with FaultServer(answer=answer) as entered:
        yield entered


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.13, 0.34, 0.55, 0.97])
def test_a_process_that_is_killed_leaves_a_run_that_goes_on(
    server: FaultServer, tmp_path: Path, share: float
) -> None:
    store, notes = tmp_path / "traces.db", tmp_path / "notes"
    model = server.play(always(Say()))
    point = int(share * (len(POINTS) - 6))  # this model tells of two answers as one call
    command = [sys.executable, die_at_step.__file__, store, server.base_url, model, notes, RUN]

    killed = subprocess.run([*command, str(point)], capture_output=True, text=True, check=False)
    before = server.requests(model)
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "")
    assert (ended.returncode, ended.stdout.strip()) == (0, "accepted"), ended.stderr
    outcome = anyio.run(SqliteStore(store).outcome, RUN)
    assert [turn.code for turn in outcome.rounds] == [turn.code for turn in REFERENCE.rounds]
    assert [t.decision for t in outcome.rounds] == [t.decision for t in REFERENCE.rounds]
    texts = Counter(received.body.text for received in server.requests(model))
    assert texts.keys() == UNCUT.asked.keys()
    assert sum(n - 1 for n in texts.values()) <= 1
    assert len(before) <= len(server.requests(model))
    noted = Counter(notes.read_text(encoding="utf-8").splitlines())
    assert noted.keys() == UNCUT.noted.keys()
    assert sum(n - 1 for n in noted.values()) <= 1
