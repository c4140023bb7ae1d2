"""Programs handed to the critic: references and their mutants, on this machine or elsewhere."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import anyio
from code_critic_local import LocalExecutor
from code_critic_signals import ARGUMENTS, BARE, INFORMED, SIGNALS, Signal, ask, task_for
from code_critic_tables import Share, Subject
from code_task_list import CodeTask, tasks
from mutation import chosen, mutants
from mutation_runs import Judged, changes_arguments, judge

from critique_loop.protocols import Executor

SLOWER_EACH = 1
TYPES_CACHE = "code-critic-types"
RUDE = frozenset({"copy_missing", "sorted_in_place", "call_missing", "mutable_default"})
NOTHING = Signal("nothing", ())


@dataclass(frozen=True, slots=True)
class Wanted:
    """How many mutants of each task are judged."""

    faults: int
    slower: int = SLOWER_EACH


def all_subjects(wanted: Wanted, *, jobs: int, done: Callable[[str], None]) -> list[Subject]:
    """Have every reference and its mutants judged; ``done`` is told of each task."""
    names = [task.task_id for task in tasks()]
    found: list[Subject] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for subjects in pool.map(partial(subjects_of, wanted=wanted), names):
            found += subjects
            done(subjects[0].task.task_id)
    return found


def subjects_of(task_id: str, wanted: Wanted) -> list[Subject]:
    """Have the reference of one task and its mutants judged."""
    task = next(task for task in tasks() if task.task_id == task_id)
    executor = LocalExecutor(Path(tempfile.gettempdir(), TYPES_CACHE))
    return anyio.run(partial(judged_by_critic, executor, task, mutants_of(task, wanted)))


def mutants_of(task: CodeTask, wanted: Wanted) -> list[Judged]:
    """Return what is known of the chosen mutants of a task."""
    found = mutants(task.reference)
    faults = chosen([mutant for mutant in found if not mutant.is_slower], wanted.faults)
    slower = chosen([mutant for mutant in found if mutant.is_slower], wanted.slower)
    return [judge(task, mutant) for mutant in (*faults, *slower)]


async def judged_by_critic(
    executor: Executor, task: CodeTask, judged: Sequence[Judged]
) -> list[Subject]:
    """Ask for every signal about a reference and its mutants."""
    programs = [task.reference, *(one.mutant.source for one in judged)]
    informed, bare = [
        [told async for told in ask(executor, task_for(task, signals), programs)]
        for signals in (INFORMED, BARE)
    ]
    return [
        Subject(task, one, *told)
        for one, *told in zip([None, *judged], informed, bare, strict=True)
    ]


async def cpu_seconds(sample: Iterable[CodeTask]) -> dict[str, list[float]]:
    """Return the processor time of each signal alone on each reference, above that of none.

    The time of a run in which nothing is asked for is taken off.
    """
    found: dict[str, list[float]] = {signal.name: [] for signal in SIGNALS}
    for task in sample:
        base = await _median_cpu(task, NOTHING)
        for signal in SIGNALS:
            if signal.fits(task):
                used = await _median_cpu(task, signal)
                found[signal.name].append(max(used - base, 0.0))
    return found


async def _median_cpu(task: CodeTask, signal: Signal) -> float:
    asked = task_for(task, [signal])
    programs = [task.reference] * 3
    return statistics.median([told.cpu_s async for told in ask(LocalExecutor(), asked, programs)])


async def argument_changers(sample: Iterable[CodeTask]) -> Share:
    """Count the mutants that change an argument, and those of them that the critic blames for it.

    They come from all mutants of the operators that can do so, not from those that were chosen.
    """
    heard: list[bool] = []
    for task in sample:
        rude = [
            mutant.source
            for mutant in mutants(task.reference)
            if mutant.operator in RUDE and changes_arguments(task, mutant)
        ]
        asked = task_for(task, [ARGUMENTS])
        heard += [told.fires(ARGUMENTS) async for told in ask(LocalExecutor(), asked, rude)]
    return Share.over(heard)


@dataclass(frozen=True, slots=True)
class Compared:
    """How many programs were judged in two places, and where these say different things."""

    programs: int
    different: list[str]

    def __add__(self, other: Compared) -> Compared:
        """Take both together."""
        return Compared(self.programs + other.programs, self.different + other.different)


async def compared(
    one: Executor, other: Executor, task: CodeTask, programs: Sequence[str]
) -> Compared:
    """Ask two executors for every signal about the same programs of a task."""
    asked = task_for(task, SIGNALS)
    here, there = [[told async for told in ask(place, asked, programs)] for place in (one, other)]
    found = [
        f"{task.task_id}, program {number}, {signal.name}: {a.fires(signal)} and {b.fires(signal)}"
        for number, (a, b) in enumerate(zip(here, there, strict=True), 1)
        for signal in SIGNALS
        if signal.fits(task) and a.fires(signal) != b.fires(signal)
    ]
    return Compared(len(programs), found)
