"""Copies of traces for people who may not see all of them: redacted, and read again as proof."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from critique_loop.store.leaks import refuse_leaks
from critique_loop.store.merging import Merged, bring, chosen_runs, new_store
from critique_loop.store.place import scratch_name
from critique_loop.store.redacting import RedactedSource
from critique_loop.store.redaction import Redaction
from critique_loop.store.rows import opened_source
from critique_loop.store.sealing import Progress
from critique_loop.store.writing import opened_target


def copy_redacted(
    path: Path,
    into: Path,
    redaction: Redaction,
    *,
    runs: Sequence[str] = (),
    progress: Progress | None = None,
) -> Merged:
    """Copy runs of the store at ``path`` into a new one at ``into``, without what is to go.

    ``runs`` are their ids; none: all. Replies of models stay behind. ``Started.settings`` say what
    was redacted. The copy is read as a whole before it comes to its place, and removed if anything
    of what was to go is left.

    Raises:
        CallError: there is something at ``into``, or a run or a column is not there.
        StoreError: a store can't be read or written, or something is left.
    """
    with opened_source(path) as source:
        chosen = chosen_runs(source, runs)
        with new_store(into) as scratch:
            redacted = RedactedSource(source, chosen, redaction)
            with opened_target(scratch) as target:
                merged = bring(redacted, chosen, target, progress=progress)
            refuse_leaks(scratch, redaction, redacted.known)
    return merged


@contextmanager
def redacted_store(
    path: Path,
    redaction: Redaction,
    *,
    beside: Path,
    runs: Sequence[str] = (),
    progress: Progress | None = None,
) -> Generator[Path]:
    """Lend a redacted copy, for sealing; it lies beside ``beside`` and is removed afterwards.

    Raises:
        CallError: a run or a column is not there.
        StoreError: as for ``copy_redacted``.
    """
    scratch = scratch_name(beside.absolute())
    try:
        copy_redacted(path, scratch / "traces.db", redaction, runs=runs, progress=progress)
        yield scratch / "traces.db"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
