"""``critique-loop worker``: one more process that works on a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import anyio
import click

from critique_loop.batch.configuration import Config
from critique_loop.batch.making import Actors
from critique_loop.batch.plan import Listening, Plan, require_settings_alone
from critique_loop.batch.processes import is_orphan
from critique_loop.batch.running import work_on
from critique_loop.batch.sources import Given
from critique_loop.batch.working import Worker
from critique_loop.cli.batch_options import WidthOptions, total_of, width_of, width_options
from critique_loop.cli.exits import Exit
from critique_loop.cli.interrupts import Stopping
from critique_loop.cli.options import option, store_option
from critique_loop.cli.text import complain, notify
from critique_loop.errors import CritiqueLoopError
from critique_loop.ledger import Ledger
from critique_loop.store import SqliteStore, default_path
from critique_loop.store.batches import Batch, Batches


class _Options(WidthOptions):
    batch: str
    parent: int | None
    store: Path | None


@click.command(
    "worker",
    epilog="""\b
Examples:
  critique-loop worker 2e63761c74
  critique-loop worker 2e63761c74 --concurrency 4 --total-cost 2""",
)
@click.argument("batch")
@width_options
@option("--parent", type=click.IntRange(min=1), metavar="PID", help="End after the rounds under "
        "way once the process PID, which started this one, has ended.")  # fmt: skip
@store_option
@click.pass_context
def worker_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Work on the items of BATCH until none waits; any number of workers may share one store.

    The totals are what this worker may take for all its loops. Ctrl-C once finishes the rounds
    under way and stops; twice stops now; what it had goes to others.
    """
    path = options["store"] or default_path()
    with SqliteStore(path) as store, Batches(path) as batches:
        batch = batches.find(options["batch"])
        config = Config.from_text(batch.config)
        require_settings_alone(config)
        plan = Plan(
            source=Given(()),
            settings=config.settings,
            store=store,
            actors=Actors(on_notice=notify),
            width=width_of(options),
            budget=total_of(options),
        )
        worker = anyio.run(_run, plan, batches, batch, options["parent"])
    if worker is None:
        parent = options["parent"]
        if is_orphan(parent):
            notify(f"stopped: the process {parent} (--parent) has ended, or did not start this one")
        ctx.exit(Exit.INTERRUPTED)
    if worker.failure is not None:
        complain(worker.failure.problem, worker.failure.remedy)
        ctx.exit(Exit.ERROR)
    ctx.exit(Exit.BUDGET if worker.budget_ended else Exit.ACCEPTED)


async def _run(plan: Plan, batches: Batches, batch: Batch, parent: int | None) -> Worker | None:
    worker: Worker | None = None
    failure: CritiqueLoopError | None = None
    stopping = Stopping(notify, unit="round of each loop")
    async with anyio.create_task_group() as group:
        await group.start(stopping.watch, group.cancel_scope)
        listening = Listening(stop_requested=lambda: stopping.requested or is_orphan(parent))
        try:
            ledger = Ledger(plan.budget)  # its own totals: others have theirs
            worker = await work_on(batch, batches, plan=plan, listening=listening, ledger=ledger)
        except CritiqueLoopError as error:  # the group would wrap it
            failure = error
        group.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return None if stopping.requested or is_orphan(parent) else worker
