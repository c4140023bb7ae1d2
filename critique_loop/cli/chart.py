"""``critique-loop chart``: from a table and a goal to a judged chart."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict, Unpack

import click

from critique_loop.charts import chart_loop, chart_task, check_folder, save
from critique_loop.charts.saving import record_of
from critique_loop.cli.exits import exit_of
from critique_loop.cli.interrupts import run_with_signals
from critique_loop.cli.screen import Screen, print_result
from critique_loop.store import SqliteStore, default_path


class _Options(TypedDict):
    data: Path
    goal: str
    out: Path | None
    rubric: str
    units: Sequence[str]
    max_rounds: int
    max_time: float
    store: Path | None
    as_json: bool


_EPILOG = """\b
Examples:
  critique-loop chart cars.csv "average horsepower by origin"
  critique-loop chart cars.csv "weight against mileage by origin" --unit Weight_in_lbs=lb
  critique-loop chart stocks.csv "price of MSFT over time" --json | jq .best.scores

The data file is only read. Ctrl-C once finishes the round and stops; twice stops now. Either way
the trace keeps what there is."""


@click.command("chart", epilog=_EPILOG)
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("goal")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for results [out/RUN].")
@click.option(
    "--rubric", default="charts", show_default=True, help="A .toml file, or a shipped one."
)
@click.option("--unit", "units", multiple=True, metavar="COLUMN=UNIT", help="Unit of a column.")
@click.option("--max-rounds", type=click.IntRange(min=1), default=6, show_default=True)
@click.option(
    "--max-time",
    type=click.FloatRange(min=0, min_open=True),
    default=300.0,
    show_default=True,
    help="Begin no new round after so many seconds.",
)
@click.option("--store", type=click.Path(path_type=Path), help="Trace store [the user's own].")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def chart_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Draw the chart GOAL asks for from the table in DATA, and refine it until it passes."""
    run_id = uuid.uuid4().hex[:12]
    folder = options["out"] or Path("out") / run_id
    check_folder(folder)
    screen = Screen(options["data"].name, quiet=options["as_json"])
    with screen.reading():
        task = chart_task(
            options["data"],
            options["goal"],
            rubric=options["rubric"],
            units=_units(options["units"]),
        )
    store = SqliteStore(options["store"] or default_path())
    try:
        loop = chart_loop(
            max_rounds=options["max_rounds"], max_time_s=options["max_time"], store=store
        )
        with screen:
            outcome = run_with_signals(loop, task, store=store, run_id=run_id, screen=screen)
        saved = save(outcome, folder)
    finally:
        store.close()
    if options["as_json"]:
        record = {**record_of(outcome, saved), "store": str(store.path)}
        click.echo(json.dumps(record, indent=2))
    else:
        print_result(outcome, saved)
    ctx.exit(exit_of(outcome))


def _units(pairs: Sequence[str]) -> dict[str, str]:
    units: dict[str, str] = {}
    for pair in pairs:
        column, equals, unit = pair.rpartition("=")
        if not (column and equals and unit):
            raise click.BadParameter(f"{pair!r} is not COLUMN=UNIT", param_hint="--unit")
        units[column] = unit
    return units
