"""``critique-loop export``: stored runs into rows to train on."""

from __future__ import annotations

import json
from typing import Unpack

import click

from critique_loop.cli.export_options import Options, export_options, export_options_of
from critique_loop.cli.text import notify, plain
from critique_loop.errors import CallError
from critique_loop.export import Exported, export
from critique_loop.store import SqliteStore, default_path


@click.command(
    "export",
    epilog="""\b
Examples:
  critique-loop export --all --format sft --out sft.jsonl
  critique-loop export --all --format preference --min-gap 1 --out pairs --validation 0.1
  critique-loop export 7f3a --format trajectory --dialect axolotl --out trajectory.jsonl
  critique-loop export --all --format kto --preview""",
)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@export_options
def export_command(**options: Unpack[Options]) -> None:
    """Write rows to train on from RUN..., or from all stored runs."""
    wanted = export_options_of(options)
    with SqliteStore(options["store"] or default_path()) as store:
        if options["out"] is None:
            raise CallError("where to?", remedy="Name a file or folder: --out.")
        done = export(
            store,
            kind=options["kind"],
            dialect=options["dialect"],
            out=options["out"],
            **wanted,
        )
    if options["as_json"]:
        click.echo(json.dumps(_record(done), indent=2))
    else:
        _print(done)


def _record(done: Exported) -> dict[str, object]:
    return {
        "rows": done.rows,
        "files": [
            {
                "path": str(file.path),
                "rows": file.rows,
                "part": file.part,
                "size_bytes": file.size_bytes,
                "sha256": file.sha256,
            }
            for file in done.files
        ],
        "dropped": [
            {"step": line.step, "why": line.why, "number": line.number} for line in done.dropped
        ],
        "curation": done.curation.plain(),
        "notes": list(done.notes),
    }


def _print(done: Exported) -> None:
    for file in done.files:
        rows = f"  {file.rows:,} rows" if file.rows else ""
        click.echo(f"{file.path}{rows}  {file.size_bytes:,} bytes")
    for line in done.dropped:
        click.echo(f"left out: {line.number:>7,}  {line.step}: {plain(line.why)}", err=True)
    for note in done.notes:
        notify(note)
