"""Our loop as a tool that any agent with function calls can use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio.to_thread
from autogen_core import CancellationToken
from autogen_core.tools import FunctionTool
from pydantic import BaseModel

from critique_loop.charts import save
from critique_loop.integrations.autogen.cancelling import heeding
from critique_loop.integrations.autogen.team_run import TaskOf
from critique_loop.integrations.autogen.unwrapping import noted
from critique_loop.integrations.autogen.wording import printable
from critique_loop.loop import Loop
from critique_loop.values import Outcome

_DESCRIPTION = (
    "Draw a chart from the table, as one sentence asks for it. The program is run in a sandbox, "
    "criticised and mended until the criteria are met; the result says whether they are."
)


class LoopResult(BaseModel):
    """What a run of the loop came to.

    ``folder`` holds the picture, the program and all rounds, "" where nothing was written;
    ``scores`` and ``overall`` are from 0 to 10, None: unscored.
    """

    accepted: bool
    stopped_because: str
    message: str
    rounds: int
    overall: float | None
    scores: dict[str, float | None]
    advice: list[str]
    reading: str
    code: str
    folder: str
    run_id: str
    cost_usd: float | None


def loop_tool(
    loop: Loop,
    task_of: TaskOf,
    *,
    name: str = "draw_chart",
    description: str = _DESCRIPTION,
    out: Path | None = None,
) -> FunctionTool:
    """Return a tool that runs ``loop`` on the task that ``task_of`` makes of a sentence.

    With ``out`` each run's results are written into a folder of its own below that.
    """

    async def run(goal: str) -> LoopResult:
        task = await anyio.to_thread.run_sync(task_of, goal)
        outcome = await loop.run(task)
        folder = out / outcome.run_id if out is not None and outcome.best else None
        if folder is not None:
            await anyio.to_thread.run_sync(save, outcome, folder)
        return result_of(outcome, folder=folder)

    async def tool(
        goal: Annotated[str, "What to make, in one sentence."],
        cancellation_token: CancellationToken,
    ) -> LoopResult:
        with noted():
            return await heeding(cancellation_token, run(goal))

    return FunctionTool(tool, description=description, name=name)


def result_of(outcome: Outcome, *, folder: Path | None = None) -> LoopResult:
    """Return ``outcome`` as the tool tells it."""
    best = outcome.best
    scores = best.critique.scores if best else ()
    return LoopResult(
        accepted=outcome.accepted,
        stopped_because=outcome.stopped_because.value,
        message=printable(outcome.message),
        rounds=len(outcome.rounds),
        overall=best.critique.overall if best else None,
        scores={score.dimension: score.value for score in scores},
        advice=[printable(score.advice) for score in scores if score.advice],
        reading=printable(best.draft.reading) if best else "",
        code=best.code if best else "",
        folder=str(folder or ""),
        run_id=outcome.run_id,
        cost_usd=outcome.cost_usd,
    )
