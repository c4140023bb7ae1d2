"""``critique-loop ls``: the runs that were kept, all or those that fit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any, TypedDict, Unpack

import anyio
import click
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from critique_loop.cli.moments import moment, moment_text
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.result import stdout
from critique_loop.cli.text import plain, score_text
from critique_loop.store import RunState, SqliteStore, default_path
from critique_loop.store.listing import ALL, ListedRun, Wanted, listed
from critique_loop.values import StopReason, TaskKind

_HEADINGS = ("run", "started", "rounds", "overall", "ended", "table", "goal")
_STATES = (*RunState, *StopReason)


class _Options(TypedDict):
    state: tuple[str, ...]
    accepted: bool
    not_accepted: bool
    since: float | None
    until: float | None
    goal: str
    table: str
    writer: str
    model: str
    kind: str | None
    batch: str
    min_score: float | None
    limit: int | None
    rescorings: bool
    store: Path | None
    as_json: bool


_EPILOG = """\b
Examples:
  critique-loop ls
  critique-loop ls --since 2d --not-accepted --limit 20
  critique-loop ls --state killed --state paused
  critique-loop ls --model qwen3 --min-score 8 --json | jq -r '.[].run'

TIME is 30m, 3h, 2d or 1w ago, or a date or time here: 2026-11-22, 2026-11-22T14:30."""
_OPTIONS = (
    option("--state", type=click.Choice([state.value for state in _STATES]), multiple=True,
           metavar="STATE", help="Only runs that stand there: running, ended, killed, or why they "
           "ended (rounds, stuck, paused, ...); may be repeated."),
    option("--accepted", is_flag=True, help="Only runs that were accepted."),
    option("--not-accepted", is_flag=True, help="Only runs that were not."),
    option("--since", callback=moment, metavar="TIME", help="Only runs that began then or later."),
    option("--until", callback=moment, metavar="TIME", help="Only runs that began before."),
    option("--goal", default="", metavar="TEXT", help="Only goals with this text in them."),
    option("--table", default="", metavar="NAME", help="Only runs on a table with this name."),
    option("--writer", default="", metavar="NAME", help="Only runs of a writer with this name."),
    option("--model", default="", metavar="M", help="Only runs in which this model wrote."),
    option("--kind", type=click.Choice([kind.value for kind in TaskKind]), metavar="KIND",
           help="Only tasks of this kind: chart or code."),
    option("--batch", default="", metavar="ID", help="Only runs of this batch."),
    option("--min-score", type=click.FloatRange(0, 10), metavar="MARK",
           help="Only runs whose best round has at least this weighted mean."),
    option("--limit", type=click.IntRange(min=1), metavar="N", help="No more than the newest N."),
    option("--rescorings", is_flag=True, help="Also rescorings, which are no runs."),
)  # fmt: skip


def _own_options(command: Any) -> Any:  # noqa: ANN401 - as click's decorators
    return reduce(lambda inner, add: add(inner), reversed(_OPTIONS), command)


@click.command("ls", epilog=_EPILOG)
@_own_options
@store_option
@json_option()
def ls_command(**options: Unpack[_Options]) -> None:
    """List the runs in the trace store, the newest first."""
    path, wanted = options["store"] or default_path(), _wanted(options)
    with SqliteStore(path) as store:
        runs = anyio.run(listed, store, wanted)
    if options["as_json"]:
        click.echo(json.dumps([_record(run) for run in runs], indent=2))
    elif runs:
        _print_runs(runs)
    else:
        fitting = "" if wanted == ALL else " that fit; leave out an option to see more"
        click.echo(f"no runs in {path}{fitting}", err=True)


def _wanted(options: _Options) -> Wanted:
    if options["accepted"] and options["not_accepted"]:
        raise click.UsageError("--accepted and --not-accepted leave nothing")
    since, until, kind = options["since"], options["until"], options["kind"]
    return Wanted(
        states=tuple(next(one for one in _STATES if one == name) for name in options["state"]),
        accepted=_accepted(options),
        since=ALL.since if since is None else since,
        until=ALL.until if until is None else until,
        goal=options["goal"],
        table=options["table"],
        writer=options["writer"],
        model=options["model"],
        kind=TaskKind(kind) if kind else None,
        batch=options["batch"],
        min_score=options["min_score"],
        limit=options["limit"],
        rescorings=options["rescorings"],
    )


def _accepted(options: _Options) -> bool | None:
    return True if options["accepted"] else False if options["not_accepted"] else None


def _record(run: ListedRun) -> dict[str, object]:
    summary, origin = run.summary, run.origin
    source = origin and {"run": origin.run_id, "round": origin.round}
    is_rescoring = origin is not None and origin.rescored
    return {
        "run": summary.run_id,
        "started_at": summary.started_at,
        "goal": summary.goal,
        "tables": list(summary.tables),
        "rounds": summary.rounds,
        "state": summary.state.value,
        "stopped_because": summary.stopped_because.value if summary.stopped_because else None,
        "accepted": summary.accepted,
        "overall": summary.overall,
        "kind": run.kind.value,
        "writer": run.writer,
        "critic": run.critic,
        "model": run.model,
        "batch": run.batch,
        "item": run.item,
        "branch_of": None if is_rescoring else source,
        "rescoring_of": source if is_rescoring else None,
    }


def _print_runs(runs: Sequence[ListedRun]) -> None:
    rows = [_HEADINGS, *(_cells(run) for run in runs)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    console = stdout()
    lines = ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]
    if not console.is_terminal:  # a file or a pipe gets every line whole
        click.echo("\n".join(lines))
        return
    for number, line in enumerate(lines):
        text = Text(line, style="" if number else "bold")
        text.truncate(console.width, overflow="ellipsis")
        console.print(text)


def _cells(run: ListedRun) -> tuple[str, ...]:
    summary = run.summary
    return (
        summary.run_id,
        moment_text(summary.started_at),
        f"{summary.rounds:>6}",
        f"{score_text(summary.overall):>7}",
        summary.stopped_because.value if summary.stopped_because else summary.state.value,
        plain(", ".join(summary.tables), width=30),
        plain(f"{_origin(run)}{summary.goal}", width=80),
    )


def _origin(run: ListedRun) -> str:
    if run.origin is None:
        return ""
    what = "scores of" if run.origin.rescored else "branch of"
    where = "" if run.origin.rescored else f":{run.origin.round}"
    return f"[{what} {run.origin.run_id}{where}] "
