"""Readers of tables read our files, JSON lines and Parquet, and all find the same rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

import pytest
from numpy import ndarray

from tests.train.rows import Row, rows_of
from tests.train.runs import Export
from tests.train.trainers import read

FORMATS = ("sft", "preference", "kto", "reward", "stepwise", "self-distillation", "rlvr")


def _by_datasets(file: Path) -> list[Row]:
    return list(read(file))


def _by_duckdb(file: Path) -> list[Row]:
    duckdb = import_module("duckdb")
    found = duckdb.read_parquet if file.suffix == ".parquet" else duckdb.read_json
    table = found(str(file))
    names = [column[0] for column in table.description]
    return [dict(zip(names, values, strict=True)) for values in table.fetchall()]


def _by_polars(file: Path) -> list[Row]:
    polars = import_module("polars")
    parquet = file.suffix == ".parquet"
    found = polars.read_parquet(file) if parquet else polars.read_ndjson(file)
    return found.to_dicts()


def _by_pandas(file: Path) -> list[Row]:
    pandas = import_module("pandas")
    parquet = file.suffix == ".parquet"
    found = pandas.read_parquet(file) if parquet else pandas.read_json(file, lines=True)
    return found.to_dict(orient="records")


READERS: dict[str, Callable[[Path], list[Row]]] = {
    "datasets": _by_datasets,
    "duckdb": _by_duckdb,
    "polars": _by_polars,
    "pandas": _by_pandas,
}


def _plain(value: object) -> object:
    """Return a value in lists, objects and numbers of Python, whatever a reader made of it."""
    if isinstance(value, ndarray):
        return [_plain(item) for item in cast("list[object]", value.tolist())]
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("list[object]", value)]
    return value


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("format_", FORMATS)
def test_every_reader_reads_the_same_rows(
    format_: str, reader: str, suffix: str, ours: Export
) -> None:
    expected = rows_of(ours(format_))

    found = READERS[reader](ours(format_, suffix=suffix))

    assert _plain(found) == expected
