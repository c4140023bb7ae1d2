"""What is done to come from stored runs to rows, and what was counted on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Unpack

from critique_loop.curation.diversity import DiversityMeter
from critique_loop.curation.leakage import checked
from critique_loop.curation.pipeline import Pipeline
from critique_loop.curation.splitting import split
from critique_loop.curation.texts import compared_text
from critique_loop.errors import CallError
from critique_loop.export.contents import Contents
from critique_loop.export.counting import Dropped, Stage, counted
from critique_loop.export.dialects import Dialect, dialect_of
from critique_loop.export.dialects.shapes import Holds, Row, Shape, meta_of
from critique_loop.export.encodable import encodable
from critique_loop.export.examples import kind_of
from critique_loop.export.images import Images
from critique_loop.export.making import Making
from critique_loop.export.options import PICTURES, PROMPTS, ExportOptions, refuse_unknown
from critique_loop.export.origins import Origins
from critique_loop.export.pipeline import WITH_PICTURES, made
from critique_loop.export.prompts import Prompts
from critique_loop.export.rescorings import Rescorings
from critique_loop.export.rules import RowRules
from critique_loop.export.selecting import Selection
from critique_loop.export.strangers import Strangers
from critique_loop.export.tokens import Lengths, tokenizer
from critique_loop.store import SqliteStore
from critique_loop.values import Example, ExampleKind

_MANY = 20  # one left out for so many rows is worth a word


class Placed(NamedTuple):
    """An example and the part it goes to ("" where all are one)."""

    part: str
    example: Example


class Work:
    """One export under way."""

    def __init__(
        self, store: SqliteStore, kind: str, dialect: str, **options: Unpack[ExportOptions]
    ) -> None:
        """Read the options.

        Raises:
            CallError: one of them is none, or contradicts another.
        """
        refuse_unknown(options)
        self.kind: ExampleKind = kind_of(kind)
        self.dialect: Dialect = dialect_of(dialect, self.kind)
        self.options: ExportOptions = options
        self._store = store
        self.pictures: str = self._pictures()
        self.prompts: str = _one_of("prompts", options.get("prompts", PROMPTS[0]), PROMPTS)
        self.shape: Shape = self.dialect.shape(self.kind, pictures=self.pictures != "none")
        self.making: Making = self._making()
        self.lengths: Lengths = Lengths(
            most=options.get("max_tokens"), steps=self.shape.steps, counts=self.making.counts
        )
        path = options.get("tokenizer")
        if path is not None:
            self.lengths.count, self.lengths.counted_by = tokenizer(path), f"by {path.name}"
        self.pipeline: Pipeline = Pipeline(tuple(options.get("steps", ())))
        self.contents: Contents = Contents()
        seed = options.get("seed", 0)
        self._diversity = DiversityMeter(seed=seed) if self.pipeline.steps else None
        tools_as = str if self.dialect.name == "openai" else dict  # as each wants their arguments
        self._rules = RowRules(self.shape, tools_as=tools_as)

    def _making(self) -> Making:
        options, store = self.options, self._store
        scores = options.get("scores", ())
        return Making(
            prompts=Prompts(
                options.get("agent", ""),
                told=self.prompts == "told",
                strangers=None if options.get("trust", False) else Strangers(store),
            ),
            selection=options.get("selection", Selection()),
            rescorings=Rescorings.named(store, scores) if scores else None,
            origins=Origins(tuple(options.get("licences", ()))),
            max_length_ratio=options.get("max_length_ratio", 3.0),
            pictures=self.pictures != "none",
            steps=self.shape.steps or bool(options.get("steps")),
        )

    def _pictures(self) -> str:
        how = _one_of("pictures", self.options.get("pictures", PICTURES[0]), PICTURES)
        if how == "none":
            return how
        if self.kind not in WITH_PICTURES:
            raise CallError(
                f"rows of the kind {self.kind.value} have no pictures",
                remedy="Only critics are shown pictures: critic-sft, critic-preference.",
            )
        if how not in self.dialect.pictures:
            known = ", ".join(sorted(self.dialect.pictures)) or "none"
            raise CallError(
                f"the dialect {self.dialect.name} has no pictures {how}", remedy=f"It has: {known}."
            )
        return how

    def examples(self) -> Iterator[Placed]:
        """Yield the examples that are to be rows, each with its part."""
        examples = made(
            self._store,
            self.kind,
            self.making,
            runs=self.options.get("runs", ()),
            watch=self.options.get("watch", lambda _: None),
        )
        written = encodable(examples, self.making.counts)
        curated = self.pipeline.run(self.lengths.passing(written))
        shares = self.options.get("shares")
        if shares is None:
            return (Placed("", example) for example in curated)
        placed = checked(split(curated, shares, left_out=self._would_leak))
        return (Placed(part.value, example) for part, example in placed)

    def _would_leak(self, _: Example, why: str) -> None:
        self.making.counts.drop(Stage.SPLIT, f"would leak: {why}")

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known about the rows, as far as they have been made."""
        found = (
            *self.shape.notes,
            *sorted(self.making.prompts.notes),
            *self.making.redactions.notes,
        )
        rows, out = self.contents.rows, self.making.counts.left_out(Stage.SPLIT)
        if out * _MANY <= rows:
            return found
        kept, told = counted(rows, "row"), f"{counted(out, 'example')} left out"
        return (*found, f"{told}, for they would leak from one part into another, beside {kept}: "
                        "with another seed it may be fewer")  # fmt: skip

    def row(self, example: Example, images: Images | None = None) -> Row | None:
        """Return the row of an example, or None where it would break a rule, which is counted."""
        counts = self.making.counts
        counts.see(Stage.RULES)
        row = self.dialect.row(example, pictures=self.making.pictures)
        if images is not None and Holds.PICTURES in self.shape.columns.values():
            row["images"] = [images.cell(p) for m in example.prompt for p in m.pictures]
        if self.dialect.has_meta:
            row["meta"] = meta_of(example)
        problem = self._rules.problem(row)
        if problem:
            counts.drop(Stage.RULES, problem)
            return None
        self.contents.add(example)
        if self._diversity is not None:
            self._diversity.add(compared_text(example))
        return row

    def diversity(self) -> dict[str, object]:
        """Return how varied the rows are; nothing where they are not curated, for it takes time."""
        return {} if self._diversity is None else self._diversity.result().plain()

    def dropped(self) -> tuple[Dropped, ...]:
        """Return what was left out, step by step; what the curation did is in its own report."""
        return self.making.counts.dropped

    def scores(self) -> dict[str, object]:
        """Return by which rescorings the rows were judged; nothing where by those of the loops."""
        rescorings = self.making.rescorings
        return {} if rescorings is None else rescorings.plain()

    @property
    def runs(self) -> int:
        """How many runs were looked at."""
        return self.making.counts.seen[Stage.RUNS]

    def refuse_nothing(self) -> None:
        """Refuse an export of no rows.

        Raises:
            CallError: there are none; the message says what left them out.
        """
        if self.contents.rows:
            return
        if not self.runs:
            raise CallError(
                "there is nothing to export: the trace store has no such run",
                remedy="List what there is: critique-loop ls",
            )
        told = [f"{line.step}: {line.number} {line.why}" for line in self.dropped()]
        told += [
            f"{row.step}: {row.dropped} of {row.taken} ({row.why})"
            for row in self.pipeline.report.rows()
            if row.dropped
        ]
        raise CallError(
            f"no row is left of {self.runs} run{'' if self.runs == 1 else 's'}: {'; '.join(told)}",
            remedy="Ask for less, or look at what would be left out: --preview.",
        )


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise CallError(f"{name}: there is no {value!r}", remedy=f"Known: {', '.join(known)}.")
    return value
