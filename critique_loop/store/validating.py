"""What a run from elsewhere must be like: nothing in it may reach further than its own trace."""

from __future__ import annotations

import hashlib
import re

import msgspec

from critique_loop.errors import CallError, StoreError
from critique_loop.store.encoding import Source, decode
from critique_loop.store.labels import check_label
from critique_loop.store.oddities import Course, odd_times
from critique_loop.store.outcomes import rebuild
from critique_loop.store.rows import BODIES, RUN_ID, LabelRow, Row
from critique_loop.values import (
    Event,
    EventBody,
    EventKind,
    Execution,
    Label,
    OutputFile,
    Preference,
    Started,
    Table,
    Task,
)

_MEDIA_TYPE = re.compile(r"[a-z]+/[A-Za-z0-9.+-]+")
_LONGEST_NAME = 255
_MOST_ROUNDS = 2**31
_LABELS: dict[str, type[Label | Preference]] = {"absolute": Label, "pairwise": Preference}


class RunCheck:
    """Looks through one run, step by step."""

    def __init__(self, run_id: str, source: Source) -> None:
        """``source`` is where the bytes are that its steps name.

        Raises:
            CallError: no run can have this id.
        """
        self.run_id = run_id
        self._source = source
        self._events: list[Event] = []
        self._course = Course()
        self._digest = hashlib.sha256()
        if not RUN_ID.fullmatch(run_id):
            raise CallError(f"{run_id!r} can't be the id of a run")

    def add(self, row: Row) -> None:
        """Take in the next step.

        Raises:
            CallError: it can't be that step of a run.
        """
        number = len(self._events)
        if row.seq != number:
            raise self._wrong(number, f"step {row.seq} is in its place")
        if row.kind not in set(EventKind) or (row.kind == EventKind.STARTED) != (number == 0):
            raise self._wrong(number, f"it can't be of the kind {row.kind!r}")
        misplaced = self._course.misplaced(row)
        if misplaced:
            raise self._wrong(number, misplaced)
        if not 0 <= row.round < _MOST_ROUNDS:
            raise self._wrong(number, f"there is no round {row.round}")
        body = self._body(row)
        kind = EventKind(row.kind)
        event = Event(self.run_id, number, kind, row.round, row.at, row.seconds, body)
        self._events.append(event)
        self._digest.update(msgspec.json.encode(row))

    def _body(self, row: Row) -> EventBody:
        number = len(self._events)
        try:
            body = decode(row.body, BODIES[EventKind(row.kind)], self._source)
        except StoreError as error:
            raise self._wrong(number, error.problem) from error
        odd = self._course.odd(row, body)
        if odd:
            raise self._wrong(number, odd)
        if isinstance(body, Started):
            self._check_task(body.task)
        elif isinstance(body, Execution):
            self._check_files(number, body.files)
        return body

    def finish(self) -> str:
        """Return a hash of all steps.

        Raises:
            CallError: together they are no run.
        """
        try:
            rebuild(self.run_id, self._events)
        except StoreError as error:
            raise CallError(f"run {self.run_id}: {error.problem}", remedy=error.remedy) from error
        return self._digest.hexdigest()

    def _check_task(self, task: Task) -> None:
        for table in task.tables:
            if not _is_plain(table):
                raise self._wrong(0, f"{table.name!r} is no plain name of a table")
        if task.code is not None and not task.code.module.isidentifier():
            raise self._wrong(0, f"{task.code.module!r} is no name of a module")

    def _check_files(self, number: int, files: tuple[OutputFile, ...]) -> None:
        for file in files:
            if not _stays_within(file.name):
                raise self._wrong(number, f"{file.name!r} is no name of a file a program may leave")
            if not _MEDIA_TYPE.fullmatch(file.media_type):
                raise self._wrong(number, f"{file.media_type!r} is no media type")

    def _wrong(self, number: int, problem: str) -> CallError:
        return CallError(
            f"run {self.run_id}, step {number}: {problem}",
            remedy="It is no trace, or a damaged one; nothing was written.",
        )


def check_label_row(row: LabelRow) -> None:
    """Refuse what is no label.

    Raises:
        CallError: its fields contradict each other, or can't be kept.
    """
    try:
        label = decode(row.body, _LABELS[row.kind], _no_blob)
    except (KeyError, StoreError) as error:
        raise CallError(f"label {row.id!r} can't be read") from error
    check_label(label)
    for problem in odd_times(label.at, label.seconds):
        raise CallError(f"label {row.id!r}: {problem}")
    shown = label.shown if isinstance(label, Label) else label.first
    if (label.id, shown.run_id, shown.round) != (row.id, row.run_id, row.round):
        raise CallError(f"label {row.id!r} says two things of what it is for")


def _no_blob(sha256: str) -> bytes:
    raise KeyError(sha256)


def _is_plain(table: Table) -> bool:
    return "/" not in table.name and _stays_within(table.name)


def _stays_within(name: str) -> bool:
    """Return whether a file of this name stays in the folder that it is written into."""
    parts = name.split("/")
    return name.isprintable() and not any(
        part in {"", ".", ".."} or len(part.encode()) > _LONGEST_NAME for part in parts
    )
