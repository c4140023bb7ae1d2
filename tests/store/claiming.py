"""A worker that claims items and finishes them: ``claiming.py STORE BATCH LOG [DIE_AFTER]``."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from critique_loop.store.batches import Batches
from critique_loop.store.leases import Leases

store, name, log = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
die_after = int(sys.argv[4]) if len(sys.argv) > 4 else 0
done = 0
with Batches(store) as batches, log.open("a", encoding="utf-8") as file:
    leases = Leases(batches, batches.find(name))
    leases.enter()
    while claimed := leases.claim(7):
        for lease in claimed:
            if die_after and done >= die_after:
                os.kill(os.getpid(), signal.SIGKILL)
            if leases.complete(lease.item, "{}"):
                done += 1
                file.write(f"{lease.item}\n")
                file.flush()
    leases.leave()
