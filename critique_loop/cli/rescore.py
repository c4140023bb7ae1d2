"""``critique-loop rescore``: stored runs scored again; no program is written or run."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Unpack

import anyio
import click

from critique_loop import rubric as rubrics
from critique_loop.building.judges import critic_of
from critique_loop.building.loops import refuse_unknown_prices
from critique_loop.building.settings import LoopSettings
from critique_loop.cli.changing import ChangeOptions, change_options, changed, without
from critique_loop.cli.exits import Exit
from critique_loop.cli.interrupts import Stopping
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.rescore_tables import print_rescorings
from critique_loop.cli.text import complain, notify
from critique_loop.errors import CallError, CritiqueLoopError
from critique_loop.ledger import Ledger
from critique_loop.rescoring import Rescoring, fit, read, rescore
from critique_loop.rescoring.stored import run_of
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import Rubric, StopReason

_LEFT = "Score them again later: what critics have said already is in the cache, and costs nothing."
_NOT_HERE = ("model", "candidates", "sandbox", "all_at_once", "max_rounds", "max_time")


class _Options(ChangeOptions):
    runs: tuple[str, ...]
    rubric: str
    store: Path | None
    as_json: bool


_EPILOG = """\b
Examples:
  critique-loop rescore 7f3a --rubric strict.toml
  critique-loop rescore 7f3a 2c1b --rubric charts-judged --critic-model qwen3 --max-cost 0.50
  critique-loop rescore $(critique-loop ls --accepted --json | jq -r '.[].run') --rubric new.toml

Critics see the drafts, pictures and measured facts that are stored. Without --critic-model only
what was measured counts. The runs stay as they are: the new scores are kept beside them, under a
name of their own (critique-loop show NAME). Limits are for all runs together."""


def _without_writing(command: Any) -> Any:  # noqa: ANN401 - as click's decorators
    return without(command, *_NOT_HERE)


@click.command("rescore", epilog=_EPILOG)
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@option("--rubric", required=True, metavar="FILE",
        help="What to score: a .toml file, or the name of a shipped one.")  # fmt: skip
@_without_writing
@change_options
@store_option
@json_option()
@click.pass_context
def rescore_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Score stored runs by another rubric or other critics, without writing or running anything."""
    rubric = rubrics.load(options["rubric"])
    settings = changed(LoopSettings(max_rounds=None, max_time_s=None), dict(options))
    refuse_unknown_prices(settings)
    with SqliteStore(options["store"] or default_path()) as store:
        as_json = options["as_json"]
        work = _Work(store, rubric, settings, on_done=None if as_json else _print)
        anyio.run(work.run, options["runs"])
    if as_json:
        print_rescorings(work.done, as_json=True)
    for problem, remedy in work.failures:
        complain(problem, remedy)
    ctx.exit(work.exit())


def _print(one: Rescoring) -> None:
    print_rescorings([one], as_json=False)


class _Work:
    """The runs one after the other; one that can't be scored keeps no other from it."""

    def __init__(
        self,
        store: SqliteStore,
        rubric: Rubric,
        settings: LoopSettings,
        *,
        on_done: Callable[[Rescoring], None] | None,
    ) -> None:
        """``on_done`` is told of each rescoring as soon as it is over."""
        self.done: list[Rescoring] = []
        self.failures: list[tuple[str, str]] = []
        self._store = store
        self._rubric = rubric
        self._settings = settings
        self._ledger = Ledger(settings.budget)
        self._stopping = Stopping(lambda line: click.echo(line, err=True))
        self._on_done = on_done
        self._under_way = ""

    async def run(self, prefixes: Sequence[str]) -> None:
        failure: CritiqueLoopError | None = None
        async with anyio.create_task_group() as group:
            await group.start(self._stopping.watch, group.cancel_scope)
            try:
                await self._rescore_all(prefixes)
            except CritiqueLoopError as error:  # the group would wrap it
                failure = error
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure
        if self._under_way:  # stopped at once: what was scored until then is kept
            self._take(await read(self._store, self._under_way))

    async def _rescore_all(self, prefixes: Sequence[str]) -> None:
        found = [await self._store.find(prefix) for prefix in prefixes]
        run_ids = list(dict.fromkeys(found))
        for number, run_id in enumerate(run_ids):
            if self._is_over():
                left = len(run_ids) - number
                runs = "1 run was" if left == 1 else f"{left} runs were"
                self.failures.append((f"{runs} not scored again: {self._why()}", _LEFT))
                return
            await self._rescore(run_id)

    def _is_over(self) -> bool:
        """Return whether nothing more can be asked for any run."""
        last = self.done[-1].stopped_because if self.done else StopReason.ROUNDS
        return self._stopping.requested or last is not StopReason.ROUNDS

    def _why(self) -> str:
        return "interrupted" if self._stopping.requested else self.done[-1].message

    async def _rescore(self, run_id: str) -> None:
        try:
            found = await run_of(self._store, run_id)
            task = found.started.task
            critic = critic_of(self._settings, self._store, kind=task.kind)
            fitted = await fit(task, found.rounds, self._rubric, critic)
        except CallError as error:
            self.failures.append((f"run {run_id}: {error.problem}", error.remedy))
            return
        for warning in fitted.warnings:
            notify(f"run {run_id}: {warning}")
        self._under_way = uuid.uuid4().hex[:12]
        one = await rescore(
            self._store,
            run_id,
            rubric=self._rubric,
            critic=critic,
            run_id=self._under_way,
            stop_requested=lambda: self._stopping.requested,
            settings=self._settings.plain(),
            ledger=self._ledger,
        )
        self._under_way = ""
        self._take(one)

    def _take(self, one: Rescoring) -> None:
        self.done.append(one)
        if self._on_done is not None:
            self._on_done(one)

    def exit(self) -> Exit:
        """Return the exit code: the worst that happened."""
        reasons = {one.stopped_because for one in self.done}
        if self._stopping.requested or StopReason.INTERRUPTED in reasons:
            return Exit.INTERRUPTED
        if {StopReason.CALLS, StopReason.TOKENS, StopReason.COST} & reasons:
            return Exit.BUDGET
        failed = self.failures or StopReason.MODEL_UNAVAILABLE in reasons
        return Exit.ERROR if failed else Exit.ACCEPTED
