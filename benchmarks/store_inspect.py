"""The same runs in Inspect's `.eval` format, by Inspect's own recorder: one sample for each run.

A sample holds the goal, all messages, and the scores and facts as metadata. It is written as
Inspect does it: samples are buffered, and every so many the log is brought up to date.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import msgspec
import store_runs
from inspect_ai.log import EvalConfig, EvalDataset, EvalPlan, EvalSample, EvalSpec, EvalStats
from inspect_ai.log._recorders.eval import EvalRecorder
from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser
from inspect_ai.scorer import Score

from critique_loop.values import Call, Critique, Execution, Started


def sample(number: int) -> EvalSample:
    """Return a run as a sample."""
    bodies = [event.body for event in store_runs.events(number)]
    started = next(body for body in bodies if isinstance(body, Started))
    messages: list[Any] = []
    for call in (body for body in bodies if isinstance(body, Call)):
        messages += [
            ChatMessageSystem(content=call.messages[0].text),
            ChatMessageUser(content=call.messages[1].text),
            ChatMessageAssistant(content=call.answers[0].text),
        ]
    critiques = [body for body in bodies if isinstance(body, Critique)]
    executions = [body for body in bodies if isinstance(body, Execution)]
    return EvalSample(
        id=number,
        epoch=1,
        input=started.task.goal,
        target="",
        messages=messages,
        scores={"overall": Score(value=critiques[-1].overall or 0.0)},
        metadata={
            "critiques": msgspec.to_builtins(critiques),
            "executions": msgspec.to_builtins(executions),
        },
    )


async def _write(path: Path, samples: list[EvalSample]) -> None:
    recorder = EvalRecorder(str(path.parent))
    spec = EvalSpec(
        created="2026-01-01T00:00:00+00:00",
        task="charts",
        run_id="run",
        eval_id="eval",
        task_id="task",
        dataset=EvalDataset(name="charts", samples=len(samples)),
        model="small",
        config=EvalConfig(),
    )
    await recorder.log_init(spec, str(path))
    await recorder.log_start(spec, EvalPlan())
    every = recorder.default_log_buffer(len(samples), high_throughput=True)
    for place, one in enumerate(samples, 1):
        await recorder.log_sample(spec, one)
        if place % every == 0:
            await recorder.flush(spec)
    await recorder.log_finish(spec, "success", EvalStats(), None, None)


def write_eval(path: str, numbers: range, watch: Callable[[], Any]) -> dict[str, float]:
    """Write the runs into one log and return what it took."""
    samples = [sample(number) for number in numbers]
    timed = watch()
    anyio.run(_write, Path(path), samples)
    return timed.figures() | {"steps": len(samples) * store_runs.STEPS}
