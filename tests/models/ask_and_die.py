"""A loop whose writer asks a cached model: `ask_and_die.py STORE URL MODEL RUN [KEPT WHEN]`.

It goes on with RUN where the store has it. With KEPT and WHEN it kills itself right before or right
after its KEPT-th reply is kept.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from critique_loop.budget import Budget
from critique_loop.loop import Loop
from critique_loop.models.caching import CachedModel
from critique_loop.models.openai import OpenAIModel
from critique_loop.protocols import Model
from critique_loop.proxy import UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedCritic, ScriptedExecutor
from critique_loop.values import (
    Dimension,
    Draft,
    Lesson,
    Message,
    Outcome,
    Reply,
    Request,
    Round,
    Rubric,
    Task,
)

ROUNDS = 6
RUBRIC = Rubric("r", (Dimension("right", "Is it right?", pass_mark=8.0),), target=8.0)
# Each program is a little better than the one before, and none is good enough.
MARKS = {f"print('program {number}')": number / 2 for number in range(1, ROUNDS + 1)}


def question(number: int) -> Request:
    """Return what is asked for program ``number``."""
    return Request((Message("user", f"program {number}"),), max_tokens=64, role="writer")


class ModelAsker:
    """Asks the model for the program of each round."""

    name = "asker"

    def __init__(self, model: Model) -> None:
        self._model = model

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        del task, lessons
        reply = await self._model.complete(question(len(history) + 1))
        return Draft(code=reply.text, writer=self.name)


class Deadly(SqliteStore):
    """Ends the process around the keeping of a reply."""

    left = 0
    when = ""

    async def keep_reply(self, key: str, reply: Reply) -> None:
        self.left -= 1
        if self.left == 0 and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await super().keep_reply(key, reply)
        if self.left == 0 and self.when == "after":
            os.kill(os.getpid(), signal.SIGKILL)


async def main(arguments: Sequence[str]) -> Outcome:
    path, url, model, run, *death = arguments
    with Deadly(path) as store:
        if death:
            store.left, store.when = int(death[0]), death[1]
        async with OpenAIModel(model, base_url=url) as asked:
            loop = Loop(
                writer=ModelAsker(CachedModel(asked, store)),
                executor=ScriptedExecutor(),
                critic=ScriptedCritic(MARKS),
                proxy=UserProxy(budget=Budget(max_rounds=ROUNDS)),
                store=store,
            )
            known = [event async for event in store.events(run)]
            if known:
                return await loop.resume(run)
            return await loop.run(Task(goal="g", rubric=RUBRIC), run_id=run)


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1:])).stopped_because)  # noqa: T201 - for whoever started it
