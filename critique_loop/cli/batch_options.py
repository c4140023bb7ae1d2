"""The options of commands that work on a batch: how wide, and how much for all loops together."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any, TypedDict

import click

from critique_loop.batch.plan import Width
from critique_loop.budget import Budget
from critique_loop.cli.options import option

_AnyCommand = Callable[..., Any]


class WidthOptions(TypedDict):
    """What the options give that say how much goes on at once, and how much it may cost."""

    concurrency: int | None
    sandboxes: int | None
    total_calls: int | None
    total_tokens: int | None
    total_cost: float | None
    total_time: float | None


def _finite(_: click.Context, __: click.Parameter, number: float | None) -> float | None:
    if number is not None and not math.isfinite(number):
        raise click.BadParameter(f"{number} is no number that could be meant")
    return number


_WIDTH = (
    option("--concurrency", type=click.IntRange(min=1), metavar="N", help="Loops at a time.  "
           "[default: as many as sandboxes; with a model four times as many]"),
    option("--sandboxes", type=click.IntRange(min=1), metavar="N", help="Programs that run at a "
           "time.  [default: two for each core, as memory allows]"),
    option("--total-cost", type=click.FloatRange(min=0), callback=_finite, metavar="USD",
           help="Dollars for all loops together; needs known prices."),
    option("--total-tokens", type=click.IntRange(min=0), metavar="N",
           help="Tokens for all loops together."),
    option("--total-calls", type=click.IntRange(min=0), metavar="N",
           help="Requests to models for all loops together."),
    option("--total-time", type=click.FloatRange(min=0, min_open=True), callback=_finite,
           metavar="SECONDS", help="Begin no new loop or round after so long."),
)  # fmt: skip


def width_options(command: _AnyCommand) -> _AnyCommand:
    """Add all of them to a command."""
    return reduce(lambda inner, add: add(inner), reversed(_WIDTH), command)


def width_of(options: WidthOptions, *, workers: int = 1) -> Width:
    """Return how much goes on at once."""
    return Width(options["concurrency"], options["sandboxes"], workers)


def total_of(options: WidthOptions) -> Budget:
    """Return the budget of all loops together."""
    return Budget(
        max_rounds=None,
        max_time_s=options["total_time"],
        max_calls=options["total_calls"],
        max_tokens=options["total_tokens"],
        max_cost_usd=options["total_cost"],
    )
