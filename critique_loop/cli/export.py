"""``critique-loop export``: stored runs into rows to train on."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Self, Unpack

import anyio
import click

from critique_loop.cli.export_options import Options, export_options, export_options_of
from critique_loop.cli.export_result import (
    exported_record,
    preview_record,
    print_exported,
    print_preview,
)
from critique_loop.errors import CallError
from critique_loop.export import Preview, export, preview
from critique_loop.export.pipeline import Progress
from critique_loop.store import SqliteStore, default_path

_BETWEEN_S = 0.5


@click.command(
    "export",
    epilog="""\b
Examples:
  critique-loop export --all --format sft --out sft.jsonl
  critique-loop export --all --format preference --min-gap 1 --out pairs --validation 0.1
  critique-loop export 7f3a --format trajectory --dialect axolotl --out trajectory.jsonl
  critique-loop export --all --format kto --curate --preview""",
)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@export_options
def export_command(**options: Unpack[Options]) -> None:
    """Write rows to train on from RUN..., or from all stored runs, with a card beside them."""
    wanted = export_options_of(options)
    kind, dialect, out = options["kind"], options["dialect"], options["out"]
    with SqliteStore(options["store"] or default_path()) as store, _Ticker() as ticker:
        wanted["watch"] = ticker.tell
        wanted["runs"] = anyio.run(_found, store, options["runs"])
        if options["preview"]:
            done = preview(store, kind=kind, dialect=dialect, **wanted)
        elif out is None:
            raise CallError("where to?", remedy="Name a file or a folder (--out), or --preview.")
        else:
            done = export(store, kind=kind, dialect=dialect, out=out, **wanted)
    if options["as_json"]:
        record = preview_record(done) if isinstance(done, Preview) else exported_record(done)
        click.echo(json.dumps(record, indent=2))
    elif isinstance(done, Preview):
        print_preview(done)
    else:
        print_exported(done)


async def _found(store: SqliteStore, prefixes: Sequence[str]) -> list[str]:
    """Return the ids of the runs that begin so; each has to be one run's alone."""
    return [await store.find(prefix) for prefix in prefixes]


class _Ticker:
    """Says on a terminal, twice a second, how far the export is."""

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._is_terminal = self._stream.isatty()
        self._said_at = time.monotonic()
        self._said = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._said:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def tell(self, progress: Progress) -> None:
        if not self._is_terminal or time.monotonic() - self._said_at < _BETWEEN_S:
            return
        self._said_at, self._said = time.monotonic(), True
        self._stream.write(f"\r{progress.runs:,} runs read, {progress.examples:,} examples\x1b[K")
        self._stream.flush()
