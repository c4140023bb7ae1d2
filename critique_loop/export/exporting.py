"""One export: examples in, files and a card out, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Unpack

from critique_loop.curation.pipeline import Pipeline, Report
from critique_loop.curation.splitting import split
from critique_loop.errors import CallError, MachineError
from critique_loop.export.counting import Dropped
from critique_loop.export.dialects import Dialect, dialect_of
from critique_loop.export.dialects.shapes import Row, Shape, meta_of
from critique_loop.export.examples import kind_of
from critique_loop.export.files import Files, Written
from critique_loop.export.making import Making
from critique_loop.export.options import PICTURES, PROMPTS, ExportOptions, Place
from critique_loop.export.origins import Origins
from critique_loop.export.pipeline import made
from critique_loop.export.prompts import Prompts
from critique_loop.export.rules import RowRules
from critique_loop.export.selecting import Selection
from critique_loop.export.sinks import Apart, Lines, Sink, Table
from critique_loop.export.spacing import APART, weights
from critique_loop.export.tokens import STEP, Lengths, tokenizer
from critique_loop.store import SqliteStore
from critique_loop.values import Example, ExampleKind

RULES = "row rules"
CARD = "README.md"
CARD_JSON = "card.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: how many rows, which files, what was left out, what is to be known."""

    rows: int
    files: tuple[Written, ...]
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...]
    curation: Report
    card: dict[str, object] = field(default_factory=dict[str, object])


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise CallError(f"{name}: there is no {value!r}", remedy=f"Known: {', '.join(known)}.")
    return value


