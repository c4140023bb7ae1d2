"""Many runs read one after the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from critique_loop.errors import StoreError
from critique_loop.store import RunState, Selection, SqliteStore
from critique_loop.store.scanning import Steps
from critique_loop.values import (
    Call,
    Draft,
    Event,
    EventKind,
    Label,
    Message,
    Origin,
    Picture,
    Preference,
    Preferred,
    Resumed,
    Shown,
    Started,
    TaskKind,
)

MakeRun = Callable[[str], list[Event]]
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
SAID = (Message("system", "You draw charts. " * 100), Message("user", "?", (Picture(PICTURE),)))


def keep(store: SqliteStore, *runs: list[Event]) -> None:
    async def append() -> None:
        for run in runs:
            for event in run:
                await store.append(event)

    anyio.run(append)


def events_of(store: SqliteStore, run_id: str) -> tuple[Event, ...]:
    async def read() -> tuple[Event, ...]:
        return tuple([event async for event in store.events(run_id)])

    return anyio.run(read)


def called(run: list[Event]) -> list[Event]:
    """Return the run with a call of a model before its last step."""
    call = Call("writer", "gpt", messages=SAID)
    last = run[-1]
    step = replace(last, kind=EventKind.CALLED, round=1, body=call)
    return [*run[:-1], step, replace(last, seq=last.seq + 1)]


def ids(store: SqliteStore, selection: Selection) -> list[str]:
    return [run.run_id for run in store.scan(selection)]


def with_start(
    run: list[Event],
    *,
    at: float | None = None,
    **changes: Any,  # noqa: ANN401 - fields of Started
) -> list[Event]:
    begin = run[0]
    assert isinstance(begin.body, Started)
    at = begin.at if at is None else at
    return [replace(begin, at=at, body=replace(begin.body, **changes)), *run[1:]]


def test_a_store_that_does_not_exist_has_no_runs_to_scan(store: SqliteStore) -> None:
    assert list(store.scan()) == []


def test_runs_come_oldest_first_with_all_their_steps(store: SqliteStore, make_run: MakeRun) -> None:
    runs = [called(make_run(run_id)) for run_id in ("c", "a", "b")]
    keep(store, *runs)

    scanned = list(store.scan(pictures=True))

    assert [run.run_id for run in scanned] == ["c", "a", "b"]
    assert [run.events for run in scanned] == [tuple(run) for run in runs]
    assert [run.events for run in scanned] == [events_of(store, r) for r in ("c", "a", "b")]


def test_a_scanned_run_tells_what_its_events_tell(store: SqliteStore, make_run: MakeRun) -> None:
    run = called(make_run("a"))
    keep(store, run)

    (scanned,) = store.scan(pictures=True)

    assert scanned.started == run[0].body
    assert scanned.ended == run[-1].body
    assert [turn.number for turn in scanned.rounds] == [1, 2]
    assert scanned.rounds == scanned.checkpoint.rounds
    assert scanned.rounds[0].execution.files[0].data == PICTURE
    assert scanned.calls == (run[-2].body,)
    assert scanned.accepted
    assert scanned.state is RunState.ENDED


def test_without_pictures_no_file_is_read(store: SqliteStore, make_run: MakeRun) -> None:
    keep(store, called(make_run("a")))

    (scanned,) = store.scan()

    (chart,) = scanned.rounds[0].execution.files
    assert (chart.name, chart.media_type, chart.data) == ("chart.png", "image/png", b"")
    assert scanned.calls[0].messages == (SAID[0], Message("user", "?", (Picture(b""),)))


def test_runs_that_share_a_rubric_share_one_object(store: SqliteStore, make_run: MakeRun) -> None:
    keep(store, make_run("a"), make_run("b"))

    one, other = store.scan()

    assert one.started.task.rubric is other.started.task.rubric


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ["old", "plain", "open"]),
        (Selection(runs=("o",)), ["old", "open"]),
        (Selection(runs=("old", "plain", "x")), ["old", "plain"]),
        (Selection(runs=("ö",)), []),
        (Selection(since=200.0), ["plain", "open"]),
        (Selection(until=200.0), ["old"]),
        (Selection(since=100.0, until=100.0), []),
        (Selection(accepted=True), ["old", "plain"]),
        (Selection(states=(RunState.RUNNING,)), ["open"]),
        (Selection(states=(RunState.ENDED, RunState.KILLED)), ["old", "plain"]),
        (Selection(kind=TaskKind.CHART), ["old", "plain", "open"]),
        (Selection(kind=TaskKind.CODE), []),
        (Selection(batch="march"), ["plain"]),
        (Selection(writer="llm"), ["open"]),
        (Selection(rubric="charts", accepted=True), ["old", "plain"]),
        (Selection(rubric="other"), []),
        (Selection(model="gpt"), ["old"]),
    ],
)
def test_a_selection_keeps_what_it_names(
    store: SqliteStore, make_run: MakeRun, selection: Selection, expected: list[str]
) -> None:
    old = with_start(make_run("old"), at=100.0)
    old[1] = replace(old[1], body=Draft("print(1)\n", "grammar", model="gpt"))
    plain = with_start(make_run("plain"), at=200.0, batch="march")
    unfinished = with_start(make_run("open"), at=300.0, writer="llm")[:-1]
    keep(store, old, plain, unfinished)

    assert ids(store, selection) == expected


def test_new_scores_of_a_run_are_no_run_unless_they_are_asked_for(
    store: SqliteStore, make_run: MakeRun
) -> None:
    branch = with_start(make_run("branch"), origin=Origin("plain", 1))
    scores = with_start(make_run("scores"), origin=Origin("plain", 2, rescored=True))
    keep(store, make_run("plain"), branch, scores)

    assert ids(store, Selection()) == ["plain", "branch"]
    assert ids(store, Selection(rescorings=True)) == ["plain", "branch", "scores"]


def test_a_run_that_was_resumed_is_not_accepted_any_more(
    store: SqliteStore, make_run: MakeRun
) -> None:
    run = make_run("a")
    resumed = Event("a", run[-1].seq + 1, EventKind.RESUMED, 0, 5.0, 0.0, Resumed("1"))
    keep(store, [*run, resumed])

    (scanned,) = store.scan()

    assert scanned.ended is None
    assert scanned.resumed == (Resumed("1"),)
    assert ids(store, Selection(accepted=True)) == []


def test_labels_of_persons_come_with_the_runs_they_are_about(
    store: SqliteStore, make_run: MakeRun
) -> None:
    label = Label("1", Shown("a", 1, "x"), "aesthetics", 3.0, "ada", 1.0)
    other = Shown("b", 1, "x")
    preference = Preference("2", label.shown, other, "aesthetics", Preferred.FIRST, "ada", 2.0)
    keep(store, *(make_run(run_id) for run_id in "abc"))
    for said in (label, preference):
        anyio.run(store.keep_label, said)

    found = {run.run_id: run.labels for run in store.scan()}

    assert found == {"a": (label, preference), "b": (preference,), "c": ()}


def test_what_is_appended_during_a_scan_is_not_in_it(store: SqliteStore, make_run: MakeRun) -> None:
    unfinished = make_run("a")[:-1]
    keep(store, unfinished)

    with closing(store.scan()) as scanning:
        first = next(scanning)
        keep(store, make_run("a"), make_run("b"))

        assert first.ended is None
        assert list(scanning) == []


def test_a_slow_reader_does_not_keep_the_log_from_the_file(
    store: SqliteStore, path: Path, make_run: MakeRun
) -> None:
    keep(store, make_run("a"), make_run("b"))

    with closing(store.scan()) as scanning:
        next(scanning)
        keep(store, make_run("c"))
        store.close()  # its last connection but the scan's: all of the log can go into the file
        busy = checkpoint(path)

    assert busy == 0


def checkpoint(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])


def test_a_run_can_be_kept_beyond_its_scan(store: SqliteStore, make_run: MakeRun) -> None:
    keep(store, make_run("a"))

    (kept,) = list(store.scan(pictures=True))

    assert kept.rounds[1].execution.files[0].data == PICTURE


def test_more_runs_than_a_page_holds_come_in_order(store: SqliteStore, make_run: MakeRun) -> None:
    keep(store, *([make_run(f"run-{number}")[0]] for number in range(150)))

    assert ids(store, Selection()) == [f"run-{number}" for number in range(150)]


def test_damage_is_told_with_the_run_and_the_step(
    store: SqliteStore, path: Path, make_run: MakeRun
) -> None:
    run = make_run("a")
    keep(store, run[:-1])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO events VALUES ('a', ?, 'ended', 0, 1.0, 0.0, '{}')", (run[-1].seq,)
        )

    with pytest.raises(StoreError, match=r"run a, step 9: a stored Ended can't be read back"):
        ids(store, Selection(states=(RunState.ENDED,)))


def test_steps_that_are_not_needed_are_left_out_or_read_when_they_are_asked_for(
    store: SqliteStore, make_run: MakeRun
) -> None:
    keep(store, called(make_run("a")))
    steps = Steps(left_out=frozenset({EventKind.CALLED}), later=frozenset({EventKind.EXECUTED}))
    (whole,) = store.scan()

    with closing(store.scan(steps=steps)) as scanning:
        during = next(scanning)
        read_during = during.events
    (after,) = list(store.scan(steps=steps))

    kept = [event for event in whole.events if event.kind is not EventKind.CALLED]
    assert list(read_during) == list(after.events) == kept
    assert [bool(row[5]) for row in after.rows if row[1] == "executed"] == [False, False]


def test_pages_of_runs_that_are_far_apart_hold_all_of_them(
    store: SqliteStore, make_run: MakeRun
) -> None:
    keep(store, *(make_run(f"{chr(97 + n % 3)}{n:03}") for n in range(200)))

    found = [run.run_id for run in store.scan(Selection(runs=("a", "c")))]

    assert found == [f"{chr(97 + n % 3)}{n:03}" for n in range(200) if n % 3 != 1]
