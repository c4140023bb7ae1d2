"""A store looked through from end to end: what is damaged, and what can still be read."""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from critique_loop.errors import CallError, StoreError
from critique_loop.store.checking_beside import (
    head_problems,
    label_problems,
    layout_problems,
    lone_labels,
    reply_problems,
)
from critique_loop.store.encoding import Source, decode
from critique_loop.store.oddities import Course
from critique_loop.store.rows import (
    BODIES,
    Hashes,
    Row,
    SqliteSource,
    mark,
    no_bytes,
    opened_source,
)
from critique_loop.store.sealing import Progress
from critique_loop.store.summaries import RunState
from critique_loop.values import EventBody, EventKind

_MOST_PROBLEMS = 1000
_INTEGRITY = "PRAGMA integrity_check(20)"
_CHUNK = 1 << 20
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong: with what, and in which way."""

    where: str
    problem: str


@dataclass(slots=True)
class Checked:
    """What a store holds, and what is wrong with it.

    ``whole`` are the runs of which every step can be read, ``damaged`` maps the others to how many
    of their first steps can. ``orphans`` are blobs that no step names: killed writers leave them,
    and they do no harm; they are not counted where a run is damaged. ``unfinished`` are files that
    such a writer had not written to their end. ``warnings`` tell what is odd and does no harm.
    """

    runs: int = 0
    events: int = 0
    blobs: int = 0
    killed: list[str] = field(default_factory=list[str])
    whole: int = 0
    damaged: dict[str, int] = field(default_factory=dict[str, int])
    orphans: int = 0
    orphan_bytes: int = 0
    unfinished: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])
    warnings: list[Problem] = field(default_factory=list[Problem])

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def add(self, where: str, problem: str) -> None:
        """Note something that is wrong; no more than anybody would read."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(Problem(where, problem))

    def warn(self, where: str, problem: str) -> None:
        """Note something that is odd; no more than anybody would read."""
        if len(self.warnings) < _MOST_PROBLEMS:
            self.warnings.append(Problem(where, problem))


def check(path: Path, *, progress: Progress | None = None) -> Checked:
    """Look through the whole store at ``path``; it is only read.

    Raises:
        CallError: there is none.
        StoreError: the file is no store, or of a newer version, or can't be opened at all.
    """
    checked = Checked()
    with opened_source(path) as source, contextlib.closing(Hashes()) as hashes:
        _check_files(source, checked)
        with _noting(checked, source.files.blobs.path):
            for sha256, size, problem in stored_blobs(source, checked):
                checked.blobs += 1
                hashes.hold(sha256, size)
                if problem:
                    checked.add(f"blob {sha256}", problem)
        runs = _run_ids(source, checked)
        shared = Source(source.blob, data=no_bytes)
        for done, run_id in enumerate(runs, 1):
            _check_run(source, run_id, shared, hashes, checked)
            if progress is not None:
                progress(done, len(runs))
        _check_others(source, runs, shared, hashes, checked)
        if not checked.damaged:  # what a step names that can't be read is not known
            orphans = "SELECT count(*), coalesce(sum(size), 0) FROM hashes WHERE named = 0"
            ((checked.orphans, checked.orphan_bytes),) = hashes.connection.execute(orphans)
    return checked


def stored_blobs(
    source: SqliteSource, checked: Checked | None = None
) -> Iterator[tuple[str, int, str]]:
    """Yield hash and length of every blob, and what is wrong with it ("": nothing).

    ``checked`` None: the bytes are not compared with their hashes.
    """
    with source.files.blobs.reading() as connection:
        what = "data" if checked else "length(data)"
        for sha256, found in connection.execute(f"SELECT sha256, {what} FROM blobs"):  # noqa: S608 - one of two words
            if isinstance(found, int):
                yield sha256, found, ""
            else:
                wrong = hashlib.sha256(found).hexdigest() != sha256
                yield sha256, len(found), "its bytes are damaged" if wrong else ""
    for path in large_files(source.files.folder):
        sha256 = f"{path.parent.name}{path.name}"
        if not _HEX.fullmatch(sha256):
            if checked is not None:
                checked.unfinished += 1
            continue
        yield sha256, path.stat().st_size, _damage(path, sha256) if checked else ""


