"""Finished runs sealed into a folder that others can read, without the store and for good."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import msgspec

from critique_loop.errors import CallError, StoreError
from critique_loop.store.encoding import decode
from critique_loop.store.place import PRIVATE_FOLDER, scratch_name
from critique_loop.store.redaction import RedactionNote
from critique_loop.store.rows import Hashes, SqliteSource, TraceSource, carry, opened_source
from critique_loop.store.sealed import (
    FORMAT,
    LABELS,
    MANIFEST,
    VERSION,
    Manifest,
    SealedFile,
    SealedWriter,
    label_line,
    seal_of,
)
from critique_loop.store.sealed_lines import LinesWriter
from critique_loop.store.sealed_parquet import ParquetWriter
from critique_loop.store.summaries import RunState
from critique_loop.values import EventKind, Started

Progress = Callable[[int, int], None]
"""Called with how many runs are done, and how many there are."""


class SealedForm(StrEnum):
    """What the files of a sealed folder are."""

    PARQUET = "parquet"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was sealed, and where."""

    folder: Path
    manifest: Manifest


_WRITERS: dict[SealedForm, type[ParquetWriter | LinesWriter]] = {
    SealedForm.PARQUET: ParquetWriter,
    SealedForm.JSONL: LinesWriter,
}


def seal(
    path: Path,
    folder: Path,
    *,
    runs: Sequence[str] = (),
    form: SealedForm = SealedForm.PARQUET,
    progress: Progress | None = None,
) -> Sealed:
    """Write runs of the store at ``path`` into ``folder``, which must not be there yet.

    ``runs`` are their ids; none: all that have ended. The labels of persons go with them, models'
    cached replies don't. Until it is whole, the folder has another name, so nobody sees half of it.

    Raises:
        CallError: ``folder`` holds something; a run is not there or still going on; no run has
            ended; pyarrow is not installed.
        StoreError: the store can't be read, or the folder not be written.
    """
    with opened_source(path) as source:
        chosen = finished(source, runs)
        with whole_folder(folder) as scratch:
            files = _WRITERS[form](scratch)
            try:
                counts = _Counts()
                _write(source, chosen, files, counts=counts, progress=progress)
                _write_labels(source, frozenset(chosen), scratch / LABELS, counts=counts)
                files.finish()
            finally:
                files.close()
            sealed_files = (*files.files, LABELS)
            manifest = counts.manifest(
                form, {name: seal_of(scratch / name) for name in sealed_files}
            )
            text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
            (scratch / MANIFEST).write_bytes(text + b"\n")
    return Sealed(folder, manifest)


def finished_runs(path: Path) -> Sequence[str]:
    """Return all runs of the store at ``path`` that have ended.

    Raises:
        CallError: there is none.
    """
    with opened_source(path) as source:
        return finished(source)


def finished(source: SqliteSource, runs: Sequence[str] = ()) -> Sequence[str]:
    """Return the runs that can be sealed: ``runs``, or all that have ended.

    Raises:
        CallError: one is not there or is still going on, or none has ended.
    """
    if not runs:
        ended = [run_id for run_id in source.run_ids() if source.end(run_id) is not None]
        if not ended:
            raise CallError(
                f"{source.files.events.path}: no run has ended",
                remedy="`critique-loop ls` says where each one stands.",
            )
        return ended
    there = set(source.run_ids())
    for run_id in runs:
        if run_id not in there:
            raise CallError(f"no run has the id {run_id!r}", remedy="List them: critique-loop ls")
        if source.state(run_id) is RunState.RUNNING:
            raise CallError(f"run {run_id} is still going on", remedy="Stop it first, or wait.")
    return tuple(dict.fromkeys(runs))


@dataclass(slots=True)
class _Counts:
    events: int = 0
    blobs: int = 0
    labels: int = 0
    runs: int = 0
    redacted: dict[str, None] = field(default_factory=dict[str, None])

    def manifest(self, form: SealedForm, files: dict[str, SealedFile]) -> Manifest:
        return Manifest(
            FORMAT,
            VERSION,
            form.value,
            runs=self.runs,
            events=self.events,
            blobs=self.blobs,
            labels=self.labels,
            redacted=tuple(self.redacted),
            files=files,
        )


def _write(
    source: TraceSource,
    runs: Sequence[str],
    files: SealedWriter,
    *,
    counts: _Counts,
    progress: Progress | None,
) -> None:
    with contextlib.closing(Hashes()) as seen:

        def put(sha256: str, data: bytes) -> None:
            files.blob(sha256, data)
            counts.blobs += 1

        for done, run_id in enumerate(runs, 1):
            for row in source.rows(run_id):
                carry(row.body, source.blob, is_new=seen.add, put=put)
                files.event(run_id, row)
                counts.events += 1
                if row.kind == EventKind.STARTED:
                    counts.redacted.update(dict.fromkeys(_redacted(row.body, source)))
            counts.runs += 1
            if progress is not None:
                progress(done, len(runs))


def _redacted(body: str, source: TraceSource) -> Sequence[str]:
    """Return what was taken out of a run, as its first step notes it."""
    if '"redacted"' not in body:
        return ()
    note = RedactionNote.of(decode(body, Started, source.blob).settings)
    return () if note is None else note.what


def _write_labels(
    source: TraceSource, runs: frozenset[str], path: Path, *, counts: _Counts
) -> None:
    """Write the labels of these runs, whose texts are short: they name no bytes."""
    with path.open("xb") as file:
        for label in source.labels():
            if label.run_id in runs:
                file.write(label_line(label))
                counts.labels += 1


@contextlib.contextmanager
def whole_folder(folder: Path) -> Generator[Path]:
    """Lend an empty folder that becomes ``folder`` once all went well, and else is removed.

    Raises:
        CallError: ``folder`` holds something already.
        StoreError: it can't be written.
    """
    scratch = scratch_name(folder.absolute())
    try:
        if folder.is_symlink() or (folder.exists() and (folder.is_file() or any(folder.iterdir()))):
            raise CallError(
                f"{folder}: is there already", remedy="Name a folder that is not there yet."
            )
        scratch.parent.mkdir(parents=True, exist_ok=True)
        scratch.mkdir(mode=PRIVATE_FOLDER)
        yield scratch
        scratch.rename(folder)
    except OSError as error:
        raise StoreError(
            f"{folder}: can't be written ({error.strerror or error})",
            remedy="Free some space or make its folder writable, or name another one.",
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
