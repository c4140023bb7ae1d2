"""The loop over simulated writers: one world in full, a grid of worlds, and gates first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from loop_value_maths import Interval
from loop_value_runs import Figures, Runs, Way, figures, gain, simulate
from loop_value_strategies import Strategy
from loop_value_tables import figures_table, gain_cell, gain_text, markdown, plain, verdict
from loop_value_worlds import World, cases

from critique_loop.budget import Budget

CALLS = 6
TOKENS = 5800  # six fresh drafts fit
CENTRE = World()
SKILLS = (0.1, 0.4, 0.7)
SPREADS = (0.0, 2.0)
FIXES = (0.2, 0.5, 0.9)
BREAKS = (0.05, 0.3)
CRITICS = ((1.0, 0.0), (0.5, 0.3))
WAYS = (
    *(Way(strategy) for strategy in Strategy),
    Way(Strategy.TRUE, gates_first=True, label="refine, true critique, gates first"),
    Way(Strategy.TRUE, patience=3, label="refine, true critique, ends where stuck"),
)
BUDGETS = {
    "calls": Budget(max_rounds=None, max_time_s=None, max_calls=CALLS),
    "tokens": Budget(max_rounds=None, max_time_s=None, max_tokens=TOKENS),
}
_ROWS = (
    *(replace(CENTRE, skill=skill, spread=spread) for spread in SPREADS for skill in SKILLS),
    *(replace(CENTRE, sees=sees, false_alarms=alarms) for sees, alarms in CRITICS),
)
_FOCUS_WORLDS = tuple(
    replace(CENTRE, defects=defects, attention=attention, breaks=breaks)
    for defects, attention, breaks in product((3, 8), (1, 3), BREAKS)
)


@dataclass(frozen=True, slots=True)
class Size:
    """How many tasks and seeds the world in the middle has, and each one of the grid."""

    tasks: int = 30
    seeds: int = 8
    grid_tasks: int = 16
    grid_seeds: int = 5


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was measured: by budget and way, by world of the grid, and by world with gates first."""

    size: Size
    centre: dict[str, dict[str, Figures]]
    gains: dict[str, dict[str, Interval]]
    grid: list[tuple[World, Interval]]
    focus: list[tuple[World, Interval, Interval]]


async def measure(size: Size) -> Simulated:
    """Run everything."""
    centre: dict[str, dict[str, Figures]] = {}
    gains: dict[str, dict[str, Interval]] = {}
    for name, budget in BUDGETS.items():
        runs = {way.name: await _runs(CENTRE, way, budget, size.tasks, size.seeds) for way in WAYS}
        centre[name] = {way: figures(found) for way, found in runs.items()}
        best = runs[Strategy.TRUE.value]
        gains[name] = {way: gain(best, found) for way, found in runs.items() if found is not best}
    tokens = BUDGETS["tokens"]
    grid: list[tuple[World, Interval]] = []
    for world in worlds():
        refine, several = [
            await _runs(world, Way(strategy), tokens, size.grid_tasks, size.grid_seeds)
            for strategy in (Strategy.TRUE, Strategy.BEST_OF_N)
        ]
        grid.append((world, gain(refine, several)))
    focus: list[tuple[World, Interval, Interval]] = []
    for world in _FOCUS_WORLDS:
        first, at_once = [
            await _runs(world, way, BUDGETS["calls"], size.tasks, size.grid_seeds)
            for way in (Way(Strategy.TRUE, gates_first=True), Way(Strategy.TRUE))
        ]
        results = gain(first, at_once, lambda one: one.accepted and one.right)
        focus.append((world, gain(first, at_once), results))
    return Simulated(size, centre, gains, grid, focus)


def worlds() -> list[World]:
    """Return the worlds of the grid."""
    return [
        replace(row, fix=fix, breaks=breaks)
        for row in _ROWS
        for fix, breaks in product(FIXES, BREAKS)
    ]


async def _runs(world: World, way: Way, budget: Budget, tasks: int, seeds: int) -> Runs:
    found = cases(world, tasks)
    return [await simulate(world, way, found, seed=seed, budget=budget) for seed in range(seeds)]


