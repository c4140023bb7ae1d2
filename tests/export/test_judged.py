"""Rounds as they count: put together as the loop does, a person's word before a critic's."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest

from critique_loop.agreement.ratings import code_hash
from critique_loop.errors import StoreError
from critique_loop.export.traces import trace_of
from critique_loop.store import SqliteStore
from critique_loop.testing.stored_runs import Turn, events_of, keep, keep_events
from critique_loop.values import DecisionKind, Draft, EventKind, Label, Score, Shown, Vote

FIRST = Turn("print('first')\n", 5.0)
GOOD = Turn("print('good')\n", 9.0)


def test_rounds_are_those_of_the_stored_run(store: SqliteStore) -> None:
    keep(store, FIRST, replace(FIRST, mark=None, code="x = 1\n"), GOOD)

    (run,) = store.scan(pictures=True)

    assert tuple(turn.round for turn in trace_of(run).turns) == tuple(
        replace(turn, writer_s=0.0, sandbox_s=0.0, critic_s=0.0) for turn in run.rounds
    )


def test_a_draft_that_was_written_anew_takes_the_place_of_the_old_one(store: SqliteStore) -> None:
    events = events_of([FIRST, GOOD])
    again = [
        replace(event, seq=event.seq + 100, body=Draft("print('anew')\n", "grammar"))
        for event in events
        if event.round == 2 and event.kind is EventKind.DRAFTED
    ]
    rest = [
        replace(e, seq=e.seq + 100) for e in events if e.round == 2 and e.seq > again[0].seq - 100
    ]
    keep_events(store, [*events[:-1], *again, *rest])

    (run,) = store.scan()

    assert [turn.code for turn in trace_of(run).turns] == [FIRST.code, "print('anew')\n"]


def test_a_round_without_a_critique_does_not_count(store: SqliteStore) -> None:
    events = events_of([FIRST, GOOD])
    keep_events(store, [e for e in events if not (e.round == 2 and e.kind is EventKind.CRITIQUED)])

    (run,) = store.scan()

    assert [turn.number for turn in trace_of(run).turns] == [1]


def test_candidates_of_one_turn_were_not_told_of_each_other(store: SqliteStore) -> None:
    keep(store, FIRST, replace(FIRST, code="a = 1\n", kind=DecisionKind.COMPARE), GOOD)

    (run,) = store.scan()

    assert [turn.number for turn in trace_of(run).before(3)] == [1]


def test_a_damaged_step_is_named(store: SqliteStore) -> None:
    keep(store, FIRST, GOOD)
    (run,) = store.scan()
    rows = [(*row[:5], "{}", *row[6:]) if row[1] == "critiqued" else row for row in run.rows]

    broken = trace_of(replace(run, rows=rows))

    with pytest.raises(StoreError, match="run run, step 3"):
        _ = broken.turns[0].said


def test_marks_of_several_critics_are_a_panels_word(store: SqliteStore) -> None:
    events = events_of([GOOD], critic="panel of two")
    votes = (Vote("a", 9.0), Vote("b", 9.0))
    scores = (Score("bugs", 9.0, 7.0, votes=votes), Score("looks", 9.0, 7.0, votes=votes))
    keep_events(
        store,
        [
            replace(e, body=replace(e.body, critic="panel", scores=scores))  # pyright: ignore[reportArgumentType, reportCallIssue] -- a critique
            if e.kind is EventKind.CRITIQUED
            else e
            for e in events
        ],
    )

    (run,) = store.scan()

    assert trace_of(run).turns[0].by == "panel"


REFUSED = replace(GOOD, kind=DecisionKind.REFINE, by="person")
TAKEN = replace(FIRST, kind=DecisionKind.ACCEPT, by="person")
WORDS: dict[str, tuple[Turn, dict[str, float], bool]] = {
    "a no, one dimension liked later": (REFUSED, {"looks": 9.0}, False),
    "a no, all dimensions liked later": (REFUSED, {"looks": 9.0, "bugs": 9.0}, True),
    "a yes, one dimension liked later": (TAKEN, {"looks": 9.0}, True),
    "a yes, no gate disliked later": (TAKEN, {"looks": 2.0}, True),
    "a yes, a gate disliked later": (TAKEN, {"bugs": 2.0}, False),
    "a yes, all dimensions disliked later": (TAKEN, {"looks": 2.0, "bugs": 8.0}, False),
    "a rule's yes, one dimension disliked later": (GOOD, {"looks": 2.0}, False),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_persons_decision_stands_unless_persons_marks_alone_contradict_it(
    name: str, store: SqliteStore
) -> None:
    turn, marks, accepted = WORDS[name]
    keep(store, turn)
    for dimension, value in marks.items():
        shown = Shown("run", 1, code_hash(turn.code))
        anyio.run(store.keep_label, Label(dimension, shown, dimension, value, "ada", 9.0))

    (run,) = store.scan()

    assert trace_of(run).turns[0].accepted is accepted
