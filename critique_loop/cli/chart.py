"""``critique-loop chart``: from a table and a goal to a judged chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Unpack

import click

from critique_loop.charts import chart_task
from critique_loop.cli.options import option
from critique_loop.cli.running import NewRun, RunOptions, out_options, run_options
from critique_loop.cli.screen import Screen
from critique_loop.values import Task


class _Options(RunOptions):
    data: Path
    goal: str
    units: Mapping[str, str]


_EPILOG = """\b
Examples:
  critique-loop chart cars.csv "average horsepower by origin"
  critique-loop chart cars.csv "average weight in lbs by origin" --unit Weight_in_lbs=lb
  critique-loop chart stocks.csv "price of MSFT over time" --json | jq .best.scores
  critique-loop chart cars.csv "weight and horsepower" --model qwen3 \\
      --base-url http://localhost:8000/v1 --local-only
  critique-loop chart cars.csv "weight and horsepower" --model gpt-5-mini --max-cost 0.10 --dry-run

The data file is only read. Ctrl-C once finishes the round and stops; twice stops now. Either way
the trace keeps what there is."""


def _units(_: click.Context, __: click.Parameter, pairs: Sequence[str]) -> dict[str, str]:
    units: dict[str, str] = {}
    for pair in pairs:
        column, equals, unit = pair.rpartition("=")
        if not (column and equals and unit):
            raise click.BadParameter(f"{pair!r} is not COLUMN=UNIT")
        units[column] = unit
    return units


@click.command("chart", epilog=_EPILOG)
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("goal")
@out_options(rubric="charts; with --critic-model charts-judged")
@option(
    "--unit",
    "units",
    multiple=True,
    metavar="COLUMN=UNIT",
    callback=_units,
    help="Unit of a column's values; may be repeated.",
)
@run_options
@click.pass_context
def chart_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Draw the chart GOAL asks for from the table in DATA, and refine it until it passes."""
    new = NewRun(options)
    new.check_folder(program="chart.py")
    screen = Screen(options["data"].name, quiet=options["as_json"])
    ctx.exit(new.run(_task(options, screen), screen))


def _task(options: _Options, screen: Screen) -> Task:
    judged = "charts-judged" if options["critic_model"] else "charts"
    with screen.reading() as progress:
        return chart_task(
            options["data"],
            options["goal"],
            rubric=options["rubric"] or judged,
            units=options["units"],
            on_reading=progress,
        )
