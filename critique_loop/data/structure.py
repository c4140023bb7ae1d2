"""Lines and fields: the separator, the line of names, and that every line has as many fields."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from critique_loop.data.source import Source
from critique_loop.errors import DataError

SEPARATORS = ("\t", ";", "|", ",")
MAX_COLUMNS = 5_000
_SAMPLE_CHARACTERS = 1 << 18
_SAMPLE_RECORDS = 500
_REPORT_EVERY = 1 << 16
_OTHER_SEPARATORS = (r"\s+", r":", r"\^", r"~", r"\x1f", r"\x01")
_DATA_NUMBER = re.compile(r"\s*[+-]?\d+[.,]\d+\s*")
_DATA = re.compile(r"\s*(?:[+-]?[\d.,]+(?:[eE][+-]?\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|)\s*")

Record = list[str]


@dataclass(frozen=True, slots=True)
class Structure:
    """How the lines of a file fall into fields; ``rows`` counts records below the names."""

    separator: str
    header: tuple[str, ...]
    rows: int


def examine(source: Source, encoding: str) -> Structure:
    """Find the separator and check every line.

    Raises:
        DataError: no rows, too many columns, a line with fewer or more fields than there are names,
            lines above the names, or fields that nothing known separates.
    """
    with as_text(source, encoding) as stream:
        sample = stream.read(_SAMPLE_CHARACTERS)
    cut = source.size_bytes > len(sample.encode(encoding, "replace"))
    separator = _separator(sample, cut=cut)
    records = _records(sample, separator, cut=cut)
    _check_sample(source, separator, records)
    with as_text(source, encoding) as stream:
        structure = _check_lines(source, stream, separator, records)
    if structure.rows == 0:
        raise DataError(
            source.path, "there is a line of names but no row", remedy="Give a file with rows."
        )
    return structure


@contextmanager
def as_text(source: Source, encoding: str) -> Generator[io.TextIOWrapper]:
    """Read ``source`` from its start as text, line ends untouched, and leave it open."""
    source.stream.seek(0)
    stream = io.TextIOWrapper(source.stream, encoding=encoding, newline="")
    try:
        yield stream
    finally:
        stream.detach()


def _records(sample: str, separator: str, *, cut: bool) -> list[Record]:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    try:
        records = [record for record in islice(reader, _SAMPLE_RECORDS) if not _is_blank(record)]
    except csv.Error:
        return []
    # The last line of a cut sample is half a line.
    return records[:-1] if cut and len(records) > 1 else records


def _is_blank(record: Record) -> bool:
    return not record or (len(record) == 1 and record[0] != "" and not record[0].strip())


def _separator(sample: str, *, cut: bool) -> str:
    """Take the separator by which most lines have the same number of fields, at least two.

    Of equals the rarer character wins: a comma also stands in decimals and in names.
    """
    agreement: dict[str, float] = {}
    for separator in SEPARATORS:
        widths = Counter(len(record) for record in _records(sample, separator, cut=cut))
        split = [(count, width) for width, count in widths.items() if width > 1]
        if split:
            agreement[separator] = max(split)[0] / widths.total()
    return max(agreement, key=lambda separator: agreement[separator], default=",")


def _check_sample(source: Source, separator: str, records: Sequence[Record]) -> None:
    if not records:
        return
    header, rows = records[0], records[1:]
    if len(header) == 1:
        _check_single_column(source, header[0], [row[0] for row in rows if row])
    if header[0].startswith("# ") and (len(header) == 1 or (rows and rows[0][0][:1] == "#")):
        raise _lines_above(source, 1)
    if rows and all(len(row) == len(header) for row in rows) and _is_data(header, rows):
        raise DataError(
            source.path,
            f"line 1 holds data, not column names: {separator.join(header)[:80]!r}",
            remedy="Put a line with the column names on top.",
        )


def _check_single_column(source: Source, header: str, rows: Sequence[str]) -> None:
    """Refuse a file whose one column is really several, parted by something unusual."""
    for pattern in _OTHER_SEPARATORS:
        parts = [re.split(pattern, text.strip()) for text in (header, *rows)]
        widths = {len(part) for part in parts}
        if widths == {1} or len(widths) > 1 or not rows:
            continue
        columns = list(zip(*parts[1:], strict=True))
        if any(all(_DATA.fullmatch(cell) for cell in column) for column in columns):
            raise DataError(
                source.path,
                f"only one column can be told, yet each line has {widths.pop()} parts",
                remedy="Separate the columns by commas, semicolons, tabs or vertical bars.",
            )


def _is_data(header: Record, rows: Sequence[Record]) -> bool:
    """Tell a first row from names.

    It is one where every cell is a number or date, or a text its column holds again, and some cell
    is a decimal number; whole numbers alone may well be names (years).
    """
    columns = list(zip(*rows, strict=True))
    return any(_DATA_NUMBER.fullmatch(cell) for cell in header) and all(
        all(map(_DATA.fullmatch, column)) if _DATA.fullmatch(cell) else cell in column
        for cell, column in zip(header, columns, strict=True)
    )


def _check_lines(
    source: Source, stream: io.TextIOWrapper, separator: str, sample: Sequence[Record]
) -> Structure:
    reader = csv.reader(stream, delimiter=separator)
    header: Record = []
    rows = line = 0
    try:
        for record in reader:
            if not header:
                header = [] if _is_blank(record) else _narrow_enough(source, record)
            elif len(record) == len(header) and (len(record) > 1 or not _is_blank(record)):
                rows += 1
                if not rows % _REPORT_EVERY:
                    source.report(1)
            elif not _is_blank(record):
                raise _uneven(source, line + 1, len(record), [header, *sample[1:]])
            line = reader.line_num
    except csv.Error as error:
        raise DataError(
            source.path,
            f"line {line + 1} starts a cell of more than {csv.field_size_limit():,} characters",
            remedy='A quotation mark (") that is opened there is probably never closed.',
        ) from error
    return Structure(separator, tuple(header), rows)


def _narrow_enough(source: Source, header: Record) -> Record:
    if len(header) <= MAX_COLUMNS:
        return header
    raise DataError(
        source.path,
        f"{len(header):,} columns are too many; {MAX_COLUMNS:,} can be handled",
        remedy="Keep the columns that the goal is about, or turn the table on its side.",
    )


def _uneven(source: Source, line: int, fields: int, sample: Sequence[Record]) -> DataError:
    width = len(sample[0])
    widths = Counter(len(row) for row in sample[1:])
    usual = max(widths, key=lambda number: widths[number], default=width)
    above = next((i for i, row in enumerate(sample) if len(row) == usual), 0)
    if usual > width and above and 2 * widths[usual] > len(sample) - above:
        if above == 1 and all(not row[-1] for row in sample[1:] if len(row) == usual):
            return DataError(
                source.path,
                f"line {line} and others end with a separator, the line of names doesn't",
                remedy="Remove the last separator of each line, or add one to the names.",
            )
        return _lines_above(source, above, usual=usual)
    return DataError(
        source.path,
        f"line {line} has {_fields(fields)}, but there are {width} column names",
        remedy="Delete the line if it is no row (a note, a total); put quotation marks around "
        "cells that hold the separator.",
    )


def _lines_above(source: Source, count: int, *, usual: int = 0) -> DataError:
    lines = "line 1 doesn't" if count == 1 else f"lines 1 to {count} don't"
    widths = f"; the table has {usual} columns" if usual else ""
    return DataError(
        source.path,
        f"{lines} look like column names (a title, a comment, 'sep='?){widths}",
        remedy="Delete what stands above the table, so that line 1 holds one name per column.",
    )


def _fields(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"
