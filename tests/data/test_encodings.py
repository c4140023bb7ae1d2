from __future__ import annotations

import bz2
import codecs
import gzip
import hashlib
import io
import json
import lzma
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from critique_loop.data import profile
from critique_loop.errors import DataError

WriteTable = Callable[..., Path]
_TEXT = "city,people\nKöln,1084000\nMálaga,578000\n"


def _refusal(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        profile(path)
    assert caught.value.remedy
    return caught.value.problem


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("latin-1", "latin-1"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(
    write_table: WriteTable, written: str, told: str
) -> None:
    path = write_table(_TEXT, encoding=written)

    table = profile(path)

    assert table.dialect.encoding == told
    assert table.column("city").values == ("Köln", "Málaga")
    assert [column.name for column in table.columns] == ["city", "people"]


def test_utf_16_with_the_high_byte_first_keeps_its_mark_to_itself(write_table: WriteTable) -> None:
    path = write_table(codecs.BOM_UTF16_BE + _TEXT.encode("utf-16-be"))

    table = profile(path)

    assert [column.name for column in table.columns] == ["city", "people"]
    assert table.column("city").values == ("Köln", "Málaga")


def test_characters_only_windows_has_are_kept(write_table: WriteTable) -> None:
    path = write_table("item,price\ncoffee „large“,3 €\ntea,2 €\n", encoding="cp1252")

    table = profile(path)

    assert table.dialect.encoding == "cp1252"
    assert table.column("price").values == ("3 €", "2 €")


def test_a_byte_that_windows_leaves_open_falls_back_to_latin_1(write_table: WriteTable) -> None:
    assert profile(write_table(b"a,b\nx\x81,2\n")).dialect.encoding == "latin-1"


def test_one_character_beyond_ascii_at_the_very_end_decides(write_table: WriteTable) -> None:
    path = write_table("city,n\n" + "Rom,1\n" * 300_000 + "Köln,2\n", encoding="latin-1")

    table = profile(path)

    assert table.dialect.encoding == "latin-1"
    assert table.column("city").values == ("Rom", "Köln")


@pytest.mark.parametrize("encoding", ["cp1251", "shift-jis", "gb18030", "koi8-r"])
def test_an_encoding_that_cant_be_told_is_refused_and_never_garbled(
    write_table: WriteTable, encoding: str
) -> None:
    city = "Москва" if encoding in {"cp1251", "koi8-r"} else "東京都"

    problem = _refusal(write_table(f"city,n\n{city},1\n", encoding=encoding))

    assert "encoding of the text can't be told" in problem
    assert "near line 2" in problem


def test_utf_8_with_one_broken_byte_is_refused_with_its_line(write_table: WriteTable) -> None:
    content = "city,n\n" + "Zürich,1\n" * 20
    path = write_table(content.encode() + b"K\xf6ln,2\n")

    assert "near line 22" in _refusal(path)


def test_utf_16_that_breaks_off_is_refused(write_table: WriteTable) -> None:
    assert "breaks off" in _refusal(write_table(_TEXT.encode("utf-16")[:-1]))


def test_nul_characters_are_refused_with_their_line(write_table: WriteTable) -> None:
    assert "line 3 holds a NUL character" in _refusal(write_table(b"a,b\n1,2\nx\0y,2\n"))


def test_random_bytes_are_refused(write_table: WriteTable) -> None:
    noise = b"".join(hashlib.sha256(bytes([seed])).digest() for seed in range(200))

    _refusal(write_table(noise))


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


def _picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "png")
    return buffer.getvalue()


def _database(path: Path) -> bytes:
    connection = sqlite3.connect(path)
    connection.execute("create table t (a)")
    connection.commit()
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (_zipped(), "Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "old Excel workbook"),
        (b"PAR1" + bytes(20) + b"PAR1", "Parquet"),
        (gzip.compress(b"a,b\n1,2\n"), "gzip"),
        (bz2.compress(b"a,b\n1,2\n"), "bzip2"),
        (lzma.compress(b"a,b\n1,2\n"), "xz"),
        (_picture(), "PNG"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"<!DOCTYPE html><html><table></table></html>", "HTML"),
        (b"<?xml version='1.0'?><rows/>", "XML"),
        (json.dumps([{"a": 1}, {"a": 2}]).encode(), "this is JSON"),
        (json.dumps({"a": [1]}, indent=2).encode(), "JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else "bytes",
)
def test_what_is_no_text_table_is_called_by_its_name(
    write_table: WriteTable, content: bytes, named: str
) -> None:
    assert named in _refusal(write_table(content))


def test_a_database_is_called_by_its_name(write_table: WriteTable, tmp_path: Path) -> None:
    assert "SQLite" in _refusal(write_table(_database(tmp_path / "t.db")))


def test_a_file_of_blank_lines_is_refused(write_table: WriteTable) -> None:
    assert "nothing but blank lines" in _refusal(write_table("\n \r\n\t\n"))


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    with path.open("wb") as file:
        for _ in range(40):
            file.write(b"x" * (1 << 20))

    assert "a line is longer than 32 MB" in _refusal(path)


def test_size_and_hash_are_those_of_the_bytes(write_table: WriteTable) -> None:
    path = write_table(_TEXT, encoding="utf-16")

    table = profile(path)

    assert table.size_bytes == path.stat().st_size
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
