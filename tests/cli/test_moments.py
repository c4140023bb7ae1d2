"""Moments as people type them."""

from __future__ import annotations

import time
from datetime import datetime

import click
import pytest

from critique_loop.cli.moments import moment, moment_text

CONTEXT = click.Context(click.Command("c"))
PARAMETER = click.Option(["--since"])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("3h", 10_800), ("2d", 172_800), ("1w", 604_800), ("1.5h", 5400)],
)
def test_how_long_ago(text: str, seconds: float) -> None:
    found = moment(CONTEXT, PARAMETER, text)

    assert found == pytest.approx(time.time() - seconds, abs=5)


@pytest.mark.parametrize(
    "text", ["2026-11-22", "2026-11-22T14:30", "2026-11-22 14:30:05", "2026-11-22T14:30+02:00"]
)
def test_a_date_or_a_time_here(text: str) -> None:
    assert moment(CONTEXT, PARAMETER, text) == datetime.fromisoformat(text).timestamp()


def test_nothing_is_no_moment() -> None:
    assert moment(CONTEXT, PARAMETER, None) is None


@pytest.mark.parametrize("text", ["", "soon", "2", "d", "-2d", "2026", "2026-02-30", "99999999d"])
def test_what_means_no_time_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no time"):
        moment(CONTEXT, PARAMETER, text)


def test_a_time_reads_as_the_clock_here_shows_it() -> None:
    at = datetime(2026, 11, 22, 14, 30, 59).astimezone().timestamp()

    assert moment_text(at) == "2026-11-22 14:30"


@pytest.mark.parametrize("at", [None, 1e308, -1e18, 1e13, float("inf"), float("nan")])
def test_what_no_calendar_has_is_a_dash(at: float | None) -> None:
    assert moment_text(at) == "-"
