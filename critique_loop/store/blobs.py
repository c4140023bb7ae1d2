"""Bytes by their SHA-256: small ones in a SQLite file, large ones in files of their own."""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
from pathlib import Path

from critique_loop.errors import CallError, StoreError
from critique_loop.store.place import create_file, make_folder, scratch_name

# Below, a row costs a third to a sixth of a file; above, a file (https://sqlite.org/intern-v-extern-blob.html).
LARGE_BYTES = 100_000

_SHA256 = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The blobs of one store, through one connection; the caller opens and closes it."""

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        """Keep large blobs as ``folder``/ab/cdef..., which is made when first needed."""
        self._connection = connection
        self._folder = folder

    def put(self, sha256: str, data: bytes) -> None:
        """Keep ``data``; a second time is harmless. Small ones become part of a transaction."""
        if len(data) < LARGE_BYTES:
            self._connection.execute(
                "INSERT INTO blobs (sha256, data) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (sha256, data),
            )
        elif not _is_there(self._path(sha256), len(data)):
            _write_whole(self._path(sha256), data)

    def get(self, sha256: str) -> bytes:
        """Return the bytes with this hash.

        Raises:
            CallError: there are none.
            StoreError: they are damaged, or can't be read.
        """
        if not _SHA256.fullmatch(sha256):
            raise CallError(
                f"{sha256!r} is no SHA-256", remedy="Give 64 hexadecimal digits in lower case."
            )
        data = self._row(sha256)
        if data is None:
            data = self._file(sha256)
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError(f"the stored bytes {sha256} are damaged")
        return data

    def _row(self, sha256: str) -> bytes | None:
        query = "SELECT data FROM blobs WHERE sha256 = ?"
        found = self._connection.execute(query, (sha256,)).fetchone()
        return found[0] if found else None

    def _file(self, sha256: str) -> bytes:
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError as error:
            raise CallError(f"no stored bytes have the SHA-256 {sha256}") from error
        except OSError as error:
            raise StoreError(f"{self._path(sha256)}: {error.strerror}") from error

    def _path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256[2:]


def _is_there(path: Path, size: int) -> bool:
    """Return whether the file is there and not cut short, as a file system can leave it."""
    try:
        return path.stat().st_size == size
    except (FileNotFoundError, NotADirectoryError):
        return False


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that, whatever happens, it is either absent or complete and on disk."""
    make_folder(path.parent.parent)
    make_folder(path.parent)
    scratch = scratch_name(path)
    try:
        with os.fdopen(create_file(scratch), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError:
        scratch.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
