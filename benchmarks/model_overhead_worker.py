"""One contender of the overhead benchmark: does one exchange for each line that it reads.

    python model_overhead_worker.py MODULE CONTENDER BASE_URL MODEL

Answers a line of JSON with the CPU seconds (user + system, all threads) since its last answer, the
wall seconds of the exchange, and its memory. Its first line tells the versions in use.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import time
from importlib import metadata
from pathlib import Path

_PACKAGES = ("openai", "critique-loop", "autogen-agentchat", "agent-framework-core")


def versions() -> dict[str, str]:
    """Return the versions of the packages that a contender may use, as far as they are there."""
    names = {str(found.metadata["Name"]).lower() for found in metadata.distributions()}
    return {name: metadata.version(name) for name in _PACKAGES if name in names}


def memory_mb() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def main(module: str, contender: str, base_url: str, model: str) -> None:
    """Do exchanges until the lines end."""
    make = importlib.import_module(module).CONTENDERS[contender]
    async with make(base_url, model) as exchange:
        print(json.dumps({"versions": versions()}), flush=True)
        spent = time.process_time()
        # Reading blocks the event loop: between two exchanges nothing has anything to do.
        for number, _ in enumerate(sys.stdin):
            began = time.perf_counter()
            await exchange(number)
            wall = time.perf_counter() - began
            before, spent = spent, time.process_time()
            told = {"cpu_s": spent - before, "wall_s": wall, "memory_mb": memory_mb()}
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
