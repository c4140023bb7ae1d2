from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import table_reading
from findings import TableSource
from table_reading import TableUnreadableError, read


def _write(folder: Path, text: str, encoding: str = "utf-8") -> str:
    (folder / "t.csv").write_text(text, encoding=encoding)
    return str(folder)


def test_knows_numbers_texts_dates_and_truths(tmp_path: Path) -> None:
    folder = _write(tmp_path, "n,t,d,b\n1,x,2020-01-01,True\n,y,2020-01-02,False\n3,x,,True\n")

    table = read(TableSource("t.csv"), folder)

    n, t, d, b = table.columns
    assert np.array_equal(n.numbers, [1, np.nan, 3], equal_nan=True)
    assert t.texts == ("x", "y")
    assert t.codes is not None
    assert t.codes.tolist() == [0, 1, 0]
    assert d.dated
    assert d.numbers[0] == 18262
    assert np.isnan(d.numbers[2])
    assert b.boolean
    assert b.numbers.tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "text",
    ["2020-02-01", "02/01/2020", "01.02.2020", "Feb 1 2020", "1 February 2020", "20200201"],
)
def test_reads_dates_however_they_are_written(tmp_path: Path, text: str) -> None:
    folder = _write(tmp_path, f"d,n\n{text},1\n{text},2\n")

    (column, _) = read(TableSource("t.csv"), folder).columns

    assert column.numbers[0] == 18293


def test_follows_the_dialect(tmp_path: Path) -> None:
    folder = _write(tmp_path, "größe;wert\nä;1.234,5\n", "latin-1")

    source = TableSource("t.csv", ";", "latin-1", ",", ".")
    size, value = read(source, folder).columns

    assert (size.name, size.texts) == ("größe", ("ä",))
    assert value.numbers.tolist() == [1234.5]


def test_a_large_table_reads_as_a_small_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{n % 7},{'ab'[n % 2]},2020-01-{n % 28 + 1:02d}" for n in range(900)]
    folder = _write(tmp_path, "n,t,d\n" + "\n".join([*rows, ",,"]) + "\n")
    small = read(TableSource("t.csv"), folder)

    monkeypatch.setattr(table_reading, "_SMALL_BYTES", 10)
    monkeypatch.setattr(table_reading, "_CHUNK_ROWS", 250)
    large = read(TableSource("t.csv"), folder)

    assert large.rows == small.rows == 901
    for one, other in zip(large.columns, small.columns, strict=True):
        assert np.array_equal(one.numbers, other.numbers, equal_nan=True)
        assert one.texts == other.texts
        assert one.dated is other.dated


def test_leaves_out_columns_nobody_speaks_of_when_there_are_too_many_cells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _write(tmp_path, "apples,pears,plums\n" + "1,2,3\n" * 100)
    monkeypatch.setattr(table_reading, "_SMALL_BYTES", 10)
    monkeypatch.setattr(table_reading, "_MOST_CELLS", 100)

    table = read(TableSource("t.csv"), folder, wanted="plums by month")

    assert [column.name for column in table.columns] == ["plums"]
    assert set(table.skipped) == {"apples", "pears"}


@pytest.mark.parametrize("content", ["", "\x00\x01"])
def test_says_that_a_file_is_no_table(tmp_path: Path, content: str) -> None:
    folder = _write(tmp_path, content)

    with pytest.raises(TableUnreadableError, match=r"t\.csv"):
        read(TableSource("t.csv", encoding="utf-16"), folder)


def test_stays_in_the_data_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    _write(tmp_path, "a\n1\n")

    with pytest.raises(TableUnreadableError):
        read(TableSource("../t.csv"), str(tmp_path / "data"))
