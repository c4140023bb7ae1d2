"""Claims a run of a store, says so, and holds it until it is killed: STORE RUN."""

from __future__ import annotations

import sys
import time

from critique_loop.store import SqliteStore

with SqliteStore(sys.argv[1]).claim(sys.argv[2]):
    print("claimed", flush=True)  # noqa: T201 - what the test waits for
    time.sleep(60)
