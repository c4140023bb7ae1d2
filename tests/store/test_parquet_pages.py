"""What the pages of a Parquet file hold, by their own headers."""

from __future__ import annotations

import importlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from critique_loop.errors import CallError
from critique_loop.store.parquet_file import ParquetFile
from critique_loop.store.parquet_pages import Pages

pyarrow: Any = importlib.import_module("pyarrow")
parquet: Any = importlib.import_module("pyarrow.parquet")
SIZE = 8 * 2**20
TEXTS = [f"text {number}" for number in range(5000)]


def write(path: Path, values: list[Any], **options: Any) -> Path:  # noqa: ANN401 - pyarrow's own
    parquet.write_table(pyarrow.table({"data": values}), path, **options)
    return path


def size(path: Path) -> int:
    column = parquet.ParquetFile(path).metadata.row_group(0).column(0)
    with closing(Pages(path)) as pages:
        return pages.size(column)


def numbered(value: int) -> bytes:
    """Return a number as Thrift writes it."""
    raw, found = value << 1, bytearray()
    while raw > 127:
        found.append(raw & 127 | 128)
        raw >>= 7
    return bytes([*found, raw])


def shrunk(data: bytes, *, by: int) -> bytes:
    """Return bytes in which the lengths near that of the large value are said to be small."""
    for length in range(SIZE, SIZE + 256):
        true = numbered(length)
        data = data.replace(true, numbered(length - by))
    return data


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4"])
def test_sound_pages_are_as_large_as_their_footer_says_but_for_headers(
    tmp_path: Path, codec: str, version: str
) -> None:
    path = write(
        tmp_path / "a.parquet",
        [*TEXTS, None, *TEXTS],
        compression=codec,
        data_page_version=version,
        data_page_size=2000,
    )

    said = parquet.ParquetFile(path).metadata.row_group(0).column(0).total_uncompressed_size

    assert 0.9 * said < size(path) <= said


def test_a_footer_that_lies_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", ["x" * SIZE], compression="zstd", use_dictionary=False)
    data = path.read_bytes()
    footer = int.from_bytes(data[-8:-4], "little")
    path.write_bytes(data[: -8 - footer] + shrunk(data[-8 - footer : -8], by=SIZE // 2) + data[-8:])
    said = parquet.ParquetFile(path).metadata.row_group(0)

    assert said.total_byte_size < SIZE
    assert size(path) >= SIZE
    with (
        closing(ParquetFile(path, {"data": "string"}, largest_group=SIZE - 1)) as file,
        pytest.raises(CallError, match="row group 0 is larger than"),
    ):
        file.read(0)


def test_pages_whose_headers_lie_are_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", ["x" * SIZE], compression="zstd", use_dictionary=False)
    path.write_bytes(shrunk(path.read_bytes(), by=SIZE // 2))

    assert size(path) < SIZE
    with (
        closing(ParquetFile(path, {"data": "string"}, largest_group=SIZE)) as file,
        pytest.raises(CallError, match="row group 0 can't be read"),
    ):
        file.read(0)


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
def test_encodings_that_make_much_of_little_are_refused(tmp_path: Path, encoding: str) -> None:
    path = write(
        tmp_path / "a.parquet", TEXTS, use_dictionary=False, column_encoding={"data": encoding}
    )

    with pytest.raises(CallError, match="it has the encoding"):
        size(path)


def test_a_codec_that_makes_much_of_little_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", TEXTS, compression="brotli")

    with pytest.raises(CallError, match="it is packed by BROTLI"):
        size(path)


def test_a_dictionary_with_more_entries_than_rows_may_be_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.parquet",
        [str(number) for number in range(2**17 + 1)],
        dictionary_pagesize_limit=2**22,
    )

    with pytest.raises(CallError, match="its dictionary has more than"):
        size(path)


@pytest.mark.parametrize(
    "header", [b"", b"\xff" * 60, b"\x0c" * 60, b"\x15\x00", b"\x00", b"\x19" * 9, b"\x15\x00\x15"]
)
def test_what_is_no_header_is_refused(tmp_path: Path, header: bytes) -> None:
    path = write(tmp_path / "a.parquet", TEXTS, use_dictionary=False)
    column = parquet.ParquetFile(path).metadata.row_group(0).column(0)
    path.write_bytes(b"PAR1" + header)

    with closing(Pages(path)) as pages, pytest.raises(CallError, match="a page of it"):
        pages.size(column)
