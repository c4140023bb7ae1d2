"""What went wrong, in words."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from critique_loop.store.faults import store_error

PATH = Path("/data/traces.db")


def sqlite_error(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("detail")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "problem", "remedy"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), "another process", "fuser -v /data/traces.db"),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), "another process", "Wait"),
        (sqlite_error(sqlite3.SQLITE_FULL), "the disk is full", "Free some space"),
        (sqlite_error(sqlite3.SQLITE_IOERR_WRITE), "the disk can't", "quota"),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), "damaged", "/data/traces.db .recover"),
        (sqlite_error(sqlite3.SQLITE_NOTADB), "not a trace store", "CRITIQUE_LOOP_STORE"),
        (sqlite_error(sqlite3.SQLITE_READONLY_DBMOVED), "read-only", "writable"),
        (sqlite_error(sqlite3.SQLITE_PROTOCOL), "detail", "local disk"),
        (sqlite3.ProgrammingError("no code"), "no code", "local disk"),
        (OSError(errno.ENOSPC, "No space left"), "the disk is full", "Free some space"),
        (OSError(errno.EACCES, "Permission denied", "/x/y"), "/x/y: it is read-only", "writable"),
        (OSError(errno.ENOTDIR, "Not a directory"), "Not a directory", "CRITIQUE_LOOP_STORE"),
    ],
)
def test_each_fault_says_what_and_what_to_do(
    error: sqlite3.Error | OSError, problem: str, remedy: str
) -> None:
    fault = store_error(PATH, error)

    assert problem in fault.problem
    assert str(getattr(error, "filename", None) or PATH) in fault.problem
    assert remedy in str(fault)
