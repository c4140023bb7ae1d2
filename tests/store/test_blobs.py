"""Bytes by their hash."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from critique_loop.errors import CallError, StoreError
from critique_loop.store.blobs import LARGE_BYTES, Blobs
from critique_loop.store.schema import BLOBS, Database


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    database = Database(tmp_path / "b.db", BLOBS, 0.2)
    database.create()
    with contextlib.closing(database.connect_writer()) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "large"


@pytest.fixture
def blobs(connection: sqlite3.Connection, folder: Path) -> Blobs:
    return Blobs(connection, folder)


def put(blobs: Blobs, data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    blobs.put(sha256, data)
    return sha256


def files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file()]


@pytest.mark.parametrize("size", [0, 1, LARGE_BYTES - 1, LARGE_BYTES, 3 * LARGE_BYTES])
def test_bytes_come_back_whatever_their_size(blobs: Blobs, size: int) -> None:
    data = b"\x00\xffz" * (size // 3) + b"." * (size % 3)

    sha256 = put(blobs, data)

    assert blobs.get(sha256) == data


def test_only_large_bytes_get_a_file_of_their_own(blobs: Blobs, folder: Path) -> None:
    put(blobs, b"s" * (LARGE_BYTES - 1))
    sha256 = put(blobs, b"l" * LARGE_BYTES)

    (file,) = files(folder)

    assert file == folder / sha256[:2] / sha256[2:]
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_same_bytes_are_stored_once(
    blobs: Blobs, folder: Path, connection: sqlite3.Connection
) -> None:
    for _ in range(3):
        put(blobs, b"small")
        put(blobs, b"l" * LARGE_BYTES)

    assert connection.execute("SELECT count(*) FROM blobs").fetchone() == (1,)
    assert len(files(folder)) == 1


@pytest.mark.parametrize("sha256", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_what_is_no_hash_is_refused(blobs: Blobs, sha256: str) -> None:
    with pytest.raises(CallError, match="no SHA-256"):
        blobs.get(sha256)


def test_an_unknown_hash_is_named(blobs: Blobs) -> None:
    with pytest.raises(CallError, match="0" * 64):
        blobs.get("0" * 64)


def test_a_damaged_file_is_noticed(blobs: Blobs, folder: Path) -> None:
    sha256 = put(blobs, b"l" * LARGE_BYTES)
    files(folder)[0].write_bytes(b"k" * LARGE_BYTES)

    with pytest.raises(StoreError, match="damaged"):
        blobs.get(sha256)


def test_a_file_that_can_not_be_read_is_a_store_error(blobs: Blobs, folder: Path) -> None:
    (folder / "00" / ("0" * 62)).mkdir(parents=True)

    with pytest.raises(StoreError, match="directory"):
        blobs.get("0" * 64)


def test_a_write_that_fails_leaves_no_half_file(blobs: Blobs, folder: Path) -> None:
    data = b"l" * LARGE_BYTES
    sha256 = hashlib.sha256(data).hexdigest()
    folder.mkdir()
    (folder / sha256[:2]).write_text("in the way")

    with pytest.raises(FileExistsError):
        blobs.put(sha256, data)

    assert files(folder) == [folder / sha256[:2]]
