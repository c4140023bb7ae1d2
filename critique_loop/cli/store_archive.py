"""``critique-loop store seal``, ``copy`` and ``merge``: runs on their way elsewhere."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict, Unpack

import anyio
import click

from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.store_progress import count_text, progress_of
from critique_loop.cli.text import notify, plain
from critique_loop.store import SqliteStore, default_path
from critique_loop.store.merging import Merged, copy, merge
from critique_loop.store.redaction import Redaction
from critique_loop.store.sealing import Sealed, SealedForm, finished_runs, seal
from critique_loop.store.sharing import copy_redacted, redacted_store
from critique_loop.store.writing import Fate


class _SealOptions(TypedDict):
    runs: tuple[str, ...]
    all_finished: bool
    out: Path
    form: str
    redact: Redaction | None
    store: Path | None
    as_json: bool


class _CopyOptions(TypedDict):
    runs: tuple[str, ...]
    into: Path
    rescue: bool
    redact: Redaction | None
    store: Path | None
    as_json: bool


def _redaction(
    context: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> Redaction | None:
    del context, parameter
    return Redaction.of(words) if words else None


_redact_option = option(
    "--redact",
    multiple=True,
    metavar="WHAT",
    callback=_redaction,
    help="Leave this out: paths, secrets, pictures, values (of all columns), column=NAME or "
    "value=TEXT; may be repeated.",
)
_INTO = click.Path(path_type=Path)


@click.command(
    "seal",
    short_help="Write finished runs as Parquet or JSON lines.",
    epilog="""\b
Examples:
  critique-loop store seal --all-finished --out sealed
  critique-loop store seal 7f3a 81c0 --out two --format jsonl
  duckdb -c "select model, sum(cost_usd) from 'sealed/events.parquet' group by model"
""",
)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@option("--all-finished", is_flag=True, help="All runs that have ended.")
@option(
    "--out", type=_INTO, required=True, metavar="FOLDER", help="A folder that is not there yet."
)
@option(
    "--format",
    "form",
    type=click.Choice([form.value for form in SealedForm]),
    default=SealedForm.PARQUET.value,
    show_default=True,
    metavar="FORM",
    help="parquet (needs the extra of that name) or jsonl.",
)
@_redact_option
@store_option
@json_option()
def seal_command(**options: Unpack[_SealOptions]) -> None:
    """Write runs, whole, into a folder that DuckDB, polars and pandas read, and `import`."""
    if bool(options["runs"]) == options["all_finished"]:
        raise click.UsageError("name runs, or say --all-finished")
    path = options["store"] or default_path()
    form = SealedForm(options["form"])
    chosen = ids_of(path, options["runs"])
    out = options["out"]
    with contextlib.ExitStack() as stack:
        if options["redact"] is not None:
            chosen = chosen or finished_runs(path)
            redacting = stack.enter_context(progress_of("redacting"))
            path = stack.enter_context(
                redacted_store(path, options["redact"], beside=out, runs=chosen, progress=redacting)
            )
        with progress_of("sealing") as progress:
            sealed = seal(path, out, runs=chosen, form=form, progress=progress)
    _print_sealed(sealed, as_json=options["as_json"])


@click.command(
    "copy",
    short_help="Copy runs into a new store.",
    epilog="""\b
Examples:
  critique-loop store copy --into backup.db
  critique-loop store copy 7f3a --into one.db
  critique-loop store copy --into shared.db --redact paths --redact secrets --redact column=name
  critique-loop store copy --rescue --store damaged.db --into rescued.db""",
)
@click.argument("runs", nargs=-1, metavar="[RUN]...")
@option("--into", type=_INTO, required=True, metavar="STORE", help="A store that is not there yet.")
@option("--rescue", is_flag=True, help="Leave out what can't be read, instead of giving up.")
@_redact_option
@store_option
@json_option()
def copy_command(**options: Unpack[_CopyOptions]) -> None:
    """Copy these runs, or all, with blobs and labels, into a new store."""
    path, into, redaction = options["store"] or default_path(), options["into"], options["redact"]
    if redaction is not None and options["rescue"]:
        raise click.UsageError("--rescue and --redact are two steps: rescue first")
    runs = ids_of(path, options["runs"])
    with progress_of("copying") as progress:
        if redaction is None:
            done = copy(path, into, runs=runs, rescue=options["rescue"], progress=progress)
        else:
            done = copy_redacted(path, into, redaction, runs=runs, progress=progress)
    _print_merged({path: done}, into, as_json=options["as_json"])


@click.command(
    "merge",
    short_help="Bring the runs of stores together.",
    epilog="""\b
Examples:
  critique-loop store merge laptop.db server.db --into all.db

What is there already is passed over. A run whose id another one has is left out and named, with
its branches and rescorings; the exit code is 1 then. Nothing is ever overwritten.""",
)
@click.argument("stores", nargs=-1, required=True, type=_INTO, metavar="STORE...")
@option("--into", type=_INTO, required=True, metavar="STORE", help="The store they go into.")
@json_option()
@click.pass_context
def merge_command(
    ctx: click.Context, *, stores: tuple[Path, ...], into: Path, as_json: bool
) -> None:
    """Bring all runs, labels and cached replies of each STORE into one, by what they hold."""
    with progress_of("merging") as progress:
        done = merge(stores, into, progress=progress)
    _print_merged(done, into, as_json=as_json)
    ctx.exit(1 if any(each.clashes for each in done.values()) else 0)


def ids_of(path: Path, prefixes: Sequence[str]) -> list[str]:
    """Return the ids of the runs whose ids begin so.

    Raises:
        CallError: none does, or several do.
    """

    async def find() -> list[str]:
        with SqliteStore(path) as store:
            return [await store.find(prefix) for prefix in prefixes]

    return anyio.run(find) if prefixes else []


def _print_sealed(sealed: Sealed, *, as_json: bool) -> None:
    manifest = sealed.manifest
    if as_json:
        click.echo(json.dumps({"folder": str(sealed.folder), **asdict(manifest)}, indent=2))
        return
    held = ", ".join(
        (
            count_text(manifest.runs, "run"),
            count_text(manifest.events, "step"),
            count_text(manifest.blobs, "blob"),
            count_text(manifest.labels, "label"),
        )
    )
    click.echo(f"{plain(str(sealed.folder))}: {held}")


def _print_merged(done: dict[Path, Merged], into: Path, *, as_json: bool) -> None:
    if as_json:
        stores = [{"store": str(path), **asdict(each)} for path, each in done.items()]
        click.echo(json.dumps({"into": str(into), "stores": stores}, indent=2))
    for path, each in done.items():
        fates = [f"{count:,} {fate.value}" for fate, count in each.fates.items() if count]
        if not as_json:
            line = ", ".join(fates) or "no runs"
            click.echo(f"{plain(str(path))}: {line}; {count_text(each.labels, 'label')}")
        if each.fates[Fate.CLASH]:
            notify(f"{path}: left out, other runs have these ids: {', '.join(each.clashes)}")
        if each.dependents:
            names = ", ".join(each.dependents)
            notify(f"{path}: left out, they come from runs that were left out: {names}")
        if each.damaged:
            notify(f"{path}: left out, can't be read: {', '.join(each.damaged)}")
