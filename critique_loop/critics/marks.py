"""Files of marks that people gave: JSON, TOML or CSV.

JSON is a list of objects, TOML an array of tables ``[[marks]]``, CSV has a line of names first. The
same keys in each: ``dimension`` and ``score`` (0 to 10), and which draft is meant: ``round`` (1, 2,
...) or ``draft`` (the SHA-256 of the program, or at least its first eight digits). There may be
``run``, ``by`` (who gave it), ``note`` (why) and ``advice`` (to the writer).
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from io import StringIO
from pathlib import Path
from typing import NamedTuple, cast

from critique_loop.critics.checking import number_of
from critique_loop.errors import DataError

_MOST_BYTES = 16 << 20
_SHA256 = re.compile(r"[0-9a-f]{8,64}")


@dataclass(frozen=True, slots=True)
class Mark:
    """What one person gave one draft on one dimension.

    ``round`` is 0 where ``draft`` (the beginning of a SHA-256) says which draft is meant.
    """

    dimension: str
    score: float
    round: int = 0
    draft: str = ""
    run: str = ""
    by: str = "person"
    note: str = ""
    advice: str = ""


class _Row(NamedTuple):
    """An entry, and how a message names it."""

    place: str
    entry: Mapping[str, object]


_TEXTS = ("run", "by", "note", "advice")
_KEYS = tuple(field.name for field in fields(Mark))


def read_marks(path: Path) -> tuple[Mark, ...]:
    """Return the marks in the file at ``path``, as it has them.

    Raises:
        DataError: it can't be read, is none of the three, or a mark in it is none.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(path, "is no file of marks", remedy="Give a .json, .toml or .csv file.")
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(path, f"is longer than {_MOST_BYTES} bytes")
        rows = reader(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(path, f"can't be read ({error.strerror or error})") from error
    except (ValueError, RecursionError, csv.Error, TypeError) as error:
        raise DataError(path, f"is no valid {path.suffix[1:].upper()}: {error}") from error
    return tuple(_mark(path, row) for row in rows)


def _json(text: str) -> list[_Row]:
    return _entries(json.loads(text))


def _toml(text: str) -> list[_Row]:
    table = tomllib.loads(text)
    if set(table) - {"marks"}:
        raise ValueError(f"only [[marks]] is known, not {', '.join(sorted(set(table)))}")
    return _entries(table.get("marks", []))


def _entries(found: object) -> list[_Row]:
    if not isinstance(found, list):
        raise TypeError("expected a list of marks")
    rows: list[_Row] = []
    for number, entry in enumerate(cast("list[object]", found), 1):
        if not isinstance(entry, dict):
            raise TypeError(f"mark {number} is no table of keys")
        rows.append(_Row(f"mark {number}", cast("dict[str, object]", entry)))
    return rows


def _csv(text: str) -> list[_Row]:
    reader = csv.DictReader(StringIO(text, newline=""), strict=True)
    rows: list[_Row] = []
    for entry in reader:
        if None in entry or None in entry.values():
            raise ValueError(f"line {reader.line_num} has more or fewer cells than the first")
        full = {key.strip(): value.strip() for key, value in entry.items() if value.strip()}
        rows.append(_Row(f"line {reader.line_num}", _with_numbers(full)))
    return rows


def _with_numbers(entry: dict[str, str]) -> dict[str, object]:
    """Return the cells, with those as numbers that are to be some and can be."""
    numbers: dict[str, object] = dict(entry)
    for key, kind in (("score", float), ("round", int)):
        try:
            numbers[key] = kind(entry[key])
        except (KeyError, ValueError):  # missing, or named in the message as it stands
            continue
    return numbers


_READERS: Mapping[str, Callable[[str], list[_Row]]] = {
    ".json": _json,
    ".toml": _toml,
    ".csv": _csv,
}


def _mark(path: Path, row: _Row) -> Mark:
    entry = row.entry
    for key in entry:
        if key not in _KEYS:
            known = ", ".join(_KEYS)
            raise DataError(path, f"{row.place}: {key!r} is no key", remedy=f"Keys: {known}.")
    score = None if isinstance(entry.get("score"), bool) else number_of(entry.get("score"))
    if score is None:
        found = entry.get("score", "nothing")
        raise DataError(path, f"{row.place}: score: expected 0 to 10, found {found!r}")
    number = entry.get("round", 0)
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise DataError(path, f"{row.place}: round: expected 1 or more, found {number!r}")
    draft = _text(path, row, "draft").lower()
    if draft and not _SHA256.fullmatch(draft):
        raise DataError(path, f"{row.place}: draft: expected 8 to 64 hexadecimal digits")
    if not draft and not number:
        raise DataError(
            path, f"{row.place}: which draft is meant is not said", remedy="Say its round or draft."
        )
    dimension = _text(path, row, "dimension")
    if not dimension:
        raise DataError(path, f"{row.place}: dimension is missing")
    texts = {key: _text(path, row, key) for key in _TEXTS if entry.get(key)}
    return Mark(dimension, score, round=number, draft=draft, **texts)


def _text(path: Path, row: _Row, key: str) -> str:
    value = row.entry.get(key, "")
    if not isinstance(value, str):
        raise DataError(path, f"{row.place}: {key}: expected a text, found {value!r}")
    return value.strip()
