"""One Parquet file from elsewhere."""

from __future__ import annotations

import importlib
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from critique_loop.errors import CallError
from critique_loop.store import parquet_file
from critique_loop.store.parquet_file import ParquetFile, arrow

pyarrow: Any = importlib.import_module("pyarrow")
parquet: Any = importlib.import_module("pyarrow.parquet")
COLUMNS = {"name": "string", "data": "large_binary", "number": "int64"}


def written(path: Path, *data: bytes | None, name: str | None = "n") -> Path:
    rows = [{"name": name, "data": each, "number": at} for at, each in enumerate(data)]
    schema = pyarrow.schema([(key, getattr(pyarrow, kind)()) for key, kind in COLUMNS.items()])
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema=schema), path)
    return path


def read(path: Path, *, largest_group: int = 1000) -> list[object]:
    with closing(ParquetFile(path, COLUMNS, largest_group=largest_group)) as file:
        return [row["data"] for group in range(file.groups) for row in file.read(group)]


def test_rows_come_back_with_their_gaps(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", b"x", None, b"x", b"")

    assert read(path) == [b"x", None, b"x", b""]


@pytest.mark.parametrize("name", [None, "n" * 100])
def test_what_rows_share_counts_for_each_of_them(tmp_path: Path, name: str | None) -> None:
    path = written(tmp_path / "a.parquet", *[b"x" * 100] * 10, name=name)
    size = 1000 if name is None else 2000

    assert len(read(path, largest_group=size)) == 10
    with pytest.raises(CallError, match="row group 0 is larger than"):
        read(path, largest_group=size - 1)


def test_one_row_may_not_be_larger_either(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", b"x" * 5000)

    with pytest.raises(CallError, match="row group 0 is larger than"):
        read(path, largest_group=100)


def test_too_many_rows_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "_MOST_ROWS", 2)
    path = written(tmp_path / "a.parquet", b"x", b"y", b"z")

    with pytest.raises(CallError, match="has more than 2 rows"):
        read(path)


def test_without_pyarrow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(CallError, match=r"pyarrow, which is not installed") as raised:
        arrow()

    assert "critique-loop[parquet]" in raised.value.remedy
