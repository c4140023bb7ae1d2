"""Who works on which item of a batch: claimed for a while, given back, or finished once.

Leases are timed by the monotonic clock of the machine, which all its processes share, which no
change of the date moves and which stands still while the machine sleeps. A worker of an earlier
boot has ended, whatever its time says.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from critique_loop.errors import StoreError
from critique_loop.store.batches import Batch, Batches, ItemState
from critique_loop.store.charges import AS_EARLIER, KEEPING_EARLIER, WITH_TAKEN
from critique_loop.store.liveness import is_alive, this_process

LEASE_S = 60.0
MOST_DEATHS = 3

_CLAIM = """
UPDATE batch_items SET state = 'leased', worker = ?, leases = leases + 1,
    run_id = coalesce(run_id, lower(hex(randomblob(6))))
WHERE rowid IN (
    SELECT rowid FROM batch_items WHERE state = 'waiting' AND batch = ? AND pass = ?
    ORDER BY position LIMIT ?
)
RETURNING item, position, spec, run_id, leases
"""
_FINISH = f"""
UPDATE batch_items SET state = ?, result = {KEEPING_EARLIER}, worker = NULL,
    finished = (SELECT coalesce(max(finished), 0) + 1 FROM batch_items
                WHERE batch = ? AND finished IS NOT NULL)
WHERE batch = ? AND item = ? AND worker = ? AND state = 'leased'
"""  # noqa: S608 - parts of ours
_RELEASE = f"""
UPDATE batch_items SET state = 'waiting', worker = NULL,
    result = CASE ? WHEN '' THEN result ELSE {KEEPING_EARLIER} END
WHERE batch = ? AND item = ? AND worker = ? AND state = 'leased'
"""  # noqa: S608 - parts of ours
_NOTE = f"""
UPDATE batch_items SET result = json_set({WITH_TAKEN}, '$.run',
    (SELECT run_id FROM runs WHERE runs.run_id = batch_items.run_id))
WHERE batch = ? AND item = ?
"""  # noqa: S608 - parts of ours
# Whoever took an item from a process that is frozen, not dead, begins a run of its own: the other
# one may wake up and go on writing.
_TAKE_AWAY = """
UPDATE batch_items SET state = 'waiting', worker = NULL, deaths = deaths + ?,
    run_id = CASE ? WHEN 1 THEN run_id END, leases = CASE ? WHEN 1 THEN leases ELSE 0 END
WHERE state = 'leased' AND worker = ?
"""
_SET_ASIDE = f"""
UPDATE batch_items SET result = {AS_EARLIER} WHERE state = 'leased' AND worker = ?
"""  # noqa: S608 - parts of ours
_GIVE_UP = f"""
UPDATE batch_items SET state = 'failed',
    result = json_set({WITH_TAKEN}, '$.message', ?, '$.run', run_id),
    finished = (SELECT coalesce(max(finished), 0) + 1 FROM batch_items AS other
                WHERE other.batch = batch_items.batch AND other.finished IS NOT NULL)
