"""``critique-loop code --dataset``: a loop for each task of a file, pass@k and repair rates."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any, TypedDict

import anyio
import click

from critique_loop.budget import Budget
from critique_loop.building.loops import (
    Parts,
    build,
    critic_of,
    refuse_unknown_prices,
    writer_of,
)
from critique_loop.building.settings import LoopSettings
from critique_loop.cli.code_progress import Progress
from critique_loop.cli.code_report import print_report
from critique_loop.cli.dry_run import print_dry_run
from critique_loop.cli.exits import Exit
from critique_loop.cli.interrupts import Stopping
from critique_loop.cli.loop_options import settings_from
from critique_loop.cli.options import option
from critique_loop.cli.running import RunOptions
from critique_loop.cli.text import complain, notify
from critique_loop.coding.datasets import Dataset, Problem, load_dataset, load_solutions
from critique_loop.coding.evaluating import Job, Place, Sample, Watch, evaluate, run_id_of
from critique_loop.coding.reports import Report, ks_of, report_record
from critique_loop.errors import BudgetEnded, CallError, CritiqueLoopError
from critique_loop.executors.choosing import executor_for
from critique_loop.ledger import Ledger
from critique_loop.loop import Loop
from critique_loop.protocols import Executor
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import StopReason, TaskKind
from critique_loop.writers.given import GivenWriter

_AnyCommand = Callable[..., Any]
_BUDGET_ENDS = (StopReason.CALLS, StopReason.TOKENS, StopReason.COST)


class DatasetOptions(TypedDict):
    """What the options give that are about a data set."""

    dataset: Path | None
    limit: int | None
    samples: int | None
    k: tuple[int, ...]
    only: tuple[str, ...]
    solutions: Path | None
    concurrency: int | None


def _ks(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, ...]:
    try:
        ks = tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no list of whole numbers, as 1,10") from error
    if any(k < 1 for k in ks):
        raise click.BadParameter("k is 1 or more")
    return ks


_OPTIONS = (
    option("--dataset", type=click.Path(path_type=Path), metavar="FILE", help="Tasks as in "
           "HumanEval, MBPP, EvalPlus or BigCodeBench: JSON lines, also .gz."),
    option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N tasks."),
    option("--only", multiple=True, metavar="ID", help="Only this task; may be repeated."),
    option("--samples", type=click.IntRange(min=1), metavar="N", help="Loops for each task.  "
           "[default: 1]"),
    option("--k", callback=_ks, metavar="K,K", help="Estimate pass@k for these.  [default: 1, 10, "
           "100 as far as there are samples]"),
    option("--solutions", type=click.Path(path_type=Path), metavar="FILE", help="Judge these "
           "programs, no model: JSON lines with task_id and solution or completion."),
    option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Loops at a time.  "
           "[default: 1]"),
)  # fmt: skip


def dataset_options(command: _AnyCommand) -> _AnyCommand:
    """Add the options of data sets to a command."""
    return reduce(lambda inner, add: add(inner), reversed(_OPTIONS), command)


def run_dataset(path: Path, options: DatasetOptions, run: RunOptions) -> int:
    """Run a loop for each task, print what it came to, and return the exit code.

    What the store has of it is not done again. A budget of calls, tokens or money is for all loops
    together, rounds and time are for each.

    Raises:
        CallError: options contradict each other.
        DataError: a file is not as it should be.
    """
    settings = settings_from(run)
    whole = load_dataset(path, rubric=run["rubric"])
    solutions = load_solutions(options["solutions"], whole) if options["solutions"] else None
    dataset = whole.part(only=options["only"], limit=options["limit"])
    if solutions is not None:
        dataset = _with_programs(dataset, solutions)
        settings = replace(settings, max_rounds=1)
    fewest = 1 if solutions is None else _fewest(dataset, solutions, options["samples"])
    samples = options["samples"] or fewest
    ks = ks_of(options["k"], samples)
    if run["dry_run"]:
        _print_dry_run(dataset, settings, samples, run, is_given=solutions is not None)
        return Exit.ACCEPTED
    refuse_unknown_prices(settings)
    evaluation = _Evaluation(dataset, settings, samples, solutions, run)
    store_path = run["store"] or default_path()
    with SqliteStore(store_path) as store:
        anyio.run(evaluation.run, store, options["concurrency"] or 1)
    report = Report(tuple(evaluation.done), len(dataset.problems), samples, ks)
    if run["as_json"]:
        head = {"dataset": str(path), "shape": dataset.shape, "tests": dataset.told}
        document = {**head, **report_record(report), "store": str(store_path)}
        click.echo(json.dumps(document, indent=2))
    elif report.samples:
        print_report(report, dataset)
    if evaluation.failure is not None:
        hint = "Go on where it stopped: the same command again."
        complain(evaluation.failure.problem, evaluation.failure.remedy, hint)
    return evaluation.exit_code(report)


def _with_programs(dataset: Dataset, solutions: Mapping[str, Sequence[str]]) -> Dataset:
    found = tuple(problem for problem in dataset.problems if problem.id in solutions)
    if not found:
        raise CallError("there is no program for any of the chosen tasks")
    if len(found) < len(dataset.problems):
        missing = len(dataset.problems) - len(found)
        notify(f"{missing} of {len(dataset.problems)} tasks have no program and are left out")
    return replace(dataset, problems=found)


def _fewest(dataset: Dataset, solutions: Mapping[str, Sequence[str]], wanted: int | None) -> int:
    """Return how many programs every task has.

    Raises:
        CallError: one has fewer than are ``wanted``.
    """
    number, name = min((len(solutions[problem.id]), problem.id) for problem in dataset.problems)
    if wanted is not None and wanted > number:
        raise CallError(f"{name} has only {number} programs, and {wanted} samples are wanted")
    return number


def _print_dry_run(
    dataset: Dataset, settings: LoopSettings, samples: int, run: RunOptions, *, is_given: bool
) -> None:
    if not is_given:
        print_dry_run(settings, dataset.problems[0].task, as_json=run["as_json"])
    elif run["as_json"]:
        click.echo(json.dumps({"settings": settings.plain(), "roles": []}, indent=2))
    else:
        number = samples * len(dataset.problems)
        click.echo(f"{number} given programs would be judged; no model would be asked")
        click.echo("nothing was sent, run or kept (--dry-run)")


class _Evaluation:
    """The loops of one command, and how they ended."""

    def __init__(
        self,
        dataset: Dataset,
        settings: LoopSettings,
        samples: int,
        solutions: Mapping[str, Sequence[str]] | None,
        run: RunOptions,
    ) -> None:
        self.done: list[Sample] = []
        self.failure: CritiqueLoopError | None = None
        self._problems = dataset.problems
        self._samples = samples
        self._solutions = solutions
        self._budget = Budget(
            max_rounds=None,
            max_time_s=None,
            max_calls=settings.max_calls,
            max_tokens=settings.max_tokens,
            max_cost_usd=settings.max_cost_usd,
        )
        self._settings = replace(settings, max_calls=None, max_tokens=None, max_cost_usd=None)
        self._progress = Progress(len(dataset.problems) * samples, quiet=run["as_json"])
        self._stopping = Stopping(self._progress.say, unit="round of each loop")
        if solutions is None:
            self._check_writer()

    def _check_writer(self) -> None:
        """Refuse before the first task what no loop can be built of.

        Raises:
            CallError: there is no model.
        """
        writer_of(self._settings, kind=TaskKind.CODE)
        critic_of(self._settings, kind=TaskKind.CODE)

    async def run(self, store: SqliteStore, concurrency: int) -> None:
        executor = executor_for(self._settings.sandbox, on_notice=notify)
        jobs = [
            self._job(problem, number, store, executor)
            for problem in self._problems
            for number in range(self._samples)
        ]
        place = Place(store, executor, Ledger(self._budget), concurrency)
        watch = Watch(self._on_sample, lambda: self._stopping.requested or self._is_spent())
        with self._progress:
            async with anyio.create_task_group() as group:
                await group.start(self._stopping.watch, group.cancel_scope)
                try:
                    await evaluate(jobs, place, watch)
                except CritiqueLoopError as error:  # what is done is shown all the same
                    self.failure = error
                group.cancel_scope.cancel()

    def _on_sample(self, sample: Sample) -> None:
        self.done.append(sample)
        self._progress.on_sample(sample)

    def _is_spent(self) -> bool:
        return any(sample.outcome.stopped_because in _BUDGET_ENDS for sample in self.done)

    def _job(self, problem: Problem, number: int, store: SqliteStore, executor: Executor) -> Job:
        settings = replace(self._settings, sample=number)
        given = self._solutions[problem.id][number] if self._solutions else ""

        def loop() -> Loop:
            writer = GivenWriter([given]) if self._solutions else None
            parts = Parts(writer=writer, executor=executor, store=store)
            return build(settings, parts, kind=TaskKind.CODE)

        run_id = run_id_of(problem, number, settings, given=given)
        return Job(problem, number, run_id, loop, settings)

    def exit_code(self, report: Report) -> int:
        """Return 0 where all is done, else what kept it from being done."""
        if self.failure is not None:
            return Exit.BUDGET if isinstance(self.failure, BudgetEnded) else Exit.ERROR
        if report.complete:
            return Exit.ACCEPTED
        if any(sample.unjudged for sample in report.samples):
            return Exit.ERROR
        return Exit.BUDGET if self._is_spent() else Exit.INTERRUPTED
