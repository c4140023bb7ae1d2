"""Stores that are looked through, whole and damaged."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store import SqliteStore
from critique_loop.store.checking import check
from critique_loop.store.schema import EVENTS, laid_out
from critique_loop.testing.stored_runs import store_at
from critique_loop.values import Choice, Reply
from tests.store.kept_runs import BODIES, label, run


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    runs = (run("r1"), run("r2"), run("r3", steps=3))
    return store_at(tmp_path / "traces.db", *runs, labels=[label("r1")])


def change(path: Path, *statements: str) -> None:
    """Change a store as no program of ours does."""
    with sqlite3.connect(path, isolation_level=None) as connection:
        triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
        dropped = connection.execute(triggers).fetchall()
        for name, _ in dropped:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
        for _, sql in dropped:
            connection.execute(sql)
    connection.close()


def _is_ok(path: Path) -> bool:
    try:
        return check(path).is_ok
    except StoreError:
        return False


def large_blob(path: Path) -> Path:
    (found,) = (file for file in path.with_name("traces.blobs").rglob("*") if file.is_file())
    return found


def test_a_whole_store_has_no_problem_and_says_who_was_killed(kept: Path) -> None:
    checked = check(kept)

    assert checked.is_ok
    assert (checked.runs, checked.whole, checked.events) == (3, 3, 2 * len(BODIES) + 3)
    assert checked.blobs > 2
    assert checked.orphans == 0


def test_a_run_of_a_process_that_is_gone_was_killed(kept: Path) -> None:
    change(kept, "UPDATE processes SET process = 'other-boot 1 2 3' WHERE run_id = 'r3'")

    assert check(kept).killed == ["r3"]


def test_nothing_is_changed(kept: Path) -> None:
    before = {file: file.read_bytes() for file in kept.parent.rglob("*.db")}

    check(kept)

    assert {file: file.read_bytes() for file in before} == before


def test_progress_is_told_run_by_run(kept: Path) -> None:
    told: list[tuple[int, int]] = []

    check(kept, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_gap_is_found_and_what_comes_before_it_counted(kept: Path) -> None:
    change(kept, "DELETE FROM events WHERE run_id = 'r2' AND seq = 2")

    checked = check(kept)

    assert checked.damaged == {"r2": 2}
    assert checked.whole == 2
    assert ("run r2, step 2", "it is missing; the next one is 3") in [
        (found.where, found.problem) for found in checked.problems
    ]


def test_a_step_that_is_none_is_found(kept: Path) -> None:
    change(kept, "UPDATE events SET body = '{\"code\": 3}' WHERE run_id = 'r1' AND seq = 2")

    checked = check(kept)

    assert list(checked.damaged) == ["r1"]
    assert "Draft" in checked.problems[0].problem


def test_a_missing_blob_is_found_in_every_run_that_names_it(kept: Path) -> None:
    large_blob(kept).unlink()

    checked = check(kept)

    assert list(checked.damaged) == ["r1", "r2"]
    assert "are missing" in checked.problems[0].problem


def test_a_half_written_blob_is_found(kept: Path) -> None:
    file = large_blob(kept)
    file.write_bytes(file.read_bytes()[:1000])

    checked = check(kept)

    assert [found.problem for found in checked.problems] == ["its file is damaged"]


def test_bytes_that_are_not_those_of_their_hash_are_found(kept: Path) -> None:
    change(kept.with_name("traces.blobs.db"), "UPDATE blobs SET data = x'00'")

    checked = check(kept)

    assert "its bytes are damaged" in {found.problem for found in checked.problems}


def test_what_killed_writers_leave_is_counted_and_no_problem(kept: Path) -> None:
    data = "INSERT INTO blobs VALUES (lower(hex(randomblob(32))), x'00')"
    change(kept.with_name("traces.blobs.db"), data)
    unfinished = large_blob(kept).with_name(".abc.123.00ff00ff")
    unfinished.write_bytes(b"half")

    checked = check(kept)

    assert (checked.orphans, checked.orphan_bytes, checked.unfinished) == (1, 1, 1)
    assert [found.problem for found in checked.problems] == ["its bytes are damaged"]


def test_pages_that_were_overwritten_are_found_and_other_runs_read(tmp_path: Path) -> None:
    names = [f"r{number:03}" for number in range(60)]
    kept = store_at(tmp_path / "traces.db", *(run(name) for name in names))
    size = kept.stat().st_size
    with kept.open("r+b") as file:
        file.seek(size * 6 // 10 // 4096 * 4096)
        file.write(b"\xff" * 4096)

    checked = check(kept)

    assert not checked.is_ok
    assert checked.damaged
    assert checked.whole > 0
    assert checked.whole + len(checked.damaged) == checked.runs


def test_a_truncated_file_is_never_fine(kept: Path) -> None:
    with kept.open("r+b") as file:
        file.truncate(kept.stat().st_size // 2)

    assert not _is_ok(kept)


def test_a_store_of_a_newer_version_is_refused(kept: Path) -> None:
    change(kept, "PRAGMA user_version = 999")

    with pytest.raises(StoreError, match="newer version"):
        check(kept)


def test_no_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="there is no trace store"):
        check(tmp_path / "none.db")


_AGAIN = (
    "INSERT INTO events SELECT run_id, seq + 1, kind, round, at, seconds, body FROM events"
    " WHERE run_id = 'r1' AND kind = 'ended'"
)
_WRONG = [
    ("UPDATE labels SET body = '{'", "label l1", "can't be read"),
    ("UPDATE labels SET round = 7", "label l1", "says two things"),
    ("UPDATE runs SET head = '{}' WHERE run_id = 'r1'", "head of run r1", "a stored Head"),
    ("UPDATE replies SET body = '{}'", f"reply {'a' * 64}", "a stored Reply"),
    (_AGAIN, f"run r1, step {len(BODIES)}", "it is ended after the run's end"),
    ("DROP INDEX critiques", "traces.db", "its index critiques is missing"),
    ("DROP TABLE arrivals", "traces.db", "its table arrivals is missing"),
    (
        "CREATE TRIGGER eve AFTER INSERT ON events BEGIN SELECT 1; END",
        "traces.db",
        "it has a trigger eve that is none of a trace store's",
    ),
]


@pytest.mark.parametrize(("statement", "where", "said"), _WRONG)
def test_what_is_wrong_beside_the_steps_is_found(
    kept: Path, statement: str, where: str, said: str
) -> None:
    async def remember() -> None:
        with SqliteStore(kept) as store:
            await store.keep_reply("a" * 64, Reply((Choice("yes"),), "big"))

    anyio.run(remember)
    assert check(kept).is_ok
    if "arrivals" in statement:
        _without_triggers(kept, statement)
    else:
        change(kept, statement)

    checked = check(kept)

    assert not checked.is_ok
    assert any(f.where.endswith(where) and said in f.problem for f in checked.problems)


def _without_triggers(path: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("name", ["traces.db", "traces.blobs.db"])
def test_a_trigger_that_is_gone_or_changed_is_found(kept: Path, name: str) -> None:
    with contextlib.closing(sqlite3.connect(kept.with_name(name))) as connection:
        query = "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'trigger'"
        (first, table), (second, _), *_ = connection.execute(query).fetchall()
        connection.execute(f"DROP TRIGGER {first}")
        connection.execute(f"DROP TRIGGER {second}")
        harmless = f"CREATE TRIGGER {first} BEFORE UPDATE ON {table} BEGIN SELECT 1; END"
        connection.execute(harmless)
        connection.commit()

    problems = {found.problem for found in check(kept).problems}

    assert problems == {f"its trigger {first} was changed", f"its trigger {second} is missing"}


@pytest.mark.parametrize("version", range(1, EVENTS.version + 1))
def test_a_store_of_an_earlier_version_has_all_that_it_needs(tmp_path: Path, version: int) -> None:
    kept = store_at(tmp_path / "traces.db", run("r1"))
    kept.unlink()
    with contextlib.closing(laid_out(EVENTS, version)) as made:
        made.execute("PRAGMA application_id = 1131564144")
        made.execute("VACUUM INTO ?", (str(kept),))

    assert check(kept).is_ok


def test_labels_of_runs_that_are_not_there_are_told_and_no_damage(tmp_path: Path) -> None:
    kept = store_at(tmp_path / "traces.db", run("r1"), labels=[label("gone")])

    checked = check(kept)

    assert checked.is_ok
    assert [found.problem for found in checked.warnings] == ["is of run gone, which is not here"]


def test_what_no_run_can_say_is_told_and_no_damage(tmp_path: Path) -> None:
    steps = run("r1")
    steps[0] = replace(steps[0], at=1e308)
    kept = store_at(tmp_path / "traces.db", steps)

    checked = check(kept)

    assert checked.is_ok
    assert [(found.where, found.problem) for found in checked.warnings] == [
        ("run r1, step 0", "1e+308 is no time from 1970 to 9999")
    ]


def test_a_second_end_is_damage(tmp_path: Path) -> None:
    steps = run("r1")
    kept = store_at(tmp_path / "traces.db", [*steps, replace(steps[-1], seq=len(steps))])

    problems = check(kept).problems

    assert [found.problem for found in problems] == ["it is ended after the run's end"]
