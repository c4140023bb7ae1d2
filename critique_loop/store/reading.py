"""The files of one store as those see them who only read."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator

from critique_loop.errors import CallError, StoreError
from critique_loop.store.blobs import Blobs
from critique_loop.store.encoding import Source, decode
from critique_loop.store.journal import Files
from critique_loop.store.labels import everything
from critique_loop.store.replies import latest
from critique_loop.store.rows import BODIES
from critique_loop.store.summaries import RunSummary, summaries
from critique_loop.values import (
    Event,
    EventKind,
    Label,
    Preference,
    Reply,
)

PAGE = 32
_SHOWN = 5
_BODY = "SELECT body FROM events WHERE run_id = ? AND seq = ?"
LAST_CHARACTER = "\x7f"  # sorts after all that run ids may hold


def page(files: Files, run_id: str, after: int) -> list[Event]:
    """Return the next events of a run after step ``after``, at most ``PAGE``."""
    query = (
        "SELECT seq, kind, round, at, seconds, body FROM events"
        " WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?"
    )
    with opened(files) as reader:
        if reader is None or not run_id.isascii():
            return []
        rows = reader.events.execute(query, (run_id, after, PAGE)).fetchall()
        return [
            Event(
                run_id=run_id,
                seq=seq,
                kind=EventKind(kind),
                round=number,
                at=at,
                seconds=seconds,
                body=decode(body, BODIES[EventKind(kind)], reader.source),
            )
            for seq, kind, number, at, seconds, body in rows
        ]


def blob(files: Files, sha256: str) -> bytes:
    """Return the bytes with this hash.

    Raises:
        CallError: there are none.
    """
    with opened(files) as reader:
        if reader is None:
            raise CallError(f"no stored bytes have the SHA-256 {sha256}")
        return reader.fetch(sha256)


def body(files: Files, run_id: str, seq: int) -> str:
    """Return the JSON of one step.

    Raises:
        StoreError: it is not there any more.
    """
    with opened(files) as reader:
        if reader is None:
            raise StoreError(f"run {run_id}: step {seq} is not there any more")
        return reader.body(run_id, seq)


def reply(files: Files, key: str) -> Reply | None:
    """Return the reply kept last under ``key``, or None."""
    with opened(files) as reader:
        return latest(reader.events, key, reader.source) if reader else None


def labels(files: Files) -> list[Label | Preference]:
    """Return all that persons said of stored drafts, oldest first."""
    with opened(files) as reader:
        return everything(reader.events, reader.source) if reader else []


def runs(files: Files) -> list[RunSummary]:
    """Return all runs, the newest first."""
    with opened(files) as reader:
        return summaries(reader.events, reader.source) if reader else []


def find(files: Files, prefix: str) -> str:
    """Return the id of the one run whose id begins with ``prefix``; a whole id always wins.

    Raises:
        CallError: no run's id does, or those of several do.
    """
    query = "SELECT run_id FROM runs WHERE run_id >= ? AND run_id < ? ORDER BY run_id LIMIT ?"
    with opened(files) as reader:
        if reader is not None and prefix and prefix.isascii():
            bounds = (prefix, prefix + LAST_CHARACTER, _SHOWN + 1)
            ids = [run_id for (run_id,) in reader.events.execute(query, bounds)]
        else:
            ids = []
    if len(ids) == 1 or prefix in ids:
        return ids[0]  # a whole id sorts before all that it begins
    if not ids:
        raise CallError(
            f"no run's id begins with {prefix!r}", remedy="`critique-loop ls` lists them."
        )
    shown = ", ".join(ids[:_SHOWN]) + (", ..." if len(ids) > _SHOWN else "")
    raise CallError(f"several runs' ids begin with {prefix!r}: {shown}", remedy="Give more of it.")


class Reader:
    """An open store. The blobs' file is opened when the first blob is asked for."""

    def __init__(
        self, files: Files, events: sqlite3.Connection, stack: contextlib.ExitStack
    ) -> None:
        self.events = events
        self._files = files
        self._stack = stack
        self._blobs: Blobs | None = None
        self.source: Source = Source(self.fetch)

    def fetch(self, sha256: str) -> bytes:
        """Return the bytes with this hash."""
        if self._blobs is None:
            connection = self._stack.enter_context(self._files.blobs.reading())
            self._blobs = Blobs(connection, self._files.folder)
        return self._blobs.get(sha256)

    def body(self, run_id: str, seq: int) -> str:
        """Return the JSON of one step."""
        found = self.events.execute(_BODY, (run_id, seq)).fetchone()
        if found is None:
            raise StoreError(f"run {run_id}: step {seq} is not there any more")
        return found[0]


@contextlib.contextmanager
def opened(files: Files) -> Generator[Reader | None, None, None]:
    """Lend the store; None where there is none yet."""
    if not files.events.path.exists():
        yield None
        return
    with contextlib.ExitStack() as stack:
        events = stack.enter_context(files.events.reading())
        yield Reader(files, events, stack)
