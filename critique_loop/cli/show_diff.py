"""Two rounds side by side: their programs, their scores, what was found."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import click
from rich.text import Text

from critique_loop.building.records import critique_record
from critique_loop.cli.result import stdout
from critique_loop.cli.text import plain, score_text
from critique_loop.errors import CallError
from critique_loop.report.diffs import DiffLine, diff
from critique_loop.store import SqliteStore
from critique_loop.values import Finding, Outcome, Round, Score

_STYLES = {"+": "green", "-": "red", "@": "dim", " ": ""}
_NAME = 16


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: a round of a run."""

    run_id: str
    turn: Round

    @property
    def name(self) -> str:
        """How it is called: RUN:ROUND."""
        return f"{self.run_id}:{self.turn.number}"


@dataclass(frozen=True, slots=True)
class _Change:
    """One dimension in both; None: it is not scored, or not there."""

    dimension: str
    first: Score | None
    second: Score | None

    @property
    def gain(self) -> float | None:
        before, after = _value(self.first), _value(self.second)
        return None if before is None or after is None else round(after - before, 3)


async def sides(store: SqliteStore, first: str, second: str) -> tuple[Side, Side]:
    """Return the rounds that two arguments name.

    Raises:
        CallError: there is no such run, or no such round of it.
    """
    return await _side(store, first), await _side(store, second)


async def _side(store: SqliteStore, named: str) -> Side:
    prefix, colon, number = named.partition(":")
    run_id = await store.find(prefix)
    outcome = await store.outcome(run_id)
    if colon and not (number.isascii() and number.isdigit()):
        raise CallError(f"{named!r} is not RUN or RUN:ROUND", remedy=f"For example: {run_id}:1")
    turn = _round(outcome, int(number)) if colon else outcome.best
    if turn is None:
        has = len(outcome.rounds)
        rounds = "round 1" if has == 1 else f"rounds 1 to {has}"
        raise CallError(
            f"run {run_id} has no {f'round {number}' if colon else 'round that was judged'}",
            remedy=f"It has {rounds}." if has else "Choose another: critique-loop ls",
        )
    return Side(run_id, turn)


def _round(outcome: Outcome, number: int) -> Round | None:
    return next((turn for turn in outcome.rounds if turn.number == number), None)


def show_diff(first: Side, second: Side, *, as_json: bool) -> None:
    """Print what the second has more, less, and else than the first."""
    lines = diff(first.turn.code, second.turn.code)
    changes = _changes(first.turn, second.turn)
    before, after = first.turn.critique.findings, second.turn.critique.findings
    gained, lost = _missing(after, before), _missing(before, after)
    if as_json:
        record = {
            "first": _record(first),
            "second": _record(second),
            "code": [asdict(line) for line in lines],
            "scores": [
                {
                    "dimension": change.dimension,
                    "first": _value(change.first),
                    "second": _value(change.second),
                    "change": change.gain,
                }
                for change in changes
            ],
            "findings": {
                "gained": _findings(second, gained),
                "lost": _findings(first, lost),
            },
        }
        click.echo(json.dumps(record, indent=2))
        return
    console = stdout()
    for mark, side in (("-", first), ("+", second)):
        overall = score_text(side.turn.critique.overall)
        status = side.turn.execution.status.value
        text = f"{mark} {side.name} · {status} · overall {overall}"
        console.print(Text(text, style=f"bold {_STYLES[mark]}"))
    _print_code(lines)
    for change in changes:
        console.print(_score_line(change))
    for word, style, findings in (("gained", "red", gained), ("lost", "green", lost)):
        for finding in findings:
            told = plain(f"{finding.code}: {finding.message}", width=200)
            console.print(Text(f"  {word:<7}", style=style).append(told, style="default"))


def _print_code(lines: Sequence[DiffLine]) -> None:
    console = stdout()
    if not lines:
        console.print(Text("the programs are the same", style="dim"))
    for line in lines:
        console.print(Text(f"{line.mark} {plain(line.text)}".rstrip(), style=_STYLES[line.mark]))


def _score_line(change: _Change) -> Text:
    name = f"  {plain(change.dimension, width=_NAME):<{_NAME}}"
    line = Text(name)
    for score in (change.first, change.second):
        passed = score is not None and score.passed
        line.append(f"{score_text(_value(score)):>6}", style="green" if passed else "red")
    gain = change.gain
    return line.append("" if not gain else f"  {gain:+.1f}")


def _changes(first: Round, second: Round) -> list[_Change]:
    both = [{s.dimension: s for s in turn.critique.scores} for turn in (first, second)]
    names = dict.fromkeys((*both[0], *both[1]))
    return [_Change(name, both[0].get(name), both[1].get(name)) for name in names]


def _missing(findings: Sequence[Finding], others: Sequence[Finding]) -> list[Finding]:
    """Return the findings whose code is not found at the same place among the others."""
    known = {(finding.code, finding.place) for finding in others}
    return [finding for finding in findings if (finding.code, finding.place) not in known]


def _value(score: Score | None) -> float | None:
    return None if score is None else score.value


def _record(side: Side) -> dict[str, object]:
    turn = side.turn
    return {
        "run": side.run_id,
        "round": turn.number,
        "status": turn.execution.status.value,
        "overall": turn.critique.overall,
        "decision": turn.decision.kind.value,
    }


def _findings(side: Side, findings: Sequence[Finding]) -> object:
    """Return findings as plain JSON values, as ``show --json`` tells them."""
    critique = side.turn.critique
    return critique_record(type(critique)(critique.critic, (), tuple(findings)))["findings"]
