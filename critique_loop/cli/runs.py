"""``critique-loop ls`` and ``show``: look at what was kept."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import anyio
import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from critique_loop.charts.saving import critique_record, record_of, save
from critique_loop.cli.screen import print_result, score_text
from critique_loop.cli.text import plain
from critique_loop.store import RunSummary, SqliteStore, default_path
from critique_loop.values import Outcome, Round

_T = TypeVar("_T")
_store = click.option(
    "--store", type=click.Path(path_type=Path), help="Trace store [the user's own]."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command("ls")
@_store
@_json
def ls_command(*, store: Path | None, as_json: bool) -> None:
    """List the runs in the trace store, the newest last."""
    runs = _ask(store, lambda kept: kept.runs())
    if as_json:
        click.echo(json.dumps([_summary_record(run) for run in runs], indent=2))
    elif runs:
        _print_runs(runs)
    else:
        click.echo(f"no runs in {store or default_path()}", err=True)


@click.command(
    "show",
    epilog="""\b
Examples:
  critique-loop show 7f3a
  critique-loop show 7f3a --json
  critique-loop show 7f3a --files out/7f3a""",
)
@click.argument("run")
@click.option("--files", type=click.Path(path_type=Path), help="Write all files of the run there.")
@_store
@_json
def show_command(*, run: str, files: Path | None, store: Path | None, as_json: bool) -> None:
    """Show the run whose id begins with RUN: each round's scores, findings and decision."""

    async def read(kept: SqliteStore) -> Outcome:
        return await kept.outcome(await kept.find(run))

    outcome = _ask(store, read)
    saved = save(outcome, files) if files else None
    if as_json:
        record = record_of(outcome, saved)
        record["turns"] = [_turn_record(turn) for turn in outcome.rounds]
        record["store"] = str(store or default_path())
        click.echo(json.dumps(record, indent=2))
        return
    click.echo(f"run {outcome.run_id} · {plain(outcome.task.goal, width=200)}")
    for turn in outcome.rounds:
        _print_turn(turn)
    print_result(outcome, saved)


def _ask(path: Path | None, question: Callable[[SqliteStore], Awaitable[_T]]) -> _T:
    with SqliteStore(path or default_path()) as store:

        async def main() -> _T:
            return await question(store)

        return anyio.run(main)


def _summary_record(run: RunSummary) -> dict[str, object]:
    return {
        "run": run.run_id,
        "started_at": run.started_at,
        "goal": run.goal,
        "tables": list(run.tables),
        "rounds": run.rounds,
        "state": run.state.value,
        "stopped_because": run.stopped_because.value if run.stopped_because else None,
        "accepted": run.accepted,
        "overall": run.overall,
    }


def _turn_record(turn: Round) -> dict[str, object]:
    execution = turn.execution
    return {
        "round": turn.number,
        "code": turn.code,
        "writer": turn.draft.writer,
        "reading": turn.draft.reading,
        "execution": {
            "status": execution.status.value,
            "exit_code": execution.exit_code,
            "signal": execution.signal,
            "stdout": execution.stdout,
            "stderr": execution.stderr,
            "truncated": list(execution.truncated),
            "limits_hit": list(execution.limits_hit),
            "wall_s": execution.wall_s,
            "cpu_s": execution.cpu_s,
            "sandbox": execution.sandbox,
            "container_id": execution.container_id,
            "image_digest": execution.image_digest,
            "facts": dict(execution.evidence.facts) if execution.evidence else None,
        },
        "overall": turn.critique.overall,
        **critique_record(turn.critique),
        "decision": {"kind": turn.decision.kind.value, "advice": turn.decision.advice},
        "seconds": {
            "writer": turn.writer_s,
            "sandbox": turn.sandbox_s,
            "critic": turn.critic_s,
        },
    }


def _print_runs(runs: Sequence[RunSummary]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("run", "started", "rounds", "overall", "ended", "table", "goal"):
        right = heading in ("rounds", "overall")
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading != "goal")
    for run in runs:
        when = datetime.fromtimestamp(run.started_at).astimezone()
        ended = run.stopped_because.value if run.stopped_because else run.state.value
        cells = (
            run.run_id,
            f"{when:%Y-%m-%d %H:%M}",
            str(run.rounds),
            score_text(run.overall),
            ended,
            plain(", ".join(run.tables), width=30),
            plain(run.goal, width=80),
        )
        table.add_row(*(Text(cell) for cell in cells))
    _stdout().print(table)


def _print_turn(turn: Round) -> None:
    execution = turn.execution
    console = _stdout()
    head = Text(f"\nround {turn.number}", style="bold")
    state = f" · {execution.status.value} · overall {score_text(turn.critique.overall)}"
    console.print(head.append(f"{state} · {turn.decision.kind.value}", style="not bold"))
    for score in turn.critique.scores:
        style = "green" if score.passed else "red"
        line = Text(f"  {plain(score.dimension, width=16):<16}").append(
            f"{score_text(score.value):>5}", style=style
        )
        note = score.unscored or ", ".join(score.evidence)
        console.print(line.append(f"  {plain(note, width=120)}"), soft_wrap=True)
    for finding in turn.critique.findings:
        text = plain(f"{finding.code}: {finding.message}", width=200)
        console.print(Text(f"  {finding.severity.value:<8}{text}"), soft_wrap=True)


def _stdout() -> Console:
    return Console(highlight=False, emoji=False, file=sys.stdout)