def text(found: Simulated) -> str:
    """Return the tables with what they depend on."""
    size = found.size
    verdicts = [verdict(gained) for _, gained in found.grid]
    pays, costs = verdicts.count("pays"), verdicts.count("costs")
    return f"""#### Simulated writers

{size.tasks} tasks, {size.seeds} seeds, the same first drafts for every strategy; 95 % intervals by
bootstrap over tasks and seeds. {_settings(CENTRE)}

At most {CALLS} calls:

{figures_table(found.centre["calls"])}

At most {TOKENS} tokens (six fresh drafts fit):

{figures_table(found.centre["tokens"])}

Share right under the true critique less that of the others. At equal calls:
{_gains(found, "calls")}. At equal tokens: {_gains(found, "tokens")}.

Where it pays: share right with the true critique less that of best of n, at equal tokens, over
skill and its spread, critic, and response to advice ({size.grid_tasks} tasks, {size.grid_seeds}
seeds each). Bold: it pays, the interval is above 0. Struck out: it costs. The rest is open. Of
{len(verdicts)} worlds it pays in {pays}, costs in {costs}, and is open in
{len(verdicts) - pays - costs}.

{_grid(found.grid)}

Gates first (the writer is told only what is wrong with failing gates, the rest later) less
everything at once, at equal calls, {size.tasks} tasks, {size.grid_seeds} seeds:

{_focus(found.focus)}"""


def _settings(world: World) -> str:
    return f"""Set: a fresh draft for a middling task is right with probability {world.skill:g}, its
logit has a spread of {world.spread:g} over the tasks ({world.defects} independent defects, and
manners that the oracle does not count); a refinement mends each thing that the critique names with
probability {world.fix:g} (of more than {world.attention} things each as much less), and work on a
thing, there or not, puts another defect in with probability {world.breaks:g}; the critic sees
{world.sees:.0%} of the defects and finds one that is not there in {world.false_alarms:.0%} of the
tasks. The model reads the prompt of the product's model writer; tokens are a quarter of its
characters. A run ends when the critic accepts or the budget is used up (last row: also where the
user proxy calls it stuck). Right is the oracle's word on the outcome, accepted the critic's; a
result is accepted and right; "right to wrong" are runs whose first draft was right and whose
outcome is not."""


def _gains(found: Simulated, budget: str) -> str:
    wanted = (Strategy.BEST_OF_N, Strategy.TRACEBACK, Strategy.SHUFFLED)
    gains = found.gains[budget]
    return "; ".join(
        f"{gain_text(gains[way.value])} over {way.value}: {verdict(gains[way.value])}"
        for way in wanted
    )


def _grid(grid: Sequence[tuple[World, Interval]]) -> str:
    known = dict(grid)
    heads = [f"mends {fix:g}, breaks {breaks:g}" for fix, breaks in product(FIXES, BREAKS)]
    lines = [["fresh draft right", "spread", "critic sees", "false alarms", *heads]]
    for row in _ROWS:
        cells = [
            gain_cell(known[replace(row, fix=fix, breaks=breaks)])
            for fix, breaks in product(FIXES, BREAKS)
        ]
        settings = [f"{row.skill:g}", f"{row.spread:g}", f"{row.sees:.0%}"]
        lines.append([*settings, f"{row.false_alarms:.0%}", *cells])
    return markdown(lines)


def _focus(focus: Sequence[tuple[World, Interval, Interval]]) -> str:
    lines = [["defects", "minds at a time", "breaks", "right", "accepted and right"]]
    for world, right, results in focus:
        settings = [str(world.defects), str(world.attention), f"{world.breaks:g}"]
        lines.append([*settings, gain_text(right), gain_text(results)])
    return markdown(lines)


def as_json(found: Simulated) -> dict[str, Any]:
    """Return everything as JSON types."""

    def rows(pairs: Sequence[tuple[World, Interval]]) -> list[dict[str, Any]]:
        return [
            {"world": asdict(world), "gain": gained._asdict(), "verdict": verdict(gained)}
            for world, gained in pairs
        ]

    return {
        "size": asdict(found.size),
        "world": asdict(CENTRE),
        "strategies": {
            budget: {way: plain(one) for way, one in ways.items()}
            for budget, ways in found.centre.items()
        },
        "gains_of_true_critique": {
            budget: {way: gained._asdict() for way, gained in ways.items()}
            for budget, ways in found.gains.items()
        },
        "grid": rows(found.grid),
        "gates_first": [
            {"world": asdict(world), "right": right._asdict(), "results": results._asdict()}
            for world, right, results in found.focus
        ],
    }