class Export:
    """One export under way."""

    def __init__(
        self, store: SqliteStore, kind: str, dialect: str, **options: Unpack[ExportOptions]
    ) -> None:
        """Read the options.

        Raises:
            CallError: one of them is none, or contradicts another.
        """
        self.kind: ExampleKind = kind_of(kind)
        self.dialect: Dialect = dialect_of(dialect, self.kind)
        self.options = options
        self._store = store
        self.pictures = _one_of("pictures", options.get("pictures", "none"), PICTURES)
        told = _one_of("prompts", options.get("prompts", "rendered"), PROMPTS) == "told"
        self.making = Making(
            prompts=Prompts(options.get("agent", ""), told),
            selection=options.get("selection", Selection()),
            origins=Origins(tuple(options.get("licences", ()))),
            max_length_ratio=options.get("max_length_ratio", 3.0),
            pictures=self.pictures != "none",
        )
        path = options.get("tokenizer")
        self.lengths = Lengths(most=options.get("max_tokens"))
        if path is not None:
            self.lengths.count, self.lengths.counted_by = tokenizer(path), f"by {path.name}"
        self.pipeline = Pipeline(tuple(options.get("steps", ())))
        self.shape: Shape = self.dialect.shape(self.kind, pictures=self.pictures != "none")
        self._rules = RowRules(self.shape)

    def examples(self) -> Iterator[Placed]:
        """Yield the examples that are to be rows, each with its part ("" where all are one)."""
        examples = made(
            self._store,
            self.kind,
            self.making,
            runs=self.options.get("runs", ()),
            watch=self.options.get("watch", lambda _: None),
        )
        curated = self.pipeline.run(self.lengths.passing(examples))
        shares = self.options.get("shares")
        if shares is None:
            return (Placed("", example) for example in curated)
        return (Placed(part.value, example) for part, example in split(curated, shares))

    def row(self, example: Example) -> Row | None:
        """Return the row of an example, or None where it would break a rule, which is counted."""
        counts = self.making.counts
        counts.see(RULES)
        row = self.dialect.row(example)
        if self.dialect.has_meta:
            row["meta"] = meta_of(example)
        problem = self._rules.problem(row)
        if problem:
            counts.drop(RULES, problem)
            return None
        return row

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was left out, step by step; those of the curation are in its own report."""
        counts, lengths = self.making.counts, self.lengths
        found = [line for line in counts.dropped if line.step != RULES]
        if lengths.dropped:
            found.append(Dropped(STEP, f"--max-tokens: over {lengths.most}", lengths.dropped))
        return (*found, *(line for line in counts.dropped if line.step == RULES))

    def refuse_nothing(self, rows: int) -> None:
        """Refuse an export of no rows.

        Raises:
            CallError: there are none; the message says what left them out.
        """
        if rows:
            return
        runs = self.making.counts.seen["runs"]
        if not runs:
            raise CallError(
                "there is nothing to export: the trace store has no such run",
                remedy="List what there is: critique-loop ls",
            )
        curated = [
            Dropped(row.step, row.why, row.dropped)
            for row in self.pipeline.report.rows()
            if row.dropped
        ]
        told = [f"{line.step}: {line.number} {line.why}" for line in (*self.dropped(), *curated)]
        raise CallError(
            f"no row is left of {runs} runs. {'; '.join(told)}",
            remedy="Ask for less, or look at what would be left out: --preview.",
        )


class Placed(NamedTuple):
    """An example and the part it goes to."""

    part: str
    example: Example


def export(
    store: SqliteStore,
    *,
    kind: str,
    out: Path | str,
    dialect: str = "trl",
    **options: Unpack[ExportOptions],
) -> Exported:
    """Write the examples of the stored runs to ``out``, a file, or a folder of files.

    Either all files are there in the end, or none.

    Raises:
        CallError: an option is wrong, a file is there already, or no row is left.
        MachineError: the files can't be written.
        StoreError: a run can't be read.
    """
    work = Export(store, kind, dialect, **options)
    place = Place.of(Path(out), options.get("file_format", ""))
    files = Files(force=options.get("force", False))
    try:
        with ExitStack() as stack:
            stack.callback(files.discard)
            sinks = _Sinks(work, place, files, stack)
            files.refuse([place.data(""), place.beside(CARD), place.beside(CARD_JSON)])
            for part, example in work.examples():
                row = work.row(example)
                if row is not None:
                    sinks.of(part).write(row, task=example.provenance.task_sha256)
            work.refuse_nothing(work.making.counts.seen[RULES])
            written = sinks.finish()
            done = _exported(work, written, sinks.notes)
            files.publish()
    except OSError as error:
        raise MachineError(
            f"{error.filename or place.folder}: {error.strerror}",
            remedy="Nothing was written. Name another place: --out.",
        ) from error
    return done


def _exported(work: Export, written: tuple[Written, ...], notes: list[str]) -> Exported:
    return Exported(
        rows=sum(file.rows for file in written),
        files=written,
        dropped=work.dropped(),
        notes=(*work.shape.notes, *sorted(work.making.prompts.notes), *notes),
        curation=work.pipeline.report,
    )


class _Sinks:
    """The files of the parts, each opened when its first row comes."""

    def __init__(self, work: Export, place: Place, files: Files, stack: ExitStack) -> None:
        self.notes: list[str] = []
        self._work, self._place, self._files, self._stack = work, place, files, stack
        self._sinks: dict[str, Sink] = {}

    def of(self, part: str) -> Sink:
        if part not in self._sinks:
            self._sinks[part] = self._opened(part)
            self._stack.callback(self._sinks[part].close)
        return self._sinks[part]

    def _opened(self, part: str) -> Sink:
        path = self._place.data(part)
        make = Table if path.suffix == ".parquet" else Lines
        sink = make(self._files, path, part)
        if self._work.kind is not ExampleKind.KTO:
            return sink
        aside = path.with_name(f"{path.name}.waiting")
        waiting = self._files.scratch(aside)
        self._files.forget(aside)  # it goes when the sink is closed
        return Apart(sink, waiting, seed=self._work.options.get("seed", 0))

    def finish(self) -> tuple[Written, ...]:
        written = tuple(sink.finish() for _, sink in sorted(self._sinks.items()))
        for part, sink in sorted(self._sinks.items()):
            if isinstance(sink, Apart):
                self._tell(part, sink)
        return written

    def _tell(self, part: str, sink: Apart) -> None:
        spaced, where = sink.spaced, f"{part}: " if part else ""
        if spaced.too_near:
            self.notes.append(
                f"{where}{spaced.too_near} rows are within {APART} rows of another one of their "
                "task, because there are too few tasks: keep batches small"
            )
        found = weights(spaced.good, spaced.bad)
        if found:
            self.notes.append(
                f"{where}{spaced.good} good and {spaced.bad} bad: train with "
                f"desirable_weight={found.desirable:g}, undesirable_weight={found.undesirable:g}"
            )
        elif not (spaced.good and spaced.bad):
            self.notes.append(f"{where}all rows are {'good' if spaced.good else 'bad'}")
