"""What went wrong with a store, in words, and what to do about it."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from critique_loop.errors import StoreError

ELSEWHERE = "name another file with CRITIQUE_LOOP_STORE"

_SQLITE = {
    sqlite3.SQLITE_BUSY: (
        "another process holds its lock",
        "Wait for that process or stop it (`fuser -v FILE` names it), then try again.",
    ),
    sqlite3.SQLITE_FULL: ("the disk is full", f"Free some space, or {ELSEWHERE}."),
    sqlite3.SQLITE_READONLY: ("it is read-only", f"Make file and folder writable, or {ELSEWHERE}."),
    sqlite3.SQLITE_CANTOPEN: (
        "it can't be opened",
        f"Make the file readable and its folder writable, or {ELSEWHERE}.",
    ),
    sqlite3.SQLITE_NOTADB: ("it is not a trace store", f"Move it away, or {ELSEWHERE}."),
    sqlite3.SQLITE_CORRUPT: (
        "it is damaged",
        "Rescue what it holds: critique-loop store copy --rescue --store FILE --into NEW, or else"
        f" `sqlite3 FILE .recover`; or {ELSEWHERE}.",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk can't be read or written",
        f"Look at the disk's space, quota and health, or {ELSEWHERE}.",
    ),
}

_OS = {
    errno.ENOSPC: sqlite3.SQLITE_FULL,
    errno.EDQUOT: sqlite3.SQLITE_FULL,
    errno.EFBIG: sqlite3.SQLITE_FULL,
    errno.EROFS: sqlite3.SQLITE_READONLY,
    errno.EACCES: sqlite3.SQLITE_READONLY,
    errno.EPERM: sqlite3.SQLITE_READONLY,
    errno.EIO: sqlite3.SQLITE_IOERR,
}

_PRIMARY_CODE = 0xFF  # https://sqlite.org/rescode.html: the low byte of an extended code


def store_error(path: Path, error: sqlite3.Error | OSError) -> StoreError:
    """Return the error to raise for a failed access to the store at ``path``."""
    if isinstance(error, OSError):
        code = _OS.get(error.errno or 0)
        path = Path(error.filename) if isinstance(error.filename, str) else path
        detail = error.strerror or str(error)
    else:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
        detail = str(error)
    known = _SQLITE.get(code or 0)
    problem, remedy = known or (detail, f"Put the store on a local disk, or {ELSEWHERE}.")
    return StoreError(f"{path}: {problem}", remedy=remedy.replace("FILE", str(path)))
