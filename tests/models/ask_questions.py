"""Asks questions through a cache and says each once it is answered.

`ask_questions.py STORE BILL COUNT`: every question that really reaches the model adds a line to
BILL before it is answered.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio

from critique_loop.models.caching import CachedModel
from critique_loop.store import SqliteStore
from critique_loop.values import Choice, Message, Reply, Request


class Billing:
    """Writes each question down, as a server does that wants to be paid."""

    name = "billing"

    def __init__(self, bill: Path) -> None:
        self._bill = bill

    async def complete(self, request: Request) -> Reply:
        with self._bill.open("a", encoding="utf-8") as file:
            file.write(f"{request.messages[0].text}\n")
        return Reply((Choice("an answer " * 500),), self.name)


async def main(path: str, bill: str, count: int) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with SqliteStore(path) as store:
        model = CachedModel(Billing(Path(bill)), store)
        for number in range(count):
            await model.complete(Request((Message("user", str(number)),)))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


anyio.run(main, sys.argv[1], sys.argv[2], int(sys.argv[3]))
