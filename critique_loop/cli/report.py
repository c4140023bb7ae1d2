"""``critique-loop report``: runs as one HTML file."""

from __future__ import annotations

import json
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

import anyio
import click

from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.text import notify, plain
from critique_loop.errors import CallError, StoreError
from critique_loop.report import DETAILS, Batch, Trace, render
from critique_loop.report.wording import count, size
from critique_loop.report.writing import check_file, write_page
from critique_loop.store import Selection, SqliteStore, default_path


class _Options(TypedDict):
    runs: tuple[str, ...]
    out: Path | None
    batch: str
    all_runs: bool
    details: int
    title: str
    open_it: bool
    store: Path | None
    as_json: bool


@dataclass(frozen=True, slots=True)
class _Made:
    """A page: of how many runs, and of how many it tells all."""

    html: str
    runs: int
    detailed: int


_EPILOG = """\b
Examples:
  critique-loop report 7f3a
  critique-loop report 7f3a --out round-trip.html --open
  critique-loop report 7f3a 9c01
  critique-loop report --batch nightly --out nightly.html
  critique-loop report --all --details 100

The file holds all it shows and asks nobody: it can be mailed, printed, opened offline. Of one run
it tells everything; of several what they came to, a table of all, and of some everything."""


@click.command("report", epilog=_EPILOG)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the report goes.  [default: out/RUN/report.html, of several out/report.html]",
)
@option("--batch", default="", metavar="ID", help="All runs of this batch.")
@option("--all", "all_runs", is_flag=True, help="All runs in the store.")
@option(
    "--details",
    type=click.IntRange(min=0),
    default=DETAILS,
    show_default=True,
    metavar="N",
    help="Of several runs, tell everything of so many; those not accepted first.",
)
@option("--title", default="", metavar="TEXT", help="The heading.  [default: the goal]")
@option("--open", "open_it", is_flag=True, help="Show it in your browser.")
@store_option
@json_option()
def report_command(**options: Unpack[_Options]) -> None:
    """Write the runs whose ids begin with RUN as one HTML file that needs nothing else."""
    chosen = [bool(options["runs"]), bool(options["batch"]), options["all_runs"]]
    if sum(chosen) != 1:
        raise click.UsageError("name runs, or a --batch, or --all")
    with SqliteStore(options["store"] or default_path()) as store:
        ids = anyio.run(_found, store, options["runs"])
        path = options["out"] or _default(ids)
        check_file(path)  # before anything that takes long
        made = _one(store, ids[0], options) if len(ids) == 1 else _many(store, ids, options)
    written = write_page(made.html, path)
    if options["as_json"]:
        record = {"report": str(path), "runs": made.runs, "detailed": made.detailed}
        click.echo(json.dumps({**record, "bytes": written}, indent=2))
    else:
        click.echo(f"{plain(str(path))}  {count(made.runs, 'run')}, {size(written)}")
    if options["open_it"]:
        webbrowser.open(path.absolute().as_uri())


async def _found(store: SqliteStore, prefixes: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys([await store.find(prefix) for prefix in prefixes]))


def _default(ids: list[str]) -> Path:
    return Path("out", *ids, "report.html") if len(ids) == 1 else Path("out", "report.html")


def _one(store: SqliteStore, run_id: str, options: _Options) -> _Made:
    trace = anyio.run(Trace.read, store, run_id)
    return _Made(render(trace, title=options["title"]), runs=1, detailed=1)


def _many(store: SqliteStore, ids: list[str], options: _Options) -> _Made:
    """Read the runs one by one; one that can't be read keeps no other from being told."""
    batch = Batch(details=options["details"])
    selection = Selection(runs=tuple(ids), batch=options["batch"])
    wanted = frozenset(ids)
    for run in store.scan(selection, pictures=True):
        if wanted and run.run_id not in wanted:
            continue  # its id only begins with one that was asked for
        try:
            batch.add(Trace.of(run.run_id, run.events))
        except StoreError as error:
            notify(f"run {run.run_id} is left out: {error.problem}")
    if not batch.rows:
        where = f"batch {options['batch']!r}" if options["batch"] else "the store"
        raise CallError(f"no runs in {where}", remedy="`critique-loop ls` lists them.")
    title = options["title"] or options["batch"]
    return _Made(batch.html(title=title), len(batch.rows), len(batch.detailed))
