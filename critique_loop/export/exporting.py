"""One export: examples in, files and a card out, all of them or none."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from critique_loop.curation.pipeline import Report
from critique_loop.errors import MachineError
from critique_loop.export import card as cards
from critique_loop.export.counting import Dropped, Stage
from critique_loop.export.dialects.llama_factory import LlamaFactory, dataset_info
from critique_loop.export.files import Files, Written, write_text
from critique_loop.export.options import ExportOptions, Place
from critique_loop.export.outlets import PROVENANCE, Outlets
from critique_loop.export.work import Work
from critique_loop.store import SqliteStore

CARD, CARD_JSON, INFO = "README.md", "card.json", "dataset_info.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: how many rows, which files, what was left out, what is to be known.

    ``card`` is what card.json holds.
    """

    rows: int
    files: tuple[Written, ...]
    dropped: tuple[Dropped, ...]
    notes: tuple[str, ...]
    curation: Report
    card: cards.Card


def export(
    store: SqliteStore,
    *,
    kind: str,
    out: Path | str,
    dialect: str = "trl",
    **options: Unpack[ExportOptions],
) -> Exported:
    """Write the examples of the stored runs to ``out``, a file, or a folder of files.

    Either all files are there in the end, or none. The same runs, options and seed give the same
    bytes.

    Raises:
        CallError: an option is wrong, a file is there already, or no row is left.
        LeakageError: parts of the split share something.
        MachineError: the files can't be written.
        StoreError: a run can't be read.
    """
    work = Work(store, kind, dialect, **options)
    place = Place.of(Path(out), options.get("file_format", ""))
    files = Files(force=options.get("force", False))
    try:
        with ExitStack() as stack:
            stack.callback(files.discard)
            return _written(work, place, files, stack)
    except OSError as error:
        where = files.named(error.filename) if error.filename else place.folder
        raise MachineError(
            f"{where}: {error.strerror}",
            remedy="Nothing was written. Name another place: --out.",
        ) from error


def _written(work: Work, place: Place, files: Files, stack: ExitStack) -> Exported:
    parts = _parts(work)
    extra = [INFO] if isinstance(work.dialect, LlamaFactory) else []
    names = [place.beside(name) for name in (CARD, CARD_JSON, *extra)]
    files.refuse([*(place.data(part) for part in parts), *names])
    outlets = Outlets(work, place, files, stack)
    for part, example in work.examples():
        row = work.row(example, outlets.images)
        if row is not None:
            outlets.write(part, row, example)
    work.refuse_nothing()
    written = outlets.finish()
    if extra:
        written.append(write_text(files, place.beside(INFO), _info(work, place, written)))
    empty = [
        f"{part} has no rows: there are too few groups" for part in outlets.without_rows(parts)
    ]
    notes = (*work.notes, *outlets.notes, *empty)
    card = _card(work, written, notes)
    report = work.pipeline.report
    texts = {CARD: cards.as_markdown(card, report), CARD_JSON: cards.as_json(card)}
    written += [write_text(files, place.beside(name), text) for name, text in texts.items()]
    files.publish()
    return Exported(
        rows=work.contents.rows,
        files=tuple(written),
        dropped=work.dropped(),
        notes=notes,
        curation=report,
        card=card,
    )


def _parts(work: Work) -> tuple[str, ...]:
    """Return the parts that there are to be."""
    shares = work.options.get("shares")
    if shares is None:
        return ("",)
    asked = (("train", 1.0), ("validation", shares.validation), ("test", shares.test))
    return tuple(part for part, share in asked if share)


def _info(work: Work, place: Place, written: Iterable[Written]) -> str:
    stem = place.out.stem or "critique_loop"
    names = {
        f"{stem}_{file.part}" if file.part else stem: file.path.name
        for file in written
        if file.rows and file.part != PROVENANCE
    }
    entries = dataset_info(names, work.kind, pictures=work.making.pictures)
    return json.dumps(entries, indent=2) + "\n"


def _card(work: Work, written: Iterable[Written], notes: tuple[str, ...]) -> cards.Card:
    options = work.options
    shares = options.get("shares")
    sizes = {file.part: file.rows for file in written if file.part and file.part != PROVENANCE}
    split: dict[str, object] = {}
    if shares is not None:
        split = {
            "by": "group of tasks",
            "seed": shares.seed,
            "left_out": work.making.counts.left_out(Stage.SPLIT),
            **{part: rows for part, rows in sizes.items() if rows},
            "leakage": "none found: no group, program or question is in two parts",
        }
    return {
        "kind": work.kind.value,
        "dialect": work.dialect.name,
        "rows": work.contents.rows,
        "runs": work.runs,
        "prompts": work.prompts,
        "pictures": work.pictures,
        "seed": options.get("seed", 0),
        "max_length_ratio": work.making.max_length_ratio,
        "files": cards.files_record(written),
        "filters": cards.filters_record(work.making.selection),
        "scores": work.scores(),
        "redacted": work.making.redactions.plain(),
        "dropped": cards.dropped_record(work.dropped()),
        "curation": work.pipeline.report.plain(),
        "diversity": work.diversity(),
        "split": split,
        "tokens": work.lengths.plain(),
        "contents": work.contents.plain(),
        "notes": list(notes),
        "versions": cards.version_record(),
    }
