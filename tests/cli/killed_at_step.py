"""The command line, killed right after its nth step is kept: `killed_at_step.py N ARGUMENTS...`."""

from __future__ import annotations

import os
import signal
import sys

from critique_loop.cli import main
from critique_loop.store import SqliteStore
from critique_loop.values import Event

last = int(sys.argv.pop(1))
append = SqliteStore.append


async def append_and_die(self: SqliteStore, event: Event) -> None:
    await append(self, event)
    if event.seq + 1 == last:
        os.kill(os.getpid(), signal.SIGKILL)


SqliteStore.append = append_and_die
main()
