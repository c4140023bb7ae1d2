"""``critique-loop chart``: from a table and a goal to a judged chart."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Unpack

import click

from critique_loop.building.loops import Parts, build
from critique_loop.charts import chart_task, check_folder, save
from critique_loop.cli.asking import AskOptions, AskSettings, ask_of, ask_options
from critique_loop.cli.dry_run import print_dry_run
from critique_loop.cli.exits import exit_of
from critique_loop.cli.interrupts import run_with_signals
from critique_loop.cli.loop_options import LoopOptions, loop_options, settings_from
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.result import print_outcome
from critique_loop.cli.screen import Screen
from critique_loop.cli.text import notify
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import Task


class _Options(LoopOptions, AskOptions):
    data: Path
    goal: str
    out: Path | None
    rubric: str | None
    units: Mapping[str, str]
    dry_run: bool
    store: Path | None
    as_json: bool


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
@option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Where chart, code, scores and rounds go.  [default: out/RUN]",
)
@option(
    "--rubric",
    default=None,
    metavar="FILE",
    help="What to score: a .toml file, or the name of a shipped one.  [default: charts; with "
    "--critic-model charts-judged]",
)
@option(
    "--unit",
    "units",
    multiple=True,
    metavar="COLUMN=UNIT",
    callback=_units,
    help="Unit of a column's values; may be repeated.",
)
@loop_options
@ask_options
@option(
    "--dry-run", is_flag=True, help="Say what would be asked of whom and shown to whom, and stop."
)
@store_option
@json_option()
@click.pass_context
def chart_command(ctx: click.Context, **options: Unpack[_Options]) -> None:
    """Draw the chart GOAL asks for from the table in DATA, and refine it until it passes."""
    asking = AskSettings().with_options(options)
    settings = settings_from(
        options,
        ask_at=asking.ask_at,
        apply_above=asking.apply_above,
        unsure_below=asking.unsure_below,
    )
    run_id = uuid.uuid4().hex[:12]
    folder = options["out"] or Path("out") / run_id
    check_folder(folder)
    store_path = options["store"] or default_path()
    screen = Screen(options["data"].name, quiet=options["as_json"])
    task = _task(options, screen)
    if options["dry_run"]:
        print_dry_run(settings, task, as_json=options["as_json"])
        return
    with SqliteStore(store_path) as store:
        ask = ask_of(asking, run_id=run_id, aside=screen.aside)
        loop = build(settings, Parts(ask=ask, store=store, on_notice=notify))
        kept = {**settings.plain(), **asking.plain()}
        with screen:
            outcome = run_with_signals(
                lambda listening: loop.run(task, **{**listening, "settings": kept}),
                run_id=run_id,
                store=store,
                screen=screen,
            )
    # A folder that nobody named is not made for a run that drew nothing.
    saved = save(outcome, folder) if outcome.rounds or options["out"] else None
    print_outcome(outcome, saved, store=store_path, as_json=options["as_json"])
    ctx.exit(exit_of(outcome))


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
