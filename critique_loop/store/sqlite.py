"""The trace store: append-only events in one SQLite file that several processes may share."""

from __future__ import annotations

import math
import os
import time
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from anyio import to_thread

from critique_loop.errors import CallError
from critique_loop.store import reading
from critique_loop.store.claims import claimed
from critique_loop.store.committer import Committer
from critique_loop.store.filesystems import warn_of_network
from critique_loop.store.journal import Files, Journal, Step
from critique_loop.store.labels import KeptLabel, check_label
from critique_loop.store.outcomes import rebuild
from critique_loop.store.replies import KeptReply, check_key
from critique_loop.store.rows import RUN_ID
from critique_loop.store.scanning import ALL_STEPS, EVERYTHING, Selection, Steps, scan
from critique_loop.store.stored_run import StoredRun
from critique_loop.store.summaries import RunSummary
from critique_loop.values import Event, Label, Outcome, Preference, Reply

_LARGEST_SEQ = 2**63 - 1


class SqliteStore:
    """Keeps traces, replies of models and labels of persons in a SQLite file at ``path``.

    Blobs lie beside it.

    Nothing is opened or made before the first step is appended; reading where there is no store
    finds no runs. One object serves any number of loops, threads and event loops. The file should
    lie on a local disk: SQLite's locks don't hold on network file systems, of which a warning
    (``NetworkFileSystem``) says so.

    All methods raise StoreError where the store can't be read or written, and never delete a thing.
    """

    def __init__(self, path: Path | str, *, busy_timeout_s: float = 10.0) -> None:
        """Name the file; ``busy_timeout_s`` is how long to wait for other processes' locks."""
        self.path: Path = Path(path)
        warn_of_network(self.path, stacklevel=2)
        self._files = Files.of(self.path, busy_timeout_s=busy_timeout_s)
        self._committer = Committer(Journal(self._files))
        self._process = os.getpid()

    async def append(self, event: Event) -> None:
        """Keep ``event``; it is committed when this returns, and survives a killed process.

        The last event of a run is also on the disk, with all before it. The same event twice is
        harmless. A cancelled append is stored all the same.

        Raises:
            CallError: the event can't be kept: its run id, its body.
            StoreError: another event has its (run_id, seq), or the store can't be written.
        """
        _check(event)
        await self._append(event)

    async def keep_reply(self, key: str, reply: Reply) -> None:
        """Keep ``reply`` under ``key``, a SHA-256; it is on the disk when this returns.

        The latest reply of a key counts; those before it stay in the file. A cancelled call keeps
        the reply all the same.

        Raises:
            CallError: the key is none, or the reply holds what can't be kept.
        """
        check_key(key)
        await self._append(KeptReply(key, time.time(), reply))

    async def reply(self, key: str) -> Reply | None:
        """Return the reply kept last under ``key``, or None."""
        check_key(key)
        return await to_thread.run_sync(reading.reply, self._files, key)

    async def keep_label(self, label: Label | Preference) -> None:
        """Keep what a person said; it is on the disk when this returns.

        A later label of the same person for the same thing supersedes it; both stay in the file.
        The same id twice is harmless: the first stays. A cancelled call keeps the label all the
        same.

        Raises:
            CallError: its value is no mark, its labeller has no name that can be kept.
        """
        check_label(label)
        for shown in (label.shown,) if isinstance(label, Label) else (label.first, label.second):
            _check_place(shown.run_id, shown.round)
        await self._append(KeptLabel(label))

    async def labels(self) -> Sequence[Label | Preference]:
        """Return all that persons said, oldest first, also what was superseded since."""
        return await to_thread.run_sync(reading.labels, self._files)

    async def events(self, run_id: str) -> AsyncIterator[Event]:
        """Yield the events of a run in order; none where there is no such run."""
        after = -1
        while True:
            page = await to_thread.run_sync(reading.page, self._files, run_id, after)
            for event in page:
                yield event
            if len(page) < reading.PAGE:
                return
            after = page[-1].seq

    async def blob(self, sha256: str) -> bytes:
        """Return the bytes with this hash.

        Raises:
            CallError: the store holds no such bytes.
        """
        return await to_thread.run_sync(reading.blob, self._files, sha256)

    async def runs(self) -> Sequence[RunSummary]:
        """Return all runs, the newest first."""
        return await to_thread.run_sync(reading.runs, self._files)

    def scan(
        self,
        selection: Selection = EVERYTHING,
        *,
        pictures: bool = False,
        steps: Steps = ALL_STEPS,
    ) -> Generator[StoredRun]:
        """Yield the selected runs that there are now, the oldest first, a few in memory at a time.

        Each run is seen whole, as it was at one moment; what is appended while it is looked at is
        not in it, and no writer is kept waiting. Without ``pictures`` no file that a program left
        is read: its ``data`` is empty, as are those of pictures in messages. ``steps`` says which
        of its steps are read with it. It blocks; from a task call it through a thread. Close it
        (``contextlib.closing``) where it is not read to its end.
        """
        return scan(self._files, selection, pictures=pictures, steps=steps)

    def claim(self, run_id: str) -> AbstractContextManager[None]:
        """Hold a run while going on with it; the claim ends with the context or the process.

        Raises:
            CallError: somebody else holds it, be it in this process.
        """
        return claimed(self.path, run_id)

    async def find(self, prefix: str) -> str:
        """Return the id of the one run whose id begins with ``prefix``; a whole id always wins.

        Raises:
            CallError: no run's id does, or those of several do.
        """
        return await to_thread.run_sync(reading.find, self._files, prefix)

    async def outcome(self, run_id: str) -> Outcome:
        """Return how a run ended, or what it has so far where it has no end.

        Raises:
            CallError: there is no such run.
        """
        events = [event async for event in self.events(run_id)]
        if not events:
            raise CallError(f"no run has the id {run_id!r}", remedy="List them: critique-loop ls")
        return rebuild(run_id, events)

    async def _append(self, step: Step) -> None:
        if os.getpid() != self._process:  # a forked child has no writing thread
            self._committer = Committer(Journal(self._files))
            self._process = os.getpid()
        await self._committer.append(step)

    def close(self) -> None:
        """Write what is still waiting and close the file. Reading stays possible."""
        self._committer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _check(event: Event) -> None:
    """Refuse what could be written but not found or read again.

    Raises:
        CallError: the run id, the number or the times of the event are out of range.
    """
    _check_place(event.run_id, event.seq)
    if not (math.isfinite(event.at) and math.isfinite(event.seconds)):
        raise CallError(f"step {event.seq} of run {event.run_id}: its times are not finite")


def _check_place(run_id: str, number: int) -> None:
    if not RUN_ID.fullmatch(run_id):
        raise CallError(
            f"{run_id!r} can't be the id of a run",
            remedy="Use at most 128 letters, digits, '-', '_' and '.', a letter or digit first.",
        )
    if not 0 <= number <= _LARGEST_SEQ:
        raise CallError(f"a run has no step {number}", remedy="Number the steps from 0.")
