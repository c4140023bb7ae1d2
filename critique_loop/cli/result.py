"""What a run leaves on the screen: how it ended, what it drew, where its files are."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Generator
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from critique_loop.building.records import Saved, record_of
from critique_loop.cli.code_tests import lines_of_tests, summary_of_tests
from critique_loop.cli.exits import Exit, exit_of
from critique_loop.cli.spending import money, spent_lines
from critique_loop.cli.text import complain, plain, score_text
from critique_loop.values import Outcome, Round, Severity, StopReason, Vote
from critique_loop.writers.given import GIVEN

_INDENT = 10
_TESTS = "tests"
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}
_ENDS = {
    StopReason.ACCEPTED: "accepted",
    StopReason.ROUNDS: "not accepted: the rounds ended",
    StopReason.TIME: "not accepted: the time ended",
    StopReason.CALLS: "not accepted: the model calls ended",
    StopReason.TOKENS: "not accepted: the tokens ended",
    StopReason.COST: "not accepted: the money ended",
    StopReason.PERSON: "not accepted: a person stopped it",
    StopReason.PAUSED: "paused: a person is to answer",
    StopReason.MODEL_UNAVAILABLE: "stopped: the model can't be had",
    StopReason.STUCK: "not accepted: no way to make it better",
    StopReason.WRITER_GAVE_UP: "not accepted: the writer gave up",
    StopReason.SANDBOX_UNAVAILABLE: "no sandbox",
    StopReason.INTERRUPTED: "interrupted",
}

_RESUMABLE = frozenset(
    {
        StopReason.CALLS,
        StopReason.COST,
        StopReason.INTERRUPTED,
        StopReason.MODEL_UNAVAILABLE,
        StopReason.TOKENS,
    }
)


def stdout() -> Console:
    """Return stdout as a console that interprets nothing in what it prints."""
    return Console(highlight=False, emoji=False, markup=False, soft_wrap=True, file=sys.stdout)


def print_outcome(outcome: Outcome, saved: Saved | None, *, store: Path, as_json: bool) -> None:
    """Print how a run ended: as JSON, or in words; why there is no result goes to stderr."""
    if as_json:
        click.echo(json.dumps({**record_of(outcome, saved), "store": str(store)}, indent=2))
    if exit_of(outcome) is Exit.ERROR:
        print_failure(outcome)
    elif not as_json:
        print_result(outcome, saved)


def print_failure(outcome: Outcome) -> None:
    """Print on stderr why there is no result: a refused goal, no sandbox."""
    hints = [f"trace: critique-loop show {outcome.run_id}"]
    if outcome.stopped_because is StopReason.MODEL_UNAVAILABLE:
        hints.append(f"go on later: critique-loop resume {outcome.run_id}")
    complain(outcome.message, *hints)


def print_result(outcome: Outcome, saved: Saved | None = None) -> None:
    """Print how a run ended and where its files are."""
    console = stdout()
    rounds = f"{len(outcome.rounds)} round{'' if len(outcome.rounds) == 1 else 's'}"
    cost = money(outcome.cost_usd)
    style = "bold green" if outcome.accepted else "bold yellow"
    head = Text(_end(outcome), style=style)
    head.append(f" · {rounds} · {outcome.spend.seconds:.1f} s · {cost}", style="not bold default")
    console.print(head)
    for name, value in _lines(outcome, saved):
        shown = _wrapped(value, console.width - _INDENT if console.is_terminal else None)
        console.print(Text(f"  {name:<8}", style="dim").append(shown, style="not dim default"))
        if name == _TESTS and outcome.best is not None:
            for line in lines_of_tests(outcome.best.execution):
                console.print(Text(" " * _INDENT).append_text(line))


def _wrapped(text: str, width: int | None) -> str:
    """Break lines at spaces and set them under the first; paths and pipes get theirs whole."""
    lines = text.splitlines() or [""]
    if width is not None and width > _INDENT:
        lines = [
            part
            for line in lines
            for part in textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
        ]
    return ("\n" + " " * _INDENT).join(lines)


def _end(outcome: Outcome) -> str:
    if outcome.stopped_because is StopReason.WRITER_GAVE_UP and not outcome.rounds:
        return "refused"
    if outcome.stopped_because is StopReason.WRITER_GAVE_UP and _all_were_given(outcome):
        return "not accepted"
    return _ENDS[outcome.stopped_because]


def _all_were_given(outcome: Outcome) -> bool:
    return all(turn.draft.writer == GIVEN for turn in outcome.rounds)


def _lines(outcome: Outcome, saved: Saved | None) -> Generator[tuple[str, str]]:
    if outcome.message:
        yield "why", plain(outcome.message)
    if outcome.best is not None:
        yield from _best_lines(outcome.best)
    if claims := sum(turn.critique.claims for turn in outcome.rounds):
        unsupported = sum(turn.critique.unsupported for turn in outcome.rounds)
        yield "claims", f"{unsupported} of {claims} scores rest on evidence that is not there"
    if spent := spent_lines(outcome.spend):
        yield "models", "\n".join(spent)
    if saved is not None:
        yield from _saved_lines(saved)
    if (following := _next(outcome)) is not None:
        yield "next", following
    yield "trace", f"critique-loop show {outcome.run_id}"


def _saved_lines(saved: Saved) -> Generator[tuple[str, str]]:
    for path in saved.files:
        yield "chart", plain(str(path))
    for name, place in (("code", saved.code), ("report", saved.report)):
        if place is not None:
            yield name, plain(str(place))


def _next(outcome: Outcome) -> str | None:
    if outcome.stopped_because is StopReason.PAUSED:
        return f"critique-loop resume {outcome.run_id} --ask terminal"
    resumable = outcome.stopped_because in _RESUMABLE
    return f"critique-loop resume {outcome.run_id}" if resumable else None


def _best_lines(best: Round) -> Generator[tuple[str, str]]:
    if tested := summary_of_tests(best.execution):
        yield _TESTS, tested
    if best.draft.reading:
        yield "read as", plain(best.draft.reading, width=200)
    marks = [f"{plain(s.dimension)} {score_text(s.value)}" for s in best.critique.scores]
    yield "scores", " · ".join([f"overall {score_text(best.critique.overall)}", *marks])
    for score in best.critique.scores:
        if score.value is None and score.unscored:
            yield "missing", plain(f"{score.dimension}: {score.unscored}", width=200)
        if len(score.votes) > 1:
            yield "votes", f"{plain(score.dimension)}: {', '.join(map(_vote, score.votes))}"
    for finding in sorted(best.critique.findings, key=lambda one: _ORDER[one.severity]):
        yield finding.severity.value, plain(f"{finding.code}: {finding.message}", width=200)
    for note in best.critique.notes:
        yield "critic", plain(note, width=200)


def _vote(vote: Vote) -> str:
    record = f" ({plain(vote.record)})" if vote.record else ""
    return f"{plain(vote.by, width=60)} {score_text(vote.value)}{record}"
