"""The files of an export's parts, each opened when its first row comes."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack

from critique_loop.export.dialects.shapes import Row, meta_of
from critique_loop.export.files import Files, Written
from critique_loop.export.images import Images
from critique_loop.export.options import Place
from critique_loop.export.sinks import Apart, Lines, Sink, Table
from critique_loop.export.spacing import APART, Spaced, weights
from critique_loop.export.work import Work
from critique_loop.values import Example, ExampleKind

PROVENANCE = "provenance"


class Outlets:
    """Where rows go; whatever is open is closed with ``stack``."""

    def __init__(self, work: Work, place: Place, files: Files, stack: ExitStack) -> None:
        """Open nothing yet."""
        self.notes: list[str] = []
        self.images: Images | None = None
        if work.making.pictures:
            is_parquet = place.suffix == ".parquet"
            self.images = Images(work.pictures, is_parquet, place.folder, files)
        self._work, self._place, self._files, self._stack = work, place, files, stack
        self._sinks: dict[str, Sink] = {}
        self._origins: dict[str, Lines] = {}

    def write(self, part: str, row: Row, example: Example) -> None:
        """Add a row to the file of its part."""
        if part not in self._sinks:
            self._sinks[part] = self._opened(part)
            self._stack.callback(self._sinks[part].close)
        self._sinks[part].write(row, task=example.provenance.task_sha256)
        if not self._work.dialect.has_meta:
            self._beside(part).write(meta_of(example), task="")

    def _opened(self, part: str) -> Sink:
        path = self._place.data(part)
        sink = (Table if path.suffix == ".parquet" else Lines)(self._files, path, part)
        if self._work.kind is not ExampleKind.KTO:
            return sink
        waiting = path.with_name(f"{path.name}.waiting")
        scratch = self._files.scratch(waiting)
        self._files.forget(waiting)  # it goes when it is closed
        return Apart(sink, scratch, seed=self._work.options.get("seed", 0))

    def _beside(self, part: str) -> Lines:
        """Return the file that says where the rows of a part come from, line by line."""
        if part not in self._origins:
            path = self._place.data(part).with_suffix(f".{PROVENANCE}")
            self._origins[part] = Lines(self._files, path, PROVENANCE)
            self._stack.callback(self._origins[part].close)
        return self._origins[part]

    def without_rows(self, parts: Iterable[str]) -> list[str]:
        """Return which of ``parts`` have none."""
        return [part for part in parts if part not in self._sinks]

    def finish(self) -> list[Written]:
        """Bring all rows to the disk, and return what files there are."""
        written = [sink.finish() for _, sink in sorted(self._sinks.items())]
        written += [sink.finish() for _, sink in sorted(self._origins.items())]
        if self.images is not None:
            written += [file for _, file in sorted(self.images.written.items())]
        for part, sink in sorted(self._sinks.items()):
            if isinstance(sink, Apart):
                self.notes += _notes_on(part, sink.spaced)
        return written


def _notes_on(part: str, spaced: Spaced) -> list[str]:
    notes: list[str] = []
    where = f"{part}: " if part else ""
    if spaced.too_near:
        notes.append(
            f"{where}{spaced.too_near} rows stand within {APART} rows of another one of their "
            "task, for there are too few tasks: KTO's estimate of its KL term will be off"
        )
    found = weights(spaced.good, spaced.bad)
    if found:
        notes.append(
            f"{where}{spaced.good} good and {spaced.bad} bad: train with "
            f"desirable_weight={found.desirable:g}, undesirable_weight={found.undesirable:g}"
        )
    elif not (spaced.good and spaced.bad):
        notes.append(f"{where}all rows are {'good' if spaced.good else 'bad'}")
    return notes
