"""The order of rows for KTO: by chance, and rows of one task far apart.

KTO estimates its KL term from a row's neighbours in the batch, which must not be answers to the
same prompt. Rows wait in a file, so that the memory they take does not grow with their number.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

APART = 32
_SCHEMA = "CREATE TABLE rows (place BLOB, task TEXT, good INTEGER, body BLOB)"
_ORDERED = "SELECT rowid, task FROM rows ORDER BY place, rowid"
_BODY = "SELECT body FROM rows WHERE rowid = ?"


@dataclass(slots=True)
class Spaced:
    """Rows on their way to a file; ``close`` takes the scratch file away."""

    scratch: Path
    seed: int = 0
    good: int = 0
    bad: int = 0
    too_near: int = 0
    _connection: sqlite3.Connection = field(init=False)

    def __post_init__(self) -> None:
        """Make the scratch file."""
        self._connection = sqlite3.connect(self.scratch, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.execute("BEGIN")
        self._connection.execute(_SCHEMA)

    def add(self, body: bytes, *, task: str, good: bool) -> None:
        """Take in one row."""
        number = self.good + self.bad
        place = hashlib.sha256(f"{self.seed}\0{number}\0{task}".encode()).digest()[:12]
        row = (place, task, good, body)
        self._connection.execute("INSERT INTO rows VALUES (?, ?, ?, ?)", row)
        self.good += good
        self.bad += not good

    def rows(self) -> Iterator[bytes]:
        """Yield all rows; no two of a task are within ``APART`` rows, as far as that can be.

        ``too_near`` counts those that are.
        """
        for rowid in self._order():
            (body,) = self._connection.execute(_BODY, (rowid,)).fetchone()
            yield body

    def _order(self) -> Iterator[int]:
        recent: deque[str] = deque(maxlen=APART - 1)
        waiting: dict[str, deque[int]] = {}
        with closing(self._connection.execute(_ORDERED)) as cursor:
            for rowid, task in cursor:
                waiting.setdefault(task, deque()).append(rowid)
                free = task if task not in recent else _free(waiting, recent)
                if free is not None:
                    yield _take(waiting, recent, free)
        while waiting:
            free = _free(waiting, recent)
            if free is None:
                self.too_near += 1
                free = next(iter(sorted(waiting, key=lambda t: (t in tuple(recent)[-1:], t))))
            yield _take(waiting, recent, free)

    def close(self) -> None:
        """Take the scratch file away."""
        self._connection.close()
        self.scratch.unlink(missing_ok=True)


def _free(waiting: dict[str, deque[int]], recent: deque[str]) -> str | None:
    """Return the task with most rows waiting that may come now, or None."""
    may = [task for task in waiting if task not in recent]
    return max(may, key=lambda task: (len(waiting[task]), task), default=None)


def _take(waiting: dict[str, deque[int]], recent: deque[str], task: str) -> int:
    rowid = waiting[task].popleft()
    if not waiting[task]:
        del waiting[task]
    recent.append(task)
    return rowid


class Weights(NamedTuple):
    """What good and bad rows are to be weighted with."""

    desirable: float
    undesirable: float


def weights(good: int, bad: int) -> Weights | None:
    """Return desirable and undesirable weight that bring good to bad between 1:1 and 4:3.

    None where the numbers do so themselves, or one kind is missing (Ethayarajh et al. 2024, section
    4.2, arXiv:2402.01306; TRL's KTOTrainer says the same).
    """
    if not good or not bad or bad <= good <= bad * 4 / 3:
        return None
    if good < bad:
        return Weights(round(bad / good, 3), 1.0)
    return Weights(1.0, round(good / bad, 3))
