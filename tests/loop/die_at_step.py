"""A loop with candidates, judged by a model, and a person who is asked: killed wherever one likes.

`die_at_step.py STORE URL MODEL NOTES RUN [POINT]` goes on with RUN where the store has it, and
kills itself at the given point: 2 n is right before the nth write to the store, 2 n + 1 right after
it. What was run, and what the person was asked, is noted in the file NOTES, a line each.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from critique_loop.budget import Budget
from critique_loop.loop import Loop
from critique_loop.models.caching import CachedModel
from critique_loop.models.openai import OpenAIModel
from critique_loop.protocols import Model, ReplyStore, TraceStore
from critique_loop.proxy import Asking, UserProxy
from critique_loop.store import SqliteStore
from critique_loop.testing import ScriptedExecutor
from critique_loop.values import (
    Answer,
    Critique,
    Dimension,
    Draft,
    Event,
    Execution,
    Lesson,
    Message,
    Outcome,
    Question,
    QuestionKind,
    Reply,
    Request,
    Round,
    Rubric,
    Score,
    Task,
)

RUBRIC = Rubric("r", (Dimension("right", "Is it right?", gate=True, pass_mark=8.0),), target=8.0)
TASK = Task("g", RUBRIC)
PROGRAMS = (("a1", "a2"), ("b1", "b2"), ("c1", "c2"))
MARKS = {"a1": 2, "a2": 4, "b1": 5, "b2": 9, "c1": 6, "c2": 10}


def answer(text: str, index: int) -> str:
    """Return what the model says, the nth of several answers."""
    what, _, of = text.partition(" ")
    return PROGRAMS[int(of)][index] if what == "turn" else str(MARKS[of])


class Writer:
    """Asks a model for two programs a turn."""

    name = "writer"

    def __init__(self, model: Model) -> None:
        self._model = model

    async def draft(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Draft:
        raise NotImplementedError  # a writer of candidates is asked for those

    async def candidates(
        self, task: Task, *, history: Sequence[Round], lessons: Sequence[Lesson] = ()
    ) -> Sequence[Draft]:
        del task, lessons
        text = f"turn {len(history) // 2}"
        request = Request((Message("user", text),), n=2, max_tokens=64, role="writer")
        reply = await self._model.complete(request)
        return [Draft(choice.text, self.name) for choice in reply.choices]


class Critic:
    """Asks a model for the mark of each program."""

    name = "critic"

    def __init__(self, model: Model) -> None:
        self._model = model

    async def review(
        self, task: Task, draft: Draft, execution: Execution, *, history: Sequence[Round]
    ) -> Critique:
        del task, execution, history
        text = f"judge {draft.code}"
        request = Request((Message("user", text),), max_tokens=64, role="critic")
        mark = float((await self._model.complete(request)).text)
        return Critique(self.name, (Score("right", mark, 8.0),), overall=mark)


def loop_of(
    model: Model, store: TraceStore, note: Callable[[str], None], *, replies: ReplyStore
) -> Loop:
    """Return the loop. The person wants the first accepted program changed, and takes the next."""

    async def person(question: Question) -> Answer:
        note(f"asked {question.id}")
        wants = question.context.get("round") == 4
        return Answer("refine", text="more") if wants else Answer("accept")

    cached = CachedModel(model, replies)
    return Loop(
        writer=Writer(cached),
        executor=ScriptedExecutor(before=lambda draft: note(f"ran {draft.code}")),
        critic=Critic(cached),
        proxy=UserProxy(
            budget=Budget(max_rounds=9, max_time_s=None),
            ask=person,
            asking=Asking(at=frozenset({QuestionKind.ACCEPT})),
        ),
        store=store,
    )


async def go_on(loop: Loop, store: TraceStore, run: str) -> Outcome:
    """Begin the run, or go on with it where it is there."""
    if [event async for event in store.events(run)]:
        return await loop.resume(run)
    return await loop.run(TASK, run_id=run)


class Deadly(SqliteStore):
    """Ends the process around a write."""

    point = -1
    writes = 0

    async def append(self, event: Event) -> None:
        self._die_at(2 * self.writes)
        self.writes += 1
        await super().append(event)
        self._die_at(2 * self.writes - 1)

    async def keep_reply(self, key: str, reply: Reply) -> None:
        self._die_at(2 * self.writes)
        self.writes += 1
        await super().keep_reply(key, reply)
        self._die_at(2 * self.writes - 1)

    def _die_at(self, point: int) -> None:
        if point == self.point:
            os.kill(os.getpid(), signal.SIGKILL)


async def main(arguments: Sequence[str]) -> Outcome:
    path, url, name, notes, run, *point = arguments

    def note(line: str) -> None:
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    with Deadly(path) as store:
        store.point = int(point[0]) if point else -1
        async with OpenAIModel(name, base_url=url) as model:
            return await go_on(loop_of(model, store, note, replies=store), store, run)


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1:])).stopped_because)  # noqa: T201 - for whoever started it
