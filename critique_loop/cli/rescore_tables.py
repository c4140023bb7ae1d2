"""Rescorings on the screen and as JSON: what critics said before, and what they say now."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click
from rich.cells import cell_len, set_cell_size
from rich.text import Text

from critique_loop.building.records import critique_record
from critique_loop.cli.result import stdout
from critique_loop.cli.spending import money
from critique_loop.cli.text import plain, score_text
from critique_loop.rescoring import RescoredRound, Rescoring
from critique_loop.values import Critique

_NAME = 18


def print_rescorings(rescorings: Sequence[Rescoring], *, as_json: bool) -> None:
    """Print each rescoring as a table of dimensions and rounds, or all as one JSON list."""
    if as_json:
        click.echo(json.dumps([record_of(one) for one in rescorings], indent=2))
        return
    for one in rescorings:
        _print(one)


def record_of(one: Rescoring) -> dict[str, object]:
    """Return a rescoring as plain JSON values."""
    return {
        "id": one.id,
        "run": one.run_id,
        "at": one.at,
        "rubric": {"name": one.rubric.name, "sha256": one.rubric_sha256},
        "rubric_before": one.rubric_before.name,
        "critic": one.critic,
        "critic_before": one.critic_before,
        "complete": one.complete,
        "stopped_because": one.stopped_because.value if one.stopped_because else None,
        "message": one.message,
        "accepted_before": one.accepted_before,
        "accepted_now": one.accepted_now,
        "calls": one.spend.calls,
        "tokens": one.spend.tokens,
        "cost_usd": one.spend.cost_usd,
        "rounds": [
            {
                "round": turn.number,
                "accepted": turn.accepted,
                "accepts": turn.accepts,
                "before": _critique(turn.before),
                "after": _critique(turn.after),
            }
            for turn in one.rounds
        ],
    }


def _critique(critique: Critique) -> dict[str, object]:
    return {"overall": critique.overall, **critique_record(critique)}


def _print(one: Rescoring) -> None:
    console = stdout()
    head = Text(f"run {one.run_id}", style="bold")
    rubrics = f"{plain(one.rubric_before.name)} → {plain(one.rubric.name)}@{one.rubric_sha256[:8]}"
    head.append(f" · {rubrics} · critic {plain(one.critic)} · kept as {one.id}", style="not bold")
    console.print(head)
    rows = [["", *(f"round {turn.number}" for turn in one.rounds)]]
    rows += [[name, *(_change(turn, name) for turn in one.rounds)] for name in one.dimensions]
    rows.append(["overall", *(_arrow(t.before.overall, t.after.overall) for t in one.rounds)])
    widths = [max(cell_len(plain(row[at], width=40)) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = (set_cell_size(plain(c, width=40), w) for c, w in zip(row, widths, strict=True))
        console.print(Text(f"  {'  '.join(cells)}".rstrip()))
    console.print(Text(f"  {_acceptance(one)}"))
    if not one.complete:
        why = one.message or (one.stopped_because.value if one.stopped_because else "cut off")
        scored = f"{len(one.rounds)} of {one.rounds_in_run} rounds"
        console.print(Text(f"  only {scored} were scored again: {plain(why)}", style="yellow"))
    if one.spend.calls:
        spent = f"{one.spend.calls} requests, {one.spend.tokens:,} tokens"
        console.print(Text(f"  {spent}, {money(one.spend.cost_usd)}"))


def _change(turn: RescoredRound, dimension: str) -> str:
    before, after = (
        next((score.value for score in critique.scores if score.dimension == dimension), None)
        for critique in (turn.before, turn.after)
    )
    return _arrow(before, after)


def _arrow(before: float | None, after: float | None) -> str:
    if before == after:
        return score_text(after)
    return f"{score_text(before)} → {score_text(after)}"


def _acceptance(one: Rescoring) -> str:
    before = "none" if one.accepted_before is None else f"round {one.accepted_before}"
    now = "none" if one.accepted_now is None else f"round {one.accepted_now}"
    if before == now:
        return f"accepted: {now}, as before"
    return f"accepted: {before} before, {now} now"