WHERE rowid = ?
"""  # noqa: S608 - parts of ours
_DIED_OFTEN = (
    "SELECT rowid FROM batch_items WHERE state = 'waiting' AND batch = ? AND deaths >= ?"
    " ORDER BY position"
)


class LeaseLost(StoreError):  # noqa: N818 - a state of this worker, not a fault of the store
    """This worker was silent for so long that others took over what it had."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One item that this worker alone may work on.

    ``spec`` is what was added with it. ``run_id`` names its run, which may have begun before where
    ``is_fresh`` is false.
    """

    item: str
    position: int
    spec: str
    run_id: str
    is_fresh: bool


class Leases:
    """The items of one batch, as one worker sees them. Blocks."""

    def __init__(
        self,
        batches: Batches,
        batch: Batch,
        *,
        lease_s: float = LEASE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Name the worker; ``lease_s`` without a heartbeat and what it holds is given to others."""
        self.worker: str = uuid.uuid4().hex
        self.batch = batch
        self.lease_s = lease_s
        self._batches = batches
        self._clock = clock

    def enter(self) -> None:
        """Begin to work: note who this is."""
        with self._batches.writing() as connection:
            connection.execute(
                "INSERT INTO batch_workers (worker, batch, process, beat) VALUES (?, ?, ?, ?)",
                (self.worker, self.batch.id, this_process(), self._clock()),
            )

    def claim(self, most: int) -> list[Lease]:
        """Take up to ``most`` waiting items, the first of the file first; none where none wait.

        Raises:
            LeaseLost: this worker counts as gone.
        """
        values = (self.worker, self.batch.id, self.batch.number, most)
        with self._batches.writing() as connection:
            self._require_known(connection)
            rows = connection.execute(_CLAIM, values).fetchall()
        found = [
            Lease(item, position, spec, run_id, is_fresh=leases == 1)
            for item, position, spec, run_id, leases in rows
        ]
        return sorted(found, key=lambda lease: lease.position)

    def complete(self, item: str, result: str, *, failed: bool = False) -> bool:
        """Note that an item is done or has failed; false where it is not this worker's any more.

        To the result of one that has failed is added what its run took.
        """
        state = ItemState.FAILED if failed else ItemState.DONE
        values = (state.value, result, self.batch.id, self.batch.id, item, self.worker)
        with self._batches.writing() as connection:
            is_ours = connection.execute(_FINISH, values).rowcount == 1
            if is_ours and failed:
                connection.execute(_NOTE, (self.batch.id, item))
        return is_ours

    def release(self, item: str, result: str = "") -> bool:
        """Give an item back unfinished; ``result`` says what it took so far."""
        values = (result, result, self.batch.id, item, self.worker)
        with self._batches.writing() as connection:
            return connection.execute(_RELEASE, values).rowcount == 1

    def heartbeat(self) -> None:
        """Say that this worker lives; once for all it holds.

        Raises:
            LeaseLost: it came too late, others have what it had.
        """
        with self._batches.writing() as connection:
            self._require_known(connection)
            connection.execute(
                "UPDATE batch_workers SET beat = ? WHERE worker = ?", (self._clock(), self.worker)
            )

    def reap(self) -> int:
        """Take back what workers hold that have ended, or gave no sign for the time of a lease.

        An item that was with a worker when it died, three times over, has failed: it may be what
        kills them. Returns how many workers went.
        """
        query = "SELECT worker, process, beat FROM batch_workers WHERE batch = ? AND worker <> ?"
        gone = 0
        with self._batches.writing() as connection:
            for worker, process, beat in connection.execute(
                query, (self.batch.id, self.worker)
            ).fetchall():
                alive = is_alive(process)
                if alive and self._clock() - beat <= self.lease_s:
                    continue
                if alive:
                    connection.execute(_SET_ASIDE, (worker,))
                dead = int(not alive)
                connection.execute(_TAKE_AWAY, (dead, dead, dead, worker))
                connection.execute("DELETE FROM batch_workers WHERE worker = ?", (worker,))
                gone += 1
            if gone:
                self._give_up(connection)
        return gone

    def leave(self) -> None:
        """Give back all that is left, and be gone."""
        with self._batches.writing() as connection:
            connection.execute(
                "UPDATE batch_items SET state = 'waiting', worker = NULL"
                " WHERE state = 'leased' AND worker = ?",
                (self.worker,),
            )
            connection.execute("DELETE FROM batch_workers WHERE worker = ?", (self.worker,))

    def _give_up(self, connection: sqlite3.Connection) -> None:
        message = f"the process that ran it was killed, {MOST_DEATHS} times over"
        for (rowid,) in connection.execute(_DIED_OFTEN, (self.batch.id, MOST_DEATHS)).fetchall():
            connection.execute(_GIVE_UP, (message, rowid))

    def _require_known(self, connection: sqlite3.Connection) -> None:
        query = "SELECT 1 FROM batch_workers WHERE worker = ?"
        if connection.execute(query, (self.worker,)).fetchone() is None:
            raise LeaseLost(
                f"this worker gave no sign of life for {self.lease_s:g} s; others have its items",
                remedy="Start it again; what it had finished counts.",
            )
