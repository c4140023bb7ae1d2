"""Which runs somebody goes on with just now: a lock for each, which ends with its process.

The locks are byte ranges of one empty file beside the store, one byte for each run. They belong to
the open file ("open file description locks", fcntl(2)) and not to the process, so two loops of one
process are in each other's way, too, and no other file that is closed drops one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import struct
from collections.abc import Generator
from pathlib import Path

from critique_loop.errors import CallError
from critique_loop.store.faults import store_error
from critique_loop.store.place import PRIVATE_FILE, make_folder

_FLOCK = "hhqqi4x"  # struct flock: type, whence, start, length, PID (0: the lock is the file's)
_HELD = (errno.EACCES, errno.EAGAIN)
_LAST_BYTE = 2**62 - 1


@contextlib.contextmanager
def claimed(store: Path, run_id: str) -> Generator[None]:
    """Hold the run for whoever goes on with it.

    Raises:
        CallError: somebody else holds it.
        StoreError: there is no place for the lock.
    """
    path = store.with_name(f"{store.stem}.claims")
    try:
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    except OSError as error:
        raise store_error(path, error) from error
    try:
        _lock(descriptor, path, run_id)
        yield
    finally:
        os.close(descriptor)  # and with it the lock


def _lock(descriptor: int, path: Path, run_id: str) -> None:
    lock = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, _place(run_id), 1, 0)
    try:
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
    except OSError as error:
        if error.errno not in _HELD:
            raise store_error(path, error) from error
        raise CallError(
            f"run {run_id}: somebody else goes on with it at this moment",
            remedy="Wait for its end: `critique-loop ls` shows it.",
        ) from error


def _place(run_id: str) -> int:
    """Return the byte that stands for a run; two runs share one once in some 10^18 pairs."""
    return int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:8], "big") & _LAST_BYTE
