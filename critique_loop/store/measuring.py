"""What is in a store, in numbers: runs, steps, what models took, and what it weighs."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from critique_loop.store.checking import large_files, stored_blobs
from critique_loop.store.encoding import Source, decode
from critique_loop.store.rows import Hashes, SqliteSource, no_bytes, opened_source, references
from critique_loop.store.sealing import Progress
from critique_loop.values import Ended, Started

_CALLS = """
SELECT count(*), coalesce(sum(json_extract(body, '$.requests')), 0),
    coalesce(sum(json_extract(body, '$.usage.input_tokens')), 0),
    coalesce(sum(json_extract(body, '$.usage.output_tokens')), 0),
    coalesce(sum(json_extract(body, '$.cost_usd')), 0.0),
    count(*) - count(json_extract(body, '$.cost_usd'))
FROM events WHERE kind = 'called'
"""
_STARTED = "SELECT body FROM events WHERE run_id = ? AND seq = 0"


@dataclass(slots=True)
class Measured:
    """A store in numbers; times are Unix times (None: no run), sizes bytes.

    ``calls`` counts questions to models and ``requests`` what was sent for them; tokens are those
    that servers told, ``unpriced`` the calls whose cost is not known. ``pooled_savings`` is what
    values and files would take more if each step that names them had a copy of its own.
    """

    runs: int = 0
    states: dict[str, int] = field(default_factory=dict[str, int])
    stop_reasons: dict[str, int] = field(default_factory=dict[str, int])
    kinds: dict[str, int] = field(default_factory=dict[str, int])
    steps: int = 0
    steps_by_kind: dict[str, int] = field(default_factory=dict[str, int])
    labels: int = 0
    replies: int = 0
    calls: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0
    events_bytes: int = 0
    small_blobs: int = 0
    small_blobs_bytes: int = 0
    large_blobs: int = 0
    large_blobs_bytes: int = 0
    pooled_savings: int = 0
    oldest: float | None = None
    newest: float | None = None


def measure(path: Path, *, progress: Progress | None = None) -> Measured:
    """Return what is in the store at ``path``.

    Raises:
        CallError: there is none.
        StoreError: it can't be read.
    """
    measured = Measured()
    with opened_source(path) as source:
        _count_steps(source, measured)
        _weigh(source, measured)
        shared = Source(source.blob, data=no_bytes)
        runs = list(source.run_ids())
        for done, run_id in enumerate(runs, 1):
            _count_run(source, run_id, shared, measured)
            if progress is not None:
                progress(done, len(runs))
    return measured


def sizes(path: Path) -> int:
    """Return the bytes of an SQLite file and its log, as far as they are there."""
    beside = (path, path.with_name(f"{path.name}-wal"))
    return sum(each.stat().st_size for each in beside if each.exists())


def _count_steps(source: SqliteSource, measured: Measured) -> None:
    connection = source.connection
    measured.steps_by_kind = dict(
        connection.execute("SELECT kind, count(*) FROM events GROUP BY kind ORDER BY kind")
    )
    measured.steps = sum(measured.steps_by_kind.values())
    (
        measured.calls,
        measured.requests,
        measured.input_tokens,
        measured.output_tokens,
        measured.cost_usd,
        measured.unpriced,
    ) = connection.execute(_CALLS).fetchone()
    ends = "SELECT count(*), min(started_at), max(started_at) FROM runs"
    measured.runs, measured.oldest, measured.newest = connection.execute(ends).fetchone()
    measured.labels = sum(1 for _ in source.labels())
    measured.replies = sum(1 for _ in source.replies())


def _weigh(source: SqliteSource, measured: Measured) -> None:
    measured.events_bytes = sizes(source.files.events.path)
    measured.small_blobs_bytes = sizes(source.files.blobs.path)
    for path in large_files(source.files.folder):
        measured.large_blobs += 1
        measured.large_blobs_bytes += path.stat().st_size
    with contextlib.closing(Hashes()) as hashes:
        for sha256, size, _ in stored_blobs(source):
            hashes.hold(sha256, size)
            measured.small_blobs += 1
        measured.small_blobs -= measured.large_blobs
        for body in _texts(source.connection):
            for reference in references(body):
                hashes.add(reference.sha256)
        saved = "SELECT coalesce(sum((named - 1) * size), 0) FROM hashes WHERE named > 1"
        (measured.pooled_savings,) = hashes.connection.execute(saved).fetchone()


def _texts(connection: sqlite3.Connection) -> Iterator[str]:
    for (body,) in connection.execute("""SELECT body FROM events WHERE body LIKE '%{"$%'"""):
        yield body


def _count_run(source: SqliteSource, run_id: str, shared: Source, measured: Measured) -> None:
    _add(measured.states, source.state(run_id))
    end = source.end(run_id)
    if end is not None:
        _add(measured.stop_reasons, decode(end, Ended, shared).stopped_because)
    found = source.connection.execute(_STARTED, (run_id,)).fetchone()
    if found:
        _add(measured.kinds, decode(found[0], Started, shared).task.kind)


def _add(counts: dict[str, int], name: str) -> None:
    counts[str(name)] = counts.get(str(name), 0) + 1
