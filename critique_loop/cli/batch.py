"""``critique-loop batch``: a loop for each line of a task file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Unpack

import anyio
import click

from critique_loop.batch.configuration import absolute
from critique_loop.batch.lines import schema
from critique_loop.batch.making import Actors
from critique_loop.batch.plan import BatchEnd, BatchReport, Listening, Plan
from critique_loop.batch.running import run_plan
from critique_loop.batch.sources import GoalsFile, TaskFile, TaskSource
from critique_loop.cli.batch_options import WidthOptions, total_of, width_of, width_options
from critique_loop.cli.batch_screen import BatchScreen, print_batch
from critique_loop.cli.exits import Exit
from critique_loop.cli.interrupts import Stopping
from critique_loop.cli.loop_options import LoopOptions, loop_options, settings_from
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.text import complain, notify
from critique_loop.errors import CritiqueLoopError
from critique_loop.store import SqliteStore, default_path


class _Options(LoopOptions, WidthOptions):
    tasks: Path
    goals: Path | None
    workers: int
    rubric: str | None
    out: Path | None
    no_files: bool
    new: bool
    store: Path | None
    as_json: bool


_EPILOG = """\b
Examples:
  critique-loop batch tasks.jsonl --out out/charts
  critique-loop batch cars.csv goals.txt --out out/cars
  critique-loop batch tasks.jsonl --model qwen3 --base-url http://localhost:8000/v1 \\
      --total-tokens 2000000
  critique-loop batch tasks.jsonl --workers 4
  critique-loop batch --schema > task.schema.json

A line of TASKS: {"data": "cars.csv", "goal": "average horsepower by origin"}. The same command
again goes on where it stopped: what is done is not done again. Ctrl-C once finishes the rounds
under way and stops; twice stops now."""


def _print_schema(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(json.dumps(schema(), indent=2))
        ctx.exit()


@click.command("batch", epilog=_EPILOG)
@click.argument("tasks", type=click.Path(path_type=Path))
@click.argument("goals", type=click.Path(path_type=Path), required=False)
@option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Where outcomes.jsonl "
        "goes, and a folder for each task.  [default: nothing is written]")  # fmt: skip
@option("--no-files", is_flag=True, help="Write outcomes.jsonl only, no folder for each task.")
@option("--new", is_flag=True, help="Begin another batch of the same tasks.")
@option("--workers", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
        help="Processes that share the work.")  # fmt: skip
@width_options
@option("--rubric", default=None, metavar="FILE", help="What to score: a .toml file, or the name "
        "of a shipped one.  [default: that of charts or code]")  # fmt: skip
@loop_options
@store_option
@json_option()
@option("--schema", is_flag=True, is_eager=True, expose_value=False, callback=_print_schema,
        help="Print the JSON Schema of a line and stop.")  # fmt: skip
@click.pass_context
def batch_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Run a loop for each line of TASKS; with GOALS a chart of the table TASKS for each line."""
    path = options["store"] or default_path()
    with SqliteStore(path) as store:
        plan = _plan(options, store)
        screen = BatchScreen(plan.source.title, quiet=options["as_json"])
        report = anyio.run(_Interruptible(plan, screen).run)
    if report is None:
        complain("stopped", "Go on where it stopped: the same command again.")
        ctx.exit(Exit.INTERRUPTED)
    if options["as_json"]:
        click.echo(json.dumps(report.record(path), indent=2))
    else:
        print_batch(report)
    if report.failure is not None:
        hint = "Go on where it stopped: the same command again."
        complain(report.failure.problem, report.failure.remedy, hint)
    ctx.exit(exit_of(report))


def exit_of(report: BatchReport) -> Exit:
    """Return 0 where every loop came to an end of its own, else what kept it from that."""
    if report.ended is BatchEnd.COMPLETE:
        return Exit.ERROR if report.progress.failed else Exit.ACCEPTED
    return {
        BatchEnd.BUDGET: Exit.BUDGET,
        BatchEnd.INTERRUPTED: Exit.INTERRUPTED,
        BatchEnd.FAILED: Exit.ERROR,
    }[report.ended]


def _plan(options: _Options, store: SqliteStore) -> Plan:
    rubric = options["rubric"]
    return Plan(
        source=_source(options["tasks"], options["goals"]),
        settings=settings_from(options),
        store=store,
        rubric=absolute(rubric) if rubric else "",
        actors=Actors(on_notice=notify),
        width=width_of(options, workers=options["workers"]),
        budget=total_of(options),
        out=options["out"],
        files=not options["no_files"],
        new=options["new"],
    )


def _source(tasks: Path, goals: Path | None) -> TaskSource:
    return TaskFile(tasks) if goals is None else GoalsFile(tasks, goals)


class _Interruptible:
    """A batch that signals stop: once after the rounds under way, twice at once."""

    def __init__(self, plan: Plan, screen: BatchScreen) -> None:
        self._plan = plan
        self._screen = screen
        self._stopping = Stopping(screen.say, unit="round of each loop")

    async def run(self) -> BatchReport | None:
        report: BatchReport | None = None
        failure: CritiqueLoopError | None = None
        listening = Listening(
            on_progress=self._screen.on_progress,
            stop_requested=lambda: self._stopping.requested,
        )
        with self._screen:
            async with anyio.create_task_group() as group:
                await group.start(self._stopping.watch, group.cancel_scope)
                try:
                    report = await run_plan(self._plan, listening)
                except CritiqueLoopError as error:  # the group would wrap it
                    failure = error
                group.cancel_scope.cancel()
        if failure is not None:
            raise failure
        return report
