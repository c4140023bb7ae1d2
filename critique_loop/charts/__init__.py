"""Charts from a table and a goal sentence: the loop with its everyday parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Unpack, cast

from critique_loop import rubric as rubrics
from critique_loop.building.loops import Parts, build
from critique_loop.building.settings import LoopSettings
from critique_loop.charts.records import Saved
from critique_loop.charts.saving import check_folder, save
from critique_loop.errors import CallError
from critique_loop.loop import Loop, RunOptions
from critique_loop.protocols import Critic, Executor, TraceStore, UserProxy, Writer
from critique_loop.proxy import Ask, never
from critique_loop.values import Outcome, Rubric, Task

__all__ = [
    "ChartOptions",
    "LoopSettings",
    "Saved",
    "chart",
    "chart_loop",
    "chart_task",
    "check_folder",
    "save",
    "settings_of",
]


class ChartOptions(RunOptions, total=False):
    """What may be said about a chart besides its data and goal.

    Attributes: rubric: a rubric, the path of a .toml file, or the name of a shipped one (default
    "charts"; with a critic_model "charts-judged"). units: the unit of a column's values, e.g.
    ``{"Weight": "lbs"}``. out: a folder for the chart, its code, its scores and all rounds
    (default: nothing is written). store: where the trace and models' replies are kept (default: the
    user's own trace store; None: nowhere). on_reading: told now and then how much of the reading of
    the table is done, and the whole.

    The loop: model, critic_model, base_url, price, local_only, cache, writer_agent, critic_agent,
    candidates, withheld, sandbox, max_rounds (default 6), max_time_s (default 300; None: no limit),
    max_calls, max_tokens, max_cost_usd and the others are those of ``LoopSettings``. Without a
    model the grammar writer writes, and what was measured is the critique. writer, executor,
    critic, proxy: any object that fulfils the protocol, in place of what the settings say. ask:
    whom to ask at the moments ``ask_at`` (default: nobody; a proxy of yours asks whom it wants).

    The run: run_id, its name (default: a new random one). on_event: sees every step once it is
    stored. stop_requested: asked before each round; true ends the run there. ledger: that of a
    batch.
    """

    rubric: str | Path | Rubric
    units: Mapping[str, str]
    out: str | Path
    store: TraceStore | None
    on_reading: Callable[[int, int], None]
    writer: Writer
    executor: Executor
    critic: Critic
    proxy: UserProxy
    ask: Ask
    model: str
    critic_model: str
    base_url: str
    key_env: str
    config: str
    price: tuple[float, float] | None
    deadline_s: float | None
    local_only: bool
    cache: str
    writer_agent: str
    critic_agent: str
    candidates: int
    critic_samples: int
    withheld: tuple[str, ...]
    sandbox: str
    ask_at: tuple[str, ...]
    apply_above: float
    unsure_below: float | None
    max_rounds: int | None
    max_time_s: float | None
    max_calls: int | None
    max_tokens: int | None
    max_cost_usd: float | None


def chart(data: str | Path, goal: str, **options: Unpack[ChartOptions]) -> Outcome:
    """Draw the chart that ``goal`` asks for from the table in the file ``data``, and refine it.

    The drafts run in a sandbox of their own; each drawing is measured and scored on the rubric's
    dimensions until the acceptance rule is met or the budget ends. The file is only read. A goal
    that can't be linked to the table is refused: the outcome then has no best round, and its
    ``message`` names the columns.

    Raises:
        DataError: ``data`` is no readable table.
        DefinitionError: the rubric file is wrong.
        CallError: an option is wrong, or ``out`` can't be written.
        StoreError: the trace can't be kept.
    """
    folder = options.get("out")
    if folder is not None:
        check_folder(Path(folder))
    task = chart_task(data, goal, **options)
    loop = chart_loop(**options)
    outcome = loop.run_sync(task, **_run_options(options))
    if folder is not None:
        save(outcome, Path(folder))
    return outcome


def _run_options(options: ChartOptions) -> RunOptions:
    given = cast("dict[str, Any]", options)
    kept = {name: given[name] for name in RunOptions.__annotations__ if name in given}
    kept.setdefault("settings", settings_of(options).plain())
    return cast("RunOptions", kept)


def settings_of(options: ChartOptions) -> LoopSettings:
    """Return the settings of the loop among the options of a chart.

    Raises:
        CallError: they contradict each other.
    """
    given = cast("dict[str, Any]", options)
    names = [field.name for field in fields(LoopSettings)]
    return LoopSettings(**{name: given[name] for name in names if name in given})


def chart_task(data: str | Path, goal: str, **options: Unpack[ChartOptions]) -> Task:
    """Return the task of drawing ``goal`` from ``data``, with the table's profile.

    Errors as for ``chart``.
    """
    from critique_loop.data import profile  # noqa: PLC0415 - pandas loads here, not at import

    judged = "charts-judged" if options.get("critic_model") else "charts"
    wanted = options.get("rubric", judged)
    rubric = wanted if isinstance(wanted, Rubric) else rubrics.load(wanted)
    table = profile(data, progress=options.get("on_reading"))
    units = dict(options.get("units", {}))
    columns = [column.name for column in table.columns]
    for name in units:
        if name not in columns:
            raise CallError(
                f"a unit is given for {name!r}, which is no column of {table.path.name}",
                remedy=f"Columns: {', '.join(columns[:20])}.",
            )
    return Task(goal=goal, rubric=rubric, tables=(table,), units=units)


def chart_loop(**options: Unpack[ChartOptions]) -> Loop:
    """Return a loop of the everyday parts, or of those given; errors as for ``chart``."""
    settings = settings_of(options)
    parts = Parts(
        writer=options.get("writer"),
        critic=options.get("critic"),
        executor=options.get("executor"),
        proxy=options.get("proxy"),
        ask=options.get("ask", never),
        store=options["store"] if "store" in options else _store(),
    )
    return build(settings, parts)


def _store() -> TraceStore:
    from critique_loop.store import SqliteStore, default_path  # noqa: PLC0415 - msgspec loads here

    return SqliteStore(default_path())
