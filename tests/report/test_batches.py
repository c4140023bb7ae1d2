"""Many runs on one page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from critique_loop.report import Batch, Trace, render
from critique_loop.report.batches import spreads, totals
from critique_loop.report.rows import row_of
from critique_loop.values import StopReason

MakeRun = Callable[..., Trace]


def data_of(html: str) -> dict[str, Any]:
    [text] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    return json.loads(text)


def detailed(html: str) -> list[str]:
    return re.findall(r'<template id="run-([^"]+)">', html)


def test_every_run_has_a_row(make_run: MakeRun) -> None:
    html = render([make_run(run_id=f"r{n}", goal=f"goal {n}") for n in range(3)])

    assert [row[:2] for row in data_of(html)["rows"]] == [
        ["r0", "goal 0"],
        ["r1", "goal 1"],
        ["r2", "goal 2"],
    ]


def test_those_that_were_not_accepted_are_told_first(make_run: MakeRun) -> None:
    runs = [make_run(run_id=f"good{n}") for n in range(3)]
    runs += [make_run((2.0,), run_id=f"bad{n}", reason=StopReason.ROUNDS) for n in range(2)]

    assert detailed(render(runs, details=3)) == ["bad0", "bad1", "good0"]
    assert detailed(render(runs, details=0)) == []


def test_a_run_is_held_as_its_row_and_no_more(make_run: MakeRun) -> None:
    batch = Batch(details=1)

    for number in range(50):
        batch.add(make_run(run_id=f"r{number}"))

    assert batch.detailed == ("r0",)
    assert len(batch.rows) == 50
    assert len(batch.html()) < 700_000


def test_totals_tell_what_the_runs_came_to(make_run: MakeRun) -> None:
    rows = [row_of(make_run((8.0,))), row_of(make_run((2.0, 3.0), reason=StopReason.STUCK))]

    found = totals(rows)

    assert (found.runs, found.accepted, found.rounds) == (2, 1, 3)
    assert found.median_overall == 5.5
    assert found.cost_usd == 0.02


def test_marks_are_gathered_by_dimension_from_the_best_rounds(make_run: MakeRun) -> None:
    right, clear, safe = spreads([row_of(make_run((8.0, 6.0))), row_of(make_run((4.0,)))])

    assert (right.name, right.mean, right.passed) == ("right", 6.0, 1)
    assert (clear.name, safe.name) == ("clear", "safe")
    assert (safe.scored, safe.unscored) == (0, 2)


def test_what_is_wrong_is_what_the_best_round_has(make_run: MakeRun) -> None:
    row = row_of(make_run((4.0, 3.0)))

    assert row.problems == ("ended: error", "wrong_sum")


def test_no_runs_at_all_make_a_page_too() -> None:
    assert "0 runs" in render([])
