"""Keeps replies and says each once it is kept: `keep_replies.py STORE FIRST COUNT`."""

from __future__ import annotations

import sys

import anyio

from critique_loop.store import SqliteStore
from critique_loop.values import Choice, Reply


async def main(path: str, first: int, count: int) -> None:
    say("ready")
    with SqliteStore(path) as store:
        for number in range(first, first + count):
            await store.keep_reply(f"{number:064x}", Reply((Choice(f"answer {number}"),), "small"))
            say(str(number))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


anyio.run(main, sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
