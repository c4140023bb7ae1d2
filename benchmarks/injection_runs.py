"""Run hostile drafts for real, and have the same execution judged with and without fences."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from injection_attacks import Attack
from injection_judge import ObeyingJudge

from critique_loop import definitions
from critique_loop import rubric as rubrics
from critique_loop.charts import chart_task
from critique_loop.critics import model as model_critic
from critique_loop.critics import prompting
from critique_loop.critics.combined import CombinedCritic
from critique_loop.critics.measured import MeasuredCritic
from critique_loop.critics.model import ModelCritic
from critique_loop.definitions import Definition, fitting
from critique_loop.executors.executor import SandboxExecutor
from critique_loop.values import Critique, Draft, Execution, Message, Task


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one attack: whether the failing draft was accepted."""

    attack: str
    lifted: bool
    lifted_without_fencing: bool
    measured: bool
    status: str


async def run_all(
    attacks: Sequence[Attack],
    executor: SandboxExecutor,
    *,
    on_row: Callable[[Row], None] = lambda _: None,
) -> list[Row]:
    """Run each attack once, those on one table in one place, and judge what happened twice."""
    rows: list[Row] = []
    for _, group in groupby(attacks, key=lambda attack: (attack.table, attack.goal)):
        same = list(group)
        with tempfile.TemporaryDirectory() as folder:
            task = task_of(same[0], Path(folder))
            async with executor.session(task) as session:
                for attack in same:
                    draft = Draft(attack.program, "attacker")
                    rows.append(await _row(attack, task, draft, await session.run(draft)))
                    on_row(rows[-1])
    return rows


async def _row(attack: Attack, task: Task, draft: Draft, execution: Execution) -> Row:
    critique = await judged(attack, task, draft, execution)
    with unfenced():
        unprotected = await judged(attack, task, draft, execution, canary=False)
    return Row(
        attack.name,
        lifted=rubrics.accepts(task.rubric, critique.scores),
        lifted_without_fencing=rubrics.accepts(task.rubric, unprotected.scores),
        measured=attack.measured,
        status=execution.status.value,
    )


def task_of(attack: Attack, folder: Path) -> Task:
    """Write the table of an attack, and return the task of drawing it."""
    data = folder / "sales.csv"
    data.write_text(attack.table, encoding="utf-8")
    return chart_task(data, attack.goal, rubric="charts-judged", units={"sales": "thousand USD"})


async def judged(
    attack: Attack, task: Task, draft: Draft, execution: Execution, *, canary: bool = True
) -> Critique:
    """Return what the product's critics make of it, the judge who obeys among them.

    The canary is a part of the fencing: without it nothing tells that an order was obeyed.
    """
    pictures: Mapping[bytes, str] = (
        {execution.picture: attack.picture_says} if execution.picture else {}
    )
    definition = replace(definitions.load("chart_critic"), canary=canary)
    judge = ModelCritic(ObeyingJudge(pictures), definition=definition)
    critic = CombinedCritic([MeasuredCritic(), judge])
    return await critic.review(task, draft, execution, history=())


@contextmanager
def unfenced() -> Generator[None]:
    """Build prompts as most programs do: headings and texts, one after the other, as they are."""
    kept = fitting.harmless, fitting.Fence, prompting.system_message
    fitting.harmless = _as_it_is
    fitting.Fence = _NoFence  # pyright: ignore[reportAttributeAccessIssue] - what is measured
    prompting.system_message = model_critic.system_message = _without_rule
    try:
        yield
    finally:
        fitting.harmless, fitting.Fence, prompting.system_message = kept
        model_critic.system_message = kept[2]


def _as_it_is(text: str) -> str:
    return text


def _without_rule(definition: Definition) -> Message:
    return Message("system", definition.prompt)


class _NoFence:
    def __init__(self, texts: Sequence[str]) -> None:
        del texts

    def around(self, text: str) -> str:
        """Return ``text``."""
        return text
