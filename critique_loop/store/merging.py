"""Runs of stores brought together in one, or copied into a new one, by what they hold."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from critique_loop.errors import CallError
from critique_loop.store.checking import is_whole
from critique_loop.store.faults import store_error
from critique_loop.store.journal import Files
from critique_loop.store.origins import dependents, origins, runs_of
from critique_loop.store.place import make_folder, new_folders, scratch_name
from critique_loop.store.rescuing import opened_rescue
from critique_loop.store.rows import BUSY_TIMEOUT_S, SqliteSource, TraceSource, opened_source
from critique_loop.store.sealing import Progress
from critique_loop.store.writing import Fate, SqliteTarget, opened_target


@dataclass(slots=True)
class Merged:
    """What became of the runs of one store, and how many labels and replies were new.

    ``clashes`` are runs that another one has the id of, ``dependents`` branches and rescorings of
    such, ``damaged`` runs that can't be read; all of them were left out.
    """

    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))
    clashes: list[str] = field(default_factory=list[str])
    dependents: list[str] = field(default_factory=list[str])
    damaged: list[str] = field(default_factory=list[str])
    labels: int = 0
    replies: int = 0


def merge(
    stores: Sequence[Path], into: Path, *, progress: Progress | None = None
) -> dict[Path, Merged]:
    """Bring all runs, labels and replies of ``stores`` into the store ``into``.

    What is there already is passed over, by content; a run that goes on where the one there stops
    is carried on; one with other content under an id that is taken is left out, with its branches,
    rescorings and labels. Nothing is ever
    overwritten, and ``stores`` are only read. ``into`` is made where there is none.

    Raises:
        CallError: a store is not there, or is ``into`` itself.
        StoreError: a store can't be read, or ``into`` not be written.
    """
    done: dict[Path, Merged] = {}
    for path in stores:
        if path.resolve() == into.resolve():
            raise CallError(f"{path}: can't be merged into itself", remedy="Name another store.")
        if not path.exists():
            raise CallError(f"{path}: there is no trace store", remedy="Name another one.")
    with opened_target(into) as target:
        for path in stores:
            with opened_source(path) as source:
                merged = bring(source, list(source.run_ids()), target, progress=progress)
                merged.replies = target.replies(source.replies(), source.blob)
            done[path] = merged
    return done


def copy(
    path: Path,
    into: Path,
    *,
    runs: Sequence[str] = (),
    rescue: bool = False,
    progress: Progress | None = None,
) -> Merged:
    """Copy runs of the store at ``path``, with their labels, into a new store at ``into``.

    ``runs`` are their ids; none: all of them, and the replies of models, too. With ``rescue``, runs
    that can't be read are left out instead of ending the copy. Until it is whole, nothing is at
    ``into``.

    Raises:
        CallError: there is something at ``into``, or a run is not there.
        StoreError: a store can't be read or written.
    """
    with (opened_rescue if rescue else opened_source)(path) as source:
        chosen = chosen_runs(source, runs)
        whole = [run for run in chosen if is_whole(source, run)] if rescue else chosen
        with new_store(into) as scratch, opened_target(scratch) as target:
            merged = bring(source, whole, target, progress=progress)
            if not runs:
                merged.replies = target.replies(source.replies(), source.blob)
    merged.damaged = [run for run in chosen if run not in set(whole)]
    return merged


def bring(
    source: TraceSource,
    runs: Sequence[str],
    target: SqliteTarget,
    *,
    progress: Progress | None = None,
) -> Merged:
    """Add these runs and their labels to an open store.

    Left out are runs that clash, and branches, rescorings and labels of such.
    """
    merged = Merged()
    fates = {run_id: target.compare(source, run_id) for run_id in runs}
    left = _left_out(source, fates, merged)
    brought: set[str] = set()
    for done, run_id in enumerate(runs, 1):
        if run_id not in left:
            is_here = fates[run_id] is Fate.SAME
            fate = Fate.SAME if is_here else target.add(source, run_id)
            merged.fates[fate] += 1
            (merged.clashes.append if fate is Fate.CLASH else brought.add)(run_id)
        if progress is not None:
            progress(done, len(runs))
    for label in source.labels():
        if label.run_id in brought and (not left or left.isdisjoint(runs_of(label))):
            merged.labels += target.label(label, source.blob)
    return merged


def _left_out(source: TraceSource, fates: Mapping[str, Fate], merged: Merged) -> set[str]:
    """Return what can't be brought, and note it."""
    merged.clashes = [run_id for run_id, fate in fates.items() if fate is Fate.CLASH]
    merged.fates[Fate.CLASH] = len(merged.clashes)
    if merged.clashes:
        merged.dependents = dependents(fates, origins(source, fates), merged.clashes)
    return {*merged.clashes, *merged.dependents}


@contextlib.contextmanager
def new_store(path: Path) -> Generator[Path]:
    """Lend the place of a store that comes to ``path`` once all went well, and else is removed.

    Raises:
        CallError: there is something at ``path``.
        StoreError: it can't be written.
    """
    files = Files.of(path, busy_timeout_s=BUSY_TIMEOUT_S)
    for there in (files.events.path, files.blobs.path, files.folder):
        if there.exists() or there.is_symlink():
            raise CallError(f"{there}: is there already", remedy="Name a store that is not.")
    scratch = scratch_name(path.absolute())
    try:
        with new_folders(scratch.parent), _removed(scratch):
            make_folder(scratch)
            yield scratch / path.name
            made = Files.of(scratch / path.name, busy_timeout_s=BUSY_TIMEOUT_S)
            if made.folder.exists():
                made.folder.rename(files.folder)
            made.blobs.path.rename(files.blobs.path)
            made.events.path.rename(files.events.path)  # last: from here on it is a store
    except OSError as error:
        raise store_error(path, error) from error


@contextlib.contextmanager
def _removed(scratch: Path) -> Generator[None]:
    try:
        yield
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def chosen_runs(source: SqliteSource, runs: Sequence[str]) -> Sequence[str]:
    """Return ``runs``, or all that there are.

    Raises:
        CallError: one of them is not there.
    """
    there = dict.fromkeys(source.run_ids())
    for run_id in runs:
        if run_id not in there:
            raise CallError(f"no run has the id {run_id!r}", remedy="List them: critique-loop ls")
    return tuple(runs or there)
