"""From a path to a table: what the file is, how it is read, and what each column holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from critique_loop.data import encodings, structure
from critique_loop.data.numerals import revised
from critique_loop.data.source import Progress, Source, opened
from critique_loop.errors import DataError
from critique_loop.values import Dialect, Table

if TYPE_CHECKING:
    from critique_loop.data.tallies import ColumnTally

_PLAIN_NAME = re.compile(r"(?![-.])[A-Za-z0-9._-]{1,100}", re.ASCII)
_TEXT_ENDINGS = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".data")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the rows came to under one dialect."""

    dialect: Dialect
    rows: int
    tallies: Sequence[ColumnTally]


def profile(path: str | Path, *, progress: Progress | None = None) -> Table:
    """Read the delimited text file at ``path`` from end to end and tell what it holds.

    Encoding, separator and notation of numbers are told from the file itself; the columns are those
    that ``pandas.read_csv`` makes of it in these terms. The file is opened once, for reading, and
    memory does not grow with its length. Text cells are data: nothing in them is interpreted.

    What a program compares a column with: the members of ``values`` as they stand for CATEGORY and
    TEXT (spaces included); ``True`` and ``False`` for BOOLEAN, whose values read "True" and
    "False"; numbers for NUMBER. A TEXT column without values mixes types and compares with nothing.

    Args:
        path: the file.
        progress: called as ``progress(done, total)`` now and then; the unit is bytes, each counted
            once per pass.

    Raises:
        DataError: the file can't be read, is no text table, or would be misread.
    """
    place = Path(path).absolute()
    with opened(place, progress) as source:
        text = encodings.examine(source)
        shape = structure.examine(source, text.encoding)
        reading = _read(source, shape, Dialect(shape.separator, text.encoding))
        source.check_unchanged()
    dialect = reading.dialect
    day_first = dialect.decimal == "," or dialect.separator == ";"
    return Table(
        path=place,
        name=_plain_name(place),
        size_bytes=source.size_bytes,
        sha256=text.sha256,
        rows=reading.rows,
        columns=tuple(t.column(reading.rows, day_first=day_first) for t in reading.tallies),
        dialect=dialect,
    )


def _read(source: Source, shape: structure.Structure, dialect: Dialect) -> _Reading:
    """Read all rows; again, where another notation makes numbers of texts, until none does.

    The first rows save a pass where they tell the decimal mark; all rows have the last word.
    """
    plain = dialect
    glance = _revised(_tally(source, shape, plain, most_parts=1))
    dialect = replace(plain, decimal=glance.decimal)
    tried: dict[Dialect, _Reading] = {}
    reading = None
    while dialect not in tried:
        reading = tried[dialect] = _tally(source, shape, dialect)
        dialect = _revised(reading)
    # Back and forth between the decimal marks: more columns speak for the dot.
    settled = tried[dialect] if tried[dialect] is reading else tried[plain]
    _check_same(source, shape, settled)
    return settled


def _revised(reading: _Reading) -> Dialect:
    return revised(
        reading.dialect,
        [tally.texts.notation for tally in reading.tallies if tally.is_text],
        fractions=sum(tally.is_fraction for tally in reading.tallies),
    )


def _check_same(source: Source, shape: structure.Structure, reading: _Reading) -> None:
    """Make sure that lines and pandas agree on the table.

    In a single column '" "' is a row to pandas and a blank line to the csv module.
    """
    width, columns = len(shape.header), len(reading.tallies)
    if columns != width or (reading.rows != shape.rows and width > 1):
        raise DataError(
            source.path,
            f"the lines make {shape.rows:,} rows of {width:,} fields, but pandas finds "
            f"{reading.rows:,} of {columns:,}",
            remedy="Look for stray quotation marks and line breaks within cells.",
        )


def _tally(
    source: Source, shape: structure.Structure, dialect: Dialect, *, most_parts: int | None = None
) -> _Reading:
    from critique_loop.data import frames, tallies  # noqa: PLC0415 - pandas, only when needed

    room = tallies.Room()
    columns: list[tallies.ColumnTally] = []
    rows = 0
    try:
        with structure.as_text(source, dialect.encoding) as stream:
            width = len(shape.header)
            parts = frames.parts(stream, dialect, width=width, limit=tallies.MAX_VALUES)
            for part in islice(parts, most_parts):
                columns = columns or [tallies.ColumnTally(name, room) for name in part.names]
                for column, piece in zip(columns, part.pieces, strict=True):
                    column.add(piece)
                rows += part.rows
                source.report(2)
    except frames.UnreadableError as error:
        raise DataError(
            source.path,
            f"pandas can't read it: {error}",
            remedy='Look for a quotation mark (") that is never closed near that line.',
        ) from error
    return _Reading(dialect, rows, columns)


def _plain_name(path: Path) -> str:
    """Return the file's own name where it is safe to use in a program, else "data.csv".

    Other endings are not kept: pandas unpacks by them (".gz"), Python imports by them (".py").
    """
    name = path.name
    plain = _PLAIN_NAME.fullmatch(name) and name.lower().endswith(_TEXT_ENDINGS)
    return name if plain else "data.csv"
