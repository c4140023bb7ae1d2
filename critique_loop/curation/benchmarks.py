"""Benchmarks that training data must not hold: what they say, and the programs that solve them."""

from __future__ import annotations

import ast
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from critique_loop.curation.programs import (
    FEWEST_NODES,
    functions_of,
    parsed,
    shape_of,
    shape_of_statements,
)
from critique_loop.curation.statements import statements_of
from critique_loop.errors import DataError

_IDS: Final = ("task_id", "id", "question_id", "name")
_LARGEST = 256 * 2**20
_GZIP = b"\x1f\x8b"
_TELLING = re.compile(r"(?=.*[^\W\d_]{2})(?=.*\d).{6,}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Item:
    """One task of a benchmark: its name, everything it says, and the programs in it."""

    name: str
    passages: tuple[str, ...]
    programs: tuple[str, ...]

    @property
    def has_telling_name(self) -> bool:
        """Whether a text that has the name must mean this task ("HumanEval/12"; not "12")."""
        return bool(_TELLING.fullmatch(self.name))


def read_benchmark(path: str | Path) -> list[Item]:
    """Return the tasks of a file: rows of JSON, also as .gz, or one text or program.

    Of a row, every text counts, also within lists and objects; of HumanEval's shape prompt and
    solution together are a program.

    Raises:
        DataError: the file can't be read, is too large, or a line is no JSON.
    """
    path = Path(path)
    text = _read(path)
    inner = Path(path.stem) if path.suffix == ".gz" else path
    if inner.suffix in (".jsonl", ".json", ".ndjson"):
        return [_item(row, f"{path.name}:{number}") for number, row in _rows(path, text)]
    return [Item(inner.name, (text,), (text,) if parsed(text) else ())]


def shapes_in(code: str) -> frozenset[int]:
    """Return the shapes of a program and of its functions, of those that say enough."""
    whole = shape_of(code)
    tree = parsed(code) if "def " in code else ast.Module([], [])
    if tree is None or whole is None:
        return frozenset()
    parts = (shape_of_statements(statements_of([function])) for function in functions_of(tree))
    return frozenset(part.key for part in (whole, *parts) if part.nodes >= FEWEST_NODES)


def _read(path: Path) -> str:
    try:
        data = path.read_bytes() if path.stat().st_size <= _LARGEST else None
        if data is not None and data.startswith(_GZIP):
            unpacked = zlib.decompressobj(wbits=31).decompress(data, _LARGEST + 1)
            data = unpacked if len(unpacked) <= _LARGEST else None
    except (OSError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(path, f"can't be read: {error}") from error
    if data is None:
        raise DataError(path, f"is larger than {_LARGEST // 2**20} MB")
    return data.decode("utf-8", "replace")


def _rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    try:
        rows = _listed(text) if text.lstrip().startswith("[") else _lines(text)
        for number, row in rows:
            if isinstance(row, Mapping):
                yield number, cast("Mapping[str, object]", row)
    except (ValueError, RecursionError) as error:
        raise DataError(path, f"is no JSON: {error}") from error


def _listed(text: str) -> Iterable[tuple[int, object]]:
    return enumerate(cast("list[object]", json.loads(text)), 1)


def _lines(text: str) -> Iterator[tuple[int, object]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield number, json.loads(line)


def _item(row: Mapping[str, object], place: str) -> Item:
    name = next((str(row[field]) for field in _IDS if row.get(field) not in (None, "")), place)
    passages = tuple(dict.fromkeys(_texts(row)))
    whole = _joined(row, "prompt", "canonical_solution") or _joined(row, "complete_prompt", "code")
    programs = tuple(code for code in (*passages, whole) if code and _is_program(code))
    return Item(name, passages, programs)


def _joined(row: Mapping[str, object], first: str, second: str) -> str:
    parts = (row.get(first), row.get(second))
    return "".join(str(part) for part in parts) if all(parts) else ""


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in cast("Mapping[object, object]", value).values():
            yield from _texts(each)
    elif isinstance(value, list):
        yield "\n".join(each for each in cast("list[object]", value) if isinstance(each, str))


def _is_program(text: str) -> bool:
    return "\n" in text and parsed(text) is not None
