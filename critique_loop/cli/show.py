"""``critique-loop show``: look at one run, or at what two differ in."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import anyio
import click
from rich.text import Text

from critique_loop.building.records import critique_record, readable, record_of
from critique_loop.building.saving import save
from critique_loop.cli.code_tests import lines_of_tests
from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.rescore_tables import print_rescorings
from critique_loop.cli.result import print_result, stdout
from critique_loop.cli.show_course import Course, course_of
from critique_loop.cli.show_diff import show_diff, sides
from critique_loop.cli.spending import money
from critique_loop.cli.text import plain, score_text
from critique_loop.models.escalations import Bought, bought
from critique_loop.store import SqliteStore, default_path
from critique_loop.values import Round

_T = TypeVar("_T")


@click.command(
    "show",
    epilog="""\b
Examples:
  critique-loop show 7f3a
  critique-loop show 7f3a --json
  critique-loop show 7f3a --files out/7f3a
  critique-loop show --diff 7f3a:1 7f3a:3
  critique-loop show --diff 7f3a 2c1b

--diff takes runs or their rounds (RUN:ROUND); of a run, its best round.""",
)
@click.argument("run", required=False)
@option(
    "--files",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write all files of the run there.",
)
@option("--diff", nargs=2, metavar="A B", help="Compare code, scores and findings of two rounds.")
@store_option
@json_option()
def show_command(
    *,
    run: str | None,
    files: Path | None,
    diff: tuple[str, str] | None,
    store: Path | None,
    as_json: bool,
) -> None:
    """Show the run whose id begins with RUN: each round's scores, findings and decision."""
    if (run is None) == (diff is None):
        raise click.UsageError("name one RUN, or two with --diff" if run is None else
                               "--diff takes both of its runs itself")  # fmt: skip
    if diff is not None:
        first, second = _ask(store, lambda kept: sides(kept, *diff))
        show_diff(first, second, as_json=as_json)
        return
    course = _ask(store, lambda kept: course_of(kept, run or ""))
    if course.rescoring is not None:
        print_rescorings([course.rescoring], as_json=as_json)
        return
    _show(course, files, store or default_path(), as_json=as_json)


def _show(course: Course, files: Path | None, store: Path, *, as_json: bool) -> None:
    outcome = course.outcome
    saved = save(outcome, files) if files else None
    models = bought(course.events)
    if as_json:
        record = record_of(outcome, saved)
        record["turns"] = [_turn_record(turn) for turn in outcome.rounds]
        record["models"] = [asdict(row) for row in models]
        record["store"] = str(store)
        click.echo(json.dumps(record | course.record(), indent=2))
        return
    click.echo(f"run {outcome.run_id} · {plain(outcome.task.goal, width=200)}")
    for line in course.lines():
        click.echo(line)
    for turn in outcome.rounds:
        _print_turn(turn)
    _print_models(models)
    print_result(outcome, saved)


def _ask(path: Path | None, question: Callable[[SqliteStore], Awaitable[_T]]) -> _T:
    with SqliteStore(path or default_path()) as store:

        async def main() -> _T:
            return await question(store)

        return anyio.run(main)


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
            "facts": readable(execution.evidence.facts) if execution.evidence else None,
        },
        "overall": turn.critique.overall,
        **critique_record(turn.critique),
        "overruled": critique_record(turn.overruled) if turn.overruled else None,
        "decision": {
            "kind": turn.decision.kind.value,
            "by": turn.decision.by,
            "advice": turn.decision.advice,
            "applied": list(turn.decision.applied),
            "skipped": list(turn.decision.skipped),
            "focus": list(turn.decision.focus),
            "back_to": turn.decision.back_to,
        },
        "seconds": {
            "writer": turn.writer_s,
            "sandbox": turn.sandbox_s,
            "critic": turn.critic_s,
        },
    }


def _print_models(rows: Sequence[Bought]) -> None:
    """Print what each model took, and what asking a bigger one brought."""
    if not rows:
        return
    console = stdout()
    console.print(Text("\nmodels", style="bold"))
    for row in rows:
        why = f" after doubt ({row.reason})" if row.reason else ""
        gain = "" if row.gain is None else f", overall {row.gain:+.1f}"
        calls = f"{row.calls} call{'' if row.calls == 1 else 's'}"
        took = f"{calls}, {row.tokens:,} tokens, {money(row.cost_usd)}"
        who = f"{row.role or 'other'}: {row.model}{why}"
        console.print(Text(f"  {plain(who, width=100)}: {took}{gain}"))


def _print_turn(turn: Round) -> None:
    execution = turn.execution
    console = stdout()
    head = Text(f"\nround {turn.number}", style="bold")
    state = f" · {execution.status.value} · overall {score_text(turn.critique.overall)}"
    by = "" if turn.decision.by == "rule" else f" by {plain(turn.decision.by, width=20)}"
    if turn.overruled is not None:
        by += f" (the critic had said {score_text(turn.overruled.overall)})"
    console.print(head.append(f"{state} · {turn.decision.kind.value}{by}", style="not bold"))
    for score in turn.critique.scores:
        style = "green" if score.passed else "red"
        line = Text(f"  {plain(score.dimension, width=16):<16}").append(
            f"{score_text(score.value):>5}", style=style
        )
        note = score.unscored or ", ".join(score.evidence)
        console.print(line.append(f"  {plain(note, width=120)}" if note else ""))
    for line in lines_of_tests(turn.execution):
        console.print(Text("  ").append_text(line))
    for finding in turn.critique.findings:
        text = plain(f"{finding.code}: {finding.message}", width=200)
        console.print(Text(f"  {finding.severity.value:<8}{text}"))