def large_files(folder: Path) -> Iterator[Path]:
    """Yield every file in the folder of large blobs, also those of writers that were killed."""
    return (path for path in sorted(folder.glob("??/*")) if path.is_file())


def _damage(path: Path, sha256: str) -> str:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"its file can't be read ({error.strerror})"
    return "" if found == sha256 else "its file is damaged"


def _check_files(source: SqliteSource, checked: Checked) -> None:
    """Let SQLite look at its own structures."""
    for database in (source.files.events, source.files.blobs):
        with _noting(checked, database.path), database.reading() as connection:
            for (said,) in connection.execute(_INTEGRITY):
                if said != "ok":
                    checked.add(str(database.path), said)
            for problem in layout_problems(connection, database.schema):
                checked.add(str(database.path), problem)


def _run_ids(source: SqliteSource, checked: Checked) -> list[str]:
    """Return all runs, also those that have steps but no line in the list of runs."""
    listed: list[str] = []
    with _noting(checked, source.files.events.path):
        listed = list(source.run_ids())
    known = set(listed)
    with _noting(checked, source.files.events.path):
        for (run_id,) in source.connection.execute("SELECT DISTINCT run_id FROM events"):
            if run_id not in known:
                checked.add(f"run {run_id}", "it has steps, but is missing in the list of runs")
                listed.append(run_id)
    checked.runs = len(listed)
    return listed


def _check_run(
    source: SqliteSource, run_id: str, shared: Source, hashes: Hashes, checked: Checked
) -> None:
    steps = 0
    course = Course()
    try:
        for row in source.rows(run_id):
            body = _checked_body(row, steps, shared, hashes)
            misplaced, odd = course.misplaced(row), course.odd(row, body)
            if misplaced:
                checked.add(f"run {run_id}, step {steps}", misplaced)
            if odd:
                checked.warn(f"run {run_id}, step {steps}", odd)
            steps += 1
            checked.events += 1
        if not steps:
            raise StoreError("it has no steps")  # noqa: TRY301 - noted like what the steps raise
    except (StoreError, CallError, ValueError) as error:
        problem = error.problem if isinstance(error, StoreError | CallError) else str(error)
        checked.add(f"run {run_id}, step {steps}", problem)
        checked.damaged[run_id] = steps
        return
    checked.whole += 1
    if source.state(run_id) is RunState.KILLED:
        checked.killed.append(run_id)


def is_whole(source: SqliteSource, run_id: str) -> bool:
    """Return whether every step of a run, and all that it names, can be read."""
    try:
        steps = 0
        for row in source.rows(run_id):
            if row.seq != steps:
                return False
            decode(row.body, BODIES[EventKind(row.kind)], source.blob)
            steps += 1
    except (StoreError, CallError, ValueError):
        return False
    return steps > 0


def _checked_body(row: Row, expected: int, shared: Source, hashes: Hashes) -> EventBody:
    if row.seq != expected:
        raise StoreError(f"it is missing; the next one is {row.seq}")
    _check_named(row.body, shared, hashes)
    return decode(row.body, BODIES[EventKind(row.kind)], shared)


def _check_named(text: str, shared: Source, hashes: Hashes) -> None:
    missing = mark(text, shared.blob, hashes)
    if missing:
        raise StoreError(f"it names the bytes {missing}, which are missing")


def _check_others(
    source: SqliteSource, runs: Sequence[str], shared: Source, hashes: Hashes, checked: Checked
) -> None:
    """Look at what is beside the runs: labels, replies, and what lists show of runs."""

    def named(text: str) -> None:
        _check_named(text, shared, hashes)

    looks = (
        label_problems(source, named),
        reply_problems(source, named, shared),
        head_problems(source, named, shared),
    )
    for look in looks:
        with _noting(checked, source.files.events.path):
            for where, problem in look:
                checked.add(where, problem)
    with _noting(checked, source.files.events.path):
        for where, problem in islice(lone_labels(source, runs), _MOST_PROBLEMS):
            checked.warn(where, problem)


@contextlib.contextmanager
def _noting(checked: Checked, path: Path) -> Generator[None]:
    """Note what keeps a file from being read, and go on with what comes next."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        checked.add(str(path), str(error))
    except StoreError as error:
        checked.add(str(path), error.problem)
