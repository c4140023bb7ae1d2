"""Runs from elsewhere brought into a store: looked through as a whole first, then written."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from critique_loop.errors import CallError
from critique_loop.store.encoding import Source
from critique_loop.store.origins import Renamed, origins, origins_first
from critique_loop.store.rows import Hashes, Row, mark, no_bytes
from critique_loop.store.sealed import MANIFEST, SealedReader, broken, opened, read_manifest
from critique_loop.store.sealed_lines import EVENTS, LinesReader
from critique_loop.store.sealed_parquet import ParquetReader
from critique_loop.store.sealing import Progress, SealedForm
from critique_loop.store.validating import RunCheck, check_label_row
from critique_loop.store.writing import Fate, SqliteTarget, opened_target

_SHOWN = 5
_MAGIC = {
    b"PK\x03\x04": ("a zip archive", "Unpack it, look at what it holds, and import the folder."),
    b"\x1f\x8b": ("compressed with gzip", "Unpack it first."),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", "Unpack it first."),
    b"SQLite format 3\x00": (
        "a trace store, or another SQLite file",
        "Bring its runs in: critique-loop store merge FILE --into STORE",
    ),
    b"PAR1": ("a Parquet file by itself", "Name the folder that it lies in."),
    b"\x80\x04\x95": ("a pickle, which is a program", "Traces are JSON lines or Parquet."),
    b"\x80\x05\x95": ("a pickle, which is a program", "Traces are JSON lines or Parquet."),
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of each run, by its id; ``renamed`` maps ids to those they were given here."""

    fates: dict[str, Fate]
    renamed: dict[str, str]
    labels: int

    def of(self, fate: Fate) -> list[str]:
        """Return the runs that met this fate."""
        return [run_id for run_id, met in self.fates.items() if met is fate]


def import_runs(
    file: Path, store: Path, *, rename: bool = False, progress: Progress | None = None
) -> Imported:
    """Bring the runs of a sealed folder, or of a file of JSON lines, into the store at ``store``.

    Everything is read and checked before anything is written. Importing the same again changes
    nothing. With ``rename``, a run whose id another one has here gets its id with the first digits
    of its own hash; branches, rescorings and labels of such a run name its new id.

    Raises:
        CallError: the file is no trace, or is damaged; or a run is here with other content, and
            then nothing was written.
        StoreError: the store can't be written.
    """
    with opened_sealed(file) as reader:
        digests = _check(reader)
        with opened_target(store) as target:
            clashes = [run for run in digests if target.compare(reader, run) is Fate.CLASH]
            if clashes and not rename:
                raise CallError(
                    f"{store}: has other runs of the same id: {_named(clashes)}",
                    remedy="Nothing was written. Give them other ids here with --rename.",
                )
            renamed = _renamed(reader, target, digests) if clashes else {}
            return _write(reader, target, tuple(digests), renamed=renamed, progress=progress)


@contextlib.contextmanager
def opened_sealed(file: Path) -> Generator[SealedReader]:
    """Lend a sealed folder (or its manifest, or a file of JSON lines) for reading.

    Raises:
        CallError: it is none of these, or not as its manifest says.
    """
    folder = file.parent if file.name == MANIFEST else file
    if folder.is_dir():
        manifest = read_manifest(folder)
        if manifest.form not in set(SealedForm):
            raise broken(folder / MANIFEST, f"the form {manifest.form!r} is not known")
        parquet = manifest.form == SealedForm.PARQUET
        reader = ParquetReader(folder) if parquet else LinesReader(folder / EVENTS)
    else:
        _refuse_foreign(file)
        reader = LinesReader(file)
    with contextlib.closing(reader):
        yield reader


def _refuse_foreign(file: Path) -> None:
    with opened(file) as stream:
        start = stream.read(16)
    for magic, (what, remedy) in _MAGIC.items():
        if start.startswith(magic):
            raise CallError(f"{file}: is {what}", remedy=remedy.replace("FILE", str(file)))


def _check(reader: SealedReader) -> dict[str, str]:
    """Return the hash of each run's content, once all is as it should be.

    Raises:
        CallError: it isn't.
    """
    digests: dict[str, str] = {}
    with contextlib.closing(Hashes()) as held:
        for sha256 in reader.hashes():
            data = reader.blob(sha256)
            if hashlib.sha256(data).hexdigest() != sha256:
                raise CallError(
                    f"the bytes {sha256} are damaged", remedy="Get the traces once more."
                )
            held.hold(sha256, len(data))
        source = Source(reader.blob, data=no_bytes)
        check: RunCheck | None = None
        for run_id, row in reader.entries():
            if check is None or check.run_id != run_id:
                _finish(check, digests)
                check = RunCheck(run_id, source)
            _check_references(row, reader.blob, held)
            check.add(row)
        _finish(check, digests)
    if not digests:
        raise CallError("there are no runs in it", remedy="Seal some: critique-loop store seal")
    for label in reader.labels():
        check_label_row(label)
    return digests


def _finish(check: RunCheck | None, digests: dict[str, str]) -> None:
    if check is not None:
        digests[check.run_id] = check.finish()


def _check_references(row: Row, blob: Callable[[str], bytes], held: Hashes) -> None:
    missing = mark(row.body, blob, held)
    if missing:
        raise CallError(
            f"the bytes {missing}, which step {row.seq} names, are missing",
            remedy="Bring the blobs, too: they lie beside the events.",
        )


def _renamed(
    reader: SealedReader, target: SqliteTarget, digests: Mapping[str, str]
) -> dict[str, str]:
    """Return new ids for runs that clash, also for such that do so only because of another one."""
    renamed: dict[str, str] = {}
    source = Renamed(reader, renamed)
    for run_id in origins_first(digests, origins(reader, digests)):
        if target.compare(source, run_id) is Fate.CLASH:
            renamed[run_id] = f"{run_id[:100]}-{digests[run_id][:8]}"
    return renamed


def _write(
    reader: SealedReader,
    target: SqliteTarget,
    runs: Sequence[str],
    *,
    renamed: dict[str, str],
    progress: Progress | None,
) -> Imported:
    fates: dict[str, Fate] = {}
    source = Renamed(reader, renamed) if renamed else reader
    for done, run_id in enumerate(runs, 1):
        fates[run_id] = target.add(source, run_id, name=renamed.get(run_id, ""))
        if progress is not None:
            progress(done, len(runs))
    here = {renamed.get(run_id, run_id) for run_id in fates}
    labels = sum(
        target.label(label, reader.blob) for label in source.labels() if label.run_id in here
    )
    return Imported(fates, renamed, labels)


def _named(runs: Sequence[str]) -> str:
    shown = ", ".join(runs[:_SHOWN])
    return f"{shown} and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else shown
