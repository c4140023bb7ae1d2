"""``critique-loop import``: runs from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import click

from critique_loop.cli.options import json_option, option, store_option
from critique_loop.cli.store_progress import count_text, progress_of
from critique_loop.cli.text import plain
from critique_loop.store import default_path
from critique_loop.store.importing import Imported, import_runs


@click.command(
    "import",
    epilog="""\b
Examples:
  critique-loop import sealed
  critique-loop import two/events.jsonl --store other.db
  critique-loop import sealed --rename

All of it is checked before anything is written; the same once more changes nothing. What they
say of servers, keys and files is not followed when they are resumed, unless you --trust them.""",
)
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@option("--rename", is_flag=True, help="Give runs whose id is taken here one of their own.")
@store_option
@json_option()
def import_command(*, file: Path, rename: bool, store: Path | None, as_json: bool) -> None:
    """Bring the runs of FILE, a sealed folder or a file of JSON lines, into the trace store."""
    path = store or default_path()
    with progress_of("importing") as progress:
        done = import_runs(file, path, rename=rename, progress=progress)
    if as_json:
        click.echo(json.dumps(_record(path, done), indent=2))
        return
    counts = [
        f"{count_text(len(done.of(fate)), 'run')} {fate.value}"
        for fate in dict.fromkeys(done.fates.values())
    ]
    labels = count_text(done.labels, "new label")
    click.echo(f"{plain(str(path))}: {', '.join(counts)}; {labels}")
    for run_id, name in done.renamed.items():
        click.echo(f"{plain(run_id)} is here {plain(name)}")


def _record(path: Path, done: Imported) -> dict[str, object]:
    runs = [
        {"run": run_id, "fate": fate.value, "renamed": done.renamed.get(run_id)}
        for run_id, fate in done.fates.items()
    ]
    return {"store": str(path), "runs": runs, "labels": done.labels}
