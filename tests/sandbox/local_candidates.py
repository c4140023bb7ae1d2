"""Candidates without a container: the host of programs is a fork of this process.

It has no isolation at all: for programs that tests and benchmarks wrote themselves.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import candidate_host
from candidates import Candidates


@contextmanager
def local_candidates(draft: str, module: str = "solution") -> Generator[Candidates]:
    """Give candidates for a draft, and end all of them afterwards."""
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder, "work")
        place = candidate_host.Place(str(work), folder, (), (folder,))
        pid = os.fork()
        if pid == 0:
            try:
                ours.close()
                candidate_host.serve(theirs, place)
            finally:
                os._exit(0)
        theirs.close()
        try:
            yield Candidates(ours, draft=draft, module=module)
        finally:
            ours.close()
            os.waitpid(pid, 0)
