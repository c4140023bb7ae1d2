"""``critique-loop store``: look after what was kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from critique_loop.cli.moments import moment_text
from critique_loop.cli.options import json_option, store_option
from critique_loop.cli.spending import money
from critique_loop.cli.store_archive import copy_command, merge_command, seal_command
from critique_loop.cli.store_progress import count_text, progress_of, size_text
from critique_loop.cli.text import coloured, notify, plain
from critique_loop.store import default_path
from critique_loop.store.checking import Checked, check
from critique_loop.store.measuring import Measured, measure
from critique_loop.store.vacuuming import vacuum

_SHOWN = 20


@click.group(
    "store",
    epilog="""\b
Examples:
  critique-loop store check
  critique-loop store stats
  critique-loop store seal --all-finished --out sealed
  critique-loop store copy --into shared.db --redact paths --redact secrets
  critique-loop store merge a.db b.db --into all.db""",
)
def store_command() -> None:
    """Check, measure, seal, copy and merge trace stores."""


store_command.add_command(copy_command)
store_command.add_command(merge_command)
store_command.add_command(seal_command)


@store_command.command(
    "check",
    short_help="Say what is damaged, and what can be read.",
    epilog="""\b
Examples:
  critique-loop store check
  critique-loop store check --store old.db --json

Exit code: 0 where nothing is wrong, else 1. Nothing is changed. What can still be read of a damaged
store is brought to safety by: critique-loop store copy --rescue --into NEW""",
)
@store_option
@json_option()
@click.pass_context
def check_command(ctx: click.Context, *, store: Path | None, as_json: bool) -> None:
    """Read the whole store: its layout, steps, blobs and their hashes, labels, replies, lists."""
    path = store or default_path()
    with progress_of("checking") as progress:
        checked = check(path, progress=progress)
    if as_json:
        record = {"store": str(path), "ok": checked.is_ok, **asdict(checked)}
        click.echo(json.dumps(record, indent=2))
    else:
        _print_check(path, checked)
    ctx.exit(0 if checked.is_ok else 1)


@store_command.command(
    "stats",
    short_help="Say what is in a store, in numbers.",
    epilog="""\b
Examples:
  critique-loop store stats
  critique-loop store stats --json | jq .cost_usd""",
)
@store_option
@json_option()
def stats_command(*, store: Path | None, as_json: bool) -> None:
    """Count runs, steps, calls, tokens and dollars, and say what they weigh."""
    path = store or default_path()
    with progress_of("counting") as progress:
        measured = measure(path, progress=progress)
    if as_json:
        click.echo(json.dumps({"store": str(path), **asdict(measured)}, indent=2))
    else:
        _print_stats(path, measured)


@store_command.command(
    "vacuum",
    short_help="Make a store smaller without a step less.",
    epilog="""\b
Examples:
  critique-loop store vacuum

What goes: blobs that no step names (killed writers leave them), half-written files, free pages.
While it works nobody else can open the store; where somebody has it open, it refuses.""",
)
@store_option
@json_option()
def vacuum_command(*, store: Path | None, as_json: bool) -> None:
    """Reclaim what can be reclaimed; no step, reply or label is deleted."""
    path = store or default_path()
    with progress_of("vacuuming"):
        done = vacuum(path)
    if as_json:
        click.echo(json.dumps({"store": str(path), **asdict(done)}, indent=2))
        return
    click.echo(
        f"{plain(str(path))}: {size_text(done.before)} before, {size_text(done.after)} now; "
        f"removed {count_text(done.orphans, 'blob')} that no step names and "
        f"{count_text(done.unfinished, 'half-written file')}"
    )


def _print_check(path: Path, checked: Checked) -> None:
    for found in checked.problems[:_SHOWN]:
        click.echo(f"{coloured('damaged:', 'red')} {plain(found.where)}: {plain(found.problem)}")
    if len(checked.problems) > _SHOWN:
        click.echo(f"and {len(checked.problems) - _SHOWN:,} more: --json names them")
    held = ", ".join(
        (
            count_text(checked.runs, "run"),
            count_text(checked.events, "step"),
            count_text(checked.blobs, "blob"),
        )
    )
    word = coloured("ok", "green") if checked.is_ok else "damaged"
    click.echo(f"{plain(str(path))}: {word}, {held}")
    for odd in checked.warnings[:_SHOWN]:
        notify(f"{odd.where} {odd.problem}")
    if len(checked.warnings) > _SHOWN:
        notify(f"and {len(checked.warnings) - _SHOWN:,} more: --json names them")
    if checked.killed:
        killed = count_text(len(checked.killed), "run")
        click.echo(f"killed: {killed}; `critique-loop resume RUN` goes on with one")
    if checked.orphans or checked.unfinished:
        orphans = f"{count_text(checked.orphans, 'blob')} ({size_text(checked.orphan_bytes)})"
        unfinished = count_text(checked.unfinished, "half-written file")
        click.echo(
            f"reclaimable: {orphans} that no step names, {unfinished}; "
            "`critique-loop store vacuum` removes them"
        )
    if not checked.is_ok:
        notify(
            f"{checked.whole:,} of {checked.runs:,} runs can be read whole; bring them to safety: "
            f"critique-loop store copy --rescue --store {path} --into NEW"
        )


def _print_stats(path: Path, measured: Measured) -> None:
    unpriced = f" and {count_text(measured.unpriced, 'call')} of unknown price"
    rows = {
        "store": plain(str(path)),
        "runs": _counted(measured.runs, measured.states),
        "stopped because": _counted(None, measured.stop_reasons),
        "kinds": _counted(None, measured.kinds),
        "steps": _counted(measured.steps, measured.steps_by_kind),
        "calls": f"{measured.calls:,} ({count_text(measured.requests, 'request')})",
        "tokens": f"{measured.input_tokens:,} in, {measured.output_tokens:,} out",
        "cost": money(measured.cost_usd) + (unpriced if measured.unpriced else ""),
        "labels": f"{measured.labels:,}",
        "cached replies": f"{measured.replies:,}",
        "events": size_text(measured.events_bytes),
        "small blobs": f"{measured.small_blobs:,} ({size_text(measured.small_blobs_bytes)})",
        "large blobs": f"{measured.large_blobs:,} ({size_text(measured.large_blobs_bytes)})",
        "pooling saves": size_text(measured.pooled_savings),
        "oldest": moment_text(measured.oldest),
        "newest": moment_text(measured.newest),
    }
    width = max(map(len, rows))
    for name, value in rows.items():
        click.echo(f"{name:<{width}}  {value}")


def _counted(total: int | None, parts: dict[str, int]) -> str:
    shown = ", ".join(f"{count:,} {name}" for name, count in sorted(parts.items())) or "none"
    if total is None:
        return shown
    return f"{total:,} ({shown})" if parts else f"{total:,}"
