"""Rows of a data set: JSON objects one a line, a JSON list, either of them in a .gz."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from critique_loop.errors import DataError

_MOST_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One object of the file, and where it stands."""

    path: Path
    place: str
    value: Mapping[str, object]

    def error(self, problem: str) -> DataError:
        """Return an error that names file and place."""
        return DataError(self.path, f"{self.place}: {problem}")

    def text(self, key: str, *, default: str | None = None) -> str:
        """Return a text.

        Raises:
            DataError: it is missing and has no default, or is something else.
        """
        value = self.value.get(key, default)
        if not isinstance(value, str):
            raise self.error(f"{key}: expected a text, found {_short(value)}")
        return value

    def texts(self, key: str) -> list[str]:
        """Return a list of texts; what is missing is an empty one.

        Raises:
            DataError: it is something else.
        """
        value = self.items(key)
        if not all(isinstance(one, str) for one in value):
            raise self.error(f"{key}: expected a list of texts")
        return cast("list[str]", list(value))

    def items(self, key: str) -> Sequence[object]:
        """Return a list of anything; what is missing is an empty one.

        Raises:
            DataError: it is something else.
        """
        value = self.value.get(key, [])
        if not isinstance(value, list):
            raise self.error(f"{key}: expected a list, found {_short(value)}")
        return cast("list[object]", value)


def read_rows(path: Path) -> list[Row]:
    """Return the objects in the file.

    Raises:
        DataError: it can't be read, is no JSON, is empty, or holds something else than objects.
    """
    text = _text(path)
    if text.lstrip().startswith("["):
        entries = _loaded(path, text, "file")
        listed = enumerate(cast("list[object]", entries), 1)
        rows = [_row(path, f"entry {number}", value) for number, value in listed]
    else:
        lines = enumerate(text.split("\n"), 1)
        rows = [
            _row(path, f"line {number}", _loaded(path, line, f"line {number}"))
            for number, line in lines
            if line.strip()
        ]
    if not rows:
        raise DataError(path, "empty")
    return rows


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            source = gzip.GzipFile(fileobj=file) if packed else file
            content = source.read(_MOST_BYTES + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(path, f"a damaged .gz file ({error})") from error
    except OSError as error:
        raise DataError(path, f"can't be read ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise DataError(path, f"more than {_MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(path, f"no UTF-8 text ({error.reason})") from error


def _loaded(path: Path, text: str, place: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(path, f"{place}: no valid JSON ({error})") from error


def _row(path: Path, place: str, value: object) -> Row:
    if not isinstance(value, dict):
        raise DataError(path, f"{place}: expected an object, found {_short(value)}")
    return Row(path, place, cast("dict[str, object]", value))


def _short(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, default=str)[:60]
