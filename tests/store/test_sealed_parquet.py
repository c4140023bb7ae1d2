"""Sealed runs as Parquet."""

from __future__ import annotations

import hashlib
import importlib
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from critique_loop.errors import CallError
from critique_loop.store import sealed_parquet
from critique_loop.store.rows import Row
from critique_loop.store.sealed_parquet import ParquetReader, ParquetWriter

pyarrow: Any = importlib.import_module("pyarrow")
parquet: Any = importlib.import_module("pyarrow.parquet")
ROWS = [Row(seq, "drafted", 1, 1.5 + seq, 0.25, f'{{"code":"{seq}"}}') for seq in range(5)]
BLOBS = {hashlib.sha256(data).hexdigest(): data for data in (b"x", b"y" * 1000, b"z" * 100_000)}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose files have several row groups."""
    monkeypatch.setattr(sealed_parquet, "_GROUP_ROWS", 2)
    writer = ParquetWriter(tmp_path)
    for run_id in ("r1", "r2", "r3"):
        for row in ROWS:
            writer.event(run_id, row)
    for sha256, data in BLOBS.items():
        writer.blob(sha256, data)
    writer.finish()
    writer.close()
    return tmp_path


def test_rows_come_back_all_or_by_run_across_row_groups(folder: Path) -> None:
    with closing(ParquetReader(folder)) as reader:
        entries = list(reader.entries())

        assert [run_id for run_id, _ in entries] == ["r1"] * 5 + ["r2"] * 5 + ["r3"] * 5
        assert list(reader.run_ids()) == ["r1", "r2", "r3"]
        assert [list(reader.rows(run_id)) for run_id in ("r3", "r1", "r2")] == [ROWS] * 3


def test_bytes_come_back_by_their_hash(folder: Path) -> None:
    with closing(ParquetReader(folder)) as reader:
        assert set(reader.hashes()) == set(BLOBS)
        assert {sha256: reader.blob(sha256) for sha256 in BLOBS} == BLOBS
        with pytest.raises(CallError, match="has no bytes"):
            reader.blob("0" * 64)


def test_a_file_with_other_columns_is_refused(folder: Path) -> None:
    parquet.write_table(pyarrow.table({"run_id": [1]}), folder / "events.parquet")

    with pytest.raises(CallError, match="it has no column run_id of the type string"):
        ParquetReader(folder)


def test_a_row_with_gaps_is_refused(folder: Path) -> None:
    table = parquet.read_table(folder / "events.parquet").slice(0, 1)
    place = table.schema.get_field_index("body")
    gap = pyarrow.array([None], pyarrow.string())
    parquet.write_table(table.set_column(place, "body", gap), folder / "events.parquet")

    with (
        closing(ParquetReader(folder)) as reader,
        pytest.raises(CallError, match="row 0 of group 0 has gaps"),
    ):
        list(reader.entries())


def test_a_run_in_two_places_is_refused(folder: Path) -> None:
    table = parquet.read_table(folder / "events.parquet")
    parquet.write_table(
        pyarrow.concat_tables([table, table.slice(0, 2)]), folder / "events.parquet"
    )

    with (
        closing(ParquetReader(folder)) as reader,
        pytest.raises(CallError, match="run r1 lies in two places"),
    ):
        list(reader.entries())


def test_rows_that_share_one_long_body_are_refused_before_each_has_its_own(folder: Path) -> None:
    table = parquet.read_table(folder / "events.parquet")
    place = table.schema.get_field_index("body")
    bodies = pyarrow.array(["b" * 2**20] * len(table), pyarrow.string())
    bomb = pyarrow.concat_tables([table.set_column(place, "body", bodies)] * 10)
    parquet.write_table(bomb, folder / "events.parquet", compression="zstd")
    del table, bodies, bomb
    before = pyarrow.default_memory_pool().max_memory()

    with (
        closing(ParquetReader(folder)) as reader,
        pytest.raises(CallError, match="row group 0 is larger than 128 MB"),
    ):
        list(reader.entries())

    assert (folder / "events.parquet").stat().st_size < 50_000
    assert pyarrow.default_memory_pool().max_memory() == before


def test_a_damaged_row_group_is_refused(folder: Path) -> None:
    file = folder / "blobs.parquet"
    data = bytearray(file.read_bytes())
    data[4:60] = b"\xff" * 56
    file.write_bytes(bytes(data))

    with closing(ParquetReader(folder)) as reader, pytest.raises(CallError, match="can't be read"):
        list(reader.hashes())


def test_without_pyarrow_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(CallError, match=r"pyarrow, which is not installed") as raised:
        ParquetWriter(tmp_path)

    assert "critique-loop[parquet]" in raised.value.remedy
