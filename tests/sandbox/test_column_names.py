from __future__ import annotations

from pathlib import Path

import pytest
from column_names import read_column_names
from findings import TableSource


@pytest.mark.parametrize(
    ("content", "source"),
    [
        ('a_b,"c, d"\n1,2\n', TableSource("t.csv")),
        ("a_b;c, d\n1;2\n", TableSource("t.csv", separator=";")),
        ("\ufeffa_b\tc, d\r\n", TableSource("t.csv", separator="\t", encoding="utf-16")),
    ],
)
def test_the_header_names_the_columns(content: str, source: TableSource, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(content, encoding=source.encoding, newline="")

    assert read_column_names([source], str(tmp_path)) == {"a_b", "c, d"}


def test_a_table_that_cannot_be_read_has_no_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\x00\xff\xfe" * 9)
    sources = [TableSource("gone.csv"), TableSource("t.csv", encoding="klingon")]

    assert read_column_names(sources, str(tmp_path)) == frozenset()


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("password\n")
    (tmp_path / "data").mkdir()

    names = read_column_names([TableSource("../secret.csv")], str(tmp_path / "data"))

    assert names == frozenset()
