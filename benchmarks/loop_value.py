"""What the loop is worth: refinement against other ways to spend the same calls or tokens.

    python benchmarks/loop_value.py [--part simulated|grammar] [--json] [--write]
    python scripts/servers/serve.py smollm2          # in another terminal: a real model, a weak one
    python benchmarks/loop_value.py --part model --base-url http://127.0.0.1:PORT/v1 --model smollm2

Strategies: one shot, best of n chosen by the critic, retry with the traceback only, refine with the
critique of another task, refine with the true critique. All go through the package's own loop,
ledger, user proxy and measured critic; an oracle that is not the critic says what is right. Where
refinement does not pay, the tables say so.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import chart_results
import loop_value_charts
import loop_value_simulated
import loop_value_small
from loop_value_simulated import Size
from loop_value_tables import wrapped

HERE = Path(__file__).parent
PARTS = ("simulated", "grammar", "model")


class Told(NamedTuple):
    """The results of one part, for people and for programs."""

    text: str
    plain: dict[str, Any]


async def simulated(options: argparse.Namespace) -> Told:
    """Run simulated writers."""
    small = Size(tasks=options.tasks or 30, seeds=options.seeds or 8)
    if options.tasks:
        small = Size(options.tasks, small.seeds, min(options.tasks, 16), min(small.seeds, 5))
    found = await loop_value_simulated.measure(small)
    return Told(loop_value_simulated.text(found), loop_value_simulated.as_json(found))


async def grammar(options: argparse.Namespace) -> Told:
    """Run the grammar writer with parts of it switched off."""
    names = loop_value_charts.GOALS[: options.tasks]
    found = await loop_value_charts.measure(
        seeds=options.seeds or 5, sandbox=options.sandbox, names=names
    )
    return Told(loop_value_charts.text(found), loop_value_charts.as_json(found))


async def model(options: argparse.Namespace) -> Told:
    """Run a model on a server."""
    found = await loop_value_small.measure(
        base_url=options.base_url,
        name=options.model,
        count=options.tasks or 4,
        seeds=options.seeds or 5,
        sandbox=options.sandbox,
    )
    return Told(loop_value_small.text(found), loop_value_small.as_json(found))


_RUN = {"simulated": simulated, "grammar": grammar, "model": model}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts, print their tables, and keep them where that is wanted."""
    options = _options(arguments)
    parts = options.part or (PARTS if options.base_url else PARTS[:2])
    told = {part: anyio.run(partial(_RUN[part], options)) for part in parts}
    tables = "### What the loop is worth\n\n" + "\n\n".join(
        wrapped(one.text) for one in told.values()
    )
    print(
        json.dumps({p: one.plain for p, one in told.items()}, indent=1) if options.json else tables
    )
    if options.write:
        chart_results.write(HERE / "RESULTS.md", "loop value", tables)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", action="append", choices=PARTS, help="may be repeated")
    parser.add_argument("--tasks", type=int, help="fewer or more tasks")
    parser.add_argument("--seeds", type=int, help="fewer or more seeds")
    parser.add_argument("--sandbox", default="bubblewrap", help="docker or bubblewrap")
    parser.add_argument("--base-url", default="", help="the server of the part model")
    parser.add_argument("--model", default="smollm2", help="its name there")
    parser.add_argument("--json", action="store_true", help="print one JSON document, no tables")
    parser.add_argument("--write", action="store_true", help="keep the tables in RESULTS.md")
    options = parser.parse_args(arguments)
    if "model" in (options.part or ()) and not options.base_url:
        parser.error("the part model needs --base-url")
    return options


if __name__ == "__main__":
    main()
